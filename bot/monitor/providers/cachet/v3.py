"""Cachet 3's JSON:API, written as the rows of version 2: the two tell the same, in another shape. Pure.

Format: https://github.com/cachethq/core/tree/main/src/Http/Resources.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.monitor.parsing.fields import Row, items, row, rows, string

TYPES = {"components": "components", "incidents": "incidents", "schedules": "schedules", "componentGroups": "groups"}

Included = Mapping[tuple[str, str], Row]


def rows_of(found: Row) -> tuple[str, list[Row]] | None:
    """What the resources of a document are, and they as rows; ``None`` for another document."""
    data = found.get("data")
    listed = rows(data)
    if not listed or not isinstance(data, list) or len(listed) != len(data):
        return None
    kind = string(listed[0].get("type"))
    if kind not in TYPES or not all("attributes" in each and each.get("type") == kind for each in listed):
        return None
    included = {(string(each.get("type")), string(each.get("id"))): each for each in rows(found.get("included"))}
    return TYPES[kind], [_as_row(each, included) for each in listed]


def _as_row(resource: Row, included: Included) -> Row:
    attributes = row(resource.get("attributes"))
    group = _related(resource, "group", included)
    return {
        "id": attributes.get("id", resource.get("id")),
        "name": attributes.get("name"),
        "message": attributes.get("message"),
        "enabled": attributes.get("enabled"),
        # What incidents and maintenances make of a component's own state.
        "status": _value(attributes.get("latest_status")) or _value(attributes.get("status")),
        "status_name": _human(attributes.get("latest_status")) or _human(attributes.get("status")),
        "reported": True,
        "group": row(group[0].get("attributes")).get("name") if group else None,
        "occurred_at": _time(attributes.get("occurred")) or _time(attributes.get("published")),
        "created_at": _time(attributes.get("created")),
        "updated_at": _time(attributes.get("updated")),
        "scheduled_at": _time(attributes.get("scheduled")),
        "completed_at": _time(attributes.get("completed")),
        "components": [_as_part(each) for each in _related(resource, "components", included)],
        "updates": [_as_row(each, {}) for each in _related(resource, "updates", included)],
    }


def _as_part(resource: Row) -> Row:
    attributes = row(resource.get("attributes"))
    status = row(row(attributes.get("pivot")).get("component_status"))
    return {"id": attributes.get("id", resource.get("id")), "status": status.get("value")}


def _related(resource: Row, name: str, included: Included) -> list[Row]:
    data = row(row(resource.get("relationships")).get(name)).get("data")
    links = rows(data if isinstance(data, list) else items([data]))
    return [included.get((string(each.get("type")), string(each.get("id"))), each) for each in links]


def _value(value: object) -> object:
    return row(value).get("value")


def _human(value: object) -> object:
    return row(value).get("human")


def _time(value: object) -> object:
    return row(value).get("string")
