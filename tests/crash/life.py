"""One life of the bot: the real store, poller and delivery, and a chat over HTTP. It ends by itself or by SIGKILL."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import quote

from bot import logs
from bot.app.heartbeat import Heartbeat, this_process
from bot.app.wakeups import Wakeups
from bot.delivery.port import MessageGone, OutcomeUnknown, RetryLater, Undeliverable
from bot.delivery.worker import Delivery
from bot.domain import (
    Channel,
    Filter,
    Health,
    Hold,
    Level,
    Mode,
    Slug,
    Subscription,
    Vendor,
    Wishes,
)
from bot.domain.digests import DigestSchedule
from bot.domain.role import Role
from bot.message import Message
from bot.monitor.absence import Evidence
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Policy, Poller
from bot.monitor.schedule import PollIntervals
from bot.routing import route
from bot.store import Store, StoreUnavailable
from bot.store.signals import Signal
from bot.threads import Threads
from tests.crash.broken import make_broken
from tests.crash.tale import AGO, EARS, HOLD, VENDORS, Ear
from tests.text import read

CALL_S = 0.5
LEASE_S = 1.1
SHARED_LEASE_S = 30.0
"""Where several processes share a database, nobody waits for a lease to lapse: its holder is dead, or it is not."""
BEAT_S = 0.3
SILENT_S = 0.9
PAUSE_S = 0.15
MAX_PAUSE_S = 2.0
LINGER_S = 0.005
SIDE_WORK_S = 0.1
SEEN_ONCE = Evidence(1, timedelta())
"""A story's page is always right, and takes no minutes."""
WAITS = (timedelta(seconds=0.1), timedelta(seconds=0.2), timedelta(seconds=0.3))
LOOK_S = 0.05
"""Between two looks of who delivers alone at whether the story is over."""
LANES = 20
CHANNELS_AT_ONCE = 2
"""So few that nearly every incident reaches its channels in several parts."""
LATE_LIMIT = timedelta(hours=72)
HURRY = PollIntervals(watched_s=0.001, open_s=0.001, idle_s=0.001, max_backoff_s=0.1)
"""So short that every reading comes after a gap, and asks for the history too."""

HALF_A_DAY = timedelta(hours=12)
FILTERS = {
    "all": Filter(),
    "components": Filter(components=("API",)),
    "excluded": Filter(excluded=("Web*",)),
    "least": Filter(min_level=Level.PARTIAL_OUTAGE),
    "match": Filter(match="red"),
}


Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Wire:
    """A connection a request: nothing stands between the bot and the faults of the other side."""

    port: int
    life: int = 0

    async def ask(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json, dict[str, str]]:
        """Status, answer and headers. Raises ``OSError`` or ``EOFError`` when the connection is cut."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            payload = json.dumps(body).encode() if body is not None else b""
            writer.write(f"{method} {path} HTTP/1.1\r\n{self._head(payload)}\r\n\r\n".encode() + payload)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            answer = json.loads(await reader.readexactly(int(headers["Content-Length"])))
            return int(head[0].split()[1]), answer, headers
        finally:
            writer.close()

    def _head(self, payload: bytes) -> str:
        return f"X-Life: {self.life}\r\nContent-Length: {len(payload)}"


class Chat:
    """The adapter: what the sink answers, as the port wants it."""

    platform = "sink"

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return await self._send(channel, "post", message, key, under=None)

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return await self._send(channel, "reply", message, key, under=root)

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        await self._send(channel, "edit", message, key, ref=ref)

    async def find(self, channel: Channel, key: str) -> str | None:
        found = (await self._ask("GET", f"/chat/{channel.id}/find?key={quote(key)}"))["ref"]
        return None if found is None else str(found)

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        await self._ask("POST", f"/chat/{channel.id}/tell", {"user": user, "text": read(message)})

    async def _send(self, channel: Channel, verb: str, message: Message, key: str, **where: str | None) -> str:
        body = {"key": key, "text": read(message), **where}
        return str((await self._ask("POST", f"/chat/{channel.id}/{verb}", body))["ref"])

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        status, answer, headers = await self._wire.ask(method, path, body)
        match status:
            case 200:
                return answer
            case 403:
                raise Undeliverable(answer["reason"])
            case 404:
                raise MessageGone(answer["ref"])
            case 429:
                raise RetryLater(float(headers["Retry-After"]))
            case _:
                raise OutcomeUnknown(f"HTTP {status}")


def live(port: int, url: str, broken: str, number: int, roles: frozenset[Role]) -> None:
    """A whole life. ``broken`` names a fault of the bot's own, for the harness to be seen red. ``number``: which of the
    lives on this database."""
    logs.configure("ERROR")
    # Whoever tells the story ends it, and is told so by the same Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_story, daemon=True).start()
    asyncio.run(_live(Wire(port, number), url, broken, roles))


def _end_with_the_story() -> None:
    """However whoever tells it ends."""
    story = multiprocessing.parent_process()
    assert story is not None
    story.join()
    os._exit(1)


async def _live(wire: Wire, url: str, broken: str, roles: frozenset[Role]) -> None:
    async with _parts(wire, url, broken, roles) as (store, poller, delivery):
        stop = asyncio.Event()
        listener, wake = store.listener(), {Signal.CARDS: delivery.wake}
        hearing = asyncio.create_task(Wakeups(listener, Threads(1), wake).run(stop))
        delivering = asyncio.create_task(delivery.run(stop)) if Role.DELIVER in roles else None
        while Role.POLL not in roles and not (await wire.ask("GET", "/step"))[1]["quiet_now"]:  # noqa: ASYNC110 (HTTP)
            await asyncio.sleep(LOOK_S)
        over, done = Role.POLL not in roles, -1
        while not over:
            _, plan, _ = await wire.ask("GET", "/step")
            over = plan["over"]
            # What somebody else has read since is read once more; while the story waits, nothing is.
            for vendor in plan["read"] if plan["step"] != done or plan["begins"] or over else ():
                # What another process had fetched before the step may be recorded as it is read first.
                for _ in range(1 if url.startswith("sqlite") else 2):
                    await _read_page(store, poller, Slug(vendor))
            # As the poller does with each pulse: what the life before left undone.
            while await _insist(partial(store.records.go_on, route)):
                pass
            for channel in plan["revive"]:
                await _insist(partial(_revive, store, Channel("sink", "w1", channel)))
            delivery.wake()
            over = over and await _insist(lambda: store.cards.next_wake(["sink"], utc_now())) is None
            unhealthy = await _insist(store.channels.unhealthy)
            lost = [c.id for c, state in unhealthy if state.health is Health.SUSPENDED]
            await wire.ask("POST", "/step", {"step": plan["step"], "suspended": lost, "quiet": over})
            await asyncio.sleep(0.005 if plan["step"] != done else 0.03)
            done = plan["step"]
        stop.set()
        await asyncio.gather(hearing, *([delivering] if delivering else []))


async def _insist(call: Callable[[], T]) -> T:
    """While the database is away, again and again."""
    while True:
        try:
            return call()
        except StoreUnavailable:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _parts(
    wire: Wire, url: str, broken: str, roles: frozenset[Role]
) -> AsyncIterator[tuple[Store, Poller, Delivery]]:
    base, alone = f"http://127.0.0.1:{wire.port}", url.startswith("sqlite")
    identity = this_process(utc_now(), tuple(roles))
    store, threads = (
        await _insist(lambda: Store(url, identity, channels_at_once=CHANNELS_AT_ONCE)),
        Threads(4, retry_s=0.05),
    )
    store.processes.silent_s = SILENT_S
    if broken:
        make_broken(store, broken)
    web = Fetcher(utc_now, allow_hosts=("127.0.0.1",))
    heartbeat = Heartbeat(store, threads, utc_now, identity, beat_s=BEAT_S)
    stop = asyncio.Event()
    beating = asyncio.create_task(heartbeat.run(stop))
    try:
        await _insist(lambda: store.pages.sync_catalog([_vendor(base, slug) for slug in VENDORS], utc_now(), 1))
        for ear in EARS if Role.POLL in roles else ():
            await _insist(partial(_subscribe, store, ear))
        poller = Poller(store, threads, web, route, utc_now, Policy(HURRY, late_limit=LATE_LIMIT, evidence=SEEN_ONCE))
        delivery = Delivery(
            store,
            [Chat(wire)],
            threads,
            utc_now,
            late_limit=LATE_LIMIT,
            max_channels=LANES,
            lease_s=LEASE_S if alone else SHARED_LEASE_S,
            call_s=CALL_S,
            pause_s=PAUSE_S,
            max_pause_s=MAX_PAUSE_S,
            retry_waits=WAITS,
            linger_s=LINGER_S,
            side_work_s=SIDE_WORK_S,
            digest_retry_s=PAUSE_S,
            life=heartbeat.life,
        )
        yield store, poller, delivery
        await poller.aclose()
    finally:
        stop.set()
        await beating
        await web.aclose()
        threads.close()
        store.close(utc_now())


async def _read_page(store: Store, poller: Poller, slug: Slug) -> None:
    """Until it is on record: a step of the story must not be skipped."""
    began = utc_now()
    while True:
        await poller.read_now(slug)
        (state,) = await _insist(lambda: store.pages.states([slug]))
        if state.read_at and state.read_at >= began and not state.unreadable:
            return
        await asyncio.sleep(0.02)


def _revive(store: Store, channel: Channel) -> None:
    if store.channels.state(channel).health is Health.SUSPENDED:
        store.channels.mark_recovered(channel)


def _subscribe(store: Store, ear: Ear) -> None:
    channel, now = Channel("sink", "w1", ear.id), utc_now()
    if ear.digest and store.digests.of(channel) is None:
        schedule = DigestSchedule((now + HALF_A_DAY).time().replace(second=0, microsecond=0), only=ear.digest == "only")
        store.digests.set(channel, schedule, "ann", now, covered_until=now - 2 * AGO, due=now + HALF_A_DAY)
    known = {listed.subscription.vendor for listed in store.channels.subscriptions(channel)}
    for vendor in map(Slug, ear.vendors):
        if vendor not in known:
            wishes = Wishes(Hold(HOLD)) if ear.holds else Wishes()
            wanted = Subscription(channel, vendor, FILTERS[ear.filter], "ann", utc_now(), wishes=wishes)
            store.channels.subscribe(wanted, route)
    settings = store.channels.settings(channel)
    if settings.mode != ear.mode:
        store.channels.set_settings(channel, replace(settings, mode=Mode(ear.mode)))


def _vendor(base: str, slug: str) -> Vendor:
    url = f"{base}/page/{slug}"
    return Vendor(Slug(slug), slug.capitalize(), url, url, "cloud", "hosting", kind="statuspage")


def utc_now() -> datetime:
    return datetime.now(UTC)
