"""The layout of ``bot/``: which package may import which, and which one alone may use an outside library."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"

FENCES = {
    "aiohttp": {"bot.adapters.discord.api", "bot.adapters.slack.api"},
    "alembic": {"bot.store"},
    "apscheduler": {"bot.app.schedule"},
    "cryptography": {"bot.keyring"},
    "defusedxml": {"bot.monitor.parsing.feed_xml", "bot.monitor.parsing.microsoft_rss"},
    "discord": {"bot.adapters.discord"},
    "httpx": {"bot.cli.ask.server", "bot.monitor.fast_transport", "bot.monitor.fetch", "bot.web.signin.provider"},
    "joserfc": {"bot.web.signin.provider"},
    "pyreqwest": {"bot.monitor.fast_transport"},
    "jinja2": {"bot.web"},
    "mcp": {"bot.cli.mcp", "bot.mcp_server"},
    "mcp_types": {"bot.mcp_server"},
    "prometheus_client": {"bot.web"},
    "prompt_toolkit": {"bot.adapters.console"},
    "pydantic": {"bot.config"},
    "pydantic_settings": {"bot.config"},
    "rapidfuzz": {"bot.catalog", "bot.commands"},
    "rich": {"bot.adapters.console", "bot.app.run", "bot.cli"},
    "slack_bolt": {"bot.adapters.slack"},
    "slack_sdk": {"bot.adapters.slack"},
    "sqlalchemy": {"bot.store"},
    "sqlmodel": {"bot.store"},
    "starlette": {"bot.adapters.slack.api", "bot.mcp_server", "bot.web"},
    "typer": {
        "bot.cli.ask.commands",
        "bot.cli.catalog",
        "bot.cli.database",
        "bot.cli.keys",
        "bot.cli.main",
        "bot.cli.mcp",
        "bot.cli.terminal",
    },
    "uvicorn": {"bot.web"},
    "yarl": {"bot.adapters.discord.api"},
}
"""A library, and the only modules and packages that may import it."""

CORE = {"bot.domain", "bot.markup", "bot.message"}
PLATFORM = CORE | {
    "bot.limits",
    "bot.adapters.events",
    "bot.adapters.memory",
    "bot.adapters.plain_text",
    "bot.adapters.posting_check",
    "bot.adapters.reconnect",
    "bot.adapters.served",
    "bot.commands",
    "bot.delivery.port",
    "bot.threads",
    "bot.wording",
}
EVERYTHING_BELOW_APP = CORE | {
    "bot.adapters",
    "bot.cards",
    "bot.catalog",
    "bot.commands",
    "bot.config",
    "bot.delivery",
    "bot.digests",
    "bot.keyring",
    "bot.limits",
    "bot.logs",
    "bot.monitor",
    "bot.preview",
    "bot.routing",
    "bot.store",
    "bot.threads",
    "bot.wording",
}
MAY_IMPORT: dict[str, set[str]] = {
    "bot.domain": set(),
    "bot.markup": {"bot.message"},
    "bot.message": set(),
    "bot.config": {"bot.domain"},
    "bot.keyring": set(),
    "bot.limits": set(),
    "bot.logs": set(),
    "bot.refusals": set(),
    "bot.threads": set(),
    "bot.cards": CORE,
    "bot.digests": CORE | {"bot.routing"},
    "bot.routing": CORE,
    "bot.catalog": CORE,
    "bot.preview": CORE | {"bot.cards", "bot.routing"},
    "bot.store": CORE | {"bot.limits"},
    "bot.wording": CORE | {"bot.cards", "bot.preview"},
    "bot.monitor": CORE | {"bot.limits", "bot.routing", "bot.catalog", "bot.store", "bot.threads"},
    "bot.monitor.parsing": CORE | {"bot.monitor.provider"},
    "bot.monitor.providers": CORE | {"bot.monitor.parsing", "bot.monitor.provider"},
    "bot.commands": CORE | {"bot.digests", "bot.wording", "bot.routing", "bot.catalog", "bot.preview", "bot.store"},
    "bot.delivery": CORE | {"bot.cards", "bot.routing", "bot.digests", "bot.wording", "bot.store", "bot.threads"},
    "bot.adapters": CORE | {"bot.commands", "bot.delivery.port"},
    "bot.adapters.console": PLATFORM,
    "bot.adapters.discord": PLATFORM,
    "bot.adapters.slack": PLATFORM | {"bot.refusals"},
    "bot.web": CORE
    | {
        "bot.adapters.plain_text",
        "bot.cards",
        "bot.catalog",
        "bot.commands",
        "bot.refusals",
        "bot.store",
        "bot.threads",
        "bot.wording",
    },
    "bot.mcp_server": CORE
    | {"bot.adapters.plain_text", "bot.commands", "bot.store", "bot.threads", "bot.web.api.rate", "bot.web.server"},
    "bot.app": EVERYTHING_BELOW_APP | {"bot.web"},
    "bot.cli": EVERYTHING_BELOW_APP | {"bot.app", "bot.mcp_server", "bot.web"},
    "bot.__main__": {"bot.cli"},
}
"""Left may import right, and itself. For a module the longest name that it lies in counts."""

ASYNC_ROOMS = {
    "bot.adapters",
    "bot.app",
    "bot.cli",
    "bot.delivery",
    "bot.mcp_server",
    "bot.monitor.fast_transport",
    "bot.monitor.fetch",
    "bot.monitor.poller",
    "bot.monitor.probe",
    "bot.monitor.slots",
    "bot.monitor.workers.pool",
    "bot.threads",
    "bot.web",
}

NAMELESS = {"utils", "helpers", "common", "manager", "base", "misc"}
MAX_LOOSE_MODULES = 8
"""Modules directly in ``bot/``; anything else belongs to a package."""


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def imports(self) -> Iterator[str]:
        yield from imported(ast.walk(self.tree))

    def within(self, rooms: Collection[str]) -> bool:
        return any(inside(self.name, room) for room in rooms)


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def loaded_by(module: Module) -> Iterator[str]:
    """The modules of ours that it needs to be loaded."""
    for node in module.tree.body:
        for name in imported(iter([node])):
            more_exact = any(longer in NAMES for longer in imported(iter([node])) if longer.startswith(f"{name}."))
            if name in NAMES and not more_exact:
                yield name


def inside(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def modules() -> list[Module]:
    found = []
    for path in sorted(BOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return found


MODULES = modules()
NAMES = {module.name for module in MODULES}


def room_of(module: Module) -> str | None:
    return max((room for room in MAY_IMPORT if inside(module.name, room)), key=len, default=None)


def test_libraries_stay_inside_their_fences() -> None:
    assert [
        f"{module.name} may not import {package}"
        for module in MODULES
        for package in {name.split(".")[0] for name in module.imports}
        if package in FENCES and not module.within(FENCES[package])
    ] == []


def test_packages_import_only_what_they_may() -> None:
    wrong = []
    for module in MODULES:
        room = room_of(module)
        allowed = MAY_IMPORT[room] | {room} if room else set()
        wrong += [
            f"{module.name} may not import {name}"
            for name in module.imports
            if inside(name, "bot") and name != "bot"
            # ``from bot.delivery import port`` names the package, too; the name after it decides.
            if not any(inside(name, one) or inside(one, name) for one in allowed)
        ]
    assert wrong == []


def test_every_module_has_a_rule_and_every_rule_a_module() -> None:
    assert [module.name for module in MODULES if module.name != "bot" and room_of(module) is None] == []
    rooms = {*MAY_IMPORT, *ASYNC_ROOMS, *(room for rooms in FENCES.values() for room in rooms)}
    assert rooms - NAMES == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module.name: set(loaded_by(module)) for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" → ".join(error.args[1])) from None


def test_async_stands_at_the_edges() -> None:
    assert [
        f"{module.name}:{node.lineno} waits"
        for module in MODULES
        if not module.within(ASYNC_ROOMS)
        for node in ast.walk(module.tree)
        if isinstance(node, (ast.AsyncFunctionDef, ast.Await))
    ] == []


def test_the_environment_is_read_in_one_place() -> None:
    assert [
        f"{module.name}:{node.lineno} reads the environment"
        for module in MODULES
        if module.name != "bot.config"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and ast.unparse(node.value) == "os"
    ] == []


def test_only_the_composition_root_asks_for_the_time() -> None:
    assert [
        f"{module.name}:{node.lineno} asks for the time: take it as an argument"
        for module in MODULES
        if module.name != "bot.app.run"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"datetime.now", "datetime.utcnow", "time.time"}
    ] == []


def test_every_package_has_a_name_that_says_something() -> None:
    assert [module.name for module in MODULES if NAMELESS & set(module.name.split("."))] == []


def test_few_modules_are_loose() -> None:
    loose = [path.stem for path in BOT.glob("*.py") if not path.stem.startswith("__")]
    assert len(loose) <= MAX_LOOSE_MODULES, loose
