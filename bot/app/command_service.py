"""Answers what any chat platform asks of the bot: commands, completions, forms. Pages never read are read first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.app.own_pages import OwnPageFinder
from bot.catalog import Catalog
from bot.commands import complete, forms
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug
from bot.monitor.poller import Poller
from bot.store import Store
from bot.threads import Threads

READ_NOW_S = 2.2
"""A chat platform wants its answer within 3 s; a page that takes longer is reported as still being read."""
FORM_S = 1.0
"""A form opens within 3 s of the press of its button or not at all, and the platform needs some of that."""
NOTHING_REFUSED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CommandService:
    """Answers commands, from any adapter, within the time that chat platforms allow."""

    store: Store
    catalog: Catalog
    threads: Threads
    poller: Poller
    own_pages: OwnPageFinder
    now: Callable[[], datetime]

    async def answer(self, request: Request) -> Reply:
        """The handler's reply. A page that nobody knows is looked at first, a vendor that was never read is read first,
        as long as all that takes no longer than :data:`READ_NOW_S`."""
        clock = asyncio.get_running_loop().time
        end = clock() + READ_NOW_S
        refused = NOTHING_REFUSED
        reply = await self._handle(request, refused)
        if reply.unknown_pages:
            refused = await self.own_pages.adopt(request.channel, request.user, reply.unknown_pages, READ_NOW_S)
            reply = await self._handle(request, refused)
        if not reply.unread:
            return reply
        readings = [asyncio.create_task(self.poller.read_now(slug)) for slug in reply.unread]
        # What is not done by then goes on: its result is there for the next question.
        await asyncio.wait(readings, timeout=max(0, end - clock()))
        return await self._handle(request, refused)

    async def complete(self, asked: complete.CompletionRequest) -> Sequence[complete.Choice]:
        """What somebody who is still typing may mean."""
        return await self.threads(lambda: complete.complete(asked, self.context(asked.channel)))

    async def form(self, channel: Channel, vendor: Slug) -> forms.SubscribeForm | None:
        """To be filled in. A page that was never read is read first, as long as that takes no longer than
        :data:`FORM_S`: only then are its parts known."""
        shown = await self._form(channel, vendor)
        if shown and not shown.read:
            reading = asyncio.create_task(self.poller.read_now(vendor))
            await asyncio.wait({reading}, timeout=FORM_S)
            shown = await self._form(channel, vendor)
        return shown

    async def check(self, channel: Channel, filled: forms.SubmittedForm) -> forms.CheckedForm:
        """What a filled-in form stands for."""
        return await self.threads(lambda: forms.check_form(channel, filled, self.context(channel)))

    def context(self, channel: Channel, refused: Mapping[str, str] = NOTHING_REFUSED) -> CommandContext:
        """What a command of this channel reads. Asks the store for the pages of its workspace's own."""
        return CommandContext(self.store, self.catalog.plus(self.store.own.of(channel)), self.now(), refused)

    async def _form(self, channel: Channel, vendor: Slug) -> forms.SubscribeForm | None:
        return await self.threads(lambda: forms.subscribe_form(channel, vendor, self.context(channel)))

    async def _handle(self, request: Request, refused: Mapping[str, str]) -> Reply:
        return await self.threads(lambda: handle(request, self.context(request.channel, refused)))
