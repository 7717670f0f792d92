"""What a digest tells: of the incidents on record those that pass the channel's filters and belong into its time. Pure.

An end may be read only after the digest that it was too late for: what the digest before told as open, and what was
seen for the first time since, is told although the page dates its end earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain import (
    Filter,
    HeldReason,
    Incident,
    IncidentKind,
    IncidentRecord,
    Level,
    PageState,
    Phase,
    Slug,
    Subscription,
    Vendor,
)
from bot.domain.digests import Digest, DigestEntry, DigestItem, DigestSection
from bot.routing import route

LAG = timedelta(days=1)
"""So much earlier than it was read may an end be dated and still be news."""
AHEAD = 2
"""Periods within whose time a maintenance has to begin to be told again: one is told twice at most, and once at least
while it is still ahead."""
KEPT_FOR = timedelta(days=30)
"""So long before the time that is told of may something have been kept back: longer than most mutes."""
MAX_ENTRIES = 100
"""More are counted: who has so many reads no list of them."""

_ORDER = tuple(DigestSection)


@dataclass(frozen=True, slots=True)
class Material:
    """What a digest is made from, all of one moment."""

    subscriptions: Sequence[Subscription]
    states: Mapping[Slug, PageState]
    records: Sequence[IncidentRecord]
    """Of those vendors: what is open, and what began or ended within :data:`LAG` before the time that is told of."""
    kept_back: Mapping[tuple[Slug, str], HeldReason] = field(default_factory=dict)
    """By vendor and incident, what keeps its messages back from the channel: that began within :data:`KEPT_FOR`."""


def build(
    material: Material,
    since: datetime,
    until: datetime,
    period: timedelta,
    *,
    told_open: Collection[DigestItem] = (),
) -> Digest:
    """The digest of the time after ``since`` up to ``until``, which is now. ``told_open``: as in
    :class:`bot.domain.digests.DigestState`."""
    told = {(item.vendor, item.incident) for item in told_open}
    entries = [
        entry
        for entry in _passing(material)
        if _belongs(entry[0], since, until, period, (entry[0].incident.vendor, entry[0].incident.id) in told)
    ]
    made = sorted((_entry(record, vendor, kept, until) for record, vendor, kept in entries), key=_rank)
    return _digest(material, since, until, period, made)


def rebuild(
    material: Material, since: datetime, until: datetime, period: timedelta, items: Iterable[DigestItem], more: int
) -> Digest:
    """A digest that was decided before and is still to be sent: of these incidents, each at its place, in the words of
    now. One that is not on record any more is left out."""
    known = {(r.incident.vendor, r.incident.id): r for r in material.records}
    made = [
        _placed(known[item.vendor, item.incident], material.states[item.vendor].vendor, item.section, item.kept_back)
        for item in items
        if (item.vendor, item.incident) in known and item.vendor in material.states
    ]
    return replace(_digest(material, since, until, period, made), more=more)


def _digest(
    material: Material, since: datetime, until: datetime, period: timedelta, entries: Sequence[DigestEntry]
) -> Digest:
    states = [material.states[s.vendor] for s in material.subscriptions if s.vendor in material.states]
    return Digest(
        since=since,
        until=until,
        weekly=period > timedelta(days=1),
        vendors=tuple(state.vendor.name for state in states),
        unreadable=tuple(s.vendor.name for s in states if s.vendor.has_page and (s.unreadable or s.read_at is None)),
        entries=tuple(entries[:MAX_ENTRIES]),
        more=max(0, len(entries) - MAX_ENTRIES),
    )


def _passing(material: Material) -> Iterator[tuple[IncidentRecord, Vendor, str]]:
    """What the filters let through. A digest tells of maintenances unless somebody does not want them at all."""
    by_vendor: defaultdict[Slug, list[Filter]] = defaultdict(list)
    for subscription in material.subscriptions:
        off = subscription.filter.maintenance == "off"
        wanted = replace(subscription.filter, maintenance="off" if off else "on")
        also = tuple(replace(other, maintenance=wanted.maintenance) for other in wanted.also)
        by_vendor[subscription.vendor].append(replace(wanted, also=also))
    parts = {
        slug: {c.id: c for c in state.snapshot.components} if state.snapshot else {}
        for slug, state in material.states.items()
    }
    for record in material.records:
        slug = record.incident.vendor
        verdicts = route(record.incident, parts.get(slug, {}), by_vendor[slug])
        if slug in material.states and any(verdict.deliver for verdict in verdicts):
            kept = material.kept_back.get((slug, record.incident.id))
            # Where it gets nothing else, its digest keeps nothing back.
            kept = None if kept is HeldReason.DIGEST_ONLY else kept
            yield record, material.states[slug].vendor, kept.value if kept else ""


def _belongs(record: IncidentRecord, since: datetime, until: datetime, period: timedelta, was_open: bool) -> bool:
    incident, is_new = record.incident, record.first_seen > since
    if incident.explained_by is not None or record.merged_into is not None or record.first_seen > until:
        return False
    if _is_planned(incident):
        return is_new or incident.started <= until + AHEAD * period
    if not _is_over(record, until):
        return True
    ended = _ended(record)
    return ended > since or (ended > since - LAG and (is_new or was_open))


def _is_planned(incident: Incident) -> bool:
    return incident.kind is IncidentKind.MAINTENANCE and incident.phase is Phase.SCHEDULED and incident.is_open


def _ended(record: IncidentRecord) -> datetime:
    return record.ended or record.incident.resolved or record.incident.started


def _is_over(record: IncidentRecord, until: datetime) -> bool:
    """What ended since is the next digest's."""
    return not record.incident.is_open and _ended(record) <= until


def _entry(record: IncidentRecord, vendor: Vendor, kept_back: str, until: datetime) -> DigestEntry:
    if _is_planned(record.incident):
        section = DigestSection.PLANNED
    elif not _is_over(record, until):
        section = DigestSection.OPEN
    else:
        section = DigestSection.KEPT_BACK if kept_back else DigestSection.OVER
    return _placed(record, vendor, section, kept_back)


def _placed(record: IncidentRecord, vendor: Vendor, section: DigestSection, kept_back: str) -> DigestEntry:
    ended = None if record.incident.is_open else _ended(record)
    return DigestEntry(section, vendor, record.incident, record.peak, ended, kept_back)


def _rank(entry: DigestEntry) -> tuple[int, int, float, str, str]:
    """Section by section; plans by their start, all else the worst first, then the newest."""
    incident = entry.incident
    begins = incident.started.timestamp()
    name = (entry.vendor.name.casefold(), incident.id)
    if entry.section is DigestSection.PLANNED:
        return (_ORDER.index(entry.section), 0, begins, *name)
    is_plan = incident.kind is IncidentKind.MAINTENANCE
    worst = 0 if entry.peak is None or is_plan else -max(entry.peak, Level.DEGRADED)
    return (_ORDER.index(entry.section), worst, -(entry.ended.timestamp() if entry.ended else begins), *name)
