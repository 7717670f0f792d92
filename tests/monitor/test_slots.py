"""Places whose number changes while they are taken."""

from __future__ import annotations

import asyncio

from bot.monitor.slots import Slots


def test_more_places_let_in_who_waits_and_fewer_hold_back_who_comes() -> None:
    async def story() -> None:
        slots, inside = Slots(1), list[str]()

        async def enter(name: str) -> None:
            await slots.acquire()
            inside.append(name)

        tasks = [asyncio.create_task(enter(name)) for name in "abcd"]
        await asyncio.sleep(0)
        assert (inside, slots.wanted) == (["a"], 4)
        slots.resize(3)
        await asyncio.sleep(0)
        assert inside == ["a", "b", "c"]
        slots.resize(1)
        slots.release()
        slots.release()
        await asyncio.sleep(0)
        assert inside == ["a", "b", "c"], "one is taken still"
        slots.release()
        await asyncio.gather(*tasks)
        assert inside == ["a", "b", "c", "d"]

    asyncio.run(story())


def test_who_gives_up_waiting_takes_no_place() -> None:
    async def story() -> None:
        slots = Slots(1)
        await slots.acquire()
        waiting, next_ = (asyncio.create_task(slots.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        waiting.cancel()
        slots.release()
        await next_
        handed = asyncio.create_task(slots.acquire())
        await asyncio.sleep(0)
        slots.release()
        handed.cancel()
        await asyncio.gather(waiting, handed, return_exceptions=True)
        assert slots.wanted == 0
        async with slots:
            assert slots.wanted == 1

    asyncio.run(story())
