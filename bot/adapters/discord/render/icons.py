"""A vendor's icon, for the line above a card's title. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.adapters.discord.render.components import Body

_NAMED_INSIDE = ("local", "localhost", "internal", "lan", "corp", "home", "intranet", "test", "invalid")
"""Ends of host names that are no public ones."""


def icon_url(homepage: str | None, template: str) -> str | None:
    """``template``: an address with ``{domain}`` where the vendor's host goes; empty: no icons. A host that looks like
    one of a private network is named to nobody."""
    host = (urlsplit(homepage or "").hostname or "").removeprefix("www.")
    labels = host.split(".")
    if not template or len(labels) < 2 or labels[-1] in _NAMED_INSIDE or not labels[-1].isalpha() or not host.isascii():
        return None
    return template.replace("{domain}", host)


def with_icon(body: Body, url: str | None) -> Body:
    """The body with the icon before the name above each embed that has one."""
    embeds = [
        {**embed, "author": {**embed["author"], "icon_url": url}} if url and "author" in embed else embed
        for embed in body["embeds"]
    ]
    return {**body, "embeds": embeds}
