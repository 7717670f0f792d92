"""Whether the bot can post in a channel that the gateway does not tell it of: Discord is asked when somebody subscribes
it, not when an outage comes."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.discord.api.calls import Calls
from bot.adapters.discord.api.guild_cache import GuildCache
from bot.adapters.discord.api.permissions import ChannelKind, missing
from bot.delivery.port import DeliveryError, Undeliverable
from bot.domain import Channel

CHANNEL = "/channels/{channel_id}"


async def obstacle(calls: Calls, guild_cache: GuildCache, channel: Channel) -> str | None:
    """Why nothing can be posted there, with the remedy; ``None``: nothing is known against it. An archived thread is
    opened again by a post, where its channel lets the bot write in threads.
    https://discord.com/developers/docs/resources/channel#get-channel"""
    try:
        facts = await calls("GET", CHANNEL, channel.id)
    except Undeliverable as error:
        return error.reason
    except DeliveryError:
        return None
    granted = guild_cache.granted(replace(channel, id=str(facts.get("parent_id") or "")))
    if "thread_metadata" not in facts or granted is None:
        return None
    lacked = [permission.name for permission in missing(granted, ChannelKind.THREAD) if permission.required]
    return f"Give me {' and '.join(lacked)} in the thread's channel." if lacked else None
