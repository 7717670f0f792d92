"""``lookout copy-database``, ``backup``, ``restore``, ``erase`` and ``rekey``: the database as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.terminal import configure_logs, console, fail, read_settings

if TYPE_CHECKING:
    from bot.store.transfer import Progress as Copied

SCHEME = "://"
PERSON, WORKSPACE = "person", "workspace"

SourceArgument = Annotated[str, typer.Argument(metavar="FROM", help="A database's URL, or an SQLite file.")]
TargetArgument = Annotated[str, typer.Argument(metavar="TO", help="An empty database's URL, or a new SQLite file.")]


def copy_database(source: SourceArgument, target: TargetArgument) -> None:
    """Copy everything from one database to another, SQLite or PostgreSQL; interrupted, run it again to go on.

    Stop Lookout first: what it records meanwhile would be missing.
    """
    rows = _transfer(_url(source, must_exist=True), _url(target))
    typer.echo(f"{rows:,} rows copied and compared. Name the new database in LOOKOUT_DATABASE_URL and start Lookout.")


def backup(file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")]) -> None:
    """Write everything into one SQLite file, as it is at this moment. Lookout may be running."""
    if file.exists():
        fail(f"{file} exists already: name another file.")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        rows = _transfer(read_settings().database_url, f"sqlite:///{unfinished}")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"{rows:,} rows in {file}. The secret key is not in it: keep its file beside it.")


def restore(file: Annotated[Path, typer.Argument(help="What lookout backup wrote.")]) -> None:
    """Fill the database of LOOKOUT_DATABASE_URL, which must be empty, from a backup."""
    rows = _transfer(_url(str(file), must_exist=True), read_settings().database_url)
    typer.echo(f"{rows:,} rows restored.")


def erase(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=f"{WORKSPACE} or {PERSON}.")],
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="slack or discord.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="Of the workspace (T…, a server's id) or the person (U…).")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what is kept of a workspace, or every mention of a person. There is no way back but a backup."""
    from bot.store import Store, StoreError

    if what not in (WORKSPACE, PERSON):
        fail(f"“{what}” cannot be erased: write {WORKSPACE} or {PERSON}.")
    try:
        store = Store(read_settings().database_url)
        try:
            if not yes:
                typer.confirm(f"Erase {platform} {what} {id}?", abort=True)
            if what == WORKSPACE:
                count = store.erasure.workspace(platform, id)
                typer.echo(f"{count:,} channels erased, with their subscriptions, messages and pages of their own.")
            else:
                count = store.erasure.person(platform, id)
                typer.echo(f"{count:,} mentions of {id} erased.")
        finally:
            store.close()
    except StoreError as error:
        fail(str(error))


def rekey() -> None:
    """Encrypt the tokens in the database under a new key. Lookout may be running, unless LOOKOUT_SECRET_KEY is set."""
    from bot.keyring import Keyring, SecretKeyError
    from bot.store import Store, StoreError

    settings = read_settings()
    try:
        store = Store(settings.database_url)
        try:
            keyring = Keyring(settings.secret_key.get_secret_value(), Path(settings.secret_key_file))
            count = keyring.rotate(store.secrets.change_all)
        finally:
            store.close()
    except (StoreError, SecretKeyError) as error:
        fail(str(error))
    done = f"{count:,} tokens are encrypted under"
    if settings.secret_key.get_secret_value():
        typer.echo(f"{done} the first key of LOOKOUT_SECRET_KEY: take the others away.")
    else:
        typer.echo(f"{done} a new key, in {settings.secret_key_file}: keep a copy of it beside the next backup.")


def _url(name: str, *, must_exist: bool = False) -> str:
    if SCHEME in name:
        return name
    if must_exist and not Path(name).is_file():
        fail(f"There is no file {name}.")
    return f"sqlite:///{name}"


def _transfer(source: str, target: str) -> int:
    from bot.store import StoreError
    from bot.store.transfer import copy_database

    configure_logs("CRITICAL")
    try:
        with _shown() as show:
            return copy_database(source, target, show)
    except StoreError as error:
        fail(str(error))


@contextmanager
def _shown() -> Iterator[Callable[[Copied], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    screen = console(to_errors=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def show(state: Copied) -> None:
            verb = "comparing" if state.comparing else "copying"
            progress.update(task, description=f"{verb} {state.table}", completed=state.done, total=state.total)

        yield show


COMMANDS: dict[str, Callable[..., None]] = {
    "copy-database": copy_database,
    "backup": backup,
    "restore": restore,
    "erase": erase,
    "rekey": rekey,
}
