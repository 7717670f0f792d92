"""A vendor's few weeks, written by hand: every way in which an incident can go on, reading by reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain import Component, Impact, Incident, IncidentKind, Level, Phase, Slug, Update, Vendor

ACME = Vendor(Slug("acme"), "Acme", "https://status.acme.test", "https://status.acme.test", "cloud", "hosting")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PARTS = (
    Component("c1", "API", Level.OPERATIONAL, group="Core", region="eu-west-1"),
    Component("c2", "Web", Level.OPERATIONAL, group="Core"),
    Component("c3", "Mail", Level.OPERATIONAL, region="us-east-1"),
)
OPEN, FOUND, WATCHED, OVER = Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING, Phase.RESOLVED


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def update(id: str, hours: float, text: str, phase: Phase = OPEN) -> Update:
    return Update(id, phase, at(hours), text)


@dataclass(frozen=True)
class Reading:
    """What one reading brings: changed incidents, those that are news, episodes that became part of an incident."""

    hours: float
    incidents: tuple[Incident, ...] = ()
    news: frozenset[str] = frozenset()
    merged: tuple[tuple[str, str], ...] = ()


def incident(id: str, hours: float, *updates: Update, **more: object) -> Incident:
    made = Incident(
        vendor=ACME.slug,
        id=id,
        kind=IncidentKind.INCIDENT,
        title=f"Trouble {id}",
        phase=updates[-1].phase if updates else OPEN,
        impact=Impact.MINOR,
        started=at(hours),
        level=Level.DEGRADED,
        updates=updates,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def then(before: Incident, *updates: Update, **more: object) -> Incident:
    told = (*before.updates, *updates)
    changed = replace(before, updates=told, phase=told[-1].phase if told else before.phase)
    return replace(changed, **more)  # type: ignore[arg-type]


REMIND = timedelta(days=1), timedelta(hours=1)
LOOKS = (76.0, 106.0, 129.0)
"""When reminders of the maintenance fall due, of its first start and of the later one."""


def readings() -> list[Reading]:
    """In order."""
    return sorted([*_readings(), *map(Reading, LOOKS)], key=lambda reading: reading.hours)


def _readings() -> Iterator[Reading]:
    yield from _gets_worse()
    yield from _says_it_again_and_edits()
    yield from _opens_again_and_vanishes()
    yield from _planned()
    yield from _episode()
    yield from _many_texts_at_once()
    yield Reading(200, (incident("past", 190, update("p1", 190, "Was slow.", OVER), resolved=at(190)),))


def _gets_worse() -> Iterator[Reading]:
    one = incident("worse", 0, update("w1", 0, "API is slow."), components=("c1",))
    yield Reading(0.1, (one,), frozenset({"worse"}))
    two = then(one, update("w2", 1, "It is the disks.", FOUND), level=Level.PARTIAL_OUTAGE, components=("c1", "c2"))
    yield Reading(1.1, (two,))
    yield Reading(1.5, (replace(two, level=Level.MAJOR_OUTAGE),))
    three = then(two, update("w3", 2, "Fixed, we watch it.", WATCHED))
    yield Reading(2.1, (three,))
    yield Reading(3.1, (then(three, update("w4", 3, "All is well.", OVER), resolved=at(3)),))


def _says_it_again_and_edits() -> Iterator[Reading]:
    one = incident("again", 10, update("a1", 10, "We look into it."), components=("c3",), level=Level.PARTIAL_OUTAGE)
    yield Reading(10.1, (one,), frozenset({"again"}))
    two = then(one, update("a2", 11, "We look into it."), update("a3", 11.2, "It is the mail queue.", FOUND))
    yield Reading(11.3, (two,))
    edited = replace(two, updates=(replace(two.updates[0], text="We look into mail."), *two.updates[1:]))
    yield Reading(11.5, (edited,))
    taken_down = then(replace(edited, updates=edited.updates[:2]), update("a4", 12, "It was the mail queue.", FOUND))
    yield Reading(12.1, (taken_down,))
    yield Reading(13.1, (then(taken_down, update("a5", 13, "Mail goes out.", OVER), resolved=at(13)),))
    late = update("a6", 13, "Mail goes out.", OVER), update("a7", 60, "What happened: disks.", Phase.POSTMORTEM)
    yield Reading(60.1, (then(taken_down, *late, resolved=at(13)),))


def _opens_again_and_vanishes() -> Iterator[Reading]:
    one = incident("gone", 70, update("g1", 70, "Errors."))
    yield Reading(70.1, (one,), frozenset({"gone"}))
    over = then(one, update("g2", 71, "Over.", OVER), resolved=at(71))
    yield Reading(71.1, (over,))
    again = then(over, update("g3", 72, "Back again."), resolved=None, level=None)
    yield Reading(72.1, (again,), frozenset({"gone"}))
    yield Reading(73.1, (replace(again, vanished=True),))
    yield Reading(74.1, (replace(again, level=Level.MAJOR_OUTAGE),), frozenset({"gone"}))


def _planned() -> Iterator[Reading]:
    kind = {"kind": IncidentKind.MAINTENANCE, "level": Level.MAINTENANCE, "components": ("c2",)}
    one = incident("planned", 100, update("m1", 50, "We move the web.", Phase.SCHEDULED), **kind)
    yield Reading(50.1, (one,), frozenset({"planned"}))
    moved = then(one, Update("note-plan-1", None, at(90), "A day later."), started=at(130), phase=Phase.SCHEDULED)
    yield Reading(90.1, (moved,))
    yield Reading(130.1, (replace(moved, phase=Phase.IN_PROGRESS),))
    two = then(moved, update("m2", 131, "It takes longer.", Phase.IN_PROGRESS))
    yield Reading(131.1, (two,))
    yield Reading(132.1, (then(two, update("m3", 132, "Done.", Phase.COMPLETED), resolved=at(132)),))
    soon = incident("soon", 107, update("s1", 106.5, "We move mail.", Phase.SCHEDULED), **{**kind, "components": ()})
    yield Reading(106.5, (soon,), frozenset({"soon"}))


def _episode() -> Iterator[Reading]:
    text = update("episode-1.1", 110, "Web shows a partial outage.")
    kind = {"kind": IncidentKind.EPISODE, "impact": None, "level": Level.PARTIAL_OUTAGE, "components": ("c2",)}
    yield Reading(110, (incident("episode-1", 110, text, **kind),), frozenset({"episode-1"}))
    explains = incident("explains", 110.2, update("e1", 110.2, "The web is down."), components=("c2",))
    yield Reading(110.3, (explains,), frozenset({"explains"}), (("episode-1", "explains"),))
    yield Reading(112.1, (then(explains, update("e2", 112, "Up.", OVER), resolved=at(112)),))
    other = incident("episode-2", 120, replace(text, id="episode-2.1"), **kind)
    late = incident("known", 119, update("k1", 119, "Mail is slow, says somebody."), components=("c3",))
    yield Reading(119.1, (late,), frozenset({"known"}))
    yield Reading(120, (other,), frozenset({"episode-2"}))
    yield Reading(120.3, (), frozenset(), (("episode-2", "known"),))
    yield Reading(121.1, (then(late, update("k2", 121, "Over.", OVER), resolved=at(121)),))


def _many_texts_at_once() -> Iterator[Reading]:
    texts = [update(f"t{n}", 130 + n / 10, f"News {n}: log in fails.") for n in range(12)]
    one = incident("texts", 130, *texts[:1], level=None)
    yield Reading(130.1, (one,), frozenset({"texts"}))
    many = then(one, *texts[1:])
    yield Reading(133, (many,))
    yield Reading(134, (then(many, update("t99", 133.9, "Over.", OVER), resolved=at(133.9)),))
    ended = incident("ended", 140, update("n1", 140, "Short."), update("n2", 140.5, "Over.", OVER), resolved=at(140.5))
    yield Reading(141, (replace(ended, components=("c1",)),), frozenset({"ended"}))
