"""Says for each filter whether an incident passes it, and why; for each service, whether it is hit, and
how what it needs stands. Pure; may not know the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain import (
    Component,
    Filter,
    Hit,
    Incident,
    IncidentKind,
    Level,
    PageState,
    Service,
    ServiceState,
    ServiceTiles,
    Slug,
    Snapshot,
    Tile,
    Verdict,
    VerdictReason,
    worst,
)
from bot.domain.globs import matches, matches_any, matches_folded

EVERYWHERE = "global"
"""The region of what has no region. An incident there concerns every region that was asked for."""

_DETAIL_NAMES = 5
_UNNAMED = frozenset({VerdictReason.NO_COMPONENT_GIVEN, VerdictReason.NO_REGION_GIVEN})


def route(incident: Incident, components: Mapping[str, Component], filters: Sequence[Filter]) -> Sequence[Verdict]:
    """For each filter, in order, its verdict. ``components`` are the vendor's, by id."""
    facts = _Facts(incident, components)
    verdicts = {wanted: facts.judge(wanted) for wanted in set(filters)}
    return [verdicts[wanted] for wanted in filters]


def judge(incident: Incident, components: Mapping[str, Component], wanted: Filter) -> Verdict:
    """Whether the incident passes the filter.

    What the page leaves out never holds an incident back: one that names no component, no region or no level passes
    that part of the filter, and the verdict says so. Excluded components hold it back only if it names no other.
    A maintenance needs ``maintenance`` on, and then no minimum level.
    """
    return _Facts(incident, components).judge(wanted)


def hits(incident: Incident, components: Mapping[str, Component], services: Sequence[Service]) -> tuple[Hit, ...]:
    """Which of these services an open incident hits, maintenances too, in their order. One that does not say what it
    is about may hit all that need a part of its vendor."""
    if not services or not incident.is_open:
        return ()
    facts, found = _Facts(incident, components), []
    for service in services:
        verdicts = [facts.judge(_at_any_time(needed)) for needed in service.filters(incident.vendor)]
        passing = [verdict for verdict in verdicts if verdict.deliver]
        if passing:
            found.append(Hit(service.name, certain=any(verdict.reason not in _UNNAMED for verdict in passing)))
    return tuple(found)


def service_state(service: Service, states: Mapping[Slug, PageState]) -> ServiceState:
    """``states``: of its vendors; one that is not among them is left out."""
    known = [states[slug] for slug in service.vendors if slug in states]
    return ServiceState(service, tuple(narrow(state, service.filters(state.vendor.slug)) for state in known))


def by_service(
    tiles: Sequence[Tile], needs: Mapping[Slug, Sequence[Service]], components: Mapping[Slug, Sequence[Component]]
) -> tuple[ServiceTiles, ...]:
    """The tiles of each service, by name. ``needs``: by vendor, the services that need it; ``components``: of those
    vendors of which parts are needed."""
    found: dict[str, list[Tile]] = {}
    for tile in tiles:
        state = tile.state
        slug, snapshot = state.vendor.slug, state.snapshot
        if snapshot is not None and slug in components:
            state = replace(state, snapshot=replace(snapshot, components=tuple(components[slug])))
        for service in needs.get(slug, ()):
            filters = service.filters(slug)
            narrowed, whole = narrow(state, filters), Filter() in filters
            since = tile.since if whole or narrowed.snapshot is None else _trouble_began(narrowed.snapshot)
            found.setdefault(service.name, []).append(replace(tile, state=narrowed, since=since))
    return tuple(ServiceTiles(name, tuple(found[name])) for name in sorted(found, key=str.casefold))


def _trouble_began(snapshot: Snapshot) -> datetime | None:
    """When the first of what is under way did: how long its parts have had a level is not at hand."""
    return min((i.started for i in snapshot.incidents if i.effective_level > Level.OPERATIONAL), default=None)


def narrow(state: PageState, needs: Sequence[Filter]) -> PageState:
    """The state of what is needed of a vendor alone: its components, what hits them, the worst level of these; ``None``
    where the page lists nothing of it. A page that lists no components has one level for all of them."""
    snapshot = state.snapshot
    if snapshot is None or any(needed == Filter() for needed in needs):
        return state
    parts = {component.id: component for component in snapshot.components}
    wanted = [_at_any_time(needed) for needed in needs]
    incidents = tuple(i for i in snapshot.incidents if any(judge(i, parts, needed).deliver for needed in wanted))
    components = tuple(c for c in snapshot.components if any(_is_needed(c, needed) for needed in needs))
    level = worst([*(c.level for c in components), *(i.effective_level for i in incidents)])
    if not snapshot.components:
        level = snapshot.level
    narrowed = replace(snapshot, components=components, incidents=incidents, level=level)
    return replace(state, snapshot=narrowed)


def _at_any_time(needed: Filter) -> Filter:
    return replace(needed, maintenance="on")


def _is_needed(component: Component, needed: Filter) -> bool:
    if any(is_named(component, glob) for glob in needed.excluded):
        return False
    if needed.components and not any(is_named(component, glob) for glob in needed.components):
        return False
    globs = (EVERYWHERE, *needed.regions)
    return not needed.regions or not component.region or any(matches(glob, component.region) for glob in globs)


def is_named(component: Component, glob: str) -> bool:
    """Whether a glob of a filter stands for the component: for its id, name, group or ``Group / Name``."""
    return matches_any(glob, _handles(component))


def named_in(wanted: Filter) -> tuple[str, ...]:
    """What of the page a filter names: parts and regions."""
    return (*wanted.components, *wanted.excluded, *wanted.regions)


def unmatched(wanted: Filter, components: Sequence[Component]) -> tuple[str, ...]:
    """What a filter names and the page does not have. A page that lists no components, or no regions, is not held to
    them: then every incident passes that part."""
    globs = (*wanted.components, *wanted.excluded) if components else ()
    parts = [glob for glob in globs if not any(is_named(component, glob) for component in components)]
    known = {component.region for component in components if component.region}
    regions = [glob for glob in wanted.regions if known and not matches_any(glob, known)]
    return tuple(dict.fromkeys([*parts, *regions]))


class _Facts:
    """What filters ask of one incident, worked out once for all of them."""

    def __init__(self, incident: Incident, components: Mapping[str, Component]) -> None:
        self.incident = incident
        self.named = [components.get(id_) or Component(id_, id_, None) for id_ in incident.components]
        self.handles = {c.id: _handles(c) for c in self.named}
        self.text = "\n".join((incident.title, *(u.text for u in incident.updates))).casefold()

    def judge(self, wanted: Filter) -> Verdict:
        verdict = self._judge(wanted)
        if verdict.deliver or not wanted.also:
            return verdict
        return next((found for other in wanted.also if (found := self._judge(other)).deliver), verdict)

    def _judge(self, wanted: Filter) -> Verdict:
        maintenance = self.incident.kind is IncidentKind.MAINTENANCE
        if maintenance and wanted.maintenance != "on":
            in_digest = wanted.maintenance == "digest"
            return Verdict(False, VerdictReason.MAINTENANCE_IN_DIGEST if in_digest else VerdictReason.MAINTENANCE_OFF)

        left = [c for c in self.named if not self._is_one_of(c, wanted.excluded)]
        if self.named and not left:
            return Verdict(False, VerdictReason.EXCLUDED_COMPONENTS, _labels(self.named))
        hits = [c for c in left if self._is_one_of(c, wanted.components)] if wanted.components else left
        if self.named and not hits:
            return Verdict(False, VerdictReason.OTHER_COMPONENTS, _labels(left))

        in_region = self._regions(wanted, hits) if wanted.regions else None
        if in_region and not in_region.deliver:
            return in_region

        level = self.incident.level
        if wanted.min_level is not None and not maintenance and level is not None and level < wanted.min_level:
            return Verdict(False, VerdictReason.BELOW_MIN_LEVEL, level.word)

        if wanted.match is not None and wanted.match.casefold() not in self.text:
            return Verdict(False, VerdictReason.TEXT_NOT_FOUND, wanted.match)

        if not self.named and (wanted.components or wanted.excluded):
            return Verdict(True, VerdictReason.NO_COMPONENT_GIVEN)
        if in_region and in_region.reason is VerdictReason.NO_REGION_GIVEN:
            return in_region
        if wanted.min_level is not None and not maintenance and level is None:
            return Verdict(True, VerdictReason.LEVEL_NOT_GIVEN)
        if wanted.components:
            return Verdict(True, VerdictReason.COMPONENT_NAMED, _labels(hits))
        if in_region:
            return in_region
        if wanted.match is not None:
            return Verdict(True, VerdictReason.TEXT_MATCHED, wanted.match)
        return Verdict(
            True, VerdictReason.WHOLE_VENDOR, level.word if wanted.min_level is not None and level is not None else ""
        )

    def _regions(self, wanted: Filter, hits: Sequence[Component]) -> Verdict:
        """By the regions of the components that count, and the incident's own where one of those has none."""
        regions = dict.fromkeys(c.region for c in hits if c.region)
        regionless = not hits or any(not c.region for c in hits)
        if regionless or not wanted.components:
            regions |= dict.fromkeys(self.incident.regions)
        globs = (EVERYWHERE, *wanted.regions)
        matched = [r for r in regions if any(matches(glob, r) for glob in globs)]
        if matched:
            return Verdict(True, VerdictReason.REGION_NAMED, _listed(matched))
        if regionless and not self.incident.regions:
            return Verdict(True, VerdictReason.NO_REGION_GIVEN)
        return Verdict(False, VerdictReason.OTHER_REGIONS, _listed(list(regions)))

    def _is_one_of(self, component: Component, globs: tuple[str, ...]) -> bool:
        handles = self.handles[component.id]
        return any(matches_folded(glob, handle) for glob in map(str.casefold, globs) for handle in handles)


def _handles(component: Component) -> set[str]:
    handles = (component.id, component.name, component.group or "", component.label)
    return {handle.casefold() for handle in handles if handle}


def _labels(components: Sequence[Component]) -> str:
    return _listed([c.label for c in components])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _DETAIL_NAMES
    return ", ".join(names[:_DETAIL_NAMES]) + (f" and {more} more" if more > 0 else "")
