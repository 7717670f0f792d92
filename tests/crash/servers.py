"""The database of a story: an SQLite file, or a PostgreSQL server that stops, and cuts connections."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bot.store.transfer import copy_database
from tests import databases

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


class Place(Protocol):
    """``processes`` are to work on ``url`` at once."""

    url: str
    processes: int

    async def rest(self, seconds: float) -> None: ...
    async def cut(self) -> None: ...
    def back_up(self) -> None:
        """While a process works on it."""

    def restore(self) -> None:
        """The newest backup, elsewhere: ``url`` is another one from then on."""


class SqliteFile:
    """Nothing befalls it but that it is lost and restored, and one process at a time works on it."""

    processes = 1

    def __init__(self, folder: Path) -> None:
        self._places = (f"sqlite:///{folder / f'{number}.db'}" for number in itertools.count())
        self.url = self._backup = next(self._places)

    async def rest(self, seconds: float) -> None: ...

    async def cut(self) -> None: ...

    def back_up(self) -> None:
        self._backup = next(self._places)
        copy_database(self.url, self._backup)

    def restore(self) -> None:
        self.url = next(self._places)
        copy_database(self._backup, self.url)


class PostgresServer:
    """A server of its own, two processes' worth of bot on it."""

    processes = 2

    def __init__(self, programs: Path, folder: Path, as_user: dict[str, Any], running: ExitStack) -> None:
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        self._where = (programs, folder, as_user)
        self._running = running
        self._start()

    async def rest(self, seconds: float) -> None:
        """Stop, with all of its connections, and start again so much later."""
        folder = self._where[1]
        file = folder / "data" / "postmaster.pid"
        os.kill(int(file.read_text().split()[0]), signal.SIGINT)
        while file.exists():  # noqa: ASYNC110 (another program's file)
            await asyncio.sleep(0.02)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self._start)

    async def cut(self) -> None:
        """Every connection ends, whatever it is doing."""
        with suppress(psycopg.OperationalError):
            await asyncio.to_thread(self._cut)

    def back_up(self) -> None:
        raise NotImplementedError("one process is to work on what is moved")

    restore = back_up

    def _start(self) -> None:
        self._running.enter_context(databases.serving(*self._where))

    def _cut(self) -> None:
        with psycopg.connect(host=str(self._where[1]), user="postgres", dbname="postgres", autocommit=True) as tx:
            tx.execute(CUT)


@contextmanager
def sqlite() -> Iterator[SqliteFile]:
    with tempfile.TemporaryDirectory() as folder:
        yield SqliteFile(Path(folder))


@contextmanager
def postgresql() -> Iterator[PostgresServer]:
    """Raises :class:`tests.databases.NoServer`."""
    with databases.installed() as (programs, folder, as_user), ExitStack() as running:
        yield PostgresServer(programs, folder, as_user, running)


KINDS: dict[str, Callable[[], AbstractContextManager[Place]]] = {"sqlite": sqlite, "postgresql": postgresql}
