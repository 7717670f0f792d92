"""A process that posts to Discord and does not listen: no gateway, and what it has to ask for instead."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from discord.http import Route
from structlog.testing import capture_logs

from bot.adapters.discord.api.internals import API_URL
from bot.adapters.discord.platform import Discord
from bot.delivery.port import RetryLater, Undeliverable
from bot.domain import Channel
from bot.message import Message, MessageKind, Tone
from tests.adapters.discord.gateway import BOT, answer
from tests.adapters.discord.sim import FakeEvents
from tests.adapters.discord.test_adapter import CARD, UPDATE

SERVER, TEXT, FORUM = "2000000000000000001", "3000000000000000001", "3000000000000000002"
HERE, BOARD = Channel("discord", SERVER, TEXT), Channel("discord", SERVER, FORUM)
OVER = Message("over", tone=Tone.OK, title="over", subject="Acme — API errors", kind=MessageKind.CARD)
TAGS = [{"id": "1", "name": "outage", "moderated": False}, {"id": "2", "name": "resolved", "moderated": False}]
CHANNELS: dict[str, dict[str, Any]] = {
    TEXT: {"id": TEXT, "type": 0},
    FORUM: {"id": FORUM, "type": 15, "available_tags": TAGS, "flags": 16},
}


class Api:
    """Discord's API without a gateway. ``asked``: method and path of all but the login."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sent: list[Any] = []
        self.fail: dict[str, int] = {}
        self._ids = iter(range(4_000_000_000_000_000_001, 5_000_000_000_000_000_000))

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path
        if path.endswith("/users/@me"):
            return answer(200, BOT)
        if path.endswith("/applications/@me"):
            app: dict[str, Any] = {"id": BOT["id"], "owner": BOT, "name": "lookout", "icon": None, "description": ""}
            return answer(
                200, app | {"bot_public": True, "bot_require_code_grant": False, "flags": 0, "verify_key": ""}
            )
        self.asked.append(f"{request.method} {path}")
        if path in self.fail:
            return answer(self.fail[path], {"message": "no", "code": 10003 if self.fail[path] == 404 else 0})
        if request.method == "GET":
            return answer(200, self._known(path))
        self.sent.append(json.loads(await request.read() or b"null"))
        id = str(next(self._ids))
        return answer(200, {"id": id, "message": {"id": id}})

    def _known(self, path: str) -> Any:
        if path.endswith("/roles"):
            return [{"id": SERVER, "name": "@everyone"}, {"id": "6000000000000000001", "name": "On Call"}]
        return CHANNELS[path.rpartition("/")[2]]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@asynccontextmanager
async def posting(api: Api) -> AsyncIterator[Discord]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform = Discord("t", FakeEvents(), time.monotonic, f"http://127.0.0.1:{runner.addresses[0][1]}", listens=False)
    stop = asyncio.Event()
    running = None
    try:
        with pytest.raises(RetryLater):
            await platform.adapter.post(HERE, CARD, "before")
        await platform.check()
        running = asyncio.create_task(platform.run(stop))
        assert platform.connected
        yield platform
    finally:
        stop.set()
        if running:
            await running
        await platform.aclose()
        await runner.cleanup()
        Route.BASE = API_URL


def run(story: Callable[[Api, Discord], Awaitable[None]]) -> None:
    async def within() -> None:
        api = Api()
        async with asyncio.timeout(60), posting(api) as platform:
            await story(api, platform)

    asyncio.run(within())


def test_it_asks_what_a_channel_is_once_and_registers_and_connects_nothing() -> None:
    async def story(api: Api, platform: Discord) -> None:
        root = await platform.adapter.post(HERE, CARD, "k1")
        await platform.adapter.post(HERE, CARD, "k2")
        await platform.adapter.reply(HERE, root, UPDATE, "k3", broadcast=False)
        await platform.adapter.edit(HERE, root, CARD, "k4")
        message = root.rpartition("/")[2]
        assert api.asked == [
            f"GET /channels/{TEXT}",
            f"POST /channels/{TEXT}/messages",
            f"POST /channels/{TEXT}/messages",
            f"POST /channels/{TEXT}/messages/{message}/threads",
            f"POST /channels/{message}/messages",
            f"PATCH /channels/{TEXT}/messages/{message}",
        ]

    run(story)


def test_in_a_forum_a_card_is_a_post_with_the_tag_of_its_state() -> None:
    async def story(api: Api, platform: Discord) -> None:
        root = await platform.adapter.post(BOARD, CARD, "k1")
        assert api.asked == [f"GET /channels/{FORUM}", f"POST /channels/{FORUM}/threads"]
        assert api.sent[0]["applied_tags"] == ["1"]
        await platform.adapter.edit(BOARD, root, OVER, "k2")
        assert api.sent[-1] == {"applied_tags": ["2"]}
        asked = len(api.asked)
        await platform.adapter.edit(BOARD, root, OVER, "k3")
        assert len(api.asked) == asked + 1, "the tags are as they should be"

    run(story)


def test_a_role_that_is_mentioned_by_name_is_looked_up_once() -> None:
    async def story(api: Api, platform: Discord) -> None:
        card = Message("s", title="t", mention="@on call", kind=MessageKind.CARD)
        for key in ("k1", "k2"):
            await platform.adapter.post(HERE, card, key)
        assert [line for line in api.asked if line.startswith("GET")] == [
            f"GET /channels/{TEXT}",
            f"GET /guilds/{SERVER}/roles",
        ]
        assert api.sent[-1]["allowed_mentions"]["roles"] == ["6000000000000000001"]

    run(story)


def test_what_cannot_be_asked_is_not_posted() -> None:
    async def story(api: Api, platform: Discord) -> None:
        path = f"/channels/{TEXT}"
        api.fail[path] = 404
        with pytest.raises(Undeliverable, match="The channel was deleted"):
            await platform.adapter.post(HERE, CARD, "k1")
        api.fail[path] = 403
        with pytest.raises(Undeliverable):
            await platform.adapter.post(HERE, CARD, "k1")
        assert not api.sent

    run(story)
