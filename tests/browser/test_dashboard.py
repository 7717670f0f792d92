"""A dashboard on a screen, while a status page changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from bot.cli.demo.story import march
from tests.browser.bot import Bot, running_bot
from tests.browser.opened import Opened


@pytest.fixture
def morning() -> Iterator[Bot]:
    with running_bot() as bot:
        yield bot


def test_it_shows_what_happens_as_it_happens_and_keeps_the_focus(morning: Bot, opened: Opened) -> None:
    page = opened.page(morning.url + morning.dashboard())
    expect(page.get_by_role("heading", level=1)).to_have_text("No outage: both vendors are operational.")
    page.get_by_role("link", name="Pigeonry").focus()
    morning.until(march(3, 8, 10))
    expect(page.get_by_role("link", name="E-mails are not being sent")).to_be_visible()
    expect(page).to_have_title("1 of 2 vendors has problems: Pigeonry (major outage).")
    expect(page.get_by_role("link", name="Pigeonry", exact=True)).to_be_focused()
    morning.until(march(3, 21, 30))
    expect(page.get_by_role("link", name="E-mails are not being sent")).to_be_hidden()
    expect(page.get_by_role("status")).to_be_hidden()


def test_without_scripts_it_is_loaded_anew(morning: Bot, opened: Opened) -> None:
    page = opened.page(morning.url + morning.dashboard(), scripts=False)
    expect(page.get_by_role("link", name="Pigeonry")).to_be_visible()
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "60"


def test_a_link_that_is_revoked_ends_it(morning: Bot, opened: Opened) -> None:
    page = opened.page(morning.url + morning.dashboard())
    expect(page.get_by_role("link", name="Pigeonry")).to_be_visible()
    morning.ask("dashboard revoke")
    expect(page.get_by_text("This link is not good any more.")).to_be_visible()
