"""Whole workspaces: every channel of one at once, for dashboards, and when an installation ends or is back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, select, update

from bot.domain import Channel, ChannelSubscriptions, Health, Incident, Slug, WorkspaceState
from bot.store import due
from bot.store.database import Database, reads, writes
from bot.store.fan_out import reach_again
from bot.store.pages import read_states
from bot.store.rows import (
    AnyRow,
    channel_key,
    channel_of,
    incidents_of,
    is_channel,
    open_incidents,
    state_of,
    subscription_of,
)
from bot.store.signals import Signal, signal
from bot.store.tables import (
    AUDIT,
    BOARD,
    CARD,
    CHANNEL,
    DIGEST,
    DRILL,
    FLOOD,
    FOLLOWING,
    PAGE,
    SERVICE,
    SPAN,
    SUBSCRIPTION,
)


class Workspaces:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def subscriptions(
        self, tx: Connection, platform: str, workspace: str, limit: int, after: str | None = None
    ) -> tuple[ChannelSubscriptions, ...]:
        """Channels that subscribe to something, by their ids, each with all its subscriptions by vendor. ``after``: the
        id of the last channel of the page before."""
        page = _subscribing(platform, workspace)
        return _channel_subscriptions(
            tx, tx.execute((page if after is None else page.where(CHANNEL.c.id > after)).limit(limit)).all()
        )

    @reads
    def state(self, tx: Connection, platform: str, workspace: str) -> WorkspaceState:
        """Its channels, its vendors and what is open there, all of the same moment."""
        channels = tx.execute(_subscribing(platform, workspace)).all()
        subscriptions = _channel_subscriptions(tx, channels)
        slugs = sorted({s.vendor for roster in subscriptions for s in roster.subscriptions})
        if not slugs:
            return WorkspaceState((), (), {}, {})
        s = SPAN.c
        of_pages = select(s.slug, s.started).where(s.slug.in_(slugs), s.component == "", s.ended.is_(None))
        return WorkspaceState(
            subscriptions,
            read_states(
                tx, tx.execute(select(PAGE).where(PAGE.c.slug.in_(slugs)).order_by(PAGE.c.slug)).all(), components=False
            ),
            {Slug(row.slug): row.started for row in tx.execute(of_pages)},
            _channels_with_card(tx, slugs, {row.pk: row.id for row in channels}),
        )

    @reads
    def vendors(self, tx: Connection, platform: str, workspace: str) -> tuple[Slug, ...]:
        """What its channels subscribe to, each once."""
        return tuple(Slug(slug) for slug in tx.scalars(_vendors(platform, workspace)))

    @reads
    def open_incidents(self, tx: Connection, platform: str, workspace: str) -> tuple[Incident, ...]:
        """All that is open at those vendors, maintenances too, the oldest first; merged episodes excluded."""
        return tuple(incidents_of(tx, open_incidents(tx, tx.scalars(_vendors(platform, workspace)).all())))

    @writes
    def suspend(self, tx: Connection, platform: str, workspace: str, reason: str, now: datetime) -> int:
        """Nothing is sent there until it recovers; returns how many channels that stops. ``reason``: a sentence with
        its remedy. Nobody is notified: nobody there can be."""
        c = CHANNEL.c
        affected = _of(platform, workspace) & (c.health != Health.SUSPENDED)
        return tx.execute(update(CHANNEL).where(affected).values(not_before=None, **_suspended(reason, now))).rowcount

    @writes
    def mark_recovered(self, tx: Connection, platform: str, workspace: str, ending: str = "") -> int:
        """Make its channels active at once, to catch up on what they missed; returns how many were not.
        ``ending``: only those whose reason ends like this."""
        c = CHANNEL.c
        unhealthy = _of(platform, workspace) & (c.health != Health.ACTIVE) & c.reason.endswith(ending, autoescape=True)
        pks = tx.scalars(select(c.pk).where(unhealthy)).all()
        if pks:
            healthy = {"health": Health.ACTIVE, "reason": None, "since": None, "tries": 0, "subscriber_notified": False}
            tx.execute(update(CHANNEL).where(unhealthy).values(not_before=None, **healthy))
            missed = CARD.c.channel.in_(pks) & CARD.c.due_since.is_not(None)
            tx.execute(update(CARD).where(missed).values(catch_up=True))
            signal(tx, Signal.CARDS)
        return len(pks)

    @writes
    def drop_channel(self, tx: Connection, channel: Channel, reason: str, now: datetime) -> bool:
        """The platform says that the channel is gone: nothing is sent there until it recovers. False if it was so."""
        gone = is_channel(channel) & (CHANNEL.c.health != Health.SUSPENDED)
        return tx.execute(update(CHANNEL).where(gone).values(not_before=None, **_suspended(reason, now))).rowcount > 0

    @writes
    def move_channel(self, tx: Connection, old: Channel, new: Channel) -> bool:
        """The platform knows the channel by another id: subscriptions, cards, board and digest are the new one's, which
        keeps what it has of its own. Whoever holds a lease of the old one has lost it. False if it is not stored."""
        due.lock_channels(tx, is_channel(old) | is_channel(new))
        a = AUDIT.c
        there = (a.platform == old.platform) & (a.workspace == old.workspace) & (a.channel == old.id)
        tx.execute(update(AUDIT).where(there).values(workspace=new.workspace, channel=new.id))
        before, after = channel_key(tx, old), channel_key(tx, new)
        if before is None or old == new:
            return False
        due.finish_merges(tx, [key for key in (before, after) if key is not None])
        c = CHANNEL.c
        if after is None:
            healthy = {"health": Health.ACTIVE, "reason": None, "since": None, "tries": 0, "subscriber_notified": False}
            freed = {"lease": c.lease + 1, "leased_by": None, "leased_until": None, "not_before": None}
            tx.execute(update(CHANNEL).where(c.pk == before).values(id=new.id, **healthy, **freed))
            after = before
        else:
            alone = select(c.digest_only).where(c.pk == before).scalar_subquery()
            has_one = exists().where(DIGEST.c.channel == after)
            tx.execute(update(CHANNEL).where(c.pk == after, ~has_one).values(digest_only=alone))
            for table, what in (
                (SUBSCRIPTION, SUBSCRIPTION.c.slug),
                (FOLLOWING, FOLLOWING.c.service),
                (CARD, CARD.c.incident),
                (BOARD, None),
                (DIGEST, None),
                (DRILL, None),
            ):
                theirs = select(what if what is not None else table.c.channel).where(table.c.channel == after)
                free = ~exists(theirs) if what is None else what.not_in(theirs)
                tx.execute(update(table).where(table.c.channel == before, free).values(channel=after))
            tx.execute(update(FLOOD).where(FLOOD.c.channel == before).values(channel=after))
            tx.execute(update(SERVICE).where(SERVICE.c.channel == before).values(channel=after))
            tx.execute(delete(CHANNEL).where(c.pk == before))
            reach_again(tx, after)
        tx.execute(update(CARD).where(CARD.c.channel == after, CARD.c.due_since.is_not(None)).values(catch_up=True))
        due.recompute_channel_due(tx, after)
        return True

    @reads
    def namesakes(self, tx: Connection, channel: Channel) -> tuple[Channel, ...]:
        """Channels of its platform with its id, in whichever workspace, the oldest first."""
        c = CHANNEL.c
        query = select(CHANNEL).where(c.id == channel.id, c.platform == channel.platform).order_by(c.pk)
        return tuple(channel_of(row) for row in tx.execute(query))

    @reads
    def channels(self, tx: Connection, platform: str) -> tuple[Channel, ...]:
        """Every channel of the platform that is on record and not suspended."""
        c = CHANNEL.c
        query = select(CHANNEL).where(c.platform == platform, c.health != Health.SUSPENDED).order_by(c.workspace, c.id)
        return tuple(channel_of(row) for row in tx.execute(query))


def _subscribing(platform: str, workspace: str) -> Select[tuple[Any, ...]]:
    """Channels that subscribe to something, by their ids."""
    subscribes = exists().where(SUBSCRIPTION.c.channel == CHANNEL.c.pk)
    return select(CHANNEL).where(_of(platform, workspace), subscribes).order_by(CHANNEL.c.id)


def _channel_subscriptions(tx: Connection, channels: Sequence[AnyRow]) -> tuple[ChannelSubscriptions, ...]:
    """Of these rows of ``CHANNEL``, in their order."""
    s = SUBSCRIPTION.c
    query = select(SUBSCRIPTION).where(s.channel.in_([row.pk for row in channels])).order_by(s.channel, s.slug)
    listed: defaultdict[int, list[AnyRow]] = defaultdict(list)
    for row in tx.execute(query) if channels else ():
        listed[row.channel].append(row)
    known = [(channel_of(row), row) for row in channels]
    return tuple(
        ChannelSubscriptions(channel, state_of(row), tuple(subscription_of(channel, s) for s in listed[row.pk]))
        for channel, row in known
    )


def _channels_with_card(
    tx: Connection, slugs: Sequence[Slug], channels: Mapping[int, str]
) -> dict[tuple[Slug, str], frozenset[str]]:
    """``channels``: ids by key."""
    incidents = {row.pk: (Slug(row.slug), str(row.id)) for row in open_incidents(tx, slugs)}
    c = CARD.c
    query = select(c.channel, c.incident).where(c.channel.in_(channels), c.incident.in_(incidents), ~c.dropped)
    found: defaultdict[tuple[Slug, str], set[str]] = defaultdict(set)
    for row in tx.execute(query) if incidents else ():
        found[incidents[row.incident]].add(channels[row.channel])
    return {incident: frozenset(ids) for incident, ids in found.items()}


def _vendors(platform: str, workspace: str) -> Select[tuple[Any]]:
    s = SUBSCRIPTION.c
    query = select(s.slug).join_from(CHANNEL, SUBSCRIPTION, s.channel == CHANNEL.c.pk)
    return query.where(_of(platform, workspace)).distinct().order_by(s.slug)


def _suspended(reason: str, now: datetime) -> dict[str, object]:
    return {"health": Health.SUSPENDED, "reason": reason, "since": now, "tries": 0, "subscriber_notified": True}


def _of(platform: str, workspace: str) -> ColumnElement[bool]:
    return (CHANNEL.c.platform == platform) & (CHANNEL.c.workspace == workspace)
