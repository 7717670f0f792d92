"""Without the twin, which ``npm ci --ignore-scripts`` in ``tests/wire`` installs, these tests skip."""

from __future__ import annotations

import shutil

import pytest

from tests.wire.discord.twin import INSTALLED


@pytest.fixture(autouse=True)
def _installed() -> None:
    if not INSTALLED.is_dir() or shutil.which("node") is None:
        pytest.skip("discord-digital-twin is not installed: make test-wire")
