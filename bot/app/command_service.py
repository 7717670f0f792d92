"""Answers what any chat platform asks: commands, completions, forms. Reads pages first that were never read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from bot.catalog import Catalog
from bot.commands import complete, forms
from bot.commands.context import CommandContext, Site
from bot.commands.dispatch import handle
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug
from bot.store import Store
from bot.threads import Threads

MAX_ANSWER_S = 2.2
"""Slack and Discord want an answer within 3 s; a page that takes longer is answered as still being read."""
MAX_FORM_S = 1.0
"""A form must open within 3 s of the press of its button, and the platform needs some of that."""
NO_REFUSALS: Mapping[str, str] = MappingProxyType({})


class ReadsPages(Protocol):
    """:class:`bot.monitor.poller.Poller`"""

    async def read_now(self, slug: Slug) -> None: ...


class AddsPages(Protocol):
    """:class:`bot.app.own_pages.OwnPageFinder`"""

    async def add(self, channel: Channel, user: str, urls: Sequence[str], wait_s: float) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class CommandService:
    """Answers commands, from any adapter, within the time that chat platforms allow."""

    store: Store
    catalog: Catalog
    threads: Threads
    poller: ReadsPages
    own_pages: AddsPages
    now: Callable[[], datetime]
    site: Callable[[], Site | None] = lambda: None

    async def answer(self, request: Request) -> Reply:
        """The handler's reply, within :data:`MAX_ANSWER_S`. Until then unknown pages are searched for and added, and
        vendors that were never read are read."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + MAX_ANSWER_S
        refusals = NO_REFUSALS
        reply = await self._handle(request, refusals)
        if reply.unknown_pages:
            left = max(0, deadline - clock())
            refusals = await self.own_pages.add(request.channel, request.user, reply.unknown_pages, left)
            request = replace(request, again=bool(reply.changed))
            reply = await self._handle(request, refusals)
        if not reply.unread:
            return reply
        readings = [asyncio.create_task(self.poller.read_now(slug)) for slug in reply.unread]
        # A reading that takes longer goes on: its result is there for the next command.
        await asyncio.wait(readings, timeout=max(0, deadline - clock()))
        return await self._handle(replace(request, again=request.again or bool(reply.changed)), refusals)

    async def complete(self, request: complete.CompletionRequest) -> Sequence[complete.Choice]:
        """Completions of what is being typed."""
        return await self.threads(lambda: complete.complete(request, self.context(request.channel)))

    async def form(self, channel: Channel, vendor: Slug) -> forms.SubscribeForm | None:
        """The form to subscribe to a vendor. A page that was never read is read first, for at most :data:`MAX_FORM_S`:
        only then are its components known."""
        form = await self._form(channel, vendor)
        if form and not form.read:
            reading = asyncio.create_task(self.poller.read_now(vendor))
            await asyncio.wait({reading}, timeout=MAX_FORM_S)
            form = await self._form(channel, vendor)
        return form

    async def check(self, channel: Channel, submitted: forms.SubmittedForm) -> forms.CheckedForm:
        """What a submitted form means."""
        return await self.threads(lambda: forms.check_form(channel, submitted, self.context(channel)))

    def context(self, channel: Channel, refusals: Mapping[str, str] = NO_REFUSALS) -> CommandContext:
        """What a command of this channel reads, its workspace's own pages included. Reads the store."""
        return CommandContext(
            self.store, self.catalog.plus(self.store.own.of(channel)), self.now(), refusals, self.site()
        )

    async def _form(self, channel: Channel, vendor: Slug) -> forms.SubscribeForm | None:
        return await self.threads(lambda: forms.subscribe_form(channel, vendor, self.context(channel)))

    async def _handle(self, request: Request, refusals: Mapping[str, str]) -> Reply:
        return await self.threads(lambda: handle(request, self.context(request.channel, refusals)))
