"""What the parts of a platform remember for each other, so that any process of the bot can answer any request."""

from __future__ import annotations

from typing import Protocol

from cachetools import LRUCache

MAX_REMEMBERED = 10_000
"""Of each kind; what was not asked for longest is forgotten first."""


class Memory(Protocol):
    """A key's first word is its kind. ``keep_s``: how long it is remembered at least, in seconds."""

    async def is_new(self, key: str, keep_s: float) -> bool:
        """Whether nobody has asked this before: of all who do, one is told so, and another if that one dies."""

    def keep(self, key: str, value: str, keep_s: float) -> None:
        """To be recalled."""

    async def recall(self, key: str) -> str | None: ...


class OwnMemory:
    """Of one process that is alone: gone when it ends."""

    def __init__(self) -> None:
        self._kinds: dict[str, LRUCache[str, str]] = {}

    async def is_new(self, key: str, keep_s: float) -> bool:
        known = self._of_kind(key)
        if key in known:
            return False
        known[key] = ""
        return True

    def keep(self, key: str, value: str, keep_s: float) -> None:
        self._of_kind(key)[key] = value

    def has(self, key: str, value: str) -> bool:
        return self._of_kind(key).get(key) == value

    async def recall(self, key: str) -> str | None:
        return self._of_kind(key).get(key)

    def _of_kind(self, key: str) -> LRUCache[str, str]:
        return self._kinds.setdefault(key.partition(" ")[0], LRUCache(MAX_REMEMBERED))
