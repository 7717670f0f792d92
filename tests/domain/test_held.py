from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import (
    NO_WISHES,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    Held,
    HeldReason,
    Hold,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Mute,
    Phase,
    Post,
    QuietHours,
    Slug,
    UnknownFingerprint,
    Update,
    Verdict,
    VerdictReason,
    Wishes,
    held_back,
)

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CARD = Card(7, Channel("console", "local", "ops"), "i1", Slug("acme"), Verdict(True, VerdictReason.WHOLE_VENDOR))
POSTED = replace(CARD, state=CardState((Post("m1", UnknownFingerprint(), ()),)))
HELD_5M = Wishes(Hold(timedelta(minutes=5)))
PLAIN = ChannelSettings()
QUIET = ChannelSettings(quiet=QuietHours(time(8), time(10), except_level=Level.PARTIAL_OUTAGE))


def incident(level: Level | None = Level.DEGRADED, *, ended: timedelta | None = None) -> Incident:
    phase = Phase.INVESTIGATING if ended is None else Phase.RESOLVED
    resolved = None if ended is None else T0 + ended
    kind, slug = IncidentKind.INCIDENT, Slug("acme")
    return Incident(slug, "i1", kind, "Pushes fail", phase, Impact.MINOR, T0, resolved=resolved, level=level)


def test_nothing_holds_a_card_of_a_channel_that_wishes_nothing() -> None:
    assert held_back(incident(), CARD, PLAIN, NO_WISHES, T0) is None


def test_a_hold_waits_from_the_start_and_ends_by_itself() -> None:
    waits = Held(HeldReason.HOLD, T0 + 5 * MINUTE)
    assert held_back(incident(), CARD, PLAIN, HELD_5M, T0 + MINUTE) == waits
    assert held_back(incident(None), CARD, PLAIN, HELD_5M, T0 + MINUTE) == waits, "an unknown level is no major one"
    assert held_back(incident(), CARD, PLAIN, HELD_5M, T0 + 5 * MINUTE) is None
    assert held_back(incident(), POSTED, PLAIN, HELD_5M, T0 + MINUTE) is None, "it was told already"


def test_what_ended_within_the_hold_is_never_posted_and_what_lasted_longer_is() -> None:
    never = Held(HeldReason.ENDED_WITHIN_HOLD)
    assert held_back(incident(ended=4 * MINUTE), CARD, PLAIN, HELD_5M, T0 + 4 * MINUTE) == never
    assert held_back(incident(ended=4 * MINUTE), CARD, PLAIN, HELD_5M, T0 + timedelta(days=2)) == never
    assert held_back(incident(ended=6 * MINUTE), CARD, PLAIN, HELD_5M, T0 + 7 * MINUTE) is None


def test_a_major_one_is_told_at_once_unless_all_are_to_wait() -> None:
    everything = Wishes(Hold(timedelta(minutes=5), passes_at=None))
    assert held_back(incident(Level.PARTIAL_OUTAGE), CARD, PLAIN, HELD_5M, T0) is None
    assert held_back(incident(Level.MAJOR_OUTAGE, ended=MINUTE), CARD, PLAIN, HELD_5M, T0) is None
    assert held_back(incident(Level.MAJOR_OUTAGE), CARD, PLAIN, everything, T0) is not None


def test_maintenances_and_starts_that_cannot_be_are_not_held() -> None:
    plan = replace(incident(), kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED)
    assert held_back(plan, CARD, PLAIN, HELD_5M, T0) is None
    assert held_back(incident(), CARD, PLAIN, HELD_5M, T0 - timedelta(days=1)) is None


def test_quiet_hours_hold_all_but_what_goes_through() -> None:
    assert held_back(incident(), POSTED, QUIET, NO_WISHES, T0) == Held(HeldReason.QUIET_HOURS, T0 + 60 * MINUTE)
    assert held_back(incident(Level.MAJOR_OUTAGE), CARD, QUIET, NO_WISHES, T0) is None
    assert held_back(incident(), CARD, QUIET, NO_WISHES, T0 + 60 * MINUTE) is None
    in_berlin = replace(QUIET, zone="Europe/Berlin")
    assert held_back(incident(), CARD, in_berlin, NO_WISHES, T0 + MINUTE) is None


def test_the_first_reason_is_the_one_that_is_named() -> None:
    muted = replace(CARD, mute=Mute(T0 + 2 * MINUTE))
    reasons = [held_back(incident(), muted, QUIET, HELD_5M, T0 + n * MINUTE) for n in (0, 3, 6, 61)]
    named = [held and held.reason for held in reasons]
    assert named == [HeldReason.MUTED, HeldReason.HOLD, HeldReason.QUIET_HOURS, None]


@given(
    st.sampled_from([None, *Level]),
    st.sampled_from([None, *Phase]),
    st.sampled_from(IncidentKind),
    st.booleans(),
    st.sampled_from([None, Mute(), Mute(T0 + 30 * MINUTE)]),
    st.sampled_from([NO_WISHES, HELD_5M, Wishes(Hold(timedelta(days=1), None))]),
    st.sampled_from([PLAIN, QUIET]),
    st.sampled_from([CARD, POSTED]),
    st.integers(-3000, 3000),
)
@pytest.mark.parametrize(("vanished", "unlisted"), [(False, False), (True, False), (False, True)])
def test_whatever_holds_ends(
    vanished: bool,
    unlisted: bool,
    level: Level | None,
    phase: Phase | None,
    kind: IncidentKind,
    updated: bool,
    mute: Mute | None,
    wishes: Wishes,
    settings: ChannelSettings,
    card: Card,
    minute: int,
) -> None:
    """The decider knows an answer to everything, and following its moments one comes to an end of the waiting."""
    updates = (Update("u1", phase, T0 + MINUTE, "text"),) if updated else ()
    facts = replace(incident(level), phase=phase, kind=kind, updates=updates, vanished=vanished, unlisted=unlisted)
    card, now = replace(card, mute=mute), T0 + minute * MINUTE
    for _ in range(10):
        held = held_back(facts, card, settings, wishes, now)
        if held is None or held.until is None:
            return
        assert held.until > now
        now = held.until
    raise AssertionError("it waits for ever")
