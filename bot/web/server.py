"""The HTTP server in the bot's process: one port, on this machine alone unless the operator says otherwise."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

MAX_CONNECTIONS = 500
"""At once; more are answered with 503."""
KEEP_ALIVE_S = 10
STOP_S = 3
"""Requests under way may take this long when the bot stops."""

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the bot's."""
        yield


async def serve(app: ASGIApp, listening: socket.socket, stop: asyncio.Event) -> None:
    """Until ``stop``. ``listening`` is closed then."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
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
