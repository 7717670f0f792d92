"""The mark of an act: what tells later which message was sent for it, where no reader sees it. Pure.

It stands in the custom id of a message's first button, else in the fragment of a link of the message's own; messages of
before have it in their footers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import digest

FRAGMENT = "lookout-"
"""Begins the fragment of a link that carries a mark."""
CARRIER = "https://discord.com/"
"""Carries a mark as the address of an embed without a title, where nobody sees or opens it."""

_MARK = r"(?P<mark>[0-9a-f]{8})(?:\.(?P<number>\d{1,3})\.(?P<total>\d{1,3}))?"
_IN_LINK = re.compile(rf"#{FRAGMENT}{_MARK}")
_IN_CUSTOM_ID = re.compile(rf"\w+@{_MARK}:")
_AT_END = r"(?:(?P<number>\d+) of (?P<total>\d+) · )?(?P<mark>[0-9a-f]{8})$"
_IN_FOOTER = re.compile(rf"(?:^|· ){_AT_END}")
_IN_SMALL_PRINT = re.compile(rf"^-# {_AT_END}")


@dataclass(frozen=True, slots=True)
class Mark:
    """Which message of which act."""

    act: str
    """By :func:`act_mark`."""
    number: int = 1
    """Which of the act's messages it is, from 1."""
    total: int = 1

    def __str__(self) -> str:
        return self.act if self.total == 1 else f"{self.act}.{self.number}.{self.total}"


def act_mark(key: str) -> str:
    """Identifies the act with this key."""
    return digest(key)[:8]


def marked_url(url: str, mark: Mark | None) -> str:
    """The address with the mark as its fragment; unchanged where it has one of its own."""
    return f"{url}#{FRAGMENT}{mark}" if mark and "#" not in url else url


def carries(text: str) -> bool:
    """Whether a link in this text has a mark."""
    return _IN_LINK.search(text) is not None


def find_mark(sent: Mapping[str, Any]) -> Mark | None:
    """The mark of a message of ours, as Discord returns it."""
    for pattern, text in _places(sent):
        if found := pattern.search(text):
            return Mark(found["mark"], int(found["number"] or 1), int(found["total"] or 1))
    return None


def _places(sent: Mapping[str, Any]) -> Iterator[tuple[re.Pattern[str], str]]:
    for row in sent.get("components") or ():
        for one in row.get("components") or ():
            yield _IN_CUSTOM_ID, str(one.get("custom_id") or "")
    embeds = sent.get("embeds") or ()
    for embed in embeds:
        yield _IN_LINK, str(embed.get("url") or "")
    # Only what stands first in a text is the bot's own: a vendor may write links too.
    content = str(sent.get("content") or "")
    yield _IN_LINK, content.partition("\n")[0]
    for embed in embeds:
        yield _IN_FOOTER, str((embed.get("footer") or {}).get("text", ""))
    if not embeds:
        yield _IN_SMALL_PRINT, content.rpartition("\n")[2]
