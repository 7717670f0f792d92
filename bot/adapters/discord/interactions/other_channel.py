"""Answers about another channel than the one that they are read in. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.discord.interactions.commands import is_of_channel
from bot.commands.dispatch import parse_line
from bot.commands.help import command_named
from bot.commands.request import Reply
from bot.commands.table import COMMANDS
from bot.message import ChannelMention, Message, Paragraph


def about(reply: Reply, channel: str) -> Reply:
    """Says which channel is meant by "this channel": Discord shows no options to those who read along. Without buttons
    that would act on the channel that they are pressed in."""
    first, *others = reply.messages
    first = replace(first, blocks=(Paragraph(("About ", ChannelMention(channel), ":")), *first.blocks))
    return replace(reply, messages=tuple(_without_own(message) for message in (first, *others)))


def _without_own(message: Message) -> Message:
    meant = [(button, command_named(parse_line(button.command)[0], COMMANDS)) for button in message.buttons]
    return replace(message, buttons=tuple(b for b, command in meant if not (command and is_of_channel(command))))
