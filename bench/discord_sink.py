"""Discord's API as far as a channel's messages go, in a process of its own: it answers with the headers, the errors and
the delay of the real one, and keeps its limits.

https://discord.com/developers/docs/topics/rate-limits
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

A_SECOND = 50
"""Requests, over all servers; a second's worth may come at once."""
BUCKET, BUCKET_S = 5, 5.0
"""Requests of one route in one channel, and in how many seconds."""
LATENCY_S = 0.08


@dataclass(frozen=True, slots=True)
class Asked:
    """``at``: seconds on the sink's own clock."""

    at: float
    method: str
    path: str
    status: int
    body: bytes

    @property
    def channel(self) -> str:
        return self.path.split("/")[2]


@dataclass
class Sink:
    """``closed``: seconds by channel, answered once each."""

    closed: dict[str, float] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    _room: float = A_SECOND
    _looked: float = 0.0
    _buckets: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    _count: int = 10**18

    def answer(self, method: str, path: str, body: bytes, now: float) -> bytes:
        status, headers, shown = self._answer(method, path, now)
        if path.startswith("/channels/"):
            self.log.append(Asked(now, method, path, status, body))
        text = json.dumps(shown).encode()
        lines = {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"HTTP/1.1 {status} x\r\n{head}\r\n".encode() + text

    def _answer(self, method: str, path: str, now: float) -> tuple[int, Mapping[str, str], object]:
        self._room, self._looked = min(A_SECOND, self._room + (now - self._looked) * A_SECOND), now
        if self._room < 1:
            return _limited((1 - self._room) / A_SECOND, "global")
        self._room -= 1
        parts = path.split("/")
        if parts[1] != "channels":
            return 200, {}, {"id": "1", "username": "bot", "discriminator": "0", "avatar": None}
        channel, route = parts[2], f"{method}{len(parts)}"
        if wait_s := self.closed.pop(channel, 0.0):
            return _limited(wait_s, "shared")
        until, left = self._buckets.get((route, channel), (0.0, BUCKET))
        if until <= now:
            until, left = now + BUCKET_S, BUCKET
        if left == 0:
            return _limited(until - now, "user")
        self._buckets[route, channel] = until, left - 1
        headers = {
            "X-RateLimit-Limit": str(BUCKET),
            "X-RateLimit-Remaining": str(left - 1),
            "X-RateLimit-Reset-After": f"{until - now:.3f}",
            "X-RateLimit-Bucket": route,
        }
        self._count += 1
        return 200, headers, {"id": parts[4] if len(parts) > 4 else str(self._count)}


def _limited(wait_s: float, scope: str) -> tuple[int, Mapping[str, str], object]:
    headers = {"Via": "1.1 google", "Retry-After": f"{wait_s:.3f}", "X-RateLimit-Scope": scope}
    return 429, headers, {"message": "limited", "retry_after": round(wait_s, 3), "global": scope == "global"}


class _Http(asyncio.Protocol):
    """Requests one after another on a connection, each answered a little later."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n") + 4) > 3:
            head = self._seen[:end].lower()
            at = head.find(b"content-length:")
            length = end + (int(head[at + 15 : head.index(b"\r\n", at)]) if at >= 0 else 0)
            if len(self._seen) < length:
                return
            method, path, _ = self._seen[:end].split(b"\r\n", 1)[0].decode().split()
            answer = self._sink.answer(method, path, self._seen[end:length], time.perf_counter())
            self._seen = self._seen[length:]
            asyncio.get_running_loop().call_later(LATENCY_S, self._transport.write, answer)


class Door:
    """``url``: the API. What the sink keeps is asked for through a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url = f"http://127.0.0.1:{pipe.recv()}"

    def close(self, channels: Mapping[str, float]) -> None:
        """The next request for each of these is answered with a wait of so many seconds."""
        self._pipe.send(dict(channels))
        self._pipe.recv()

    def log(self) -> list[Asked]:
        """What came since the last time, of channels."""
        self._pipe.send(None)
        log: list[Asked] = self._pipe.recv()
        return log


@contextmanager
def sink() -> Iterator[Door]:
    pipe, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Door(pipe)
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection) -> None:
    sink = Sink()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Http(sink), "127.0.0.1", 0, backlog=1024)

        def obey() -> None:
            try:
                message = pipe.recv()
            except EOFError:
                loop.remove_reader(pipe.fileno())
                server.close()
                return
            if message is None:
                log, sink.log = sink.log, []
                pipe.send(log)
            else:
                sink.closed |= message
                pipe.send(None)

        loop.add_reader(pipe.fileno(), obey)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
