"""What vendors write, however bad, all the way to what Slack is sent: never refused, never a ping, never an unfurl."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase as HypothesisPhase
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import wording
from bot.adapters.slack.render.message import RenderContext, answer, card
from bot.adapters.slack.render.reply import PageRequest, reply_page, response_payload
from bot.cards import Act, NewsView, ReminderView, ReplyView, RootView, reconcile
from bot.domain import (
    Card,
    CardState,
    ChannelSettings,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Mode,
    Phase,
    Update,
    Vendor,
    Verdict,
    VerdictReason,
)
from bot.message import Message
from bot.monitor.parsing.text import clean
from bot.store import Store
from tests.adapters.contract import HOSTILE
from tests.adapters.slack.judge import message_problems, units
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, OPS, Talk, ago, incident, said

VOICE = RenderContext()
GITHUB: Vendor = CATALOG.get("github")  # type: ignore[assignment]
LONGEST = 40_000

BAD = (
    *HOSTILE.values(),
    "<!channel> <!here|x> <@U1> <!subteam^S1|@all> <!date^1^{ago}|x> &lt;!channel&gt; @channel",
    "*_~`>" * 2_000,
    "&<>" * (LONGEST // 3),
    "🔥👩‍👩‍👧‍👦🇩🇪" * 1_500,
    "\u202e\u0645\u0631\u062d\u0628\u0627\u2066 \u05e9\u05dc\u05d5\u05dd\u2069 " * 1_000,
    "\u200b\u200d\ufeff" * 500,
    "https://evil.test/unfurl.png " * 900,
    "<a href='https://e.test/?a=1&b=<2>'>" * 500,
    "```" + "x" * LONGEST,
)
TEXTS = st.one_of(
    st.sampled_from(BAD),
    st.text(max_size=300),
    st.builds(
        lambda text, n: (text * n)[:LONGEST],
        st.sampled_from(BAD) | st.text(min_size=1, max_size=9),
        st.integers(1, 999),
    ),
)
FEW = settings(deadline=None, max_examples=15, phases=[HypothesisPhase.explicit, HypothesisPhase.generate])


@st.composite
def outages(draw: st.DrawFn) -> tuple[Incident, tuple[Component, ...]]:
    parts = tuple(
        Component(f"c{number}", draw(TEXTS), Level.MAJOR_OUTAGE, draw(st.none() | TEXTS))
        for number in range(draw(st.integers(0, 4)))
    )
    updates = tuple(
        Update(f"u{number}", draw(st.sampled_from(Phase) | st.none()), NOW + timedelta(minutes=number), draw(TEXTS))
        for number in range(draw(st.integers(0, 4)))
    )
    phase = draw(st.sampled_from(Phase))
    return Incident(
        vendor=GITHUB.slug,
        id=draw(st.sampled_from(["abc123", "x" * 300, "a b/ü?&"])),
        kind=draw(st.sampled_from(IncidentKind)),
        title=draw(TEXTS),
        phase=phase,
        impact=Impact.MAJOR,
        started=NOW,
        url=draw(st.none() | TEXTS | st.just("https://status.test/i?a=1&b=<2>")),
        level=draw(st.sampled_from(Level) | st.none()),
        components=tuple(part.id for part in parts),
        updates=updates,
        vanished=draw(st.booleans()),
        explained_by=draw(st.none() | TEXTS),
    ), parts


def acts(outage: Incident, parts: tuple[Component, ...], mode: Mode) -> Iterator[Act]:
    """All that a channel in this mode is sent: as each update comes, and at the end."""
    channel_card = Card(1, OPS, outage.id, GITHUB.slug, Verdict(True, VerdictReason.WHOLE_VENDOR))
    known = {part.id: part for part in parts}
    for count in range(len(outage.updates) + 1):
        so_far = replace(outage, updates=outage.updates[:count], vanished=False, explained_by=None)
        for facts in (so_far, outage) if count == len(outage.updates) else (so_far,):
            while act := reconcile(facts, channel_card, ChannelSettings(mode), GITHUB, known, None, NOW):
                yield act
                posts = tuple(replace(post, ref=post.ref or f"{n}.1") for n, post in enumerate(act.after.posts))
                channel_card = replace(channel_card, state=CardState(posts, act.after.mentioned))


def worded(act: Act) -> Message:
    match act.view:
        case RootView():
            return wording.root_message(act.view)
        case ReplyView():
            return wording.reply_message(act.view)
        case NewsView():
            return wording.news_message(act.view)
        case ReminderView():
            return wording.reminder_message(act.view)


def problems(message: Message) -> list[str]:
    """Of the message as a post, and as the bare summary that stands in for a refused one."""
    bare = Message(message.summary, url=message.url)
    return [problem for one in (message, bare) for problem in message_problems(asdict(card(one, VOICE)))]


@FEW
@given(outages(), st.sampled_from(Mode))
def test_every_card_reply_and_edit_of_any_outage_is_taken(
    outage: tuple[Incident, tuple[Component, ...]], mode: Mode
) -> None:
    sent = list(acts(*outage, mode))
    assert sent
    for act in sent:
        assert problems(worded(act)) == []
        assert 1 <= units(card(worded(act), VOICE).text) <= 4_000


@FEW
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=30), TEXTS)
def test_every_notice_is_taken(name: str, lost: list[str], reason: str) -> None:
    vendor = replace(GITHUB, name=name)
    assert problems(wording.unmatched_message(vendor, lost)) == []
    assert problems(wording.channel_on_hold_message(replace(OPS, id=name), reason)) == []


LINES = (
    "status github",
    "status",
    "components github",
    "incidents github",
    "incident github/abc123",
    "history github",
    "alternatives github",
    "list",
    "why",
    "mute github",
    "subscribe github component:{}",
    "status {}",
    "incident {}",
    "settings tz={}",
)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('hostile') / 'a.db'}")
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    yield Talk(store)
    store.close()


@settings(FEW, max_examples=4)
@given(st.sampled_from(BAD), TEXTS)
def test_every_answer_about_it_is_taken(talk: Talk, bad: str, typed: str) -> None:
    # What a page says is cleaned before it is kept.
    bad = clean(bad)
    parts = [replace(part, name=f"{number}{bad}"[:LONGEST]) for number, part in enumerate(GITHUB_PARTS)]
    talk.ask("subscribe github")
    talk.reading(
        "github", parts, [incident("github", "abc123", bad, ago(hours=2), said(1, ago(hours=1), bad))], words=bad
    )
    for line in LINES:
        text = line.format(typed)
        reply = talk.ask(text)
        command, _, rest = text.partition(" ")
        asked = PageRequest(command, rest)
        for page in range(min(len(answer(reply.messages, VOICE)), 4)):
            sent: dict[str, Any] = response_payload(reply_page(reply, asked, VOICE, page), public=True)
            assert list(message_problems(sent)) == [], line
