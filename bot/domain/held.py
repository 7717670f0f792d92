"""What keeps a card's new messages back for now, and until when, each reason under its name. Pure and total.

Edits of messages that stand are never kept back. What is kept back is not lost: when the reason ends, the card falls
due and :mod:`bot.cards` tells what was missed.

**A new reason** is a member of :class:`bot.domain.HeldReason`; a function like those below, at its place in
``_DECIDERS``, where the first that holds a card counts; what it goes by, as a field of the card, of
:class:`ChannelSettings` or of :class:`Wishes`; and its sentence in :func:`bot.wording.why.held_sentence`. ``until`` is
a moment at which it is looked at again; with ``None`` that is done when the incident, the card or the channel's
settings change, as for every card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.card import Card, HeldReason
from bot.domain.channel import ChannelSettings, Wishes
from bot.domain.incident import ENDED, Incident, IncidentKind


@dataclass(frozen=True, slots=True)
class Held:
    """Why a card's new messages wait."""

    reason: HeldReason
    until: datetime | None = None
    """When to look again; ``None``: when something changes."""


_MUTES = frozenset({HeldReason.MUTED, HeldReason.IGNORED})


def held_back(incident: Incident, card: Card, settings: ChannelSettings, wishes: Wishes, now: datetime) -> Held | None:
    """What keeps new messages of the card back now; ``None``: nothing does. ``wishes``: of the subscription that the
    card comes from."""
    for decide in _DECIDERS:
        held = decide(incident, card, settings, wishes, now)
        if held is not None:
            return held
    return None


def _muted(incident: Incident, card: Card, _: ChannelSettings, __: Wishes, now: datetime) -> Held | None:
    mute, root = card.mute, card.state.root
    stands = root is not None and root.ref is not None
    if mute is None:
        # Who muted it until it was over and never saw it wants no word of what is said of it afterwards. A mute that
        # was ended early has left the card to catch up.
        silent = card.held in _MUTES and not card.catch_up and not stands and _is_over(incident)
        return Held(card.held) if silent and card.held is not None else None
    left = mute.of(incident) or mute
    reason = HeldReason.IGNORED if left.ignored else HeldReason.MUTED
    if mute.applies_to(incident, now):
        return Held(reason, left.until)
    # Muted until it was over, it has at most a root to say so.
    return Held(reason) if mute.ends_silently(incident) and not stands else None


def _on_hold(incident: Incident, card: Card, _: ChannelSettings, wishes: Wishes, now: datetime) -> Held | None:
    hold = wishes.hold
    if hold is None or card.state.root is not None or incident.kind is IncidentKind.MAINTENANCE:
        return None
    if hold.passes_at is not None and incident.level is not None and incident.level >= hold.passes_at:
        return None
    end = _end_of(incident)
    if end is not None:
        return Held(HeldReason.ENDED_WITHIN_HOLD) if end - incident.started <= hold.span else None
    # A start that lies further ahead than that is a mistake of the page's, and no reason to wait for it.
    until = incident.started + hold.span
    return Held(HeldReason.HOLD, until) if now < until <= now + 2 * hold.span else None


def _in_digest_only(_: Incident, __: Card, settings: ChannelSettings, ___: Wishes, ____: datetime) -> Held | None:
    return Held(HeldReason.DIGEST_ONLY) if settings.digest_only else None


def _in_quiet_hours(incident: Incident, _: Card, settings: ChannelSettings, __: Wishes, now: datetime) -> Held | None:
    quiet = settings.quiet
    if quiet is None or (until := quiet.end_after(now, settings.zone)) is None:
        return None
    if quiet.except_level is not None and incident.level is not None and incident.level >= quiet.except_level:
        return None
    return Held(HeldReason.QUIET_HOURS, until)


_DECIDERS: tuple[Callable[[Incident, Card, ChannelSettings, Wishes, datetime], Held | None], ...] = (
    _muted,
    _on_hold,
    _in_digest_only,
    _in_quiet_hours,
)


def _is_over(incident: Incident) -> bool:
    return incident.phase in ENDED or incident.vanished or incident.unlisted or incident.explained_by is not None


def _end_of(incident: Incident) -> datetime | None:
    """When it ended, as far as is known; ``None``: it goes on, or nobody knows that it does not."""
    if not _is_over(incident):
        return None
    newest = max((update.at for update in incident.updates), default=incident.started)
    return incident.resolved if incident.resolved and incident.phase in ENDED else newest
