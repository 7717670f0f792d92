"""Which of Discord's permissions the bot uses, for what, and which of them are missing. Pure.

https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

AUTHORIZE_URL = "https://discord.com/oauth2/authorize"
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
PIN_MESSAGES = 1 << 51
"""Apart from Manage Messages since 2026-02-23: https://discord.com/developers/docs/change-log"""
EMBED_LINKS = 1 << 14
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
ROLE, USER, CHANNEL = 1, 2, 3
"""Whom an override of a command's permissions is for."""


class ChannelKind(Enum):
    """What the bot can do in a channel."""

    THREADED = auto()
    """A text channel."""
    NEWS = auto()
    """An announcement channel."""
    FORUM = auto()
    """A forum or media channel."""
    THREAD = auto()
    """A thread that is subscribed itself."""
    PLAIN = auto()
    """Has messages but no threads: direct messages, the chat of a voice channel."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission that the bot uses."""

    flag: int
    name: str
    """As Discord's settings show it."""
    purpose: str
    """What the bot does with it, for its admins."""
    kinds: tuple[ChannelKind, ...] = tuple(ChannelKind)
    """Channels where it is used."""
    required: bool = True
    """Nothing is posted without it; without others only something falls away."""
    board_only: bool = False


USED = (
    Permission(1 << 10, "View Channel", "to see the channel that it posts in"),
    Permission(
        1 << 11,
        "Send Messages",
        "to post incidents; in a forum to make posts; to publish announcements",
        (ChannelKind.THREADED, ChannelKind.NEWS, ChannelKind.FORUM, ChannelKind.PLAIN),
    ),
    Permission(1 << 38, "Send Messages in Threads", "to post incidents in this thread", (ChannelKind.THREAD,)),
    Permission(
        EMBED_LINKS, "Embed Links", "incidents are embeds; without this they would be bare text", required=False
    ),
    Permission(
        1 << 35,
        "Create Public Threads",
        "an incident's updates go into its thread; without this into the channel",
        (ChannelKind.THREADED, ChannelKind.NEWS),
        required=False,
    ),
    Permission(
        1 << 38,
        "Send Messages in Threads",
        "an incident's updates go into its thread; without this into the channel",
        (ChannelKind.THREADED, ChannelKind.NEWS, ChannelKind.FORUM),
        required=False,
    ),
    Permission(
        READ_MESSAGE_HISTORY,
        "Read Message History",
        "after a crash, to look whether a message was sent, instead of sending none or two",
        required=False,
    ),
    Permission(
        PIN_MESSAGES,
        "Pin Messages",
        "a board is pinned, so that it is found; without this it only stands in the channel",
        (ChannelKind.THREADED, ChannelKind.THREAD, ChannelKind.PLAIN),
        required=False,
        board_only=True,
    ),
)
ALL_FLAGS = reduce(or_, (permission.flag for permission in USED))
THREAD_FLAGS = (1 << 35) | (1 << 38)


def missing(granted: int, kind: ChannelKind, *, board: bool = False) -> tuple[Permission, ...]:
    """What the bot lacks in a channel of this kind, the required first. ``granted``: its flags there; ``board``: with a
    board, too."""
    if granted & ADMINISTRATOR:
        return ()
    used = [p for p in USED if kind in p.kinds and (board or not p.board_only)]
    lacking = [p for p in used if not granted & p.flag]
    return tuple(sorted(lacking, key=lambda p: not p.required))


def may_manage(granted: int) -> bool:
    """Whether somebody with these flags in a channel may change its subscriptions."""
    return bool(granted & (ADMINISTRATOR | MANAGE_GUILD | MANAGE_CHANNELS))


def allowed_by_override(
    overrides: Iterable[Mapping[str, Any]], *, guild: int, channel: int, user: int, roles: Collection[int]
) -> bool:
    """Whether the server's admins let this person use a command that is hidden from others: ``overrides`` as Discord
    lists them for the command. A person's own goes before their roles', a closed channel before both.
    https://discord.com/developers/docs/interactions/application-commands#permissions"""
    given = {(int(o["type"]), int(o["id"])): bool(o["permission"]) for o in overrides}
    # Every channel of a server goes by the server's id less one.
    if not given.get((CHANNEL, channel), given.get((CHANNEL, guild - 1), True)):
        return False
    if (USER, user) in given:
        return given[USER, user]
    of_roles = [given[ROLE, role] for role in roles if role != guild and (ROLE, role) in given]
    return any(of_roles) if of_roles else given.get((ROLE, guild), False)


def invite_url(application: int) -> str:
    """Where an admin adds the bot to a server, with exactly the permissions that it uses."""
    query = {"client_id": application, "scope": "bot applications.commands", "permissions": ALL_FLAGS}
    return f"{AUTHORIZE_URL}?{urlencode(query)}"
