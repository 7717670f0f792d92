"""The page server and the world of a story, on both databases; a file that needs another world has its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.monitor.poller.world import World
from tests.servers import PageServer


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as running:
        yield running


@pytest.fixture
def world(database_url: str, server: PageServer) -> World:
    return World(database_url, server)
