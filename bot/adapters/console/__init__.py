"""The console as a chat platform: one channel, in a terminal or through a pipe."""

from bot.adapters.console.adapter import ConsoleAdapter
from bot.adapters.console.prompt import converse, may_be_typed_into

__all__ = ["ConsoleAdapter", "converse", "may_be_typed_into"]
