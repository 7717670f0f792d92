"""What channels hear of through the services that they follow, and whom they mention about it: whom they typed for the
vendor itself; where that is nobody, whom the service that an incident hits wants mentioned, the one followed first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, select

from bot.domain import Component, Filter, Incident, Mention, Slug, Through
from bot.store.due import Among
from bot.store.json_columns import load_filter, load_through
from bot.store.prepared import Prepared
from bot.store.rows import AnyRow, components_of
from bot.store.tables import DEPENDENCY, FOLLOWING, SERVICE
from bot.store.values import Route

Wanted = tuple[tuple[Mention, Filter], ...]
"""Whom services want mentioned, and about what."""

_f, _d = FOLLOWING.c, DEPENDENCY.c
_FOLLOWED = (
    select(
        *(_f.channel, _f.filter.label("asked"), _f.mention, _f.wishes, _f.created_by, _f.created_at),
        *(_d.slug, _d.filter, SERVICE.c.name),
    )
    .join_from(FOLLOWING, SERVICE, _f.service == SERVICE.c.pk)
    .join(DEPENDENCY, _d.service == SERVICE.c.pk)
    .order_by(_f.created_at, SERVICE.c.key, _d.position)
)
_MENTIONING = Prepared(
    _FOLLOWED.where(_d.slug == bindparam("slug", type_=_d.slug.type), _f.mention.is_not(None)).where(
        _f.channel > bindparam("after", type_=_f.channel.type), _f.channel <= bindparam("last", type_=_f.channel.type)
    )
)


def followed(tx: Connection, channel: int, slugs: Sequence[str]) -> Mapping[str, Sequence[AnyRow]]:
    """By vendor, what the services that the channel follows need of it: the one followed first comes first."""
    found: defaultdict[str, list[AnyRow]] = defaultdict(list)
    for row in tx.execute(_FOLLOWED.where(_f.channel == channel, _d.slug.in_(slugs))) if slugs else ():
        found[row.slug].append(row)
    return found


def needed(row: AnyRow) -> Filter:
    """What a channel hears of through a service, of one vendor: a row of :func:`followed`."""
    return _needed(row.asked, row.filter)


@lru_cache(maxsize=1024)
def _needed(asked: str, filter: str) -> Filter:
    part = load_filter(filter)
    return replace(load_filter(asked), components=part.components, excluded=part.excluded, regions=part.regions)


def wanted(rows: Iterable[AnyRow]) -> Wanted:
    """Of rows of :func:`followed`."""
    return tuple((Mention.parse(row.mention), needed(row)) for row in rows if row.mention)


def typed_mention(mention: str | None, through: Through | None) -> Mention | None:
    """Of a subscription's two. Where nothing was typed for the vendor its mention is the one of the service followed
    first, and counts for what hits that alone."""
    return Mention.parse(mention) if mention and (through is None or through.typed is not None) else None


@dataclass(frozen=True)
class Callers:
    """Among these channels, those that mention somebody about the vendor's incidents."""

    tx: Connection
    slug: Slug
    route: Route
    among: Among

    def about(self, incident: Incident, subscriptions: Iterable[Any]) -> frozenset[int]:
        """The keys of those that mention somebody about the incident as it is, of these rows with ``channel``,
        ``mention`` and ``through``."""
        typed = {row.channel: typed_mention(row.mention, load_through(row.through)) for row in subscriptions}
        through = {channel: self._through.get(channel, ()) for channel, whom in typed.items() if whom is None}
        return calling(self.route, incident, self._components if any(through.values()) else {}, typed, through)

    @cached_property
    def _through(self) -> Mapping[int, Wanted]:
        found: defaultdict[int, list[AnyRow]] = defaultdict(list)
        for row in _MENTIONING.all(self.tx, {"slug": self.slug, **self.among.bounds}):
            found[row.channel].append(row)
        return {channel: wanted(rows) for channel, rows in found.items()}

    @cached_property
    def _components(self) -> Mapping[str, Component]:
        return components_of(self.tx, [self.slug], gone=True)[self.slug]


def calling(
    route: Route,
    incident: Incident,
    components: Mapping[str, Component],
    typed: Mapping[int, Mention | None],
    through: Mapping[int, Wanted],
) -> frozenset[int]:
    """The channels, by their keys, that mention somebody about the incident as it is. ``components``: those too that
    are not on the page any more, as delivery has them; ``typed``: whom the channels typed; ``through``: of those that
    typed nobody, whom services want mentioned."""
    filters = list({about for wishes in through.values() for _, about in wishes})
    verdicts = route(incident, components, filters) if filters else ()
    hit = {about for about, verdict in zip(filters, verdicts, strict=True) if verdict.deliver}
    by_service = {
        channel: next((mention for mention, about in wishes if about in hit), None)
        for channel, wishes in through.items()
    }
    whom = {**typed, **by_service}
    return frozenset(channel for channel, mention in whom.items() if mention and mention.is_due(incident))
