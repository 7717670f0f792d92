"""``lookout key``: keys with which programs read the API, and change something through it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.terminal import fail, read_settings
from bot.domain import ApiKey, Scope

if TYPE_CHECKING:
    from bot.store import Store

PLATFORMS = ("slack", "discord", "console")
MAX_LABEL_CHARS = 80

cli = typer.Typer(
    name="key",
    help="Make, list and revoke keys for the HTTP API and for tools of language models.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@cli.command()
def create(
    scope: Annotated[Scope, typer.Option(help="read: look things up; write: change subscriptions and mutes too.")],
    workspace: Annotated[
        str,
        typer.Option(metavar="PLATFORM:ID", help="What it opens: slack:T0123, discord:81384788765, console:local."),
    ],
    label: Annotated[str, typer.Option(help="What it is for, to tell it from others.")] = "",
) -> None:
    """Make a key. It is shown this once: only a digest of it is kept."""
    from bot.app.run import utc_now
    from bot.store.keys import ID_BYTES, SECRET_BYTES

    platform, _, id = workspace.partition(":")
    if platform not in PLATFORMS or not id or not id.isprintable() or " " in id:
        fail(f"“{workspace}” names no workspace: write slack:T0123, discord:81384788765 or console:local.")
    if len(label) > MAX_LABEL_CHARS or not (label.isprintable() or not label):
        fail(f"Give a label of one line, at most {MAX_LABEL_CHARS} characters.")
    key = ApiKey(secrets.token_hex(ID_BYTES), scope, platform, id, label, utc_now())
    with _store() as store:
        token = store.keys.create(key, secrets.token_bytes(SECRET_BYTES))
    typer.echo(token)
    typer.echo(f"Keep it: it is not shown again. “lookout key revoke {key.id}” ends it.", err=True)


@cli.command("list")
def list_keys(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for programs instead of words for people.")
    ] = False,
) -> None:
    """List all keys, with their last use and without their secrets."""
    with _store() as store:
        keys = store.keys.all()
    if as_json:
        typer.echo(json.dumps([_document(key) for key in keys], ensure_ascii=False, indent=2))
        return
    for key in keys:
        used = f"last used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "never used"
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC" if key.revoked_at else used
        words = (key.id, key.scope.value, f"{key.platform}:{key.workspace}", f"made {key.created_at:%Y-%m-%d}", state)
        typer.echo("  ".join((*words, key.label)).rstrip())
    if not keys:
        typer.echo("There are no keys. “lookout key create” makes one.")


@cli.command()
def revoke(id: Annotated[str, typer.Argument(metavar="ID", help="As lookout key list shows it.")]) -> None:
    """End a key, at once."""
    from bot.app.run import utc_now

    with _store() as store:
        if not store.keys.revoke(id, utc_now()):
            fail(f"There is no valid key {id}: see lookout key list.")
    typer.echo(f"{id} opens nothing any more.")


def _document(key: ApiKey) -> dict[str, str | None]:
    return {
        "id": key.id,
        "scope": key.scope.value,
        "workspace": f"{key.platform}:{key.workspace}",
        "label": key.label,
        "created_at": key.created_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


@contextmanager
def _store() -> Iterator[Store]:
    from bot.store import Store, StoreError

    try:
        store = Store(read_settings().database_url)
        try:
            yield store
        finally:
            store.close()
    except StoreError as error:
        fail(str(error))
