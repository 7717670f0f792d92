"""What discord.py knows of servers and channels from the gateway, without a call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import discord

from bot.adapters.discord.api.errors import NOT_IN_SERVER
from bot.adapters.discord.api.learned import Learned
from bot.adapters.discord.api.permissions import ADMINISTRATOR, MENTION_EVERYONE, ChannelKind
from bot.adapters.discord.render.message import MAX_PINGED, MentionTargets, forum_tags
from bot.delivery.port import OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Channel, Mention
from bot.message import Tone

PLATFORM = "discord"
DIRECT_PREFIX = "@me"
"""The workspaces of direct messages begin with this. Each conversation is its own workspace: its subscriptions and
added pages are private."""
NOT_READY_RETRY_S = 3.0
UNAVAILABLE_RETRY_S = 60.0
_BETWEEN = re.compile(r"[,;&+]|\band\b")
_MENTION = re.compile(r"<@(&|!)?(\d{15,21})>")

_KINDS = {
    discord.ChannelType.text: ChannelKind.THREADED,
    discord.ChannelType.news: ChannelKind.NEWS,
    discord.ChannelType.forum: ChannelKind.FORUM,
    discord.ChannelType.media: ChannelKind.FORUM,
    discord.ChannelType.public_thread: ChannelKind.THREAD,
    discord.ChannelType.private_thread: ChannelKind.THREAD,
    discord.ChannelType.news_thread: ChannelKind.THREAD,
}

KnownChannel = discord.abc.GuildChannel | discord.Thread


def is_direct(channel: Channel) -> bool:
    return channel.workspace.startswith(DIRECT_PREFIX)


def everyone_mention(channel: Channel) -> str:
    """How Discord writes @everyone: the role with the server's own id."""
    return f"<@&{channel.workspace}>"


class GuildCache:
    """Look-ups in discord.py's cache by the bot's own channels. ``client``: replaced when the bot connects anew.
    ``learned``: the gateway does not tell this process of all servers, so what it knows of channels elsewhere it has
    asked for."""

    def __init__(self, client: discord.Client, learned: Learned | None = None) -> None:
        self.client = client
        self.shards: dict[int, discord.Client] = {}
        """Those that this process has of several, by their numbers."""
        self.shard_count: int | None = None
        """``None``: ``client`` has all that there are."""
        self._learned = learned

    @property
    def bot_user_id(self) -> str:
        """The bot's own user id, ``""`` before it is known."""
        return str(self.client.user.id) if self.client.user else ""

    def guild(self, channel: Channel) -> discord.Guild | None:
        client = self._client_of(channel)
        return client.get_guild(int(channel.workspace)) if client and channel.workspace.isdecimal() else None

    def is_heard(self, channel: Channel) -> bool:
        """Whether the gateway tells this process of the channel's server."""
        client = self._client_of(channel)
        return client is not None and client.is_ready()

    def is_of(self, channel: Channel, client: discord.Client) -> bool:
        """Whether that client is the one that is told of the channel's server."""
        return self._client_of(channel) is client

    def _client_of(self, channel: Channel) -> discord.Client | None:
        """https://discord.com/developers/docs/events/gateway#sharding-sharding-formula"""
        if self.shard_count is None:
            return self.client
        number = (int(channel.workspace) >> 22) % self.shard_count if channel.workspace.isdecimal() else 0
        return self.shards.get(number)

    def _asked(self, channel: Channel) -> Learned | None:
        """What was asked of a channel that the gateway does not tell of."""
        return self._learned if self.guild(channel) is None else None

    def get_channel(self, channel: Channel) -> KnownChannel | None:
        guild = self.guild(channel)
        return guild.get_channel_or_thread(int(channel.id)) if guild and channel.id.isdecimal() else None

    async def learn(self, channel: Channel, mention: str | None = None) -> None:
        """To be called before the others where the bot posts: asks Discord for what the gateway does not tell here.
        Raises :class:`DeliveryError`."""
        learned = self._asked(channel)
        if learned is None or is_direct(channel):
            return
        try:
            await learned.learn(channel, roles=bool(mention and "@" in _MENTION.sub(" ", mention)))
        except OutcomeUnknown as error:
            # It was a question: nothing was posted.
            raise RetryLater(NOT_READY_RETRY_S, str(error)) from error

    def check(self, channel: Channel) -> None:
        """Raises :class:`RetryLater` while the server is away, :class:`Undeliverable` once the bot is not in it."""
        heard = self.is_heard(channel)
        if self._learned is not None and not heard:
            return
        guild = self.guild(channel)
        if guild is None and not heard:
            raise RetryLater(NOT_READY_RETRY_S, "not connected to Discord yet")
        if is_direct(channel):
            return
        if guild is None:
            raise Undeliverable(NOT_IN_SERVER, whole_workspace=True)
        if guild.unavailable:
            raise RetryLater(UNAVAILABLE_RETRY_S, "the server is unavailable", whole_workspace=True)

    def kind(self, channel: Channel) -> ChannelKind:
        """An unknown channel counts as a text channel; Discord's errors correct that."""
        if (asked := self._asked(channel)) and (learned := asked.channel(channel)):
            type_ = discord.enums.try_enum(discord.ChannelType, learned.type)
            return _KINDS.get(type_, ChannelKind.PLAIN)
        known = self.get_channel(channel)
        if known is None:
            return ChannelKind.PLAIN if is_direct(channel) else ChannelKind.THREADED
        return _KINDS.get(known.type, ChannelKind.PLAIN)

    def granted(self, channel: Channel) -> int | None:
        """The bot's permission flags in the channel, ``None`` where they are not known."""
        known = self.get_channel(channel)
        guild = self.guild(channel)
        if isinstance(known, discord.Thread) and known.parent is None:
            return None
        return known.permissions_for(guild.me).value if known and guild and guild.me else None

    def has_thread(self, channel: Channel, thread_id: str) -> bool:
        """Whether it is an active thread; the gateway does not report archived ones."""
        guild = self.guild(channel)
        return bool(guild and thread_id.isdecimal() and guild.get_thread(int(thread_id)))

    async def threads(self, channel: Channel) -> list[str]:
        """The bot's own active threads under the channel, the newest first."""
        guild = self.guild(channel)
        ids = [thread.id for thread in guild.threads if str(thread.parent_id) == channel.id] if guild else []
        if (asked := self._asked(channel)) and not is_direct(channel):
            ids = await asked.threads(channel)
        return [str(id) for id in sorted(ids, reverse=True)]

    def mention_targets(self, channel: Channel, typed: str | None) -> MentionTargets:
        """Whom a typed mention may ping: mentions as Discord writes them, and roles by name. Never @everyone, the role
        with the server's own id."""
        return self._resolve(channel, typed)[0] if typed else MentionTargets()

    def unpingable_text(self, channel: Channel, typed: str) -> str:
        """What of a typed mention names nobody, as far as is known; everyone is nobody here."""
        if self.guild(channel) is None and not is_direct(channel):
            return ""
        return self._resolve(channel, Mention.parse(typed).target)[1]

    def _resolve(self, channel: Channel, typed: str) -> tuple[MentionTargets, str]:
        roles = [int(i) for sign, i in _MENTION.findall(typed) if sign == "&" and i != channel.workspace]
        users = [int(i) for sign, i in _MENTION.findall(typed) if sign != "&"]
        named = _MENTION.sub(" ", typed)
        for role, name in sorted(self._roles(channel), key=lambda role: -len(role[1])):
            named, times = re.subn(f"@{re.escape(name.removeprefix('@'))}(?!\\w)", " ", named, flags=re.IGNORECASE)
            roles += [role] if times else []
        roles = list(dict.fromkeys(roles))[:MAX_PINGED]
        targets = MentionTargets(tuple(roles), tuple(dict.fromkeys(users))[: MAX_PINGED - len(roles)])
        return targets, " ".join(_BETWEEN.sub(" ", named).split())

    def _roles(self, channel: Channel) -> list[tuple[int, str]]:
        """Id and name of each but @everyone, the role with the server's own id."""
        guild = self.guild(channel)
        known = [(role.id, role.name) for role in guild.roles] if guild else []
        listed = asked.roles(channel) if (asked := self._asked(channel)) else known
        return [role for role in listed if str(role[0]) != channel.workspace]

    def selectable_targets(self, channel: Channel, typed: str) -> MentionTargets | None:
        """Those of them that a select can show: people, and roles that still exist. ``None`` while roles are
        unknown, as the server is not there."""
        found, guild = self.mention_targets(channel, Mention.parse(typed).target), self.guild(channel)
        shown = MentionTargets(tuple(role for role in found.roles if guild and guild.get_role(role)), found.users)
        return None if guild is None and found != shown else shown

    def unpingable_roles(self, channel: Channel, typed: str) -> list[int]:
        """Those of the roles that would be shown, but not pinged."""
        guild, granted = self.guild(channel), self.granted(channel)
        if guild is None or granted is None or granted & (ADMINISTRATOR | MENTION_EVERYONE):
            return []
        found = (guild.get_role(role) for role in self.mention_targets(channel, Mention.parse(typed).target).roles)
        return [role.id for role in found if role and not role.mentionable]

    def tags_for(self, channel: Channel, tone: Tone) -> list[str]:
        """Ids of the forum's tags for this state; at least one where the forum requires a tag."""
        if (asked := self._asked(channel)) and (learned := asked.channel(channel)):
            return forum_tags(learned.tags, tone) or [id for _, id in learned.tags[:1] if learned.needs_tag]
        forum = self.get_channel(channel)
        if not isinstance(forum, discord.ForumChannel):
            return []
        usable = [(tag.name, str(tag.id)) for tag in forum.available_tags if not tag.moderated]
        return forum_tags(usable, tone) or ([usable[0][1]] if usable and forum.flags.require_tag else [])

    def applied_tags(self, channel: Channel, post_id: str) -> list[str] | None:
        """Ids of the tags of a forum post, ``None`` where they are not known."""
        if asked := self._asked(channel):
            return list(asked.applied.get(post_id, ()))
        guild = self.guild(channel)
        thread = guild.get_thread(int(post_id)) if guild and post_id.isdecimal() else None
        return [str(tag.id) for tag in thread.applied_tags] if thread else None

    def note_tags(self, post_id: str, tags: Sequence[str]) -> None:
        """The bot gave them to a forum post."""
        if self._learned is not None:
            self._learned.applied[post_id] = tags

    def missing_channels(self, channels: list[Channel]) -> Iterator[Channel]:
        """Channels that the bot does not see though it is in their server: deleted, hidden, or archived threads."""
        for channel in channels:
            guild = self.guild(channel)
            if guild and not guild.unavailable and self.get_channel(channel) is None:
                yield channel
