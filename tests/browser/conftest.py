"""A Chromium that is there already, driven by playwright; ``make test-web`` installs what else is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from structlog.testing import capture_logs

from bot.cli.demo.story import march
from tests.browser.bot import Bot, running_bot
from tests.browser.opened import Opened
from tests.pictures.camera import NoBrowser
from tests.pictures.pages import chromium

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(autouse=True, scope="session")
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(scope="session")
def axe() -> str:
    """Its source."""
    if not AXE.is_file():
        pytest.skip("not installed: run `make test-web`")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with ExitStack() as stack:
        try:
            launched = stack.enter_context(chromium())
        except NoBrowser as error:
            pytest.skip(str(error))
        yield launched


@pytest.fixture(scope="session")
def outage() -> Iterator[Bot]:
    """One vendor is down, one had an outage that is over and plans a maintenance."""
    with running_bot() as bot:
        bot.ask("service newsletter = pigeonry")
        bot.until(march(3, 16, 30))
        bot.ask("mute kelpcloud 8h")
        yield bot


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens pages; afterwards none of them may have complained: of a script that failed, or that the policy forbade."""
    made = Opened(browser)
    yield made
    made.close()
    assert made.complaints == []
