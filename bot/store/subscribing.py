"""How a subscription is written, typed or through services that the channel follows, in another's transaction: cards
fall due for what is open and passes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from bot.domain import Channel, Filter, Incident, IncidentKind, Slug, Subscription, Through
from bot.store import due, floods
from bot.store.database import Database
from bot.store.following import calling, followed, needed, typed_mention, wanted
from bot.store.json_columns import NO_POSTS, dump_filter, dump_through, dump_wishes, load_wishes
from bot.store.rows import AnyRow, components_of, incidents_of, open_incidents, subscription_of
from bot.store.tables import CARD, INCIDENT, SUBSCRIPTION
from bot.store.values import Route

_DROPPED = {"dropped": True, "due_since": None, "muted_until": None, "ignored": None, "held": None, "held_since": None}


def put(
    database: Database,
    tx: Connection,
    channel: int,
    wishes: Sequence[Subscription],
    route: Route,
    flood_limit: int,
    now: datetime,
) -> set[Slug]:
    """Write a channel's subscriptions, each of another vendor, and make cards due; returns those vendors that it had
    typed something for before.

    Where a filter lets an open incident through no more, its card is dropped only if nothing was posted of it. A mute
    stays.
    """
    due.finish_merges(tx, [channel])
    added, typed = write(tx, channel, wishes)
    _look_again(tx, channel, list(added), now)
    _meet_open(database, tx, channel, added, route, flood_limit, now)
    return typed


def write(
    tx: Connection, channel: int, wishes: Sequence[Subscription]
) -> tuple[Mapping[Slug, Subscription], set[Slug]]:
    """The rows alone."""
    if not wishes:
        return {}, set()
    of_channel = (SUBSCRIPTION.c.channel == channel) & SUBSCRIPTION.c.slug.in_([one.vendor for one in wishes])
    rows = tx.execute(select(SUBSCRIPTION).where(of_channel)).all()
    before = {row.slug: subscription_of(wishes[0].channel, row) for row in rows}
    if before:
        tx.execute(delete(SUBSCRIPTION).where(of_channel))
    added = {
        one.vendor: replace(one, muted_until=before[one.vendor].muted_until) if one.vendor in before else one
        for one in wishes
    }
    tx.execute(SUBSCRIPTION.insert(), [_columns(channel, one) for one in added.values()])
    return added, {slug for slug, known in before.items() if known.typed is not None}


def follow_again(
    database: Database,
    tx: Connection,
    channel: int,
    where: Channel,
    slugs: Sequence[Slug],
    route: Route,
    flood_limit: int,
    now: datetime,
) -> None:
    """What the channel follows of these vendors may have changed: write its subscriptions to them anew, and end those
    that nothing asks for any more."""
    needs, s = followed(tx, channel, slugs), SUBSCRIPTION.c
    rows = {row.slug: row for row in tx.execute(select(SUBSCRIPTION).where(s.channel == channel, s.slug.in_(slugs)))}
    over: list[Slug] = []
    wishes: list[Subscription] = []
    for slug in slugs:
        known = subscription_of(where, rows[slug]) if slug in rows else None
        if known is not None and known.typed is not None:
            wish = with_followed(replace(known, filter=known.typed, through=None), needs.get(slug, ()))
        elif slug in needs:
            wish = through_services(where, slug, needs[slug])
        else:
            over += [slug] if known is not None else []
            continue
        wishes += [wish] if wish != known else []
    put(database, tx, channel, wishes, route, flood_limit, now)
    end(tx, channel, over)
    due.recompute_channel_due(tx, channel)
    due.mark_board(tx, channel)


def through_services(where: Channel, slug: Slug, needs: Sequence[AnyRow]) -> Subscription:
    """For a vendor that the channel typed nothing for."""
    first = needs[0]
    known = (first.created_by, first.created_at, first.mention)
    wish = Subscription(where, slug, Filter(), *known, wishes=load_wishes(first.wishes), through=Through((), None))
    return with_followed(wish, needs)


def with_followed(subscription: Subscription, needs: Sequence[AnyRow]) -> Subscription:
    """An incident passes if it passes what was typed or what is followed."""
    if not needs:
        return subscription
    asked = [needed(row) for row in needs]
    typed = subscription.typed
    first, *others = dict.fromkeys([*([typed] if typed is not None else []), *asked])
    names = tuple(dict.fromkeys(row.name for row in needs))
    return replace(subscription, filter=replace(first, also=tuple(others)), through=Through(names, typed))


def end(tx: Connection, channel: int, slugs: Sequence[str]) -> None:
    """Delete these subscriptions; their cards are no longer due."""
    if not slugs:
        return
    tx.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.channel == channel, SUBSCRIPTION.c.slug.in_(slugs)))
    theirs = CARD.c.incident.in_(select(INCIDENT.c.pk).where(INCIDENT.c.slug.in_(slugs)))
    tx.execute(update(CARD).where(CARD.c.channel == channel, theirs).values(**_DROPPED))


def _columns(channel: int, subscription: Subscription) -> dict[str, Any]:
    return {
        "channel": channel,
        "slug": subscription.vendor,
        "filter": dump_filter(subscription.filter),
        "through": dump_through(subscription.through),
        "mention": subscription.mention,
        "wishes": dump_wishes(subscription.wishes),
        "muted_until": subscription.muted_until,
        "created_by": subscription.created_by,
        "created_at": subscription.created_at,
    }


def _meet_open(
    database: Database,
    tx: Connection,
    channel: int,
    added: Mapping[Slug, Subscription],
    route: Route,
    flood_limit: int,
    now: datetime,
) -> None:
    """Cards fall due for the open incidents that they let through and that the channel has no card for; what is bad
    already mentions nobody."""
    rows = open_incidents(tx, added)
    components = components_of(tx, {row.slug for row in rows}) if rows else {}
    needs = followed(tx, channel, [slug for slug, one in added.items() if one.through]) if rows else {}
    named = components_of(tx, needs, gone=True) if needs else {}
    created: dict[Slug, dict[int, Incident]] = {slug: {} for slug in added}
    for row, incident in zip(rows, incidents_of(tx, rows), strict=True):
        wish = added[incident.vendor]
        (verdict,) = route(incident, components.get(row.slug, {}), [wish.filter])
        if not verdict.deliver:
            unseen = (CARD.c.channel == channel) & (CARD.c.incident == row.pk) & (CARD.c.posts == NO_POSTS)
            tx.execute(update(CARD).where(unseen).values(**_DROPPED))
        elif not _has_card(tx, channel, row.pk):
            due.create_card(database, tx, channel, row.pk, verdict, now, wish.muted_until)
            created[incident.vendor][row.pk] = incident
        typed = {channel: typed_mention(wish.mention, wish.through)}
        through = {} if typed[channel] else {channel: wanted(needs.get(row.slug, ()))}
        due.suppress_mentions(tx, row.pk, calling(route, incident, named.get(row.slug, {}), typed, through))
    for slug, incidents in created.items():
        floods.hold_back(tx, slug, {channel: incidents}, {}, flood_limit, now)


def _look_again(tx: Connection, channel: int, slugs: Sequence[str], now: datetime) -> None:
    """What subscriptions to these held back is looked at again: they may hold no more. Maintenances, too: their
    reminders may come at other times."""
    c = CARD.c
    theirs = c.incident.in_(select(INCIDENT.c.pk).where(INCIDENT.c.slug.in_(slugs)))
    i = INCIDENT.c
    ahead = c.incident.in_(select(i.pk).where(i.slug.in_(slugs), i.open, i.kind == IncidentKind.MAINTENANCE))
    again = update(CARD).where(c.channel == channel, c.held.is_not(None) | ahead, theirs, ~c.dropped)
    tx.execute(again.values(version=c.version + 1, due_since=due.earliest(c.due_since, now)))


def _has_card(tx: Connection, channel: int, incident: int) -> bool:
    c = CARD.c
    return bool(tx.scalar(select(exists().where(c.channel == channel, c.incident == incident, ~c.dropped))))
