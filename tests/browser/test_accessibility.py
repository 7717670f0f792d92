"""Each page against WCAG 2.2, level AA, as far as axe-core can tell."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.cli.demo.story import march
from tests.browser.addresses import ADDRESSES
from tests.browser.bot import Bot, running_bot
from tests.browser.opened import SCHEMES, Opened
from tests.web.openid import openid_provider

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_no_violation(outage: Bot, opened: Opened, axe: str, address: str) -> None:
    _hold(opened.page(outage.url + ADDRESSES[address](outage)), axe)


def test_a_postmortem_is_a_document(opened: Opened, axe: str) -> None:
    with running_bot() as bot:
        bot.until(march(10, 12, 0))
        page = opened.page(f"{bot.url}/v/pigeonry/incidents/pgq7stuck3mr")
        expect(page.get_by_role("heading", name="What we changed", level=2)).to_be_visible()
        expect(page.get_by_role("listitem").filter(has_text="Firmware goes to one copy at a time").last).to_be_visible()
        _hold(page, axe)


def test_who_signs_in_finds_the_dashboards_and_signs_out(opened: Opened, axe: str) -> None:
    with openid_provider() as openid, running_bot(openid) as bot:
        page = opened.page(f"{bot.url}/dashboards")
        expect(page.get_by_role("heading", level=1)).to_have_text("Dashboards")
        _hold(page, axe)
        page.get_by_role("link", name="C1").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("No outage: both vendors are operational.")
        _hold(page, axe)
        bot.until(march(3, 8, 10))
        expect(page.get_by_role("link", name="E-mails are not being sent")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Is it them?")


def _hold(page: Page, axe: str) -> None:
    page.evaluate(axe)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in (320, 1_000):
            page.set_viewport_size({"width": width, "height": 800})
            found = page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
            assert len(found["passes"]) > 10
            violations = [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]]
            assert violations == [], f"{scheme}, {width} pixels wide"
