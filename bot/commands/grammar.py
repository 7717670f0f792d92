"""Reads what people type after a command: vendors, a filter and the words left over. Pure; knows no store."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from rapidfuzz.process import extractOne

from bot.catalog import Catalog, Found, NearMiss
from bot.catalog.names import fold
from bot.commands.scan import KEYS, LISTS, SYNONYMS, UsageError, Value, Word, looks_like_key, quote, scan
from bot.domain import LEVEL_OF_SEVERITY as LEVELS
from bot.domain import Filter, Level, Slug, Vendor

__all__ = ["KEYS", "LEVELS", "ParsedSubscription", "UnmatchedWords", "UsageError", "parse", "unparse"]

MAX_DAYS = 366
MAX_GUESSES = 50
"""How often one line is searched for near misses."""
MAX_NAME_WORDS = 8
"""With how many words a vendor's name is tried."""

_SWITCH: dict[str, Literal["on", "off"]] = {
    "on": "on", "yes": "on", "true": "on", "off": "off", "no": "off", "false": "off",
}  # fmt: skip
_FILLERS = frozenset({
    "a", "an", "and", "any", "are", "about", "down", "for", "is", "now", "of", "outage", "outages", "please",
    "right", "status", "the", "there", "up", "what", "with",
    "",
})  # fmt: skip
_PLAIN = re.compile(r"[\w.*/-]+")


@dataclass(frozen=True, slots=True)
class UnmatchedWords:
    """Words that name no further vendor. ``after``: the vendor that they follow and whose component or region they may
    be; ``None``: they stand before any.

    ``near``: vendors that may be meant. ``again``: only another name of that vendor (``aws ec2``, ``github actions``),
    so that they may be passed over where they are no part of it.
    """

    text: str
    after: Slug | None = None
    near: tuple[Vendor, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class ParsedSubscription:
    """``vendors`` each once, in the order typed; ``mention`` as it was typed; ``days`` from 1 to 366."""

    vendors: tuple[Vendor, ...] = ()
    unmatched: tuple[UnmatchedWords, ...] = ()
    filter: Filter = field(default_factory=Filter)
    mention: str | None = None
    days: int | None = None


def parse(text: str, catalog: Catalog, keys: Collection[str] = KEYS) -> ParsedSubscription:
    """The words of one command. Raises :class:`Unclear` for a key that is not among ``keys`` or a value it cannot have.

    ``aws, new relic component:"API" component:!"Docs" severity:major+ maintenance:on match:“log in” --days 30``
    """
    names: list[list[Word]] = [[]]
    values: dict[str, list[Value]] = {}
    for part in scan(text):
        match part:
            case Word():
                names[-1].append(part)
            case Value(key=key):
                if key not in keys:
                    raise UsageError(f"“{key}:” does not belong here. {_listing(keys)}")
                values.setdefault(key, []).append(part)
                names.append([])
            case None:
                names.append([])
    vendors: dict[Slug, Vendor] = {}
    leftovers: list[UnmatchedWords] = []
    after: Slug | None = None
    guesses = _BoundedLookup(catalog)
    for vendor, stretch in chain.from_iterable(_segment(words, guesses) for words in names):
        if vendor is None:
            leftovers += _unknown(stretch, guesses, after, keys)
            continue
        after = vendor.slug
        if rest := _beyond_name(vendor, stretch, catalog, vendor.slug in vendors):
            leftovers.append(UnmatchedWords(rest, after, repeated=True))
        vendors.setdefault(after, vendor)
    single = {key: _only(key, values[key]) for key in values if key not in LISTS}
    parts = [value for key in ("component", "group") for value in values.get(key, ())]
    return ParsedSubscription(
        vendors=tuple(vendors.values()),
        unmatched=tuple(leftovers),
        filter=Filter(
            components=tuple(v.text for v in parts if not v.negated),
            excluded=tuple(v.text for v in parts if v.negated),
            regions=tuple(_included("region", v) for v in values.get("region", ())),
            min_level=_level(single["severity"]) if "severity" in single else None,
            maintenance=_switch(single["maintenance"]) if "maintenance" in single else None,
            match=single.get("match"),
        ),
        mention=_mention(single["mention"]) if "mention" in single else None,
        days=_days(single["days"]) if "days" in single else None,
    )


def unparse(wanted: Filter) -> str:
    """The filter as somebody would type it; :func:`parse` reads it back as the same filter. Empty for an empty one."""
    parts = [f"component:{quote(glob)}" for glob in wanted.components]
    parts += [f"component:!{quote(glob)}" for glob in wanted.excluded]
    parts += [f"region:{region if _PLAIN.fullmatch(region) else quote(region)}" for region in wanted.regions]
    if wanted.min_level is not None:
        parts.append(f"severity:{next(word for word, level in LEVELS.items() if level is wanted.min_level)}+")
    if wanted.maintenance is not None:
        parts.append(f"maintenance:{wanted.maintenance}")
    if wanted.match is not None:
        parts.append(f"match:{quote(wanted.match)}")
    return " ".join(parts)


# --- words to vendors ----------------------------------------------------------------------------------------------


class _BoundedLookup:
    """The catalog, with an end to its patience: a pasted page of text is no list of vendors."""

    def __init__(self, catalog: Catalog) -> None:
        self.exact = catalog.exact
        self._find = catalog.find
        self._left = MAX_GUESSES

    def find(self, text: str) -> Found | NearMiss:
        self._left -= 1
        return self._find(text) if self._left >= 0 else NearMiss(())

    def near(self, text: str) -> tuple[Vendor, ...]:
        if text.startswith(("#", "@", "<")):
            return ()
        match self.find(text):
            case Found(vendor):
                return (vendor,)
            case NearMiss(vendors):
                return vendors


def _beyond_name(vendor: Vendor, words: Sequence[Word], catalog: Catalog, is_named: bool) -> str:
    """What of the words that name the vendor may also be a part of it: ``actions`` of ``github actions``."""
    if fold(_joined(words)) in (fold(vendor.slug), fold(vendor.name)):
        return ""
    shorter = (count for count in range(1, len(words)) if catalog.exact(_joined(words[:count])) == vendor)
    return _joined(words[next(shorter, 0 if is_named else len(words)) :])


def _segment(words: Sequence[Word], catalog: _BoundedLookup) -> Iterator[tuple[Vendor | None, Sequence[Word]]]:
    """The split that leaves the fewest words over and, among those, has the longest names."""
    best: list[tuple[int, int, int, Vendor | None]] = [(0, 0, 0, None)] * (len(words) + 1)
    for start in reversed(range(len(words))):
        covered, fewer, _, _ = best[start + 1]
        best[start] = (covered, fewer, 1, None)
        for end in range(start + 1, min(start + MAX_NAME_WORDS, len(words)) + 1):
            if end > start + 1 and (words[start].quoted or words[end - 1].quoted):
                break
            if (named := catalog.exact(_joined(words[start:end]))) is not None:
                covered, fewer, _, _ = best[end]
                option = (covered + end - start, fewer - 1, end - start, named)
                best[start] = max(best[start], option, key=lambda choice: choice[:2])
    if best[0][0] == 0 and not any(word.quoted for word in words):
        match catalog.find(_joined(words)):
            case Found(found):
                yield found, words[:1]
                return
    start = unnamed = 0
    while start < len(words):
        _, _, taken, vendor = best[start]
        if vendor is not None:
            if unnamed < start:
                yield None, words[unnamed:start]
            yield vendor, words[start : start + taken]
            unnamed = start + taken
        start += taken
    if unnamed < len(words):
        yield None, words[unnamed:]


def _unknown(
    words: Sequence[Word], catalog: _BoundedLookup, after: Slug | None, keys: Collection[str]
) -> Iterator[UnmatchedWords]:
    for word in words:
        if not word.quoted and (key := looks_like_key(word.text)):
            raise UsageError(f"“{key}:” is unknown{_nearest(key, keys)} {_listing(keys)}")
    words = [word for word in words if word.quoted or fold(word.text) not in _FILLERS]
    if 1 < len(words) <= MAX_NAME_WORDS and (near := catalog.near(_joined(words))):
        yield UnmatchedWords(_joined(words), after, near)
        return
    for word in words:
        yield UnmatchedWords(word.text, after, catalog.near(word.text))


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


# --- values --------------------------------------------------------------------------------------------------------


def _included(key: str, value: Value) -> str:
    if value.negated:
        raise UsageError(f"“{key}:” takes no “!”; leave out components with component:!{quote('Docs')}.")
    return value.text


def _only(key: str, values: Sequence[Value]) -> str:
    if len(values) > 1:
        raise UsageError(f"Give “{key}:” once.")
    return _included(key, values[0])


def _level(text: str) -> Level:
    word = text.strip().removeprefix(">=").removesuffix("+").casefold().replace(" ", "_").replace("-", "_")
    if word not in LEVELS:
        raise UsageError(f"There is no severity “{text}”; use minor, major or critical, for example severity:major+.")
    return LEVELS[word]


def _mention(text: str) -> str:
    """As it is, once its level, if it names one, is known to be one."""
    whom, _, word = text.rpartition("@")
    is_whole = whom.endswith(">") or (whom.startswith("@") and not whom[-1].isspace())
    if is_whole and not word.endswith(">"):
        level = LEVELS.get(word.removesuffix("+").casefold(), Level.OPERATIONAL)
        if level < Level.DEGRADED:
            raise UsageError(
                f"Mention at minor, major or critical, not “{word}”, for example mention:{quote(f'{whom}@major')}."
            )
    return text


def _switch(text: str) -> Literal["on", "off"]:
    if (word := text.strip().casefold()) not in _SWITCH:
        raise UsageError(f"Maintenance is on or off, not “{text}”.")
    return _SWITCH[word]


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d{1,4})\s*(?:d|days?)?", text.strip().casefold())
    if not found or not 1 <= int(found[1]) <= MAX_DAYS:
        raise UsageError(f"Give the days as a number from 1 to {MAX_DAYS}, for example --days 30.")
    return int(found[1])


def _nearest(word: str, keys: Collection[str]) -> str:
    known = {alias: key for alias, key in SYNONYMS.items() if key in keys} | {key: key for key in keys}
    found = extractOne(word.lower(), list(known), score_cutoff=60)
    return f", did you mean “{known[found[0]]}:”?" if found else "."


def _listing(keys: Collection[str]) -> str:
    return f"You can give {', '.join(keys)}." if keys else "Give names alone."
