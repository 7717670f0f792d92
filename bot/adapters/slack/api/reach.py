"""Whether the app can post in a channel: Slack is asked when somebody subscribes it, not when an outage comes."""

from __future__ import annotations

from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.errors import CHANNEL_ERRORS, ScopeMissing
from bot.delivery.port import DeliveryError, Undeliverable
from bot.domain import Channel

_OBSTACLES = (
    ("is_archived", "is_archived"),
    ("is_read_only", "restricted_action_read_only_channel"),
    ("is_thread_only", "restricted_action_thread_only_channel"),
)
"""What ``conversations.info`` says of a channel, and how a post in it would fail."""


async def obstacle(calls: Calls, channel: Channel) -> str | None:
    """Why nothing can be posted there, with the remedy; ``None``: nothing is known against it. A public channel needs
    no invitation. https://docs.slack.dev/reference/methods/conversations.info"""
    if not channel.id or channel.id.startswith("D"):
        return None
    try:
        answer = await calls(channel.workspace, "conversations.info", {"channel": channel.id})
    except ScopeMissing:
        return None
    except Undeliverable as error:
        return error.reason
    except DeliveryError:
        return None
    facts = answer.get("channel") or {}
    if facts.get("is_private") and facts.get("is_member") is False:
        return CHANNEL_ERRORS["not_in_channel"]
    return next((CHANNEL_ERRORS[error] for fact, error in _OBSTACLES if facts.get(fact) is True), None)


async def successor(calls: Calls, channel: Channel) -> str | None:
    """The id that Slack knows the channel by now; ``None``: by this one, or by none. A channel that was made private,
    or shared, may have got another."""
    try:
        answer = await calls(channel.workspace, "conversations.info", {"channel": channel.id})
    except DeliveryError:
        return None
    found = str((answer.get("channel") or {}).get("id") or "")
    return found if found not in ("", channel.id) else None
