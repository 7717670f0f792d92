"""A fresh store for every test: a file, or a database of its own on the server that LOOKOUT_TEST_DATABASE_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from bot.store import Store


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    server = os.environ.get("LOOKOUT_TEST_DATABASE_URL")
    if server is None:
        yield f"sqlite:///{tmp_path / 'lookout.db'}"
        return
    name = f"lookout_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()
