"""How cards and boards fall due: a change of incidents meets the subscriptions, in another repository's transaction.

All lock in this order: page, channels by their keys, cards, boards. Of two transactions that want the same rows, one
waits for the other, never both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    false,
    func,
    literal_column,
    select,
    update,
)

from bot.domain import Channel, Component, Incident, Mention, Slug, Subscription, Verdict
from bot.store.database import Database, Insert, inserts
from bot.store.json_columns import NO_POSTS, load_filter
from bot.store.tables import BOARD, CARD, CHANNEL, INCIDENT, PAGE, SUBSCRIPTION
from bot.store.values import Route

NO_FLOOD = CARD.c.flood.is_(None)
"""What is in a flood's list is not due by itself."""


def lock_channels(tx: Connection, which: ColumnElement[bool]) -> None:
    """SQLite needs none of it: there, writers take turns."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(CHANNEL.c.pk).where(which).order_by(CHANNEL.c.pk).with_for_update(key_share=True)).all()


def lock_pages(tx: Connection, slugs: Sequence[str]) -> list[str]:
    """Those that exist. A reading is recorded before this or after it, never in between."""
    query = select(PAGE.c.slug).where(PAGE.c.slug.in_(slugs)).order_by(PAGE.c.slug)
    return list(tx.scalars(query.with_for_update(key_share=True)))


def lock_concerned(tx: Connection, slug: Slug, incidents: Collection[int]) -> None:
    """The channels that subscribe to the vendor or hold a card of one of these incidents."""
    if tx.dialect.name == "sqlite":
        return
    subscribed = select(SUBSCRIPTION.c.channel).where(SUBSCRIPTION.c.slug == slug)
    holding = select(CARD.c.channel).where(CARD.c.incident.in_(incidents))
    lock_channels(tx, CHANNEL.c.pk.in_(subscribed.union(holding)))


def subscribers(tx: Connection, slug: Slug) -> dict[int, Subscription]:
    """By the channel's key."""
    return {
        pk: Subscription(Channel(platform, workspace, id), slug, load_filter(filter), by, at, mention, muted_until)
        for pk, platform, workspace, id, filter, by, at, mention, muted_until in tx.execute(
            _SUBSCRIBERS, {"slug": slug}
        ).all()
    }


def matching(
    route: Route, incident: Incident, components: Mapping[str, Component], candidates: Mapping[int, Subscription]
) -> dict[int, Verdict]:
    """The verdicts of those that let the incident through, by the channel's key."""
    verdicts = route(incident, components, tuple(candidates.values())) if candidates else ()
    return {pk: verdict for pk, verdict in zip(candidates, verdicts, strict=True) if verdict.deliver}


def channels_with_card(tx: Connection, incident: int) -> set[int]:
    """The channels that have a card for the incident, not dropped."""
    return set(tx.scalars(_WITH_CARD, {"incident": incident}).all())


_AT = bindparam("at", type_=CARD.c.created_at.type)
# Rows come by the ten thousand, and every parameter of each costs: what is always the same is in the statement.
_NEW_CARD: dict[str, Any] = {
    "channel": bindparam("to", type_=CARD.c.channel.type),
    "incident": bindparam("about", type_=CARD.c.incident.type),
    "reason": bindparam("reason", type_=CARD.c.reason.type),
    "detail": bindparam("detail", type_=CARD.c.detail.type),
    "created_at": _AT,
    "due_since": _AT,
    "posts": literal_column(f"'{NO_POSTS}'"),
    "catch_up": false(),
    "dropped": false(),
    "mentioned": false(),
    "deletions": literal_column("0"),
    "version": literal_column("1"),
}


def create_cards(
    database: Database,
    tx: Connection,
    incident: int,
    verdicts: Mapping[int, Verdict],
    subscriptions: Mapping[int, Subscription],
    now: datetime,
) -> int:
    """A card, due, for each of these channels. One that was dropped goes on from what it shows. Returns how many."""
    if not verdicts:
        return 0
    rows = [
        {"to": pk, "about": incident, "at": now, "reason": v.reason, "detail": v.detail} for pk, v in verdicts.items()
    ]
    tx.execute(_CREATE_CARD[database.sqlite], rows)
    muted = [
        {"to": pk, "about": incident, "until": subscriptions[pk].muted_until}
        for pk in verdicts
        if subscriptions[pk].muted_until
    ]
    if muted:
        tx.execute(_MUTE_CARD, muted)
    return len(verdicts)


def _create_card(insert: Insert) -> Insert:
    insert = insert.values(_NEW_CARD)
    return insert.on_conflict_do_update(
        index_elements=["channel", "incident"],
        set_={
            "reason": insert.excluded.reason,
            "detail": insert.excluded.detail,
            "due_since": insert.excluded.due_since,
            "dropped": false(),
            "version": CARD.c.version + literal_column("1"),
        },
    )


def suppress_mentions(
    tx: Connection, incident: Incident, incident_pk: int, subscriptions: Mapping[int, Subscription]
) -> None:
    """These channels, by their row keys, mention nobody about an incident that is as bad as they wait for already:
    it is no news to them, only to the card. One that gets worse than that later is."""
    channels = [pk for pk, s in subscriptions.items() if s.mention and Mention.parse(s.mention).is_due(incident)]
    if channels:
        tx.execute(_MENTIONED, [{"to": pk, "about": incident_pk} for pk in channels])


def mark_due(tx: Connection, incidents: Collection[int], now: datetime) -> int:
    """Every card of these incidents that was not dropped, nor is in a flood's list, is to be looked at again; returns
    how many."""
    return tx.execute(_MARK_DUE, {"incidents": list(incidents), "at": now}).rowcount


def merge(tx: Connection, episode: int, incident: int, now: datetime) -> None:
    """The episode's cards become the incident's. Where a channel has one of that already, the episode's stays to be
    closed, or is deleted if nothing was posted of it."""
    c = CARD.c
    has_one = c.channel.in_(select(c.channel).where(c.incident == incident).scalar_subquery())
    unseen = (c.posts == NO_POSTS) & c.intent.is_(None)
    tx.execute(delete(CARD).where(c.incident == episode, has_one, unseen))
    due_since = case((c.dropped, None), else_=earliest(c.due_since, now))
    moved = update(CARD).where(c.incident == episode, ~has_one)
    tx.execute(moved.values(incident=incident, version=c.version + 1, due_since=due_since))


def earliest(due_since: ColumnElement[datetime | None], at: Any) -> ColumnElement[datetime]:
    """When a card falls due that falls due at ``at`` too."""
    return case((due_since <= at, due_since), else_=at)


def mark_channels(tx: Connection, incidents: Collection[int], now: datetime) -> None:
    """Delivery finds a channel by this mark."""
    tx.execute(_MARK_CHANNELS, {"incidents": list(incidents), "at": now})


def recompute_channel_due(tx: Connection, channel: int) -> None:
    """Move the mark to the earliest due card of the channel, or take it away: after any change of its cards."""
    tx.execute(_RECOMPUTE_CHANNEL, {"of": channel})


def mark_hit(tx: Connection, channels: ColumnElement[bool], slugs: Collection[str], now: datetime) -> None:
    """What hits the services of these channels may have changed: their cards of what is open at these vendors, and
    their boards, are to be looked at again."""
    c, theirs = CARD.c, select(CHANNEL.c.pk).where(channels)
    still_open = select(INCIDENT.c.pk).where(INCIDENT.c.slug.in_(slugs), INCIDENT.c.open)
    which = c.channel.in_(theirs) & c.incident.in_(still_open) & ~c.dropped
    changed = tx.scalars(select(c.channel).where(which).distinct()).all()
    if changed:
        tx.execute(update(CARD).where(which).values(version=c.version + 1, due_since=earliest(c.due_since, now)))
        oldest = select(func.min(c.due_since)).where(c.channel == CHANNEL.c.pk, NO_FLOOD).scalar_subquery()
        tx.execute(update(CHANNEL).where(CHANNEL.c.pk.in_(changed)).values(due_since=oldest))
    if any_board(tx):
        _mark(tx, BOARD.c.channel.in_(theirs))


def any_board(tx: Connection) -> bool:
    """Whether there is one at all: without, thousands of subscribers need not be looked up."""
    return tx.scalar(_FIRST_BOARD) is not None


def mark_boards(tx: Connection, slugs: Collection[str]) -> None:
    """The state of these vendors has changed: the boards that show them fall due. A board that was never sent is due
    as it is."""
    if not any_board(tx):
        return
    theirs = select(SUBSCRIPTION.c.channel).where(SUBSCRIPTION.c.slug.in_(slugs))
    _mark(tx, BOARD.c.channel.in_(theirs))


def mark_board(tx: Connection, channel: int) -> None:
    """What a channel's board shows has changed."""
    _mark(tx, BOARD.c.channel == channel)


def _mark(tx: Connection, which: ColumnElement[bool]) -> None:
    b = BOARD.c
    if tx.dialect.name == "postgresql":
        tx.execute(select(b.channel).where(which).order_by(b.channel).with_for_update()).all()
    tx.execute(update(BOARD).where(which).values(version=b.version + 1, due=func.coalesce(b.edited_at, b.due)))


# Statements are built once: to build one takes longer than to carry it out.
_card, _channel, _s = CARD.c, CHANNEL.c, SUBSCRIPTION.c
_INCIDENTS: BindParameter[Any] = bindparam("incidents", expanding=True)
_ITS_CARD = (_card.incident == bindparam("about")) & (_card.channel == bindparam("to"))
_SUBSCRIBERS = (
    select(
        *(_channel.pk, _channel.platform, _channel.workspace, _channel.id),
        *(_s.filter, _s.created_by, _s.created_at, _s.mention, _s.muted_until),
    )
    .join_from(SUBSCRIPTION, CHANNEL, _s.channel == _channel.pk)
    .where(_s.slug == bindparam("slug"))
    .order_by(_channel.pk)
)
_WITH_CARD = select(_card.channel).where(_card.incident == bindparam("incident"), ~_card.dropped)
_CREATE_CARD = inserts(CARD, _create_card)
_MUTE_CARD = update(CARD).where(_ITS_CARD).values(muted_until=bindparam("until", type_=_card.muted_until.type))
_MENTIONED = update(CARD).where(_ITS_CARD).values(mentioned=True)
_MARK_DUE = (
    update(CARD)
    .where(_card.incident.in_(_INCIDENTS), ~_card.dropped, NO_FLOOD)
    .values(version=_card.version + 1, due_since=earliest(_card.due_since, _AT))
)
_MARK_CHANNELS = (
    update(CHANNEL)
    .where(
        _channel.pk.in_(
            select(_card.channel).where(_card.incident.in_(_INCIDENTS), _card.due_since.is_not(None), NO_FLOOD)
        )
    )
    .values(due_since=earliest(_channel.due_since, _AT))
)
_RECOMPUTE_CHANNEL = (
    update(CHANNEL)
    .where(_channel.pk == bindparam("of"))
    .values(
        due_since=select(func.min(_card.due_since)).where(_card.channel == bindparam("of"), NO_FLOOD).scalar_subquery()
    )
)
_FIRST_BOARD = select(func.min(BOARD.c.due))
