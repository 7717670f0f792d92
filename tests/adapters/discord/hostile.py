"""Texts that a vendor might write to do harm, and messages full of them, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.cards import NewsView, Reopening, ReplyView, RootView, UpdateView
from bot.domain import IncidentKind, Level, News, Phase
from bot.message import (
    Button,
    ChannelMention,
    Code,
    Fields,
    Items,
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
from bot.wording import news_message, reply_message, root_message

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

NASTY = [
    "@everyone @here <@123456789012345678> <@&123456789012345678> <#123456789012345678>",
    "https://discord.gg/abc discord.gg/x https://discord.com/invite/x discordapp.com/invite/y",
    "**bold** __under__ ~~gone~~ ||hidden|| `code` ```block``` > quote\n# head\n- item\n1. one\n-# small",
    "\u202ereversed \u2066inside\u2069 \u200b\u200c\u200d\ufeff zero\u2060width",
    "\u0301" * 500,
    "[words](https://evil.test) <https://evil.test> <t:0:R> <:emoji:123456789012345678> </cmd:123456789012345678>",
    "😀" * 3_000,
    "\ud83d lone",
    "\\" * 300,
    "x" * 40_000,
    "word " * 8_000,
    "line\n" * 3_000,
    "\u3164\u2800\u115f",
    "https://status.acme.test/" + "a_b*" * 300,
]
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=60),
    st.lists(st.sampled_from([*NASTY[:8], "a", " ", "\n", "\\", "*", "_", "`", "|", "(", ")"]), max_size=6).map(
        "".join
    ),
)
urls = st.one_of(
    st.sampled_from(["https://status.acme.test/a", "javascript:alert(1)", "https://", "http://[::1"]), texts
)
moments = st.builds(Moment, st.just(AT), st.sampled_from(list(Style)))
spans = st.one_of(
    texts,
    st.builds(Strong, texts),
    st.builds(Code, texts),
    st.builds(Struck, texts),
    st.builds(Link, texts, urls),
    moments,
    st.builds(Person, st.one_of(texts, st.just("123456789012345678"))),
    st.builds(ChannelMention, st.one_of(texts, st.just("123456789012345678"))),
)
lines = st.lists(spans, max_size=3).map(tuple)
blocks = st.one_of(
    st.builds(Paragraph, lines),
    st.builds(Items, st.lists(lines, max_size=4).map(tuple)),
    st.builds(Fields, st.lists(st.tuples(texts, lines), max_size=30).map(tuple)),
    st.builds(Quote, texts, st.booleans()),
)
messages = st.builds(
    Message,
    summary=texts,
    tone=st.sampled_from(list(Tone)),
    title=st.one_of(st.none(), texts),
    url=st.one_of(st.none(), urls),
    blocks=st.lists(blocks, max_size=4).map(tuple),
    footer=lines,
    buttons=st.lists(st.builds(Button, texts, texts), max_size=30).map(tuple),
    struck=st.booleans(),
    subject=st.one_of(st.none(), texts),
    subtitle=lines,
    lead=lines,
    author=st.none() | st.builds(Link, texts, urls),
    kind=st.sampled_from(MessageKind),
)

said = st.builds(
    UpdateView,
    st.one_of(st.none(), st.sampled_from(Phase)),
    st.just(AT),
    texts,
    st.integers(1, 3),
    removed=st.booleans(),
)
roots = st.builds(
    RootView,
    slug=st.just("acme"),
    id=texts,
    vendor=texts,
    vendor_url=urls,
    title=texts,
    kind=st.sampled_from(IncidentKind),
    phase=st.one_of(st.none(), st.sampled_from(Phase)),
    level=st.one_of(st.none(), st.sampled_from(Level)),
    started=st.just(AT),
    resolved=st.one_of(st.none(), st.just(AT)),
    planned_end=st.none(),
    url=st.one_of(st.none(), urls),
    vanished=st.booleans(),
    components=st.lists(texts, max_size=30).map(tuple),
    quote=st.one_of(st.none(), said),
    kept=st.lists(said, max_size=2).map(tuple),
    reopening=st.one_of(st.none(), st.just(Reopening(AT, timedelta(minutes=25)))),
    newest=st.one_of(st.none(), said),
    updates=st.integers(0, 99),
    has_parts=st.booleans(),
)
replies = st.builds(
    ReplyView,
    slug=st.just("acme"),
    id=texts,
    vendor=texts,
    title=texts,
    url=st.one_of(st.none(), urls),
    phase=st.one_of(st.none(), st.sampled_from(Phase)),
    level=st.one_of(st.none(), st.sampled_from(Level)),
    updates=st.lists(said, max_size=3).map(tuple),
    standalone=st.booleans(),
    components=st.lists(texts, max_size=5).map(tuple),
)
news = st.builds(
    NewsView,
    slug=st.just("acme"),
    id=texts,
    vendor=texts,
    title=texts,
    url=st.one_of(urls, st.just("https://status.acme.test/#x")),
    kind=st.sampled_from(IncidentKind),
    news=st.sampled_from(News),
    phase=st.one_of(st.none(), st.sampled_from(Phase)),
    level=st.one_of(st.none(), st.sampled_from(Level)),
    before=st.one_of(st.none(), st.sampled_from(Level)),
    started=st.just(AT),
    resolved=st.one_of(st.none(), st.just(AT)),
    components=st.lists(texts, max_size=5).map(tuple),
)
cards = roots.map(root_message)
told = st.one_of(replies.map(reply_message), news.map(news_message), messages)
