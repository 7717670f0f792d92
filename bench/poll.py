"""Pages per CPU-second of the whole poll pipeline, against a bare client with the same transport on the same server.

One process does both, one after the other, round by round, on one core; the server runs on the other. The pipeline is
the app's own: claim, conditional fetch, settle; parse, compare and record where something changed.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median

import httpx

from bench.machine import pin
from bench.result import Result, Say, at_least, at_most, ratio
from bench.server import PageServer, host
from bench.world import CONCURRENCY, ROUND, START, Clock, fetching, polling, vendors

CHANGED_ROUNDS = 3
Arm = Callable[[], Awaitable[None]]
CpuClock = Callable[[], float]
"""Seconds of CPU of a process so far."""


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    with PageServer(START) as server:
        return asyncio.run(_measure(server, 200 if quick else 400, 3 if quick else 5, say))


async def _measure(server: PageServer, pages: int, rounds: int, say: Say) -> list[Result]:
    clock = Clock()
    results = []
    same_body: list[float] = []
    async with fetching(server, clock, pages) as fetcher, polling(vendors(pages, server.url), fetcher, clock) as world:

        async def pipeline() -> None:
            clock.now += ROUND
            await world.poller.tick()

        say(f"first readings of {pages} pages, with their histories")
        for _ in range(5):
            await pipeline()
        bare = Bare(server, pages)
        arms: dict[str, Arm] = {"pipeline": pipeline, "client": bare.with_client, "transport": bare.with_transport}
        for name, validate in (("304", True), ("the same body", False)):
            server.validate(validate)
            for arm in arms.values():
                await arm()
            before = server.answered()
            spent = await alternate(arms, rounds, lambda round_: say(f"{name}: round {round_} of {rounds}"))  # noqa: B023
            expect = {200: 0, 304: 0} | {304 if validate else 200: len(arms) * rounds * pages}
            if (asked := {status: count - before[status] for status, count in server.answered().items()}) != expect:
                raise AssertionError(f"the server was asked {asked}, not {expect}: the comparison is void")
            rate = pages / median(spent["pipeline"])
            results.append(
                at_least(
                    f"Poll pipeline ÷ bare client, unchanged page ({name})",
                    ratio(spent["client"], spent["pipeline"]),
                    0.8,
                    f"{rate:,.0f} pages per CPU-second",
                )
            )
            bare_ratio = ratio(spent["transport"], spent["pipeline"])
            results.append(Result(f"— ÷ the bare transport, without a client ({name})", f"{bare_ratio:.2f}"))
            same_body = spent["pipeline"]
        server.validate(True)
        await pipeline()
        spent_changed: list[float] = []
        spent_client: list[float] = []
        for round_ in range(1, CHANGED_ROUNDS + 1):
            say(f"every page changed: round {round_} of {CHANGED_ROUNDS}")
            server.post_everywhere(pages)
            spent_changed.append(await _cpu(pipeline))
            bare.forget()
            spent_client.append(await _cpu(bare.with_client))
        rate = pages / median(spent_changed)
        results.append(
            at_most(
                "A changed page ÷ an unchanged one with the same body, CPU",
                median(spent_changed) / median(same_body),
                2.5,
                detail=f"{median(spent_changed) / pages * 1e3:.2f} ms for {median(same_body) / pages * 1e3:.2f}",
            )
        )
        results.append(
            Result(
                "— every page changed: parsed, compared, recorded (÷ bare client with bodies)",
                f"{ratio(spent_client, spent_changed):.2f}  ({rate:,.0f} pages per CPU-second)",
            )
        )
    await bare.aclose()
    return results


async def alternate(
    arms: Mapping[str, Arm], rounds: int, say: Callable[[int], None], clocks: Mapping[str, CpuClock] = {}
) -> dict[str, list[float]]:
    """CPU seconds of every arm in every round, each time in another order.

    :param clocks: of arms whose CPU is another process's; any other's is this one's.
    """
    spent: dict[str, list[float]] = {name: [] for name in arms}
    names: Sequence[str] = list(arms)
    for round_ in range(1, rounds + 1):
        say(round_)
        for name in names:
            spent[name].append(await _cpu(arms[name], clocks.get(name, time.process_time)))
        names = [*names[1:], names[0]]
    return spent


async def _cpu(arm: Arm, clock: CpuClock = time.process_time) -> float:
    gc.collect()
    before = clock()
    await arm()
    return clock() - before


class Bare:
    """What is left when only the requests are made: as many at once, conditional, over the same kind of transport."""

    def __init__(self, server: PageServer, pages: int) -> None:
        self._etags: dict[int, str] = {}
        self._pages = pages
        self._port = server.port
        self._transport = httpx.AsyncHTTPTransport(
            verify=server.tls, trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0)
        )
        self._client = httpx.AsyncClient(transport=self._transport)

    def forget(self) -> None:
        """Ask without conditions."""
        self._etags.clear()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def with_client(self) -> None:
        async def get(page: int) -> httpx.Response:
            url, headers, extensions = self._request(page)
            return await self._client.get(url, headers=headers, extensions=extensions)

        await self._all(get)

    async def with_transport(self) -> None:
        async def get(page: int) -> httpx.Response:
            url, headers, extensions = self._request(page)
            request = httpx.Request("GET", url, headers=headers, extensions=extensions)
            response = await self._transport.handle_async_request(request)
            await response.aread()
            await response.aclose()
            return response

        await self._all(get)

    def _request(self, page: int) -> tuple[str, dict[str, str], dict[str, str]]:
        headers = {"Host": f"{host(page)}:{self._port}", "Accept-Encoding": "gzip"}
        if page in self._etags:
            headers["If-None-Match"] = self._etags[page]
        return f"https://127.0.0.1:{self._port}/api/v2/summary.json", headers, {"sni_hostname": host(page)}

    async def _all(self, get: Callable[[int], Awaitable[httpx.Response]]) -> None:
        todo = iter(range(self._pages))

        async def work() -> None:
            for page in todo:
                response = await get(page)
                if response.status_code not in (200, 304):
                    raise AssertionError(f"the server answers {response.status_code}")
                if "etag" in response.headers:
                    self._etags[page] = response.headers["etag"]
                else:
                    self._etags.pop(page, None)

        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
