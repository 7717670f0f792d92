"""Which of a vendor's texts says most: the newest that is no repetition. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from bot.cards.views import UpdateView
from bot.domain import Phase
from bot.domain.incident import TEXT_CACHE_SIZE

MAX_FILLER_CHARS = 240
"""A longer text says something, whatever it begins with."""

_WORK = r"(?:investigat\w*|work\w*|monitor\w*|look\w*|watch\w*|analy[sz]\w*|address\w*)"
_WE = r"(?:we|the team|(?:our|all) (?:[\w-]+ ){0,3}(?:teams?|engineers?)|engineers?)"
_FILLER = re.compile(
    rf"(?:{_WE}(?:['\u2019]re|['\u2019]ve| are| is| have| has)?(?: been)? (?:still|continu\w+)"
    rf"(?: to| actively)?(?: be)? {_WORK}"
    rf"|(?:this|the) (?:issue|incident|problem) is still (?:being|under) {_WORK}"
    r"|(?:still|continuing to) (?:investigat|monitor|work|look)\w*"
    r"|(?:there (?:is|are)|we have) no (?:new |further )?(?:updates?|news|change)"
    r"|investigations? (?:continues?|(?:is|are) (?:still )?(?:ongoing|under way|underway)))"
    r"[^.!?\n]{0,60}[.!?]*"
    r"(?:\s+[^.!?\n]*\b(?:updates?|inform|informed|patience|inconvenience)\b[^.!?\n]*[.!?]*){0,3}\s*",
    re.IGNORECASE,
)
_KNOWLEDGE: dict[Phase | None, int] = {Phase.IDENTIFIED: 1, Phase.MONITORING: 2}
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def is_filler(text: str) -> bool:
    """Whether it says only that it goes on: "We are continuing to investigate this issue."."""
    stripped = text.strip()
    return len(stripped) <= MAX_FILLER_CHARS and _FILLER.fullmatch(stripped) is not None


def newest_of_substance(updates: Sequence[UpdateView]) -> UpdateView | None:
    """Of texts from oldest to newest: the newest that is neither said again nor mere filler, so that a repetition never
    stands in the place of the sentence that told the cause. Where there is none, the newest text. What Lookout itself
    noted is none of the vendor's."""
    texts = [update for update in updates if update.text.strip() and not (update.removed or update.note)]
    times = Counter(_words(update.text) for update in texts)
    telling = [update for update in texts if not is_filler(update.text)] or texts
    if not telling:
        return None
    said_once = [update for update in telling if update.count == 1 and times[_words(update.text)] == 1]
    best = said_once[-1] if said_once else telling[-1]
    # What was said once before anybody knew more says less than what is said again and again since.
    return telling[-1] if _knowledge(telling[-1]) > _knowledge(best) else best


def _knowledge(update: UpdateView) -> int:
    return _KNOWLEDGE.get(update.phase, 0)


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
