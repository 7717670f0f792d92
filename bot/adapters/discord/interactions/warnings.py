"""What is said about Discord's own obstacles: permissions that are missing, a server that the bot is not in, what it
shows that is no more."""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.discord.api.permissions import Kind, missing
from bot.domain import Channel
from bot.message import ChannelMention, Items, Link, Message, Paragraph, Person, Strong, Tone

EVERYONE = "I never mention everyone. Choose roles or people."


def missing_message(granted: int, kind: Kind, channel: Channel, *, board: bool = False) -> Message | None:
    """``None`` if nothing is missing. ``granted``: what the bot may do in the channel, as flags; ``board``: a board is
    to stand there."""
    lacking = missing(granted, kind, board=board)
    if not lacking:
        return None
    needed = any(permission.needed for permission in lacking)
    title = "I cannot post in this channel yet." if needed else "I can post here, but not all of it as it should be."
    names = ", ".join(permission.name for permission in lacking)
    return Message(
        summary=f"{title} Missing: {names}.",
        tone=Tone.UNKNOWN if needed else Tone.PLAIN,
        title=title,
        blocks=(
            Paragraph(("Give my role these permissions in ", ChannelMention(channel.id), ":")),
            Items(tuple((Strong(permission.name), f" — {permission.why}") for permission in lacking)),
        ),
    )


def unheard_message(roles: Sequence[int]) -> Message:
    """Roles that may not be pinged by everybody."""
    title = "I can show this mention, but it pings nobody yet."
    named = [span for role in roles for span in (", ", Person(f"&{role}"))][1:]
    ask = ("Turn on “Allow anyone to @mention this role” in the settings of ", *named, ".")
    return Message(title, title=title, blocks=(Paragraph(ask),))


def not_here(command: str, invite: str) -> Message:
    """For somebody who carries the bot along in a server that it is not in."""
    title = f"/{command} needs me in this server."
    ask = Paragraph(("An admin can ", Link("invite me", invite), ". Looking things up works without."))
    return Message(f"{title} {invite}", title=title, blocks=(ask,))


def forgotten_command() -> Message:
    title = "This command is not mine any more."
    return Message(title, title=title, blocks=(Paragraph(("Discord may take an hour to forget it.",)),))


def forgotten_button() -> Message:
    title = "This button is too old."
    return Message(title, title=title, blocks=(Paragraph(("Type its command instead.",)),))
