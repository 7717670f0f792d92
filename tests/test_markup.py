"""What vendors write, read into rows of spans: the same for all platforms."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.console.render import View
from bot.adapters.console.render import rows as console_rows
from bot.adapters.discord.render.lines import block_lines
from bot.adapters.slack.render.mrkdwn import link, literal, vendor_lines
from bot.markup import PIECE_CHARS, RowKind, read_markup
from bot.message import Code, Emphasis, Line, Link, Message, Quote, Strong, Struck
from tests.fakes import Clock

POST_MORTEM = """# **Post Mortem** - **April 8 outage**

The *primary* of the **database** failed over ([details](https://x.test/a)); see https://x.test/b.

| Time | What |
|:-----|-----:|
| 09:00 | It broke |

* one **bold** word
  - nested `kubectl`
	- and a tab

```
drop cache
```
R&amp;D was told &lt;soon&gt;.
"""


def lines(text: str) -> list[Line]:
    return [row.line for row in read_markup(text)]


PLAIN = "a * b * c, 2**3, snake_case, *.x.test, <your-host>, ?a=1&region=eu"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a **b** c", ("a ", Strong("b"), " c")),
        ("__b__ and *i* and ~~s~~", (Strong("b"), " and ", Emphasis("i"), " and ", Struck("s"))),
        ("an _i_", ("an ", Emphasis("i"))),
        ("run `rm *` now", ("run ", Code("rm *"), " now")),
        ("[page](https://x.test/a_b)", (Link("page", "https://x.test/a_b"),)),
        ("**[page](https://x.test)**", (Link("page", "https://x.test"),)),
        ("<https://x.test>", (Link("https://x.test", "https://x.test"),)),
        ("see https://x.test/a.", ("see ", Link("https://x.test/a", "https://x.test/a"), ".")),
        ("[http://bank.test](https://e.test)", ("http://bank.test (", Link("https://e.test", "https://e.test"), ")")),
        ("<a class=x href='https://x.test/?a=1&amp;b=2'>page</a>", (Link("page", "https://x.test/?a=1&b=2"),)),
        ("a <b>b</b>, <em>i</em>", ("a ", Strong("b"), ", ", Emphasis("i"))),
        ("<s>s</s> and <code>a&lt;b</code>", (Struck("s"), " and ", Code("a<b"))),
        ("R&amp;D &nbsp;&#8211; &lt;b&gt;", ("R&D \xa0\u2013 <b>",)),
        (r"\*not\* bold \_ \# \[x\]", ("*not* bold _ # [x]",)),
        (PLAIN, (PLAIN,)),
        ("[x](javascript:alert(1))", ("[x](javascript:alert(1))",)),
    ],
)
def test_spans(text: str, line: Line) -> None:
    assert lines(text) == [line]


def test_a_post_mortem_is_a_document() -> None:
    assert [(row.kind.value, row.text, row.indent) for row in read_markup(POST_MORTEM)] == [
        ("heading", "Post Mortem - April 8 outage", 0),
        ("blank", "", 0),
        ("text", "The primary of the database failed over (details); see https://x.test/b.", 0),
        ("blank", "", 0),
        ("text", "Time · What", 0),
        ("text", "09:00 · It broke", 0),
        ("blank", "", 0),
        ("item", "one bold word", 0),
        ("item", "nested kubectl", 2),
        ("item", "and a tab", 4),
        ("blank", "", 0),
        ("code", "drop cache", 0),
        ("text", "R&D was told <soon>.", 0),
    ]


def test_html_is_the_same_document() -> None:
    text = (
        "<h3>Cause</h3><p>A <b>disk</b> died.</p><ul><li>one</li><li>two</li></ul>"
        "<table><tr><th>Time</th><th>What</th></tr><tr><td>9</td><td>It broke</td></tr></table><pre>drop</pre>"
    )
    assert [(row.kind.value, row.text) for row in read_markup(text) if row.kind is not RowKind.BLANK] == [
        ("heading", "Cause"),
        ("text", "A disk died."),
        ("item", "one"),
        ("item", "two"),
        ("text", "Time · What"),
        ("text", "9 · It broke"),
        ("code", "drop"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<ul><li>one<ul><li>a</li><li>b</li></ul></li><li>two</li></ul>", ["- one", "  - a", "  - b", "- two"]),
        ("<ol><li>one</li><li>two<ol><li>a</li></ol></li></ol>", ["1. one", "2. two", "  1. a"]),
        ("<ul>\n <li>\n  <p>one</p>\n </li>\n <li>two</li>\n</ul>", ["- one", "- two"]),
        ("<UL><LI>one\n<LI>two</UL>", ["- one", "- two"]),
        ("Parts:<br/>• one<br>&bull; two<br />◦ three", ["Parts:", "- one", "- two", "- three"]),
        ("<p>Parts</p><ul><li>one</li></ul><p>End</p>", ["Parts", "- one", "End"]),
        ("<table><tr><td>a</td><td><ul><li>x</li></ul></td></tr></table>", ["a", "- x"]),
        ("<dl><dt>Start</dt><dd>9:00</dd><dt>End</dt><dd>9:30</dd></dl>", ["Start: 9:00", "End: 9:30"]),
        ("<var data-var='date'>3</var> April, <strong class=x>now</strong> <b><a href=x>y</a></b>", ["3 April, now y"]),
        ("## ## Cause\n## \\#\\# Impact", ["# Cause", "# Impact"]),
        ("</ul></li></ol>over", ["over"]),
    ],
)
def test_lists_and_other_tags(text: str, told: list[str]) -> None:
    marks = {RowKind.ITEM: "- ", RowKind.HEADING: "# "}
    rows = [row for row in read_markup(text) if row.kind is not RowKind.BLANK]
    assert [f"{' ' * row.indent}{marks.get(row.kind, '')}{row.text}" for row in rows] == told


def test_paragraphs_of_html_stand_apart_and_a_heading_beside_its_own() -> None:
    rows = read_markup("<h2>\nCause</h2>\n<p>\nA disk.</p>\n<p>It died.</p><h2>Next</h2><p>New disks.</p>")
    assert [row.text for row in rows] == ["Cause", "A disk.", "", "It died.", "", "Next", "New disks."]


def test_what_is_bold_across_a_break_is_bold_on_both_sides() -> None:
    rows = read_markup(f"**{'long ' * 120}end** and {'more ' * 90}")
    assert len(rows) > 2
    assert all(isinstance(row.line[0], Strong) for row in rows[:2])
    assert "**" not in "".join(row.text for row in rows)


def test_each_platform_shows_the_document_in_its_own_way() -> None:
    slack = list(vendor_lines(POST_MORTEM))
    assert slack[0] == "*Post Mortem - April 8 outage*"
    assert "• one *bold* word" in slack
    assert "  • nested `kubectl`" in slack
    assert "R&amp;D was told &lt;soon&gt;." in slack
    discord = list(block_lines(Message("s", blocks=(Quote(POST_MORTEM),)), None))
    assert discord[0] == "> **Post Mortem - April 8 outage**"
    assert "> - one **bold** word" in discord
    assert ">     - and a tab" in discord
    assert "> **Time** · **What**" in discord
    view = View(UTC, Clock()(), styled=True)
    console = [row.text.plain for row in console_rows(Quote(POST_MORTEM), view)]
    assert console[0] == "Post Mortem - April 8 outage"
    assert "• one bold word" in console
    for shown in (slack, discord, console):
        assert not [line for line in shown if "##" in line or "--" in line or "```" in line or "| " in line]


def test_a_long_line_is_one_line_where_it_fits() -> None:
    words = " ".join(f"word{n}" for n in range(100))
    assert len(read_markup(words)) > 1
    assert list(vendor_lines(words)) == [words]
    (discord,) = block_lines(Message("s", blocks=(Quote(words),)), None)
    assert discord == f"> {words}"


COLON = "\ua789"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (":fire: and :+1:, a:100:", f"{COLON}fire: and {COLON}+1:, a:100:"),
        ("(:skin-tone-2:) :b:", f"({COLON}skin-tone-2:) {COLON}b:"),
        ("word:tada:", f"word{COLON}tada:"),
        ("at 10:30:45 on 2001:db8:85a3::8a2e", "at 10:30:45 on 2001:db8:85a3::8a2e"),
        ("note: this; that: other", "note: this; that: other"),
    ],
)
def test_emoji_codes_of_vendors_are_letters_on_slack(text: str, shown: str) -> None:
    assert literal(text) == shown
    assert link(text, "https://x.test") == f"<https://x.test|{shown}>"


MARKED = st.text(alphabet="ab *_~`[]()<>&#|-\\\n:h", max_size=300)


@given(MARKED | st.text(max_size=200))
def test_no_letter_is_lost(text: str) -> None:
    rows = read_markup(text)
    if "<" not in text and "&" not in text and "](" not in text and "`" not in text and "~~~" not in text:
        told = "".join(row.text for row in rows)
        assert sum(c in "ab" for c in told) == sum(c in "ab" for c in text)
    assert all(len(row.source) <= PIECE_CHARS or "|" in text for row in rows)
    assert not any(a.kind is b.kind is RowKind.BLANK for a, b in pairwise(rows))
    assert all("\n" not in row.text for row in rows)


@pytest.mark.parametrize("text", ["[", "*x", "<a ", "`x", "| x", "&amp;", "<a href=x>", "**a*", "[a](https://x"])
def test_no_text_takes_long(text: str) -> None:
    """A timeout only ends a hang."""
    assert read_markup(text * 9_000)
