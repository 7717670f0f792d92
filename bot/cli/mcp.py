"""``lookout mcp``: the operations as tools of language models."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.terminal import fail, public_site, read_catalog, read_settings

if TYPE_CHECKING:
    from bot.commands.operations.for_key import Desk
    from bot.config import Settings

NAMES_OF_THIS_MACHINE = ("127.0.0.1:*", "localhost:*", "[::1]:*")


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP, with a key in each request, instead of stdin and stdout.")
    ] = False,
) -> None:
    """Offer the bot's look-ups and changes as tools of a language model (Model Context Protocol)."""
    from bot.app.run import utc_now
    from bot.commands.operations.for_key import Desk
    from bot.store import Store, StoreError

    settings = read_settings()
    try:
        import mcp as _library  # noqa: F401
    except ImportError:
        fail("This takes a library that is not installed: pip install 'lookout-bot[mcp]'.")
    token = settings.mcp_key.get_secret_value()
    try:
        store = Store(settings.database_url)
    except StoreError as error:
        fail(str(error))
    try:
        # Who starts it has the database: what vendors published is no secret to them.
        public = settings.api_public if http else True
        desk = Desk(store, read_catalog(settings), utc_now, public, public_site(settings))
        if not http and token and desk.key(token) is None:
            fail("LOOKOUT_MCP_KEY is no valid key: make one with lookout key create.")
        asyncio.run(_over_http(desk, settings) if http else _over_stdio(desk, token))
    except KeyboardInterrupt:
        pass
    except StoreError as error:
        fail(str(error))
    finally:
        store.close()


async def _over_stdio(desk: Desk, token: str) -> None:
    from bot.mcp_server.transports import serve_stdio
    from bot.threads import Threads

    with closing(Threads(2)) as threads:
        await serve_stdio(desk, threads, token)


async def _over_http(desk: Desk, settings: Settings) -> None:
    from bot.mcp_server.transports import PATH, serve_http
    from bot.threads import Threads
    from bot.web.api.rate import Rate
    from bot.web.listening import CannotListen, address, listen

    try:
        listening = listen(settings.mcp_host, settings.mcp_port)
    except CannotListen as error:
        fail(str(error).replace("LOOKOUT_WEB_", "LOOKOUT_MCP_"))
    typer.echo(f"Tools are served at {address(listening)}{PATH}.", err=True)
    hosts = (*NAMES_OF_THIS_MACHINE, settings.mcp_host, f"{settings.mcp_host}:*", *settings.mcp_names)
    with closing(Threads(4)) as threads:
        rate = Rate(settings.api_requests_per_minute)
        await serve_http(desk, threads, rate, time.monotonic, listening, asyncio.Event(), hosts)
