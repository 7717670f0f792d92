"""Pages of one's own: status pages that no catalog has, each seen only by the workspaces that added it.

A page that two workspaces added is read once for both. It is theirs for as long as a channel of theirs subscribes or a
service of theirs depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, or_, select, update

from bot.domain import OWN, Channel, Slug, Vendor
from bot.store.database import Database, reads, writes
from bot.store.pages import FRESH, columns_of
from bot.store.rows import vendor_of
from bot.store.tables import CHANNEL, DEPENDENCY, INCIDENT, OWN_PAGE, PAGE, SERVICE, SUBSCRIPTION
from bot.store.values import OwnPage

SLUG_CHARS = 60
SOON = timedelta(seconds=5)
"""Whoever added the page subscribes to it first, and has it read: as often as a page with subscribers."""


class OwnPages:
    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    def of(self, tx: Connection, channel: Channel) -> tuple[Vendor, ...]:
        """The pages of the channel's workspace, by slug. Each has the address that was typed there as its alias."""
        o = OWN_PAGE.c
        query = select(PAGE, o.url).join_from(PAGE, OWN_PAGE).where(_workspace(channel)).order_by(o.slug)
        return tuple(replace(vendor_of(row), aliases=(row.url,)) for row in tx.execute(query))

    @writes
    def add(self, tx: Connection, page: OwnPage, limit: int) -> Slug | None:
        """Give the page to the channel's workspace, due soon if it is not read; ``None``: the workspace has ``most``
        others already."""
        o, of_workspace = OWN_PAGE.c, _workspace(page.channel)
        known = tx.execute(select(PAGE).where(PAGE.c.category == OWN, PAGE.c.page_url == page.page_url)).first()
        others = of_workspace if known is None else of_workspace & (o.slug != known.slug)
        if (tx.scalar(select(func.count()).select_from(OWN_PAGE).where(others)) or 0) >= limit:
            return None
        slug = self._new(tx, page) if known is None else Slug(known.slug)
        if known is not None and not known.enabled:
            tx.execute(update(PAGE).where(PAGE.c.slug == slug).values(enabled=True, due=page.created_at + SOON))
        insert = self._database.insert(OWN_PAGE)
        added = {"url": page.url, "created_by": page.created_by, "created_at": page.created_at}
        owner = {"slug": slug, "platform": page.channel.platform, "workspace": page.channel.workspace}
        key = ["slug", "platform", "workspace"]
        tx.execute(insert.values(owner | added).on_conflict_do_update(index_elements=key, set_=added))
        return slug

    @writes
    def forget(self, tx: Connection, before: datetime) -> int:
        """Take from workspaces what they added before then and nothing of theirs wants; delete, with all
        that was read of it, what nobody has had since. Returns how many pages were deleted."""
        o, p = OWN_PAGE.c, PAGE.c
        tx.execute(delete(OWN_PAGE).where(o.created_at < before, ~_is_wanted()))
        _disable_unowned(tx, p.category == OWN)
        # A disabled page's due time does not move: long past, no reading of it is under way.
        nobodys = (p.category == OWN) & ~p.enabled & (p.due < before)
        return tx.execute(delete(PAGE).where(nobodys)).rowcount

    def _new(self, tx: Connection, page: OwnPage) -> Slug:
        taken = exists().where(PAGE.c.slug == bindparam("slug"))
        slug = Slug(next(slug for slug in _slugs(page.page_url) if not tx.scalar(select(taken), {"slug": slug})))
        vendor = Vendor(slug, page.name, page.page_url, page.human_url, category=OWN, subcategory=OWN, kind=page.kind)
        tx.execute(PAGE.insert().values(columns_of(vendor) | FRESH | {"due": page.created_at + SOON}))
        return slug


def release(tx: Connection, channel: Channel, slugs: Sequence[Slug]) -> None:
    """The channel unsubscribed from these: the workspace loses what nothing else of its wants."""
    o = OWN_PAGE.c
    tx.execute(delete(OWN_PAGE).where(_workspace(channel), o.slug.in_(slugs), ~_is_wanted()))
    _disable_unowned(tx, (PAGE.c.category == OWN) & PAGE.c.slug.in_(slugs))


def hidden_except(own: Collection[Slug]) -> ColumnElement[bool]:
    """Whether an incident is of an own page that is none of these."""
    p = PAGE.c
    theirs = exists().where(p.slug == INCIDENT.c.slug, p.category == OWN).correlate(INCIDENT)
    return theirs & INCIDENT.c.slug.not_in(own) if own else theirs


def _workspace(channel: Channel) -> ColumnElement[bool]:
    return (OWN_PAGE.c.platform == channel.platform) & (OWN_PAGE.c.workspace == channel.workspace)


def _is_wanted() -> ColumnElement[bool]:
    """Whether a channel of the workspace subscribes, or a service of it depends on the page."""
    o, c, s = OWN_PAGE.c, CHANNEL.c, SERVICE.c
    subscribed = (
        exists()
        .where(SUBSCRIPTION.c.slug == o.slug, SUBSCRIPTION.c.channel == c.pk)
        .where(c.platform == o.platform, c.workspace == o.workspace)
        .correlate(OWN_PAGE)
    )
    needed = (
        exists()
        .where(DEPENDENCY.c.slug == o.slug, DEPENDENCY.c.service == s.pk)
        .where(s.platform == o.platform, s.workspace == o.workspace)
        .correlate(OWN_PAGE)
    )
    return or_(subscribed, needed)


def _disable_unowned(tx: Connection, which: ColumnElement[bool]) -> None:
    """A page that no workspace has is not read any more."""
    owned = exists().where(OWN_PAGE.c.slug == PAGE.c.slug)
    tx.execute(update(PAGE).where(which, PAGE.c.enabled, ~owned).values(enabled=False))


def _slugs(url: str) -> Iterator[str]:
    """``own-status-example-com``, then the same with a number."""
    parts = urlsplit(url)
    words = re.sub(r"[^a-z0-9]+", "-", f"own-{parts.hostname or ''}-{parts.path}".lower())
    first = words[:SLUG_CHARS].strip("-")
    yield first
    yield from (f"{first}-{number}" for number in count(2))
