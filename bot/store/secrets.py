"""Tokens that chat libraries keep in tables of their own: encrypted on their way in, decrypted on their way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from sqlalchemy import Connection, Dialect, MetaData, Table, Text, inspect, select, text, update
from sqlalchemy.types import TypeDecorator

from bot.store.database import Database, writes

COLUMNS = {
    "slack_bots": ("bot_token", "bot_refresh_token"),
    "slack_installations": (
        *("bot_token", "bot_refresh_token", "user_token", "user_refresh_token"),
        *("incoming_webhook_url", "incoming_webhook_configuration_url"),
    ),
}
"""Of slack_sdk's tables. A webhook's address is its password."""


class Cipher(Protocol):
    def encrypt(self, text: str) -> str: ...
    def decrypt(self, text: str) -> str: ...


class SealedText(TypeDecorator[str]):
    """The type of a column that holds a secret. Encrypted, it may be longer than the library foresaw."""

    impl = Text
    cache_ok = True

    def __init__(self, cipher: Cipher) -> None:
        super().__init__()
        self.cipher = cipher

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.cipher.encrypt(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.cipher.decrypt(value)


def seal_columns(table: Table, cipher: Cipher) -> None:
    """From now on, statements on this table of a library's encrypt and decrypt its secrets."""
    for name in COLUMNS[table.name]:
        if name in table.c:
            table.c[name].type = SealedText(cipher)


class Secrets:
    def __init__(self, database: Database) -> None:
        self._database = database

    def change_all(self, change: Callable[[str], str]) -> int:
        """Replace every secret as it is stored, in one transaction; returns how many became other ones. Of what stood
        there before, an SQLite file keeps no trace."""
        count = self._change_all(change)
        if count:
            self._database.compact()
        return count

    @writes
    def _change_all(self, tx: Connection, change: Callable[[str], str]) -> int:
        count = 0
        for table, names in _tables(tx):
            for row in tx.execute(select(table.c.id, *(table.c[name] for name in names)).with_for_update()).all():
                old = {name: value for name in names if (value := getattr(row, name))}
                new = {name: changed for name, value in old.items() if (changed := change(value)) != value}
                if new:
                    tx.execute(update(table).where(table.c.id == row.id).values(new))
                    count += len(new)
        return count


def _tables(tx: Connection) -> Iterator[tuple[Table, list[str]]]:
    """Those that are there, with the names of their secret columns, which have room for what is encrypted."""
    for name, columns in COLUMNS.items():
        if not inspect(tx).has_table(name):
            continue
        table = Table(name, MetaData(), autoload_with=tx)
        there = [column for column in columns if column in table.c]
        if tx.dialect.name == "postgresql":
            for column in there:
                if getattr(table.c[column].type, "length", None) is not None:
                    tx.execute(text(f"ALTER TABLE {name} ALTER COLUMN {column} TYPE TEXT"))
        yield table, there
