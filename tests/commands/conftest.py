"""A store with the small catalog in it, and a channel to talk to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.commands.talk import CATALOG, NOW, Talk


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that every test begins with, made once."""
    path = tmp_path_factory.mktemp("fresh") / "lookout.db"
    store = Store(f"sqlite:///{path}")
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    store.close()
    return path


@pytest.fixture
def talk(fresh: Path, tmp_path: Path) -> Iterator[Talk]:
    path = shutil.copy(fresh, tmp_path / "lookout.db")
    store = Store(f"sqlite:///{path}")
    yield Talk(store)
    store.close()
