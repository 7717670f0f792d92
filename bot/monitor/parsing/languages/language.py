"""How one language tells of the stages of an incident, as data: :mod:`bot.monitor.parsing.stages` says how it is used.

All patterns are written for folded text: lower case, without accents (``behoben``, ``resolu``, ``resuelto``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain import Phase

GAP = r"[^,;:]{0,80}?"
"""A stretch inside a clause, as between an auxiliary and its participle."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language."""

    end: re.Pattern[str]
    """A finished end of an incident."""
    work_end: re.Pattern[str]
    """As well, where planned work is meant."""
    doubt: re.Pattern[str]
    """Before or inside such a statement: it is wished for, denied, or of a part only."""
    about: re.Pattern[str]
    """What went wrong, and the beginning of a clause that only describes it: no doubt in there is about the end."""
    limit: re.Pattern[str]
    """Behind it in the same sentence: not all of it is over."""
    still: re.Pattern[str]
    """In any sentence: trouble goes on."""
    stages: tuple[tuple[Phase, re.Pattern[str]], ...]
    """Stages that end nothing, the most advanced first."""
    work_stages: tuple[tuple[Phase, re.Pattern[str]], ...]
    """As well, where planned work is meant."""


def any_of(*patterns: str) -> re.Pattern[str]:
    """One of these."""
    return re.compile("|".join(patterns))


def told(nouns: str, then: str) -> re.Pattern[str]:
    """One of these nouns, and what may go on about it."""
    return re.compile(rf"\b(?:{nouns})\w{{0,3}},? (?:{then})\b")


def words(*alternatives: str) -> re.Pattern[str]:
    """One of these as a word, or as words, of its own."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b")
