"""What people do while the story is told: they make channels quiet and loud again, and have their digests come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from threading import Lock
from time import monotonic
from typing import TypeVar

from sqlalchemy import Engine, create_engine, func, or_, select
from sqlalchemy.exc import DBAPIError

from bot.domain import Channel, QuietHours
from bot.store import Store, StoreUnavailable
from bot.store.tables import CHANNEL, FAN_OUT
from tests.crash.servers import Place
from tests.crash.stage import Stage
from tests.crash.tale import EARS, Moment

LOOK_S = 0.03
SOON = timedelta(seconds=5)
"""Longer than delivery waits before it tries again: a channel that is due so soon has not been looked at yet."""
MOVED_S = 60.0
"""A move takes no longer."""
QUIET = [ear.id for ear in EARS if ear.quiet]
WITH_DIGEST = [ear.id for ear in EARS if ear.digest]

T = TypeVar("T")


class Hand:
    """Beside the lives, on their database. The story waits for it, and it waits until all that was read before is told,
    so that it is known what belongs into which night and which digest."""

    def __init__(self, stage: Stage, place: Place) -> None:
        self.moments: list[Moment] = []
        self._stage, self._place = stage, place
        self._acts = stage.tale.acts
        self._turn = Lock()
        self._over = False
        self._url = ""
        self._at: tuple[Store, Engine] | None = None
        stage.waits_at = self._acts[0][0]

    def pause(self) -> None:
        """What it did from here on would be lost: the database is backed up, and goes on elsewhere."""
        self._turn.acquire()

    def resume(self) -> None:
        self._turn.release()

    async def run(self) -> None:
        stage = self._stage
        try:
            for number, (_, word) in enumerate(self._acts):
                await stage.reached.wait()
                await self._do(word)
                following = next(iter(self._acts[number + 1 :]), None)
                if following is None or following[0] > stage.tale.told:
                    stage.reached.clear()
                stage.waits_at = following[0] if following else None
        finally:
            self._over = True
            self._close()

    async def _do(self, word: str) -> None:
        concerned = WITH_DIGEST if word == "digest" else QUIET
        await self._settle(concerned)
        moment = Moment(word, len(self._stage.log), self._stage.tale.stand())
        now = datetime.now(UTC)
        quiet = _around(now) if word == "quiet" else None
        for channel in (Channel("sink", "w1", id) for id in concerned):
            if word == "digest":
                await self._insist(partial(_plan_digest, channel=channel, now=now))
            else:
                await self._insist(partial(_make_quiet, channel=channel, quiet=quiet))
        while word == "digest" and not await self._insist(partial(_came, since=now)):  # noqa: ASYNC110 (a process)
            await asyncio.sleep(LOOK_S)
        if word == "quiet":
            # Who had begun before it was quiet is done now.
            await self._settle(concerned)
            moment = replace(moment, messages=len(self._stage.log))
        self.moments.append(moment)

    async def _settle(self, channels: Iterable[str]) -> None:
        while not await self._insist(partial(_is_settled, channels=channels)):  # noqa: ASYNC110 (another process)
            await asyncio.sleep(LOOK_S)

    async def _insist(self, call: Callable[[Store, Engine], T]) -> T:
        """Where the database is now; while it is away, again and again."""

        def once() -> T:
            with self._in_turn() as at:
                return call(*at)

        while True:
            try:
                return await asyncio.to_thread(once)
            except (StoreUnavailable, DBAPIError):
                await asyncio.sleep(LOOK_S)

    @contextmanager
    def _in_turn(self) -> Iterator[tuple[Store, Engine]]:
        ends = monotonic() + MOVED_S
        while not self._turn.acquire(timeout=LOOK_S):
            if self._over or monotonic() > ends:
                raise TimeoutError("The move did not come to its end.")
        try:
            if self._at is None or self._url != self._place.url:
                self._close()
                self._url = self._place.url
                self._at = Store(self._url), create_engine(self._url)
            yield self._at
        finally:
            self._turn.release()

    def _close(self) -> None:
        if self._at is not None:
            store, engine = self._at
            store.close()
            engine.dispose()


def _plan_digest(store: Store, _: Engine, *, channel: Channel, now: datetime) -> None:
    # Counted from so long ago, its time has come since.
    store.digests.plan(channel, now - timedelta(days=1, minutes=1), now)


def _around(now: datetime) -> QuietHours:
    """They go on for longer than any story takes, wherever midnight falls."""
    begin, end = now - timedelta(hours=1), now + timedelta(hours=12)
    return QuietHours(time(begin.hour, begin.minute), time(end.hour, end.minute))


def _make_quiet(store: Store, _: Engine, *, channel: Channel, quiet: QuietHours | None) -> None:
    store.channels.set_settings(channel, replace(store.channels.settings(channel), quiet=quiet))


def _is_settled(_: Store, engine: Engine, *, channels: Iterable[str]) -> bool:
    """Nothing waits to be told there that could be, nobody is about to, and all that was read has reached them."""
    c = CHANNEL.c
    busy = or_(c.leased_until.is_not(None), c.due_since <= datetime.now(UTC) + SOON)
    with engine.connect() as tx:
        under_way = tx.scalar(select(func.count()).select_from(FAN_OUT))
        return not under_way and not tx.scalar(
            select(func.count()).where(c.platform == "sink", c.id.in_(channels), busy)
        )


def _came(store: Store, _: Engine, *, since: datetime) -> bool:
    states = [store.digests.of(Channel("sink", "w1", id)) for id in WITH_DIGEST]
    return all(state is not None and state.until is None and state.covered_until >= since for state in states)
