"""Processes with roles on one PostgreSQL: what a second deliverer adds, what sharing out costs, and how soon a change
in one process is an act in another.

The chat takes two thirds of a second for a message, so one deliverer, which serves 200 channels at once, comes to 300
posts a second. What the shared-out work costs counts processor seconds of all processes and the server, for the same
posts and pages, of processes that have done as much before: each compiles its statements once, and so does the server
for each of its connections.
"""

from __future__ import annotations

import time
from statistics import median

from bench.fleet import Part, Server, fleet
from bench.result import Result, Say, at_least, at_most, quantile, ratio
from bot.delivery.worker import MAX_CHANNELS
from bot.domain.role import Role
from tests.databases import postgres

POSTS_A_SECOND = 300
LATENCY_S = MAX_CHANNELS / POSTS_A_SECOND
POLL, DELIVER = frozenset({Role.POLL}), frozenset({Role.DELIVER})
ALONE = (Part(POLL | DELIVER),)
APART = (*(Part(DELIVER) for _ in range(2)), *(Part(POLL) for _ in range(4)))


def measure(quick: bool, say: Say) -> list[Result]:
    with postgres(None) as server:
        with server.database() as url:
            waits = _wakeups(url, 30 if quick else 200, say)
        with server.database() as url:
            gain, rates = _deliverers(url, 1_500 if quick else 4_500, 1 if quick else 3, say)
        with server.database() as url:
            share, detail = _shared(url, 1_000 if quick else 6_000, 1 if quick else 3, say)
    return [
        at_least("Two deliverers ÷ one, where the chat's latency holds one to 300 posts a second", gain, 1.7, rates),
        at_least(
            "Posts and pages a processor second, two deliverers and four pollers ÷ one process", share, 0.85, detail
        ),
        at_most(
            "Change committed in one process → act in another, p99",
            quantile(waits, 0.99) * 1e3,
            500,
            " ms",
            f"p50 {quantile(waits, 0.5) * 1e3:.0f} ms over {len(waits)} changes",
        ),
    ]


def _wakeups(url: str, changes: int, say: Say) -> list[float]:
    """Seconds from before the commit of each to the post."""
    server = Server(url, channels=1, page_count=0)
    moments: list[float] = []
    with fleet([Part(DELIVER)], url) as (deliverer,):
        deliverer.go()
        time.sleep(1)
        for number in range(changes):
            say(f"change {number} of {changes}")
            moments.append(time.time())
            server.incident()
            # Between two of its looks, wherever in its pause it is.
            time.sleep(0.1 + number % 7 / 20)
        server.wait(cards=True, pages=False)
        done = deliverer.stop()
    server.close()
    if len(done.acts) != changes:
        raise AssertionError(f"{changes} changes and {len(done.acts)} posts: the measurement is void")
    return [act - moment for moment, (_, act) in zip(moments, done.acts, strict=True)]


def _deliverers(url: str, channels: int, rounds: int, say: Say) -> tuple[float, str]:
    """How many times as many posts a second two come to."""
    server = Server(url, channels, page_count=0)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for number in range(rounds):
        for count in (1, 2):
            say(f"{channels:,} posts by {count}, round {number + 1} of {rounds}")
            server.incident()
            with fleet([Part(DELIVER, LATENCY_S)] * count, url) as deliverers:
                for each in deliverers:
                    each.go()
                server.wait(cards=True, pages=False)
                acts = sorted(at for each in deliverers for _, at in each.stop().acts)
            if len(acts) != channels:
                raise AssertionError(f"{channels} channels and {len(acts)} posts: the measurement is void")
            rates[count].append(len(acts) / (acts[-1] - acts[0] + LATENCY_S))
    server.close()
    one, two = (median(rates[count]) for count in (1, 2))
    return ratio(rates[2], rates[1]), f"{one:.0f} and {two:.0f} posts a second"


def _shared(url: str, size: int, rounds: int, say: Say) -> tuple[float, str]:
    server = Server(url, size, size)
    costs: dict[int, list[float]] = {len(ALONE): [], len(APART): []}
    parts = {len(ALONE): "", len(APART): ""}
    for number in range(rounds):
        for processes in (ALONE, APART):
            say(f"{size:,} posts and {size:,} pages by {len(processes)}, round {number + 1} of {rounds}")
            bot_s, database_s = _round(server, processes, size)
            costs[len(processes)].append(bot_s + database_s)
            parts[len(processes)] = f"{bot_s:.1f} + {database_s:.1f} s"
    server.close()
    work = 2 * size
    alone, apart = (median(cost) for cost in costs.values())
    detail = f"{work / apart:.0f} and {work / alone:.0f} a second; bot + database {' and '.join(parts.values())}"
    return ratio(costs[len(ALONE)], costs[len(APART)]), detail


def _round(server: Server, parts: tuple[Part, ...], size: int) -> tuple[float, float]:
    """Processor seconds of the processes, and of the server."""
    with fleet(parts, server.url) as processes:
        for one in processes:
            one.go()
        _work(server)
        before = server.cpu_s()
        for one in processes:
            one.count_anew()
        _work(server)
        done = [one.stop() for one in processes]
        used = server.cpu_s() - before
    counts = sum(one.posts for one in done), sum(one.pages for one in done)
    if counts != (size, size):
        raise AssertionError(f"{counts} posts and pages instead of {size} each: the measurement is void")
    return sum(one.cpu_s for one in done), used


def _work(server: Server) -> None:
    """A post for every channel, and a reading of every page."""
    server.incident()
    server.pages_due()
    server.wait(cards=True, pages=True)
