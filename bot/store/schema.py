"""Brings a database up to the tables this version knows, in one transaction, whatever version made it.

Before a migration that an older version could not live with (``COPY_FIRST``), an SQLite file is copied beside itself.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.store.database import Database, StoreError

MIGRATIONS = Path(__file__).with_name("migrations")

_LOCK = 7_081_947
"""PostgreSQL's advisory lock that keeps two starting processes from migrating at once: an arbitrary number."""


def bring_up_to_date(database: Database) -> None:
    """Raises :class:`StoreError` when the database cannot be opened, or a newer version made it."""
    if not database.read(_is_current):
        database.alter(lambda tx: _upgrade(database, tx))


def _upgrade(database: Database, tx: Connection) -> None:
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    breaking = _first_breaking(MigrationContext.configure(tx).get_current_revision())
    if breaking is not None:
        database.copy_file(f"before-{breaking}")
    command.upgrade(configuration(tx), "head")


def _first_breaking(current: str | None) -> str | None:
    """The next migration from here that older versions cannot live with; an empty database needs no way back."""
    if current is None:
        return None
    ahead = reversed(list(ScriptDirectory(str(MIGRATIONS)).iterate_revisions("head", current)))
    return next((script.revision for script in ahead if getattr(script.module, "COPY_FIRST", False)), None)


def configuration(tx: Connection) -> Config:
    """What alembic's own commands need to work on this connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = tx
    return config


def revisions() -> tuple[str, ...]:
    """All of them, the oldest first."""
    return tuple(reversed([script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]))


def _is_current(tx: Connection) -> bool:
    known, current = revisions(), MigrationContext.configure(tx).get_current_revision()
    if current is not None and current not in known:
        raise StoreError(
            f"The database was made by a newer Lookout (its tables are at {current}, this version knows {known[-1]}): "
            "update Lookout, or name another database in LOOKOUT_DATABASE_URL."
        )
    return current == known[-1]
