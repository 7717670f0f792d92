"""The threads that the store's calls run on."""

from __future__ import annotations

import asyncio
from threading import Event

from bot.threads import Threads


def test_a_share_leaves_threads_to_others() -> None:
    async def story() -> None:
        threads, busy = Threads(2), Event()
        share = threads.limit(1)
        calls = [asyncio.create_task(share(lambda: busy.wait(10))) for _ in range(5)]
        try:
            async with asyncio.timeout(30):
                assert await asyncio.create_task(threads(lambda: "answered")) == "answered"
            assert not any(call.done() for call in calls)
        finally:
            busy.set()
        assert await asyncio.gather(*calls) == [True] * 5
        share.close()
        assert await threads(lambda: "still open") == "still open"
        threads.close()

    asyncio.run(story())
