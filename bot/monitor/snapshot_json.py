"""A reading as the JSON object that ``lookout probe`` prints. Pure; the names in it are promised to users."""

from __future__ import annotations

from datetime import datetime

from bot.domain import Incident, Slug, Snapshot, level_word

Json = dict[str, object]


def to_json(vendor: Slug | None, kind: str, url: str, snapshot: Snapshot) -> Json:
    """Times in ISO 8601, UTC, milliseconds; an unknown level is ``"unknown"``, an unknown phase or impact ``null``,
    with the page's own word for it beside it: ``said``, ``phase_said``, ``impact_said``. ``undated`` and ``zoneless``
    count entries of a feed whose date cannot be read, or has no zone."""
    return {
        "vendor": vendor,
        "kind": kind,
        "url": url,
        "level": level_word(snapshot.level),
        "words": snapshot.status_text,
        "components": [
            {"id": c.id, "name": c.name, "group": c.group, "level": level_word(c.level), **_present(said=c.raw_status)}
            for c in snapshot.components
        ],
        "incidents": [_incident(incident) for incident in snapshot.incidents],
        **_counts(undated=snapshot.undated, zoneless=snapshot.zoneless),
    }


def unreadable_to_json(kind: str | None, reason: str) -> Json:
    """What stands in its place when the page cannot be read."""
    return {"kind": kind, "unreadable": reason}


def iso(at: datetime) -> str:
    """``2026-04-20T17:40:56.860Z``."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _incident(incident: Incident) -> Json:
    return {
        "id": incident.id,
        "title": incident.title,
        "kind": incident.kind.value,
        "phase": incident.phase and incident.phase.value,
        "impact": incident.impact and incident.impact.value,
        "started_at": iso(incident.started),
        "resolved_at": incident.resolved and iso(incident.resolved),
        "url": incident.url,
        **_present(phase_said=incident.raw_phase, impact_said=incident.raw_impact),
        "components": list(incident.components),
        "updates": [
            {"id": u.id, "phase": u.phase and u.phase.value, "at": iso(u.at), "text": u.text} for u in incident.updates
        ],
    }


def _counts(**counts: int) -> Json:
    """Of entries of a feed, where there are any."""
    return {name: number for name, number in counts.items() if number}


def _present(**words: str | None) -> Json:
    return {name: word for name, word in words.items() if word is not None}
