"""Where the bot reaches past what discord.py documents, all in this module, each with its reason.

Written for discord.py 2.7.1; ``pyproject.toml`` holds it to ``~=2.7.1`` as long as one of these stays. Beside them:

- ``Client.http.request`` with a ``Route`` (:mod:`~bot.adapters.discord.api.calls`): the only way to send a body with
  the nonce of a delivery's key through discord.py's session and limits.
- ``on_interaction`` (:mod:`~bot.adapters.discord.client`) is documented, though not recommended: commands come from the
  bot's own table, with options that a ``CommandTree`` of functions cannot be made of; and of a press ``DynamicItem``
  looks for the button in the message, and drops it without a word where it does not find it.
"""

from __future__ import annotations

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

API_URL: str = Route.BASE
"""Discord's own."""


def use_api_url(url: str) -> None:
    """``Route.BASE``: no option names another API, such as a proxy or a test's; this one is for the whole process."""
    Route.BASE = url


async def use_its_gateway(client: discord.Client) -> None:
    """``DiscordWebSocket.DEFAULT_GATEWAY``: after a session that was refused, discord.py goes to Discord's own gateway,
    whatever the API named."""
    _, url, _ = await client.http.get_bot_gateway()
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)


def silence_voice_warnings() -> None:
    """``VoiceClient.warn_nacl`` and ``warn_dave``: no option says that voice is not used, so that its libraries are
    missing would be logged at each start."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
