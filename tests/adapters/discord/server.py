"""A channel on a Discord that can refuse, with real delivery and a real store: for what everybody sees of a failure."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.delivery.worker import MAX_CHANNELS, Delivery
from bot.domain import Channel, Health
from tests.adapters.discord.fake import HERE, SERVER, FakeDiscord
from tests.delivery.story import Story, incident

ANN = "123456789012345678"
NEIGHBOUR = Channel("discord", SERVER, "3000000000000000002")


@dataclass
class Server:
    told: Story
    discord: FakeDiscord

    def deliver(self, max_channels: int = MAX_CHANNELS) -> None:
        told, adapters = self.told, [self.discord.adapter()]
        delivery = Delivery(
            told.store, adapters, told.threads, told.clock, max_channels=max_channels, linger_s=0.001, pause_s=1
        )
        asyncio.run(delivery.run_until_quiet())

    def turn(self, **span: float) -> None:
        self.told.clock.turn(**span)
        self.discord.clock += timedelta(**span).total_seconds()

    def open(self, *texts: str) -> None:
        start = self.told.clock()
        self.told.record(incident("i1", start, *texts))

    def health(self) -> Health:
        return self.told.store.channels.state(HERE).health

    @property
    def reason(self) -> str:
        return self.told.store.channels.state(HERE).reason or ""

    @property
    def channel(self) -> str:
        return "\n".join(self.discord.texts(HERE.id))

    @property
    def direct(self) -> str:
        return "\n".join(self.discord.texts("7")) if "7" in self.discord.places else ""
