"""What is asked while the bot starts, before what reads pages is there."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from bot.app.run import CONSOLE_CHANNEL, CONSOLE_USER, App, Parts
from bot.catalog import Catalog
from bot.config import Settings
from bot.domain import Slug, Vendor
from tests.app.test_own_pages import SUMMARY, page
from tests.databases import sqlite
from tests.fakes import Clock
from tests.servers import PageServer

ACME = Slug("acme")


def test_a_page_that_was_never_read_is_waited_for(tmp_path: Path) -> None:
    async def story(app: App, parts: Parts) -> None:
        reading = asyncio.create_task(parts.readers.read_now(ACME))
        await asyncio.wait([reading], timeout=0)
        app.add_readers(parts)
        await reading
        (state,) = app.store.pages.states([ACME])
        assert state.snapshot is not None

    begin(tmp_path, story)


def test_an_address_is_waited_for_no_longer_than_there_is_time(tmp_path: Path) -> None:
    async def story(app: App, parts: Parts) -> None:
        assert not await parts.readers.add(CONSOLE_CHANNEL, CONSOLE_USER, ["https://status.example"], 0)
        app.add_readers(parts)
        refused = await parts.readers.add(CONSOLE_CHANNEL, CONSOLE_USER, ["https://10.0.0.1/"], 60)
        assert list(refused) == ["https://10.0.0.1/"]

    begin(tmp_path, story)


def begin(folder: Path, story: Callable[[App, Parts], Awaitable[None]]) -> None:
    """With the parts of a bot that does not read yet, and knows one vendor."""

    async def within(server: PageServer) -> None:
        settings = Settings(database_url=sqlite(folder), fetch_allow_hosts=("127.0.0.1",))
        app = App(settings, Console(file=io.StringIO()), Clock())
        vendor = Vendor(ACME, "Acme", server.url(), server.url(), "Cloud", "Hosting", kind="statuspage")
        app.catalog = Catalog([vendor])
        app.store.pages.sync_catalog([vendor], app.now(), 0)
        parts = app.build()
        try:
            async with asyncio.timeout(60):
                await story(app, parts)
        finally:
            await parts.aclose()
            app.close()

    with PageServer() as server:
        server.say(SUMMARY, page())
        asyncio.run(within(server))
