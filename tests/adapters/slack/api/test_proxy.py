"""A proxy that the environment names stands between Lookout and all of Slack, and its password stays out of the log."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.api.errors import as_delivery_error, loggable
from tests.adapters.slack.api.test_socket import envelope
from tests.adapters.slack.rig import GUARD_S, Rig, pressed, rig

PASSWORD = "hunter2"


class Proxy:
    """Passes on what it is sent, byte for byte. ``seen``: what was asked for. ``refusing``: it answers 407."""

    def __init__(self, port: int, *, refusing: bool = False) -> None:
        self.seen: list[str] = []
        self._refusing = refusing
        self._port = port

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://bob:{PASSWORD}@127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 407 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        onward, back = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self._pipe(reader, back), self._pipe(onward, writer))

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            self.seen += re.findall(r"^(?:GET|POST) (?:http|ws)://[^/]+(/\S+) HTTP", data.decode(errors="replace"))
            sink.write(data)
        sink.close()


@pytest.fixture(name="one")
def _one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with rig(tmp_path) as one:
        yield one


def behind(one: Rig, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, story: Callable[[], None], **more: str) -> str:
    """``story``, on a thread, while the bot runs; what it logged."""

    async def within() -> None:
        for name, value in {"HTTPS_PROXY": await proxy.start(), **more}.items():
            monkeypatch.setenv(name, value)
        stop = asyncio.Event()
        async with asyncio.timeout(GUARD_S), one.app() as app:
            running = asyncio.create_task(app.run(stop))
            try:
                await asyncio.to_thread(story)
            finally:
                stop.set()
                await running
                proxy.stop()

    with capture_logs() as logs:
        asyncio.run(within())
    return str(logs)


def test_calls_sockets_and_answers_go_through_it(one: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def story() -> None:
        one.slack.wait_for(lambda: one.slack.connections)
        one.slack.send(envelope("e1", "interactive", pressed("run:0", "status github", one.slack.response_url)))
        one.slack.wait_for(lambda: one.slack.answers)

    proxy = Proxy(one.slack.port)
    behind(one, proxy, monkeypatch, story)
    assert set(proxy.seen) == {"/api/auth.test", "/api/apps.connections.open", "/socket", "/answers"}


def test_a_host_that_the_environment_spares_is_called_directly(one: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy(one.slack.port)
    behind(one, proxy, monkeypatch, lambda: one.slack.wait_for(lambda: one.slack.connections), NO_PROXY="127.0.0.1")
    assert proxy.seen == []


def test_no_word_of_its_password_or_of_a_socket_s_ticket_is_logged() -> None:
    async def within() -> list[str]:
        proxy = Proxy(0, refusing=True)
        async with aiohttp.ClientSession(proxy=await proxy.start()) as pool:
            told = []
            for url in ("https://slack.test/", "wss://slack.test/link?ticket=s3cret"):
                with pytest.raises(aiohttp.ClientHttpProxyError) as caught:
                    await pool.get(url)
                told += [loggable(caught.value), str(as_delivery_error(caught.value))]
        proxy.stop()
        return told

    assert asyncio.run(within()) == ["HTTP 407", "Slack cannot be reached: again in 5 s"] * 2
