"""Where the bot reaches past discord.py's public API, all in this module, each with its reason.

Written for discord.py 2.7.1; ``pyproject.toml`` holds it to ``~=2.7.1`` as long as one of these stays. Beside them the
adapter uses ``Client.http.request`` with a ``Route``: the only way to send a body as JSON through discord.py's limits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

from bot.adapters.discord.api.buckets import MAX_WAIT_S, Bucket, Buckets

API_URL: str = Route.BASE
"""Discord's own."""
MIN_OWN_WAIT_S = 30.0
"""The shortest longest wait that discord.py means its own limits for."""

log = structlog.get_logger(__name__)


def use_api_url(url: str) -> None:
    """``Route.BASE``: no option names another API, such as a proxy or a test's; this one is for the whole process."""
    Route.BASE = url


async def use_its_gateway(client: discord.Client) -> None:
    """``DiscordWebSocket.DEFAULT_GATEWAY``: after a session that was refused, discord.py goes to Discord's own gateway,
    whatever the API named."""
    _, url, _ = await client.http.get_bot_gateway()
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)


async def close_session(client: discord.Client) -> None:
    """``http.close`` and ``http.connector``: a login that failed keeps its connector, closed, for the next login, and
    ``Client.clear`` does not renew it."""
    await client.http.close()
    client.http.connector = discord.utils.MISSING


def silence_voice_warnings() -> None:
    """``VoiceClient.warn_nacl`` and ``warn_dave``: no option says that voice is not used, so that its libraries are
    missing would be logged at each start."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def install_buckets(http: HTTPClient, clock: Callable[[], float]) -> None:
    """``http._buckets`` and ``http.max_ratelimit_timeout``: no option replaces discord.py's limits of single routes,
    nor takes a longest wait under 30 s; :mod:`bot.adapters.discord.api.buckets` says what is wrong with its own.

    Where this discord.py keeps its limits otherwise, its own stay: calls then wait longer, and go less often."""
    own: Any = getattr(http, "_buckets", None)
    http._buckets = Buckets(clock)  # type: ignore[assignment]
    given = getattr(http, "get_ratelimit", lambda _: None)("probe")
    if own is not None and isinstance(given, Bucket):
        # Set later than made: discord.py raises what is less than its least.
        http.max_ratelimit_timeout = MAX_WAIT_S
        return
    log.warning("discord.rate_limits_incompatible", version=discord.__version__)
    http._buckets = own or {}
    http.max_ratelimit_timeout = MIN_OWN_WAIT_S
