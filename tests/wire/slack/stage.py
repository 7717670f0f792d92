"""What the stories have in common: the bot as a process between Slack and a status page, and eyes in its channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.adapters.slack.judge import texts
from tests.servers import PageServer
from tests.wire.page import Page
from tests.wire.slack.bot import Bot, free_port, http_mode, socket_mode
from tests.wire.slack.driver import Browser, Driver, HttpLink, SocketLink
from tests.wire.slack.proxy import Json, Proxy, Rule

DEADLINE_S = 180


@dataclass
class Stage:
    proxy: Proxy
    driver: Driver
    page: Page
    bot: Bot

    async def seen(self, channel: str, *words: str, workspace: int = 0) -> list[Json]:
        """The channel's messages, once they say all of this."""

        async def there() -> list[Json]:
            messages = await self.proxy.messages(channel, workspace)
            said = "\n".join(map(read, messages))
            return messages if all(word in said for word in words) else []

        return await self.proxy.until(there)

    async def ended(self, channel: str, workspace: int = 0) -> list[Json]:
        """The channel's messages, once its root says that the incident is over."""

        async def over() -> list[Json]:
            messages = await self.proxy.messages(channel, workspace)
            return messages if messages and "resolved after" in messages[0]["text"] else []

        return await self.proxy.until(over)


@dataclass
class SocketStage(Stage):
    link: SocketLink


@dataclass
class HttpStage(Stage):
    link: HttpLink
    browser: Browser


def over_sockets(
    workspaces: list[str], folder: Path, story: Callable[[SocketStage], Awaitable[None]], *rules: Rule, **settings: str
) -> None:
    """The story, once the bot is connected; ``rules`` hold from its start."""

    async def play() -> None:
        proxy = Proxy(workspaces)
        proxy.rules += rules
        link = SocketLink(proxy)
        driver = Driver(proxy, link)
        async with _life(proxy, folder, socket_mode() | settings) as (page, bot):
            await link.until_opened(1)
            await story(SocketStage(proxy, driver, page, bot, link))

    asyncio.run(play())


def over_http(workspaces: list[str], folder: Path, story: Callable[[HttpStage], Awaitable[None]]) -> None:
    """The story, once the bot listens."""

    async def play() -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        proxy = Proxy(workspaces)
        link = HttpLink(proxy, url)
        driver = Driver(proxy, link)
        async with _life(proxy, folder, http_mode(port)) as (page, bot), Browser(proxy, url) as browser:
            await browser.ready()
            await story(HttpStage(proxy, driver, page, bot, link, browser))

    asyncio.run(play())


@asynccontextmanager
async def _life(proxy: Proxy, folder: Path, settings: dict[str, str]) -> AsyncIterator[tuple[Page, Bot]]:
    with PageServer() as server:
        page = Page(server)
        async with asyncio.timeout(DEADLINE_S), proxy, Bot(folder, proxy, page, settings) as bot:
            yield page, bot


def read(message: Any) -> str:
    return "\n".join(texts(message.get("blocks", ())))
