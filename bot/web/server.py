"""The HTTP server in the bot's process: one application, on this machine alone unless the operator says otherwise.

It may be open to the world: no connection is held by half a request, by a reader that does not read, or by nothing, and
what is refused costs a line a minute.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, cast

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.refusals import Refusals

KEEP_ALIVE_S = 10
STOP_S = 3
"""Requests under way may take this long when the bot stops."""
BACKLOG = 1_000
"""Connections that wait to be taken: one that finds no room hangs."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a connection may take."""

    connections: int = 500
    """At once; the others are closed, so that the process keeps files for all else."""
    life_s: float = 30.0
    """From its opening; what is being answered then is still answered."""
    reader_s: float = 5.0
    """An answer whose reader takes nothing of it for so long is given up."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the bot's."""
        yield


async def serve(
    app: ASGIApp,
    listening: socket.socket,
    stop: asyncio.Event,
    *,
    trusted_proxies: Sequence[str] = (),
    limits: ConnectionLimits = ConnectionLimits(),
) -> None:
    """Until ``stop``. ``listening`` is closed then. ``trusted_proxies``: addresses and networks whose word on whom they
    ask for is taken."""
    if trusted_proxies:
        app = cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, app), list(trusted_proxies)))
    config = uvicorn.Config(
        app,
        http=cast(Any, _connections(limits)),
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
    )
    server = _Server(config)
    with closing(listening):
        serving = asyncio.create_task(server.serve([listening]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        stopping.cancel()
        try:
            await serving
        except Exception:
            log.exception("web.server_failed")


def by_prefix(app: ASGIApp, others: Mapping[str, ASGIApp]) -> ASGIApp:
    """``app``, except for paths that begin as one of the ``others``: that has them to itself."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path") or "")
        await next((other for prefix, other in others.items() if path.startswith(prefix)), app)(scope, receive, send)

    return routed if others else app


def _connections(limits: ConnectionLimits) -> Callable[..., asyncio.Protocol]:
    """What uvicorn makes for each connection."""
    refusals = Refusals(asyncio.get_running_loop().time, _say_refused)
    logger = _malformed(refusals)

    def connection(**about: Any) -> asyncio.Protocol:
        if len(about["server_state"].connections) >= limits.connections:
            refusals.note("too many connections", 0)
            return _Closed()
        return _Connection(limits, logger, **about)

    return connection


class _Closed(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class _Connection(H11Protocol):
    """uvicorn's own, with an end."""

    def __init__(self, limits: ConnectionLimits, logger: logging.Logger, **about: Any) -> None:
        super().__init__(**about)
        self.logger = logger
        self._limits = limits
        self._look: asyncio.TimerHandle | None = None
        self._unread = 0
        """Bytes of an answer that its reader had not taken at the last look."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's is
        super().connection_made(transport)
        self._look = self.loop.call_later(self._limits.life_s, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look:
            self._look.cancel()
        super().connection_lost(exc)

    def _end(self) -> None:
        """Idle, or with half a request, it is closed at once; otherwise after the answer."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            self.transport.close()
            return
        if not cycle.response_started and cycle.keep_alive:
            # Whoever keeps connections for later, such as a reverse proxy, is told so.
            cycle.default_headers = [*cycle.default_headers, (b"connection", b"close")]
        cycle.keep_alive = False
        unread = self.transport.get_write_buffer_size()
        if unread and unread >= self._unread > 0:
            self.transport.abort()
            return
        self._unread = unread
        self._look = self.loop.call_later(self._limits.reader_s, self._end)


def _malformed(refusals: Refusals) -> logging.Logger:
    """What uvicorn would log of each request that is no HTTP; its errors are logged as they are."""

    def note(record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            refusals.note("no HTTP", 400)
        return record.levelno >= logging.ERROR

    logger = logging.Logger("bot.web.http")
    logger.parent = logging.getLogger()
    logger.addFilter(note)
    return logger


def _say_refused(kind: str, status: int, count: int) -> None:
    log.warning("web.refused", kind=kind, status=status, count=count)
