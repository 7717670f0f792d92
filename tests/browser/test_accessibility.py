"""Each page against WCAG 2.2, level AA, as far as axe-core can tell."""

from __future__ import annotations

import pytest

from tests.browser.addresses import ADDRESSES
from tests.browser.bot import Bot
from tests.browser.opened import SCHEMES, Opened

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_no_violation(outage: Bot, opened: Opened, axe: str, address: str) -> None:
    page = opened.page(outage.url + ADDRESSES[address](outage))
    page.evaluate(axe)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in (320, 1_000):
            page.set_viewport_size({"width": width, "height": 800})
            found = page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
            assert len(found["passes"]) > 10
            violations = [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]]
            assert violations == [], f"{scheme}, {width} pixels wide"
