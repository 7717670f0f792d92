"""Discord's settings, and what is wrong with them. Reads no environment and calls nobody."""

from __future__ import annotations

import base64
import binascii

VARIABLE = "LOOKOUT_DISCORD_TOKEN"
TOKEN_PAGE = "https://discord.com/developers/applications, page Bot, Reset Token"


class SetupError(Exception):
    """Wrong settings: one sentence that names the variable and says what to do."""


def wrong_token() -> SetupError:
    return SetupError(f"{VARIABLE}: Discord does not take this token. Make a new one: {TOKEN_PAGE}.")


def application_id(token: str) -> int:
    """The application's id, with which a token begins. Raises :class:`SetupError`."""
    if not token.strip():
        raise SetupError(
            f"{VARIABLE} is not set; copy it from {TOKEN_PAGE}, or name the application: --application ID."
        )
    first = token.strip().removeprefix("Bot ").split(".")[0]
    try:
        return int(base64.b64decode(first + "=" * (-len(first) % 4), validate=True))
    except (binascii.Error, ValueError):
        raise SetupError(f"{VARIABLE} is no bot token; copy one from {TOKEN_PAGE}.") from None
