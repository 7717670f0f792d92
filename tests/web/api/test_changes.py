"""What came on record since the last time: nothing twice, nothing left out, and nobody waits in vain."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import Level, Phase
from tests.commands.talk import Talk, ago, incident, said
from tests.web.api.asked import Asked


@pytest.fixture
def asked(talk: Talk) -> Asked:
    return Asked(talk)


def changes(asked: Asked, **params: Any) -> tuple[list[tuple[str, str, str | None]], str]:
    document = asked.get("changes", **params).json()
    return [(c["kind"], c["vendor"], c["text"] or c["level"]) for c in document["changes"]], document["next"]


def tell(asked: Asked, vendor: str, text: str, level: Level = Level.DEGRADED) -> None:
    told = said(7, ago(minutes=5), text)
    asked.talk.reading(vendor, incidents=[incident(vendor, "new1", "Slow", ago(minutes=5), told)], level=level)


def test_it_begins_with_now_and_goes_on_from_there(asked: Asked) -> None:
    none, here = changes(asked)
    assert none == []
    tell(asked, "gitlab", "Pushes are slow.")
    new, then = changes(asked, since=here)
    assert sorted(new) == [("level", "gitlab", "partial_outage"), ("update", "gitlab", "Pushes are slow.")]
    assert changes(asked, since=then) == ([], then)
    assert changes(asked, since=here)[0] == new


def test_pages_of_changes_meet(asked: Asked) -> None:
    _, here = changes(asked)
    for number, vendor in enumerate(("gitlab", "aws", "github")):
        tell(asked, vendor, f"News {number}.")
    whole, _ = changes(asked, since=here)
    found: list[tuple[str, str, str | None]] = []
    while (page := changes(asked, since=here, limit=1))[0]:
        found += page[0]
        here = page[1]
    assert sorted(found) == sorted(whole)
    assert len(whole) >= 3


def test_they_can_be_of_some_vendors_alone(asked: Asked) -> None:
    _, here = changes(asked)
    tell(asked, "gitlab", "One.")
    tell(asked, "aws", "Two.")
    assert {vendor for _, vendor, _ in changes(asked, since=here, vendor=["aws"])[0]} == {"aws"}


@pytest.mark.parametrize("since", ["x", "AAAA", "OTk", "-", "MQoyCjM"])
def test_a_place_that_is_none_is_refused(asked: Asked, since: str) -> None:
    assert asked.get("changes", since=since).status_code == 400


def test_who_waits_is_told_as_soon_as_something_comes(asked: Asked) -> None:
    _, here = changes(asked)
    asked.then = [(5, lambda: tell(asked, "gitlab", "Here it is."))]
    new, _ = changes(asked, since=here, wait=30)
    assert ("update", "gitlab", "Here it is.") in new
    assert 5 <= asked.clock_s < 7


def test_what_comes_for_others_does_not_end_the_wait(asked: Asked) -> None:
    _, here = changes(asked)
    asked.then = [(5, lambda: tell(asked, "gitlab", "Of no interest.")), (9, lambda: tell(asked, "aws", "At last."))]
    assert [text for kind, _, text in changes(asked, since=here, wait=30, vendor=["aws"])[0] if kind == "update"] == [
        "At last."
    ]


def test_who_waits_in_vain_is_answered_in_time(asked: Asked) -> None:
    _, here = changes(asked)
    assert changes(asked, since=here, wait=20) == ([], here)
    assert 20 <= asked.clock_s < 22


def test_an_update_that_ends_an_incident_is_a_change(asked: Asked) -> None:
    _, here = changes(asked)
    told = (said(1, ago(hours=1), "We look into it."), said(2, ago(minutes=1), "Fixed.", Phase.RESOLVED))
    over = incident("github", "now1", "Actions fail", ago(hours=1), *told)
    asked.talk.reading("github", incidents=[over])
    document = asked.get("changes", since=here).json()
    [ended] = [c for c in document["changes"] if c["kind"] == "update"]
    assert (ended["incident"], ended["phase"], ended["text"]) == ("github/now1", "resolved", "Fixed.")
