"""Answers that are kept: for a few seconds, and longer while the pages that they are made of say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TTLCache

from bot.domain import Slug

UNASKED_S = 5.0
"""So long an answer is given again without a look at the pages it is made of."""
MAX_AGE_S = 60.0
"""So long at all: a reading grows old even if nothing else happens."""
MAX_BYTES = 24_000_000

Key = tuple[str, ...]
Revision = tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    etag: str
    body: bytes
    slugs: tuple[Slug, ...] = ()
    """The vendors that it is about and changes with; none: it cannot be told when it changes."""
    revision: Revision = ()
    made_s: float = 0.0


class KeptAnswers:
    """``clock``: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: TTLCache[Key, Answer] = TTLCache(
            MAX_BYTES, MAX_AGE_S, timer=clock, getsizeof=lambda answer: len(answer.body) + 500
        )

    def get(self, key: Key) -> tuple[Answer | None, bool]:
        """The answer, and whether it can be given again unasked."""
        answer = self._answers.get(key)
        return answer, answer is not None and self._clock() - answer.made_s < UNASKED_S

    def put(self, key: Key, answer: Answer) -> None:
        if len(answer.body) < MAX_BYTES:
            self._answers[key] = answer

    def clear(self) -> None:
        self._answers.clear()
