"""One incident for 2,000 Discord channels, through delivery and discord.py, to a Discord that keeps its limits: how
long until every channel has its message, and with how few requests.

Discord takes 50 requests a second over all servers, so nearly all of the time is its, not the bot's.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from discord.http import Route

from bench.discord_sink import A_SECOND, Asked, Door, sink
from bench.fanout import Nobody, Page
from bench.reaction import utc_now
from bench.result import Result, Say, at_most
from bench.world import World, polling, slug, subscribe, vendors
from bot import routing
from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.api.guild_cache import PLATFORM, GuildCache
from bot.adapters.discord.api.permissions import ALL_FLAGS, ChannelKind
from bot.adapters.discord.api.rate_limit import RateLimiter
from bot.adapters.discord.client import Lookout
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter, Incident

CHANNELS = 2_000
FEWER = 100
"""Channels that hear how the incident goes on, and of which some are closed for a while."""
PATIENCE_S = 600.0
"""An announcement that takes longer has stalled."""
CLOSED, CLOSED_S = 0.2, 5.0
"""The share of channels whose route is closed, and for how long."""
BAR = 1.1
OK = 200
NOBODY = cast(Any, None)
"""Nobody asks anything here."""
SERVER = "2000000000000000001"


class KnownPlaces(GuildCache):
    """Text channels where the bot may do everything, as discord.py would know them from the gateway."""

    def check(self, channel: Channel) -> None:
        pass

    def kind(self, channel: Channel) -> ChannelKind:
        return ChannelKind.THREADED

    def granted(self, channel: Channel) -> int | None:
        return ALL_FLAGS


def measure(quick: bool, say: Say) -> list[Result]:
    with sink() as door:
        return asyncio.run(_measure(door, 250 if quick else CHANNELS, 50 if quick else FEWER, say))


async def _measure(door: Door, channels: int, fewer: int, say: Say) -> list[Result]:
    say(f"a message for each of {channels:,} channels")
    async with bot(door, channels) as one:
        cpu = time.process_time()
        await one.announce(one.page.opened(), acts=1)
        cpu = time.process_time() - cpu
    parents = door.log()
    check_order([asked for asked in parents if asked.status == OK], channels, ["message"])
    took_s, allowed_s = parents[-1].at - parents[0].at, channels / A_SECOND

    say(f"its updates, for {fewer} channels")
    async with bot(door, fewer) as one:
        await one.announce(one.page.opened(), acts=1)
        await one.announce(one.page.went_on(1), acts=3)
        await one.announce(one.page.went_on(2), acts=3)
    check_order(door.log(), fewer, ["message", "thread", "reply", "reply", "edit", "reply", "reply", "edit"])

    say(f"another incident, some of the {fewer} channels closed")
    async with bot(door, fewer) as one:
        closed = {channel.id for channel in one.channels[: int(fewer * CLOSED)]}
        door.close(dict.fromkeys(closed, CLOSED_S))
        await one.announce(one.page.opened(), acts=1)
    log = door.log()
    check_order([asked for asked in log if asked.status == OK], fewer, ["message"])
    open_s = max(asked.at for asked in log if asked.channel not in closed) - log[0].at
    until_then = sum(asked.at <= log[0].at + open_s for asked in log)
    refused = sum(asked.status != OK for asked in parents)
    return [
        at_most(
            f"One incident, {channels:,} Discord channels: all have it ÷ what {A_SECOND} requests a second allow",
            took_s / allowed_s,
            BAR,
            "",
            f"{took_s:.1f} s for {allowed_s:.0f} s; {refused} refused, {cpu / took_s:.0%} of a core",
        ),
        Result(
            "— requests a channel: the message; its first update; two more that come at once",
            "1; 4 (thread, opening text, reply, edit); 3 (two replies, one edit), in order in each",
        ),
        at_most(
            f"— {len(closed)} of {fewer} channels closed for {CLOSED_S:.0f} s: all others have it ÷ what is allowed",
            open_s / (until_then / A_SECOND),
            BAR,
        ),
    ]


def check_order(log: Sequence[Asked], channels: int, verbs: Sequence[str]) -> None:
    """Raises ``AssertionError`` unless each channel was sent just this, its updates oldest first."""
    kinds = {("POST", 4): "message", ("POST", 6): "thread", ("PATCH", 5): "edit"}
    roots: dict[str, str] = {}
    sent: defaultdict[str, list[str]] = defaultdict(list)
    texts: defaultdict[str, list[bytes]] = defaultdict(list)
    for asked in log:
        parts = asked.path.split("/")
        verb = kinds[asked.method, len(parts)]
        if verb == "thread":
            roots[parts[4]] = asked.channel
        elif asked.channel in roots:
            verb = "reply"
            texts[roots[asked.channel]] += re.findall(rb"Still at it: (\d+)", asked.body)
        sent[roots.get(asked.channel, asked.channel)].append(verb)
    if len(sent) != channels or any(seen != list(verbs) for seen in sent.values()):
        raise AssertionError(f"{len(sent)} channels were sent {next(iter(sent.values()))}: the measurement is void")
    if any(text != sorted(text) for text in texts.values()):
        raise AssertionError("updates came in the wrong order")


@dataclass
class Bot:
    """The bot's parts for Discord, without its gateway, on a store of its own."""

    world: World
    adapter: DiscordAdapter
    channels: Sequence[Channel]
    page: Page = field(default_factory=Page)

    async def announce(self, incident: Incident, acts: int) -> None:
        """Until so many acts are done in each channel."""
        left, stop = acts * len(self.channels), asyncio.Event()

        def acted(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                stop.set()

        await self.world.threads(lambda: self.world.store.records.record(self.page.recording(incident), routing.route))
        delivery = Delivery(self.world.store, [self.adapter], self.world.threads, self.world.clock, on_act=acted)
        async with asyncio.timeout(PATIENCE_S):
            await delivery.run(stop)


@asynccontextmanager
async def bot(door: Door, channels: int) -> AsyncIterator[Bot]:
    pace = RateLimiter(time.monotonic)
    client = Lookout(NOBODY, pace, shard_count=1)
    before, Route.BASE = Route.BASE, door.url
    async with client, polling(vendors(1, lambda _: "https://v0.pages.example"), Nobody(), utc_now) as world:
        await client.http.static_login("bench")
        client.calls.client = client
        adapter = DiscordAdapter(client.calls, KnownPlaces(client), time.monotonic)
        everyone = [Channel(PLATFORM, SERVER, str(3 * 10**18 + number)) for number in range(channels)]
        one = Bot(world, adapter, everyone)
        world.store.records.record(one.page.recording(), routing.route)
        subscribe(world, everyone, slug(0), [Filter()] * channels)
        yield one
    Route.BASE = before
