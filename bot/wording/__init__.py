"""Every sentence the bot says, as plain messages. Values in, messages out: no markup, no store, no clock."""

from bot.wording.cards import channel_trouble, reply_message, root_message
from bot.wording.moves import lost_message

__all__ = ["channel_trouble", "lost_message", "reply_message", "root_message"]
