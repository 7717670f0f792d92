"""Discord holds what delivery relies on: the project's own fake, and simcord with the whole of discord.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.adapters.discord.api.permissions import ChannelKind
from tests.adapters.contract import AdapterContract, Seat
from tests.adapters.discord.fake import FakeDiscord
from tests.adapters.discord.sim import SimThread


class TestFakeDiscord(AdapterContract):
    kind = ChannelKind.THREADED

    @contextmanager
    def seat(self) -> Iterator[Seat]:
        fake = FakeDiscord(self.kind)
        yield Seat(fake.adapter(), fake.channel, fake.screen, fresh=fake.adapter)


class TestFakeAnnouncements(TestFakeDiscord):
    kind = ChannelKind.NEWS


class TestFakeForum(TestFakeDiscord):
    kind = ChannelKind.FORUM

    def unknown_ref(self, ref: str) -> str:
        """There, whose post is gone is gone."""
        return ref.replace("/", "9999/")


class TestFakeDirectMessages(TestFakeDiscord):
    kind = ChannelKind.PLAIN


class TestSimulatedDiscord(AdapterContract):
    @contextmanager
    def seat(self) -> Iterator[Seat]:
        with SimThread() as sim:
            yield Seat(sim.adapter(), sim.channel, sim.screen, fresh=sim.adapter)
