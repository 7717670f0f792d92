"""What is said of a vendor's text in one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import PageState, Slug, Vendor
from bot.wording.phrases import EXCERPT_CHARS, first_sentence, without_markdown
from bot.wording.vendor_state import plain_answer
from tests.store.given import NOON

MARKED = st.lists(
    st.sampled_from(["*", "**", "_", "__", "#", "# ", "[", "](https://a.example/b_c)", " ", "\n", "a", "b c", "1."]),
    max_size=24,
).map("".join)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("**Looking** into it.", "Looking into it."),
        (
            "**a b**, _as said before_ and __once more__: *all is well*",
            "a b, as said before and once more: all is well",
        ),
        ("_**All of it** is back_", "All of it is back"),
        ("## Summary\n### Impact ###", "Summary\nImpact ###"),
        ("See [the page](https://a.example/b_c_d).", "See the page (https://a.example/b_c_d)."),
    ],
)
def test_marks_of_markdown_go(text: str, bare: str) -> None:
    assert without_markdown(text) == bare


@pytest.mark.parametrize(
    "text",
    [
        "a * b * c, 2**3 and 2**4, 5 ** 2 ** 1",
        "db_main_1, __init__, _private_ and **kwargs",
        "*.example.com and *.example.org",
        "https://a.example/one_two_/_three_ four_",
        "#1 is down, C# too",
        "[x](not an address) [y] (https://a.example)",
        "- one\n- two\n* three",
    ],
)
def test_what_may_be_meant_stays(text: str) -> None:
    assert without_markdown(text) == text


@given(st.text(max_size=60) | MARKED)
def test_no_letter_is_lost_and_twice_is_once(text: str) -> None:
    bare = without_markdown(text)
    assert [c for c in bare if c.isalnum()] == [c for c in text if c.isalnum()]
    assert without_markdown(bare) == bare


@given(st.text(max_size=60) | MARKED, st.integers(1, 40))
def test_a_gist_is_one_line_within_its_limit(text: str, chars: int) -> None:
    found = first_sentence(text, chars)
    assert len(found) <= chars
    assert found == " ".join(found.split())


def test_a_long_text_is_looked_at_as_far_as_it_is_shown() -> None:
    assert first_sentence("**" * 1_000_000 + " a") == "*" * (EXCERPT_CHARS - 1) + "…"
    assert first_sentence("**Now:** " + "word " * 500).startswith("Now: word word")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GitHub", "Unknown: GitHub's status page has not been read yet."),
        ("Amazon Web Services", "Unknown: Amazon Web Services' status page has not been read yet."),
    ],
)
def test_whose_page_it_is(name: str, said: str) -> None:
    url = "https://status.example.com"
    vendor = Vendor(Slug("one"), name, url, url, "cloud", "hosting", kind="statuspage")
    assert plain_answer(PageState(vendor, None, None, None, None), NOON) == said
