"""Stands for what reads pages until that is there: whoever wants a page meanwhile waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.domain import Channel, Slug

if TYPE_CHECKING:
    from bot.app.readers import Readers


class LateReaders:
    """A :class:`bot.app.command_service.ReadsPages` and an :class:`bot.app.command_service.AddsPages`. Use it from one
    event loop."""

    def __init__(self) -> None:
        self._readers: Readers | None = None
        self._are_there = asyncio.Event()
        self.wanted = asyncio.Event()
        """Somebody waits for them, or nothing else is to be done first."""

    def begin(self, readers: Readers) -> None:
        """These read from now on; they are closed with this."""
        self._readers = readers
        self._are_there.set()

    async def read_now(self, slug: Slug) -> None:
        readers = await self._awaited()
        await readers.poller.read_now(slug)

    async def add(self, channel: Channel, user: str, urls: Sequence[str], wait_s: float) -> Mapping[str, str]:
        clock = asyncio.get_running_loop().time
        deadline = clock() + wait_s
        try:
            async with asyncio.timeout_at(deadline):
                readers = await self._awaited()
        except TimeoutError:
            return {}
        return await readers.own_pages.add(channel, user, urls, max(0, deadline - clock()))

    async def aclose(self) -> None:
        if self._readers is not None:
            await self._readers.aclose()

    async def _awaited(self) -> Readers:
        self.wanted.set()
        await self._are_there.wait()
        assert self._readers is not None
        return self._readers
