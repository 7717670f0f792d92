"""Messages about Discord's own obstacles: missing permissions, a server that the bot is not in, commands and buttons
that do not exist any more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.adapters.discord.api.permissions import ChannelKind, missing
from bot.domain import Channel
from bot.message import ChannelMention, Items, Link, Message, Paragraph, Person, Strong, Tone
from bot.wording.errors import pings_nobody

NO_EVERYONE = "I never mention everyone. Choose roles or people."

_EVERYONE = re.compile(r"@(?:everyone|here)\b", re.IGNORECASE)


def unpingable_text(whom: str) -> str:
    """``whom``: what was typed to be mentioned, and is nobody."""
    if _EVERYONE.search(whom):
        return NO_EVERYONE
    return pings_nobody(whom, "Discord user or role", "Choose it in the list that Discord offers after @.")


def missing_permissions_message(
    granted: int, kind: ChannelKind, channel: Channel, *, board: bool = False
) -> Message | None:
    """``None`` if nothing is missing. ``granted``: the bot's permission flags in the channel; ``board``: also what a
    board needs."""
    lacked = missing(granted, kind, board=board)
    if not lacked:
        return None
    cannot_post = any(permission.required for permission in lacked)
    names = ", ".join(permission.name for permission in lacked)
    title = "I can't post in this channel yet." if cannot_post else f"I'm missing a permission here: {names}."
    if len(lacked) > 1 and not cannot_post:
        title = f"I'm missing permissions here: {names}."
    return Message(
        summary=f"{title} Missing: {names}." if cannot_post else title,
        tone=Tone.UNKNOWN if cannot_post else Tone.PLAIN,
        title=title,
        blocks=(
            Paragraph(("Give my role these permissions in ", ChannelMention(channel.id), ":")),
            Items(tuple((Strong(permission.name), f" — {permission.purpose}") for permission in lacked)),
        ),
    )


def unfollowable_message(channel: Channel) -> Message:
    """Publishing was turned on where nobody can follow the channel."""
    title = "Nobody can follow this channel yet."
    ask = ("Turn on “Announcement Channel” in the settings of ", ChannelMention(channel.id), ".")
    needs = "Your server has to be a Community for that (Server Settings, Enable Community)."
    return Message(title, title=title, blocks=(Paragraph(ask), Paragraph((needs,))))


def unpingable_message(roles: Sequence[int]) -> Message:
    """For roles that not everybody may mention."""
    title = "I can show this mention, but it pings nobody yet."
    named = [span for role in roles for span in (", ", Person(f"&{role}"))][1:]
    ask = ("Turn on “Allow anyone to @mention this role” in the settings of ", *named, ".")
    return Message(title, title=title, blocks=(Paragraph(ask),))


def not_in_server_message(command: str, invite: str) -> Message:
    """For a user-installed bot in a server that it is not in."""
    title = f"/{command} needs me in this server."
    ask = Paragraph(("An admin can ", Link("invite me", invite), ". Looking things up works without."))
    return Message(f"{title} {invite}", title=title, blocks=(ask,))


def no_channel_message() -> Message:
    title = "Discord did not tell me which channel this is in."
    return Message(title, title=title, blocks=(Paragraph(("Use me in a channel, or write to me directly.",)),))


def unsendable_answer_message() -> Message:
    title = "Discord does not take my answer."
    return Message(title, title=title, blocks=(Paragraph(("Ask for less of it, or look at the vendor's own page.",)),))


def unknown_command_message() -> Message:
    title = "This command is not mine any more."
    return Message(title, title=title, blocks=(Paragraph(("Discord may take an hour to forget it.",)),))


def expired_button_message() -> Message:
    title = "This button is too old."
    return Message(title, title=title, blocks=(Paragraph(("Type its command instead.",)),))
