"""What belongs to one workspace, looked for by another at every address; and what every answer's head has."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Route

from bot.domain import ApiKey, Channel, Filter, Level, Phase, Scope, Service, Slug, Update
from bot.domain.service import Dependency
from bot.store import Store
from bot.store.keys import ID_BYTES
from bot.store.values import OwnPage
from bot.threads import SameThread
from bot.web.api.routes import Settings
from tests.databases import sqlite
from tests.store.given import NOON, at, incident, reading, subscribe
from tests.store.given import Route as ToAll
from tests.web.test_server import served, shipped, site_of

GITHUB = Slug("github")
OURS, THEIRS = Channel("slack", "T1", "C-OURS"), Channel("slack", "T2", "C-THEIRS")
SECRETS = ("Quiet Lake", "Zephyr", "moonshot", "T2", "C-THEIRS")
"""Names of the other workspace's page, its incident, its service, itself and its channel."""
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(sqlite(tmp_path))
    github = shipped().get("github")
    assert github
    opened.pages.sync_catalog((github,), NOON, 0)
    yield opened
    opened.close()


def settle(store: Store) -> tuple[list[str], list[str]]:
    """Two workspaces. Gives the tokens of ours, and what theirs can be asked for by."""
    subscribe(store, OURS, slug=GITHUB)
    subscribe(store, THEIRS, slug=GITHUB)
    url = "https://status.quiet-lake.example"
    own = store.own.add(OwnPage(THEIRS, url, "Quiet Lake", "statuspage", url, url, "U2", NOON), 5)
    assert own is not None
    subscribe(store, THEIRS, slug=own)
    said = Update("u1", Phase.INVESTIGATING, at(0), "Zephyr trouble.")
    ours = incident("i1", slug=GITHUB)
    theirs = replace(incident("own1", said, slug=own, level=Level.MAJOR_OUTAGE), title="Zephyr")
    store.records.record(reading(ours, slug=GITHUB), ToAll())
    store.records.record(reading(theirs, slug=own, level=Level.MAJOR_OUTAGE), ToAll())
    for channel, name in ((OURS, "checkout"), (THEIRS, "moonshot")):
        store.services.define(channel, Service(name, (Dependency(GITHUB, Filter()),), "U1", NOON), ToAll())
    links = [store.dashboards.create(OURS, "U1", bytes([n]) * 32, NOON, DAY, everywhere=n > 1) for n in (1, 2)]
    hidden = store.dashboards.create(THEIRS, "U2", bytes([3]) * 32, NOON, DAY)
    key = store.keys.create(ApiKey("0" * 2 * ID_BYTES, Scope.WRITE, "slack", "T1", "ours", NOON), bytes([4]) * 32)
    assert hidden
    return [*(link for link in links if link), key], [own, f"{own}/own1", "own1", url, THEIRS.id, hidden[:-1] + "g"]


def addresses(store: Store) -> list[str]:
    """The path of every route, as it is written in the program."""
    site = site_of(store, SameThread(), asyncio.Event())
    paths = []
    for route in site.routes():
        assert isinstance(route, Route | Mount)
        paths += [route.path] if isinstance(route, Route) else [route.path + one.path for one in route.routes]  # type: ignore[attr-defined]
    return paths


def test_nothing_of_another_workspace_is_told_at_any_address(store: Store) -> None:
    tokens, names = settle(store)

    site = site_of(store, SameThread(), asyncio.Event(), at(1), api_settings=Settings(public=True, per_minute=100_000))

    async def story() -> dict[str, httpx.Response]:
        answers, transport = {}, httpx.ASGITransport(site.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for path, value, token in product(addresses(store), (*tokens, *names, GITHUB), (None, tokens[-1])):
                asked = re.sub(r"{[^}]*}", value, path) if "{format}" not in path else f"/v/{value}.json"
                shown = {"authorization": f"Bearer {token}"} if token else {}
                for url in {asked, f"{asked}?vendor={names[0]}&channel={THEIRS.id}&q={names[0]}"}:
                    if not {"events", "changes"}.intersection(path.split("/")):  # Those go on.
                        answers[f"{url} {token}"] = await client.get(url, headers=shown)
        return answers

    answers = asyncio.run(story())
    assert sum(answer.status_code == 200 for answer in answers.values()) > 50
    for asked, answer in answers.items():
        body = answer.text
        for name in names:
            body = body.replace(name, "")  # What was asked for stands in a refusal of it.
        assert [secret for secret in SECRETS if secret in body] == [], asked
    assert any("checkout" in answer.text for answer in answers.values()), "ours are told"


def test_every_answer_is_inert_and_leaves_no_cookie(store: Store) -> None:
    tokens, _ = settle(store)

    async def story() -> dict[str, httpx.Response]:
        async with served(store, at(1), api_settings=Settings(public=True)) as client:
            paths = [re.sub(r"{[^}]*}", tokens[0], path) for path in addresses(store) if "events" not in path]
            return {path: await client.get(path) for path in (*paths, "/v/github", "/v/github.svg", "/nothing")}

    for path, answer in asyncio.run(story()).items():
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), path
        assert "unsafe" not in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "no-referrer", path
        assert "set-cookie" not in answer.headers, path
        if path.startswith("/d/"):
            assert answer.headers["cache-control"] == "private, no-store"
            assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert not re.search(r"<script(?! src=)|<style|\son\w+=|style=", answer.text), path
