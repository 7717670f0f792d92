"""Which process holds which of Discord's shards, and who may identify when.

A shard names its process; when that one's row is deleted, because it ended or was found dead, the shard is free. All is
decided under a lock, one process after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, DateTime, delete, func, select, update

from bot.limits.spread import next_step
from bot.store.database import Database, writes
from bot.store.leases import may_claim
from bot.store.shared_tables import GATEWAY, IDENTIFY, SHARD
from bot.store.tables import PROCESS

IDENTIFY_S = 5.0
"""Between two connections of one bucket. https://discord.com/developers/docs/events/gateway#sharding-max-concurrency"""
LOCK = 0x736861726473
"""Of PostgreSQL's advisory locks."""
ROLE = "discord"
NAME = "discord"


@dataclass(frozen=True, slots=True)
class HeldShards:
    """``give``: one of ``numbers`` that another process is to have: it is closed, and then released."""

    numbers: frozenset[int]
    give: int | None = None


class Shards:
    """``identify_s``: between two connections of one bucket."""

    def __init__(self, database: Database, identify_s: float = IDENTIFY_S) -> None:
        self._database = database
        self.identify_s = identify_s

    @writes
    def agree(self, tx: Connection, count: int) -> int:
        """How many shards there are: ``count``, unless processes are connected by another number."""
        self._lock(tx)
        numbers = set(tx.scalars(select(SHARD.c.number)))
        if numbers and len(numbers) != count and tx.scalar(select(func.count(SHARD.c.process))):
            return len(numbers)
        if numbers != set(range(count)):
            tx.execute(delete(SHARD))
            tx.execute(SHARD.insert(), [{"number": number, "process": None} for number in range(count)])
        return count

    @writes
    def hold(self, tx: Connection) -> HeldShards | None:
        """What this process has from now on: one more than before, at most. ``None``: it was found dead."""
        if not may_claim(self._database, tx):
            return None
        self._lock(tx)
        me = str(self._database.process)
        owners: dict[int, str | None] = {row.number: row.process for row in tx.execute(select(SHARD))}
        alive = tx.execute(select(PROCESS.c.id, PROCESS.c.roles)).all()
        # A version before there were roles has all of them.
        listening = {row.id for row in alive if not row.roles or ROLE in row.roles.split(",")} | {me}
        step = next_step(me, owners, listening)
        if step.take is not None:
            tx.execute(update(SHARD).where(SHARD.c.number == step.take).values(process=me))
            owners[step.take] = me
        return HeldShards(frozenset(number for number, owner in owners.items() if owner == me), step.give)

    @writes
    def release(self, tx: Connection, number: int) -> None:
        """It is closed here: another process may have it."""
        mine = (SHARD.c.number == number) & (SHARD.c.process == self._database.process)
        tx.execute(update(SHARD).where(mine).values(process=None))

    @writes
    def turn(self, tx: Connection, bucket: int, left: int, resets_in_s: float, now: datetime) -> float:
        """Whether this process may identify now: 0, and the turn is taken; or how many seconds to wait before it asks
        again. ``left``: sessions that may be started before the limit is reset, as Discord says, which does not count
        those that others are about to start."""
        self._lock(tx)
        if not self._database.sqlite:
            now = tx.scalar(select(func.clock_timestamp(type_=DateTime(timezone=True)))) or now
        known = tx.execute(select(GATEWAY).where(GATEWAY.c.name == NAME)).one_or_none()
        resets_at = now + timedelta(seconds=resets_in_s)
        if known is not None and known.resets_at > now:
            left, resets_at = min(left, known.sessions_left), known.resets_at
        if left <= 0:
            return max((resets_at - now).total_seconds(), 1.0)
        next_at = tx.scalar(select(IDENTIFY.c.next_at).where(IDENTIFY.c.bucket == bucket))
        if next_at is not None and next_at > now:
            wait: timedelta = next_at - now
            return wait.total_seconds()
        tx.execute(delete(IDENTIFY).where(IDENTIFY.c.bucket == bucket))
        tx.execute(IDENTIFY.insert().values(bucket=bucket, next_at=now + timedelta(seconds=self.identify_s)))
        tx.execute(delete(GATEWAY).where(GATEWAY.c.name == NAME))
        tx.execute(GATEWAY.insert().values(name=NAME, sessions_left=left - 1, resets_at=resets_at))
        return 0.0

    def _lock(self, tx: Connection) -> None:
        if not self._database.sqlite:
            tx.execute(select(func.pg_advisory_xact_lock(LOCK)))
