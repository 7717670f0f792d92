"""The whole bot in this process, from a page that changes to what Slack shows, and to its end."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console
from structlog.testing import capture_logs

from bot.app.run import App, utc_now
from bot.catalog import Catalog
from bot.config import Settings
from bot.domain import Slug, Vendor
from tests.adapters.slack.api.test_socket import envelope
from tests.adapters.slack.judge import texts
from tests.adapters.slack.rig import home_opened, slash
from tests.adapters.slack.workspace import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.servers import PageServer
from tests.wire.page import Page

REFRESH_S = 0.1
"""Shorter than an operator may set it."""
STOP_S = 60


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as one:
        yield one


@pytest.fixture
def page() -> Iterator[Page]:
    with PageServer() as server:
        yield Page(server)


def live(slack: FakeSlack, page: Page, folder: Path, story: Callable[[], None], now: Callable[[], datetime]) -> None:
    """``story``, on a thread, once the bot is connected; then the bot is told to stop, as an operator does it."""
    settings = Settings(
        database_url=f"sqlite:///{folder / 'lookout.db'}",
        poll_watched_seconds=0.2,
        poll_open_seconds=0.2,
        fetch_allow_hosts=("127.0.0.1",),
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_api_url=slack.url,
    )
    app = App(settings.model_copy(update={"slack_home_refresh_seconds": REFRESH_S}), Console(file=io.StringIO()), now)
    app.catalog = Catalog([Vendor(Slug("acme"), "Acme", page.url, page.url, "Cloud", "Hosting", kind="statuspage")])

    def tell() -> None:
        slack.wait_for(lambda: slack.connections)
        story()
        os.kill(os.getpid(), signal.SIGTERM)

    async def within() -> None:
        async with asyncio.timeout(STOP_S):
            running = asyncio.create_task(app.run())
            try:
                await asyncio.to_thread(tell)
                await running
            finally:
                running.cancel()

    with capture_logs() as logs:
        asyncio.run(within())
    bad = [entry for entry in logs if entry["log_level"] in {"warning", "error", "critical"}]
    # How fast this machine is proves nothing.
    assert not [entry for entry in bad if entry["event"] != "loop.held"]


def test_a_home_is_published_over_the_socket_and_again_when_its_page_has_news(
    slack: FakeSlack, page: Page, tmp_path: Path
) -> None:
    def home() -> str:
        return "\n".join(texts(slack.homes["U1"]["blocks"])) if "U1" in slack.homes else ""

    def story() -> None:
        slack.send(envelope("e1", "slash_commands", slash("/subscribe", "acme")))
        slack.wait_for(lambda: slack.acks)
        slack.send(envelope("e2", "events_api", home_opened()))
        slack.wait_for(lambda: "Acme" in home())
        assert "Slow invoices" not in home()
        page.say("investigating", "Invoices are slow.")
        slack.wait_for(lambda: "Slow invoices" in home())
        page.say("resolved", "All invoices are out.")
        slack.wait_for(lambda: "Slow invoices" not in home())

    live(slack, page, tmp_path, story, utc_now)


def test_a_clock_that_stood_in_the_past_holds_nothing_up(slack: FakeSlack, page: Page, tmp_path: Path) -> None:
    def story() -> None:
        slack.send(envelope("e1", "slash_commands", slash("/outage", "acme")))
        slack.wait_for(lambda: slack.acks)

    live(slack, page, tmp_path, story, lambda: utc_now() - timedelta(days=270))
    assert "operational" in str(slack.acks)
