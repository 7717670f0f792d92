"""What holds and quiet hours keep back in a month is kept back in its preview."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from itertools import product

from structlog.testing import capture_logs

from bot.cards import Act
from bot.domain import ActKind, Channel, ChannelSettings, Hold, Level, Mode, QuietHours, Snapshot, Subscription, Wishes
from bot.message import Message
from bot.preview.simulate import EVERYTHING, simulate
from bot.routing import route
from bot.store import Store
from bot.store.values import DueCard, PollOutcome, Recording
from bot.threads import SameThread
from tests.delivery.story import Story
from tests.preview.history import ACME, LOOKS, PARTS, START, at, readings

MERGED = {"episode-1": "explains", "episode-2": "known"}
HOLDS = (Wishes(Hold(timedelta(minutes=50))), Wishes(Hold(timedelta(hours=3), None)))
QUIET = (None, QuietHours(time(21), time(7)), QuietHours(time(11), time(16), weekends=True))
ASKED = [
    (ChannelSettings(mode, quiet=quiet), wishes)
    for mode, quiet, wishes in product((Mode.THREAD_KEY, Mode.FLAT), QUIET, (Wishes(), *HOLDS))
]


def test_a_month_with_holds_and_quiet_hours_is_as_it_was_previewed() -> None:
    channels = [Channel("list", "w1", f"{number}") for number in range(len(ASKED))]
    sent: list[dict[str, Counter[bool]]] = [{} for _ in ASKED]
    store, read = Store("sqlite://", flood_limit=1000), list(readings())
    told = Story(store, SameThread())

    def note(_: datetime, due: DueCard, act: Act, __: Message) -> None:
        if act.kind is not ActKind.EDIT:
            its = MERGED.get(due.incident.id, due.incident.id)
            sent[channels.index(due.card.channel)].setdefault(its, Counter())[act.post == 0] += 1

    told.clock.now = START
    store.pages.sync_catalog([ACME], START, 1)
    for channel, (settings, wishes) in zip(channels, ASKED, strict=True):
        store.channels.set_settings(channel, settings)
        store.channels.subscribe(Subscription(channel, ACME.slug, EVERYTHING, "ann", START, wishes=wishes), route)
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
    for (settings, wishes), there in zip(ASKED, sent, strict=True):
        previewed: dict[str, Counter[bool]] = {}
        for forecast in simulate(known, EVERYTHING, settings, ACME, components, wishes):
            for message in forecast.messages:
                if not message.together and message.at <= told.clock.now:
                    previewed.setdefault(forecast.incident.id, Counter())[message.is_root] += 1
        assert previewed == there, (settings, wishes)
    store.close()
