"""The one rule for text that other people write, and that every platform keeps to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.console import render as console
from bot.adapters.discord.render import markdown as discord
from bot.adapters.plain_text import MAX_MARKS, one_line, sanitize
from bot.adapters.slack.render import mrkdwn as slack
from tests.adapters.contract import HOSTILE

ANY_TEXT = st.one_of(
    st.sampled_from(list(HOSTILE.values())),
    st.text(),
    st.text(alphabet=st.sampled_from("a \t\n\r\x00\x1b\x9b\x7f\u0301\u034f\u115f\u200b\u200d\u202e\u2028\u2800\ud83d")),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines", "two\nlines"),
        ("a\tb", "a b"),
        ("\x1b[2Jgone\x07\r\x08\x9b31m\x00\x7f", "[2Jgone31m"),
        ("a\u202eb\u2066c\u200bd\ufeffe\u2060f", "abcdef"),
        (
            "\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e\u0648",
            "\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e\u0648",
        ),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("half \ud83d", "half \N{REPLACEMENT CHARACTER}"),
        ("a\u034fb\u17b4c\u17b5d", "abcd"),
        ("\u115f\u1160\u2800\u3164\uffa0", "     "),
        ("e" + "\u0301" * 9 + "f\u0489\u20dd", "e" + "\u0301" * MAX_MARKS + "f\u0489\u20dd"),
        ("Ångström, 東京, 🔥, ¡", "Ångström, 東京, 🔥, ¡"),
    ],
)
def test_each_kind_of_character_is_kept_replaced_or_dropped(text: str, shown: str) -> None:
    assert sanitize(text) == shown


def test_one_line_has_single_blanks_and_none_around() -> None:
    assert one_line(" \u3164a\tb\u2028 \n c\u200b ") == "a b c"
    assert one_line("\u2800\u034f\x00") == ""


@given(ANY_TEXT)
def test_sanitized_text_holds_nothing_unsafe_and_stays_as_it_is(text: str) -> None:
    shown = sanitize(text)
    assert {unicodedata.category(char) for char in set(shown) - set("\n\u200c\u200d")}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
    assert sanitize(shown) == shown


@pytest.mark.parametrize("platform", [console.safe, slack.safe, discord.escape])
@given(ANY_TEXT)
def test_every_platform_sanitizes(platform: Callable[[str], str], text: str) -> None:
    shown = platform(text)
    assert sanitize(shown) == shown
