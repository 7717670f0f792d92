"""Discord's errors as errors of the delivery port: one table, pure. Raises nothing itself.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json; a code unknown to the table was refused
by Discord, so nothing was shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import aiohttp
import discord

from bot.delivery.port import DeliveryError, MessageGone, MessageRejected, OutcomeUnknown, RetryLater, Undeliverable

CALL_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)
"""All that a call through discord.py raises."""
UNREACHABLE = (discord.GatewayNotFound, discord.HTTPException, aiohttp.ClientError, OSError)
"""Discord is away, which passes by itself."""
UNREACHABLE_RETRY_S = 5.0
"""There was no connection at all."""
BANNED_RETRY_S = 900.0
"""Cloudflare refuses this address for a while; asking again prolongs it."""
TOKEN_RETRY_S = 600.0
"""The token is refused: the bot stops, and no channel is to blame."""

UNKNOWN_CHANNEL = 10003
UNKNOWN_SERVER = 10004
UNKNOWN_MESSAGE = 10008
THREAD_EXISTS = 160004
NO_HISTORY = 160002
ALREADY_PUBLISHED = 40033
TAG_REQUIRED = 40067
INVALID_FORM_BODY = 50035
INTERACTION_OVER = frozenset({10062, 10015, 40060})
"""The interaction expired, or was answered already."""

RETRY_DELAYS = {
    30046: (300.0, "too many edits of messages older than an hour"),
    20016: (30.0, "the channel is in slow mode"),
    20022: (60.0, "too many edits in an announcement channel"),
    20028: (30.0, "the channel's write limit"),
    20029: (30.0, "the server's write limit"),
    130000: (30.0, "Discord is overloaded there"),
    40333: (60.0, "Discord's network fails"),
}
"""By code: seconds to wait, and why."""

THREAD_ERRORS = {
    50083: "the thread is archived",
    160005: "the thread is locked",
    160006: "the server has as many active threads as it may",
    160007: "the server has as many active announcement threads as it may",
    50024: "this kind of channel has no threads",
}
"""By code: why a message cannot go into its thread; it goes into the channel."""

CHANNEL_DELETED = "The channel was deleted: subscribe in another one."
NOT_IN_SERVER = "I am not in this server any more: an admin has to invite me again."
PERMISSIONS_REMEDY = "Give me View Channel, Send Messages and Embed Links there"
CHANNEL_ERRORS = {
    UNKNOWN_CHANNEL: CHANNEL_DELETED,
    50001: f"I cannot see the channel. {PERMISSIONS_REMEDY}.",
    50013: f"I may not post in the channel. {PERMISSIONS_REMEDY}.",
    50008: "This kind of channel takes no messages: subscribe in another one.",
    TAG_REQUIRED: "The forum takes only posts with a tag: add a tag that I may use, or let posts be without one.",
    50007: "This person takes no direct messages from me.",
    50278: "This person takes no direct messages from me.",
    10013: "Discord does not know this person.",
}
"""By code: why a channel or a person cannot be reached. Each sentence ends in its remedy."""

_PATH = re.compile(r"^In ([\w.]+): ", re.MULTILINE)


class NoThread(MessageRejected):
    """The message cannot stand in its thread; in the channel it can."""


class ThreadExists(MessageRejected):
    """What was to be made is there already, with the id of its message."""


class AlreadyPublished(MessageRejected):
    """Those who follow the channel have the message."""


class NoHistory(MessageRejected):
    """Without Read Message History nothing can be a reply to a message."""


class UnknownChannel(Undeliverable):
    """There is no channel with this id; where it was a thread's, only the thread is gone."""


@dataclass(frozen=True, slots=True)
class DiscordFailure:
    """An error response."""

    status: int
    code: int = 0
    """Discord's own code, 0 without one."""
    text: str = ""
    paths: tuple[str, ...] = ()
    """Parts of the body that Discord refuses: ``embeds.0.title``."""


def failure_of(error: discord.HTTPException) -> DiscordFailure:
    """discord.py tells what of a body is refused in lines such as ``In embeds.0.title: Must be 256 or fewer``."""
    return DiscordFailure(error.status, error.code, error.text, tuple(_PATH.findall(error.text)))


def delivery_error(failure: DiscordFailure, ref: str | None = None) -> DeliveryError:
    """``ref``: the message that was to be edited or replied to."""
    code, description = failure.code, f"{failure.code} {failure.text}".strip()
    if failure.status == 429:
        return RetryLater(BANNED_RETRY_S, "Discord refuses this address for a while")
    if failure.status == 401:
        return RetryLater(TOKEN_RETRY_S, "Discord does not take the token")
    if code in RETRY_DELAYS:
        return RetryLater(*RETRY_DELAYS[code])
    if failure.status >= 500:
        return OutcomeUnknown(f"HTTP {failure.status} {description}")
    if code in THREAD_ERRORS:
        return NoThread(THREAD_ERRORS[code])
    if code == THREAD_EXISTS:
        return ThreadExists(description)
    if code == ALREADY_PUBLISHED:
        return AlreadyPublished(description)
    if code == NO_HISTORY:
        return NoHistory(description)
    if ref is not None and (code == UNKNOWN_MESSAGE or _is_unknown_reference(failure)):
        return MessageGone(ref)
    if code == UNKNOWN_CHANNEL:
        return UnknownChannel(CHANNEL_DELETED)
    if code == UNKNOWN_SERVER:
        return Undeliverable(NOT_IN_SERVER, whole_workspace=True)
    if code in CHANNEL_ERRORS:
        return Undeliverable(CHANNEL_ERRORS[code])
    if failure.status in (403, 404):
        return Undeliverable(
            f"Discord refuses to let me post in the channel: “{failure.text or failure.status}”. {PERMISSIONS_REMEDY}."
        )
    return MessageRejected(f"{description} {' '.join(failure.paths)}".strip())


def translate(error: Exception, ref: str | None = None) -> DeliveryError:
    """The port's error for any exception of a call."""
    match error:
        case DeliveryError():
            return error
        case discord.RateLimited():
            return RetryLater(error.retry_after)
        case discord.HTTPException():
            return delivery_error(failure_of(error), ref)
        case aiohttp.ClientConnectorError():
            # It never got as far as sending.
            return RetryLater(UNREACHABLE_RETRY_S, "Discord cannot be reached")
        case _:
            return OutcomeUnknown(repr(error))


def _is_unknown_reference(failure: DiscordFailure) -> bool:
    return failure.code == INVALID_FORM_BODY and any(path.startswith("message_reference") for path in failure.paths)
