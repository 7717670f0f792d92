"""What people do while the story is told: they make channels quiet and loud again, and have their digests come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine, create_engine, func, or_, select
from sqlalchemy.exc import DBAPIError

from bot.domain import Channel, QuietHours
from bot.store import Store, StoreUnavailable
from bot.store.tables import CHANNEL, FAN_OUT
from tests.crash.stage import Stage
from tests.crash.tale import EARS, Moment

ALWAYS = QuietHours(time(), time(23, 59))
LOOK_S = 0.03
QUIET = [ear.id for ear in EARS if ear.quiet]
WITH_DIGEST = [ear.id for ear in EARS if ear.digest]

T = TypeVar("T")


class Hand:
    """Beside the lives, on their database. The story waits for it, and it waits until all that was read before is told,
    so that it is known what belongs into which night and which digest."""

    def __init__(self, stage: Stage, url: str) -> None:
        self.moments: list[Moment] = []
        self._stage, self._url = stage, url
        self._acts = stage.tale.acts
        stage.waits_at = self._acts[0][0]

    async def run(self) -> None:
        stage = self._stage
        await stage.reached.wait()
        store, engine = await _insist(lambda: Store(self._url)), create_engine(self._url)
        try:
            for number, (_, word) in enumerate(self._acts):
                await stage.reached.wait()
                await self._do(word, store, engine)
                following = next(iter(self._acts[number + 1 :]), None)
                if following is None or following[0] > stage.tale.told:
                    stage.reached.clear()
                stage.waits_at = following[0] if following else None
        finally:
            store.close()
            engine.dispose()

    async def _do(self, word: str, store: Store, engine: Engine) -> None:
        concerned = WITH_DIGEST if word == "digest" else QUIET
        await _settle(engine, concerned)
        moment = Moment(word, len(self._stage.log), self._stage.tale.stand())
        now = datetime.now(UTC)
        for channel in (Channel("sink", "w1", id) for id in concerned):
            if word == "digest":
                # Counted from so long ago, its time has come since.
                await _insist(partial(store.digests.plan, channel, now - timedelta(days=1, minutes=1), now))
            else:
                settings = await _insist(partial(store.channels.settings, channel))
                changed = replace(settings, quiet=ALWAYS if word == "quiet" else None)
                await _insist(partial(store.channels.set_settings, channel, changed))
        while word == "digest" and not await _insist(partial(_came, store, now)):  # noqa: ASYNC110 (another process)
            await asyncio.sleep(LOOK_S)
        if word == "quiet":
            # Who had begun before it was quiet is done now.
            await _settle(engine, concerned)
            moment = replace(moment, messages=len(self._stage.log))
        self.moments.append(moment)


async def _settle(engine: Engine, channels: Iterable[str]) -> None:
    while not await _insist(partial(_is_settled, engine, channels)):  # noqa: ASYNC110 (another process)
        await asyncio.sleep(LOOK_S)


def _is_settled(engine: Engine, channels: Iterable[str]) -> bool:
    """Nothing waits to be told there that could be, nobody is about to, and all that was read has reached them."""
    c = CHANNEL.c
    busy = or_(c.leased_until.is_not(None), c.due_since <= datetime.now(UTC))
    with engine.connect() as tx:
        under_way = tx.scalar(select(func.count()).select_from(FAN_OUT))
        return not under_way and not tx.scalar(
            select(func.count()).where(c.platform == "sink", c.id.in_(channels), busy)
        )


def _came(store: Store, since: datetime) -> bool:
    states = [store.digests.of(Channel("sink", "w1", id)) for id in WITH_DIGEST]
    return all(state is not None and state.until is None and state.covered_until >= since for state in states)


async def _insist(call: Callable[[], T]) -> T:
    """While the database is away, again and again."""
    while True:
        try:
            return await asyncio.to_thread(call)
        except (StoreUnavailable, DBAPIError):
            await asyncio.sleep(LOOK_S)
