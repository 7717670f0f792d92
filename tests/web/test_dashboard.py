"""A channel's dashboard as a browser gets it, over a real port."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.domain import Channel, Component, IncidentKind, Level, Phase, Slug, Update
from bot.store import Store
from tests.databases import sqlite
from tests.store.given import NOON, OPS, Route, at, incident, reading, subscribe
from tests.web.test_pages import GITHUB, HOSTILE, Page
from tests.web.test_server import served, shipped

SECRET = bytes(range(32))
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(sqlite(tmp_path))
    opened.pages.sync_catalog(tuple(shipped()), NOON, 0)
    yield opened
    opened.close()


@pytest.fixture
def token(store: Store) -> str:
    subscribe(store, slug=GITHUB)
    broken = Component("c1", "API", Level.MAJOR_OUTAGE)
    shown = incident("i1", Update("u1", Phase.INVESTIGATING, at(0), HOSTILE), slug=GITHUB, level=Level.MAJOR_OUTAGE)
    store.records.record(reading(shown, slug=GITHUB, level=Level.MAJOR_OUTAGE, components=(broken,)), Route())
    made = store.dashboards.create(OPS, "U1", SECRET, NOON, DAY)
    assert made
    return made


def get(store: Store, path: str, minutes: int = 1) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with served(store, at(minutes)) as client:
            return await client.get(path)

    return asyncio.run(asked())


def test_it_shows_the_channels_vendors_and_what_is_open_and_no_search_engine_lists_it(store: Store, token: str) -> None:
    answer = get(store, f"/d/{token}")
    assert answer.status_code == 200
    page = Page(answer.text)
    text = " ".join(" ".join(page.words).split())
    assert "GitHub" in text
    assert "major outage" in text
    assert "/v/github/incidents/i1" in page.links
    assert answer.headers["cache-control"] == "private, no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/d/{}", "/d/{}/events"])
@pytest.mark.parametrize("wrong", ["", "0" * 64, "x", "é" * 64])
def test_what_is_no_token_opens_nothing(store: Store, token: str, path: str, wrong: str) -> None:
    assert get(store, path.format(wrong)).status_code in (204, 404)


def test_an_expired_or_revoked_link_opens_nothing(store: Store, token: str) -> None:
    assert get(store, f"/d/{token}", 60 * 24 - 1).status_code == 200
    gone = get(store, f"/d/{token}", 60 * 24)
    assert gone.status_code == 404
    assert "Type “dashboard”" in gone.text
    store.dashboards.revoke(OPS)
    assert get(store, f"/d/{token}").status_code == 404


def test_texts_of_people_and_vendors_are_text(store: Store, token: str) -> None:
    shown, plan = incident("i2", slug=GITHUB), incident("p1", slug=GITHUB)
    hostile = [replace(shown, title=HOSTILE), replace(plan, title=HOSTILE, kind=IncidentKind.MAINTENANCE)]
    store.records.record(reading(*hostile, slug=GITHUB, level=Level.DEGRADED), Route())
    page = Page(get(store, f"/d/{token}").text)
    assert "b" not in page.tags
    assert page.tags & {"script"} == {"script"}, "its own"
    assert any(word.strip() == "under maintenance" for word in page.words), "a plan has no outage's level"


def test_who_looks_is_told_when_it_changes_and_when_the_link_is_revoked(store: Store, token: str) -> None:
    async def story() -> list[str]:
        seen: list[str] = []
        async with served(store, at(1)) as client, client.stream("GET", f"/d/{token}/events", timeout=30) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    seen.append(line)
                    store.dashboards.revoke(OPS)
                elif line.startswith("event: "):
                    seen.append(line)
        return seen

    first, last = asyncio.run(story())
    assert len(first) == len("data: ") + 16
    assert last == "event: gone"


def test_other_channels_are_not_in_it(store: Store, token: str) -> None:
    subscribe(store, Channel("slack", OPS.workspace, "secret"), slug=Slug("stripe"))
    assert "Stripe" not in get(store, f"/d/{token}").text
