"""The database of a story: an SQLite file, or a PostgreSQL server that stops, and cuts connections, with two processes
that do everything, or with some that do a part each, behind networks that part."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bot.domain.role import Role
from bot.store.transfer import copy_database
from tests import databases
from tests.crash.proxy import Proxy

POLL, DELIVER = frozenset({Role.POLL}), frozenset({Role.DELIVER})
EVERYTHING = POLL | DELIVER

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


class Place(Protocol):
    """``parts``: the roles of each process that is to work on it at once."""

    parts: Sequence[frozenset[Role]]
    url: str

    def url_of(self, number: int) -> str:
        """For the process of this number, from 1."""

    async def open(self) -> None:
        """In the event loop of all that befalls it."""

    async def close(self) -> None: ...
    async def part(self, number: int, seconds: float, *, silently: bool) -> None:
        """For so long nothing goes between the process of this number and the database."""

    async def rest(self, seconds: float) -> None: ...
    async def cut(self) -> None: ...
    def back_up(self) -> None:
        """While a process works on it."""

    def restore(self) -> None:
        """The newest backup, elsewhere: ``url_of`` gives another one from then on."""


class SqliteFile:
    """Nothing befalls it but that it is lost and restored, and one process at a time works on it."""

    parts: Sequence[frozenset[Role]] = (EVERYTHING,)

    def __init__(self, folder: Path) -> None:
        self._places = (f"sqlite:///{folder / f'{number}.db'}" for number in itertools.count())
        self.url = self._backup = next(self._places)

    def url_of(self, number: int) -> str:
        return self.url

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def part(self, number: int, seconds: float, *, silently: bool) -> None: ...

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

    parts: Sequence[frozenset[Role]] = (EVERYTHING, EVERYTHING)

    def __init__(self, programs: Path, folder: Path, as_user: dict[str, Any], running: ExitStack) -> None:
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        self._where = (programs, folder, as_user)
        self._running = running
        self._start()

    def url_of(self, number: int) -> str:
        return self.url

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def part(self, number: int, seconds: float, *, silently: bool) -> None: ...

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


class PartedServer(PostgresServer):
    """Pollers and deliverers, each with a network of its own to the server."""

    parts = (POLL, POLL, DELIVER, DELIVER)

    async def open(self) -> None:
        self._proxies = [Proxy(self._where[1] / ".s.PGSQL.5432") for _ in self.parts]
        for proxy in self._proxies:
            await proxy.start()

    async def close(self) -> None:
        for proxy in self._proxies:
            proxy.close()

    def url_of(self, number: int) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._proxies[number - 1].port}/postgres"

    async def part(self, number: int, seconds: float, *, silently: bool) -> None:
        proxy = self._proxies[number - 1]
        await (proxy.hold(seconds) if silently else proxy.cut(seconds))


@contextmanager
def sqlite() -> Iterator[SqliteFile]:
    with tempfile.TemporaryDirectory() as folder:
        yield SqliteFile(Path(folder))


@contextmanager
def postgresql() -> Iterator[PostgresServer]:
    """Raises :class:`tests.databases.NoServer`."""
    with databases.installed() as (programs, folder, as_user), ExitStack() as running:
        yield PostgresServer(programs, folder, as_user, running)


@contextmanager
def roles() -> Iterator[PostgresServer]:
    """Raises :class:`tests.databases.NoServer`."""
    with databases.installed() as (programs, folder, as_user), ExitStack() as running:
        yield PartedServer(programs, folder, as_user, running)


KINDS: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "sqlite": sqlite,
    "postgresql": postgresql,
    "roles": roles,
}
