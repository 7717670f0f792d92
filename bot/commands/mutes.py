"""``mute``, ``unmute``: no messages about an incident or a vendor for a while."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalog.names import fold
from bot.commands.context import CommandContext
from bot.commands.duration import split_duration
from bot.commands.incidents import vendor_named
from bot.commands.named_service import service_meant
from bot.commands.request import Reply, Request
from bot.commands.scan import Word, scan
from bot.commands.sentence import without_fillers
from bot.commands.subscriptions import ALL
from bot.commands.vendors import find_vendors
from bot.commands.vocabulary import FILLERS, WHOLE
from bot.domain import Channel, Mute, Slug, Vendor
from bot.message import Button
from bot.wording.errors import NOTHING_HERE, error_message, usage_message
from bot.wording.incidents import offer_message, reference
from bot.wording.mutes import (
    MutedItem,
    mute_question,
    muted_message,
    muted_vendors_message,
    mutes_message,
    not_muted,
    nothing_named_message,
    unmuted_message,
)
from bot.wording.phrases import excerpt, join
from bot.wording.subscriptions import nothing_subscribed_message

LABEL_CHARS = 40
MAX_OFFERED = 4


def mute(request: Request, context: CommandContext) -> Reply:
    """Alone: what is muted here. With a vendor or an incident, and for how long; with a service, the vendors that it
    runs on."""
    if not request.text.strip():
        return Reply((mutes_message(muted_items(request.channel, context), context.now),))
    text, span = split_duration(request.text, context.zone(request.channel), context.now)
    text = without_fillers(text, context.catalog)
    if not text or fold(text) in FILLERS:
        return _ask_what(request.text[len(text) :].strip(), request, context)
    if fold(text) in WHOLE | ALL:
        return _mute_all(span, request, context)
    service = service_meant(text, request, context)
    if isinstance(service, Reply):
        return service
    if service is not None:
        return _mute_vendors(context.vendors(service.vendors), span, request, context)
    vendors, rest = find_vendors([[word for word in scan(text) if isinstance(word, Word)]], context.catalog, ())
    if len(vendors) > 1 and not rest:
        return _mute_vendors(vendors, span, request, context)
    target = _target(text, span or Mute(), request, context)
    if isinstance(target, Reply):
        vendor, ends = (None, "") if span else _vendor_and_rest(text, context)
        return _ask_duration(f"For how long is “{excerpt(ends, LABEL_CHARS)}”?", vendor.typed) if vendor else target
    vendor, incident, argument = target.vendor, target.incident, target.argument
    if span is None:
        return _ask_duration("Mute it for how long?", argument)
    mutes = context.store.mutes
    if incident is None:
        done = mutes.mute_vendor(request.channel, vendor.slug, span, context.now)
        why_not = f"This channel does not subscribe to {vendor.name}."
        if span.until is None:
            why_not = f"{vendor.name} has nothing open here; give a time, for example mute {vendor.typed} 1h."
    elif span.until is None and not span.applies_to(incident, context.now):
        done, why_not = False, "It is over already."
    else:
        done = mutes.mute(request.channel, vendor.slug, incident.id, span, context.now)
        why_not = NOTHING_HERE
    if not done:
        return Reply((error_message(why_not),))
    product = context.catalog.product(vendor, text) if incident is None else None
    return Reply((muted_message(target, request.user, context.now, product.name if product else ""),), public=True)


def unmute(request: Request, context: CommandContext) -> Reply:
    """One incident, a vendor with all its incidents, or all."""
    text = without_fillers(request.text.strip(), context.catalog)
    mutes = context.store.mutes
    if fold(text) in WHOLE | ALL:
        done = mutes.unmute(request.channel, None, None, context.now)
        return _unmuted(done, "everything", request)
    if not text:
        buttons = [
            Button(excerpt(m.name, LABEL_CHARS), f"unmute {m.argument}") for m in muted_items(request.channel, context)
        ]
        return Reply((usage_message("Unmute what?", "unmute <vendor|incident|all>", (), buttons),))
    service = service_meant(text, request, context)
    if isinstance(service, Reply):
        return service
    vendors, rest = find_vendors([[word for word in scan(text) if isinstance(word, Word)]], context.catalog, ())
    if service is not None:
        vendors, rest = context.vendors(service.vendors), ()
    if service is not None or (len(vendors) > 1 and not rest):
        ended = [v.name for v in vendors if mutes.unmute(request.channel, v.slug, None, context.now)]
        return _unmuted(bool(ended), join(ended or [v.name for v in vendors], "and" if ended else "or"), request)
    target = _target(text, Mute(), request, context)
    if isinstance(target, Reply):
        return target
    incident = target.incident
    done = mutes.unmute(request.channel, target.vendor.slug, incident.id if incident else None, context.now)
    return _unmuted(done, target.name if target.incident else target.vendor.name, request)


def _ask_what(span: str, request: Request, context: CommandContext) -> Reply:
    """A span and nothing to mute: what is open here, as buttons."""
    names = {vendor.slug: vendor.name for vendor in context.subscribed_vendors(request.channel)}
    cards = context.store.cards
    records = [
        record
        for record in context.store.records.incidents(sorted(names), context.now, texts=False)
        if record.incident.is_open and cards.of_incident(request.channel, record.incident.vendor, record.incident.id)
    ]
    offered = [
        Button(
            excerpt(r.incident.title, LABEL_CHARS) or r.incident.id,
            f"mute {reference(r.incident)} {span}".strip(),
            confirm=mute_question(span) if span else "",
        )
        for r in records[:MAX_OFFERED]
    ]
    everything = []
    if names:
        question = mute_question(span, "everything") if span else ""
        everything = [Button("Everything", f"mute everything {span}".strip(), confirm=question)]
    return Reply(
        (
            usage_message(
                "Mute what?", "mute <vendor|incident|everything> <1h|2d|until 9:00>", (), [*offered, *everything]
            ),
        )
    )


def _mute_all(span: Mute | None, request: Request, context: CommandContext) -> Reply:
    vendors = context.subscribed_vendors(request.channel)
    if not vendors:
        return Reply((nothing_subscribed_message(),))
    return _mute_vendors(vendors, span, request, context, whole=True)


def _mute_vendors(
    vendors: Sequence[Vendor], span: Mute | None, request: Request, context: CommandContext, *, whole: bool = False
) -> Reply:
    named = "everything" if whole else " ".join(vendor.typed for vendor in vendors)
    if span is None:
        return _ask_duration("Mute for how long?", named)
    muted = [v for v in vendors if context.store.mutes.mute_vendor(request.channel, v.slug, span, context.now)]
    if not muted:
        return Reply((error_message("Nothing of that is subscribed or open here, so nothing was muted."),))
    names = [] if whole else [vendor.name for vendor in muted]
    missed = [vendor.name for vendor in vendors if vendor not in muted and span.until]
    undo = "all" if whole else " ".join(vendor.typed for vendor in muted)
    return Reply((muted_vendors_message(names, span, undo, missed),), public=True)


def _ask_duration(question: str, argument: str) -> Reply:
    buttons = [
        Button(label, f"mute {argument} {label}", confirm=mute_question(label))
        for label in ("1h", "1d", "until resolved")
    ]
    return Reply((usage_message(question, f"mute {argument} <1h|2d|until 9:00>", (), buttons),))


def _vendor_and_rest(text: str, context: CommandContext) -> tuple[Vendor | None, str]:
    """A vendor, and what stands after its name where a span should: ``github forever``."""
    words = text.split()
    heads = ((context.catalog.exact(" ".join(words[:n])), " ".join(words[n:])) for n in range(len(words) - 1, 0, -1))
    return next((found for found in heads if found[0]), (None, ""))


def _unmuted(done: bool, what: str, request: Request) -> Reply:
    return Reply((unmuted_message(what, request.user) if done else error_message(not_muted(what)),), done)


def _target(text: str, span: Mute, request: Request, context: CommandContext) -> MutedItem | Reply:
    """What was named; a card's message, the exact name of a vendor and an incident's id come before near matches."""
    card = context.store.cards.by_ref(request.channel, text) if text else None
    if card is not None and (record := context.store.records.incident(card.vendor, card.incident)):
        return MutedItem(context.vendors([card.vendor])[0], span, record.incident)
    records = context.store.records.find_incident(text, context.own) if text else ()
    exact = any(text in (reference(r.incident), r.incident.id, r.incident.url) for r in records)
    if not exact and (vendor := context.catalog.exact(text) or _subscribed_vendor(text, request, context)):
        return MutedItem(vendor, span)
    cards = context.store.cards
    here = [r for r in records if cards.of_incident(request.channel, r.incident.vendor, r.incident.id)] or records
    if len(here) > 1:
        names = {v.slug: v.name for v in context.vendors([r.incident.vendor for r in here])}
        return Reply((offer_message(here, names, context.now, request.command),))
    if here:
        return MutedItem(context.vendors([here[0].incident.vendor])[0], span, here[0].incident)
    if vendor := vendor_named(text, context):
        return MutedItem(vendor, span)
    return Reply((nothing_named_message(text, request.command),))


def _subscribed_vendor(text: str, request: Request, context: CommandContext) -> Vendor | None:
    """A vendor that left the catalog is still known by its slug."""
    vendor = next(iter(context.vendors([Slug(text.casefold())])), None)
    return vendor if vendor and vendor.slug in context.store.channels.vendors(request.channel) else None


def muted_items(channel: Channel, context: CommandContext) -> Sequence[MutedItem]:
    """What the channel mutes now."""
    muted = context.store.mutes.of_channel(channel, context.now)
    vendors = {vendor.slug: vendor for vendor in context.vendors([m.vendor for m in muted])}
    return [MutedItem(vendors[m.vendor], m.mute, m.incident) for m in muted]
