"""Every sentence of the bot, as plain messages. Values in, messages out: no markup, no store, no clock."""

from bot.wording.cards import (
    channel_on_hold_message,
    news_message,
    reminder_message,
    reply_message,
    root_message,
)
from bot.wording.moves import missing_parts_message, unmatched_message

__all__ = [
    "channel_on_hold_message",
    "missing_parts_message",
    "news_message",
    "reminder_message",
    "reply_message",
    "root_message",
    "unmatched_message",
]
