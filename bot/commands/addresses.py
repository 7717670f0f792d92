"""Addresses that are typed where a vendor's name was expected: pages that no vendor is known by."""

from __future__ import annotations

from bot.catalog.names import has_password, typed_url
from bot.commands.context import CommandContext
from bot.commands.vendors import UnmatchedWords
from bot.message import Line
from bot.wording.errors import looking_line, password_line

MAX_PAGES = 5
"""How many unknown addresses are looked at for one command."""


def page_address(left: UnmatchedWords) -> str | None:
    """The address that was typed instead of a name. What may be a misspelt name is none: ``node.js``."""
    url = typed_url(left.text)
    surely = "://" in left.text or "/" in left.text or left.text.count(".") > 1
    return url if surely or not left.near else None


def unknown_page_line(url: str, context: CommandContext) -> Line:
    if has_password(url):
        return password_line()
    return (context.refused[url],) if url in context.refused else looking_line(url)
