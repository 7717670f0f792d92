"""``why``: why a channel has a card, or why it has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.commands.context import CommandContext
from bot.commands.definition import service_typed
from bot.commands.incidents import find_incidents, vendor_named
from bot.commands.request import Reply, Request
from bot.commands.subscriptions import subscription_arguments
from bot.domain import NO_WISHES, Card, Health, Held, IncidentRecord, Subscription, Vendor, held_back
from bot.routing import judge
from bot.wording.incidents import no_incident_message, offer_message
from bot.wording.why import WhyContext, held_sentence, nothing_posted_message, why_message

CARDS_WITHIN = timedelta(days=90)
IN_LIST = "It came with many others at once, and stands in their list."


def why(request: Request, context: CommandContext) -> Reply:
    """Alone: the newest card of the channel. With an incident, a link or a vendor: that one. One that stands in a list
    gets a message of its own."""
    found = explained(request, context)
    if isinstance(found, Reply):
        return found
    if found.reason == IN_LIST:
        about = found.incident
        context.store.floods.surface(request.channel, about.vendor, about.id, context.now)
        found = replace(found, reason=f"{IN_LIST} Now it gets a message of its own.")
    return Reply((why_message(found, context.now),))


def explained(request: Request, context: CommandContext) -> WhyContext | Reply:
    """All that decided about it; a reply where nothing, or more than one incident, is named. It changes nothing."""
    text = request.text.strip()
    cards = context.store.cards
    card: Card | None
    if not text:
        card = next(iter(cards.of_channel(request.channel, context.now - CARDS_WITHIN)), None)
        if card is None:
            return Reply((nothing_posted_message(),))
    else:
        card = cards.by_ref(request.channel, text) or _newest_card(request, context, text)
    if card is not None:
        record = context.store.records.incident(card.vendor, card.incident)
        if record is not None:
            return _explain(request, context, record, card)
    found = find_incidents(text, context)
    if not found:
        return Reply((no_incident_message(text, vendor_named(text, context)),))
    if len(found) > 1:
        names = {v.slug: v.name for v in context.vendors([r.incident.vendor for r in found])}
        return Reply((offer_message(found, names, context.now, "why"),))
    record = found[0]
    return _explain(
        request, context, record, cards.of_incident(request.channel, record.incident.vendor, record.incident.id)
    )


def _newest_card(request: Request, context: CommandContext, text: str) -> Card | None:
    """The newest card of the vendor that was named."""
    vendor = vendor_named(text, context)
    cards = context.store.cards.of_channel(request.channel, context.now - CARDS_WITHIN) if vendor else ()
    return next((card for card in cards if vendor and card.vendor == vendor.slug), None)


def _explain(request: Request, context: CommandContext, record: IncidentRecord, card: Card | None) -> WhyContext:
    incident = record.incident
    (state,) = context.by_slug([incident.vendor])
    subscription = next(
        (
            listed.subscription
            for listed in context.store.channels.subscriptions(request.channel)
            if listed.subscription.vendor == incident.vendor
        ),
        None,
    )
    parts = {c.id: c for c in state.snapshot.components} if state.snapshot else {}
    is_posted = card is not None and bool(card.state.posts)
    verdict_now = judge(incident, parts, subscription.filter) if subscription else None
    verdict = card.verdict if card is not None and is_posted else verdict_now
    of_channel = context.store.channels.settings(request.channel)
    wishes = subscription.wishes if subscription else NO_WISHES
    held = held_back(incident, card, card.settings(of_channel), wishes, context.now) if card is not None else None
    return WhyContext(
        state=state,
        incident=incident,
        first_seen=record.first_seen,
        subscription=subscription,
        arguments=_arguments(subscription, state.vendor) if subscription else "",
        verdict=verdict,
        card=card if is_posted else None,
        changed=is_posted and verdict_now is not None and verdict_now != verdict,
        waits=held_sentence(held, card, wishes, context.now) if held and card is not None else None,
        reason=None if is_posted else _reason(request, context, record, card, subscription, held),
    )


def _arguments(subscription: Subscription, vendor: Vendor) -> str:
    """The vendor's own, else the service's that it comes through."""
    if subscription.typed is None and subscription.through:
        return f"service:{service_typed(subscription.through.services[0])}"
    return subscription_arguments(subscription, vendor)


def _reason(
    request: Request,
    context: CommandContext,
    record: IncidentRecord,
    card: Card | None,
    subscription: Subscription | None,
    held: Held | None,
) -> str | None:
    """Why nothing was posted although the filter lets it through."""
    incident = record.incident
    if subscription is None:
        return "This channel does not subscribe to this vendor."
    if context.store.channels.state(request.channel).health is Health.SUSPENDED:
        return "Updates for this channel are on hold, because it cannot be posted to: see list."
    if record.merged_into is not None:
        return "The vendor posted an incident that explains it, and that one has the card."
    if card is not None and held is not None:
        return held_sentence(held, card, subscription.wishes, context.now)
    if card is not None and card.flooded:
        return IN_LIST
    if card is not None:
        return "Its card is about to be posted."
    if incident.resolved is not None and incident.resolved <= subscription.created_at:
        return "It had ended before this channel subscribed."
    if incident.resolved is not None and incident.resolved <= record.first_seen:
        return "It was already over when it was first seen, and by then no news any more."
    return "It was on record before this channel subscribed, or its card had not fallen due."
