"""What is answered when the database cannot be read, when there is no such address, and when the bot has a bug."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.store import Store, StoreUnavailable
from bot.web.api.routes import Settings
from bot.web.failures import HANDLERS
from tests.databases import sqlite
from tests.store.given import NOON
from tests.web.test_server import served, shipped

PAGES = ("/", "/?q=github", "/c/email", "/v/github", "/v/github/incidents", "/v/github/incidents/i1", f"/d/{'0' * 64}")
DATA = ("/v/github.json", "/v/github.atom", "/v/github.ics", "/v/github.svg", "/metrics")
API = ("/api/v1/vendors/github", "/api/v1/vendors/github/incidents")
HTML = "text/html"
SOON = "try again in half a minute"


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Store]:
    url, file = sqlite(tmp_path), tmp_path / "lookout.db"
    store = Store(url)
    store.pages.sync_catalog(tuple(shipped()), NOON, 0)
    store.close()
    opened = Store(url)
    whole = file.read_bytes()
    file.write_bytes(b"\xff" * len(whole))
    yield opened
    with suppress(StoreUnavailable):
        opened.close()


def test_while_nothing_can_be_read_that_is_said_and_when_to_ask_again(damaged: Store) -> None:
    async def story() -> None:
        async with served(damaged, NOON, api_settings=Settings(public=True)) as client:
            for path in (*PAGES, *DATA, *API, f"/d/{'0' * 64}/events"):
                answer = await client.get(path)
                assert answer.status_code == 503, path
                assert SOON in answer.text, path
                assert int(answer.headers["retry-after"]) > 0, path
                assert answer.headers["cache-control"] == "no-store", path
                assert "lookout.db" not in answer.text, path
                kind = answer.headers["content-type"].partition(";")[0]
                assert kind == ("application/problem+json" if path in API else "text/plain" if path in DATA else HTML)
            assert (await client.get("/healthz")).status_code == 200
            assert not (await client.get("/readyz")).json()["checks"]["store"]["ok"]

    with capture_logs():
        asyncio.run(story())


def test_where_nothing_is_a_page_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        store = Store(sqlite(tmp_path))
        async with served(store) as client:
            nothing = await client.get("/nothing")
            assert (nothing.status_code, "Nothing is at this address." in nothing.text) == (404, True)
            posted = await client.post("/v/github", data={"x": "y"})
            assert (posted.status_code, {*posted.headers["allow"].split(", ")}) == (405, {"GET", "HEAD"})
            assert "Pages are read, with GET" in posted.text
        store.close()

    asyncio.run(story())


def test_a_bug_is_answered_without_its_details() -> None:
    def broken(request: Request) -> Response:
        raise RuntimeError("the secret of it")

    async def asked() -> httpx.Response:
        site = Starlette(routes=[Route("/", broken)], exception_handlers=dict(HANDLERS))
        transport = httpx.ASGITransport(site, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/")

    answer = asyncio.run(asked())
    assert (answer.status_code, "the operator finds the reason in the log" in answer.text) == (500, True)
    assert "secret" not in answer.text
