"""The house keeps its shape: who may import whom, and who alone touches which outside world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"

FENCES = {
    "httpx": {"bot.monitor.fetch"},
    "sqlmodel": {"bot.store"},
    "sqlalchemy": {"bot.store"},
    "alembic": {"bot.store"},
    "apscheduler": {"bot.app.run"},
    "slack_bolt": {"bot.adapters.slack"},
    "slack_sdk": {"bot.adapters.slack"},
    "discord": {"bot.adapters.discord"},
    "prompt_toolkit": {"bot.adapters.console"},
    "typer": {"bot.cli.catalog", "bot.cli.main", "bot.cli.terminal"},
}
"""A foreign package, and the only rooms that may import it."""

CORE = {"bot.domain", "bot.message"}
MAY_IMPORT = {
    "bot.domain": set(),
    "bot.message": set(),
    "bot.config": set(),
    "bot.threads": set(),
    "bot.cards": CORE,
    "bot.routing": CORE,
    "bot.catalog": CORE,
    "bot.store": CORE,
    "bot.wording": CORE | {"bot.cards"},
    "bot.monitor": CORE | {"bot.routing", "bot.catalog", "bot.store", "bot.threads"},
    "bot.commands": CORE | {"bot.wording", "bot.routing", "bot.catalog", "bot.store"},
    "bot.delivery": CORE | {"bot.cards", "bot.wording", "bot.store", "bot.threads"},
    "bot.adapters": CORE | {"bot.delivery", "bot.commands", "bot.wording", "bot.catalog", "bot.threads"},
}
"""Left may import right. Rooms that are not named here compose the others and may import everything."""

ASYNC_ROOMS = {
    "bot.threads",
    "bot.monitor.fetch",
    "bot.monitor.poller",
    "bot.monitor.probe",
    "bot.delivery",
    "bot.adapters",
    "bot.app",
    "bot.cli",
}

NAMELESS = {"utils", "helpers", "common", "manager", "base", "misc"}


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def within(self, rooms: set[str]) -> bool:
        return any(inside(self.name, room) for room in rooms)


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


def test_imports_stay_inside_the_fences() -> None:
    assert [
        f"{module.name} may not import {package}"
        for module in MODULES
        for package in {imported.split(".")[0] for imported in module.imports}
        if package in FENCES and not module.within(FENCES[package])
    ] == []


def test_rooms_import_only_what_they_may() -> None:
    wrong = []
    for module in MODULES:
        room = next((r for r in MAY_IMPORT if inside(module.name, r)), None)
        if room is None:
            continue
        allowed = MAY_IMPORT[room] | {room}
        wrong += [
            f"{module.name} may not import {imported}"
            for imported in module.imports
            if inside(imported, "bot") and imported != "bot" and not any(inside(imported, a) for a in allowed)
        ]
    assert wrong == []


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


def test_only_the_app_knows_what_time_it_is() -> None:
    assert [
        f"{module.name}:{node.lineno} asks for the time: take it as an argument"
        for module in MODULES
        if not module.within({"bot.app", "bot.cli", "bot.demo"})
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"datetime.now", "datetime.utcnow", "time.time"}
    ] == []


def test_every_room_has_a_name() -> None:
    assert not [m.name for m in MODULES if NAMELESS & set(m.name.split("."))]
