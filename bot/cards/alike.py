"""The next act of cards that are alike: thousands differ in nothing but their channel and what the platform calls their
messages, so it is worked out for the first of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from bot.cards.reconciler import Reconciler, key_of, labels_of, reconcile
from bot.cards.views import Act
from bot.domain import (
    NO_WISHES,
    Ack,
    Card,
    CardState,
    Channel,
    ChannelSettings,
    Component,
    Hit,
    Incident,
    IncidentKind,
    Mention,
    Mode,
    Post,
    PostFingerprint,
    Vendor,
    Verdict,
    VerdictReason,
    Wishes,
)

CACHE_SIZE = 256
"""Kinds of cards: an incident has a few at a time."""
_NOWHERE = Channel("", "", "")
_VERDICT = Verdict(True, VerdictReason.WHOLE_VENDOR)

Shown = tuple[str | None, PostFingerprint, tuple[str, ...], bool]
"""A post, with its place for its reference."""


def next_act(
    incident: Incident,
    card: Card,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    mention: Mention | None,
    now: datetime,
    wishes: Wishes = NO_WISHES,
) -> Act | None:
    """The same as :func:`bot.cards.reconcile`."""
    if not _is_timeless(incident, card, settings, wishes):
        return reconcile(incident, card, settings, vendor, components, mention, now, wishes)
    posts = card.state.posts
    shown = tuple([(p.ref and str(place), p.fingerprint, p.updates, p.mentions) for place, p in enumerate(posts)])
    known = (shown, card.state.mentioned, card.catch_up, card.note, card.hits, card.ack)
    act = _next_alike(
        incident, settings.mode, vendor, labels_of(incident, components), bool(components), mention, *known
    )
    if act is None:
        return None
    after, ref = act.after, act.ref
    if posts:
        own = [replace(post, ref=posts[int(post.ref)].ref) if post.ref else post for post in after.posts]
        after, ref = replace(after, posts=tuple(own)), ref and posts[int(ref)].ref
    return replace(act, key=key_of(card, act.about), after=after, ref=ref)


def _is_timeless(incident: Incident, card: Card, settings: ChannelSettings, wishes: Wishes) -> bool:
    """Whether no moment plays a part in what is to be shown: nothing holds the card back, now or later."""
    free = card.mute is None and card.held is None and wishes.hold is None
    if not free or settings.quiet is not None or settings.digest_only:
        return False
    return incident.kind is not IncidentKind.MAINTENANCE


@lru_cache(maxsize=CACHE_SIZE)
def _next_alike(
    incident: Incident,
    mode: Mode,
    vendor: Vendor,
    labels: tuple[str, ...],
    has_parts: bool,
    mention: Mention | None,
    shown: tuple[Shown, ...],
    mentioned: bool,
    catch_up: bool,
    note: str,
    hits: tuple[Hit, ...],
    ack: Ack | None,
) -> Act | None:
    state = CardState(tuple(Post(*post) for post in shown), mentioned)
    card = Card(
        0, _NOWHERE, incident.id, incident.vendor, _VERDICT, state, catch_up=catch_up, note=note, hits=hits, ack=ack
    )
    reconciler = Reconciler(incident, card, mode, vendor, labels, has_parts, mention)
    return reconciler.next_message((), incident.started) or reconciler.next_edit() or reconciler.next_root_edit()
