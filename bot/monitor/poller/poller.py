"""Which pages are read when: claims what is due, a bounded number at once, and saves outcomes without news in batches.

A slow page holds up neither the others nor the next claim. Safe to cancel anywhere: a claim is a lease, and a page
whose outcome was not saved is read again when the lease lapses.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain import Slug
from bot.monitor.poller.own_network import OwnNetwork
from bot.monitor.poller.page_poll import poll_page
from bot.monitor.poller.policy import Deps, OnPoll, Policy
from bot.monitor.provider import Provider
from bot.monitor.providers import PROVIDERS
from bot.monitor.responses import Getter
from bot.monitor.workers import Workers
from bot.store import Store, StoreUnavailable
from bot.store.values import Claim, Lane, PollOutcome, Recording, Route
from bot.threads import Threads

BATCH = 100
BATCH_WAIT_S = 0.25
"""Nobody waits for these: a page whose outcome is lost is read again."""
LEASE_DEADLINES = 3
LEASE_MARGIN_S = 10.0
"""A poll may ask for the state twice and for the history once. Should one take longer, the page is read twice: a
waste, and no harm."""
SLOW_S = 2.0
"""A page that takes longer holds no place that another one could use."""
MAX_SLOW = 4
"""Slow pages that are waited for, in multiples of the pages that are read at once: each is a connection."""
THREADS = 3
"""Store calls at once: writers take turns anyway, and a hundred pages with news must not make a command wait."""
LAST_SAVE_S = 5.0
"""At the end, for a database that is away: its pages are read again by the next process."""
MAX_LOGGED_INCIDENTS = 10
"""Incidents that one log event names."""

log = structlog.get_logger(__name__)


class Poller:
    """Polls every page of the store.

    ``concurrency`` pages of each :class:`bot.store.values.Lane` are read at once, and as many as it takes of those that
    are slow; ``deadline_s`` is how long the getter takes at most for one answer.
    ``on_due(cards)`` is called on the event loop whenever news made that many cards due. ``now`` may be a virtual
    clock: then ``await tick()`` after each move of it.
    """

    def __init__(
        self,
        store: Store,
        threads: Threads,
        getter: Getter,
        route: Route,
        now: Callable[[], datetime],
        policy: Policy,
        *,
        concurrency: int = 100,
        deadline_s: float = 20.0,
        slow_s: float = SLOW_S,
        ahead_s: float = 0.0,
        providers: Sequence[Provider] = PROVIDERS,
        workers: Workers | None = None,
        on_due: Callable[[int], None] | None = None,
        on_poll: OnPoll | None = None,
    ) -> None:
        self._store = store
        self._threads = threads.limit(THREADS)
        self._route = route
        self._now = now
        self._workers = workers or Workers()
        self._network = OwnNetwork(getter, now, policy.canaries)
        self._deps = Deps(
            store,
            self._threads,
            getter,
            now,
            policy,
            {p.kind: p for p in providers},
            self._network,
            self._workers,
            on_poll,
        )
        self._concurrency = concurrency
        self._slow_s = slow_s
        self._ahead_s = ahead_s
        self._lease_s = LEASE_DEADLINES * deadline_s + LEASE_MARGIN_S
        self._on_due = on_due
        self._claiming: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._polls: dict[Slug, asyncio.Task[None]] = {}
        self._places: dict[Slug, Lane] = {}
        self._taken: Counter[Lane] = Counter()
        """How many of these are of each lane."""
        self._full: frozenset[Lane] = frozenset()
        self._closed = False
        self._may_hold_others = False
        """The database was away in the middle of something: pages may be leased to this process, unknown to it."""
        self._unsaved: list[PollOutcome] = []
        self._flush_lock = asyncio.Lock()
        self._flushes: set[asyncio.Task[None]] = set()

    def pulse(self) -> None:
        """Start on what is due, and return at once. To be called every second or so; a claim under way goes on."""
        if self._claiming is None or self._claiming.done():
            self._claiming = asyncio.create_task(self._claim_due())
        if self._network.away_since is not None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look_for_network())

    async def tick(self) -> None:
        """Read everything that is due at ``now()``, and return when it is on record."""
        await self._look_for_network()
        self.pulse()
        # A page that has been read may be about to make room for others.
        while self._polls or (self._claiming and not self._claiming.done()):
            await asyncio.wait([task for task in (self._claiming, *self._polls.values()) if task])
        await self._flush()

    async def read_now(self, slug: Slug) -> None:
        """Read one page, due or not, and return when it is on record. Those who ask at once share one reading."""
        if slug not in self._polls:
            self._begin(slug, self._claim_one(slug))
        await asyncio.wait([self._polls[slug]])
        await self._flush()

    async def aclose(self) -> None:
        """Stop; what was read to its end is still saved."""
        self._closed = True
        tasks = [t for t in (self._claiming, self._looking, *self._polls.values(), *self._flushes) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SAVE_S):
                await self._flush()
        self._workers.close()

    async def _claim_due(self) -> None:
        free = {lane: self._concurrency - self._taken[lane] for lane in Lane if self._taken[lane] < self._concurrency}
        try:
            claims, due = await self._threads(partial(self._claim, self._now(), free, tuple(self._polls)))
        except StoreUnavailable:
            self._may_hold_others = True
            return
        except Exception:
            log.exception("poll.claim_failed")
            return
        if due and self._on_due:
            self._on_due(due)
        claimed = Counter(claim.lane for claim in claims)
        self._full = frozenset(lane for lane in Lane if claimed[lane] >= free.get(lane, 0))
        for claim in claims:
            slug = claim.vendor.slug
            if slug not in self._polls:
                self._places[slug] = claim.lane
                self._taken[claim.lane] += 1
                self._begin(slug, self._poll_when_due(claim))

    async def _poll_when_due(self, claim: Claim) -> None:
        # Never longer than planned, wherever the clock was set to meanwhile.
        if (wait_s := min((claim.planned - self._now()).total_seconds(), self._ahead_s)) > 0:
            await asyncio.sleep(wait_s)
        leave = asyncio.get_running_loop().call_later(self._slow_s, self._leave, claim.vendor.slug)
        try:
            await poll_page(self._deps, claim, self._save)
        finally:
            leave.cancel()

    def _claim(self, now: datetime, free: Mapping[Lane, int], reading: Sequence[Slug]) -> tuple[Sequence[Claim], int]:
        """Pages to read, and how many cards fell due of what an earlier life left undone."""
        self._store.clock.look(now)
        if self._may_hold_others:
            self._store.pages.free_all_but(reading, now)
            self._may_hold_others = False
        until = now + timedelta(seconds=self._ahead_s)
        claims = self._store.pages.claim_due(now, free, self._lease_s, until)
        return claims, self._store.records.go_on(self._route)

    def _leave(self, slug: Slug) -> None:
        """A slow page leaves its place to others, and waits for itself alone."""
        slow = len(self._polls) - len(self._places)
        if slow < MAX_SLOW * self._concurrency:
            self._free(slug)

    def _free(self, slug: Slug) -> None:
        """The page needs its place no more. A full lane is filled again once a quarter of it is free: not page by page,
        and not at the next pulse."""
        lane = self._places.pop(slug, None)
        if lane is not None:
            self._taken[lane] -= 1
        if lane in self._full and not self._closed and self._taken[lane] <= self._concurrency * 3 // 4:
            self.pulse()

    async def _look_for_network(self) -> None:
        if pages := await self._network.look():
            try:
                await self._threads.persist(lambda: self._store.pages.make_due(pages, self._now()), StoreUnavailable)
            except Exception:
                log.exception("network.not_resumed", pages=len(pages))

    async def _claim_one(self, slug: Slug) -> None:
        await self._flush()
        claim = await self._threads(lambda: self._store.pages.claim(slug, self._now(), self._lease_s))
        if claim is not None:
            await poll_page(self._deps, claim, self._save)

    def _begin(self, slug: Slug, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._polls[slug] = task
        task.add_done_callback(partial(self._ended, slug))

    def _ended(self, slug: Slug, task: asyncio.Task[None]) -> None:
        del self._polls[slug]
        self._free(slug)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreUnavailable):
            self._may_hold_others = True
        elif error is not None:
            log.error("poll.failed", vendor=slug, exc_info=error)

    async def _save(self, outcome: PollOutcome | Recording) -> None:
        if isinstance(outcome, Recording):
            loop, told = asyncio.get_running_loop(), 0

            def on_first(cards: int) -> None:
                nonlocal told
                told = cards
                if cards and self._on_due:
                    loop.call_soon_threadsafe(self._on_due, cards)

            record = partial(self._store.records.record, outcome, self._route, on_first)
            due = await self._threads.persist(record, StoreUnavailable)
            if due is None:
                log.info("poll.lease_lost", vendor=outcome.snapshot.vendor)
            elif due:
                _log_news(outcome, due)
                if self._on_due and due > told:
                    self._on_due(due - told)
            return
        self._unsaved.append(outcome)
        if len(self._unsaved) >= BATCH:
            await self._flush()
        elif len(self._unsaved) == 1:
            asyncio.get_running_loop().call_later(BATCH_WAIT_S, self._flush_soon)

    def _flush_soon(self) -> None:
        task = asyncio.create_task(self._flush())
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _flush(self) -> None:
        async with self._flush_lock:
            batch, self._unsaved = self._unsaved, []
            if batch:
                try:
                    await self._threads.persist(partial(self._store.pages.settle, batch), StoreUnavailable)
                except asyncio.CancelledError:
                    self._unsaved[:0] = batch
                    raise
                except Exception:
                    log.exception("poll.save_failed", pages=len(batch))


def _log_news(recording: Recording, due: int) -> None:
    """``due``: how many cards are, for it."""
    open_ids = [i.id for i in recording.incidents if i.is_open][:MAX_LOGGED_INCIDENTS]
    ended_ids = [i.id for i in recording.incidents if not i.is_open][:MAX_LOGGED_INCIDENTS]
    log.info("page.news", vendor=recording.snapshot.vendor, open=open_ids, over=ended_ids, cards=due)
