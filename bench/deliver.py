"""Posts per second of delivery into a chat without limits, against the bare clients that chat libraries are made of.

Delivery claims a channel, works its card out, commits the intent, posts, and commits the result; the bare clients post
the same message, as many at once. By turns in one process on one core; the chat has the other core.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bench.chat import PLATFORM, Posting
from bench.fanout import Nobody, Page
from bench.machine import pin
from bench.result import Result, Say, at_least, ratio
from bench.server import chat_server
from bench.world import Clock, World, polling, slug, subscribe, vendors
from bot import routing
from bot.delivery.worker import MAX_CHANNELS, Delivery
from bot.domain import Channel, Filter


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    with chat_server() as url:
        return asyncio.run(_measure(url, 500 if quick else 2_000, 3 if quick else 5, say))


async def _measure(url: str, channels: int, rounds: int, say: Say) -> list[Result]:
    clock = Clock()
    page = Page()
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=MAX_CHANNELS))
    slack = AsyncWebClient(token="xoxb-bench", base_url=url, session=session)
    catalog = vendors(1, lambda _: "https://v0.pages.example")
    async with session, polling(catalog, Nobody(), clock) as world:
        world.store.records.record(page.recording(), routing.route)
        say(f"{channels:,} channels subscribe")
        everyone = [Channel(PLATFORM, "T1", f"c{number}") for number in range(channels)]
        subscribe(world, everyone, slug(0), [Filter()] * channels)
        body: dict[str, Any] = {}

        async def with_client(number: int) -> None:
            async with session.post(f"{url}chat.postMessage", json=body | {"channel": f"c{number}"}) as response:
                await response.json()

        async def with_slack(number: int) -> None:
            await slack.chat_postMessage(**(body | {"channel": f"c{number}"}))

        spent: dict[str, list[tuple[float, float]]] = {"delivery": [], "client": [], "slack": []}
        for round_ in range(rounds + 1):
            say(f"round {round_} of {rounds}")
            chat = Posting(session, url)
            await world.threads(lambda: world.store.records.record(page.recording(page.opened()), routing.route))
            delivered = await timed(lambda: _deliver(world, chat))  # noqa: B023
            body |= chat.body
            took = {
                "delivery": delivered,
                "client": await timed(lambda: post_all(with_client, channels)),
                "slack": await timed(lambda: post_all(with_slack, channels)),
            }
            if chat.count != channels:
                raise AssertionError(f"{chat.count} posts for {channels} channels: the measurement is void")
            if round_:
                for name, times in took.items():
                    spent[name].append(times)
    wall = {name: [times[0] for times in rounds_] for name, rounds_ in spent.items()}
    cpu = {name: [times[1] for times in rounds_] for name, rounds_ in spent.items()}
    rate = channels / median(wall["delivery"])
    return [
        at_least(
            "Delivery to a chat without limits ÷ bare chat client (slack_sdk), posts per second",
            ratio(wall["slack"], wall["delivery"]),
            0.8,
            f"{rate:,.0f} posts per second; by CPU {ratio(cpu['slack'], cpu['delivery']):.2f}",
        ),
        at_least(
            "— ÷ bare aiohttp, which knows nothing of chat",
            ratio(wall["client"], wall["delivery"]),
            0.8,
            f"by CPU {ratio(cpu['client'], cpu['delivery']):.2f}",
        ),
    ]


async def _deliver(world: World, chat: Posting) -> None:
    await Delivery(world.store, [chat], world.threads, world.clock).run_until_quiet()


async def post_all(post: Callable[[int], Awaitable[None]], count: int) -> None:
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await post(number)

    await asyncio.gather(*(work() for _ in range(MAX_CHANNELS)))


async def timed(work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Seconds by the wall, and of CPU."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - wall, time.process_time() - cpu
