"""Brings a database up to the tables this version knows, in one transaction, whatever version made it.

Before a migration that an older version could not live with (``COPY_FIRST``), an SQLite file is copied beside itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, text

from bot.store.database import Database, StoreError
from bot.store.file_lock import holder
from bot.store.processes import SILENT_S
from bot.store.tables import Row

if TYPE_CHECKING:
    # Alembic takes long to import, and is not needed where the tables are there already.
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "alembic_version"
UNFINISHED = "unfinished"
"""The version of a database that ``lookout copy-database`` has not filled yet."""

_VERSION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As Alembic makes it."""
_LOCK = 7_081_947
"""PostgreSQL's advisory lock that keeps two starting processes from migrating at once: an arbitrary number."""


def bring_up_to_date(database: Database, *, locked: bool = False) -> None:
    """``locked``: this process holds the lock on the SQLite file.

    Raises :class:`StoreError` when the database cannot be opened, a newer version made it, or an older one runs on it.
    """
    if not database.read(is_current):
        database.alter(lambda tx: _upgrade(database, tx, locked))


def _upgrade(database: Database, tx: Connection, locked: bool) -> None:
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if is_current(tx):
            return
    if running := None if locked else _running(database, tx):
        raise StoreError(
            f"An older Lookout runs on this database ({running}), and its tables have to change: stop it first, then "
            "run this one again."
        )
    breaking = _first_breaking(revision(tx))
    if breaking is not None:
        database.copy_file(f"before-{breaking}")
    make_tables(tx)


def _running(database: Database, tx: Connection) -> str | None:
    """A process that runs the bot there, by older tables."""
    if not inspect(tx).has_table("process"):
        return None
    if tx.dialect.name == "postgresql":
        alive = "SELECT host, pid FROM process WHERE heartbeat_at > clock_timestamp() - make_interval(secs => :silent)"
        found = tx.execute(text(f"{alive} ORDER BY started_at LIMIT 1"), {"silent": SILENT_S}).first()
        return f"process {found.pid} on {found.host}" if found else None
    file = database.file()
    return holder(file) if file else None


def make_tables(tx: Connection) -> None:
    """All of the newest version, or what is missing to it. In an empty database they are made as they are now, which
    takes a twentieth of the time of making them version by version."""
    if revision(tx) is None:
        Row.metadata.create_all(tx, checkfirst=False)
        _VERSION.create(tx, checkfirst=True)
        tx.execute(insert(_VERSION).values(version_num=newest()))
        return
    from alembic import command

    command.upgrade(configuration(tx), "head")


def _first_breaking(current: str | None) -> str | None:
    """The next migration from here that older versions cannot live with; an empty database needs no way back."""
    if current is None:
        return None
    from alembic.script import ScriptDirectory

    ahead = reversed(list(ScriptDirectory(str(MIGRATIONS)).iterate_revisions("head", current)))
    return next((script.revision for script in ahead if getattr(script.module, "COPY_FIRST", False)), None)


def configuration(tx: Connection) -> Config:
    """What alembic's own commands need to work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = tx
    return config


def revisions() -> tuple[str, ...]:
    """All of them, the oldest first: the numbers that their files' names begin with."""
    return tuple(sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def newest() -> str:
    return revisions()[-1]


def revision(tx: Connection) -> str | None:
    """The version that the tables are at; ``None``: there are none."""
    if not inspect(tx).has_table(VERSION_TABLE):
        return None
    version: str | None = tx.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return version


def mark(tx: Connection, version: str) -> None:
    """Say that the tables are at ``version``, without changing them."""
    tx.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :version"), {"version": version})


def is_current(tx: Connection) -> bool:
    """Raises :class:`StoreError` when the tables are at none of this version's revisions."""
    known, current = revisions(), revision(tx)
    if current == UNFINISHED:
        raise StoreError(
            "The database is an unfinished copy of another: run the same lookout copy-database again, "
            "it goes on where it stopped."
        )
    if current is not None and current not in known:
        raise StoreError(
            f"The database was made by a newer Lookout (its tables are at {current}, this version knows {known[-1]}): "
            "update Lookout, or name another database in LOOKOUT_DATABASE_URL."
        )
    return current == known[-1]
