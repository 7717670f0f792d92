"""What stories of the poller play in: a real page server, client, parser and store; only the clock is not real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain import (
    Channel,
    Component,
    Filter,
    Incident,
    IncidentRecord,
    PageState,
    Slug,
    Snapshot,
    Subscription,
    Vendor,
    Verdict,
    VerdictReason,
)
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Policy, Poller
from bot.monitor.provider import Body, Provider
from bot.monitor.providers import feed, statuspage
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.store.values import RecordOutcome, Release
from bot.threads import Threads
from tests.monitor.acme import AcmePage
from tests.monitor.facts import ACME, NOON
from tests.servers import PageServer

PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
FEED = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Acme</title><id>a</id>
<updated>2026-03-02T10:00:00Z</updated><entry><id>e1</id><title>Slow API</title><updated>2026-03-02T10:00:00Z</updated>
<content type="html">Resolved - all good again.</content></entry></feed>"""
CHANNEL = Channel("console", "local", "main")


def everything(incident: Incident, components: Mapping[str, Component], filters: Sequence[Filter]) -> Sequence[Verdict]:
    return [Verdict(True, VerdictReason.WHOLE_VENDOR) for _ in filters]


@dataclass
class World:
    """A store, a server, a vendor and a clock; each call of ``run`` is a process of its own on the same store."""

    url: str
    server: PageServer
    now: datetime = NOON
    rules: Policy = field(default_factory=lambda: Policy(PACE))
    kind: str | None = "statuspage"
    path: str = ""
    deadline_s: float = 10
    ahead_s: float = 0
    parsed: int = 0
    due: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = AcmePage(self.server, lambda: self.now)

    def run(self, story: Callable[[Poller, Store], Awaitable[None]]) -> None:
        async def lifetime() -> None:
            store, threads = Store(self.url), Threads(2)
            store.pages.sync_catalog([self.vendor()], self.now, 0)
            fetcher = Fetcher(
                lambda: self.now, deadline_s=self.deadline_s, allow_hosts=["127.0.0.1"], max_bytes=1_000_000
            )
            poller = Poller(
                store,
                threads,
                fetcher,
                everything,
                lambda: self.now,
                self.rules,
                deadline_s=self.deadline_s,
                ahead_s=self.ahead_s,
                providers=[self.counted(statuspage.PROVIDER), feed.PROVIDER],
                on_due=self.due.append,
            )
            try:
                await story(poller, store)
            finally:
                await poller.aclose()
                await fetcher.aclose()
                threads.close()
                store.close()

        asyncio.run(lifetime())

    def vendor(self) -> Vendor:
        url = self.server.url(self.path)
        return Vendor(ACME, "Acme", url, url, "Cloud", "Compute", kind=self.kind)

    def counted(self, provider: Provider) -> Provider:
        def parse(slug: Slug, bodies: tuple[Body, ...], taken_at: datetime) -> Snapshot:
            self.parsed += 1
            return provider.parse(slug, bodies, taken_at)

        return replace(provider, parse=parse)

    async def wait(self, poller: Poller, **span: float) -> None:
        """Time passes in steps of half a minute, and the poller works all along."""
        end = self.now + timedelta(**span)
        while self.now < end:
            self.now = min(end, self.now + timedelta(seconds=30))
            await poller.tick()

    async def settle_in(self, poller: Poller, store: Store) -> None:
        """The first sight and the first history, then a channel subscribes."""
        await poller.tick()
        await self.wait(poller, minutes=25)
        store.channels.subscribe(Subscription(CHANNEL, ACME, Filter(), "me", self.now), everything)
        await self.wait(poller, minutes=6)


def state(store: Store) -> PageState:
    return store.pages.states([ACME])[0]


def record(store: Store, name: str) -> IncidentRecord:
    found = store.records.incident(ACME, name)
    assert found is not None
    return found


def cards(store: Store) -> list[str]:
    """The incidents that the channel is owed something about, as delivery finds them."""
    lanes = store.cards.lease_channels(["console"], NOON + timedelta(days=999), 10, 1)
    return [due.incident.id for lane in lanes for due in store.cards.due(lane)]


def show(store: Store, now: datetime) -> None:
    """The channel is shown all that it is owed."""
    for lease in store.cards.lease_channels(["console"], now, 10, 1):
        owed = store.cards.due(lease)
        shown = [RecordOutcome(lease, due.card.id, due.card.state, due.version, done=True) for due in owed]
        store.cards.commit([*shown, Release(lease)])


async def until(true: Callable[[], bool]) -> None:
    """What happens on other threads has no event to wait for."""
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")
