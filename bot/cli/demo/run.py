"""Plays the outage day through the real bot: requests to a local server, a store, delivery and commands.

Only the clock is not real: it runs fast, and skips the hours in which nothing happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from bot import routing
from bot.adapters.console import ConsoleAdapter
from bot.adapters.console.prompt import Conversation
from bot.adapters.console.render import DIM, Row
from bot.catalog import Catalog
from bot.cli.demo.server import HOST, serve
from bot.cli.demo.story import BEGIN, END, SITES, change_times
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle, parse_line
from bot.commands.request import Reply, Request
from bot.delivery.worker import Delivery
from bot.domain import Channel
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Poller
from bot.monitor.poller.policy import Policy
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.threads import Threads

CHANNEL = Channel("console", "local", "demo")
MAX_PAUSE = timedelta(minutes=25)
"""In the day's time: the rest of a longer stretch without news is skipped."""
READ_AFTER = timedelta(seconds=40)
"""From a change of a page to its reading."""
READ_EVERY = timedelta(hours=2)
"""Between readings while nothing changes."""
HISTORY_READ_AFTER = timedelta(minutes=16)
"""From the first reading to the first one of the history."""
INTERVALS = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)

FIRST_COMMANDS = ("subscribe pigeonry kelpcloud maintenance:on", "status")
INTRODUCTION = (
    "An outage day of two invented vendors. Their status pages are served on this machine; reading, recording and "
    "posting are the real thing, only the clock runs fast. This channel subscribes to both:"
)
WHAT_NEXT = (
    "This was the demo; nothing of it was kept. Next: “lookout run”, then type “status github”, or “subscribe” and the "
    "names of the vendors that you depend on."
)
LAST_COMMANDS = ("status", "incident pigeonry/pgq7stuck3mr", "history pigeonry")


async def run_demo(speed: float, console: Console) -> None:
    """Play the day ``speed`` times as fast as it happened, quiet hours left out; 0: at once."""
    clock = [BEGIN]
    with serve(SITES, lambda: clock[0]) as url, TemporaryDirectory(prefix="lookout-demo-") as folder:
        catalog = Catalog(site.vendor(url(site)) for site in SITES)
        store, threads = Store(f"sqlite:///{Path(folder, 'demo.db')}"), Threads(2)
        fetcher = Fetcher(lambda: clock[0], allow_hosts=[HOST])
        poller = Poller(store, threads, fetcher, routing.route, lambda: clock[0], Policy(INTERVALS))
        adapter = ConsoleAdapter(console, lambda: clock[0], hold_edits=True)
        delivery = Delivery(store, [adapter], threads, lambda: clock[0], linger_s=0)

        async def answer(line: str) -> Reply:
            request = Request(*parse_line(line), CHANNEL, "you")
            return await threads(lambda: handle(request, CommandContext(store, catalog, clock[0])))

        async def read(at: datetime) -> None:
            clock[0] = at
            await poller.tick()
            await delivery.run_until_quiet()

        conversation = Conversation(answer, adapter, CHANNEL)
        try:
            store.pages.sync_catalog(tuple(catalog), BEGIN, 0)
            await read(BEGIN)
            _print_text(adapter, INTRODUCTION)
            await _type(conversation, FIRST_COMMANDS)
            await read(BEGIN + HISTORY_READ_AFTER)
            for change in change_times(SITES, BEGIN, END):
                if speed > 0:
                    await asyncio.sleep(min(change - clock[0], MAX_PAUSE).total_seconds() / speed)
                while change - clock[0] > READ_EVERY:
                    await read(clock[0] + READ_EVERY)
                await read(change + READ_AFTER)
                if adapter.closed:
                    return
            clock[0] = END
            await _type(conversation, LAST_COMMANDS)
            _print_text(adapter, WHAT_NEXT)
        finally:
            await poller.aclose()
            await fetcher.aclose()
            threads.close()
            store.close()


async def _type(conversation: Conversation, lines: Sequence[str]) -> None:
    for line in lines:
        conversation.echo(f"/{line}")
        await conversation.take(line)


def _print_text(adapter: ConsoleAdapter, text: str) -> None:
    adapter.flush()
    adapter.write([*adapter.lines([Row(Text(text, DIM))]), Text()])
