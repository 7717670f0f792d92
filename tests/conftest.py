"""What holds for every test: no setting of whoever runs it changes it, and a logged traceback is plain, as the default
renders every frame's variables, for seconds.

What stands on a database is tested on SQLite and on PostgreSQL: on a server of its own, or the one that
LOOKOUT_TEST_DATABASE_URL names.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
import structlog
from hypothesis import HealthCheck

from bot.config import PREFIX
from tests import databases, shelf
from tests.databases import Postgres

hypothesis.settings.register_profile(
    # How long an example takes to make is a matter of the machine.
    "tests",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # Laws are held against more examples in CI than by whoever waits for the tests.
    max_examples=100 if os.environ.get("CI") else 40,
)
hypothesis.settings.load_profile("tests")

SERVER = os.environ.get("LOOKOUT_TEST_DATABASE_URL")

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.dev.set_exc_info,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    shelf.skip_without(item)


def pytest_collection_finish() -> None:
    """What was collected stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[None]:
    """Neither variables nor a ``.env`` in the working directory."""
    with pytest.MonkeyPatch.context() as session:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            session.delenv(name)
        session.chdir(tmp_path_factory.mktemp("empty"))
        session.setenv("PYTHONPATH", str(pytestconfig.rootpath))
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            # Else each process that a test starts compiles the whole program anew, for seconds.
            session.delenv("PYTHONDONTWRITEBYTECODE")
            session.setenv("PYTHONPYCACHEPREFIX", str(pytestconfig.rootpath / ".pytest_cache" / "bytecode"))
        yield


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets up logging for it, to a stream that is closed afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    level = root.level
    yield
    structlog.configure(**before)
    ours = structlog.stdlib.ProcessorFormatter
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler.formatter, ours)]
    root.setLevel(level)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Started with the first test that wants one. In CI it must start."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(databases.postgres(SERVER))
        except databases.NoServer as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the newest tables, and no rows in them."""
    if request.param == "sqlite":
        yield databases.sqlite(tmp_path)
    else:
        with request.getfixturevalue("postgres").database() as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, for those who make or change them."""
    if request.param == "sqlite":
        yield databases.sqlite(tmp_path, empty=True)
    else:
        with request.getfixturevalue("postgres").empty() as url:
            yield url
