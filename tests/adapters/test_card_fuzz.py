"""What cards look and sound like wherever they are shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.adapters.discord.render.message import COLOURS
from tests.adapters.card_fuzz import violations

DOCS = Path(__file__).parents[2] / "docs"
BACKGROUNDS = (0x2B2D31, 0xFFFFFF, 0xF2F3F5)
"""What Discord shows an embed's bar on, and beside: its dark theme, its light one, and that one's embeds."""
BAR_CONTRAST = 3.0
"""https://www.w3.org/TR/WCAG22/#non-text-contrast; dot and words say the same."""


def test_no_made_up_card_breaks_a_rule_of_its_platform() -> None:
    assert violations(60) == []


def contrast(a: int, b: int) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: int) -> float:
    parts = [(colour >> shift & 0xFF) / 255 for shift in (16, 8, 0)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_colour_can_be_seen_in_both_themes(background: int) -> None:
    seen = {tone: contrast(colour, background) for tone, colour in COLOURS.items()}
    assert {tone: ratio for tone, ratio in seen.items() if ratio < BAR_CONTRAST} == {}


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_every_picture_of_the_docs_says_what_it_shows(page: Path) -> None:
    pictures = re.findall(r"!\[(.*?)\]\((.*?)\)", page.read_text(encoding="utf-8"))
    for alt, path in pictures:
        assert len(alt) > 20, path
        assert path.startswith("http") or (DOCS / path).is_file(), path
