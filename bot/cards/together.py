"""What quiet hours kept back in a channel, told in one message and, where that is too much for one, in its thread: what
each lists, and what each card counts as shown then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.cards.reconciler import Reconciler, labels_of, reconcile
from bot.cards.views import TogetherAct
from bot.domain import (
    ENDED,
    NO_WISHES,
    ActKind,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    Component,
    HeldReason,
    Incident,
    Mode,
    RootFingerprint,
    Vendor,
    Wishes,
    digest,
    held_back,
)
from bot.domain.flood import ListedIncident

MAX_LISTED = 15
"""In one message: as many lines as every platform shows whole. More stand below it, so that each is named."""
MAX_NAMED = 105
"""More are counted: who has so many reads no list of them."""

T = TypeVar("T")


def waits_for_list(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    now: datetime,
    wishes: Wishes = NO_WISHES,
) -> bool:
    """Whether quiet hours that are over kept something of the card back, and nothing else does."""
    if card.held is not HeldReason.QUIET_HOURS or held_back(incident, card, settings, wishes, now) is not None:
        return False
    if settings.quiet is not None and settings.quiet.end_after(now, settings.zone) is not None:
        return False
    act = reconcile(incident, card, settings, vendor, components, None, now, wishes)
    return act is not None and act.kind is not ActKind.EDIT


def listed(incident: Incident, vendor: Vendor) -> ListedIncident:
    """Its line."""
    ended = incident.resolved if incident.phase in ENDED else None
    return ListedIncident(
        incident.id, incident.title, incident.level, incident.phase, incident.is_open, incident.started,
        vendor=vendor.name, url=incident.url or vendor.human_url, ended=ended,
    )  # fmt: skip


def told_together(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    now: datetime,
    wishes: Wishes = NO_WISHES,
    *,
    mentioned: bool,
) -> CardState:
    """What the channel has been shown of the incident once it stood in the list. A card without a message counts as
    told, and gets its root with the next news. Where one stands, its thread gets the texts, and the list is the news of
    them in the channel; without threads the root shows them."""
    facts = (settings.mode, vendor, labels_of(incident, components), bool(components), None)
    reconciler, state = Reconciler(incident, card, *facts), card.state
    root, unseen = state.root, reconciler.unseen_ids()
    if root is None or root.ref is None:
        posts = reconciler.show_updates(ActKind.POST, 0, unseen).after.posts
        shown = posts[0].fingerprint
        listed = replace(shown, listed=True) if isinstance(shown, RootFingerprint) else shown
        state = replace(state, posts=(replace(posts[0], fingerprint=listed), *posts[1:]))
    elif settings.mode is Mode.FLAT:
        state = replace(state, posts=(replace(root, updates=(*root.updates, *unseen)), *state.posts[1:]))
    elif news := reconciler.next_news():
        state = news.after
    left = Reconciler(incident, replace(card, state=state), *facts)
    while reminder := left.next_reminder(wishes.leads(settings), now):
        state = reminder.after
        left = Reconciler(incident, replace(card, state=state), *facts)
    return replace(state, mentioned=state.mentioned or mentioned)


def rank(one: ListedIncident) -> tuple[bool, int, float, str]:
    """To sort by: the open ones first, the worst first, the newest first."""
    return not one.open, 1 if one.level is None else -int(one.level), -one.started.timestamp(), one.id


def list_key(channel: Channel, incidents: Iterable[ListedIncident], now: datetime) -> str:
    """Of the list that tells these then."""
    names = (f"{one.vendor}\x1e{one.id}" for one in incidents)
    return digest("together", channel.platform, channel.workspace, channel.id, now.isoformat(), *names)


def part_key(key: str, part: int) -> str:
    """Of a message of the list with this key."""
    return f"{key}.{part}" if part else key


def whole_key(key: str) -> str:
    """Of the list that the message with this key is a part of."""
    return key.partition(".")[0]


def parts_of(ranked: Sequence[T]) -> list[list[T]]:
    """What the message tells, then what each below it does. Those that none names are told by the first, which counts
    them."""
    named, unnamed = ranked[:MAX_NAMED], ranked[MAX_NAMED:]
    parts = [list(named[at : at + MAX_LISTED]) for at in range(0, len(named), MAX_LISTED)]
    return [[*parts[0], *unnamed], *parts[1:]] if parts else []


def list_messages(told: int) -> int:
    """How many messages it takes to tell so many incidents."""
    return -(-min(told, MAX_NAMED) // MAX_LISTED)


def list_act(key: str, part: int, incidents: Sequence[ListedIncident], below: Sequence[ListedIncident]) -> TogetherAct:
    """One message of it, in rank. ``below``: what the messages below this one tell."""
    ranked = sorted(incidents, key=rank)
    told = [*ranked, *below]
    going_on = sum(one.open for one in told)
    named = tuple(ranked[:MAX_LISTED])
    return TogetherAct(part_key(key, part), part, named, going_on, len(told) - going_on, len(ranked) - len(named))
