"""A strip of days as the items of a list. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from markupsafe import Markup


def strip(days: Iterable[tuple[date, str]]) -> Markup:
    """``days``: each with the word of its level. They are the larger part of a page, and the same on most pages."""
    return Markup("".join(_day(day, level) for day, level in days))


@lru_cache(maxsize=1_000)
def _day(day: date, level: str) -> Markup:
    text = f"{day:%-d %b}: {level.replace('_', ' ')}"
    return Markup('<li class="{}" title="{}"><span>{}</span></li>').format(level, text, text)
