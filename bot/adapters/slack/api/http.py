"""HTTP mode: a server for what Slack posts, and for the pages of an installation. Signatures are checked by bolt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp

from bot.adapters.slack.manifest import EVENTS_PATH
from bot.adapters.slack.options import SlackOptions, SlackOptionsError

HEALTH_PATH = "/healthz"

log = structlog.get_logger(__name__)


@asynccontextmanager
async def serve(app: AsyncApp, options: SlackOptions) -> AsyncIterator[int]:
    """Serves as long as the block lasts; yields the port. Raises :class:`SlackOptionsError` when the port is taken."""
    pages = app.web_app(path=EVENTS_PATH)
    pages.router.add_get(HEALTH_PATH, _healthy)
    runner = web.AppRunner(pages, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        try:
            await site.start()
        except OSError as error:
            raise SlackOptionsError(
                f"LOOKOUT_SLACK_HTTP_HOST and _PORT: cannot listen on {options.host}:{options.port} "
                f" ({error.strerror}); take a free port."
            ) from error
        port = int(runner.addresses[0][1])
        log.info("slack.http_listening", host=options.host, port=port)
        yield port
    finally:
        await runner.cleanup()


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
