"""Completions of an argument while it is typed, for platforms that can show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple
from zoneinfo import available_timezones

from bot.catalog import Completion, Found
from bot.commands.command import ArgumentKind
from bot.commands.context import CommandContext
from bot.commands.definition import service_typed
from bot.commands.services import TROUBLE
from bot.domain import Channel, PageState, Slug, Vendor
from bot.wording.incidents import reference
from bot.wording.mutes import MutedItem

MAX_CHOICES = 25
"""As many as Discord shows."""
SHORT_NAME = 3
SPANS = ("1h", "4h", "8h", "until 9:00", "1d", "until resolved")
LEADS = ("1h,1d", "1h", "1d", "30m", "1h,1d,7d", "off")
HOLDS = ("5m", "10m", "15m", "30m", "1h", "5m,all", "off")
UNTIL_CHANGED = "until changed"
EVERYTHING = "all"
_OF_VENDORS_TOO = frozenset({"mute", "why"})
"""Commands that take an incident or, in its place, a vendor with all its incidents."""


_OF_SERVICES_TOO = frozenset({"status", "subscribe", "unsubscribe"})


class Choice(NamedTuple):
    """One completion that a platform can offer."""

    name: str
    """What is shown."""
    value: str
    """What is taken as typed."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What somebody who types an argument of a command has typed so far."""

    command: str
    kind: ArgumentKind
    """What the argument is."""
    prefix: str
    """The text so far; may be empty."""
    channel: Channel
    given: Mapping[str, str] = field(default_factory=dict)
    """The other arguments of the line, by name."""


def completes(kind: ArgumentKind) -> bool:
    """Whether values of this kind are offered while one is typed."""
    return kind in _COMPLETERS


def complete(request: CompletionRequest, context: CommandContext) -> tuple[Choice, ...]:
    """At most :data:`MAX_CHOICES`, the likeliest first; none where nothing can be known."""
    offer = _COMPLETERS.get(request.kind)
    return tuple(offer(request, context))[:MAX_CHOICES] if offer else ()


def _vendors(request: CompletionRequest, context: CommandContext) -> Iterable[Choice]:
    ours = _our_services(request, context) if request.command in _OF_SERVICES_TOO else []
    return [*ours, *_listed_vendors(request, context)]


def _our_services(request: CompletionRequest, context: CommandContext) -> list[Choice]:
    """Services in a vendor's place."""
    if request.command == "unsubscribe":
        names = [one.name for one in context.store.services.followed(request.channel)]
    else:
        names = [one.name for one in context.store.services.of(request.channel)] if request.prefix.strip() else []
    return _containing(
        request.prefix, [Choice(f"{name} — service", f"service:{service_typed(name)}") for name in names]
    )


def _listed_vendors(request: CompletionRequest, context: CommandContext) -> Iterable[Choice]:
    if request.command != "unsubscribe":
        offered = context.catalog.complete(request.prefix, MAX_CHOICES)
        named = context.catalog.exact(request.prefix)
        if named and all(found.vendor != named for found in offered):
            offered = (Completion(named), *offered)
        return [_offered(found, context) for found in offered]
    subscribed = _subscribed(request, context)
    return _containing(request.prefix, [*subscribed, Choice("Everything", EVERYTHING)] if subscribed else [])


def _offered(found: Completion, context: CommandContext) -> Choice:
    """``Amazon Web Services — S3``: with what begins as typed. A product is taken by its name, which leads to its
    part."""
    vendor = found.vendor
    weak = "" if vendor.enabled else " (not watched)"
    names = (found.whole, f"{vendor.slug} {found.whole}") if found.whole else ()
    value = next((name for name in names if context.catalog.exact(name) == vendor), vendor.slug)
    return Choice(f"{vendor.name}{f' — {_shown(found.name)}' if found.name else ''}{weak}", value)


def _shown(alias: str) -> str:
    """Aliases are in lower case; a short one is mostly an abbreviation, and may as well be none."""
    return alias.capitalize() if alias.islower() and alias.isalpha() and len(alias) > SHORT_NAME else alias


def _services(request: CompletionRequest, context: CommandContext) -> Iterable[Choice]:
    known = [Choice(one.name, one.name) for one in context.store.services.of(request.channel)]
    trouble = [Choice("Only whose vendors have trouble", TROUBLE)] if request.command == "services" else []
    return _containing(request.prefix, [*known, *trouble])


def _components(request: CompletionRequest, context: CommandContext) -> Iterable[Choice]:
    state = _vendor(request, context)
    parts = state.snapshot.components if state and state.snapshot else ()
    names = dict.fromkeys([*(part.label for part in parts), *(part.group for part in parts if part.group)])
    return _containing(request.prefix, [Choice(name, name) for name in names])


def _regions(request: CompletionRequest, context: CommandContext) -> Iterable[Choice]:
    state = _vendor(request, context)
    parts = state.snapshot.components if state and state.snapshot else ()
    names = sorted({part.region for part in parts if part.region})
    return _containing(request.prefix, [Choice(name, name) for name in names])


def _incidents(request: CompletionRequest, context: CommandContext) -> Iterable[Choice]:
    """What is open at this channel's vendors, the newest first; the vendors themselves, where one can be meant. Of what
    is muted, what there is."""
    if request.command == "unmute":
        return _containing(request.prefix, _muted(request, context))
    subscribed = _subscribed(request, context)
    names = {slug: name for name, slug in subscribed}
    open_incidents = [
        Choice(f"{names[record.incident.vendor]} — {record.incident.title}", reference(record.incident))
        for record in context.store.records.incidents([Slug(slug) for slug in names], context.now, texts=False)
        if record.incident.is_open
    ]
    return _containing(request.prefix, [*open_incidents, *(subscribed if request.command in _OF_VENDORS_TOO else ())])


def _muted(request: CompletionRequest, context: CommandContext) -> Sequence[Choice]:
    muted = context.store.mutes.of_channel(request.channel, context.now)
    vendors = {vendor.slug: vendor for vendor in _vendors_by_slug([m.vendor for m in muted], context)}
    items = [MutedItem(vendors[m.vendor], m.mute, m.incident) for m in muted if m.vendor in vendors]
    return [*(Choice(s.name, s.argument) for s in items), *([Choice("Everything", EVERYTHING)] if items else [])]


def _subscribed(request: CompletionRequest, context: CommandContext) -> Sequence[Choice]:
    """The channel's vendors."""
    return [Choice(v.name, v.slug) for v in _vendors_by_slug(context.store.channels.vendors(request.channel), context)]


def _vendors_by_slug(slugs: Sequence[Slug], context: CommandContext) -> Sequence[Vendor]:
    """By the catalog, which is at hand; the store is asked only for those that left it."""
    listed = {slug: context.catalog.get(slug) for slug in slugs}
    missing = [slug for slug, vendor in listed.items() if vendor is None]
    stored = {vendor.slug: vendor for vendor in context.vendors(missing)}
    return [vendor for slug in slugs if (vendor := listed[slug] or stored.get(slug))]


def _zones(request: CompletionRequest, _: CommandContext) -> Iterable[Choice]:
    return _containing(request.prefix.replace(" ", "_"), _all_zones())


def _clocks(request: CompletionRequest, _: CommandContext) -> Iterable[Choice]:
    times = [f"{hour}:00" for hour in (9, *(h for h in range(24) if h != 9))]
    return _containing(request.prefix, [Choice(at, at) for at in times])


def _leads(request: CompletionRequest, _: CommandContext) -> Iterable[Choice]:
    return _containing(request.prefix, [Choice(leads, leads) for leads in LEADS])


def _spans(request: CompletionRequest, _: CommandContext) -> Iterable[Choice]:
    spans = (UNTIL_CHANGED, *SPANS) if request.command == "ignore" else SPANS
    return _containing(request.prefix, [Choice(span, span) for span in spans])


def _holds(request: CompletionRequest, _: CommandContext) -> Iterable[Choice]:
    return _containing(request.prefix, [Choice(hold, hold) for hold in HOLDS])


_COMPLETERS: dict[ArgumentKind, Callable[[CompletionRequest, CommandContext], Iterable[Choice]]] = {
    ArgumentKind.VENDOR: _vendors,
    ArgumentKind.COMPONENT: _components,
    ArgumentKind.REGION: _regions,
    ArgumentKind.INCIDENT: _incidents,
    ArgumentKind.ZONE: _zones,
    ArgumentKind.SPAN: _spans,
    ArgumentKind.CLOCK: _clocks,
    ArgumentKind.LEADS: _leads,
    ArgumentKind.SERVICE: _services,
    ArgumentKind.HOLD: _holds,
}


@cache
def _all_zones() -> list[Choice]:
    return [Choice(zone, zone) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


def _vendor(request: CompletionRequest, context: CommandContext) -> PageState | None:
    """The vendor that was given before."""
    found = context.catalog.find(request.given.get("vendor", ""))
    if not isinstance(found, Found):
        return None
    return next(iter(context.by_slug([Slug(found.vendor.slug)])), None)


def _containing(prefix: str, choices: Iterable[Choice]) -> list[Choice]:
    """Those with the text in them, those that begin with it first."""
    key = prefix.strip().casefold()
    found = [c for c in choices if key in c.name.casefold() or key in c.value.casefold()]
    return sorted(found, key=lambda c: not c.name.casefold().startswith(key))
