"""``lookout ask``: every operation on the command line, from the database of this installation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from bot.cli.terminal import fail, public_site, read_catalog, read_settings
from bot.commands.command import Argument, Command
from bot.commands.operations.for_key import Desk, NoKey
from bot.commands.operations.given import CHOICES, Refused, read_given, without_nothing
from bot.commands.operations.perform import program_arguments
from bot.commands.operations.schema import to_json
from bot.commands.table import OPERATIONS
from bot.domain import ApiKey, Scope
from bot.wording.plain import message_text
from bot.wording.result import result_message

Opened = Callable[[], Desk]


def cli() -> click.Group:
    return group(OPERATIONS, _open)


def group(operations: Sequence[Command], opened: Opened) -> click.Group:
    """A command for each operation."""
    commands = {command.name: _command(command, opened) for command in operations}
    return click.Group("ask", commands, help="Ask what Lookout knows, as a program would, or change something.")


def _command(command: Command, opened: Opened) -> click.Command:
    typed = {argument.name for argument in command.arguments if argument.positional}
    # What takes all that is left comes last.
    arguments = sorted(program_arguments(command), key=lambda a: (a.name not in typed, a.many))
    return click.Command(
        command.name,
        callback=partial(_run, command, opened),
        params=[
            *(_argument(argument) if argument.name in typed else _option(argument) for argument in arguments),
            click.Option(
                ["--workspace"], metavar="PLATFORM:ID", help="Whose channels are meant: slack:T0123, console:local."
            ),
            click.Option(
                ["--json", "as_json"], is_flag=True, help="Print JSON for programs instead of words for people."
            ),
        ],
        help=f"{command.summary[:1].upper()}{command.summary[1:]}.",
    )


def _argument(argument: Argument) -> click.Parameter:
    return click.Argument([argument.name], nargs=-1 if argument.many else 1, required=argument.required)


def _option(argument: Argument) -> click.Parameter:
    choices = CHOICES.get(argument.kind)
    return click.Option(
        [f"--{argument.name}", argument.name],
        multiple=argument.many,
        required=argument.required,
        type=click.Choice(choices) if choices else str,
        help=f"{argument.summary[:1].upper()}{argument.summary[1:]}.",
    )


def _run(command: Command, opened: Opened, *, workspace: str | None, as_json: bool, **typed: Any) -> None:
    desk = opened()
    try:
        raw = without_nothing({name: list(v) if isinstance(v, tuple) else v for name, v in typed.items()})
        given = read_given(program_arguments(command), raw)
        result = to_json(desk.perform(command, given, _operator(workspace) if workspace else None))
    except NoKey:
        fail("It is about a workspace: name it with --workspace, slack:T0123, discord:81384788765 or console:local.")
    except Refused as error:
        fail(str(error))
    finally:
        desk.store.close()
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    elif {"changed", "text"} <= set(result):
        click.echo(result["text"])
    else:
        click.echo(message_text(result_message(command.name, result)))


def _operator(workspace: str) -> ApiKey:
    """Whoever has the database may do all in it; on record it is the operator who did."""
    platform, _, id = workspace.partition(":")
    return ApiKey("operator", Scope.WRITE, platform, id, "", created_at=_now())


def _open() -> Desk:
    from bot.store import Store, StoreError

    settings = read_settings()
    try:
        return Desk(Store(settings.database_url), read_catalog(settings), _now, public=True, site=public_site(settings))
    except StoreError as error:
        fail(str(error))


def _now() -> Any:
    from bot.app.run import utc_now

    return utc_now()
