"""Slack's part of the bot's HTTP server, on a port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.adapters.slack.api.http import HttpLimits, slack_http
from bot.adapters.slack.platform import Slack
from bot.web.listening import listen
from bot.web.server import ConnectionLimits, serve


@asynccontextmanager
async def served(
    app: Slack, limits: HttpLimits | None = None, connections: ConnectionLimits | None = None
) -> AsyncIterator[int]:
    """Yields the port."""
    stop, listening = asyncio.Event(), listen("127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    slack = slack_http(app.app, app.options, limits or HttpLimits())
    serving = asyncio.create_task(serve(slack, listening, stop, limits=connections or ConnectionLimits()))
    try:
        yield port
    finally:
        stop.set()
        await serving
