"""A store with the small catalog in it, and a channel to talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.commands.talk import CATALOG, NOW, Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    store = Store(f"sqlite:///{tmp_path / 'lookout.db'}")
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    yield Talk(store)
    store.close()
