"""Messages as Block Kit: what a reader sees, and that no text at all breaks a message, pings or unfurls."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.adapters.slack.render.mentions import mention, unpingable
from bot.adapters.slack.render.message import MAX_BLOCKS, RenderContext, answer, card
from bot.adapters.slack.render.mrkdwn import GROWN_CHARS, cut, escape, units, vendor_lines
from bot.adapters.slack.render.reply import PageRequest, parse_page, reply_page, response_payload
from bot.commands.request import Reply
from bot.message import (
    Button,
    ChannelMention,
    Code,
    Fields,
    Items,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Person,
    Quote,
    Strong,
    Struck,
    Style,
    Tone,
)
from bot.wording.phrases import DOTS
from tests.adapters.contract import HOSTILE
from tests.adapters.slack.judge import message_problems, texts

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VOICE = RenderContext()


def said(message: Message) -> list[str]:
    return list(texts(card(message, VOICE).blocks))


def line(*spans: Any) -> str:
    return said(Message("s", blocks=(Paragraph(spans),)))[1]


# --- what is seen ----------------------------------------------------------------------------------------------------


def test_a_card_tells_its_state_by_colour_and_first_word_and_links_the_vendors_page() -> None:
    message = Message("Major outage · Acme — API", Tone.MAJOR, "Major outage · Acme — API", "https://s.test/i?a=1&b=2")
    rendered = card(message, VOICE)
    assert rendered.text == "Major outage · Acme — API"
    assert said(message) == ["🔴 *<https://s.test/i?a=1&amp;b=2|Major outage · Acme — API>*"]


def test_every_tone_but_plain_has_a_colour_of_its_own() -> None:
    assert set(DOTS) == set(Tone) - {Tone.PLAIN}
    assert len(set(DOTS.values())) == len(DOTS)


def test_a_vanished_card_is_struck_through() -> None:
    assert said(Message("Taken down", Tone.GONE, "Taken down", struck=True)) == ["⚪ ~Taken down~"]


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel> <@U1> <#C1>", "@channel @somebody &lt;#C1&gt;"),
        ("snake_case 2 * 3 a~b", "snake_case 2 * 3 a~b"),
        ("*bold* _it_ ~no~ `c`", "\u2217bold\u2217 \u02cdit\u02cd \u223cno\u223c \u02cbc\u02cb"),
        (Strong(" a *b* "), " *a \u2217b\u2217* "),
        (Struck("gone"), "~gone~"),
        (Code("subscribe github"), "`/outage subscribe github`"),
        (Code("maintenance:on"), "`maintenance:on`"),
        (Code("list"), "`/outage list`"),
        (Code("subscribe github mention:<!subteam^S1|@oncall>"), "`/outage subscribe github mention:@oncall`"),
        (Code("subscribe github mention:<!subteam^S1>"), "`/outage subscribe github mention:@group`"),
        (Link("page", "https://s.test/a b"), "<https://s.test/a%20b|page>"),
        (Link("page", "https://s.test/a\nb"), "page"),
        (Link("page", "https://s.test/a|c>d"), "<https://s.test/a%7Cc%3Ed|page>"),
        (Link("x|y\n<z>", "https://s.test"), "<https://s.test|x|y &lt;z&gt;>"),
        (Link("page", "javascript:alert(1)"), "page"),
        (Moment(AT), "<!date^1772442000^{time}|2026-03-02 09:00 UTC>"),
        (Moment(AT, Style.AGO), "<!date^1772442000^{ago}|2026-03-02 09:00 UTC>"),
        (Person("U1"), "somebody"),
        (Person("U1", name="ada"), "*ada*"),
        (Person("U1", "by ", "<!channel>"), "by *&lt;!channel&gt;*"),
        (ChannelMention("C1"), "<#C1>"),
        (ChannelMention("<!here>"), "&lt;!here&gt;"),
    ],
)
def test_a_span_is_shown_as_it_is_meant(span: Any, shown: str) -> None:
    assert line("x ", span, " y") == f"x {shown} y"


def test_who_subscribed_is_named_only_where_that_cannot_ping() -> None:
    pages = answer([Message("s", blocks=(Paragraph((Person("U1"),)),))], RenderContext(private=True))
    assert "<@U1>" in list(texts(pages[0].blocks))
    assert line(Person("U1")) == "somebody"


@pytest.mark.parametrize(
    ("typed", "pings"),
    [
        ("<@U1>", "<@U1>"),
        ("<@U1|ann>", "<@U1>"),
        ("<!subteam^S1|@on call>, <@W2>", "<!subteam^S1> , <@W2>"),
        ("@here", "<!here>"),
        ("<!channel|@channel>", "<!channel>"),
        ("@ann", "@ann"),
        ("<!date^1^{time}|x>", "&lt;!date^1^{time}|x&gt;"),
        ("mail@here.test", "mail@here.test"),
    ],
)
def test_a_mention_pings_whom_slack_can_ping(typed: str, pings: str) -> None:
    assert mention(typed) == pings
    assert pings in said(Message("s", mention=typed))


@pytest.mark.parametrize(
    ("typed", "whom"),
    [
        ("<@U1|ann>", None),
        ("<!subteam^S1|@on call>, <@W2> and @here@major", None),
        ("<!here>", None),
        ("@channel@critical", None),
        ("@nosuchhandle", "@nosuchhandle"),
        ("@oncall@major", "@oncall"),
        ("<@U1> @bob", "@bob"),
        ("ann", "ann"),
        ("#general", "#general"),
        ("<#C1|general>", "general"),
        ("<@B1nobody>", "<@B1nobody>"),
        ("@hereabouts", "@hereabouts"),
    ],
)
def test_what_would_ping_nobody_is_named(typed: str, whom: str | None) -> None:
    told = unpingable(typed)
    assert told == (
        f"“{whom}” is not a Slack user or group, so it would ping nobody. "
        "Pick it from the list Slack offers while you type @."
        if whom
        else None
    )


def test_a_vendors_markdown_and_html_become_mrkdwn() -> None:
    text = (
        "## Root cause\nSee **the** [doc](https://x.test/a?b=1) or https://y.test/z.\n* one\n- two\n---\n"
        "```\n*raw*\n```\n<b>bold</b> <a href='https://e.test'>e</a><br>next ~~no~~ _it_"
    )
    assert list(vendor_lines(text)) == [
        "*Root cause*",
        "See *the* <https://x.test/a?b=1|doc> or <https://y.test/z>.",
        "• one",
        "• two",
        "",
        "`*raw*`",
        "*bold* <https://e.test|e>",
        "next ~no~ _it_",
    ]


def test_a_card_cuts_a_long_text_and_says_where_the_rest_is_and_an_answer_shows_it_whole() -> None:
    text = "word " * 2_000
    message = Message("s", url="https://s.test/i", blocks=(Quote(text),), buttons=(Button("Timeline", "incident a/b"),))
    shown_text = "\n".join(said(message))
    assert "_cut here_ · <https://s.test/i|the whole text>" in shown_text
    assert shown_text.count("word") < 400
    assert card(message, VOICE).blocks[-1]["elements"][0]["value"] == "incident a/b"
    whole = "\n".join(text for page in answer([message], VOICE) for text in texts(page.blocks))
    assert whole.count("word") == 2_000


def test_a_button_carries_its_command() -> None:
    message = Message("s", buttons=(Button("Mute 1 h", "mute acme/i1 1h"), Button("", "why"), Button("x", "")))
    buttons = card(message, VOICE).blocks[-1]["elements"]
    assert [(b["action_id"], b["text"]["text"], b["value"]) for b in buttons] == [
        ("run:0", "Mute 1 h", "mute acme/i1 1h"),
        ("run:1", "why", "why"),
    ]


# --- pages -----------------------------------------------------------------------------------------------------------


def test_hundreds_of_lines_are_paged_and_nothing_is_lost() -> None:
    many = tuple((Strong(f"vendor {n}"), " operational " * 10) for n in range(400))
    reply = Reply((Message("All of them", blocks=(Items(many),)),))
    asked = PageRequest("status", "all")
    seen, page = "", 0
    while True:
        rendered = reply_page(reply, asked, VOICE, page)
        assert not list(message_problems(response_payload(rendered, public=False)))
        seen += "\n".join(texts(rendered.blocks))
        following = [b for b in rendered.blocks[-1]["elements"] if b["action_id"] == "page:next"]
        if not following:
            break
        page, line = parse_page(following[0]["value"])
        assert line == "status all"
    assert page > 2
    assert all(f"*vendor {n}*" in seen for n in range(400))


def test_only_private_look_ups_can_be_shared() -> None:
    def actions(reply: Reply, asked: PageRequest, **options: Any) -> list[str]:
        blocks = reply_page(reply, asked, VOICE, **options).blocks
        return [e["action_id"] for b in blocks if b["type"] == "actions" for e in b["elements"]]

    private, public = Reply((Message("s"),)), Reply((Message("s"),), public=True)
    assert actions(private, PageRequest("status", "github")) == ["share"]
    assert actions(private, PageRequest("status", "github"), shareable=False) == []
    assert actions(public, PageRequest("status", "github")) == []
    assert actions(private, PageRequest("subscribe", "githb")) == []


# --- any text at all -------------------------------------------------------------------------------------------------

NASTY = st.one_of(
    st.sampled_from(list(HOSTILE.values())),
    st.text(max_size=200),
    st.text(alphabet="*_~`<>&|!@#[]()/:- \n\u200b\u202eab", max_size=400),
    st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=20), st.sampled_from([50, 500, 4_000])),
    st.sampled_from(
        ["&" * 40_000, "😀" * 5_000, "https://x.test/" + "ü&" * 900, "[a](https://x.test/" + "é" * 400 + ") " * 9]
    ),
)
URLS = st.one_of(NASTY, NASTY.map(lambda text: f"https://s.test/{text}"))
SPANS = st.one_of(
    NASTY,
    NASTY.map(Strong),
    NASTY.map(Code),
    NASTY.map(Struck),
    st.builds(Link, NASTY, URLS),
    st.builds(Moment, st.just(AT), st.sampled_from(Style)),
    NASTY.map(Person),
    NASTY.map(ChannelMention),
)
LINES: st.SearchStrategy[Line] = st.lists(SPANS, max_size=4).map(tuple)
BLOCKS_ = st.one_of(
    LINES.map(Paragraph),
    st.lists(LINES, max_size=12).map(tuple).map(Items),
    st.lists(st.tuples(NASTY, LINES), max_size=13).map(tuple).map(Fields),
    st.builds(Quote, NASTY, st.booleans()),
)
MESSAGES = st.builds(
    Message,
    summary=NASTY,
    tone=st.sampled_from(Tone),
    title=st.none() | NASTY,
    url=st.none() | URLS,
    blocks=st.lists(BLOCKS_, max_size=6).map(tuple),
    footer=LINES,
    buttons=st.lists(st.builds(Button, NASTY, NASTY, is_secondary=st.booleans()), max_size=30).map(tuple),
    struck=st.booleans(),
    subtitle=LINES,
    kind=st.sampled_from(MessageKind),
)


HEAVY = settings(deadline=None, max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""Making such examples smaller takes minutes."""


@HEAVY
@given(MESSAGES)
def test_no_text_breaks_a_card_pings_or_unfurls(message: Message) -> None:
    assert list(message_problems(asdict(card(message, VOICE)))) == []


@settings(HEAVY, max_examples=25)
@given(st.lists(MESSAGES, min_size=1, max_size=3), st.text(max_size=2_500))
def test_no_text_breaks_a_page_of_an_answer(messages: list[Message], typed: str) -> None:
    reply = Reply(tuple(messages))
    last = len(answer(reply.messages, VOICE)) - 1
    for page in {0, last // 2, last}:
        rendered = reply_page(reply, PageRequest("status", typed), VOICE, page)
        assert len(rendered.blocks) <= MAX_BLOCKS
        assert list(message_problems(response_payload(rendered, public=False))) == []


@given(st.text(), st.integers(1, 50))
def test_a_cut_fits_and_is_a_beginning(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert units(escape(short)) <= max(limit, 1)
    assert short == text or text.startswith(short.removesuffix("…"))


@given(st.text(alphabet="ab *_~`[]()<>&#-\n", max_size=300))
def test_letters_of_a_vendors_text_all_arrive(text: str) -> None:
    joined = "\n".join(vendor_lines(text))
    bare = text if "<" not in text else ""
    assert sum(c in "ab" for c in joined) >= sum(c in "ab" for c in bare)
    assert all(units(one) <= GROWN_CHARS for one in vendor_lines(text))
