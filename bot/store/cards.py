"""Cards: what each channel shows, what is due, and which act is under way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, false, func, select, true, tuple_, update

from bot.domain import (
    Ack,
    Card,
    Channel,
    Component,
    Filter,
    Health,
    Incident,
    Mention,
    ServiceScope,
    Slug,
    Vendor,
    Verdict,
)
from bot.store.database import Database, reads, writes
from bot.store.due import NO_FLOOD, lock_channels
from bot.store.json_columns import dump_intent, dump_posts, dump_ref, load_intent, load_posts, load_wishes
from bot.store.leases import free_channels, is_mine, may_claim
from bot.store.publications import fresh_publications
from bot.store.rows import (
    SETTINGS_COLUMNS,
    VENDOR_COLUMNS,
    WHILE_OPEN,
    AnyRow,
    LoadingCache,
    channel_of,
    components_of,
    incidents_of,
    is_channel,
    mute_of,
    settings_of,
    state_of,
    vendor_of,
)
from bot.store.services import services_on
from bot.store.subscribing import followed, needed
from bot.store.tables import CARD, CHANNEL, INCIDENT, PAGE, PUBLICATION, SUBSCRIPTION, VENDOR_NOTE
from bot.store.values import ChannelLease, DeliveryWrite, DueCard, RecordIntent, RecordOutcome, Release

MAX_CACHED_INCIDENTS = 1_000
MAX_CACHED_VENDORS = 300
"""Kept for later leases, so that a fan-out reads its incident once and not once a channel."""

# Rows come by the thousand, and each moment in one costs as much as all its words: only what is used is read.
_CHANNEL = (*(CHANNEL.c[name] for name in ("pk", "platform", "workspace", "id", "lease")), *SETTINGS_COLUMNS)
_STATE = tuple(CHANNEL.c[name] for name in ("health", "reason", "since", "tries", "subscriber_notified"))
_CARD = tuple(
    CARD.c[name]
    for name in (
        *("pk", "reason", "detail", "posts", "mentioned"),
        *("catch_up", "muted_until", "deletions", "flood", "root_at", "held", "held_since"),
        *("acked_by", "acked_name", "acked_at", "mode", "ignored"),
    )
)

_NOTED = (
    (VENDOR_NOTE.c.platform == CHANNEL.c.platform)
    & (VENDOR_NOTE.c.workspace == CHANNEL.c.workspace)
    & (VENDOR_NOTE.c.slug == INCIDENT.c.slug)
)
"""The workspace's note on a card's vendor."""
_SUBSCRIBED = (SUBSCRIPTION.c.channel == CARD.c.channel) & (SUBSCRIPTION.c.slug == INCIDENT.c.slug)
"""The subscription that a card comes from."""
_VENDOR_MUTED_UNTIL = SUBSCRIPTION.c.muted_until.label("vendor_muted_until")
_HAS_DUE = CHANNEL.c.due_since.is_not(None) & (CHANNEL.c.health != Health.SUSPENDED)


class Cards:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._incidents: LoadingCache[int, Incident] = LoadingCache(MAX_CACHED_INCIDENTS)
        self._vendors: LoadingCache[str, tuple[Vendor, Mapping[str, Component]]] = LoadingCache(MAX_CACHED_VENDORS)

    @writes
    def lease_channels(
        self,
        tx: Connection,
        platforms: Sequence[str],
        now: datetime,
        limit: int,
        lease_s: float,
        busy: Sequence[int] = (),
    ) -> tuple[ChannelLease, ...]:
        """Lease channels of these platforms that have due cards, are not leased and may be acted on at ``now``;
        suspended ones are left alone. The channel that has waited longest comes first. ``busy``: keys of channels that
        whoever asks still works on, though a step of the clock may have ended their leases."""
        c = CHANNEL.c
        query = (
            select(*_CHANNEL, *_STATE)
            .where(_HAS_DUE, c.due_since <= now, c.platform.in_(platforms))
            .where(func.coalesce(c.leased_until, now) <= now, func.coalesce(c.not_before, now) <= now)
            .where(c.pk.not_in(busy) if busy else true())
            .order_by(c.due_since, c.pk)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        )
        rows = tx.execute(query).all() if may_claim(self._database, tx) else ()
        if rows:
            lease = update(CHANNEL).where(c.pk.in_([row.pk for row in rows]))
            until = now + timedelta(seconds=lease_s)
            tx.execute(lease.values(lease=c.lease + 1, leased_by=self._database.process, leased_until=until))
        return tuple(
            ChannelLease(row.pk, channel_of(row), settings_of(row), state_of(row), row.lease + 1) for row in rows
        )

    @writes
    def free_all_but(self, tx: Connection, served: Sequence[int]) -> None:
        """What this process has leased beyond these channels, by their keys, can be leased at once: leases that it
        never heard were granted."""
        if self._database.process is not None:
            free_channels(tx, is_mine(self._database, CHANNEL.c.leased_by) & CHANNEL.c.pk.not_in(served))

    def due(self, channel_lease: ChannelLease) -> tuple[DueCard, ...]:
        """The channel's cards that are due before the lease ends, in that order, one with an intent first."""
        return self.due_of([channel_lease])[0]

    @reads
    def due_of(self, tx: Connection, channel_leases: Sequence[ChannelLease]) -> tuple[tuple[DueCard, ...], ...]:
        """The same for each of these leases, in their order."""
        c, ch = CARD.c, CHANNEL.c
        leased = {(lease.channel, lease.lease): number for number, lease in enumerate(channel_leases)}
        query = (
            select(
                *(*_CARD, c.incident, c.intent, c.version, c.due_since),
                *(INCIDENT.c.slug, INCIDENT.c.id, SUBSCRIPTION.c.mention, SUBSCRIPTION.c.wishes, _VENDOR_MUTED_UNTIL),
                SUBSCRIPTION.c.through,
                VENDOR_NOTE.c.text.label("note"),
                *(INCIDENT.c.version.label("incident_version"), PAGE.c.version.label("page_version")),
                *(ch.platform, ch.workspace, ch.id.label("name"), ch.lease),
            )
            .join_from(CARD, CHANNEL, c.channel == ch.pk)
            .join(INCIDENT, c.incident == INCIDENT.c.pk)
            .join(PAGE, INCIDENT.c.slug == PAGE.c.slug)
            .outerjoin(SUBSCRIPTION, _SUBSCRIBED)
            .outerjoin(VENDOR_NOTE, _NOTED)
            .where(ch.pk.in_([lease.key for lease in channel_leases]), c.due_since <= ch.leased_until, NO_FLOOD)
            .order_by(c.intent.is_(None), c.due_since, c.pk)
        )
        rows = [
            (leased[key], key[0], row)
            for row in tx.execute(query)
            if (key := (Channel(row.platform, row.workspace, row.name), row.lease)) in leased
        ]
        incidents = self._incidents.get(
            [(r.incident, r.incident_version) for _, _, r in rows], lambda keys: _load_incidents(tx, keys)
        )
        vendors = self._vendors.get(
            [(r.slug, r.page_version) for _, _, r in rows], lambda keys: _load_vendors(tx, keys)
        )
        scopes = {ServiceScope.of(channel) for _, channel, _ in rows}
        services = services_on(tx, scopes, {row.slug for _, _, row in rows})
        followed = _followed(tx, channel_leases, rows)
        found: list[list[DueCard]] = [[] for _ in channel_leases]
        for number, channel, row in rows:
            vendor, components = vendors[row.slug, row.page_version]
            found[number].append(
                DueCard(
                    card=replace(_card(row, channel), note=row.note or ""),
                    version=row.version,
                    incident=incidents[row.incident, row.incident_version],
                    components=components,
                    vendor=vendor,
                    intent=load_intent(row.intent) if row.intent else None,
                    mention=Mention.parse(row.mention) if row.mention else None,
                    followed=followed.get((number, row.slug), ()),
                    wishes=load_wishes(row.wishes),
                    since=row.due_since,
                    services=services.get((ServiceScope.of(channel), row.slug), ()),
                )
            )
        return tuple(map(tuple, found))

    @writes
    def commit(self, tx: Connection, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        """Write all of these in one transaction, in their order. Returns the channels whose lease somebody else has:
        their entries were not written."""
        leased = _leased_channels(tx, entries)
        lost_leases: set[Channel] = set()
        outcomes: list[dict[str, Any]] = []
        announced: list[dict[str, Any]] = []
        intents: dict[int, dict[str, Any]] = {}
        releases: dict[int, Release] = {}
        for entry in entries:
            channel = leased.get((entry.channel_lease.channel, entry.channel_lease.lease))
            if channel is None or channel in releases:
                lost_leases.add(entry.channel_lease.channel)
                continue
            match entry:
                case RecordIntent():
                    intents[entry.card] = {"of": entry.card, "to": channel, "its_intent": dump_intent(entry.intent)}
                case RecordOutcome():
                    intents.pop(entry.card, None)
                    outcomes.append(_outcome_parameters(entry, channel))
                    announced += fresh_publications(entry, channel)
                case Release():
                    releases[channel] = entry
        if outcomes:
            tx.execute(_RECORD_OUTCOME, outcomes)
        if announced:
            tx.execute(self._database.insert(PUBLICATION).on_conflict_do_nothing(), announced)
        if intents:
            tx.execute(_RECORD_INTENT, list(intents.values()))
        if releases:
            tx.execute(_RELEASE, [{"of": channel} for channel in releases])
        for channel, release in releases.items():
            _pause(tx, channel, release)
        return frozenset(lost_leases)

    @reads
    def next_wake(self, tx: Connection, platforms: Sequence[str], now: datetime) -> datetime | None:
        """When the next channel can be leased; ``None`` when nothing is due in any."""
        c = CHANNEL.c
        leased, paused = func.coalesce(c.leased_until, now), func.coalesce(c.not_before, now)
        free = case((leased > paused, leased), else_=paused)
        free = case((free > c.due_since, free), else_=c.due_since)
        wake = tx.scalar(select(func.min(free, type_=c.due_since.type)).where(_HAS_DUE, c.platform.in_(platforms)))
        return None if wake is None else max(wake, now)

    @reads
    def of_channel(self, tx: Connection, channel: Channel, since: datetime) -> tuple[Card, ...]:
        """Cards whose root was posted at or after ``since``, newest first."""
        return _cards(tx, channel, CARD.c.root_at >= since)

    @reads
    def by_ref(self, tx: Connection, channel: Channel, ref: str) -> Card | None:
        """The card that this message belongs to."""
        mentioning = _cards(tx, channel, CARD.c.posts.contains(dump_ref(ref), autoescape=True))
        return next((card for card in mentioning if any(post.ref == ref for post in card.state.posts)), None)

    @reads
    def count(self, tx: Connection, channel: Channel) -> int:
        """How many messages the channel's cards have had in all."""
        posts = select(CARD.c.posts).join_from(CARD, CHANNEL, CARD.c.channel == CHANNEL.c.pk).where(is_channel(channel))
        return sum(len(load_posts(text).posts) for text in tx.scalars(posts))

    @reads
    def of_incident(self, tx: Connection, channel: Channel, slug: Slug, incident_id: str) -> Card | None:
        return next(iter(_cards(tx, channel, (INCIDENT.c.slug == slug) & (INCIDENT.c.id == incident_id))), None)


def _followed(
    tx: Connection, leases: Sequence[ChannelLease], rows: Sequence[tuple[int, Channel, AnyRow]]
) -> dict[tuple[int, str], tuple[tuple[Mention, Filter], ...]]:
    """By the lease's number and vendor, whom services want mentioned where the subscription mentions nobody."""
    asked: defaultdict[int, set[str]] = defaultdict(set)
    for number, _, row in rows:
        if row.through is not None and not row.mention:
            asked[number].add(row.slug)
    return {
        (number, slug): tuple((Mention.parse(need.mention), needed(need)) for need in needs if need.mention)
        for number, slugs in asked.items()
        for slug, needs in followed(tx, leases[number].key, sorted(slugs)).items()
    }


def _cards(tx: Connection, channel: Channel, which: ColumnElement[bool]) -> tuple[Card, ...]:
    query = (
        select(*_CARD, INCIDENT.c.slug, INCIDENT.c.id, _VENDOR_MUTED_UNTIL)
        .join_from(CARD, CHANNEL, CARD.c.channel == CHANNEL.c.pk)
        .join(INCIDENT, CARD.c.incident == INCIDENT.c.pk)
        .outerjoin(SUBSCRIPTION, _SUBSCRIBED)
        .where(is_channel(channel), which)
        .order_by(CARD.c.root_at.desc(), CARD.c.pk.desc())
    )
    return tuple(_card(row, channel) for row in tx.execute(query))


def _card(row: AnyRow, channel: Channel) -> Card:
    return Card(
        id=row.pk,
        channel=channel,
        incident=row.id,
        vendor=Slug(row.slug),
        verdict=Verdict(True, row.reason, row.detail),
        state=load_posts(row.posts, row.mentioned),
        catch_up=row.catch_up,
        deletions=row.deletions,
        flooded=row.flood is not None,
        mute=mute_of(row.muted_until, row.ignored, row.vendor_muted_until),
        ack=None if row.acked_by is None else Ack(row.acked_by, row.acked_at, row.acked_name or ""),
        root_at=row.root_at,
        mode=row.mode,
        held=row.held,
        held_since=row.held_since,
    )


def _load_incidents(tx: Connection, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Incident]:
    rows = tx.execute(select(INCIDENT).where(INCIDENT.c.pk.in_([pk for pk, _ in keys]))).all()
    return {(row.pk, row.version): value for row, value in zip(rows, incidents_of(tx, rows), strict=True)}


def _load_vendors(
    tx: Connection, keys: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], tuple[Vendor, Mapping[str, Component]]]:
    slugs = [slug for slug, _ in keys]
    components = components_of(tx, slugs, gone=True)
    rows = tx.execute(select(*VENDOR_COLUMNS, PAGE.c.version).where(PAGE.c.slug.in_(slugs)))
    return {(row.slug, row.version): (vendor_of(row), components[row.slug]) for row in rows}


def _leased_channels(tx: Connection, entries: Sequence[DeliveryWrite]) -> dict[tuple[Channel, int], int]:
    """The keys of the channels whose lease is still valid. One that lapsed is valid until somebody else takes one."""
    c = CHANNEL.c
    workspaces = {
        (e.channel_lease.channel.platform, e.channel_lease.channel.workspace)
        for e in entries
        if isinstance(e, Release) and e.whole_workspace
    }
    theirs = c.pk.in_({entry.channel_lease.key for entry in entries})
    lock_channels(tx, theirs | (tuple_(c.platform, c.workspace).in_(list(workspaces)) if workspaces else false()))
    rows = tx.execute(select(c.pk, c.platform, c.workspace, c.id, c.lease).where(theirs, c.leased_until.is_not(None)))
    return {(channel_of(row), row.lease): row.pk for row in rows}


_MINE = (CARD.c.pk == bindparam("of")) & (CARD.c.channel == bindparam("to"))
_RECORD_INTENT = update(CARD).where(_MINE).values(intent=bindparam("its_intent"))
_DONE = bindparam("done", type_=CARD.c.catch_up.type)
_POSTED = bindparam("posted", type_=CARD.c.posted_at.type)
_SAME = CARD.c.version == bindparam("its_version")
_OVER = _DONE & _SAME
_LOOKED_AT = bindparam("looked_at", type_=CARD.c.catch_up.type)
_RECORD_OUTCOME = (
    update(CARD)
    .where(_MINE)
    .values(
        posts=bindparam("its_posts"),
        mentioned=bindparam("has_mentioned"),
        intent=None,
        catch_up=case((_OVER, False), else_=CARD.c.catch_up),
        held=bindparam("its_held", type_=CARD.c.held.type),
        held_since=bindparam("its_held_since", type_=CARD.c.held_since.type),
        due_since=case((_LOOKED_AT & _SAME, bindparam("again", type_=CARD.c.due_since.type)), else_=CARD.c.due_since),
        muted_until=case(
            (bindparam("mute", type_=CARD.c.catch_up.type), WHILE_OPEN),
            (_OVER & bindparam("unmute", type_=CARD.c.catch_up.type), None),
            else_=CARD.c.muted_until,
        ),
        ignored=case((_OVER & bindparam("unmute", type_=CARD.c.catch_up.type), None), else_=CARD.c.ignored),
        deletions=CARD.c.deletions + bindparam("deleted", type_=CARD.c.deletions.type),
        root_at=func.coalesce(
            CARD.c.root_at,
            case((bindparam("sent", type_=CARD.c.catch_up.type), func.coalesce(_POSTED, CARD.c.due_since))),
        ),
        posted_at=func.coalesce(_POSTED, CARD.c.posted_at),
    )
)


def _outcome_parameters(entry: RecordOutcome, channel: int) -> dict[str, Any]:
    return {
        "of": entry.card,
        "to": channel,
        "its_posts": dump_posts(entry.state),
        "has_mentioned": entry.state.mentioned,
        "done": entry.done,
        "looked_at": entry.done or entry.retry_at is not None,
        "its_version": entry.version,
        "posted": entry.posted_at,
        "again": entry.retry_at,
        "unmute": entry.clear_mute,
        "mute": entry.mute,
        "deleted": entry.deleted,
        "its_held": entry.held,
        "its_held_since": entry.held_since,
        "sent": bool(entry.state.posts),
    }


_RELEASED = bindparam("of", type_=CHANNEL.c.pk.type)
_RELEASE = (
    update(CHANNEL)
    .where(CHANNEL.c.pk == _RELEASED)
    .values(
        leased_by=None,
        leased_until=None,
        due_since=select(func.min(CARD.c.due_since)).where(CARD.c.channel == _RELEASED, NO_FLOOD).scalar_subquery(),
    )
)


def _pause(tx: Connection, channel: int, release: Release) -> None:
    """What a release changes beyond ending the lease."""
    c = CHANNEL.c
    values: dict[str, Any] = {}
    if release.not_before is not None:
        later = func.coalesce(c.not_before, release.not_before) > release.not_before
        values["not_before"] = case((later, c.not_before), else_=release.not_before)
    if release.state is not None:
        s = release.state
        values |= {
            "health": s.health,
            "reason": s.reason,
            "since": s.since,
            "tries": s.tries,
            "subscriber_notified": s.subscriber_notified,
        }
    if values:
        mine, theirs = c.pk == channel, release.channel_lease.channel
        whole_workspace = (c.platform == theirs.platform) & (c.workspace == theirs.workspace)
        change = update(CHANNEL).where(whole_workspace if release.whole_workspace else mine)
        if release.state is not None and release.state.health is not Health.ACTIVE:
            # What was suspended meanwhile, for a reason of its own, stays so: the platform reported it deleted.
            change = change.where(c.health != Health.SUSPENDED)
        tx.execute(change.values(values))
