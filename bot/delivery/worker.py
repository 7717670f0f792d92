"""Keeps every channel's cards equal to their incidents: claims channels that have due cards and serves many at once,
each by one task. Asks no page and knows no platform."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot import wording
from bot.delivery.boards import Boards, Cadence
from bot.delivery.channel_run import ChannelRun, Clock, DeliveryOptions, OnAct
from bot.delivery.group_commit import GroupCommit
from bot.delivery.health import WAITS
from bot.delivery.notices import Notices
from bot.delivery.port import Adapter
from bot.domain import Channel
from bot.store import Store
from bot.store.values import ChannelLease, DueCard
from bot.threads import Threads

MAX_CHANNELS = 200
"""Channels served at once. While the intents of some are committed, the others post."""
LEASE_S = 60.0
CALL_S = 15.0
PAUSE_S = 2.0
LINGER_S = 0.02
MAX_WAIT_S = 5.0
"""The longest sleep: another process may record without waking this one."""
MIN_WAIT_S = 0.05
GRACE_S = 1.0
"""At a stop, calls under way may take this long before they are cut."""

log = structlog.get_logger(__name__)


class Delivery:
    """``now`` may be a virtual clock: all waiting is real, all comparing is by ``now``.

    ``late_limit``: an incident that ended longer ago is told to no channel that has not heard of it; ``None``: always
    told. ``lease_s``, by ``now``, must outlive two calls of ``call_s`` real seconds each. ``pause_s``: the least wait
    before an act of unknown outcome is looked at again; ``waits``: before each new try of a channel that cannot be
    reached. ``boards``: how often one is edited.
    """

    def __init__(
        self,
        store: Store,
        adapters: Iterable[Adapter],
        threads: Threads,
        now: Clock,
        *,
        late_limit: timedelta | None = None,
        on_act: OnAct | None = None,
        lanes: int = MAX_CHANNELS,
        lease_s: float = LEASE_S,
        call_s: float = CALL_S,
        pause_s: float = PAUSE_S,
        waits: Sequence[timedelta] = WAITS,
        linger_s: float = LINGER_S,
        boards: Cadence = Cadence(),  # noqa: B008 (frozen)
    ) -> None:
        if lease_s <= 2 * call_s:
            raise ValueError("make lease_s more than twice call_s: a refused act is called twice")
        self._store = store
        self._adapters = {adapter.platform: adapter for adapter in adapters}
        self._threads = threads
        self._now = now
        self._terms = DeliveryOptions(call_s, lease_s - 2 * call_s, pause_s, late_limit, waits, on_act)
        self._lanes = lanes
        self._lease_s = lease_s
        self._ledger = GroupCommit(store.cards.commit, threads, linger_s)
        self._notices = Notices(store, self._adapters, threads, now, call_s)
        self._boards = Boards(store, self._adapters, threads, now, call_s, boards)
        self._keeping: asyncio.Task[None] | None = None
        self._looked_at: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._stop = asyncio.Event()

    def wake(self) -> None:
        """Cards may have fallen due. From the event loop's thread only."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until ``stop`` is set; then finish the calls under way, or cut them after a second."""
        stopping = asyncio.create_task(self._watch(stop))
        try:
            while not stop.is_set():
                self._woken.clear()
                try:
                    self._look_aside()
                    await self._rest(await self._claim())
                except Exception:
                    log.exception("delivery cannot claim channels")
                    await self._sleep(MAX_WAIT_S)
        finally:
            stopping.cancel()
            await self._wind_down()

    async def run_until_quiet(self) -> None:
        """Deliver all that can be delivered at this moment of the clock."""
        try:
            while await self._claim() or self._tasks:
                if self._tasks:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._notices.tell()
            await self._boards.run_due()
        except asyncio.CancelledError:
            await self._wind_down()
            raise

    async def purge(self, suspended_before: datetime) -> int:
        """Forget channels that have been suspended since before then; returns how many."""
        return await self._threads(lambda: self._store.channels.purge(suspended_before))

    def _look_aside(self) -> None:
        """Now and then, beside the lanes, at what is about no incident. Boards have a task of their own, one at a time:
        however many are due, the lanes keep their places."""
        now = asyncio.get_running_loop().time()
        if self._looked_at is not None and now - self._looked_at < MAX_WAIT_S:
            return
        self._looked_at = now
        self._begin(self._notices.tell())
        if self._keeping is None or self._keeping.done():
            self._keeping = self._begin(self._boards.run_due())

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    # --- lanes -----------------------------------------------------------------------------------------------------

    async def _claim(self) -> bool:
        """Take up as many lanes as there is room for; whether there may be more."""
        room = self._lanes - len(self._tasks)
        if room < max(self._lanes // 2, 1):
            return True
        platforms, now = tuple(self._adapters), self._now()

        def claim() -> list[tuple[ChannelLease, Sequence[DueCard]]]:
            lanes = self._store.cards.lease_channels(platforms, now, room, self._lease_s)
            return list(zip(lanes, self._store.cards.due_of(lanes), strict=True)) if lanes else []

        claimed = await self._threads(claim)
        for lane, dues in claimed:
            self._begin(self._serve(lane, dues))
        return len(claimed) == room

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._woken.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("channel was left until its lease lapses", exc_info=error)

    async def _serve(self, lane: ChannelLease, dues: Sequence[DueCard]) -> None:
        with self._ledger.writer():
            adapter = self._adapters[lane.channel.platform]
            setback = await ChannelRun(lane, adapter, self._ledger, self._now, self._terms, self._stop).serve(dues)
        if setback and setback.notify_subscriber:
            await self._tell(lane.channel, adapter, setback.state.reason or "")

    async def _tell(self, channel: Channel, adapter: Adapter, reason: str) -> None:
        listed = await self._threads(lambda: self._store.channels.subscriptions(channel))
        message = wording.channel_on_hold_message(channel, reason)
        for user in dict.fromkeys(one.subscription.created_by for one in listed):
            try:
                async with asyncio.timeout(self._terms.call_s):
                    await adapter.notify_user(channel, user, message)
            except Exception as error:
                log.warning("subscriber cannot be told", channel=channel.id, user=user, why=repr(error))

    # --- waiting ---------------------------------------------------------------------------------------------------

    async def _rest(self, more: bool) -> None:
        """Until something happens that may make a lane due, or free a place for one."""
        if more and not self._tasks:
            return
        wait_s = MAX_WAIT_S
        if not more:
            platforms, now = tuple(self._adapters), self._now()
            wake = await self._threads(lambda: self._store.cards.next_wake(platforms, now))
            if wake is not None:
                wait_s = min(max((wake - now).total_seconds(), MIN_WAIT_S), MAX_WAIT_S)
        await self._sleep(wait_s)

    async def _sleep(self, wait_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._woken.wait()

    async def _watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stop.set()
        self._woken.set()

    async def _wind_down(self) -> None:
        self._stop.set()
        if self._tasks:
            _, slow = await asyncio.wait(self._tasks, timeout=GRACE_S)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
        await self._ledger.close()
