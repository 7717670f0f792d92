"""What somebody who is still typing an argument may mean, for platforms that can show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple
from zoneinfo import available_timezones

from bot.catalog import Found
from bot.commands.command import Takes
from bot.commands.desk import Desk
from bot.domain import Channel, Slug
from bot.store.values import PageState

MOST = 25
"""As many as Discord shows."""
SPANS = ("1h", "4h", "8h", "until 9:00", "1d", "until resolved")
EVERYTHING = "all"


class Choice(NamedTuple):
    """``name`` is shown, ``value`` is what is then taken as typed."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Asked:
    """``typed`` so far for an argument of ``command`` that takes ``takes``; ``given``: other arguments by name."""

    command: str
    takes: Takes
    typed: str
    channel: Channel
    given: Mapping[str, str] = field(default_factory=dict)


def complete(asked: Asked, desk: Desk) -> tuple[Choice, ...]:
    """At most :data:`MOST`, the likeliest first; none where nothing can be known."""
    offer = _OFFERS.get(asked.takes)
    return tuple(offer(asked, desk))[:MOST] if offer else ()


def _vendors(asked: Asked, desk: Desk) -> Iterable[Choice]:
    if asked.command != "unsubscribe":
        return [Choice(vendor.name, vendor.slug) for vendor in desk.catalog.complete(asked.typed, MOST)]
    held = [Choice(state.vendor.name, state.vendor.slug) for state in desk.subscribed(asked.channel)]
    return _holding(asked.typed, [*held, Choice("Everything", EVERYTHING)] if held else [])


def _components(asked: Asked, desk: Desk) -> Iterable[Choice]:
    state = _vendor(asked, desk)
    parts = state.snapshot.components if state and state.snapshot else ()
    names = dict.fromkeys([*(part.label for part in parts), *(part.group for part in parts if part.group)])
    return _holding(asked.typed, [Choice(name, name) for name in names])


def _regions(asked: Asked, desk: Desk) -> Iterable[Choice]:
    state = _vendor(asked, desk)
    parts = state.snapshot.components if state and state.snapshot else ()
    names = sorted({part.region for part in parts if part.region})
    return _holding(asked.typed, [Choice(name, name) for name in names])


def _incidents(asked: Asked, desk: Desk) -> Iterable[Choice]:
    """What is open at this channel's vendors, the newest first."""
    opened = [
        (incident.started, Choice(f"{state.vendor.name} — {incident.title}", f"{state.vendor.slug}/{incident.id}"))
        for state in desk.subscribed(asked.channel)
        if state.snapshot
        for incident in state.snapshot.incidents
        if incident.is_open
    ]
    return _holding(asked.typed, [choice for _, choice in sorted(opened, key=lambda o: o[0], reverse=True)])


def _zones(asked: Asked, _: Desk) -> Iterable[Choice]:
    return _holding(asked.typed.replace(" ", "_"), _all_zones())


def _spans(asked: Asked, _: Desk) -> Iterable[Choice]:
    return _holding(asked.typed, [Choice(span, span) for span in SPANS])


_OFFERS: dict[Takes, Callable[[Asked, Desk], Iterable[Choice]]] = {
    Takes.VENDOR: _vendors,
    Takes.COMPONENT: _components,
    Takes.REGION: _regions,
    Takes.INCIDENT: _incidents,
    Takes.ZONE: _zones,
    Takes.SPAN: _spans,
}


@cache
def _all_zones() -> list[Choice]:
    return [Choice(zone, zone) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


def _vendor(asked: Asked, desk: Desk) -> PageState | None:
    """The vendor that was given before."""
    found = desk.catalog.find(asked.given.get("vendor", ""))
    if not isinstance(found, Found):
        return None
    return next(iter(desk.by_slug([Slug(found.vendor.slug)])), None)


def _holding(typed: str, choices: Iterable[Choice]) -> list[Choice]:
    """Those with the text in them, those that begin with it first."""
    key = typed.strip().casefold()
    found = [c for c in choices if key in c.name.casefold() or key in c.value.casefold()]
    return sorted(found, key=lambda c: not c.name.casefold().startswith(key))
