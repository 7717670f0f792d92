"""What was written while the clock stood ahead does not wait until that time comes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain import Level, Mute, PageMemory, Unreadable
from bot.store import Store
from bot.store.values import PollOutcome, Release
from tests.store.given import ACME, BOLT, NOON, OPS, Route, catalog, incident, leases, reading, subscribe

AHEAD = [timedelta(minutes=10), timedelta(hours=1), timedelta(days=1), timedelta(days=3652)]


def ahead(by: timedelta, minutes: float = 0) -> float:
    """Minutes from noon."""
    return by.total_seconds() / 60 + minutes


def after_restart(store: Store, url: str) -> Store:
    store.close()
    return Store(url)


@pytest.mark.parametrize("by", AHEAD, ids=str)
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_what_was_read_under_a_clock_that_stood_ahead_is_due_at_once(
    url: str, by: timedelta, *, restarted: bool
) -> None:
    store = Store(url)
    catalog(store, now=NOON)
    subscribe(store)
    store.clock.look(NOON + by)
    store.pages.claim_due(NOON + by, 10, 70)
    store.records.record(reading(incident(minutes=ahead(by)), minutes=ahead(by)), Route())
    store.cards.commit([Release(leases(store, ahead(by))[OPS], not_before=NOON + by + timedelta(minutes=1))])
    if restarted:
        store = after_restart(store, url)
    with capture_logs() as logged:
        store.clock.look(NOON)
        store.clock.look(NOON + timedelta(seconds=1))
    assert [line["event"] for line in logged] == ["clock.mended"]
    soon = NOON + timedelta(seconds=1)
    assert [claim.vendor.slug for claim in store.pages.claim_due(soon, 10, 70)][:1] == [ACME]
    assert list(leases(store, 1 / 60)) == [OPS]
    state = store.pages.states([ACME])[0]
    assert state.read_at is not None
    assert state.read_at <= soon
    assert all(span.start <= soon for span in store.records.spans(ACME, NOON - timedelta(days=1)))
    store.close()


@pytest.mark.parametrize("by", AHEAD[1:], ids=str)
def test_a_page_that_was_never_read_since_is_not_waited_for_either(store: Store, by: timedelta) -> None:
    catalog(store, now=NOON + by)
    assert store.pages.claim_due(NOON, 10, 70) == ()
    if by > timedelta(days=1, hours=3):
        store.clock.look(NOON)
    else:
        store.clock.look(NOON + by)
        store.clock.look(NOON)
    assert len(store.pages.claim_due(NOON, 10, 70)) == 2


def test_a_lease_ends_after_its_length_and_not_when_the_clock_comes_there(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    hour = timedelta(hours=1)
    assert list(leases(store, 60)) == [OPS]
    store.clock.look(NOON + hour)
    store.clock.look(NOON)
    assert list(leases(store, 0)) == []
    assert list(leases(store, 1.1)) == [OPS]


def test_what_is_meant_to_wait_goes_on_waiting(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    store.mutes.mute(OPS, ACME, "inc1", Mute(NOON + timedelta(days=89)), NOON)
    store.pages.settle([_waits(NOON + timedelta(days=1))])
    store.cards.commit([Release(leases(store)[OPS], not_before=NOON + timedelta(minutes=30))])
    with capture_logs() as logged:
        for minute in range(3):
            store.clock.look(NOON + timedelta(minutes=minute))
    assert logged == []
    assert list(leases(store, 2)) == []
    assert BOLT not in [claim.vendor.slug for claim in store.pages.claim_due(NOON + timedelta(minutes=2), 10, 70)]


def test_a_history_or_a_search_that_is_further_ahead_than_any_is_meant_to_be_is_due(store: Store) -> None:
    catalog(store)
    tomorrow, later = NOON + timedelta(days=1), NOON + timedelta(minutes=1)
    for look, planned, expected in ((NOON, tomorrow, tomorrow), (later, NOON + timedelta(days=2), later)):
        store.pages.settle([PollOutcome(ACME, NOON, 60.0, read_at=NOON, history_due=planned, detect_due=planned)])
        store.clock.look(look)
        claim = store.pages.claim(ACME, look, 70)
        assert claim is not None
        assert (claim.history_due, claim.detect_due) == (expected, expected)


def test_what_is_remembered_of_a_page_waits_for_no_time_to_come(store: Store) -> None:
    catalog(store)
    hour = NOON + timedelta(hours=1)
    pending = PageMemory(pending={"api": (Level.OPERATIONAL, hour)}, look_at=hour + timedelta(minutes=1))
    store.pages.claim_due(hour, 10, 70)
    store.pages.settle([PollOutcome(ACME, hour, 60.0, read_at=hour, memory=pending)])
    store.clock.look(NOON)
    assert {claim.vendor.slug: claim.memory for claim in store.pages.claim_due(NOON, 10, 70)}[ACME] == PageMemory()


def test_a_mute_that_was_typed_under_a_wrong_clock_ends(store: Store) -> None:
    catalog(store)
    subscribe(store)
    then = NOON + timedelta(days=3652)
    store.mutes.mute_vendor(OPS, ACME, Mute(then + timedelta(hours=2)), then)
    store.clock.look(NOON)
    assert store.mutes.of_channel(OPS, NOON) == ()


def test_a_channel_that_is_worked_on_is_not_leased_again_when_the_clock_leaps(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    [lease] = leases(store).values()
    assert store.cards.lease_channels(["list"], NOON + timedelta(days=1), 10, 60, [lease.key]) == ()
    assert list(leases(store, 1440)) == [OPS]


def _waits(until: datetime) -> PollOutcome:
    """A page that cannot be read, and asked to be left alone."""
    return PollOutcome(BOLT, until, 120.0, failures=1, unreadable=Unreadable("Busy.", NOON))
