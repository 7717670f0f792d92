"""A PostgreSQL server of its own for a row of the benchmark, as it comes: what it commits is on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from bot.store.tables import CHANNEL, SUBSCRIPTION
from tests import databases

SOCKET_ONLY = {"listen_addresses": ""}
PER_WORKSPACE = 50


@dataclass(frozen=True, slots=True)
class Server:
    folder: Path
    url: str
    """Of an empty database, as the store takes it."""

    def run(self, *statements: str) -> None:
        """Each in a transaction of its own."""
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def cpu_s(self) -> float:
        """Seconds of CPU of all of its processes so far, those that ended too. Linux alone knows."""
        main = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        ticks = 0
        for process in Path("/proc").iterdir():
            try:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parent, own, ended = int(fields[1]), fields[11:13], fields[13:15]
            if process.name == str(main):
                ticks += sum(map(int, (*own, *ended)))
            elif parent == main:
                ticks += sum(map(int, own))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def server() -> Iterator[Server]:
    with (
        databases.installed() as (programs, folder, as_user),
        databases.serving(programs, folder, as_user, SOCKET_ONLY),
    ):
        with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE lookout")
        url = URL.create("postgresql+psycopg", "postgres", database="lookout", query={"host": str(folder)})
        yield Server(folder, url.render_as_string(hide_password=False))


def copies(channels: int) -> list[str]:
    """Statements that copy the one channel and its subscription, so that there are so many."""
    copied = {
        CHANNEL: {"pk": "n", "id": "'c' || n", "workspace": f"'T' || n / {PER_WORKSPACE}"},
        SUBSCRIPTION: {"pk": "n", "channel": "n"},
    }
    return [
        f"INSERT INTO {table.name} ({', '.join(names)}) "
        f"SELECT {', '.join(own.get(name, f'one.{name}') for name in names)} "
        f"FROM (SELECT * FROM {table.name} LIMIT 1) AS one, generate_series(2, {channels}) AS n"
        for table, own in copied.items()
        for names in [[column.name for column in table.c]]
    ]
