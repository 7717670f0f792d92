"""How what changed about incidents reaches the channels: some channels a transaction, in the order of their keys, so
that others write in between and the first channels hear of it at once. What is left is on record, and goes on whatever
happens: each part works out anew what the next channels are to have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, delete, literal, select, update

from bot.domain import Component, Incident, Level, Slug
from bot.store import due, floods
from bot.store.database import Database
from bot.store.following import Callers
from bot.store.json_columns import dump_keys, dump_pairs, load_keys, load_pairs
from bot.store.prepared import Prepared, given
from bot.store.rows import components_of, incidents_of
from bot.store.tables import FAN_OUT, INCIDENT, SUBSCRIPTION
from bot.store.values import Route

CHANNELS_AT_ONCE = 3_000
"""Channels a transaction: some 30 ms, for nobody else can write an SQLite file meanwhile."""
STRIPES = 4
"""Where writers need not take turns, so many at once work on what is left of a fan-out."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """On its way."""

    slug: Slug
    at: datetime
    """Since when it is due."""
    first_sight: bool
    """What is open at the first sight mentions nobody."""
    changed: tuple[int, ...]
    """Keys of incidents whose cards are to be looked at again."""
    news: tuple[int, ...]
    """Of those among them that were read now."""
    announced: tuple[int, ...]
    """Of those among the news that channels without a card are asked about."""
    merges: tuple[tuple[int, int], ...] = ()
    """Keys of episodes and of the incidents, among those that changed, whose cards theirs become."""
    after: int = 0
    """The key of the last channel that has it."""
    until: int | None = None
    """The key of the last channel that gets it; ``None``: all that follow."""


@dataclass(frozen=True, slots=True)
class FanOuts:
    """``channels_at_once``: how many have their cards in one transaction."""

    database: Database
    flood_limit: int
    channels_at_once: int = CHANNELS_AT_ONCE

    def begin(
        self,
        tx: Connection,
        fan_out: FanOut,
        incidents: Mapping[int, Incident],
        components: Mapping[str, Component],
        route: Route,
    ) -> tuple[int, Sequence[int]]:
        """Its first part, with the news by their keys. Returns how many cards fell due, and the keys of what is left of
        it."""
        among, after, merges = self._lock_next(tx, fan_out)
        count = self._part(tx, fan_out, incidents, components, route, among, merges)
        if after is None:
            return count, ()
        row = {
            "slug": fan_out.slug,
            "at": fan_out.at,
            "first_sight": fan_out.first_sight,
            "urgency": max((_rank(incidents[key].level) for key in fan_out.announced), default=-1),
            "changed": dump_keys(fan_out.changed),
            "news": dump_keys(fan_out.news),
            "announced": dump_keys(fan_out.announced),
            "merges": dump_pairs(fan_out.merges),
        }
        ends = () if self.database.sqlite else due.stripes(tx, fan_out.slug, after, STRIPES, self.channels_at_once)
        bounds = zip([after, *ends], [*ends, None], strict=True)
        rows = [{**row, "after": begin, "until": end} for begin, end in bounds]
        return count, tx.scalars(FAN_OUT.insert().returning(FAN_OUT.c.pk, sort_by_parameter_order=True), rows).all()

    def next(self, tx: Connection) -> int | None:
        """The key of one that is not at its end and that nobody is at, the worst first."""
        f = FAN_OUT.c
        query = select(f.pk).order_by(f.urgency.desc(), f.pk).limit(1)
        return tx.scalar(query.with_for_update(skip_locked=True))

    def go_on(self, tx: Connection, key: int, route: Route) -> int | None:
        """Its next part. Returns how many cards fell due; ``None``: it is at its end."""
        row = _THIS.one(tx, {"of": key})
        if row is None:
            return None
        changed, news, announced = map(load_keys, (row.changed, row.news, row.announced))
        merges = load_pairs(row.merges) if row.merges else ()
        known = (Slug(row.slug), row.at, row.first_sight, changed, news, announced, merges)
        fan_out = FanOut(*known, row.after, row.until)
        among, after, merging = self._lock_next(tx, fan_out)
        # Read once the channels are locked: whoever changes these facts comes to the same channels before or after.
        rows = _NEWS.all(tx, {"keys": news})
        incidents = dict(zip([row.pk for row in rows], incidents_of(tx, rows), strict=True))
        components = components_of(tx, [row.slug])[row.slug]
        count = self._part(tx, fan_out, incidents, components, route, among, merging)
        if after is None:
            tx.execute(delete(FAN_OUT).where(FAN_OUT.c.pk == key))
        else:
            _REACHED.run(tx, {"of": key, "after": after})
        return count

    def _lock_next(self, tx: Connection, fan_out: FanOut) -> tuple[due.Among, int | None, Sequence[due.Merge]]:
        """The channels of its next part, and the last of them; ``None``: no others follow. With what is to be merged
        there: what an earlier fan-out would, too, if it has not come so far yet, or a channel would get a second card
        of the incident."""
        size = max(1, self.channels_at_once // max(1, len(fan_out.announced)))
        last = due.last_of_next(tx, fan_out.slug, fan_out.after, fan_out.until, size)
        among = due.Among(fan_out.after, fan_out.until if last is None else last)
        own = [due.Merge(*pair, fan_out.at) for pair in fan_out.merges]
        merges = [one for one in (*due.merges_under_way(tx), *own) if one.incident in fan_out.changed]
        due.lock_concerned(tx, fan_out.slug, {*fan_out.changed, *(one.episode for one in merges)}, among)
        return among, None if last == fan_out.until else last, list(dict.fromkeys(merges))

    def _part(
        self,
        tx: Connection,
        fan_out: FanOut,
        incidents: Mapping[int, Incident],
        components: Mapping[str, Component],
        route: Route,
        among: due.Among,
        merges: Sequence[due.Merge],
    ) -> int:
        """How many cards of these channels fell due."""
        callers = Callers(tx, fan_out.slug, route, among)
        episodes = {one.episode for one in merges}.intersection(fan_out.changed)
        # In this order no card is written twice: of an episode's those are left that are to be closed.
        count = due.mark_due(tx, [key for key in fan_out.changed if key not in episodes], fan_out.at, among)
        count += due.merge(tx, merges, among)
        count += due.mark_due(tx, episodes, fan_out.at, among) if episodes else 0
        count += floods.follow(tx, fan_out.slug, incidents, among, callers, fan_out.at)
        may_flood = len(fan_out.announced) > self.flood_limit
        created: defaultdict[int, dict[int, Incident]] = defaultdict(dict)
        mentioning: defaultdict[int, set[int]] = defaultdict(set)
        for key in sorted(fan_out.announced, key=lambda key: -_rank(incidents[key].level)):
            incident = incidents[key]
            filters = due.filters_without_card(tx, fan_out.slug, key, among)
            verdicts = due.matching(route, incident, components, filters)
            calling: Collection[int] = ()
            if verdicts and (fan_out.first_sight or may_flood):
                receivers = due.receivers(tx, fan_out.slug, key, among, verdicts)
                for row in receivers:
                    created[row.channel][key] = incident
                calling = callers.about(incident, receivers)
            count += due.create_cards(self.database, tx, fan_out.slug, key, verdicts, fan_out.at, among)
            if fan_out.first_sight:
                due.suppress_mentions(tx, key, calling)
                continue
            for channel in calling:
                mentioning[channel].add(key)
        if may_flood:
            floods.hold_back(tx, fan_out.slug, created, mentioning, self.flood_limit, fan_out.at)
        if count:
            due.mark_channels(tx, fan_out.changed, fan_out.at, among)
        return count


def reach_again(tx: Connection, channel: int) -> None:
    """Whatever is on its way to subscribers of the channel's vendors comes to it too, wherever it is by now: the
    channel has taken over subscriptions of one that it may not have reached."""
    f, s = FAN_OUT.c, SUBSCRIPTION.c
    same = [f[name] for name in ("slug", "at", "first_sight", "urgency", "changed", "news", "announced", "merges")]
    theirs = f.slug.in_(select(s.slug).where(s.channel == channel))
    again = select(*same, literal(channel - 1), literal(channel)).where(theirs).distinct()
    tx.execute(FAN_OUT.insert().from_select([*(column.name for column in same), "after", "until"], again))


def _rank(level: Level | None) -> int:
    """An unknown level comes after every known one."""
    return -1 if level is None else int(level)


_OF: BindParameter[int] = bindparam("of", type_=FAN_OUT.c.pk.type)
_THIS = Prepared(select(FAN_OUT).where(FAN_OUT.c.pk == _OF).with_for_update())
_REACHED = Prepared(update(FAN_OUT).where(FAN_OUT.c.pk == _OF).values(given(FAN_OUT, ("after",))))
_NEWS = Prepared(select(INCIDENT).where(INCIDENT.c.pk.in_(bindparam("keys", expanding=True))))
