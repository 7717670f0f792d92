"""Opens the database, brings it up to date, and holds its repositories."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from bot.domain.flood import FLOOD_LIMIT
from bot.store.acks import Acks
from bot.store.audit import Audit
from bot.store.boards import Boards
from bot.store.cards import Cards
from bot.store.channels import Channels
from bot.store.clock import Clock
from bot.store.courses import Courses
from bot.store.dashboards import Dashboards
from bot.store.database import Database, StoreError
from bot.store.diagnostics import Diagnostics
from bot.store.digests import Digests
from bot.store.drills import Drills
from bot.store.erasure import Erasure
from bot.store.fan_out import CHANNELS_AT_ONCE
from bot.store.feed import Feed
from bot.store.file_lock import FileLock
from bot.store.floods import Floods
from bot.store.held import Held
from bot.store.jobs import Jobs
from bot.store.keys import Keys
from bot.store.limits import Limits
from bot.store.listener import Listener
from bot.store.memos import Memos
from bot.store.moves import Moves
from bot.store.mutes import Mutes
from bot.store.own_pages import OwnPages
from bot.store.pages import Pages
from bot.store.part_checks import PartChecks
from bot.store.processes import Processes
from bot.store.publications import Publications
from bot.store.records import Records
from bot.store.retention import Retention
from bot.store.schema import bring_up_to_date
from bot.store.secrets import Secrets
from bot.store.services import Services
from bot.store.shards import Shards
from bot.store.values import ProcessIdentity
from bot.store.vendor_notes import VendorNotes
from bot.store.workspaces import Workspaces


class Store:
    """All methods are synchronous and safe to call from any thread; writers of one SQLite file take turns.

    ``url``: a SQLAlchemy URL, ``sqlite:///lookout.db`` or ``postgresql+psycopg://…``. Opening runs the migrations.
    Opening and every method raise :class:`bot.store.StoreError`, one sentence that says what to do.

    ``process``: the store is opened to run the bot. On an SQLite file only one process may, and what others have
    leased there is free; on PostgreSQL it joins those that do. ``flood_limit``: more new incidents in one reading are
    shown in one message. ``channels_at_once``: how many have their cards of what is new in one transaction.
    """

    def __init__(
        self,
        url: str,
        process: ProcessIdentity | None = None,
        *,
        flood_limit: int = FLOOD_LIMIT,
        channels_at_once: int = CHANNELS_AT_ONCE,
    ) -> None:
        self._database = Database(url)
        self._lock: FileLock | None = None
        try:
            file = self._database.file() if process else None
            self._lock = FileLock(file, process) if process and file else None
            self._database.protect_file()
            bring_up_to_date(self._database, locked=self._lock is not None)
            self.processes = Processes(self._database)
            self.limits = Limits(self._database)
            self.memos = Memos(self._database)
            self.shards = Shards(self._database)
            if process:
                self.processes.join(process)
        except BaseException:
            self._close()
            raise
        self.clock = Clock(self._database)
        self.pages = Pages(self._database)
        self.feed = Feed(self._database)
        self.own = OwnPages(self._database)
        self.records = Records(self._database, flood_limit, channels_at_once)
        self.courses = Courses(self._database)
        self.retention = Retention(self._database)
        self.channels = Channels(self._database, flood_limit)
        self.cards = Cards(self._database)
        self.boards = Boards(self._database)
        self.floods = Floods(self._database)
        self.publications = Publications(self._database)
        self.digests = Digests(self._database)
        self.held = Held(self._database)
        self.mutes = Mutes(self._database)
        self.audit = Audit(self._database)
        self.drills = Drills(self._database)
        self.acks = Acks(self._database)
        self.vendor_notes = VendorNotes(self._database)
        self.moves = Moves(self._database)
        self.part_checks = PartChecks(self._database)
        self.services = Services(self._database, flood_limit)
        self.diagnostics = Diagnostics(self._database)
        self.workspaces = Workspaces(self._database)
        self.dashboards = Dashboards(self._database)
        self.jobs = Jobs(self._database)
        self.keys = Keys(self._database)
        self.secrets = Secrets(self._database)
        self.erasure = Erasure(self._database)

    @property
    def file(self) -> Path | None:
        """The SQLite file; ``None`` for a database in memory or on a server."""
        return self._database.file()

    @property
    def has_several_processes(self) -> bool:
        """Whether others may run the bot on it at the same time."""
        return not self._database.sqlite

    @property
    def engine(self) -> Engine:
        """For chat libraries that bring tables of their own: every transaction on it may write."""
        return self._database.writers

    def listener(self) -> Listener:
        """Hears what other processes signal."""
        return Listener(self._database)

    def close(self, now: datetime | None = None) -> None:
        """Let go of every connection, and at ``now`` of what the process holds: else others wait until it is found
        dead."""
        if now is not None and self._database.process is not None:
            with suppress(StoreError):
                self.processes.leave(now)
        self._close()

    def _close(self) -> None:
        self._database.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
