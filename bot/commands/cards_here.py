"""Which of a channel's cards is meant: by its message, its incident, its vendor, or because no other is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.context import CommandContext
from bot.commands.incidents import find_incidents, incident_shown, vendor_named
from bot.commands.request import Reply, Request
from bot.domain import Card, Incident, IncidentRecord, Vendor
from bot.wording.errors import NOTHING_HERE, error_message
from bot.wording.incidents import no_incident_message, offer_message


@dataclass(frozen=True, slots=True)
class CardHere:
    """A card of an incident that goes on."""

    vendor: Vendor
    incident: Incident
    card: Card


def open_here(request: Request, context: CommandContext) -> list[CardHere]:
    """The channel's cards of what goes on."""
    found = _with_card(_found("", request, context), request, context)
    vendors = {s.vendor.slug: s.vendor for s in context.by_slug([incident.vendor for incident, _ in found])}
    return [CardHere(vendors[incident.vendor], incident, card) for incident, card in found if incident.is_open]


def card_here(text: str, request: Request, context: CommandContext) -> CardHere | Reply:
    """``text``: what was typed for the incident; empty for the only one that is open here. A reply where it is none, or
    one of several."""
    found = _found(text, request, context)
    if text and not found:
        return Reply((no_incident_message(text, vendor_named(text, context)),))
    here = _with_card(found, request, context)
    still = [(incident, card) for incident, card in here if incident.is_open]
    if len(still) > 1:
        names = {s.vendor.slug: s.vendor.name for s in context.by_slug([incident.vendor for incident, _ in still])}
        offered = [record for record in found if record.incident in [incident for incident, _ in still]]
        return Reply((offer_message(offered, names, context.now, request.command),))
    if not still:
        vendor = vendor_named(text, context) if text else None
        return Reply((error_message(_why_none(text, vendor, over=bool(here))),))
    [(incident, card)] = still
    if card.flooded:
        context.store.floods.surface(request.channel, incident.vendor, incident.id, context.now)
    (state,) = context.by_slug([incident.vendor])
    return CardHere(state.vendor, incident, card)


def _with_card(
    records: Sequence[IncidentRecord], request: Request, context: CommandContext
) -> list[tuple[Incident, Card]]:
    cards = context.store.cards
    shown = [(r.incident, cards.of_incident(request.channel, r.incident.vendor, r.incident.id)) for r in records]
    return [(incident, card) for incident, card in shown if card is not None]


def _found(text: str, request: Request, context: CommandContext) -> tuple[IncidentRecord, ...]:
    records = context.store.records
    if not text:
        return records.incidents(context.store.channels.vendors(request.channel), context.now)
    shown = incident_shown(text, request, context)
    return (shown,) if shown else find_incidents(text, context)


def _why_none(text: str, vendor: Vendor | None, *, over: bool) -> str:
    if vendor:
        return f"Nothing of {vendor.name} is open in this channel."
    if over:
        return "It is over already."
    return NOTHING_HERE if text else "Nothing is open here: name an incident."
