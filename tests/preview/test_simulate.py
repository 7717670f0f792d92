"""What a filter would have sent is what it sends: the same weeks through the real store and delivery, and simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.cards import Act
from bot.domain import (
    ActKind,
    Channel,
    ChannelSettings,
    Filter,
    Level,
    Mode,
    Snapshot,
    Subscription,
)
from bot.message import Message
from bot.preview.simulate import EVERYTHING, simulate
from bot.routing import route
from bot.store import Store
from bot.store.values import DueCard, PollOutcome, Recording
from bot.threads import SameThread
from tests.delivery.story import Story
from tests.preview.history import ACME, LOOKS, PARTS, REMIND, START, at, readings

MERGED = {"episode-1": "explains", "episode-2": "known"}
Sent = dict[str, tuple[int, int]]
"""Roots and other messages, by incident."""

NAMES = st.lists(st.sampled_from(["API", "Core", "web", "Mail", "*"]), max_size=2, unique=True).map(tuple)
FILTERS = st.builds(
    Filter,
    components=NAMES,
    excluded=NAMES.filter(lambda names: "*" not in names),
    regions=st.lists(st.sampled_from(["eu-*", "us-east-1"]), max_size=1).map(tuple),
    min_level=st.sampled_from([None, Level.DEGRADED, Level.PARTIAL_OUTAGE, Level.MAJOR_OUTAGE]),
    maintenance=st.sampled_from(["on", "off", None]),
    match=st.sampled_from([None, "log in", "disks"]),
)

ALWAYS = [
    (Filter(match="disks"), Mode.THREAD),
    (Filter(min_level=Level.MAJOR_OUTAGE), Mode.THREAD_KEY),
    (Filter(components=("API",), maintenance="on"), Mode.FLAT),
]


def lived(wanted: Sequence[tuple[Filter, Mode]]) -> tuple[list[Sent], Store]:
    """Each filter in a channel of its own, while it happens."""
    channels = [Channel("list", "w1", f"{number}") for number in range(len(wanted))]
    sent: list[dict[str, Counter[bool]]] = [{} for _ in wanted]
    store = Store("sqlite://", flood_limit=1000)
    told = Story(store, SameThread())

    def note(_: datetime, due: DueCard, act: Act, __: Message) -> None:
        if act.kind is not ActKind.EDIT:
            its = MERGED.get(due.incident.id, due.incident.id)
            sent[channels.index(due.card.channel)].setdefault(its, Counter())[act.post == 0] += 1

    told.clock.now = START
    store.pages.sync_catalog([ACME], START, 1)
    for channel, (filter_, mode) in zip(channels, wanted, strict=True):
        store.channels.set_settings(channel, ChannelSettings(mode, remind=REMIND))
        store.channels.subscribe(Subscription(channel, ACME.slug, filter_, "ann", START), route)
    for reading in readings():
        now = told.clock.now = at(reading.hours)
        if reading.hours not in LOOKS:
            snapshot = Snapshot(ACME.slug, Level.OPERATIONAL, "", PARTS, reading.incidents, now)
            outcome = PollOutcome(ACME.slug, now + timedelta(minutes=1), 60, read_at=now)
            store.records.record(Recording(snapshot, outcome, reading.incidents, reading.news, reading.merged), route)
        told.deliver(on_act=note, linger_s=0)
    return [{id: (counts[True], counts[False]) for id, counts in each.items()} for each in sent], store


def previewed(store: Store, wanted: Filter, mode: Mode) -> Sent:
    components, courses = store.courses.of_vendor(ACME.slug, START - timedelta(days=1), 100)
    told = simulate(
        [c for c in courses if c.record.incident.id != "past"],
        wanted,
        ChannelSettings(mode, remind=REMIND),
        ACME,
        components,
    )
    roots = {f.incident.id: [m.is_root for m in f.messages] for f in told if f.messages}
    return {id: (sum(each), len(each) - sum(each)) for id, each in roots.items()}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


# Each example is a month: none is made smaller.
@settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.tuples(FILTERS, st.sampled_from(Mode)), min_size=2, max_size=2))
def test_what_would_have_been_sent_is_what_is_sent(wanted: list[tuple[Filter, Mode]]) -> None:
    asked = [*((EVERYTHING, mode) for mode in Mode), *ALWAYS, *wanted]
    sent, store = lived(asked)
    for (filter_, mode), there in zip(asked, sent, strict=True):
        assert previewed(store, filter_, mode) == there, (filter_, mode)
    store.close()
