"""incident.io's own formats, beside the one that it shares with Statuspage. Pure.

*Native*: what a page asks ``/proxy/<its host>`` for, and what its HTML carries: components in groups, and all that is
open, with texts and with what is affected now. A component that is not among the affected ones is operational.
*Widget*: ``/api/v1/summary``, if the page allows it: what is open with the newest text only, and affected components.
Formats: https://docs.incident.io/status-pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from bot.domain import ENDED, Component, Impact, Incident, IncidentKind, Level, Phase, Slug, worst
from bot.monitor.parsing.assemble import Post, updates_of
from bot.monitor.parsing.body import first_element
from bot.monitor.parsing.fields import Row, objects, raw_label, read_object, row, rows, string, web_address, word
from bot.monitor.parsing.flight import Flight, is_flight
from bot.monitor.parsing.text import YEARS, one_line, plain, time_of
from bot.monitor.parsing.timeline import ended_at, newest_phase
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers.statuspage.rows import COMPONENT_LEVELS, PHASES

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(rf"[0-7][{_CROCKFORD}]{{25}}")


@dataclass(frozen=True, slots=True)
class Reading:
    """``is_state``: what it does not list is not going on."""

    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]
    is_state: bool = True


def read(vendor: Slug, body: Body) -> Reading | None:
    """``None`` if the body is in neither format. Raises :class:`ParseFailed` if it is, and is broken."""
    if first_element(body) is not None:
        return _read_html(vendor, body) if is_flight(body) else None
    found = read_object(body)
    if "page_title" in found and "ongoing_incidents" in found:
        return _read_widget(vendor, found)
    summary = row(found.get("summary"))
    if _is_native(summary):
        return _read_native(vendor, summary, found)
    return Reading((), _incidents(vendor, rows(found["incidents"]), None), is_state=False) if _is_list(found) else None


def _is_native(summary: Row) -> bool:
    return all(key in summary for key in ("ongoing_incidents", "affected_components", "components"))


def _is_list(found: Row) -> bool:
    """Of incidents alone, as the page's own history asks for it."""
    listed = rows(found.get("incidents"))
    return bool(listed) and all("component_impacts" in each and "published_at" in each for each in listed)


def _read_html(vendor: Slug, body: Body) -> Reading | None:
    flight = Flight(body)
    summary = next(flight.find("ongoing_incidents", "affected_components", "components"), None)
    if summary is None:
        return None
    past = [each for holder in flight.find("incidents") for each in rows(holder["incidents"]) if "updates" in each]
    below = next(flight.find("initialSubpages"), {}).get("initialSubpages")
    beside = {"incidents": flight.resolve(past), "pages_below": flight.resolve(below)}
    return _read_native(vendor, row(flight.resolve(summary)), beside)


# --- native ---------------------------------------------------------------------------------------------------------


def _read_native(vendor: Slug, summary: Row, beside: Row) -> Reading:
    """``beside``: what stands beside the summary; HTML has the newest incidents there, ended ones too, and the pages
    below this one, with their states."""
    root = (web_address(summary.get("public_url")) or "").rstrip("/") or None
    listed = [
        *objects(summary["ongoing_incidents"], "ongoing incidents"),
        *objects(summary.get("scheduled_maintenances"), "scheduled maintenances"),
        *rows(beside.get("incidents")),
    ]
    below = (_page_below(each) for each in rows(beside.get("pages_below")))
    components = {component.id: component for component in (*below, *_components(summary)) if component}
    return Reading(tuple(components.values()), _incidents(vendor, listed, root))


def _page_below(raw: Row) -> Component | None:
    """A page below this one as a part of it."""
    key, state = string(raw.get("id")), raw.get("worst_component_status")
    level = COMPONENT_LEVELS.get(word(state))
    name = one_line(string(raw.get("name"))) or key
    return Component(key, name, level, raw_status=raw_label(level, state)) if key else None


def _components(summary: Row) -> tuple[Component, ...]:
    listed = objects(summary["affected_components"], "affected components")
    affected, statuses = _affected(listed), {_key(each): _now(each) for each in listed}
    found: dict[str, Component] = {}
    for each, group in (*_placed(summary), *((each, None) for each in objects(summary["components"], "components"))):
        key = _key(each)
        if key and key not in found:
            name = one_line(string(each.get("name"))) or key
            level = affected.get(key, Level.OPERATIONAL)
            hidden, unknown = each.get("hidden") is True, raw_label(level, statuses.get(key))
            found[key] = Component(key, name, level, group=group, hidden_when_ok=hidden, raw_status=unknown)
    for key in affected.keys() - found.keys():
        found[key] = Component(key, key, affected[key], raw_status=raw_label(affected[key], statuses[key]))
    return tuple(found.values())


def _placed(summary: Row) -> Iterator[tuple[Row, str | None]]:
    """Components in the order of the page, each with its group; a page below this one counts as a group."""
    for item in rows(row(summary.get("structure")).get("items")):
        if isinstance(item.get("component"), dict):
            yield row(item["component"]), None
        for group in (row(item.get("group")), row(item.get("sub_page"))):
            name = one_line(string(group.get("name"))) or None
            for each in rows(group.get("components")):
                yield each, name


def _affected(listed: Iterable[Row]) -> dict[str, Level | None]:
    """Levels now."""
    return {key: COMPONENT_LEVELS.get(word(_now(each))) for each in listed if (key := _key(each))}


def _key(raw: Row) -> str:
    return string(raw.get("component_id")) or string(raw.get("id"))


def _now(raw: Row) -> str:
    """The current state; the worst so far stands beside it. ``$undefined`` where data was taken out of a page as it
    stands."""
    return string(raw.get("current_status")).replace("$undefined", "") or string(raw.get("status"))


def _incidents(vendor: Slug, listed: Iterable[Row], root: str | None) -> tuple[Incident, ...]:
    incidents: dict[str, Incident] = {}
    for raw in listed:
        if ("updates" in raw or "name" in raw) and (incident := _incident(vendor, raw, root)) is not None:
            incidents.setdefault(incident.id, incident)
    return tuple(incidents.values())


def _incident(vendor: Slug, raw: Row, root: str | None) -> Incident | None:
    key = string(raw.get("id"))
    published = time_of(raw.get("published_at"))
    planned = word(raw.get("type")) == "maintenance" or word(raw.get("status")).startswith("maintenance")
    posted = [(at, each) for each in rows(raw.get("updates")) if (at := time_of(each.get("published_at")) or published)]
    posts = [
        Post(
            at,
            plain(string(each.get("message_string"))),
            PHASES.get(word(each.get("to_status"))),
            string(each.get("id")),
        )
        for at, each in posted
    ]
    updates = updates_of(key, posts)
    phase = PHASES.get(word(raw.get("status"))) if string(raw.get("status")) else newest_phase(updates)
    if phase is Phase.RESOLVED and web_address(raw.get("write_up_url")):
        phase = Phase.POSTMORTEM
    start, until = _window(raw) if planned else (None, None)
    started = start or published or (updates[0].at if updates else None)
    if not key or started is None:
        if phase in ENDED:
            return None
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    affected = _affected(rows(raw.get("affected_components")))
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else None,
        started=started,
        resolved=(ended_at(updates) or until or started) if phase in ENDED else None,
        planned_end=until,
        url=root and f"{root}/incidents/{quote(key, safe='')}",
        level=worst([Level.MAINTENANCE if planned else None, _level(raw, affected, over=phase in ENDED)]),
        components=tuple(affected),
        raw_phase=raw_label(phase, raw.get("status")),
        updates=updates,
    )


def _level(raw: Row, affected: Mapping[str, Level | None], *, over: bool) -> Level | None:
    """The worst that is affected now, as the page shows it; once it is over, the worst that ever was.

    Where no component is named, the page's summary of the time that goes on tells.
    """
    spans = [each.get("worst_component_status") for each in rows(raw.get("status_summaries"))]
    if over:
        ever = [each.get("status") for each in rows(raw.get("affected_components"))]
        return worst(COMPONENT_LEVELS.get(word(status)) for status in (*ever, *spans))
    if affected:
        return worst(affected.values())
    return COMPONENT_LEVELS.get(word(spans[-1])) if spans else None


def _window(raw: Row) -> tuple[datetime | None, datetime | None]:
    """When a maintenance is planned for."""
    spans = [*rows(raw.get("component_impacts")), *rows(raw.get("status_summaries"))]
    starts = [at for each in spans if (at := time_of(each.get("start_at")))]
    ends = [at for each in spans if (at := time_of(each.get("end_at")))]
    return min(starts, default=None), max(ends, default=None)


# --- widget ---------------------------------------------------------------------------------------------------------


def _read_widget(vendor: Slug, found: Row) -> Reading:
    components: dict[str, Component] = {}
    incidents: dict[str, Incident] = {}
    for key in ("ongoing_incidents", "in_progress_maintenances", "scheduled_maintenances"):
        for raw in objects(found.get(key), key.replace("_", " ")):
            incident = _of_widget(vendor, raw, planned=key != "ongoing_incidents")
            incidents.setdefault(incident.id, incident)
            for each in rows(raw.get("affected_components")) if key != "scheduled_maintenances" else ():
                name = one_line(string(each.get("name")))
                group = one_line(string(each.get("group_name"))) or None
                level = COMPONENT_LEVELS.get(word(each.get("current_status")))
                known = components.get(string(each.get("id")))
                if each_id := string(each.get("id")):
                    worse = worst([level, known.level]) if known else level
                    label = raw_label(worse, each.get("current_status"))
                    components[each_id] = Component(each_id, name or each_id, worse, group=group, raw_status=label)
    return Reading(tuple(components.values()), tuple(incidents.values()))


def _of_widget(vendor: Slug, raw: Row, *, planned: bool) -> Incident:
    key = string(raw.get("id"))
    phase = PHASES.get(word(raw.get("status")))
    last = time_of(raw.get("last_update_at"))
    given = time_of(raw.get("started_at")) or time_of(raw.get("starts_at"))
    started = given or _made_at(key) or last
    if not key or started is None:
        raise ParseFailed("An incident of the page has no id, or no time that can be read.")
    text = plain(string(raw.get("last_update_message")))
    affected = _affected(rows(raw.get("affected_components")))
    current = COMPONENT_LEVELS.get(word(raw.get("current_worst_impact")))
    updates = updates_of(key, [Post(last, text, phase)] if last and text else ())
    return Incident(
        vendor=vendor,
        id=key,
        kind=IncidentKind.MAINTENANCE if planned else IncidentKind.INCIDENT,
        title=one_line(string(raw.get("name"))) or "Untitled",
        phase=phase,
        impact=Impact.MAINTENANCE if planned else None,
        started=started,
        resolved=last or started if phase in ENDED else None,
        planned_end=time_of(raw.get("scheduled_end_at")) or time_of(raw.get("ends_at")) if planned else None,
        url=web_address(raw.get("url")),
        level=worst([Level.MAINTENANCE if planned else None, current, *affected.values()]),
        components=tuple(affected),
        raw_phase=raw_label(phase, raw.get("status")),
        updates=updates,
    )


def _made_at(ulid: str) -> datetime | None:
    """The time in a ULID: the widget tells no start, and the last update's time moves."""
    if not _ULID.fullmatch(ulid):
        return None
    ms = 0
    for digit in ulid[:10]:
        ms = ms * 32 + _CROCKFORD.index(digit)
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    except OverflowError:
        return None
    return at if at.year in YEARS else None
