"""What programs look up: vendors, their parts, incidents and days, and what a channel subscribes to."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.catalog import Found
from bot.commands.context import CommandContext
from bot.commands.days import day_starts
from bot.commands.incidents import find_incidents, past_days
from bot.commands.on_record import ListedHere, VendorsNow, listed_everywhere, listed_here, past_incidents, vendors_now
from bot.commands.operations import results
from bot.commands.operations.given import BadInput, Given, NotThere
from bot.commands.operations.shown import (
    incident_details,
    incident_summary,
    parts_of,
    phase_word,
    shown_part,
    shown_statuses,
    vendor_status,
)
from bot.commands.period import last_days
from bot.commands.request import Request
from bot.commands.status import parts_asked_for, to_use_instead
from bot.commands.subscriptions import subscription_arguments
from bot.domain import (
    LEVEL_OF_SEVERITY,
    Incident,
    IncidentChoice,
    IncidentKind,
    IncidentPlace,
    PageState,
    Slug,
    Subscription,
    Vendor,
    VendorNote,
    level_word,
)
from bot.store.feed import NewLevel, NewUpdate, Place
from bot.wording.vendor_state import level_now

DAYS = 30
PAGE_SIZE = 50
"""Of a list, where the program names none."""
MAX_DIGITS = 19
"""Of a row's number."""
_AS_BEFORE = "Give “{}” as the answer before had it under “next”."


def search(given: Given, request: Request, context: CommandContext) -> results.FoundVendors:
    """By name, product, address or the beginning of one; without a text all, by their slugs."""
    text, limit, cursor = given.text("text"), given.number("limit", PAGE_SIZE), read_cursor(given)
    more = False
    if text:
        found = context.catalog.find(text)
        named = (found.vendor,) if isinstance(found, Found) else found.vendors
        every = {v.slug: v for v in (*named, *(c.vendor for c in context.catalog.complete(text, limit)))}
        vendors = list(every.values())[:limit]
    else:
        after = cursor[0] if cursor else ""
        rest = [v for v in context.catalog if v.enabled and v.slug > after]
        vendors, more = rest[:limit], len(rest) > limit
    return results.FoundVendors(
        tuple(
            results.FoundVendor(
                vendor=state.vendor.slug,
                name=state.vendor.name,
                level=level_word(level_now(state, context.now)),
                category=state.vendor.category,
                about=context.catalog.facts(state.vendor.slug).about,
                official_url=state.vendor.human_url,
            )
            for state in context.states(vendors)
        ),
        cursor_of(vendors[-1].slug) if more else None,
    )


def status(given: Given, request: Request, context: CommandContext) -> results.Statuses:
    """The vendors named; none: the channel's, or the workspace's."""
    return shown_statuses(_asked(given, request, context), _notes(request, context))


def vendor(given: Given, request: Request, context: CommandContext) -> results.VendorStatus:
    state = _state(given.text("vendor"), context)
    return vendor_status(state, context.now, _notes(request, context).get(state.vendor.slug))


def components(given: Given, request: Request, context: CommandContext) -> results.Components:
    """All, or those whose name holds the text, or that a product of this name means."""
    vendor, text = _vendor(given.text("vendor"), context), given.text("text")
    state, _, found = parts_asked_for(vendor, text, text, context)
    level = level_word(level_now(state, context.now))
    return results.Components(state.vendor.slug, level, state.read_at, tuple(map(shown_part, found)))


def incidents(given: Given, request: Request, context: CommandContext) -> results.Incidents:
    """Newest first, a page of them. A cursor stays good whatever happens meanwhile."""
    past = past_incidents(
        _asked(given, request, context),
        last_days(given.number("days", DAYS), context.now),
        context,
        newest=given.number("limit", PAGE_SIZE),
        choice=_chosen(given),
        after=_place(given),
        texts=True,
    )
    parts, page = parts_of(past.states), past.found.newest
    return results.Incidents(
        tuple(incident_summary(r.incident, r.peak, parts.get(r.incident.vendor, {})) for r in page),
        _cursor_behind(page[-1].incident) if past.more else None,
        tuple(state.vendor.slug for state in past.states if state.read_at is None),
    )


def incident(given: Given, request: Request, context: CommandContext) -> results.IncidentDetails:
    text = given.text("id")
    found = find_incidents(text, context)
    if not found:
        raise NotThere(f"There is no incident “{text}” on record: list them with the operation incidents.")
    if len(found) > 1:
        ids = ", ".join(f"{r.incident.vendor}/{r.incident.id}" for r in found)
        raise BadInput(f"“{text}” names more than one incident. Name one of {ids}.")
    vendor = found[0].incident.vendor
    parts, note = parts_of(context.by_slug([vendor])), _notes(request, context).get(vendor)
    return incident_details(found[0], parts.get(vendor, {}), note)


def history(given: Given, request: Request, context: CommandContext) -> results.History:
    """Days are UTC's."""
    state = _state(given.text("vendor"), context)
    past = past_days(state, day_starts(given.number("days", DAYS), ZoneInfo("UTC"), context.now), context)
    return results.History(
        vendor=state.vendor.slug,
        name=state.vendor.name,
        days=tuple(results.Day(day, level_word(level)) for day, level in past.by_day),
        known_days=sum(level is not None for _, level in past.by_day),
        time_at_level=tuple(
            results.TimeAtLevel(level_word(level), round(time.total_seconds() / 60, 1))
            for level, time in sorted(past.at_level.items(), key=lambda pair: -1 if pair[0] is None else pair[0])
        ),
        incidents=len(past.records),
    )


def alternatives(given: Given, request: Request, context: CommandContext) -> results.Alternatives:
    state, offered = to_use_instead(_vendor(given.text("vendor"), context), context)
    return results.Alternatives(
        state.vendor.slug,
        level_word(level_now(state, context.now)),
        tuple(
            results.Alternative(
                vendor=one.state.vendor.slug,
                name=one.state.vendor.name,
                level=level_word(level_now(one.state, context.now)),
                about=one.about,
                alike=one.is_alike,
            )
            for one in offered
        ),
    )


def subscriptions(given: Given, request: Request, context: CommandContext) -> results.Subscriptions:
    """Of the channel, or channel by channel of the whole workspace."""
    here, limit, cursor = request.channel, given.number("limit", PAGE_SIZE), read_cursor(given)
    if here.id:
        return results.Subscriptions(subscribed_vendors(listed_here(here, context)), None)
    page = listed_everywhere(here, limit, cursor[0] if cursor else None, context)
    listed = [subscription for channel in page.channels for subscription in channel.subscriptions]
    return results.Subscriptions(_shown(listed, page.vendors), cursor_of(page.next) if page.next else None)


def subscribed_vendors(here: ListedHere) -> tuple[results.SubscribedVendor, ...]:
    return _shown([item.subscription for item in here.listed], here.vendors)


def _shown(listed: Sequence[Subscription], vendors: Mapping[Slug, Vendor]) -> tuple[results.SubscribedVendor, ...]:
    """Those whose vendors are in the store."""
    return tuple(
        results.SubscribedVendor(
            channel=s.channel.id,
            vendor=s.vendor,
            name=vendors[s.vendor].name,
            filter=subscription_arguments(s, vendors[s.vendor]),
            created_at=s.created_at,
            muted_until=s.muted_until,
        )
        for s in listed
        if s.vendor in vendors
    )


def changes(given: Given, request: Request, context: CommandContext) -> results.Changes:
    """Since a place; without one nothing, and the place to begin at."""
    feed, words = context.store.feed, read_cursor(given, "since")
    if not words:
        return results.Changes((), _since(feed.end()))
    if len(words) != 2 or not all(word.isdecimal() and len(word) < MAX_DIGITS for word in words):
        raise BadInput(_AS_BEFORE.format("since"))
    slugs = [_vendor(name, context).slug for name in given.texts("vendor")]
    place, limit = Place(int(words[0]), int(words[1])), given.number("limit", PAGE_SIZE)
    found, reached = feed.after(place, limit, slugs, context.own)
    return results.Changes(tuple(map(_change, found)), _since(reached))


def _since(place: Place) -> str:
    return cursor_of(str(place.update), str(place.span))


def _change(new: NewUpdate | NewLevel) -> results.Change:
    level = level_word(new.level)
    if isinstance(new, NewLevel):
        return results.Change("level", new.vendor, new.at, level, None, None, None, None)
    about = f"{new.vendor}/{new.incident}"
    return results.Change("update", new.vendor, new.at, level, about, new.title, phase_word(new.phase), new.text)


def _notes(request: Request, context: CommandContext) -> Mapping[Slug, VendorNote]:
    """Of the workspace that asks: with a key its own, without one none."""
    return context.store.vendor_notes.of(request.channel) if request.channel.workspace else {}


def _asked(given: Given, request: Request, context: CommandContext) -> VendorsNow:
    named = list({v.slug: v for v in (_vendor(name, context) for name in given.texts("vendor"))}.values())
    if not named and not request.channel.workspace:
        raise BadInput("Give “vendor”: without a key there is no channel whose vendors could be meant.")
    return vendors_now(named or None, request.channel, context)


def _state(name: str, context: CommandContext) -> PageState:
    (state,) = context.states([_vendor(name, context)])
    return state


def _vendor(name: str, context: CommandContext) -> Vendor:
    if known := context.catalog.get(name):
        return known
    found = context.catalog.find(name)
    if isinstance(found, Found):
        return found.vendor
    near = ", ".join(v.slug for v in found.vendors)
    raise NotThere(f"There is no vendor “{name}”{f': did you mean {near}?' if near else ': search for it by name.'}")


def _chosen(given: Given) -> IncidentChoice:
    kind, open, severity = given.text("kind"), given.text("open"), given.text("severity")
    return IncidentChoice(
        IncidentKind(kind) if kind else None,
        open == "on" if open else None,
        LEVEL_OF_SEVERITY[severity] if severity else None,
    )


def _place(given: Given) -> IncidentPlace | None:
    """After which a page begins."""
    words = read_cursor(given)
    if not words:
        return None
    try:
        started, vendor, id = words
        return IncidentPlace(datetime.fromisoformat(started).astimezone(UTC), Slug(vendor), id)
    except (ValueError, OverflowError):
        raise BadInput(_AS_BEFORE.format("cursor")) from None


def _cursor_behind(incident: Incident) -> str:
    return cursor_of(incident.started.isoformat(), incident.vendor, incident.id)


def cursor_of(*words: str) -> str:
    """Opaque to whoever holds it."""
    return base64.urlsafe_b64encode("\n".join(words).encode()).decode().rstrip("=")


def read_cursor(given: Given, name: str = "cursor") -> list[str]:
    text = given.text(name)
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("\n") if text else []
    except (binascii.Error, ValueError):
        raise BadInput(_AS_BEFORE.format(name)) from None
