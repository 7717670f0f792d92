"""Channels: their subscriptions, settings and health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from bot.domain import Channel, ChannelSettings, ChannelState, Health, ListedSubscription, Slug, Subscription
from bot.domain.flood import FLOOD_LIMIT
from bot.store import due
from bot.store.database import Database, StoreError, reads, writes
from bot.store.following import followed
from bot.store.json_columns import dump_leads, dump_quiet
from bot.store.own_pages import release
from bot.store.quiet import look_again
from bot.store.rows import (
    channel_key,
    channel_of,
    is_channel,
    settings_of,
    state_of,
    subscription_of,
)
from bot.store.signals import Signal, signal
from bot.store.subscribing import end, put, through_services, with_followed, write
from bot.store.tables import CARD, CHANNEL, FOLLOWING, INCIDENT, SUBSCRIPTION
from bot.store.values import Route
from bot.store.watching import update_watched, watch

SUBSCRIBED_AT_ONCE = 25
"""Subscriptions a transaction: some 30 ms, for nobody else can write meanwhile."""
_HEALTHY = {"health": Health.ACTIVE, "reason": None, "since": None, "tries": 0, "subscriber_notified": False}


class Channels:
    def __init__(self, database: Database, flood_limit: int = FLOOD_LIMIT) -> None:
        """``flood_limit``: as in :func:`bot.domain.flood.with_own_root`."""
        self._database = database
        self._flood_limit = flood_limit

    def subscribe(self, subscription: Subscription, route: Route) -> bool:
        """Add the subscription, or replace the channel's one for this vendor. Cards fall due for the open incidents
        that ``route`` lets through and that the channel has no card for; what is bad already mentions nobody. Returns
        whether it was replaced.

        Where a replacing filter lets an open incident through no more, its card is dropped only if nothing was posted
        of it: a message in the channel is kept true. A mute stays. Raises :class:`StoreError` for a vendor without
        a page.
        """
        return bool(self.subscribe_all([subscription], route))

    def subscribe_all(self, subscriptions: Sequence[Subscription], route: Route) -> frozenset[Slug]:
        """The same for many of one channel, each of another vendor, some in a transaction: which of them were
        replaced."""
        replaced: set[Slug] = set()
        for at in range(0, len(subscriptions), SUBSCRIBED_AT_ONCE):
            part = subscriptions[at : at + SUBSCRIBED_AT_ONCE]
            replaced |= self._database.write(lambda tx: self._subscribe(tx, part, route))  # noqa: B023
        return frozenset(replaced)

    def _subscribe(self, tx: Connection, subscriptions: Sequence[Subscription], route: Route) -> set[Slug]:
        slugs, now = [subscription.vendor for subscription in subscriptions], subscriptions[0].created_at
        if missing := set(slugs).difference(due.lock_pages(tx, slugs)):
            raise StoreError(f"There is no vendor {min(missing)}: subscribe to one of the catalog.")
        watch(tx, slugs, now)
        channel = ensure_channel(self._database, tx, subscriptions[0].channel)
        needs = followed(tx, channel, slugs)
        wishes = [with_followed(subscription, needs.get(subscription.vendor, ())) for subscription in subscriptions]
        replaced = put(self._database, tx, channel, wishes, route, self._flood_limit, now)
        due.recompute_channel_due(tx, channel)
        due.mark_board(tx, channel)
        return replaced

    @writes
    def unsubscribe(self, tx: Connection, channel: Channel, slugs: Sequence[Slug] | None) -> tuple[Slug, ...]:
        """End these subscriptions, all with ``None``; returns those that stood. Their cards are no longer due, unless
        the vendor comes through a service, too. A page of the workspace's own that nothing of its wants any more is
        its own no longer."""
        s = SUBSCRIPTION.c
        pk = channel_key(tx, channel)
        if pk is None:
            return ()
        subscribed = select(SUBSCRIPTION).where(s.channel == pk).order_by(s.slug)
        known = [
            subscription_of(channel, row)
            for row in tx.execute(subscribed if slugs is None else subscribed.where(s.slug.in_(slugs)))
        ]
        ended = [one.vendor for one in known if slugs is None or one.typed is not None]
        if not ended:
            return ()
        due.lock_pages(tx, ended)
        due.lock_channels(tx, CHANNEL.c.pk == pk)
        if slugs is None:
            tx.execute(delete(FOLLOWING).where(FOLLOWING.c.channel == pk))
        left = followed(tx, pk, ended)
        write(tx, pk, [through_services(channel, Slug(slug), needs) for slug, needs in left.items()])
        end(tx, pk, [slug for slug in ended if slug not in left])
        due.recompute_channel_due(tx, pk)
        due.mark_board(tx, pk)
        update_watched(tx, ended)
        release(tx, channel, ended)
        return tuple(ended)

    @reads
    def subscriptions(self, tx: Connection, channel: Channel) -> tuple[ListedSubscription, ...]:
        """By vendor."""
        s, key = SUBSCRIPTION.c, channel_key(tx, channel)
        # All in one walk through the channel's cards: a walk for each subscription takes seconds where both are many.
        posted = (
            select(INCIDENT.c.slug, func.max(CARD.c.posted_at).label("last"))
            .join_from(CARD, INCIDENT, CARD.c.incident == INCIDENT.c.pk)
            .where(CARD.c.channel == key)
            .group_by(INCIDENT.c.slug)
            .subquery()
        )
        query = (
            select(SUBSCRIPTION, posted.c.last.label("last_post"))
            .outerjoin_from(SUBSCRIPTION, posted, s.slug == posted.c.slug)
            .where(s.channel == key)
            .order_by(s.slug)
        )
        return tuple(ListedSubscription(subscription_of(channel, row), row.last_post) for row in tx.execute(query))

    @reads
    def vendors(self, tx: Connection, channel: Channel) -> tuple[Slug, ...]:
        """What the channel subscribes to."""
        s = SUBSCRIPTION.c
        query = select(s.slug).where(s.channel == channel_key(tx, channel)).order_by(s.slug)
        return tuple(Slug(slug) for slug in tx.scalars(query))

    @reads
    def is_known(self, tx: Connection, channel: Channel) -> bool:
        """Whether something was once typed there that is on record."""
        return channel_key(tx, channel) is not None

    @reads
    def settings(self, tx: Connection, channel: Channel) -> ChannelSettings:
        """The defaults for a channel that was never seen."""
        row = tx.execute(select(CHANNEL).where(is_channel(channel))).one_or_none()
        return settings_of(row) if row else ChannelSettings()

    @writes
    def set_settings(self, tx: Connection, channel: Channel, settings: ChannelSettings) -> None:
        """Cards of open incidents fall due, so that they take the new mode; so does what is held back, notices too."""
        pk = ensure_channel(self._database, tx, channel)
        tx.execute(update(CHANNEL).where(CHANNEL.c.pk == pk).values(**_dumped(settings)))
        c = CARD.c
        still_open = c.incident.in_(select(INCIDENT.c.pk).where(INCIDENT.c.open))
        tx.execute(
            update(CARD)
            .where(c.channel == pk, still_open | c.held.is_not(None), ~c.dropped)
            .values(
                version=c.version + 1, due_since=due.earliest(c.due_since, func.coalesce(c.posted_at, c.created_at))
            )
        )
        due.recompute_channel_due(tx, pk)
        look_again(tx, pk)

    @reads
    def state(self, tx: Connection, channel: Channel) -> ChannelState:
        row = tx.execute(select(CHANNEL).where(is_channel(channel))).one_or_none()
        return state_of(row) if row else ChannelState()

    @reads
    def unhealthy(self, tx: Connection) -> tuple[tuple[Channel, ChannelState], ...]:
        """Channels that are not active."""
        c = CHANNEL.c
        query = select(CHANNEL).where(c.health != Health.ACTIVE).order_by(c.platform, c.workspace, c.id)
        return tuple((channel_of(row), state_of(row)) for row in tx.execute(query))

    @writes
    def mark_recovered(self, tx: Connection, channel: Channel) -> bool:
        """The channel can be reached again: make it active at once, to catch up on what it missed. False if it is."""
        unhealthy = is_channel(channel) & (CHANNEL.c.health != Health.ACTIVE)
        if not tx.execute(update(CHANNEL).where(unhealthy).values(not_before=None, **_HEALTHY)).rowcount:
            return False
        _catch_up(tx, channel)
        return True

    @writes
    def try_again(self, tx: Connection, channel: Channel) -> bool:
        """Something reached a suspended channel: it is tried once more, to catch up on what it missed. Its subscribers
        know of the failure; if it lasts, they are not notified again. False if the channel was not suspended."""
        suspended = is_channel(channel) & (CHANNEL.c.health == Health.SUSPENDED)
        if not tx.execute(update(CHANNEL).where(suspended).values(not_before=None, health=Health.DEGRADED)).rowcount:
            return False
        _catch_up(tx, channel)
        return True

    @writes
    def purge(self, tx: Connection, suspended_before: datetime) -> int:
        """Delete channels that have been suspended since before then, with all that hangs on them."""
        c = CHANNEL.c
        expired = (c.health == Health.SUSPENDED) & (c.since < suspended_before)
        s = SUBSCRIPTION.c
        slugs = tx.scalars(select(s.slug).distinct().where(s.channel.in_(select(c.pk).where(expired)))).all()
        due.lock_pages(tx, slugs)
        due.lock_channels(tx, expired)
        purged = tx.execute(delete(CHANNEL).where(expired)).rowcount
        update_watched(tx, slugs)
        return purged


def ensure_channel(database: Database, tx: Connection, channel: Channel) -> int:
    """The channel's key, locked; made if it was never seen."""
    insert = database.insert(CHANNEL).on_conflict_do_nothing()
    fresh = ChannelSettings()
    tx.execute(
        insert.values(
            platform=channel.platform,
            workspace=channel.workspace,
            id=channel.id,
            **_dumped(fresh),
            lease=0,
            **_HEALTHY,
        )
    )
    return int(tx.scalars(select(CHANNEL.c.pk).where(is_channel(channel)).with_for_update(key_share=True)).one())


def _dumped(settings: ChannelSettings) -> dict[str, Any]:
    return {
        "mode": settings.mode,
        "zone": settings.zone,
        "quiet": dump_quiet(settings.quiet),
        "remind": dump_leads(settings.remind),
        "publish": settings.publish,
    }


def _catch_up(tx: Connection, channel: Channel) -> None:
    """What is due by now is posted in one message per incident."""
    signal(tx, Signal.CARDS)
    missed = (CARD.c.channel == channel_key(tx, channel)) & CARD.c.due_since.is_not(None)
    tx.execute(update(CARD).where(missed).values(catch_up=True))
