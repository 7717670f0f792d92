"""How cards and boards fall due: a change of incidents meets the subscriptions, in another repository's transaction.

All lock in this order: page, channels by their keys, cards, boards. Of two transactions that want the same rows, one
waits for the other, never both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, false, func, literal_column, select, update

from bot.domain import Channel, Component, Incident, Mention, Slug, Subscription, Verdict
from bot.store.database import Database
from bot.store.json_columns import NO_POSTS, load_filter
from bot.store.tables import BOARD, CARD, CHANNEL, PAGE, SUBSCRIPTION
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
    subscribed = select(SUBSCRIPTION.c.channel).where(SUBSCRIPTION.c.slug == slug)
    holding = select(CARD.c.channel).where(CARD.c.incident.in_(incidents))
    lock_channels(tx, CHANNEL.c.pk.in_(subscribed.union(holding)))


def subscribers(tx: Connection, slug: Slug) -> dict[int, Subscription]:
    """By the channel's key."""
    s, c = SUBSCRIPTION.c, CHANNEL.c
    query = (
        select(c.pk, c.platform, c.workspace, c.id, s.filter, s.created_by, s.created_at, s.mention, s.muted_until)
        .join_from(SUBSCRIPTION, CHANNEL, s.channel == c.pk)
        .where(s.slug == slug)
        .order_by(c.pk)
    )
    return {
        pk: Subscription(Channel(platform, workspace, id), slug, load_filter(filter), by, at, mention, muted_until)
        for pk, platform, workspace, id, filter, by, at, mention, muted_until in tx.execute(query)
    }


def matching(
    route: Route, incident: Incident, components: Mapping[str, Component], candidates: Mapping[int, Subscription]
) -> dict[int, Verdict]:
    """The verdicts of those that let the incident through, by the channel's key."""
    verdicts = route(incident, components, tuple(candidates.values())) if candidates else ()
    return {pk: verdict for pk, verdict in zip(candidates, verdicts, strict=True) if verdict.deliver}


def channels_with_card(tx: Connection, incident: int) -> set[int]:
    """The channels that have a card for the incident, not dropped."""
    return set(tx.scalars(select(CARD.c.channel).where(CARD.c.incident == incident, ~CARD.c.dropped)))


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
    insert = database.insert(CARD).values(_NEW_CARD)
    insert = insert.on_conflict_do_update(
        index_elements=["channel", "incident"],
        set_={
            "reason": insert.excluded.reason,
            "detail": insert.excluded.detail,
            "due_since": insert.excluded.due_since,
            "dropped": false(),
            "version": CARD.c.version + literal_column("1"),
        },
    )
    rows = [
        {"to": pk, "about": incident, "at": now, "reason": v.reason, "detail": v.detail} for pk, v in verdicts.items()
    ]
    tx.execute(insert, rows)
    muted = [{"to": pk, "until": subscriptions[pk].muted_until} for pk in verdicts if subscriptions[pk].muted_until]
    if muted:
        mute = update(CARD).where(CARD.c.incident == incident, CARD.c.channel == bindparam("to"))
        tx.execute(mute.values(muted_until=bindparam("until", type_=CARD.c.muted_until.type)), muted)
    return len(verdicts)


def suppress_mentions(
    tx: Connection, incident: Incident, incident_pk: int, subscriptions: Mapping[int, Subscription]
) -> None:
    """These channels, by their row keys, mention nobody about an incident that is as bad as they wait for already:
    it is no news to them, only to the card. One that gets worse than that later is."""
    channels = [pk for pk, s in subscriptions.items() if s.mention and Mention.parse(s.mention).is_due(incident)]
    if channels:
        theirs = (CARD.c.incident == incident_pk) & (CARD.c.channel == bindparam("to"))
        tx.execute(update(CARD).where(theirs).values(mentioned=True), [{"to": pk} for pk in channels])


def mark_due(tx: Connection, incidents: Collection[int], now: datetime) -> int:
    """Every card of these incidents that was not dropped, nor is in a flood's list, is to be looked at again; returns
    how many."""
    c = CARD.c
    change = update(CARD).where(c.incident.in_(incidents), ~c.dropped, c.flood.is_(None))
    return tx.execute(change.values(version=c.version + 1, due_since=earliest(c.due_since, now))).rowcount


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
    due = select(CARD.c.channel).where(CARD.c.incident.in_(incidents), CARD.c.due_since.is_not(None), NO_FLOOD)
    tx.execute(update(CHANNEL).where(CHANNEL.c.pk.in_(due)).values(due_since=earliest(CHANNEL.c.due_since, now)))


def recompute_channel_due(tx: Connection, channel: int) -> None:
    """Move the mark to the earliest due card of the channel, or take it away: after any change of its cards."""
    oldest = select(func.min(CARD.c.due_since)).where(CARD.c.channel == channel, NO_FLOOD).scalar_subquery()
    tx.execute(update(CHANNEL).where(CHANNEL.c.pk == channel).values(due_since=oldest))


def any_board(tx: Connection) -> bool:
    """Whether there is one at all: without, thousands of subscribers need not be looked up."""
    return tx.scalar(select(func.min(BOARD.c.due))) is not None


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
