"""What delivery writes back of a leased channel: intents before the calls, outcomes after them, releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, case, false, func, null, select, tuple_, update

from bot.domain import Channel, Health
from bot.store.database import Database
from bot.store.due import lock_channels, oldest_due
from bot.store.json_columns import dump_intent, dump_posts
from bot.store.prepared import Prepared
from bot.store.publications import fresh_publications
from bot.store.rows import WHILE_OPEN
from bot.store.tables import CARD, CHANNEL, PUBLICATION
from bot.store.values import DeliveryWrite, RecordIntent, RecordOutcome, Release


def commit(database: Database, tx: Connection, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
    """As in :meth:`bot.store.cards.Cards.commit`."""
    held = _leases(tx, entries)
    lost_leases: set[Channel] = set()
    outcomes: list[dict[str, Any]] = []
    announced: list[dict[str, Any]] = []
    intents: dict[int, dict[str, Any]] = {}
    releases: dict[int, Release] = {}
    for entry in entries:
        lease = entry.channel_lease
        key, channel = lease.key, lease.channel
        fence = (channel.platform, channel.workspace, channel.id, lease.lease)
        if held.get(key) != fence or key in releases:
            lost_leases.add(channel)
            continue
        match entry:
            case RecordIntent():
                intents[entry.card] = {"of": entry.card, "to": key, "its_intent": dump_intent(entry.intent)}
            case RecordOutcome():
                intents.pop(entry.card, None)
                outcomes.append(_outcome_parameters(entry, key))
                announced += fresh_publications(entry, key)
            case Release():
                releases[key] = entry
    _RECORD_OUTCOME.many(tx, outcomes)
    if announced:
        tx.execute(database.insert(PUBLICATION).on_conflict_do_nothing(), announced)
    _RECORD_INTENT.many(tx, list(intents.values()))
    _RELEASE.many(tx, [{"of": channel} for channel in releases])
    for channel_key, release in releases.items():
        _pause(tx, channel_key, release)
    return frozenset(lost_leases)


def _leases(tx: Connection, entries: Sequence[DeliveryWrite]) -> dict[int, tuple[str, str, str, int]]:
    """By the key of each channel its name and its lease, where that is still valid. One that lapsed is valid until
    somebody else takes one."""
    c = CHANNEL.c
    keys = list({entry.channel_lease.key for entry in entries})
    if tx.dialect.name == "postgresql":
        workspaces = {
            (e.channel_lease.channel.platform, e.channel_lease.channel.workspace)
            for e in entries
            if isinstance(e, Release) and e.whole_workspace
        }
        in_them = tuple_(c.platform, c.workspace).in_(list(workspaces)) if workspaces else false()
        lock_channels(tx, c.pk.in_(keys) | in_them)
    return {key: (*name, lease) for key, *name, lease in _LEASES.all(tx, {"keys": keys})}


_LEASES = Prepared(
    select(*(CHANNEL.c[name] for name in ("pk", "platform", "workspace", "id", "lease"))).where(
        CHANNEL.c.pk.in_(bindparam("keys", expanding=True)), CHANNEL.c.leased_until.is_not(None)
    )
)
_MINE = (CARD.c.pk == bindparam("of")) & (CARD.c.channel == bindparam("to"))
_RECORD_INTENT = Prepared(update(CARD).where(_MINE).values(intent=bindparam("its_intent", type_=Text)))
_POSTED = bindparam("posted", type_=CARD.c.posted_at.type)


def _is_version(name: str) -> ColumnElement[bool]:
    """That is the card's version still. Never so without one."""
    return CARD.c.version == bindparam(name, type_=CARD.c.version.type)


_UNMUTED = _is_version("unmuted")
_RECORD_OUTCOME = Prepared(
    update(CARD)
    .where(_MINE)
    .values(
        posts=bindparam("its_posts", type_=CARD.c.posts.type),
        mentioned=bindparam("has_mentioned", type_=CARD.c.mentioned.type),
        intent=null(),
        catch_up=case((_is_version("done"), false()), else_=CARD.c.catch_up),
        held=bindparam("its_held", type_=CARD.c.held.type),
        held_since=bindparam("its_held_since", type_=CARD.c.held_since.type),
        due_since=case(
            (_is_version("looked_at"), bindparam("again", type_=CARD.c.due_since.type)), else_=CARD.c.due_since
        ),
        muted_until=func.coalesce(
            bindparam("mute", type_=CARD.c.muted_until.type), case((_UNMUTED, null()), else_=CARD.c.muted_until)
        ),
        ignored=case((_UNMUTED, null()), else_=CARD.c.ignored),
        deletions=CARD.c.deletions + bindparam("deleted", type_=CARD.c.deletions.type),
        root_at=func.coalesce(
            CARD.c.root_at,
            case((bindparam("sent", type_=CARD.c.catch_up.type), func.coalesce(_POSTED, CARD.c.due_since))),
        ),
        posted_at=func.coalesce(_POSTED, CARD.c.posted_at),
    )
)


def _outcome_parameters(entry: RecordOutcome, channel: int) -> dict[str, Any]:
    version = entry.version
    return {
        "of": entry.card,
        "to": channel,
        "its_posts": dump_posts(entry.state),
        "has_mentioned": entry.state.mentioned,
        "done": version if entry.done else None,
        "looked_at": version if entry.done or entry.retry_at is not None else None,
        "posted": entry.posted_at,
        "again": entry.retry_at,
        "unmuted": version if entry.done and entry.clear_mute else None,
        "mute": WHILE_OPEN if entry.mute else None,
        "deleted": entry.deleted,
        "its_held": entry.held,
        "its_held_since": entry.held_since,
        "sent": bool(entry.state.posts),
    }


_RELEASED = bindparam("of", type_=CHANNEL.c.pk.type)
_RELEASE = Prepared(
    update(CHANNEL)
    .where(CHANNEL.c.pk == _RELEASED)
    .values(leased_by=null(), leased_until=null(), due_since=oldest_due(_RELEASED))
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
