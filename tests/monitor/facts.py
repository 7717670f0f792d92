"""Short words for building readings in tests, and hypothesis strategies for whole ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.domain import (
    ENDED,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Slug,
    Snapshot,
    Update,
)

ACME = Slug("acme")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def update(
    name: str, minutes: float, text: str = "We look into it.", phase: Phase | None = Phase.INVESTIGATING
) -> Update:
    return Update(name, phase, at(minutes), text)


def incident(
    name: str = "i1",
    *updates: Update,
    phase: Phase | None = Phase.INVESTIGATING,
    kind: IncidentKind = IncidentKind.INCIDENT,
    components: tuple[str, ...] = (),
    level: Level | None = Level.DEGRADED,
    impact: Impact | None = Impact.MINOR,
    minutes: float = 0,
    resolved: datetime | None = None,
    title: str = "API errors",
    vanished: bool = False,
    raw_phase: str | None = None,
) -> Incident:
    return Incident(
        vendor=ACME,
        id=name,
        kind=kind,
        title=title,
        phase=phase,
        impact=impact,
        started=at(minutes),
        resolved=resolved,
        level=level,
        components=components,
        updates=updates,
        raw_phase=raw_phase,
        vanished=vanished,
    )


def snapshot(
    *incidents: Incident,
    components: tuple[Component, ...] = (),
    level: Level | None = Level.OPERATIONAL,
    complete_since: datetime | None = None,
    minutes: float = 0,
) -> Snapshot:
    return Snapshot(ACME, level, "All fine", components, incidents, at(minutes), complete_since)


def component(name: str, level: Level | None = Level.OPERATIONAL, group: str | None = None) -> Component:
    return Component(name.lower(), name, level, group)


_minutes = st.integers(-200, 200)
_levels = st.none() | st.sampled_from(Level)
_updates = st.builds(
    update, st.sampled_from("uvwxyz"), _minutes, st.sampled_from(["one", "two"]), st.none() | st.sampled_from(Phase)
)


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    phase = draw(st.none() | st.sampled_from(Phase))
    updates = draw(st.lists(_updates, max_size=4, unique_by=lambda u: u.id))
    return incident(
        draw(st.sampled_from(["i1", "i2", "i3", "i4"])),
        *sorted(updates, key=lambda u: (u.at, u.id)),
        phase=phase,
        kind=draw(st.sampled_from([IncidentKind.INCIDENT, IncidentKind.MAINTENANCE])),
        components=tuple(draw(st.lists(st.sampled_from("abc"), max_size=3, unique=True))),
        level=draw(_levels),
        impact=draw(st.none() | st.sampled_from(Impact)),
        minutes=draw(_minutes),
        resolved=at(draw(_minutes)) if phase in ENDED else None,
        title=draw(st.sampled_from(["API errors", "Slow API"])),
        raw_phase=draw(st.sampled_from([None, "pondering"])) if phase is None else None,
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    components = st.builds(component, st.sampled_from("ABC"), _levels)
    return snapshot(
        *draw(st.lists(incidents(), max_size=4, unique_by=lambda i: i.id)),
        components=tuple(draw(st.lists(components, max_size=3, unique_by=lambda c: c.id))),
        level=draw(_levels),
        complete_since=draw(st.none() | st.builds(at, _minutes)),
        minutes=draw(_minutes),
    )
