"""Delivery to a Slack that fails as told: what the channel, the subscriber and the store see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.adapters.slack.adapter import SlackAdapter
from bot.adapters.slack.api.calls import session, web_client
from bot.delivery.port import Adapter
from bot.delivery.worker import Delivery
from bot.domain import Channel, Health, Mode
from tests.adapters.slack.test_adapter import Hasty, adapter
from tests.adapters.slack.workspace import CHANNEL as OPS_ID
from tests.adapters.slack.workspace import TEAM, FakeSlack
from tests.databases import sqlite
from tests.delivery.story import Story, incident, story
from tests.fakes import Clock

OPS = Channel("slack", TEAM, OPS_ID)
OTHER = Channel("slack", TEAM, "C2")
START = Clock().now


@dataclass
class Seen:
    """``posts``: what stands in the channel. ``told``: what the subscriber got. ``calls``: chat.postMessage to it."""

    slack: FakeSlack
    told_by: Story
    clock: Hasty = field(default_factory=Hasty)

    channel = OPS

    def deliver(self, wrap: Callable[[SlackAdapter], Adapter] | None = None, **options: Any) -> None:
        """All that can be delivered now, by a process of its own. ``wrap``: what stands before its adapter."""

        async def within() -> None:
            async with session(self.slack.url) as pool:
                slack = adapter(web_client(pool, self.slack.url), self.clock)
                chat = wrap(slack) if wrap else slack
                t = self.told_by
                await Delivery(t.store, [chat], t.threads, t.clock, linger_s=0.001, **options).run_until_quiet()

        asyncio.run(within())

    def open(self, *texts: str) -> None:
        self.told_by.record(incident("i1", START, *texts))

    @property
    def posts(self) -> int:
        return len(self.slack.shown(OPS_ID))

    @property
    def told(self) -> list[str]:
        return [str(m["blocks"]) for m in self.slack.shown("DU7")]

    @property
    def health(self) -> Health:
        return self.told_by.store.channels.state(OPS).health

    @property
    def reason(self) -> str:
        return self.told_by.store.channels.state(OPS).reason or ""


@contextmanager
def watching(folder: Path, mode: Mode = Mode.THREAD) -> Iterator[Seen]:
    """A channel that ``U7`` subscribed, told in this mode."""
    with FakeSlack() as slack, story(sqlite(folder)) as told:
        told.record()
        told.subscribe(OPS, by="U7", mode=mode)
        yield Seen(slack, told)
