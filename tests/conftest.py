"""What holds for every test: no setting of whoever runs it changes it, and a logged traceback is plain, as the default
renders every frame's variables, for seconds.

A database of a test is a file, or one of its own on the server that LOOKOUT_TEST_DATABASE_URL names.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import create_engine, make_url, text

from bot.config import PREFIX
from tests import shelf

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


@pytest.fixture(autouse=True, scope="session")
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither variables nor a ``.env`` in the working directory."""
    with pytest.MonkeyPatch.context() as session:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            session.delenv(name)
        session.chdir(tmp_path_factory.mktemp("empty"))
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


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    if SERVER is None:
        yield f"sqlite:///{tmp_path / 'lookout.db'}"
        return
    name = f"lookout_{uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
