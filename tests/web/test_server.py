"""The HTTP server as a load balancer and Prometheus meet it, on a real port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.cards import Act, ActReason, RootView
from bot.catalog import load
from bot.domain import ActKind, CardState, Level
from bot.message import Message
from bot.store import Store
from bot.threads import Threads
from bot.web.api.routes import Api
from bot.web.api.routes import Settings as ApiSettings
from bot.web.dashboards.routes import DashboardLimits, DashboardPages
from bot.web.listening import CannotListen, address, listen
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import serve
from bot.web.site import Site
from tests.databases import sqlite
from tests.store.given import NOON, OPS, Route, at, catalog, due_cards, incident, reading, subscribe

HURRIED = DashboardLimits(kept_s=0.05)
shipped = cache(load)
"""Read once: it takes a second."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(sqlite(tmp_path))
    yield opened
    opened.close()


def site_of(
    store: Store,
    threads: Threads,
    stop: asyncio.Event,
    now: datetime = NOON,
    metrics: Metrics | None = None,
    api_settings: ApiSettings = ApiSettings(),  # noqa: B008
) -> Site:
    pages = Pages(store, shipped(), threads, lambda: now, "")
    api = Api(store, shipped(), threads, lambda: now, api_settings)
    dashboards = DashboardPages(store, shipped(), threads, lambda: now, stop, HURRIED)
    return Site(store, threads, lambda: now, metrics or Metrics(), 60, pages, api, dashboards)


@asynccontextmanager
async def served(
    store: Store,
    now: datetime = NOON,
    metrics: Metrics | None = None,
    api_settings: ApiSettings = ApiSettings(),  # noqa: B008
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running server."""
    threads, stop, listening = Threads(2), asyncio.Event(), listen("127.0.0.1", 20_000)
    site = site_of(store, threads, stop, now, metrics, api_settings)
    serving = asyncio.create_task(serve(site.app(), listening, stop))
    try:
        async with httpx.AsyncClient(base_url=address(listening), trust_env=False) as client:
            yield client
    finally:
        stop.set()
        await serving
        threads.close()


def ask(store: Store, path: str, now: datetime = NOON, metrics: Metrics | None = None) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with served(store, now, metrics) as client:
            return await client.get(path)

    return asyncio.run(asked())


def test_a_quiet_bot_is_alive_and_ready(store: Store) -> None:
    assert ask(store, "/healthz").text == "ok\n"
    answer = ask(store, "/readyz")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert ask(store, "/nothing").status_code == 404


def test_it_is_not_ready_while_no_page_is_read(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(), Route())
    assert ask(store, "/readyz", at(2)).status_code == 200
    answer = ask(store, "/readyz", at(60))
    assert answer.status_code == 503
    assert [name for name, check in answer.json()["checks"].items() if not check["ok"]] == ["polling"]


def test_it_is_not_ready_while_nothing_is_delivered(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident()), Route())
    answer = ask(store, "/readyz", at(60))
    assert answer.status_code == 503
    assert not answer.json()["checks"]["delivery"]["ok"]


def metric(text: str, name: str) -> dict[tuple[str, ...], float]:
    """By the values of its labels, in the order of their names."""
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples if s.name == name]
    return {tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in samples}


def test_prometheus_reads_what_was_done_and_how_it_stands(store: Store) -> None:
    catalog(store)
    subscribe(store)
    store.records.record(reading(incident(), level=Level.MAJOR_OUTAGE), Route())
    metrics, [due] = Metrics(), due_cards(store)
    act = Act(ActKind.POST, ActReason.OPENED, "key", RootView, CardState(), 0)  # type: ignore[arg-type]
    metrics.acted(NOON + timedelta(seconds=2), due, act, Message("s"))
    metrics.polled("statuspage", "changed", 0.2)
    text = ask(store, "/metrics", at(1), metrics).text
    assert metric(text, "lookout_poll_seconds_count") == {("statuspage", "changed"): 1}
    assert metric(text, "lookout_acts_total") == {("post", "list", "opened"): 1}
    assert metric(text, "lookout_detect_to_act_seconds_sum") == {("list",): 2}
    assert metric(text, "lookout_pages") == {("readable",): 1, ("unreadable",): 0, ("unread",): 1}
    assert metric(text, "lookout_channels") == {("active", "list"): 1}
    assert metric(text, "lookout_cards_due") == {(): 1}
    assert metric(text, "lookout_vendor_level") == {("acme",): 4}
    assert metric(text, "lookout_page_age_seconds_bucket")["60.0",] == 1
    assert OPS.id not in text


def test_every_answer_forbids_scripts_and_frames(store: Store) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/nothing"):
        headers = ask(store, path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_a_port_that_is_taken_gives_way_to_the_next() -> None:
    with closing(listen("127.0.0.1", 20_100)) as first, closing(listen("127.0.0.1", 20_100)) as second:
        assert first.getsockname()[1] < second.getsockname()[1]
    with pytest.raises(CannotListen, match="set LOOKOUT_WEB_HOST"):
        listen("192.0.2.1", 20_200)


def test_the_body_of_an_answer_does_not_wait_for_the_head_to_be_acknowledged() -> None:
    with (
        closing(listen("127.0.0.1", 20_300)) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_half_sent_request_does_not_keep_it_from_stopping(store: Store) -> None:
    async def half() -> None:
        async with served(store) as client:
            with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
                assert (await client.get("/healthz")).status_code == 200

    asyncio.run(half())
