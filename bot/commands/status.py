"""``status``, ``components``, ``alternatives``: the state of vendors now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from bot.catalog import NearMiss
from bot.catalog.names import fold
from bot.catalog.parts import LISTS_WHAT_IS_AFFECTED
from bot.commands.context import CommandContext
from bot.commands.english import EVERYDAY
from bot.commands.following import found_services, with_services
from bot.commands.grammar import ParsedSubscription, parse
from bot.commands.named_service import of_vendors_only
from bot.commands.on_record import vendors_now
from bot.commands.parts import called, holding, product_parts
from bot.commands.request import Reply, Request
from bot.commands.services import listed_services
from bot.commands.vendors import NamedVendor, UnmatchedWords, one_vendor
from bot.commands.vocabulary import QUESTION_WORDS
from bot.domain import Channel, Component, PageState, Service, Slug, Vendor
from bot.message import Line, Message, plain_text
from bot.wording.alternatives import Alternative, alternatives_message
from bot.wording.errors import (
    error_message,
    no_component_message,
    unknown_vendors_message,
    usage_message,
    whole_vendor_line,
)
from bot.wording.incidents import month_text
from bot.wording.services import service_message
from bot.wording.status import AskedPart, StatusContext, components_message, overview_message, status_message
from bot.wording.subscriptions import nothing_subscribed_message
from bot.wording.talk import unclear_message

MONTH = timedelta(days=30)
MAX_IN_FULL = 3
"""More vendors than this asked for at once are answered in one overview."""
PAGE_SIZE = 60
MAX_UNKNOWN = 2
"""More unknown words than this, and no vendor, are a sentence about something else."""
ALTERNATIVES = 5
_PAGE = re.compile(r"(?:^|\s)(?:--)?page[\s=:]*(\d{1,4})\s*$", re.IGNORECASE)


def status(request: Request, context: CommandContext) -> Reply:
    """Alone: the channel's vendors, worst first. With names: is there an outage?"""
    parsed = parse(request.text, context.catalog, keys=("service",), question=True)
    known = context.store.services.of(request.channel) if parsed.services or parsed.unmatched else ()
    parsed = with_services(parsed, known)
    if parsed.services:
        reply = _services(parsed.services, known, context)
        if not parsed.vendors and all(left.passing for left in parsed.unmatched):
            return reply
        others = _status(replace(parsed, services=()), request, context)
        return Reply((*reply.messages, *others.messages), unread=(*reply.unread, *others.unread))
    return _status(parsed, request, context)


def _services(names: Sequence[str], known: Sequence[Service], context: CommandContext) -> Reply:
    """How these services stand."""
    found, missing = found_services(names, known)
    listed = listed_services(found, context)
    messages = [service_message(one, context.now) for one in listed]
    errors = [error_message(plain_text(line)) for line in missing]
    return Reply((*messages, *errors), unread=context.unread([state for one in listed for state in one.state.states]))


def _status(parsed: ParsedSubscription, request: Request, context: CommandContext) -> Reply:
    named = [left for left in parsed.unmatched if not left.passing]
    if not parsed.vendors and not parsed.unmatched:
        return _channel_overview(request.channel, context)
    if not parsed.vendors and not any(left.near for left in named):
        words = sum(len(left.text.split()) for left in named)
        about_else = any(
            fold(left.text) not in QUESTION_WORDS if left.passing else fold(left.text) in EVERYDAY
            for left in parsed.unmatched
        )
        has_others = words > 1 and words < len(request.text.split())
        if not words or words > MAX_UNKNOWN or about_else or has_others:
            return Reply((unclear_message(),), aside=True)
    states = vendors_now(parsed.vendors, request.channel, context).states
    parts: dict[Slug, list[AskedPart]] = {}
    notes: dict[Slug, list[Line]] = {}
    errors: list[Message] = []
    unknown: list[UnmatchedWords] = []
    for left in _joined(parsed.unmatched, states):
        state = next((s for s in states if s.vendor.slug == left.after), None)
        if state and (part := _asked_part(left, state)):
            parts.setdefault(state.vendor.slug, []).append(part)
        elif state and left.product and state.snapshot:
            notes.setdefault(state.vendor.slug, []).append(whole_vendor_line(state, left.product.name))
        elif left.repeated or left.passing or (state and not state.vendor.has_page):
            continue
        elif state and not left.near:
            errors.append(no_component_message(state, left.text))
        else:
            unknown.append(left)
    if any(left.near for left in unknown):
        unknown = [left for left in unknown if left.near]
    if unknown:
        errors.append(unknown_vendors_message([(left.text, left.near) for left in unknown], "status"))
    messages: list[Message] = []
    if len(states) > MAX_IN_FULL:
        messages.append(overview_message(states, context.now))
    else:
        subscribed = context.store.channels.vendors(request.channel)
        for state in states:
            slug = state.vendor.slug
            records = context.store.records.incidents([slug], context.now - MONTH)
            details = StatusContext(
                month=month_text(records, pending=state.history_pending),
                newest=records[0].incident if records else None,
                subscribed=slug in subscribed,
                alternatives=bool(context.catalog.alternatives(state.vendor, 1)),
                parts=tuple(parts.get(slug, ())),
                notes=tuple(notes.get(slug, ())),
                about=context.catalog.facts(slug).about,
            )
            messages.append(status_message(state, details, context.now))
    return Reply((*messages, *errors), unread=context.unread(states))


def _joined(unmatched: Sequence[UnmatchedWords], states: Sequence[PageState]) -> Iterator[UnmatchedWords]:
    """Words after a vendor that together name a part of it, as one: ``api requests``."""
    for slug, of_vendor in groupby(unmatched, key=lambda left: left.after):
        words = list(of_vendor)
        plain = [left for left in words if not (left.repeated or left.near)]
        whole = UnmatchedWords(" ".join(left.text for left in plain), slug)
        state = next((s for s in states if s.vendor.slug == slug), None)
        if state and state.snapshot and len(plain) > 1 and holding(whole.text, state.snapshot.components):
            yield whole
            words = [left for left in words if left not in plain]
        yield from words


def _asked_part(left: UnmatchedWords, state: PageState) -> AskedPart | None:
    if left.passing:
        found = called(left.text, state.snapshot.components if state.snapshot else ())
        return AskedPart(found[0].name if len(found) == 1 else left.text, found) if found else None
    parts = product_parts(left, state)
    found = parts.components if parts else holding(left.text, state.snapshot.components if state.snapshot else ())
    if left.product and (found or state.vendor.kind in LISTS_WHAT_IS_AFFECTED):
        return AskedPart(left.product.name, found)
    return AskedPart(found[0].name if len(found) == 1 else left.text, found) if found else None


def components(request: Request, context: CommandContext) -> Reply:
    """All components of one vendor, or those that hold a text."""
    page = _PAGE.search(request.text)
    text = request.text[: page.start()] if page else request.text
    if not text.strip():
        return Reply((usage_message("Whose components?", "components <vendor> [text]", ("components github",)),))
    about = "Components are a vendor's"
    if (other := of_vendors_only(text, request, context, about, "components {}")) is not None:
        return other
    named = one_vendor(text, context.catalog)
    if isinstance(named, NearMiss):
        parsed = parse(text, context.catalog, (), question=True)
        if len(parsed.vendors) != 1:
            return Reply((unknown_vendors_message([(text, named.vendors)], "components"),))
        named = NamedVendor(parsed.vendors[0], " ".join(left.text for left in parsed.unmatched))
    state, wanted, found = parts_asked_for(named.vendor, named.rest, text, context)
    groups = list(dict.fromkeys([None, *(c.group for c in (state.snapshot.components if state.snapshot else ()))]))
    grouped = sorted(found, key=lambda c: groups.index(c.group))
    pages = max(1, -(-len(grouped) // PAGE_SIZE))
    number = min(pages, max(1, int(page[1]))) if page else 1
    shown = grouped[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    message = components_message(state, shown, wanted, (number, pages), context.now)
    return Reply((message,), unread=context.unread([state]))


def parts_asked_for(
    vendor: Vendor, wanted: str, text: str, context: CommandContext
) -> tuple[PageState, str, Sequence[Component]]:
    """The vendor's state, what is asked for by its name, and the parts that this means; all, where nothing is asked
    for. ``text``: the whole of what was typed."""
    (state,) = context.states([vendor])
    every = state.snapshot.components if state.snapshot else ()
    product = context.catalog.product(vendor, wanted or text)
    parts = product_parts(UnmatchedWords(text, product=product), state) if product else None
    if product and parts:
        return state, product.name, parts.components
    return state, wanted, holding(wanted, every) if wanted else every


def alternatives(request: Request, context: CommandContext) -> Reply:
    """What to use instead, each with its own state."""
    if not request.text.strip():
        return Reply((usage_message("Alternatives to whom?", "alternatives <vendor>", ("alternatives dyspatch",)),))
    named = one_vendor(request.text, context.catalog)
    if isinstance(named, NearMiss):
        return Reply((unknown_vendors_message([(request.text, named.vendors)], "alternatives"),))
    others = [vendor for vendor in parse(named.rest, context.catalog, (), question=True).vendors if named.rest]
    asked = [to_use_instead(vendor, context) for vendor in (named.vendor, *others)[:MAX_IN_FULL]]
    states = [state for state, offered in asked for state in (state, *(one.state for one in offered))]
    messages = [alternatives_message(state, offered, context.now) for state, offered in asked]
    return Reply(tuple(messages), unread=context.unread(states))


def to_use_instead(vendor: Vendor, context: CommandContext) -> tuple[PageState, Sequence[Alternative]]:
    """The vendor's state, and the others with theirs."""
    catalog = context.catalog
    state, *others = context.states([vendor, *catalog.alternatives(vendor, ALTERNATIVES)])
    return state, [
        Alternative(other, catalog.is_alike(other.vendor, vendor), catalog.facts(other.vendor.slug).about)
        for other in others
    ]


def _channel_overview(channel: Channel, context: CommandContext) -> Reply:
    # Only what is said of one vendor alone depends on its components.
    states = vendors_now(None, channel, context, details=1).states
    if not states:
        return Reply((nothing_subscribed_message(),))
    message = overview_message(states, context.now, whose="this channel's")
    return Reply((message,), unread=context.unread(states))
