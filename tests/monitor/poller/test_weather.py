"""Bad weather around the poller: clocks, networks. Real poller, store and delivery; the clock and the web are not."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import routing
from bot.delivery.worker import Delivery
from bot.domain import OWN, Channel, Filter, Slug, Subscription, Vendor
from bot.monitor.poller import Policy, Poller
from bot.monitor.poller.own_network import OWN_NETWORK_AWAY
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.store.values import Validator
from bot.threads import Threads
from tests.fakes import Clock, ListAdapter

PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
OPS = Channel("list", "T1", "ops")
STEP_S = 30


@dataclass
class Web:
    """Statuspage pages that all say the same; ``down`` answers in place of them by address."""

    now: Callable[[], datetime]
    incidents: list[dict[str, object]] = field(default_factory=list)
    asked: list[tuple[datetime, str]] = field(default_factory=list)
    down: Callable[[str], FetchFailed | None] = lambda _: None

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        self.asked.append((self.now(), url))
        if (failed := self.down(url)) is not None:
            return failed
        page = {"id": "p", "name": "Acme", "url": url, "time_zone": "Etc/UTC", "updated_at": "2026-03-02T09:00:00Z"}
        rows = [{"id": "api", "name": "API", "status": "operational", "position": 1, "group": False}]
        state = {"status": {"indicator": "none", "description": "All Systems Operational"}, "components": rows}
        content = {"page": page, **state, "incidents": self.incidents, "scheduled_maintenances": []}
        body = json.dumps(content).encode()
        return Fetched(url, body, "application/json", Validator(body_digest=hashlib.sha256(body).hexdigest()))

    def opens(self, name: str) -> None:
        at = self.now().isoformat()
        update = {"id": f"{name}-1", "status": "investigating", "body": "Down.", "created_at": at, "display_at": at}
        incident = {"id": name, "name": name, "status": "investigating", "created_at": at, "started_at": at}
        self.incidents.append({**incident, "impact": "major", "components": [], "incident_updates": [update]})

    def readings(self, since: datetime) -> list[tuple[datetime, str]]:
        return [(at, url) for at, url in self.asked if at >= since and "summary" in url]


class World:
    def __init__(self, path: Path, vendors: int) -> None:
        self.path, self.clock, self.chat = path, Clock(), ListAdapter()
        self.web = Web(self.clock)
        self.vendors = [vendor(f"acme{n}") for n in range(vendors)]

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        async def lifetime() -> None:
            self.store, self.threads = Store(f"sqlite:///{self.path}"), Threads(2)
            try:
                self.store.pages.sync_catalog(self.vendors, self.clock(), 0)
                for one in self.vendors:
                    wish = Subscription(OPS, one.slug, Filter(), "U1", self.clock())
                    self.store.channels.subscribe(wish, routing.route)
                self.start()
                await story()
            finally:
                await self.poller.aclose()
                self.threads.close()
                self.store.close()

        asyncio.run(lifetime())

    def start(self) -> None:
        self.poller = Poller(self.store, self.threads, self.web, routing.route, self.clock, Policy(PACE))
        self.delivery = Delivery(self.store, [self.chat], self.threads, self.clock, linger_s=0)

    async def restart(self) -> None:
        await self.poller.aclose()
        self.store.close()
        self.store = Store(f"sqlite:///{self.path}")
        self.start()

    async def go(self, **span: float) -> None:
        end = self.clock() + timedelta(**span)
        while self.clock() < end:
            await self.poller.tick()
            await self.delivery.run_until_quiet()
            self.clock.turn(seconds=STEP_S)

    def told(self, text: str) -> int:
        return sum(text in call.message.summary for call in self.chat.calls)


def vendor(slug: str) -> Vendor:
    url = f"https://status.{slug}.example"
    return Vendor(Slug(slug), slug.title(), url, url, "cloud", "hosting", kind="statuspage")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "weather.db", 3)


@pytest.mark.parametrize(
    ("step_s", "restarted"),
    [(3600, False), (600, True), (315_360_000, True), (-3600, False)],
    ids=["an hour", "minutes, restarted", "years, restarted", "an hour late"],
)
def test_a_wrong_clock_that_is_put_right_costs_one_interval(world: World, step_s: int, *, restarted: bool) -> None:
    step = timedelta(seconds=step_s)

    async def story() -> None:
        await world.go(minutes=3)
        world.clock.now += step
        await world.go(minutes=3)
        world.clock.now -= step
        if restarted:
            await world.restart()
        since = world.clock()
        world.web.opens("Broken")
        await world.go(minutes=2)
        first = {url: at for at, url in reversed(world.web.readings(since)) if at < since + timedelta(minutes=2)}
        assert len(first) == 3
        assert max(first.values()) - since <= timedelta(seconds=66 + STEP_S)
        assert world.told("Broken") == 3

    world.run(story)


def network_events(logged: Sequence[MutableMapping[str, object]]) -> list[object]:
    return [line["event"] for line in logged if str(line["event"]).startswith("network.")]


def no_name(url: str) -> FetchFailed:
    return FetchFailed(FetchFailure.DNS, f"{url} does not resolve.")


def cut_off(url: str) -> FetchFailed | None:
    """All but one, whose address needs no name server."""
    return None if "acme0" in url else no_name(url)


@pytest.mark.parametrize("down", [no_name, cut_off], ids=["all", "names"])
@pytest.mark.parametrize("minutes", [3, 45])
def test_when_our_own_network_is_back_all_pages_are_read_at_once(
    world: World, minutes: int, down: Callable[[str], FetchFailed | None]
) -> None:
    world.vendors.append(vendor("acme3"))

    async def story() -> None:
        await world.go(minutes=3)
        world.web.down = down
        since = world.clock()
        with capture_logs() as logged:
            await world.go(minutes=minutes)
            answered = [at for at, url in world.web.readings(since) if down(url) is None]
            assert len(answered) >= (minutes - 1 if down is cut_off else 0)
            world.web.down = lambda _: None
            back = world.clock()
            await world.go(minutes=1)
        assert len({url for _, url in world.web.readings(back)}) == len(world.vendors)
        assert network_events(logged) == ["network.away", "network.back"]
        assert world.store.pages.unreadable() == ()

    world.run(story)


def test_who_is_restarted_while_our_own_network_is_away_reads_all_pages_once_it_is_back(world: World) -> None:
    async def story() -> None:
        await world.go(minutes=3)
        world.web.down = no_name
        await world.go(minutes=10)
        await world.restart()
        with capture_logs() as logged:
            await world.go(minutes=45)
            assert {state.unreadable.reason for state in world.store.pages.unreadable() if state.unreadable} == {
                OWN_NETWORK_AWAY
            }
            world.web.down = lambda _: None
            back = world.clock()
            await world.go(minutes=1)
        assert len({url for _, url in world.web.readings(back)}) == len(world.vendors)
        assert network_events(logged) == ["network.away", "network.back"]

    world.run(story)


def test_pages_that_fail_while_a_canary_answers_are_to_blame_themselves(world: World) -> None:
    async def story() -> None:
        await world.go(minutes=3)
        world.web.down = lambda url: no_name(url) if "acme" in url else None
        with capture_logs() as logged:
            await world.go(minutes=30)
        assert network_events(logged) == []
        assert {state.unreadable.reason[-18:] for state in world.store.pages.unreadable() if state.unreadable} == {
            " does not resolve."
        }
        last = world.clock() - timedelta(minutes=12)
        assert len(world.web.readings(last)) < 4 * len(world.vendors)

    world.run(story)


def test_a_canary_that_is_blocked_does_not_keep_the_network_away(world: World) -> None:
    async def story() -> None:
        await world.go(minutes=3)
        world.web.down = no_name
        await world.go(minutes=5)
        world.web.down = lambda url: None if "acme" in url else no_name(url)
        with capture_logs() as logged:
            await world.go(minutes=5)
        assert network_events(logged) == ["network.back"]

    world.run(story)


def test_pages_that_answered_just_before_do_not_bring_the_network_back(world: World) -> None:
    world.vendors += [vendor(f"acme{n}") for n in range(3, 30)]

    async def second_by_second(seconds: int) -> None:
        for _ in range(seconds):
            await world.poller.tick()
            world.clock.turn(seconds=1)

    async def story() -> None:
        await second_by_second(180)
        world.web.down = no_name
        with capture_logs() as logged:
            await second_by_second(90)
        assert network_events(logged) == ["network.away"]

    world.run(story)


def test_slow_pages_hold_up_neither_others_nor_pages_of_another_kind(world: World) -> None:
    """Of each kind two are read at once; of the workspaces' own and of the unwatched, four never answer."""
    own = [replace(vendor(f"own{n}"), category=OWN) for n in range(5)]
    idle = [vendor(f"idle{n}") for n in range(5)]
    slow = {one.page_url for one in (*own[:4], *idle[:4])}
    asked: list[str] = []

    class Slow:
        async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
            asked.append(url)
            if any(url.startswith(page) for page in slow):
                await asyncio.Event().wait()
            return await world.web.get(url, rate_limit_group, validator)

    async def story() -> None:
        await world.go(minutes=2)
        world.store.pages.sync_catalog([*world.vendors, *own, *idle], world.clock(), 0)
        poller = Poller(
            *(world.store, world.threads, Slow(), routing.route, world.clock, Policy(PACE)), concurrency=2, slow_s=0.02
        )
        world.clock.turn(minutes=2)
        quick = [one.page_url for one in (*world.vendors, own[4], idle[4])]
        async with asyncio.timeout(10):
            while not all(any(url.startswith(page) for url in asked) for page in quick):
                poller.pulse()
                await asyncio.sleep(0.005)
        await poller.aclose()

    world.run(story)
