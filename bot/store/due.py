"""How cards and boards fall due: a change of incidents meets the subscriptions, in another repository's transaction.

All lock in this order: page, channels by their keys, cards, boards. Of two transactions that want the same rows, one
waits for the other, never both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects import sqlite

from bot.domain import Channel, Component, Incident, Mention, Slug, Subscription, Verdict, VerdictReason
from bot.store.database import Database, Insert, inserts
from bot.store.json_columns import NO_POSTS, dump_keys, load_filter
from bot.store.prepared import Prepared
from bot.store.signals import Signal, signal
from bot.store.tables import BOARD, CARD, CHANNEL, INCIDENT, PAGE, SUBSCRIPTION
from bot.store.values import Route

MAX_KEY = 2**63 - 1
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


@dataclass(frozen=True, slots=True)
class Among:
    """Channels by their keys, from behind ``after`` up to ``last``; ``None``: all that follow."""

    after: int
    last: int | None

    @property
    def bounds(self) -> dict[str, int]:
        return {"after": self.after, "last": MAX_KEY if self.last is None else self.last}


EVERYWHERE = Among(0, None)


def _key(row: Any) -> Any:
    """The only column of the only row."""
    return None if row is None else row[0]


def next_channels(tx: Connection, slug: Slug, after: int, limit: int) -> Among:
    """The next channels that subscribe to the vendor, and those between them."""
    return Among(after, _key(_LAST_OF_NEXT.one(tx, {"slug": slug, "after": after, "others": limit - 1})))


def lock_concerned(tx: Connection, slug: Slug, incidents: Collection[int], among: Among) -> None:
    """Of these channels those that subscribe to the vendor or hold a card of one of these incidents."""
    if tx.dialect.name == "sqlite":
        return
    s, c, bounds = SUBSCRIPTION.c, CARD.c, among.bounds
    subscribed = select(s.channel).where(s.slug == slug, s.channel > bounds["after"], s.channel <= bounds["last"])
    holding = select(c.channel).where(c.incident.in_(incidents), c.channel > bounds["after"])
    lock_channels(tx, CHANNEL.c.pk.in_(subscribed.union(holding.where(c.channel <= bounds["last"]))))


def without_card(tx: Connection, slug: Slug, incident: int, among: Among) -> dict[int, Subscription]:
    """The subscriptions of these channels, by the channel's key, that have no card of the incident or dropped it; none
    for an episode that was merged into another one."""
    return {
        pk: Subscription(Channel(platform, workspace, id), slug, load_filter(filter), by, at, mention, muted_until)
        for pk, platform, workspace, id, filter, by, at, mention, muted_until in _WITHOUT_CARD.all(
            tx, {"slug": slug, "incident": incident, **among.bounds}
        )
    }


def matching(
    route: Route, incident: Incident, components: Mapping[str, Component], candidates: Mapping[int, Subscription]
) -> dict[int, Verdict]:
    """The verdicts of those that let the incident through, by the channel's key."""
    verdicts = route(incident, components, tuple(candidates.values())) if candidates else ()
    return {pk: verdict for pk, verdict in zip(candidates, verdicts, strict=True) if verdict.deliver}


_AT = bindparam("at", type_=CARD.c.created_at.type)
_NEW_CARD: dict[str, Any] = {
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
    alike: defaultdict[tuple[VerdictReason, str], list[int]] = defaultdict(list)
    for pk, verdict in verdicts.items():
        alike[verdict.reason, verdict.detail].append(pk)
    for (reason, detail), channels in alike.items():
        # Rows come by the ten thousand: the channels are one parameter, and the rest is given once.
        card = {"about": incident, "at": now, "reason": reason, "detail": detail, "channels": dump_keys(channels)}
        tx.execute(_CREATE_CARDS[database.sqlite], card)
    muted = [
        {"to": pk, "about": incident, "until": subscriptions[pk].muted_until}
        for pk in verdicts
        if subscriptions[pk].muted_until
    ]
    if muted:
        tx.execute(_MUTE_CARD, muted)
    return len(verdicts)


def _create_cards(insert: Insert) -> Insert:
    listed = bindparam("channels", type_=Text)
    channel: ColumnElement[int]
    if isinstance(insert, sqlite.Insert):
        channels = func.json_each(listed).table_valued("value")
        channel = channels.c.value
    else:
        channels = func.json_array_elements_text(cast(listed, JSON)).table_valued("value")
        channel = cast(channels.c.value, CARD.c.channel.type)
    # Without a condition SQLite takes the conflict clause for one of a join.
    # https://www.sqlite.org/lang_upsert.html#parsing_ambiguity
    cards = select(channel, *_NEW_CARD.values()).select_from(channels).where(true())
    insert = insert.from_select(["channel", *_NEW_CARD], cards)
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


def mark_due(tx: Connection, incidents: Collection[int], now: datetime, among: Among = EVERYWHERE) -> int:
    """In these channels, every card of these incidents that was not dropped, nor is in a flood's list, is to be looked
    at again; returns how many."""
    return _MARK_DUE.run(tx, {"incidents": list(incidents), "at": now, **among.bounds})


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


def mark_channels(tx: Connection, incidents: Collection[int], now: datetime, among: Among = EVERYWHERE) -> None:
    """Delivery finds a channel by this mark."""
    signal(tx, Signal.CARDS)
    _MARK_CHANNELS.run(tx, {"incidents": list(incidents), "at": now, **among.bounds})


def recompute_channel_due(tx: Connection, channel: int) -> None:
    """Move the mark to the earliest due card of the channel, or take it away: after any change of its cards."""
    signal(tx, Signal.CARDS)
    _RECOMPUTE_CHANNEL.run(tx, {"of": channel})


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
        signal(tx, Signal.CARDS)
    if any_board(tx):
        _mark(tx, BOARD.c.channel.in_(theirs))


def any_board(tx: Connection) -> bool:
    """Whether there is one at all: without, thousands of subscribers need not be looked up."""
    return _key(_FIRST_BOARD.one(tx, {})) is not None


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
_AFTER: BindParameter[int] = bindparam("after", type_=_channel.pk.type)
_LAST: BindParameter[int] = bindparam("last", type_=_channel.pk.type)
_LAST_OF_NEXT = Prepared(
    select(_s.channel)
    .where(_s.slug == bindparam("slug"), _s.channel > _AFTER)
    .order_by(_s.channel)
    .limit(1)
    .offset(bindparam("others", type_=Integer))
)
_WITHOUT_CARD = Prepared(
    select(
        *(_channel.pk, _channel.platform, _channel.workspace, _channel.id),
        *(_s.filter, _s.created_by, _s.created_at, _s.mention, _s.muted_until),
    )
    .join_from(SUBSCRIPTION, CHANNEL, _s.channel == _channel.pk)
    .join(INCIDENT, (INCIDENT.c.pk == bindparam("incident")) & INCIDENT.c.merged_into.is_(None))
    .outerjoin(CARD, (_card.channel == _s.channel) & (_card.incident == INCIDENT.c.pk))
    .where(_s.slug == bindparam("slug"), _s.channel > _AFTER, _s.channel <= _LAST)
    .where(_card.pk.is_(None) | _card.dropped)
    .order_by(_s.channel)
)
_CREATE_CARDS = inserts(CARD, _create_cards)
_MUTE_CARD = update(CARD).where(_ITS_CARD).values(muted_until=bindparam("until", type_=_card.muted_until.type))
_MENTIONED = update(CARD).where(_ITS_CARD).values(mentioned=True)
_MARK_DUE = Prepared(
    update(CARD)
    .where(_card.incident.in_(_INCIDENTS), _card.channel > _AFTER, _card.channel <= _LAST, ~_card.dropped, NO_FLOOD)
    .values(version=_card.version + 1, due_since=earliest(_card.due_since, _AT))
)
_MARK_CHANNELS = Prepared(
    update(CHANNEL)
    .where(
        _channel.pk.in_(
            select(_card.channel)
            .where(_card.incident.in_(_INCIDENTS), _card.channel > _AFTER, _card.channel <= _LAST)
            .where(_card.due_since.is_not(None), NO_FLOOD)
        ),
        # Most are due already when an incident goes on.
        _channel.due_since.is_(None) | (_channel.due_since > _AT),
    )
    .values(due_since=_AT)
)
_RECOMPUTE_CHANNEL = Prepared(
    update(CHANNEL)
    .where(_channel.pk == bindparam("of"))
    .values(
        due_since=select(func.min(_card.due_since)).where(_card.channel == bindparam("of"), NO_FLOOD).scalar_subquery()
    )
)
_FIRST_BOARD = Prepared(select(func.min(BOARD.c.due)))
