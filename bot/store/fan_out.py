"""How what changed about incidents reaches the channels: some channels a transaction, in the order of their keys, so
that others write in between and the first channels hear of it at once. What is left is on record, and goes on whatever
happens: each part works out anew what the next channels are to have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from bot.domain import Component, Incident, Level, Slug, Subscription
from bot.store import due, floods
from bot.store.database import Database
from bot.store.json_columns import dump_keys, load_keys
from bot.store.rows import components_of, incidents_of
from bot.store.tables import FAN_OUT, INCIDENT
from bot.store.values import Route

CHANNELS_AT_ONCE = 3_000
"""Channels a transaction: some 30 ms, for nobody else can write an SQLite file meanwhile."""


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
    after: int = 0
    """The key of the last channel that has it."""


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
    ) -> tuple[int, int | None]:
        """Its first part, with the news by their keys. Returns how many cards fell due, and the key of what is left of
        it, ``None`` if nothing is."""
        count, after = self._part(tx, fan_out, incidents, components, route)
        if after is None:
            return count, None
        row = {
            "slug": fan_out.slug,
            "at": fan_out.at,
            "first_sight": fan_out.first_sight,
            "urgency": max((_rank(incidents[key].level) for key in fan_out.announced), default=-1),
            "changed": dump_keys(fan_out.changed),
            "news": dump_keys(fan_out.news),
            "announced": dump_keys(fan_out.announced),
            "after": after,
        }
        inserted = tx.execute(FAN_OUT.insert().values(row)).inserted_primary_key
        assert inserted is not None
        return count, int(inserted[0])

    def next(self, tx: Connection) -> int | None:
        """The key of one that is not at its end, the worst first."""
        f = FAN_OUT.c
        return tx.scalar(select(f.pk).order_by(f.urgency.desc(), f.pk).limit(1))

    def go_on(self, tx: Connection, key: int, route: Route) -> int | None:
        """Its next part. Returns how many cards fell due; ``None``: it is at its end, or somebody else is at it."""
        f = FAN_OUT.c
        row = tx.execute(select(FAN_OUT).where(f.pk == key).with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        due.lock_pages(tx, [row.slug])
        changed, news, announced = map(load_keys, (row.changed, row.news, row.announced))
        fan_out = FanOut(Slug(row.slug), row.at, row.first_sight, changed, news, announced, row.after)
        rows = tx.execute(select(INCIDENT).where(INCIDENT.c.pk.in_(news))).all()
        incidents = dict(zip([row.pk for row in rows], incidents_of(tx, rows), strict=True))
        components = components_of(tx, [row.slug])[row.slug]
        count, after = self._part(tx, fan_out, incidents, components, route)
        this = f.pk == key
        tx.execute(delete(FAN_OUT).where(this) if after is None else update(FAN_OUT).where(this).values(after=after))
        return count

    def _part(
        self,
        tx: Connection,
        fan_out: FanOut,
        incidents: Mapping[int, Incident],
        components: Mapping[str, Component],
        route: Route,
    ) -> tuple[int, int | None]:
        """How many cards fell due, and the last channel that has them; ``None``: all have."""
        size = max(1, self.channels_at_once // max(1, len(fan_out.announced)))
        among = due.next_channels(tx, fan_out.slug, fan_out.after, size)
        due.lock_concerned(tx, fan_out.slug, fan_out.changed, among)
        count = due.mark_due(tx, fan_out.changed, fan_out.at, among)
        count += floods.follow(tx, fan_out.slug, incidents, among, fan_out.at)
        may_flood = len(fan_out.announced) > self.flood_limit
        created: defaultdict[int, dict[int, Incident]] = defaultdict(dict)
        asked: dict[int, Subscription] = {}
        for key in sorted(fan_out.announced, key=lambda key: -_rank(incidents[key].level)):
            incident = incidents[key]
            candidates = due.without_card(tx, fan_out.slug, key, among)
            verdicts = due.matching(route, incident, components, candidates)
            count += due.create_cards(self.database, tx, key, verdicts, candidates, fan_out.at)
            if fan_out.first_sight:
                due.suppress_mentions(tx, incident, key, {pk: candidates[pk] for pk in verdicts})
            if may_flood:
                asked |= candidates
                for pk in verdicts:
                    created[pk][key] = incident
        calling = {} if fan_out.first_sight else asked
        floods.hold_back(tx, fan_out.slug, created, calling, self.flood_limit, fan_out.at)
        if count:
            due.mark_channels(tx, fan_out.changed, fan_out.at, among)
        return count, among.last


def _rank(level: Level | None) -> int:
    """An unknown level comes after every known one."""
    return -1 if level is None else int(level)
