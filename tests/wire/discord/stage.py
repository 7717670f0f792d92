"""The twin, the proxy before it, a status page, and the bot as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.domain import Channel, ChannelState
from bot.store import Store
from tests.servers import PageServer
from tests.wire.discord.proxy import Proxy, Request
from tests.wire.discord.twin import Twin, twin
from tests.wire.page import Page

ROOT = Path(__file__).parents[3]
WAIT_S = 60.0
"""Far longer than it takes: the machine may be busy."""
LOOK_S = 0.05


@dataclass
class Life:
    """One process of the bot. ``log``: its lines so far."""

    process: asyncio.subprocess.Process
    log: list[str] = field(default_factory=list)
    _said: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            self.log.append(line.decode().rstrip())
            self._said.set()
        self._said.set()

    async def says(self, words: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while not any(words in line for line in self.log):
                self._said.clear()
                await self._said.wait()

    async def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(by)
        async with asyncio.timeout(WAIT_S):
            return await self.process.wait()


@dataclass
class Stage:
    twin: Twin
    proxy: Proxy
    page: Page
    server: PageServer
    folder: Path

    @property
    def here(self) -> str:
        return self.twin.channels[0]

    @property
    def _database(self) -> str:
        return f"sqlite:///{self.folder / 'lookout.db'}"

    def state(self, channel: str) -> ChannelState:
        """What the bot has on record of it."""
        store = Store(self._database)
        try:
            return store.channels.state(Channel("discord", self.twin.guild, channel))
        finally:
            store.close()

    @asynccontextmanager
    async def bot(self, *, ready: bool = True) -> AsyncIterator[Life]:
        """Started as an operator does it, and stopped so, if the test did not."""
        given = {
            "DATABASE_URL": self._database,
            "LOG_LEVEL": "INFO",
            "POLL_WATCHED_SECONDS": "0.2",
            "POLL_OPEN_SECONDS": "0.2",
            "POLL_IDLE_SECONDS": "0.2",
            "FETCH_ALLOW_HOSTS": "127.0.0.1",
            "DISCORD_TOKEN": "fake-bot-token",
            "DISCORD_API_URL": self.proxy.api,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOOKOUT_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.wire.life",
            self.page.url,
            cwd=self.folder,
            env={**inherited, "PYTHONPATH": str(ROOT), **{f"LOOKOUT_{name}": value for name, value in given.items()}},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        life = Life(process)
        listening = asyncio.create_task(life.listen())
        try:
            if ready:
                await life.says("discord.connected")
            yield life
            await life.stop()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await listening
            print("\n".join(life.log))  # noqa: T201 (shown by pytest where a test fails)
            strange = [line for line in life.log if "Traceback" in line or "[error" in line]
            assert not strange, "\n".join(life.log)

    # --- what people do and see --------------------------------------------------------------------------------------

    async def slash(self, name: str, *, calls: int = 1, **options: str) -> list[Request]:
        """By how many calls it was answered."""
        given = [{"name": option, "type": 3, "value": value} for option, value in options.items()]
        asked = await self.twin.do("slash", channelId=self.here, name=name, options=given)
        return await self.answers(asked, calls)

    async def press(self, message: Any, label: str) -> list[Request]:
        buttons = [one for row in message["components"] for one in row["components"]]
        custom = next(one["custom_id"] for one in buttons if one["label"] == label)
        asked = await self.twin.do("press", channelId=self.here, messageId=message["id"], customId=custom)
        return await self.answers(asked, 1)

    async def answers(self, interaction: Any, calls: int) -> list[Request]:
        def seen() -> list[Request]:
            found = [one for one in self.proxy.requests if interaction["token"] in one.path]
            return found if len(found) >= calls else []

        answers: list[Request] = await self.proxy.until(seen)
        return answers

    async def subscribe(self) -> Any:
        (answer,) = await self.slash("subscribe", vendor="acme")
        return answer.body["data"]

    async def messages(self, place: str) -> list[Any]:
        """The bot's messages in a channel or a thread, oldest first; answers to commands are none."""
        told = self.proxy.shown(await self.twin.do("messages", channelId=self.proxy.inward(place)))
        return [one for one in told if not one.get("webhook_id") and place == one["channel_id"]]

    async def texts(self, place: str) -> list[str]:
        """What the bot's replies there say below their first line."""
        return [one["content"].partition("\n")[2] for one in await self.messages(place)]

    async def until(self, seen: Callable[[], Any], within_s: float = WAIT_S) -> Any:
        """What ``seen`` gives as soon as that is something: it looks at what other processes keep."""
        async with asyncio.timeout(within_s):
            while not (found := await seen()):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)
            return found


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Afterwards: nothing that Discord would refuse was sent."""
    with PageServer() as server:
        async with twin() as there, Proxy(there) as proxy:
            yield Stage(there, proxy, Page(server), server, folder)
            assert not proxy.complaints, "\n".join(proxy.complaints)
