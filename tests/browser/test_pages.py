"""What people do with the pages, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import ADDRESSES
from tests.browser.bot import Bot
from tests.browser.opened import SCHEMES, Opened

MAX_TABS = 60
INCIDENT = "E-mails are not being sent"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_vendor_is_found_and_its_incident_read(outage: Bot, opened: Opened, scripts: bool) -> None:
    page = opened.page(outage.url, scripts=scripts)
    page.get_by_label("Vendor").fill("pigeonr")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("main").get_by_role("link", name="Pigeonry").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is there an outage at Pigeonry?")
    expect(page.get_by_text("Pigeonry has a major outage.")).to_be_visible()
    _open_incident(page)
    expect(page.get_by_text("The storage behind the send queue")).to_be_visible()


def test_all_of_that_is_done_with_the_keyboard_and_one_sees_where_one_is(outage: Bot, opened: Opened) -> None:
    page = opened.page(outage.url)
    _tab_to(page, "To the content")
    expect(page.get_by_role("link", name="To the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.goto(outage.url)
    _tab_to(page, "Vendor")
    page.keyboard.type("pigeonry")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?q=pigeonry"))
    _tab_to(page, "Pigeonry")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is there an outage at Pigeonry?")
    _tab_to(page, INCIDENT)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Pigeonry: {INCIDENT}")


@pytest.mark.parametrize("address", ADDRESSES)
def test_at_320_pixels_nothing_is_scrolled_sideways(outage: Bot, opened: Opened, address: str) -> None:
    page = opened.page(outage.url + ADDRESSES[address](outage), width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_who_likes_it_dark_has_it_dark(outage: Bot, opened: Opened) -> None:
    shades = {}
    for scheme in SCHEMES:
        page = opened.page(outage.url, scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[scheme] = sum(int(part) for part in re.findall(r"\d+", colour)[:3])
    assert shades["dark"] < 3 * 40 < 3 * 200 < shades["light"]


def _open_incident(page: Page) -> None:
    page.get_by_role("link", name=INCIDENT).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Pigeonry: {INCIDENT}")


def _tab_to(page: Page, name: str) -> None:
    """Presses Tab until what is called so has the focus; whatever has it on the way is outlined."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        width, label = page.evaluate(
            "[getComputedStyle(document.activeElement).outlineWidth, (document.activeElement.labels?.[0] ??"
            " document.activeElement).textContent.trim()]"
        )
        assert float(width.removesuffix("px")) >= 2, label
        if label == name:
            return
    raise AssertionError(f"{name} is not reached")
