"""The bot as a process of its own, and its settings for both modes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from pathlib import Path
from types import TracebackType

from tests.wire.page import Page
from tests.wire.slack.driver import APP_TOKEN, SECRET
from tests.wire.slack.emulator import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET
from tests.wire.slack.proxy import Proxy

PUBLIC_URL = "http://lookout.test"
"""Where browsers would find the bot; the tests' browser knows better."""
STOP_S = 15
ROOT = Path(__file__).parents[3]


def socket_mode() -> dict[str, str]:
    return {"MODE": "socket", "BOT_TOKEN": BOT_TOKEN, "APP_TOKEN": APP_TOKEN}


def http_mode(port: int) -> dict[str, str]:
    """With OAuth, for many workspaces."""
    client = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "PUBLIC_URL": PUBLIC_URL, "HISTORY": "true"}
    return {"MODE": "http", "SIGNING_SECRET": SECRET, "HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), **client}


def free_port() -> int:
    """Below those that the system gives away, or somebody else has it by the time that the bot listens."""
    while True:
        port = random.randrange(20_000, 30_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Bot:
    """``async with Bot(…):`` started here, and stopped as an operator does it. What it logs must name no bug."""

    def __init__(self, folder: Path, proxy: Proxy, page: Page, slack: dict[str, str]) -> None:
        given = {
            "DATABASE_URL": f"sqlite:///{folder / 'lookout.db'}",
            "LOG_LEVEL": "INFO",
            "POLL_WATCHED_SECONDS": "0.3",
            "POLL_OPEN_SECONDS": "0.3",
            "FETCH_ALLOW_HOSTS": "127.0.0.1",
            **{f"SLACK_{name}": value for name, value in slack.items()},
            "SLACK_API_URL": proxy.api,
        }
        own = {name: value for name, value in os.environ.items() if not name.startswith("LOOKOUT_")}
        self._env = {**own, "PYTHONPATH": str(ROOT), **{f"LOOKOUT_{name}": value for name, value in given.items()}}
        self._page = page
        self._log = folder / "bot.log"

    async def __aenter__(self) -> Bot:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            raise
        said = self._log.read_text(encoding="utf-8")
        assert "Traceback" not in said, said
        assert self._process.returncode == 0, said

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.wire.life", self._page.url),
                stdout=log,
                stderr=log,
                cwd=self._log.parent,
                env=self._env,
            )

    def kill(self) -> None:
        """Without a warning, as a power cut does."""
        self._process.kill()

    async def dead(self) -> None:
        await self._process.wait()
