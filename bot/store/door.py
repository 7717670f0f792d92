"""The door: opens the database, brings it up to date, and holds the four rooms behind it."""

from __future__ import annotations

from bot.store.cards import Cards
from bot.store.channels import Channels
from bot.store.pages import Pages
from bot.store.records import Records


class Store:
    """All methods are synchronous and safe to call from any thread; writers of one SQLite file take turns.

    ``url``: a SQLAlchemy URL, ``sqlite:///lookout.db`` or ``postgresql+psycopg://…``. Opening runs the migrations.
    """

    pages: Pages
    records: Records
    channels: Channels
    cards: Cards

    def __init__(self, url: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Let go of every connection."""
