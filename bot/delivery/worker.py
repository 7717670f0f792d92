"""Keeps every channel's cards equal to their incidents: leases channels that have due cards and runs many at once, each
in one task. Reads no page and knows no platform."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot import wording
from bot.delivery.boards import Boards, Cadence
from bot.delivery.channel_run import ChannelRun
from bot.delivery.digests import UNCERTAIN_RETRY_S, Digests
from bot.delivery.floods import Floods
from bot.delivery.group_commit import GroupCommit
from bot.delivery.health import RETRY_WAITS
from bot.delivery.leased_channel import Clock, DeliveryOptions, LeasedChannel, Life, OnAct
from bot.delivery.notices import Notices
from bot.delivery.port import Adapter, Paced, Publishing
from bot.delivery.publications import Publications
from bot.delivery.side_work import Means
from bot.domain import Channel
from bot.store import Store, StoreUnavailable
from bot.store.values import ChannelLease, DueCard
from bot.threads import Threads

MAX_CHANNELS = 200
"""Channels run at once. While the intents of some are committed, the others post."""
LEASE_S = 60.0
CALL_S = 15.0
PAUSE_S = 2.0
MAX_PAUSE_S = 300.0
LINGER_S = 0.02
MAX_WAIT_S = 5.0
"""The longest sleep: another process may record without waking this one."""
MIN_WAIT_S = 0.05
GRACE_S = 1.0
"""At a stop, calls under way may take this long before they are cut."""

log = structlog.get_logger(__name__)


class Delivery:
    """``now`` may be a virtual clock: all waiting is real, all comparing is by ``now``.

    ``max_channels`` run at once. ``lease_s``, by ``now``, must outlive two calls of ``call_s`` real seconds each.
    ``linger_s``: how long a commit waits for more writes. ``side_work_s``: between two looks at what is about no single
    incident; ``digest_retry_s``: before a digest's call of unknown outcome is looked at again. ``life``: asked before
    something is leased, it returns what tells afterwards whether that may be another process's by now. The rest stands
    at :class:`DeliveryOptions` and :class:`Cadence`.
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
        max_channels: int = MAX_CHANNELS,
        lease_s: float = LEASE_S,
        call_s: float = CALL_S,
        pause_s: float = PAUSE_S,
        max_pause_s: float = MAX_PAUSE_S,
        retry_waits: Sequence[timedelta] = RETRY_WAITS,
        linger_s: float = LINGER_S,
        boards: Cadence = Cadence(),  # noqa: B008 (frozen)
        side_work_s: float = MAX_WAIT_S,
        digest_retry_s: float = UNCERTAIN_RETRY_S,
        life: Life = lambda: lambda: True,
    ) -> None:
        if lease_s <= 2 * call_s:
            raise ValueError("make lease_s more than twice call_s: a rejected act is called twice")
        self._store = store
        self._adapters = {adapter.platform: adapter for adapter in adapters}
        self._publishing = {name: one for name, one in self._adapters.items() if isinstance(one, Publishing)}
        self._threads = threads
        self._now = now
        self._options = DeliveryOptions(
            call_s, lease_s - 2 * call_s, pause_s, late_limit, max_pause_s, retry_waits, on_act
        )
        self._max_channels = max_channels
        self._lease_s = lease_s
        self._commits = GroupCommit(store.cards.commit, threads, linger_s)
        self._life = life
        self._may_hold_others = False
        """The database was away in the middle of something: channels may be leased to this process that it does not
        serve."""
        means = Means(self._adapters, threads, now, call_s, life)
        self._notices = Notices(store, means)
        self._boards = Boards(store, means, boards)
        self._floods = Floods(store, means)
        self._publications = Publications(store, means)
        self._digests = Digests(store, means, digest_retry_s)
        self._side_work_s = side_work_s
        self._side_tasks: dict[str, asyncio.Task[None]] = {}
        self._side_work_at: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._leased: dict[int, str] = {}
        """By its key, each channel's platform."""
        self._wakeup = asyncio.Event()
        self._stop = asyncio.Event()

    def wake(self) -> None:
        """Cards may have fallen due. From the event loop's thread only."""
        self._wakeup.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until ``stop`` is set; then finish the calls under way, or cut them after a second."""
        stopping = asyncio.create_task(self._on_stop(stop))
        try:
            while not stop.is_set():
                self._wakeup.clear()
                try:
                    self._start_side_work()
                    await self._wait(await self._claim_channels())
                except StoreUnavailable:
                    self._may_hold_others = True
                    await self._sleep(self._threads.retry_s)
                except Exception:
                    log.exception("delivery.claim_failed")
                    await self._sleep(MAX_WAIT_S)
        finally:
            stopping.cancel()
            await self._shut_down()

    async def run_until_quiet(self) -> None:
        """Deliver all that can be delivered at this moment of the clock."""
        try:
            while await self._claim_channels() or self._tasks:
                if self._tasks:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._notices.send_due()
            await self._publications.run_due()
            await self._floods.run_due()
            await self._boards.run_due()
            await self._digests.run_due()
        except asyncio.CancelledError:
            await self._shut_down()
            raise

    def _start_side_work(self) -> None:
        """Now and then, start what is about no incident, one task at a time for each: however many boards are due, the
        channels keep their places."""
        now = asyncio.get_running_loop().time()
        if self._side_work_at is not None and now - self._side_work_at < self._side_work_s:
            return
        self._side_work_at = now
        side_work = {
            "notices": self._notices.send_due,
            "publications": self._publications.run_due,
            "floods": self._floods.run_due,
            "boards": self._boards.run_due,
            "digests": self._digests.run_due,
        }
        for name, work in side_work.items():
            if name not in self._side_tasks or self._side_tasks[name].done():
                self._side_tasks[name] = self._start(work())

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    # --- channels --------------------------------------------------------------------------------------------------

    async def _claim_channels(self) -> bool:
        """Lease and start as many channels as there is room for; whether there may be more."""
        free = self._max_channels - len(self._tasks)
        if free < max(self._max_channels // 2, 1):
            return True
        asked, now, busy = self._room(free), self._now(), tuple(self._leased)
        if not asked:
            return bool(self._leased)
        is_alive, leased_at = self._life(), asyncio.get_running_loop().time()

        def claim() -> list[tuple[ChannelLease, Sequence[DueCard]]]:
            self._store.clock.look(now)
            if self._may_hold_others:
                self._store.cards.free_all_but(busy)
                self._may_hold_others = False
            leases: list[ChannelLease] = []
            for platforms, room in asked:
                lease = partial(self._store.cards.lease_channels, platforms, now, room, self._lease_s)
                leases += lease(busy) if busy else lease()
            return list(zip(leases, self._store.cards.due_of(leases), strict=True)) if leases else []

        claimed = await self._threads(claim)
        for lease, due_cards in claimed:
            platform = lease.channel.platform
            self._leased[lease.key] = platform
            how = (self._commits, self._now, self._options, self._stop, is_alive, leased_at)
            channel = LeasedChannel(lease, self._adapters[platform], *how)
            self._start(self._run_channel(ChannelRun(channel, self._publishing.get(platform)), channel, due_cards))
        full = Counter(lease.channel.platform for lease, _ in claimed)
        return any(sum(full[platform] for platform in platforms) >= room for platforms, room in asked)

    def _room(self, free: int) -> list[tuple[tuple[str, ...], int]]:
        """How many more channels may be leased: of platforms that take all there are, and of each that does not."""
        places = {name: one.places if isinstance(one, Paced) else None for name, one in self._adapters.items()}
        unpaced = tuple(name for name, most in places.items() if most is None)
        room = [(unpaced, free)] if unpaced else []
        if len(unpaced) < len(places):
            running = Counter(self._leased.values())
            for name, most in places.items():
                # As with all places: a few that are free wait for more.
                if most is not None and running[name] <= most // 2:
                    room.append(((name,), min(most - running[name], free)))
        return room

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wakeup.set()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreUnavailable):
            self._may_hold_others = True
        elif error:
            log.error("delivery.task_failed", exc_info=error)

    async def _run_channel(self, run: ChannelRun, channel: LeasedChannel, due_cards: Sequence[DueCard]) -> None:
        lease = channel.lease
        try:
            with self._commits.writer():
                failure = await run.run(due_cards)
        finally:
            self._leased.pop(lease.key, None)
        if failure and failure.notify_subscriber:
            await self._notify_subscribers(lease.channel, channel.adapter, failure.state.reason or "")

    async def _notify_subscribers(self, channel: Channel, adapter: Adapter, reason: str) -> None:
        listed = await self._threads(lambda: self._store.channels.subscriptions(channel))
        message = wording.channel_on_hold_message(channel, reason)
        for user in dict.fromkeys(one.subscription.created_by for one in listed):
            try:
                async with asyncio.timeout(self._options.call_s):
                    await adapter.notify_user(channel, user, message)
            except Exception as error:
                log.warning("delivery.subscriber_not_notified", channel=channel.id, user=user, error=repr(error))

    # --- waiting ---------------------------------------------------------------------------------------------------

    async def _wait(self, more: bool) -> None:
        """Until something happens that may make a channel due, or free a place for one."""
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
                await self._wakeup.wait()

    async def _on_stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stop.set()
        self._wakeup.set()

    async def _shut_down(self) -> None:
        self._stop.set()
        if self._tasks:
            _, slow = await asyncio.wait(self._tasks, timeout=GRACE_S)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
        await self._commits.close()
