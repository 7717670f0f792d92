"""A state that is read from several addresses, of which a page need not have each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import PageState, Slug, Vendor
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Policy, Poller
from bot.monitor.providers import statuspage
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.threads import Threads
from tests.databases import sqlite
from tests.monitor.acme import AcmePage
from tests.servers import PageServer

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ACME = Slug("acme")
PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)


@pytest.mark.parametrize(("partial", "readable"), [(True, True), (False, False)])
def test_what_a_page_does_not_have_is_left_out_where_its_platform_allows_it(
    tmp_path: Path, partial: bool, readable: bool
) -> None:
    spread = replace(
        statuspage.PROVIDER,
        partial=partial,
        state_urls=lambda url: (*statuspage.PROVIDER.state_urls(url), f"{url}/nowhere"),
    )

    async def story(server: PageServer) -> PageState:
        store, threads = Store(sqlite(tmp_path)), Threads(2)
        url = server.url("")
        store.pages.sync_catalog([Vendor(ACME, "Acme", url, url, "Cloud", "Compute", kind="statuspage")], NOW, 0)
        fetcher = Fetcher(lambda: NOW, allow_hosts=["127.0.0.1"], max_bytes=1_000_000)
        poller = Poller(store, threads, fetcher, lambda *_: (), lambda: NOW, Policy(PACE), providers=[spread])
        try:
            await poller.tick()
            (state,) = store.pages.states([ACME])
            return state
        finally:
            await poller.aclose()
            await fetcher.aclose()
            threads.close()
            store.close()

    with PageServer() as server:
        AcmePage(server, lambda: NOW)
        state = asyncio.run(story(server))
    assert (state.snapshot is not None, state.unreadable is None) == (readable, readable)
