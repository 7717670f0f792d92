"""Opens the database, brings it up to date, and holds its repositories."""

from __future__ import annotations

from sqlalchemy import Engine

from bot.store.boards import Boards
from bot.store.cards import Cards
from bot.store.channels import Channels
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.diagnostics import Diagnostics
from bot.store.erasure import Erasure
from bot.store.moves import Moves
from bot.store.mutes import Mutes
from bot.store.own_pages import OwnPages
from bot.store.pages import Pages
from bot.store.records import Records
from bot.store.schema import bring_up_to_date
from bot.store.workspaces import Workspaces


class Store:
    """All methods are synchronous and safe to call from any thread; writers of one SQLite file take turns.

    ``url``: a SQLAlchemy URL, ``sqlite:///lookout.db`` or ``postgresql+psycopg://…``. Opening runs the migrations.
    Opening and every method raise :class:`bot.store.StoreError`, one sentence that says what to do.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        try:
            bring_up_to_date(self._database)
        except BaseException:
            self._database.close()
            raise
        self.clock = Clock(self._database)
        self.pages = Pages(self._database)
        self.own = OwnPages(self._database)
        self.records = Records(self._database)
        self.channels = Channels(self._database)
        self.cards = Cards(self._database)
        self.boards = Boards(self._database)
        self.mutes = Mutes(self._database)
        self.moves = Moves(self._database)
        self.diagnostics = Diagnostics(self._database)
        self.workspaces = Workspaces(self._database)
        self.erasure = Erasure(self._database)

    @property
    def engine(self) -> Engine:
        """For chat libraries that bring tables of their own: every transaction on it may write."""
        return self._database.writers

    def close(self) -> None:
        """Let go of every connection."""
        self._database.close()
