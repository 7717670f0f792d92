"""``incidents``, ``incident``, ``history``: what happened, as it is on record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.catalog import Found
from bot.catalog.names import fold
from bot.commands.context import CommandContext
from bot.commands.days import day_starts, time_at_level, worst_by_day
from bot.commands.following import found_services, with_services
from bot.commands.grammar import MAX_DAYS, ParsedSubscription, UsageError, parse
from bot.commands.on_record import past_incidents, vendors_now
from bot.commands.period import last_days, split_period
from bot.commands.request import Reply, Request
from bot.domain import IncidentRecord, Level, PageState, Vendor
from bot.message import Message, plain_text
from bot.wording.errors import error_message, unknown_vendors_message, usage_message
from bot.wording.history import history_message
from bot.wording.incidents import LISTED, OFFERED, incidents_message, no_incident_message, offer_message
from bot.wording.phrases import count, join, listing
from bot.wording.subscriptions import nothing_subscribed_message
from bot.wording.timeline import timeline
from bot.wording.vendor_state import is_current

DAYS = 30
_TO_COME = re.compile(
    r"(?<![\w./-])(?:tomorrow|next\s+(?:\d+\s+)?(?:days?|weeks?|weekend|months?))(?![\w/-]|\.\w)", re.IGNORECASE
)
"""Not in an address: tomorrow.io is one."""
MAX_OFFERED = 5
MAX_HISTORIES = 5
"""How many vendors one answer covers."""
OFFERED_WITHIN = timedelta(days=366)


def incidents(request: Request, context: CommandContext) -> Reply:
    """The last days of some vendors, of those that services run on, or of the channel's."""
    if _TO_COME.search(request.text):
        raise UsageError("Incidents are of the past: “digest now” tells what is planned.")
    text, period = split_period(request.text, context.zone(request.channel), context.now)
    known = context.store.services.of(request.channel)
    parsed = _with_bare_days(parse(text, context.catalog, keys=("days", "service"), question=True))
    parsed = with_services(parsed, known)
    services, missing = found_services(parsed.services, known)
    unknown = _unknown_vendors(parsed, "incidents")
    unknown += tuple(error_message(plain_text(line)) for line in missing)
    if unknown and not (parsed.vendors or services):
        return Reply(unknown)
    if period is None or parsed.days:
        period = last_days(parsed.days or DAYS, context.now)
    named = parsed.vendors if parsed.vendors or services else None
    behind = tuple({slug: None for one in services for slug in one.vendors})
    asked = vendors_now(named, request.channel, context, behind=behind, details=0)
    states = asked.states
    if not states:
        return Reply((nothing_subscribed_message(),))
    if services:
        whose = f"what {join([one.name for one in services])} runs on ({listing([s.vendor.name for s in states])})"
    elif parsed.vendors:
        whose = listing([s.vendor.name for s in states])
    else:
        whose = f"this channel's {count(len(states), 'vendor')}"
    past = past_incidents(asked, period, context, newest=LISTED, open=OFFERED)
    message = incidents_message(past.found, states, period.words, context.now, whose=whose)
    return Reply((message, *unknown), unread=context.unread(states))


def incident(request: Request, context: CommandContext) -> Reply:
    """One incident, whole."""
    text = request.text.strip()
    if not text:
        how = ("incident github/abc123", "incident https://www.githubstatus.com/incidents/abc123")
        return Reply((usage_message("Which incident?", "incident <id|link|vendor/id>", how),))
    shown = incident_shown(text, request, context)
    found = (shown,) if shown else find_incidents(text, context)
    if not found:
        return Reply((no_incident_message(text, vendor_named(text, context)),))
    if len(found) > 1:
        names = {r.incident.vendor: _name(r, context) for r in found}
        return Reply((offer_message(found, names, context.now),))
    asked = found[0].incident
    card = context.store.cards.of_incident(request.channel, asked.vendor, asked.id)
    if card and card.flooded:
        context.store.floods.surface(request.channel, asked.vendor, asked.id, context.now)
    return Reply(_timeline(found[0], context))


def incident_shown(text: str, request: Request, context: CommandContext) -> IncidentRecord | None:
    """The incident of the message of this channel that was named."""
    card = context.store.cards.by_ref(request.channel, text)
    return context.store.records.incident(card.vendor, card.incident) if card else None


def find_incidents(text: str, context: CommandContext) -> tuple[IncidentRecord, ...]:
    """By id, link or ``vendor/id``: one if it is exactly that; the newest of a vendor if its name was typed."""
    text = text.strip().strip("<>").partition("|")[0]
    found = context.store.records.find_incident(text, context.own)
    exact = [r for r in found if text in {r.incident.id, f"{r.incident.vendor}/{r.incident.id}", r.incident.url}]
    if len(exact) == 1:
        return tuple(exact)
    vendor = vendor_named(text, context)
    if found or vendor is None:
        return found
    records = context.store.records.incidents([vendor.slug], context.now - OFFERED_WITHIN)
    still = tuple(r for r in records if r.incident.is_open)
    return still if len(still) == 1 else records[:MAX_OFFERED]


def vendor_named(text: str, context: CommandContext) -> Vendor | None:
    """The vendor whose name was typed instead of an incident."""
    found = context.catalog.find(text)
    return found.vendor if isinstance(found, Found) else None


def history(request: Request, context: CommandContext) -> Reply:
    """A cell a day by its worst level."""
    zone = context.zone(request.channel)
    text, period = split_period(request.text, zone, context.now)
    parsed = _with_bare_days(parse(text, context.catalog, keys=("days",), question=True))
    if not parsed.vendors and all(left.passing for left in parsed.unmatched):
        return Reply((usage_message("Whose history?", "history <vendor> [--days N]", ("history github --days 90",)),))
    days = parsed.days or (period.days(context.now) if period else DAYS)
    starts = day_starts(days, zone, context.now)
    states = context.states(parsed.vendors[:MAX_HISTORIES])
    each = ((state, past_days(state, starts, context)) for state in states)
    messages = [
        history_message(state, past.by_day, past.at_level, past.records, context.now, zone.key) for state, past in each
    ]
    unknown = _unknown_vendors(parsed, "history")
    return Reply((*messages, *unknown), unread=context.unread(states))


@dataclass(frozen=True, slots=True)
class PastDays:
    """A vendor's days: the worst level of each, how long each level lasted, and the incidents meanwhile."""

    by_day: Sequence[tuple[date, Level | None]]
    at_level: Mapping[Level | None, timedelta]
    records: Sequence[IncidentRecord]


def past_days(state: PageState, starts: Sequence[tuple[date, datetime]], context: CommandContext) -> PastDays:
    """``starts``: the days, each with its first moment, the oldest first."""
    since, store = starts[0][1], context.store
    records = store.records.incidents([state.vendor.slug], since)
    spans = store.records.spans(state.vendor.slug, since)
    known_until = context.now if is_current(state, context.now) else state.read_at or since
    by_day = worst_by_day(starts, spans, records, known_until, context.now)
    return PastDays(by_day, time_at_level(spans, since, known_until), records)


def _with_bare_days(parsed: ParsedSubscription) -> ParsedSubscription:
    """``github 90``, ``github days 90``: a number that is left over at the end counts days."""
    number = parsed.unmatched[-1].text if parsed.unmatched else ""
    if parsed.days is not None or not number.isdecimal() or not 1 <= int(number) <= MAX_DAYS:
        return parsed
    others = tuple(left for left in parsed.unmatched[:-1] if fold(left.text) not in ("day", "days"))
    return replace(parsed, days=int(number), unmatched=others)


def _unknown_vendors(parsed: ParsedSubscription, command: str) -> tuple[Message, ...]:
    unknown = [(left.text, left.near) for left in parsed.unmatched if not (left.repeated or left.passing)]
    return (unknown_vendors_message(unknown, command),) if unknown else ()


def _timeline(record: IncidentRecord, context: CommandContext) -> tuple[Message, ...]:
    (state,) = context.by_slug([record.incident.vendor])
    parts = {c.id: c for c in state.snapshot.components} if state.snapshot else {}
    return timeline(record, state, parts, context.now)


def _name(record: IncidentRecord, context: CommandContext) -> str:
    vendor = context.catalog.get(record.incident.vendor)
    return vendor.name if vendor else record.incident.vendor
