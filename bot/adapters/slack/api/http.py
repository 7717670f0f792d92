"""HTTP mode: a server for what Slack posts, and for the pages of an installation. Signatures are checked by bolt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp

from bot.adapters.slack.manifest import EVENTS_PATH
from bot.adapters.slack.options import SetupError, SlackOptions

HEALTH_PATH = "/healthz"

log = structlog.get_logger(__name__)


@asynccontextmanager
async def serving(app: AsyncApp, setup: SlackOptions) -> AsyncIterator[int]:
    """Listens as long as the block lasts; gives the port. Raises :class:`SetupError` when the port is taken."""
    pages = app.web_app(path=EVENTS_PATH)
    pages.router.add_get(HEALTH_PATH, _healthy)
    runner = web.AppRunner(pages, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, setup.host, setup.port)
        try:
            await site.start()
        except OSError as error:
            raise SetupError(
                f"LOOKOUT_SLACK_HTTP_HOST and _PORT: cannot listen on {setup.host}:{setup.port} ({error.strerror}); "
                "take a free port."
            ) from error
        port = int(runner.addresses[0][1])
        log.info("listening to Slack", host=setup.host, port=port)
        yield port
    finally:
        await runner.cleanup()


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
