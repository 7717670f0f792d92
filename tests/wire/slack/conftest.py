"""Two workspaces, each an emulator of its own, for all tests: each test has channels of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wire.slack.bot import PUBLIC_URL
from tests.wire.slack.emulator import emulator


@pytest.fixture(scope="session")
def workspaces(_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    redirect = f"{PUBLIC_URL}/slack/oauth_redirect"
    folders = [tmp_path_factory.mktemp(f"workspace{number}") for number in range(2)]
    with emulator(folders[0], redirect) as first, emulator(folders[1], redirect) as second:
        yield [first, second]
