"""A page server; and all of it is asked twice, the plain way and the fast way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.monitor.fetch.asking import FAST
from tests.servers import PageServer


@pytest.fixture(params=["plain", "fast"], autouse=True)
def transport(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here holds for both."""
    token = FAST.set(request.param == "fast")
    yield
    FAST.reset(token)


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as running:
        yield running
