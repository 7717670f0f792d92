"""What is old is let go of, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.commands.period import MAX_DAYS
from bot.config import MIN_KEEP_DAYS
from bot.domain import Level
from bot.store import Store
from bot.store.values import DailyMinutes, Forgotten
from tests.store.given import (
    ACME,
    DEV,
    OPS,
    Route,
    at,
    catalog,
    deliver,
    due_cards,
    incident,
    leases,
    reading,
    resolved,
    subscribe,
    update,
)

DAY = 24 * 60


def lived(store: Store) -> None:
    """An incident that was edited and ended, told in one channel; the other has not heard of its end."""
    catalog(store)
    subscribe(store)
    subscribe(store, DEV)
    one = incident("inc1", update("u1", 0, "Slow."))
    store.records.record(reading(one, level=Level.DEGRADED), Route())
    edited = replace(one, updates=(update("u1", 0, "Very slow."),))
    store.records.record(reading(edited, level=Level.DEGRADED, minutes=10), Route())
    store.records.record(reading(resolved(edited, 90), minutes=13 * 60), Route())
    deliver(store, minutes=13 * 60)


def forget(store: Store, minutes: float) -> Forgotten:
    total = Forgotten(0, 0, 0, 0)
    while (some := store.retention.forget(at(minutes), limit=1)).total:
        total = total.plus(some)
    return total


def test_what_is_over_is_let_go_and_its_incident_stays(store: Store) -> None:
    lived(store)
    assert forget(store, 5) == Forgotten(0, 0, 0, 0)
    forgotten = forget(store, 2 * DAY)
    assert (forgotten.cards, forgotten.revisions, forgotten.states) == (1, 1, 3)
    record = store.records.incident(ACME, "inc1")
    assert record is not None
    assert [one.text for one in record.incident.updates] == ["Very slow.", "All is well."]
    assert store.cards.of_incident(OPS, ACME, "inc1") is None


def test_to_find_nothing_old_keeps_no_writer_waiting(store: Store) -> None:
    lived(store)
    with store.engine.begin():
        assert store.retention.forget(at(5)).total == 0


def test_a_card_that_is_due_or_of_an_open_incident_is_kept(store: Store) -> None:
    lived(store)
    store.records.record(reading(incident("inc2", minutes=1), minutes=14 * 60), Route())
    deliver(store, minutes=14 * 60)
    forget(store, 900 * DAY)
    assert store.cards.of_incident(OPS, ACME, "inc2") is not None
    assert {due.incident.id for due in due_cards(store, DEV, minutes=15 * 60)} == {"inc1", "inc2"}


def test_levels_are_counted_by_the_day_before_they_go(store: Store) -> None:
    lived(store)  # From noon on degraded, until one o'clock on the next day.
    forget(store, 2 * DAY)
    store.records.record(reading(level=Level.PARTIAL_OUTAGE, minutes=3 * DAY), Route())
    forget(store, 4 * DAY)
    first = date(2026, 3, 2)
    noon_s = 0.123456 / 60
    page = [day for day in store.retention.daily_minutes(ACME, first) if day.component is None]
    assert [(day.day, day.level) for day in page] == [
        (first, Level.DEGRADED),
        (first + timedelta(days=1), Level.DEGRADED),
        (first + timedelta(days=1), Level.OPERATIONAL),
        (first + timedelta(days=2), Level.OPERATIONAL),
        (first + timedelta(days=3), Level.OPERATIONAL),
    ]
    minutes = [day.minutes for day in page]
    assert minutes == pytest.approx([720 - noon_s, 60 + noon_s, 23 * 60 - noon_s, DAY, 720 + noon_s])
    spans = store.records.spans(ACME, at(-DAY))
    assert [span.level for span in spans if span.component is None] == [Level.PARTIAL_OUTAGE]
    assert isinstance(page[0], DailyMinutes)


def test_nothing_is_let_go_while_a_channel_is_told_of_it(store: Store) -> None:
    lived(store)
    lease = leases(store, 14 * 60)[DEV]
    assert len(store.cards.due(lease)) == 1
    forget(store, 900 * DAY)
    assert len(store.cards.due(lease)) == 1


def test_the_longest_history_that_can_be_asked_for_stays_whole(store: Store) -> None:
    catalog(store)
    now = 500 * DAY
    for day in range(0, 500, 10):
        level = Level.DEGRADED if day % 20 else Level.OPERATIONAL
        store.records.record(reading(incident(f"inc{day}", minutes=day * DAY), level=level, minutes=day * DAY), Route())
    asked = at(now - MAX_DAYS * DAY)
    spans, incidents = store.records.spans(ACME, asked), store.records.incidents([ACME], asked)
    assert len(spans) > 20
    assert forget(store, now - MIN_KEEP_DAYS * DAY).spans > 5
    assert (store.records.spans(ACME, asked), store.records.incidents([ACME], asked)) == (spans, incidents)
