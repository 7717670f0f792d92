"""Puts on record that a vendor's page moved: everything under its new ids, filters that still fit, and who is to be
notified of what does not. One transaction with the first reading of the new page, and rare."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, exists, func, select, update

from bot.domain import Filter, Slug
from bot.store import due
from bot.store.courses import rename_states
from bot.store.database import Database, writes
from bot.store.json_columns import dump_filter, dump_through, dump_words, load_filter, load_through, load_words
from bot.store.leases import free_notices, is_mine, may_claim
from bot.store.quiet import quiet_until, takes_notices
from bot.store.rows import VENDOR_COLUMNS, channel_of, vendor_of
from bot.store.tables import CARD, CHANNEL, COMPONENT, DEPENDENCY, INCIDENT, PAGE, REVISION, SPAN, SUBSCRIPTION, UPDATE
from bot.store.values import Notice, PageMove, PollOutcome

INTERIM_PREFIX = "\x1f"
"""Before an id that is being changed: two may swap theirs."""


def apply(tx: Connection, slug: Slug, move: PageMove, outcome: PollOutcome, now: datetime) -> None:
    """To be called before the reading itself is put on record. What was not read yet of the new page's history counts
    as never read."""
    p = PAGE.c
    source = (func.coalesce(p.detected, p.kind), func.coalesce(p.detected_url, p.page_url))
    row = tx.execute(select(p.read_kind, p.read_url, p.moved_from, *source).where(p.slug == slug)).one()
    before = (row.read_kind, row.read_url)
    if row.moved_from is None or before != tuple(row[3:]):
        # Else two visits have found the same.
        tx.execute(update(PAGE).where(p.slug == slug).values(moved_from=before[0], moved_url=before[1]))
    tx.execute(
        update(PAGE)
        .where(PAGE.c.slug == slug)
        .values(
            moved_at=now,
            unmatched_open=dump_words(move.unmatched_open),
            history_read_at=outcome.history_read_at,
        )
    )
    _rename_components(tx, slug, move.components)
    _rename(tx, INCIDENT, "id", slug, move.incidents)
    rename_states(tx, slug, move.components, move.updates)
    _rename_updates(tx, slug, move)
    _refit_filters(tx, slug, move, now)


def _rename(tx: Connection, table: Table, column: str, slug: Slug, names: Mapping[str, str]) -> None:
    of, its = table.c.slug == slug, table.c[column]
    change = update(table).where(of, its == bindparam("old")).values({column: bindparam("new")})
    steps = [(old, INTERIM_PREFIX + new) for old, new in names.items()]
    steps += [(INTERIM_PREFIX + new, new) for new in names.values()]
    if steps:
        tx.execute(change, [{"old": old, "new": new} for old, new in steps])


def _rename_components(tx: Connection, slug: Slug, names: Mapping[str, str]) -> None:
    if not names:
        return
    _rename(tx, COMPONENT, "id", slug, names)
    _rename(tx, SPAN, "component", slug, names)
    i = INCIDENT.c
    changed = []
    for row in tx.execute(select(i.pk, i.components).where(i.slug == slug)):
        ids = load_words(row.components)
        if any(id in names for id in ids):
            changed.append({"of": row.pk, "new": dump_words([names.get(id, id) for id in ids])})
    if changed:
        tx.execute(update(INCIDENT).where(i.pk == bindparam("of")).values(components=bindparam("new")), changed)


def _rename_updates(tx: Connection, slug: Slug, move: PageMove) -> None:
    i = INCIDENT.c
    affected = select(i.pk, i.id).where(i.slug == slug, i.id.in_(list(move.updates)))
    for pk, id in tx.execute(affected).all():
        ids = move.updates[id]
        if all(new == (old,) for old, new in ids.items()):
            continue
        for table in (UPDATE, REVISION):
            change = update(table).where(table.c.incident == pk, table.c.id == bindparam("old"))
            firsts = {old: new[0] for old, new in ids.items() if old and new and new[0] != old}
            steps = [(old, INTERIM_PREFIX + new) for old, new in firsts.items()]
            steps += [(INTERIM_PREFIX + new, new) for new in firsts.values()]
            if steps:
                tx.execute(change.values(id=bindparam("new")), [{"old": old, "new": new} for old, new in steps])
        _rename_in_posts(tx, pk, ids)


def _rename_in_posts(tx: Connection, incident: int, ids: Mapping[str, tuple[str, ...]]) -> None:
    """In the posts of the incident's cards, and in the acts under way."""
    c = CARD.c
    due.lock_channels(tx, CHANNEL.c.pk.in_(select(c.channel).where(c.incident == incident)))
    changed = []
    for row in tx.execute(select(c.pk, c.posts, c.intent).where(c.incident == incident)):
        intent = json.loads(row.intent) if row.intent else None
        if intent is not None:
            intent["after"] = _with_new_ids(intent["after"], ids)
        posts = _with_new_ids(json.loads(row.posts), ids)
        changed.append({"of": row.pk, "renamed": _dump(posts), "under_way": None if intent is None else _dump(intent)})
    if changed:
        change = update(CARD).where(c.pk == bindparam("of"))
        tx.execute(change.values(posts=bindparam("renamed"), intent=bindparam("under_way")), changed)


def _with_new_ids(posts: list[list[Any]], ids: Mapping[str, tuple[str, ...]]) -> list[list[Any]]:
    renamed = [[ref, shows, [new for old in seen for new in ids.get(old, (old,))]] for ref, shows, seen in posts]
    for root in renamed[:1]:
        root[2] += ids.get("", ())
    return renamed


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _refit_filters(tx: Connection, slug: Slug, move: PageMove, now: datetime) -> None:
    s, d = SUBSCRIPTION.c, DEPENDENCY.c
    changed = []
    for row in tx.execute(select(s.pk, s.filter, s.through).where(s.slug == slug)):
        before, through = load_filter(row.filter), load_through(row.through)
        typed = before if through is None else through.typed
        fitted, unmatched = move.refit_filter(typed) if typed is not None else (None, ())
        after = replace(_refit(before, move), also=tuple(_refit(other, move) for other in before.also))
        through_after = None if through is None else replace(through, typed=fitted)
        if (after, through_after) != (before, through) or unmatched:
            changed.append(
                {"of": row.pk, "fits": dump_filter(after), "comes_through": dump_through(through_after)}
                | {"gone": dump_words(unmatched) if unmatched else None, "when": now if unmatched else None}
            )
    if changed:
        change = update(SUBSCRIPTION).where(s.pk == bindparam("of"))
        values: dict[str, Any] = {"filter": bindparam("fits"), "through": bindparam("comes_through")}
        values |= {"unmatched": bindparam("gone"), "notice_attempts": 0, "notice_leased_by": None}
        tx.execute(change.values(values | {"notice_due": bindparam("when", type_=s.notice_due.type)}), changed)
    needs = [(row.pk, load_filter(row.filter)) for row in tx.execute(select(d.pk, d.filter).where(d.slug == slug))]
    refitted = [{"of": pk, "fits": dump_filter(fits)} for pk, was in needs if (fits := _refit(was, move)) != was]
    if refitted:
        tx.execute(update(DEPENDENCY).where(d.pk == bindparam("of")).values(filter=bindparam("fits")), refitted)


def _refit(wanted: Filter, move: PageMove) -> Filter:
    return move.refit_filter(wanted)[0]


class Moves:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def claim_notices(
        self, tx: Connection, platforms: Sequence[str], now: datetime, limit: int, lease_s: float
    ) -> tuple[Notice, ...]:
        """What channels are to be notified of about their filters, leased: it is due again after ``lease_s`` unless
        :meth:`settle_notice` says otherwise. Channels that cannot be reached, are quiet or get their digest alone have
        to wait."""
        s, c = SUBSCRIPTION.c, CHANNEL.c
        # Not joined: SQLite would begin with the platform's channels, of which there may be thousands.
        waiting = (
            select(s.pk, s.channel)
            .where(s.notice_due <= now, exists().where(c.pk == s.channel, *takes_notices(platforms)))
            .order_by(s.notice_due, s.pk)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = {row.pk: row.channel for row in tx.execute(waiting)} if may_claim(self._database, tx) else {}
        quiet = quiet_until(tx, found.values(), now)
        for channel, until in quiet.items():
            theirs = s.pk.in_([pk for pk, its in found.items() if its == channel])
            tx.execute(update(SUBSCRIPTION).where(theirs).values(notice_due=until))
        keys = [pk for pk, channel in found.items() if channel not in quiet]
        if not keys:
            return ()
        names = [column for column in VENDOR_COLUMNS if column.name not in ("slug",)]
        query = (
            select(s.pk, s.slug, s.unmatched, PAGE.c.moved_at, s.notice_attempts, c.platform, c.workspace, c.id, *names)
            .join_from(SUBSCRIPTION, CHANNEL, s.channel == c.pk)
            .join(PAGE, s.slug == PAGE.c.slug)
            .where(s.pk.in_(keys))
            .order_by(s.notice_due, s.pk)
        )
        rows = tx.execute(query).all()
        later = now + timedelta(seconds=lease_s)
        leased = {"notice_due": later, "notice_attempts": s.notice_attempts + 1}
        leased |= {"notice_leased_by": self._database.process}
        tx.execute(update(SUBSCRIPTION).where(s.pk.in_(keys)).values(leased))
        return tuple(
            Notice(
                row.pk, channel_of(row), vendor_of(row), load_words(row.unmatched), row.moved_at, row.notice_attempts
            )
            for row in rows
        )

    @writes
    def free_mine(self, tx: Connection, now: datetime) -> None:
        """Notices that this process has leased can be claimed at once: it sends none."""
        if self._database.process is not None:
            free_notices(tx, is_mine(self._database, SUBSCRIPTION.c.notice_leased_by), now)

    @writes
    def settle_notice(self, tx: Connection, notice: Notice, retry_at: datetime | None) -> None:
        """It was sent, or is to be tried again at ``retry_at``; another process that has it now knows better, and what
        the page lost since is another notice."""
        s = SUBSCRIPTION.c
        mine = (s.pk == notice.key) & is_mine(self._database, s.notice_leased_by)
        same = s.unmatched == dump_words(notice.unmatched)
        tx.execute(update(SUBSCRIPTION).where(mine, same).values(notice_due=retry_at, notice_leased_by=None))
