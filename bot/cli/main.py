"""The command line: reads arguments, calls the part that does the work, prints the result."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import signal
import sys
from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli import database, keys, mcp
from bot.cli.ask import commands
from bot.cli.terminal import Commands, configure_logs, console, fail, read_catalog, read_settings
from bot.domain import Filter, Mode

if TYPE_CHECKING:
    # Whatever takes long to import is imported by the command that needs it: --help and mistakes are answered at once.
    from bot.cli.check import Finding
    from bot.config import Settings
    from bot.monitor.probe import NotRead, Probed

UNREADABLE_EXIT = 3
"""``probe`` and ``replay``: what was named could be found, but not read."""

cli = typer.Typer(
    name="lookout",
    cls=Commands,
    help="Watches the status pages of 2,700 cloud vendors and tells each channel what happens to the ones it uses.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class SlackMode(StrEnum):
    SOCKET = "socket"
    HTTP = "http"


for _name, _command in (*commands.COMMANDS.items(), *database.COMMANDS.items()):
    cli.command(_name)(_command)
cli.add_typer(keys.cli)
cli.command()(mcp.mcp)

KindOption = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="The page's platform, when it is not to be detected.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words for people.")]


def main() -> None:
    """The entry point of ``lookout`` and of ``python -m bot``."""
    cli()


def _print_version(wanted: bool) -> None:
    import platform
    from importlib.metadata import version

    if wanted:
        typer.echo(f"lookout {version('lookout-bot')}, Python {platform.python_version()}")
        raise typer.Exit


@cli.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """What every command shares."""


@cli.command()
def run(
    with_console: Annotated[
        bool, typer.Option("--console", help="Converse here too, although a chat platform is set up.")
    ] = False,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="ROLES", help="What this process does: of poll,deliver,slack,discord,web; as set, if not given."
        ),
    ] = None,
) -> None:
    """Read every page, announce changes and answer commands: in the chats that are set up, else here on the console."""
    # The bot listens to it once it is built. Until then the first process of a container would not be ended by it: what
    # the system does by default, it does not do to that one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # What is loaded now stays until the end: to look through it for garbage again and again takes a tenth of the start.
    # bot.app.run.freeze_loaded_objects switches it on again.
    gc.disable()
    from bot.app.run import App, CannotStart
    from bot.domain.role import UnknownRole, in_order, parse_roles
    from bot.store import StoreError

    settings = read_settings()
    try:
        if role is not None:
            settings = settings.model_copy(update={"roles": in_order(parse_roles(role.split(",")))})
    except UnknownRole as error:
        fail(f"--role: {error}.")
    try:
        app = App(settings, console(), with_console=with_console)
        asyncio.run(app.run())
    except (StoreError, CannotStart) as error:
        fail(str(error))


@cli.command()
def demo(
    speed: Annotated[
        float, typer.Option(min=0, help="Story seconds per second, quiet stretches left out; 0: as fast as it can.")
    ] = 1200,
) -> None:
    """Play a made-up outage day of two vendors through the whole bot."""
    from bot.cli.demo.run import run_demo

    configure_logs("WARNING")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run_demo(speed, console()))


@cli.command()
def probe(
    target: Annotated[str, typer.Argument(help="A vendor, an address or a file.")],
    kind: KindOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read one page once and print what Lookout understands of it."""
    from bot.adapters.console import ConsoleAdapter
    from bot.adapters.console.render import Row, body, heading
    from bot.app.run import CONSOLE_CHANNEL, utc_now
    from bot.domain.refusals import for_operator
    from bot.monitor.probe import NotRead, UnknownTarget, probe_file
    from bot.monitor.providers import BY_KIND
    from bot.monitor.snapshot_json import to_json, unreadable_to_json
    from bot.wording.probe import probe_message

    settings = read_settings()
    _require_known_kind(kind)
    try:
        path = Path(target)
        if path.is_file():
            result = probe_file(path, kind, utc_now(), settings.fetch_max_bytes)
        elif target and path.is_dir():
            fail(f"{target} is a folder: name one of the files in it.")
        elif target.startswith(("/", "./", "../", "~")):
            fail(f"There is no file {target}.")
        else:
            result = asyncio.run(_probe_page(target, kind, settings))
    except UnknownTarget as error:
        fail(str(error))
    if isinstance(result, NotRead):
        if as_json:
            typer.echo(json.dumps(unreadable_to_json(result.kind, result.reason), ensure_ascii=False))
        else:
            typer.echo(f"Cannot be read: {for_operator(result.reason)}", err=True)
        raise typer.Exit(UNREADABLE_EXIT)
    if as_json:
        document = to_json(result.vendor, result.kind, result.url, result.snapshot)
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        message = probe_message(BY_KIND[result.kind].title, result.url, result.snapshot)
        adapter = ConsoleAdapter(console(), utc_now)
        view = adapter.view(CONSOLE_CHANNEL)
        rows = [Row(heading(message, view)), *body(message, view)]
        adapter.write(adapter.lines(rows))


@cli.command()
def replay(
    paths: Annotated[list[Path], typer.Argument(help="Recorded pages, or folders of them, in the order of time.")],
    kind: KindOption = None,
    as_json: JsonOption = False,
    mode: Annotated[Mode, typer.Option(help="How the channel sees an incident.")] = Mode.THREAD_KEY,
    filter_text: Annotated[
        str, typer.Option("--filter", help="What the channel subscribes to, as typed: 'component:API maintenance:on'.")
    ] = "",
    silent_first: Annotated[
        bool, typer.Option("--silent-first", help="Take the first page as known, and announce only what follows.")
    ] = False,
) -> None:
    """Play recorded pages through the whole bot and print what a subscribed channel would have seen."""
    from bot.cli.replay import replay as play

    configure_logs("WARNING")
    _require_known_kind(kind)
    code = asyncio.run(
        play(
            paths,
            console(),
            partial(typer.echo, err=True),
            kind=kind,
            mode=mode,
            subscription_filter=_filter(filter_text),
            as_json=as_json,
            silent_first=silent_first,
        )
    )
    raise typer.Exit(code)


@cli.command("slack-manifest")
def slack_manifest(
    mode: Annotated[SlackMode | None, typer.Option(help="How Slack reaches the bot; as set, if not given.")] = None,
    url: Annotated[str | None, typer.Option(help="HTTP mode: where Slack reaches the bot, https://….")] = None,
    history: Annotated[
        bool | None, typer.Option("--history/--no-history", help="With the scopes to read channels' history.")
    ] = None,
) -> None:
    """Print the manifest to make the Slack app from, with its commands, events and scopes."""
    from bot.adapters.slack import options as slack
    from bot.adapters.slack.manifest import manifest
    from bot.app.platforms import slack_names

    settings = read_settings()
    try:
        app_manifest = manifest(
            slack_names(settings),
            slack.ConnectionMode(mode or settings.slack_mode),
            settings.slack_public_url if url is None else url,
            managers=slack.Managers(settings.slack_managers),
            history=settings.slack_history if history is None else history,
        )
    except slack.SlackOptionsError as error:
        fail(str(error))
    typer.echo(json.dumps(app_manifest, ensure_ascii=False, indent=2))


@cli.command("discord-invite")
def discord_invite(
    application: Annotated[
        int | None,
        typer.Option("--application", metavar="ID", help="The application's id; from the token, if not given."),
    ] = None,
) -> None:
    """Print the link by which an admin adds the Discord bot, and what it uses each permission for."""
    from bot.adapters.discord import options
    from bot.adapters.discord.api import permissions

    settings = read_settings()
    try:
        application = application or options.application_id(settings.discord_token.get_secret_value())
    except options.SetupError as error:
        fail(str(error))
    typer.echo(permissions.invite_url(application))
    for permission in permissions.USED:
        typer.echo(f"  {permission.name}: {permission.purpose}")


@cli.command()
def check(as_json: JsonOption = False) -> None:
    """Look at settings, database, catalog and network; each line is ok or says what to do."""
    from bot.app.readers import build_fetcher
    from bot.app.run import utc_now
    from bot.cli.check import check as findings

    configure_logs("ERROR")
    _print_findings(findings(lambda settings: build_fetcher(settings, utc_now)), as_json=as_json)


@cli.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say how the installation is: processes, readings, connections, disk, channels and pages in trouble, filters."""
    from bot.app.run import utc_now
    from bot.cli.doctor import examine
    from bot.store import Store, StoreError

    settings = read_settings()
    try:
        store = Store(settings.database_url)
    except StoreError as error:
        fail(str(error))
    try:
        _print_findings(examine(store, utc_now()), as_json=as_json)
    finally:
        store.close()


@cli.command(
    "catalog",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True},
)
def catalog(context: typer.Context) -> None:
    """Look into the catalog, hold it against the web, add to your own."""
    from bot.cli.catalog import cli as catalog_commands

    catalog_commands(context.args, prog_name=context.command_path)


@cli.command(
    "ask",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True},
)
def ask(context: typer.Context) -> None:
    """Ask what the bot knows, or change something, from its database: every command of the chats; --json."""
    from bot.cli.operations import cli as operations

    operations()(context.args, prog_name=context.command_path)


def _print_findings(findings: Iterable[Finding], *, as_json: bool) -> NoReturn:
    """Exits with 1 if one of them is not ok."""
    if as_json:
        found = list(findings)
        ok = all(finding.ok for finding in found)
        lines = [{"about": finding.about, "ok": finding.ok, "text": finding.text, **finding.facts} for finding in found]
        typer.echo(json.dumps({"ok": ok, "findings": lines}, ensure_ascii=False, indent=2))
        raise typer.Exit(0 if ok else 1)
    failed = False
    for finding in findings:
        failed = failed or not finding.ok
        mark = typer.style("ok", fg="green") if finding.ok else typer.style("!!", fg="red", bold=True)
        typer.echo(f"{mark}  {finding.about}: {finding.text}")
    raise typer.Exit(1 if failed else 0)


async def _probe_page(target: str, kind: str | None, settings: Settings) -> Probed | NotRead:
    from bot.app.readers import build_fetcher
    from bot.app.run import utc_now
    from bot.monitor.probe import Prober
    from bot.threads import Threads

    fetcher, threads = build_fetcher(settings, utc_now), Threads(1)
    try:
        return await Prober(fetcher, threads, utc_now).probe(target, kind, read_catalog(settings))
    finally:
        await fetcher.aclose()
        threads.close()


def _filter(typed: str) -> Filter:
    from bot.catalog import load as load_catalog
    from bot.commands.grammar import UsageError, parse

    try:
        parsed = parse(typed, load_catalog())
    except UsageError as unclear:
        fail(str(unclear))
    if parsed.vendors or parsed.unmatched:
        fail(f"“{typed}” is no filter: write it as in component:API severity:major+ maintenance:on.")
    return parsed.filter


def _require_known_kind(kind: str | None) -> None:
    from bot.monitor.providers import BY_KIND

    if kind is not None and kind not in BY_KIND:
        fail(f"“{kind}” is no kind that Lookout reads. Kinds: {', '.join(sorted(BY_KIND))}.")
