"""What a vendor wrote, as HTML: its structure, and that nothing in it is more than text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.adapters.plain_text import sanitize
from bot.markup import read_markup
from bot.web.document import document

ALLOWED = {"a", "br", "code", "em", "h4", "li", "p", "pre", "s", "strong", "ul"}
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    '<a href="javascript:alert(1)">x</a>',
    '[x](https://a.example/"onmouseover="alert(1))',
    "**<b onclick=x>**",
    "```\n</code></pre><script>\n```",
    "- a\n    - <iframe>\n- c",
)
MARKS = st.text(alphabet=st.sampled_from("ab <>\"'&#*-_`[]()\n~|\\/:\u202e") | st.characters(), max_size=80)


class Seen(HTMLParser):
    """Holds that it is well-formed and has no more than what is allowed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.open: list[str] = []
        self.feed(f"{html}")
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        names = dict(attributes)
        assert set(names) <= ({"href", "rel"} if tag == "a" else set())
        assert tag != "a" or str(names["href"]).startswith(("https://", "http://"))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One.\nTwo.\n\nThree.", "<p>One.<br>Two.</p><p>Three.</p>"),
        ("## Why\nSo.", "<h4>Why</h4><p>So.</p>"),
        ("* **One** at a time\n* two", "<ul><li><strong>One</strong> at a time</li><li>two</li></ul>"),
        ("- a\n\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("- a\n  - b\n    - c\n- d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"),
        ("    - a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("```\na < b\n\n*c*\n```", "<pre><code>a &lt; b\n\n*c*</code></pre>"),
        (
            "See [it](https://a.example/?b=1&c=2).",
            '<p>See <a href="https://a.example/?b=1&amp;c=2" rel="noopener nofollow">it</a>.</p>',
        ),
        (f"{'word ' * 100}end", f"<p>{'word ' * 100}end</p>"),
        ("", ""),
    ],
)
def test_a_text_has_its_structure(text: str, html: str) -> None:
    assert document(text) == html


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_hostile_is_text(text: str) -> None:
    assert Seen(document(f"Look: {text}")).words.startswith("Look:")


@given(MARKS)
@example("".join(HOSTILE))
@example("- a\n      - b\n   - c\n - d")
def test_any_text_is_well_formed_and_no_letter_of_it_is_lost(text: str) -> None:
    rows = read_markup(sanitize(text))
    assert "".join(Seen(document(text)).words.split()) == "".join("".join(row.text for row in rows).split())
