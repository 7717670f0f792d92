from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import Incident, IncidentKind, Phase, Reminder, Slug, due_reminder, next_reminder_at

START = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = Incident(Slug("acme"), "p", IncidentKind.MAINTENANCE, "New racks", Phase.SCHEDULED, None, START)
LEADS = (DAY, HOUR)
EARLY = START - timedelta(days=9)


def due(now: datetime, *told: Reminder, known: datetime | None = EARLY, plan: Incident = PLAN) -> timedelta | None:
    reminder = due_reminder(plan, LEADS, told, known, now)
    assert reminder is None or reminder.starts == plan.started
    return reminder.lead if reminder else None


def test_each_is_due_once_at_its_time() -> None:
    assert due(START - DAY - timedelta(minutes=1)) is None
    assert due(START - DAY) == DAY
    assert due(START - DAY, Reminder(START, DAY)) is None
    assert due(START - HOUR, Reminder(START, DAY)) == HOUR
    assert due(START - HOUR, Reminder(START, DAY), Reminder(START, HOUR)) is None


def test_of_those_that_were_missed_the_last_is_sent_alone() -> None:
    assert due(START - timedelta(minutes=30)) == HOUR
    assert due(START - timedelta(minutes=20), Reminder(START, HOUR)) is None


def test_who_just_learned_of_it_is_not_reminded() -> None:
    assert due(START - timedelta(hours=5), known=START - timedelta(hours=6)) is None
    assert due(START - HOUR, known=START - timedelta(hours=6)) == HOUR
    assert due(START - HOUR, known=None) == HOUR


def test_a_plan_that_moves_is_reminded_of_again() -> None:
    moved = replace(PLAN, started=START + 2 * DAY)
    told = (Reminder(START, DAY), Reminder(START, HOUR))
    assert due(moved.started - DAY, *told, plan=moved) == DAY
    assert due(START - HOUR, *told, plan=replace(PLAN, started=START + timedelta(seconds=40))) is None


def test_one_that_was_kept_back_past_the_start_is_due_after_it_once() -> None:
    def late(*told: Reminder, known: datetime = EARLY, plan: Incident = PLAN) -> Reminder | None:
        return due_reminder(plan, LEADS, told, known, START + HOUR, past_start=True)

    after = Reminder(START, timedelta())
    assert late() == late(Reminder(START, DAY)) == after
    assert late(Reminder(START, HOUR)) is late(after) is None
    assert late(known=START - timedelta(minutes=5)) is None, "who learned of it just before it is not reminded"
    assert late(plan=replace(PLAN, vanished=True)) is late(plan=replace(PLAN, started=START + 2 * DAY)) is None


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, kind=IncidentKind.INCIDENT),
        replace(PLAN, phase=Phase.IN_PROGRESS),
        replace(PLAN, vanished=True),
        replace(PLAN, started=START - HOUR),
    ],
)
def test_what_is_no_plan_any_more_has_none(plan: Incident) -> None:
    assert due(START - HOUR, plan=plan) is None
    assert next_reminder_at(plan, LEADS, START - HOUR) is None


def test_when_to_look_again() -> None:
    assert next_reminder_at(PLAN, LEADS, EARLY) == START - DAY
    assert next_reminder_at(PLAN, LEADS, START - DAY) == START - HOUR
    assert next_reminder_at(PLAN, LEADS, START - HOUR) is None
    assert next_reminder_at(PLAN, (), EARLY) is None
