"""A workspace with the bot in it, and what is logged of it; a file that needs more has a workspace of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.adapters.slack.rig import Rig, rig


@pytest.fixture(name="logs", autouse=True)
def _logs() -> Iterator[list[Any]]:
    with capture_logs() as logs:
        yield logs


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        yield one
