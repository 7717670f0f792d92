"""How cards and boards fall due: a change of incidents meets the subscriptions, in another repository's transaction.

All lock in this order: page, channels by their keys, cards, boards. Of two transactions that want the same rows, one
waits for the other, never both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    ScalarSelect,
    Select,
    Text,
    Update,
    bindparam,
    case,
    cast,
    delete,
    exists,
    false,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy import Insert as TableInsert

from bot.domain import Component, Incident, Slug, Verdict, VerdictReason
from bot.store.database import Database, Insert, inserts
from bot.store.json_columns import NO_POSTS, dump_words, load_filter, load_pairs
from bot.store.prepared import Prepared
from bot.store.signals import Signal, signal
from bot.store.tables import BOARD, CARD, CHANNEL, FAN_OUT, INCIDENT, PAGE, SUBSCRIPTION
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


def last_of_next(tx: Connection, slug: Slug, after: int, until: int | None, limit: int) -> int | None:
    """The last of the next ``limit`` channels that subscribe to the vendor; ``None``: there are no more than that."""
    bounds = Among(after, until).bounds
    key: int | None = _key(_LAST_OF_NEXT.one(tx, {"slug": slug, "others": limit - 1, **bounds}))
    return key


def stripes(tx: Connection, slug: Slug, after: int, count: int, shortest: int) -> list[int]:
    """The keys behind which the channels are parted, into at most so many stretches of about the same length."""
    s = SUBSCRIPTION.c
    last: int = tx.scalar(select(func.max(s.channel)).where(s.slug == slug)) or after
    step = max((last - after) // count, shortest)
    return list(range(after + step, last, step))[: count - 1]


def lock_concerned(tx: Connection, slug: Slug, incidents: Collection[int], among: Among) -> None:
    """Of these channels those that subscribe to the vendor or hold a card of one of these incidents."""
    if tx.dialect.name == "sqlite":
        return
    s, c, bounds = SUBSCRIPTION.c, CARD.c, among.bounds
    subscribed = select(s.channel).where(s.slug == slug, s.channel > bounds["after"], s.channel <= bounds["last"])
    holding = select(c.channel).where(c.incident.in_(incidents), c.channel > bounds["after"])
    concerned = CHANNEL.c.pk.in_(subscribed.union(holding.where(c.channel <= bounds["last"])))
    lock_channels(tx, concerned & (CHANNEL.c.pk > bounds["after"]) & (CHANNEL.c.pk <= bounds["last"]))


def filters_without_card(tx: Connection, slug: Slug, incident: int, among: Among) -> list[str]:
    """Those of the subscriptions of these channels that have no card of the incident or dropped it, each once; none for
    an episode that was merged into another one."""
    return [row[0] for row in _FILTERS_WITHOUT_CARD.all(tx, {"slug": slug, "about": incident, **among.bounds})]


def matching(
    route: Route, incident: Incident, components: Mapping[str, Component], filters: Sequence[str]
) -> dict[str, Verdict]:
    """The verdicts of those that let the incident through. Thousands of channels have the same few filters."""
    verdicts = route(incident, components, [load_filter(text) for text in filters]) if filters else ()
    return {text: verdict for text, verdict in zip(filters, verdicts, strict=True) if verdict.deliver}


def receivers(tx: Connection, slug: Slug, incident: int, among: Among, filters: Collection[str]) -> list[Any]:
    """The subscriptions of channels without a card that have one of these filters: rows with ``channel``, ``mention``
    and ``through``."""
    rows = _RECEIVERS.all(tx, {"slug": slug, "about": incident, **among.bounds})
    return [row for row in rows if row.filter in filters]


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


def create_card(
    database: Database,
    tx: Connection,
    channel: int,
    incident: int,
    verdict: Verdict,
    now: datetime,
    muted_until: datetime | None = None,
) -> None:
    """A card, due, for this channel. One that was dropped goes on from what it shows."""
    card = {"about": incident, "at": now, "reason": verdict.reason, "detail": verdict.detail}
    tx.execute(_CREATE_CARD[database.sqlite], {**card, "to": channel, "until": muted_until})


def create_cards(
    database: Database,
    tx: Connection,
    slug: Slug,
    incident: int,
    verdicts: Mapping[str, Verdict],
    now: datetime,
    among: Among,
) -> int:
    """The same for each of these channels that has none, by the verdict on its filter. Returns how many."""
    alike: defaultdict[tuple[VerdictReason, str], list[str]] = defaultdict(list)
    for text, verdict in verdicts.items():
        alike[verdict.reason, verdict.detail].append(text)
    count = 0
    for (reason, detail), filters in alike.items():
        # Rows come by the ten thousand: none of them leaves the database.
        card = {"about": incident, "at": now, "reason": reason, "detail": detail, "filters": dump_words(filters)}
        for statement in (_TAKE_BACK_CARDS, _CREATE_CARDS):
            count += tx.execute(statement[database.sqlite], {**card, "slug": slug, **among.bounds}).rowcount
    return count


def suppress_mentions(tx: Connection, incident: int, channels: Collection[int]) -> None:
    """These channels mention nobody about an incident that is as bad as they wait for already: it is no news to them,
    only to the card. Where it is not yet, its getting worse is."""
    if channels:
        tx.execute(_MENTIONED, [{"to": pk, "about": incident} for pk in sorted(channels)])


def mark_due(tx: Connection, incidents: Collection[int], now: datetime, among: Among = EVERYWHERE) -> int:
    """In these channels, every card of these incidents that was not dropped, nor is in a flood's list, is to be looked
    at again; returns how many fell due by that. What is due already where nobody is at work stays as it is: whoever
    leases the channel reads the incident then."""
    return _MARK_DUE.run(tx, {"incidents": list(incidents), "at": now, **among.bounds})


@dataclass(frozen=True, slots=True)
class Merge:
    """An episode's cards become an incident's, both by their keys. Where a channel has one of that already, the
    episode's stays to be closed, or is deleted if nothing was posted of it nor can be about to be."""

    episode: int
    incident: int
    at: datetime
    """Since when its cards are due."""


def merges_under_way(tx: Connection) -> list[Merge]:
    """Those that have not reached all channels yet: mostly none."""
    rows = _MERGES.all(tx, {})
    return list(dict.fromkeys(Merge(*pair, row.at) for row in rows for pair in load_pairs(row.merges)))


def merge(tx: Connection, merges: Iterable[Merge], among: Among) -> int:
    """In these channels. Returns how many cards fell due."""
    return sum(_MERGE_AMONG.run(tx, one, among.bounds) for one in merges)


def finish_merges(tx: Connection, channels: Sequence[int]) -> None:
    """What has not reached these channels yet reaches them now: who is to do anything with their cards finds each of
    them the incident's, and makes no second one."""
    for one in merges_under_way(tx) if channels else ():
        _MERGE_IN.run(tx, one, {"keys": channels})


def take_up(tx: Connection, *channels: int | None) -> None:
    """Lock these channels, to do something with their cards. ``None``: one that is not on record."""
    known = [channel for channel in channels if channel is not None]
    lock_channels(tx, CHANNEL.c.pk.in_(known))
    finish_merges(tx, known)


def earliest(due_since: ColumnElement[datetime | None], at: Any) -> ColumnElement[datetime]:
    """When a card falls due that falls due at ``at`` too."""
    return case((due_since <= at, due_since), else_=at)


def oldest_due(channel: ColumnElement[int]) -> ScalarSelect[datetime | None]:
    """When the first of the channel's due cards fell due. Found among those that are due, of all that it ever had."""
    due = CARD.c.due_since.is_not(None)
    return select(func.min(CARD.c.due_since)).where(CARD.c.channel == channel, due, NO_FLOOD).scalar_subquery()


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
    # Not told apart by SQLite: it would go through all cards of these channels, which stand in their order.
    changed = set(tx.scalars(select(c.channel).where(which)))
    if changed:
        tx.execute(update(CARD).where(which).values(version=c.version + 1, due_since=earliest(c.due_since, now)))
        tx.execute(update(CHANNEL).where(CHANNEL.c.pk.in_(changed)).values(due_since=oldest_due(CHANNEL.c.pk)))
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
    .where(_s.slug == bindparam("slug"), _s.channel > _AFTER, _s.channel <= _LAST)
    .order_by(_s.channel)
    .limit(1)
    .offset(bindparam("others", type_=Integer))
)


def _without_card(*columns: ColumnElement[Any]) -> Select[Any]:
    """Of the subscriptions to ``slug`` behind ``after`` up to ``last`` that have no card of the incident ``about``. The
    bounds stand at the cards too: a planner that knows nothing of a table as it grows would go through all of it."""
    about = bindparam("about", type_=_card.incident.type)
    theirs = (_card.incident == about) & (_card.channel > _AFTER) & (_card.channel <= _LAST)
    return (
        select(*columns)
        .select_from(SUBSCRIPTION)
        .join(INCIDENT, (INCIDENT.c.pk == about) & INCIDENT.c.merged_into.is_(None))
        .outerjoin(CARD, theirs & (_card.channel == _s.channel))
        .where(_s.slug == bindparam("slug", type_=_s.slug.type), _s.channel > _AFTER, _s.channel <= _LAST)
        .where(_card.pk.is_(None) | _card.dropped)
    )


def _create_card(insert: Insert) -> Insert:
    own = {
        "channel": bindparam("to", type_=_card.channel.type),
        "muted_until": bindparam("until", type_=_card.muted_until.type),
    }
    new = insert.values({**_NEW_CARD, **own})
    back = {name: new.excluded[name] for name in ("reason", "detail", "due_since")}
    return new.on_conflict_do_update(
        index_elements=["incident", "channel"], set_=back | _taken_back(new.excluded.muted_until)
    )


def _taken_back(muted_until: ColumnElement[datetime | None]) -> dict[str, Any]:
    """What becomes of a card that was dropped, beside its reason."""
    muted = func.coalesce(muted_until, _card.muted_until)
    return {"muted_until": muted, "dropped": false(), "version": _card.version + literal_column("1")}


def _is_listed(*, sqlite: bool) -> ColumnElement[bool]:
    """Whether the subscription's filter is one of ``filters``, a JSON list."""
    listed = bindparam("filters", type_=Text)
    words = func.json_each(listed) if sqlite else func.json_array_elements_text(cast(listed, JSON))
    return _s.filter.in_(select(words.table_valued("value").c.value))


def _take_back_cards(*, sqlite: bool) -> Update:
    about = _NEW_CARD["incident"]
    theirs = (_card.incident == about) & (_card.channel > _AFTER) & (_card.channel <= _LAST) & _card.dropped
    still = exists().where(INCIDENT.c.pk == about, INCIDENT.c.merged_into.is_(None))
    subscribed = (_s.channel == _card.channel) & (_s.slug == bindparam("slug", type_=_s.slug.type))
    back = {name: _NEW_CARD[name] for name in ("reason", "detail", "due_since")} | _taken_back(_s.muted_until)
    return update(CARD).where(theirs, still, subscribed, _is_listed(sqlite=sqlite)).values(back)


def _create_cards(*, sqlite: bool) -> TableInsert:
    """For those that have none by now: an insert that is ready to meet one takes PostgreSQL an eighth longer. Where one
    is made at once after all, the transaction is run again."""
    cards = _without_card(_s.channel, _s.muted_until, *_NEW_CARD.values()).where(_is_listed(sqlite=sqlite))
    insert = CARD.insert().from_select(["channel", "muted_until", *_NEW_CARD], cards)
    return insert.execution_options(preserve_rowcount=True)


_FILTERS_WITHOUT_CARD = Prepared(_without_card(_s.filter).distinct())
_RECEIVERS = Prepared(_without_card(_s.channel, _s.filter, _s.mention, _s.through).order_by(_s.channel))
_CREATE_CARD = inserts(CARD, _create_card)
_TAKE_BACK_CARDS = {sqlite: _take_back_cards(sqlite=sqlite) for sqlite in (True, False)}
_CREATE_CARDS = {sqlite: _create_cards(sqlite=sqlite) for sqlite in (True, False)}


_IS_LEASED = _channel.leased_until.is_not(None)


class _Merging:
    """``among``: whether a channel is one of those that are meant."""

    def __init__(self, among: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> None:
        episode, into = (bindparam(name, type_=_card.incident.type) for name in ("episode", "into"))
        other = CARD.alias()
        has_one = _card.channel.in_(select(other.c.channel).where(other.c.incident == into, among(other.c.channel)))
        theirs = (_card.incident == episode) & among(_card.channel)
        unseen = (_card.posts == literal_column(f"'{NO_POSTS}'")) & _card.intent.is_(None)
        # Who has the channel may be about to post it.
        leased = exists().where(_channel.pk == _card.channel, _IS_LEASED)
        self._forget = Prepared(delete(CARD).where(theirs, has_one, unseen, ~leased))
        moved = update(CARD).where(theirs, ~has_one)
        due = {"incident": into, "version": _card.version + 1, "due_since": earliest(_card.due_since, _AT)}
        self._move = Prepared(moved.where(~_card.dropped, NO_FLOOD).values(due))
        self._move_silently = Prepared(moved.values(incident=into))

    def run(self, tx: Connection, merge: Merge, channels: Mapping[str, Any]) -> int:
        """How many cards fell due."""
        asked = {"episode": merge.episode, "into": merge.incident, **channels}
        self._forget.run(tx, asked)
        count = self._move.run(tx, {**asked, "at": merge.at})
        self._move_silently.run(tx, asked)
        return count


_MERGES = Prepared(select(FAN_OUT.c.merges, FAN_OUT.c.at).where(FAN_OUT.c.merges.is_not(None)).order_by(FAN_OUT.c.pk))
_MERGE_AMONG = _Merging(lambda channel: (channel > _AFTER) & (channel <= _LAST))
_MERGE_IN = _Merging(lambda channel: channel.in_(bindparam("keys", expanding=True)))
_MENTIONED = update(CARD).where(_ITS_CARD).values(mentioned=True)
_LEASED = select(_channel.pk).where(_channel.pk > _AFTER, _channel.pk <= _LAST, _IS_LEASED)
_MARK_DUE = Prepared(
    update(CARD)
    .where(_card.incident.in_(_INCIDENTS), _card.channel > _AFTER, _card.channel <= _LAST, ~_card.dropped, NO_FLOOD)
    .where(_card.due_since.is_(None) | (_card.due_since > _AT) | _card.channel.in_(_LEASED))
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
    update(CHANNEL).where(_channel.pk == bindparam("of")).values(due_since=oldest_due(bindparam("of")))
)
_FIRST_BOARD = Prepared(select(func.min(BOARD.c.due)))
