"""What holds and quiet hours keep back in a month is kept back in its preview."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from itertools import product

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.cards import Act
from bot.domain import (
    ActKind,
    Channel,
    ChannelSettings,
    Filter,
    Hold,
    Level,
    Mode,
    QuietHours,
    Snapshot,
    Subscription,
    Wishes,
)
from bot.message import Message
from bot.preview.simulate import EVERYTHING, simulate
from bot.routing import route
from bot.store import Store
from bot.store.values import DueCard, PollOutcome, Recording
from bot.threads import SameThread
from tests.delivery.story import Story
from tests.preview.history import ACME, LOOKS, PARTS, REMIND, START, at, readings
from tests.preview.test_simulate import FILTERS

MERGED = {"episode-1": "explains", "episode-2": "known"}
HOLDS = (Wishes(Hold(timedelta(minutes=50))), Wishes(Hold(timedelta(hours=3), None)))
QUIET = (None, QuietHours(time(21), time(7)), QuietHours(time(11), time(16), weekends=True))
Wish = tuple[Filter, ChannelSettings, Wishes]
ALWAYS: list[Wish] = [
    (EVERYTHING, ChannelSettings(mode, quiet=quiet), wishes)
    for mode, quiet, wishes in product((Mode.THREAD_KEY, Mode.FLAT), QUIET, (Wishes(), *HOLDS))
]
DRAWN = st.tuples(
    FILTERS,
    st.builds(
        ChannelSettings,
        mode=st.sampled_from(Mode),
        zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
        quiet=st.sampled_from([*QUIET, QuietHours(time(23), time(9), except_level=Level.MAJOR_OUTAGE)]),
        remind=st.sampled_from([(), REMIND]),
    ),
    st.sampled_from([Wishes(), *HOLDS]),
)


# Each example is a month: none is made smaller.
@settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
@given(st.lists(DRAWN, min_size=6, max_size=6))
def test_a_month_with_holds_and_quiet_hours_is_as_it_was_previewed(drawn: list[Wish]) -> None:
    asked = [*ALWAYS, *drawn]
    channels = [Channel("list", "w1", f"{number}") for number in range(len(asked))]
    sent: list[dict[str, Counter[bool]]] = [{} for _ in asked]
    store, read = Store("sqlite://", flood_limit=1000), list(readings())
    told = Story(store, SameThread())

    def note(_: datetime, due: DueCard, act: Act, __: Message) -> None:
        if act.kind is not ActKind.EDIT:
            its = MERGED.get(due.incident.id, due.incident.id)
            sent[channels.index(due.card.channel)].setdefault(its, Counter())[act.post == 0] += 1

    told.clock.now = START
    store.pages.sync_catalog([ACME], START, 1)
    for channel, (wanted, its, wishes) in zip(channels, asked, strict=True):
        store.channels.set_settings(channel, its)
        store.channels.subscribe(Subscription(channel, ACME.slug, wanted, "ann", START, wishes=wishes), route)
    with capture_logs():
        for reading in read:
            now = at(reading.hours)
            while (wake := store.cards.next_wake(["list"], told.clock.now)) is not None and wake < now:
                assert wake > told.clock.now, "what is due is done"
                told.clock.now = wake
                told.deliver(on_act=note, linger_s=0)
            told.clock.now = now
            if reading.hours not in LOOKS:
                snapshot = Snapshot(ACME.slug, Level.OPERATIONAL, "", PARTS, reading.incidents, now)
                outcome = PollOutcome(ACME.slug, now + timedelta(minutes=1), 60, read_at=now)
                news = (reading.incidents, reading.news, reading.merged)
                store.records.record(Recording(snapshot, outcome, *news), route)
            told.deliver(on_act=note, linger_s=0)
    components, courses = store.courses.of_vendor(ACME.slug, START - timedelta(days=1), 100)
    known = [course for course in courses if course.record.incident.id != "past"]
    for (wanted, its, wishes), there in zip(asked, sent, strict=True):
        previewed: dict[str, Counter[bool]] = {}
        for forecast in simulate(known, wanted, its, ACME, components, wishes):
            for message in forecast.messages:
                if not message.together and message.at <= told.clock.now:
                    previewed.setdefault(forecast.incident.id, Counter())[message.is_root] += 1
        assert previewed == there, (wanted, its, wishes)
    store.close()
