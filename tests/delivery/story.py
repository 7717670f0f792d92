"""A store with one vendor, some channels, and delivery on it: what the tests of delivery tell their stories with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.worker import Delivery
from bot.domain import (
    Channel,
    ChannelSettings,
    Filter,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Mode,
    Phase,
    Slug,
    Snapshot,
    Subscription,
    Update,
    Vendor,
)
from bot.routing import route
from bot.store import Store
from bot.store.values import PollOutcome, Recording
from bot.threads import Threads
from tests.fakes import Clock, ListAdapter

ACME = Vendor(Slug("acme"), "Acme", "https://status.acme.test", "https://status.acme.test", "cloud", "hosting")


def channel(name: str, workspace: str = "w1") -> Channel:
    return Channel("list", workspace, name)


@dataclass
class Story:
    store: Store
    threads: Threads
    clock: Clock = field(default_factory=Clock)
    chat: ListAdapter = field(default_factory=ListAdapter)

    def delivery(self, **options: Any) -> Delivery:
        return Delivery(self.store, [self.chat], self.threads, self.clock, **{"linger_s": 0.005, **options})

    def deliver(self, **options: Any) -> None:
        """All that can be delivered now, by a worker of its own."""
        asyncio.run(self.delivery(**options).run_until_quiet())

    def subscribe(
        self, *channels: Channel, by: str = "ann", mode: Mode = Mode.THREAD, mention: str | None = None
    ) -> None:
        for one in channels:
            self.store.channels.subscribe(Subscription(one, ACME.slug, Filter(), by, self.clock(), mention), route)
            self.store.channels.set_settings(one, ChannelSettings(mode))

    def record(self, *incidents: Incident, announced: bool = True) -> None:
        """A reading with these incidents, all to be announced, or as no news to those who have no card."""
        now = self.clock()
        snapshot = Snapshot(ACME.slug, Level.DEGRADED, "Minor trouble", (), incidents, now)
        settled = PollOutcome(ACME.slug, now + timedelta(minutes=1), 60, read_at=now)
        ids = frozenset(i.id for i in incidents) if announced else frozenset()
        self.store.records.record(Recording(snapshot, settled, incidents, ids), route)

    def texts(self, where: Channel) -> list[str]:
        """What the channel was told by posts and replies, oldest first; what a reply keeps of its root counts once."""
        said: list[str] = []
        dropped: dict[str | None, list[str]] = {}
        for call in self.chat.sent(where):
            texts = quoted(call.message) if call.verb != "edit" else []
            if call.verb == "post":
                dropped[call.ref] = texts
            elif call.verb == "reply" and texts and dropped.pop(call.under, None) == texts:
                continue
            said += texts
        return said


def quoted(message: Any) -> list[str]:
    """The vendor's texts in a message."""
    return [block.text for block in message.blocks if hasattr(block, "text")]


@contextmanager
def story(url: str, **options: Any) -> Iterator[Story]:
    """``url``: of a database with nothing in it. ``options``: the store's."""
    store, threads = Store(url, **options), Threads(2)
    try:
        told = Story(store, threads)
        store.pages.sync_catalog([ACME], told.clock(), 1)
        yield told
    finally:
        threads.close()
        store.close()


def incident(name: str, start: datetime, *texts: str, phase: Phase = Phase.INVESTIGATING) -> Incident:
    """With an update a minute, each with its text; the last one has the phase."""
    updates = [
        Update(f"{name}-{n}", Phase.INVESTIGATING, start + timedelta(minutes=n), text) for n, text in enumerate(texts)
    ]
    if updates:
        updates[-1] = replace(updates[-1], phase=phase)
    return Incident(
        ACME.slug,
        name,
        IncidentKind.INCIDENT,
        f"Trouble {name}",
        phase,
        Impact.MINOR,
        start,
        resolved=updates[-1].at if phase is Phase.RESOLVED else None,
        level=Level.DEGRADED,
        updates=tuple(updates),
    )
