"""What is installed by ``make test-wire``; without it there is nothing to test against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

INSTALLED = Path(__file__).parent / "node_modules"


@pytest.fixture(autouse=True, scope="session")
def _installed() -> None:
    if not INSTALLED.is_dir():
        pytest.skip("not installed: run `make test-wire`")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield
