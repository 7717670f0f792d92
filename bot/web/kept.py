"""Answers that are kept while the pages that they are made of say the same, packed as they are sent.

One look a second at the revisions of all pages stands for one a request, and whoever asks for what is just being made
gets that.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zlib import crc32

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import Response

from bot.domain import Slug
from bot.store import Store, StoreUnavailable
from bot.store.values import PageRevision
from bot.threads import Threads

LOOK_S = 1.0
"""Between two looks at the revisions, while somebody asks. After twice as long, whoever asks waits for one."""
UNTOLD_S = 5.0
"""So long an answer is kept of which nobody can tell when it changes."""
MAX_AGE_S = 60.0
"""So long at all: a reading grows old, and another one that brings no news ends no answer."""
RENEW_S = (15.0, 45.0)
"""From some time between these on it is made anew, while it is still given: nobody waits for what many ask for. What
was made at once is not made anew at once."""
MAX_RENEWED = 4
"""Answers that are made anew at once, ahead of those for which somebody waits."""
MAX_BYTES = 16_000_000
"""All vendors' pages, of some 4 KB packed."""
ANSWER_BYTES = 700
"""What an answer takes beside its body."""
PACKED_FROM_BYTES = 500
"""A shorter body gains nothing."""
PACKING_LEVEL = 6
"""Of 1 to 9: the last tenth of the size would take as long again."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """An answer as it is made."""

    media_type: str
    body: bytes
    pages: tuple[Slug, ...] = ()
    """The vendors that it is about; none: it cannot be told when it changes."""
    levels: tuple[Slug, ...] = ()
    """Vendors of which it says the level alone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent."""

    media_type: str
    etag: str
    body: bytes
    is_packed: bool

    def response(self, request: Request, headers: Mapping[str, str]) -> Response:
        """304 where the client has it."""
        vary = ", ".join(filter(None, (headers.get("vary"), "Accept-Encoding")))
        # A weak one: it stands for the body, packed or not.
        named = {**headers, "vary": vary, "etag": f"W/{self.etag}"}
        if request.method in ("GET", "HEAD") and self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=named)
        if not self.is_packed:
            return Response(self.body, media_type=self.media_type, headers=named)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.body, media_type=self.media_type, headers={**named, "content-encoding": "gzip"})
        return Response(gzip.decompress(self.body), media_type=self.media_type, headers=named)


def packed(media_type: str, body: bytes) -> Answer:
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if len(body) < PACKED_FROM_BYTES:
        return Answer(media_type, etag, body, is_packed=False)
    return Answer(media_type, etag, gzip.compress(body, PACKING_LEVEL, mtime=0), is_packed=True)


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    pages: tuple[Slug, ...]
    levels: tuple[Slug, ...]
    revision: tuple[object, ...]
    made_s: float
    renew_s: float


class KeptAnswers:
    """``clock``: seconds that only go forward. What makes an answer runs on ``makers``; the looks, for which all wait,
    are on ``threads``."""

    def __init__(
        self,
        store: Store,
        threads: Threads,
        makers: Threads,
        clock: Callable[[], float],
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._store = store
        self._threads = threads
        self._makers = makers
        self._clock = clock
        self._kept: TTLCache[Key, _Kept] = TTLCache(
            max_bytes, MAX_AGE_S, timer=clock, getsizeof=lambda kept: len(kept.answer.body) + ANSWER_BYTES
        )
        self._making: dict[Key, asyncio.Task[Answer]] = {}
        self._revisions: Mapping[Slug, PageRevision] = {}
        self._looking: asyncio.Task[None] | None = None
        self._looked_s = -2 * LOOK_S

    async def answer(self, key: Key, make: Callable[[], Made]) -> Answer:
        """The answer by this key, made if there is none. Raises what ``make`` does."""
        # Before it is made: what changes in between makes an answer newer than it is taken for, never older.
        await self._look()
        kept = self._kept.get(key)
        if kept is not None and self._is_good(kept):
            if self._clock() - kept.made_s >= kept.renew_s and len(self._making) < MAX_RENEWED:
                self._begin(key, make)
            return kept.answer
        return await asyncio.shield(self._begin(key, make))

    def clear(self) -> None:
        """Keep nothing of what was made until now."""
        self._kept.clear()
        self._making.clear()

    def _is_good(self, kept: _Kept) -> bool:
        if not kept.pages:
            return self._clock() - kept.made_s < UNTOLD_S
        return _revision(self._revisions, kept.pages, kept.levels) == kept.revision

    def _begin(self, key: Key, make: Callable[[], Made]) -> asyncio.Task[Answer]:
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._make(key, make))
            making.add_done_callback(lambda _: self._made(key, making))
        return making

    async def _make(self, key: Key, make: Callable[[], Made]) -> Answer:
        known, began_s = self._revisions, self._clock()

        def work() -> tuple[Made, Answer]:
            made = make()
            return made, packed(made.media_type, made.body)

        made, answer = await self._makers(work)
        if self._making.get(key) is asyncio.current_task() and len(answer.body) + ANSWER_BYTES <= self._kept.maxsize:
            revision = _revision(known, made.pages, made.levels)
            self._kept[key] = _Kept(answer, made.pages, made.levels, revision, began_s, _renewed_after(key))
        return answer

    def _made(self, key: Key, making: asyncio.Task[Answer]) -> None:
        if self._making.get(key) is making:
            del self._making[key]
        if not making.cancelled():
            making.exception()

    async def _look(self) -> None:
        age_s = self._clock() - self._looked_s
        if age_s < LOOK_S:
            return
        if self._looking is None:
            self._looking = asyncio.create_task(self._read())
        if age_s >= 2 * LOOK_S:
            await asyncio.shield(self._looking)

    async def _read(self) -> None:
        began_s = self._clock()
        try:
            self._revisions = await self._threads(self._store.pages.revisions)
        except StoreUnavailable:
            # Who asks for what is not kept is told; what is kept is good for a while yet.
            pass
        finally:
            self._looked_s = began_s
            self._looking = None


def _renewed_after(key: Key) -> float:
    first, last = RENEW_S
    return first + (last - first) * crc32("\x1f".join(key).encode()) / 2**32


def _revision(
    known: Mapping[Slug, PageRevision], pages: tuple[Slug, ...], levels: tuple[Slug, ...]
) -> tuple[object, ...]:
    return (*(known.get(slug) for slug in pages), *(known[slug].level if slug in known else None for slug in levels))
