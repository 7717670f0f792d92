"""Incidents that come under new ids although they are on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain import Incident, Level, Snapshot
from bot.monitor.aliases import with_known_ids
from tests.store.given import ACME, NOON, incident, resolved, update


def known_as(before: Incident, listed: Incident) -> str:
    snapshot = Snapshot(ACME, Level.OPERATIONAL, "", (), (before,), NOON)
    [found] = with_known_ids(snapshot, [listed], frozenset({listed.id}), NOON, NOON + timedelta(minutes=60))
    return found.id


def test_what_is_over_keeps_its_id_when_it_is_listed_under_a_new_one() -> None:
    over = resolved(incident("old"), 12)
    ids = tuple(replace(one, id=f"{one.id}-anew") for one in over.updates)
    assert known_as(over, replace(over, id="new", updates=ids)) == "old"


def test_the_next_incident_in_the_same_words_is_none_that_is_over() -> None:
    over = resolved(incident("old"), 12)
    later = incident("new", update("u1", 30), minutes=30)
    assert known_as(over, later) == "new"
    assert known_as(over, resolved(later, 40)) == "new"
