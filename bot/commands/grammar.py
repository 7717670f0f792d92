"""Reads what people type after a command: vendors, a filter and the words left over. Pure; knows no store."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from bot.catalog import Catalog
from bot.catalog.names import fold
from bot.commands.hold import hold_typed, parse_hold, without_hold
from bot.commands.remind import parse_leads, unparse_leads
from bot.commands.scan import KEYS, LISTS, UsageError, Value, Word, keys_text, quote, read_mentions, scan
from bot.commands.vendors import UnmatchedWords, find_vendors
from bot.domain import LEVEL_OF_SEVERITY as LEVELS
from bot.domain import NO_WISHES, Filter, Level, Vendor, Wishes

__all__ = ["KEYS", "LEVELS", "ParsedSubscription", "UnmatchedWords", "UsageError", "parse", "unparse", "unparse_wishes"]

MAX_DAYS = 366

_MAINTENANCES: dict[str, Literal["on", "off", "digest"]] = {
    "on": "on", "yes": "on", "true": "on", "off": "off", "no": "off", "false": "off",
    "digest": "digest", "digests": "digest",
}  # fmt: skip
_SAME_LEVEL = {
    "low": "minor", "medium": "minor", "warning": "minor", "moderate": "minor", "high": "major", "severe": "critical",
    "outage": "major", "outages": "major", "down": "critical", "full_outage": "critical", "blocker": "critical",
    "minors": "minor", "majors": "major", "criticals": "critical",
}  # fmt: skip
"""Other words for a severity."""
_BARE_LEVELS = frozenset({"minor", "major", "critical", "majors", "criticals"})
"""Said without a key these are a severity: hardly any part of a vendor is called so."""
_BEFORE_LEVEL = frozenset({"only", "just", "at", "least", "from", "for", "if", "severity", "level", "is", "with"})
_AFTER_LEVEL = frozenset({
    "only", "or", "and", "worse", "above", "up", "higher", "more", "outage", "outages", "incident", "incidents",
    "issues", "problems", "ones", "severity", "please",
})  # fmt: skip
_MAINTENANCE = frozenset({"maintenance", "maintenances"})
_NONE = frozenset({"no", "not", "without", "except"})
_WITH = frozenset({"with", "including", "incl", "plus", "and", "planned", "scheduled", "too", "also", "included", "on"})
_BREAKS = re.compile(r"[\s,;]")
_PLAIN = re.compile(r"[\w.*/-]+")


@dataclass(frozen=True, slots=True)
class ParsedSubscription:
    """What the words after a command ask for."""

    vendors: tuple[Vendor, ...] = ()
    """Each once, in the order typed."""
    unmatched: tuple[UnmatchedWords, ...] = ()
    filter: Filter = field(default_factory=Filter)
    mention: str | None = None
    """As it was typed."""
    wishes: Wishes = NO_WISHES
    days: int | None = None
    """From 1 to :data:`MAX_DAYS`."""
    services: tuple[str, ...] = ()
    """As they were typed, each once."""


def parse(text: str, catalog: Catalog, keys: Collection[str] = KEYS, *, question: bool = False) -> ParsedSubscription:
    """The words of one command. ``question``: it only looks something up.

    ``aws, new relic component:"API" component:!"Docs" severity:major+ maintenance:on match:“log in” hold:5m --days 30``

    Raises :class:`UsageError` for a key that is not among ``keys`` or a value it cannot have.
    """
    names: list[list[Word]] = [[]]
    values: dict[str, list[Value]] = {}
    for part in read_mentions(scan(text)) if "mention" in keys else scan(text):
        match part:
            case Word():
                names[-1].append(part)
            case Value(key=key):
                if key not in keys:
                    raise UsageError(f"“{key}:” does not belong here. {keys_text(keys)}")
                values.setdefault(key, []).append(part)
                names.append([])
            case None:
                names.append([])
    if "severity" in keys:
        names = [list(_without_levels(words, values)) for words in names]
    if "hold" in keys:
        names = [list(without_hold(words, values)) for words in names]
    vendors, unmatched = find_vendors(names, catalog, keys, question=question)
    if "mention" in values:
        values["mention"] = [Value("mention", " ".join(value.text for value in values["mention"]))]
    single = {key: _only(key, values[key]) for key in values if key not in LISTS}
    parts = [value for key in ("component", "group") for value in values.get(key, ())]
    return ParsedSubscription(
        vendors=vendors,
        unmatched=unmatched,
        filter=Filter(
            components=tuple(v.text for v in parts if not v.negated),
            excluded=tuple(v.text for v in parts if v.negated),
            regions=tuple(_included("region", v) for v in values.get("region", ())),
            min_level=level_named(single["severity"]) if "severity" in single else None,
            maintenance=_maintenance(single["maintenance"]) if "maintenance" in single else None,
            match=single.get("match"),
        ),
        mention=_mention(single["mention"]) if "mention" in single else None,
        wishes=Wishes(
            hold=parse_hold(values["hold"]) if "hold" in values else None,
            remind=_leads(values["remind"]) if "remind" in values else None,
        ),
        days=_days(single["days"]) if "days" in single else None,
        services=tuple(dict.fromkeys(_included("service", v) for v in values.get("service", ()))),
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


def mention_typed(mention: str | None) -> str:
    """As somebody would type it; empty for nobody."""
    return "" if mention is None else f"mention:{quote(mention) if _BREAKS.search(mention) else mention}"


def unparse_wishes(wishes: Wishes) -> str:
    """When its cards are told, as somebody would type it; empty where nothing is wished."""
    parts = [] if wishes.hold is None else [hold_typed(wishes.hold)]
    if wishes.remind is not None:
        parts.append(f"remind:{unparse_leads(wishes.remind)}")
    return " ".join(parts)


def _without_levels(words: Sequence[Word], values: dict[str, list[Value]]) -> Iterator[Word]:
    """The words without those that say how bad it must be, or whether maintenances count: ``only major``,
    ``critical``, ``with maintenance``. What they say goes into the values, unless a key says it."""
    levels = [at for at, word in enumerate(words) if not word.quoted and _bare_level(word.text)]
    planned = [at for at, word in enumerate(words) if not word.quoted and fold(word.text) in _MAINTENANCE]
    around: set[int] = set()
    for at in levels:
        if "severity" not in values:
            values["severity"] = [Value("severity", _bare_level(words[at].text))]
        around |= {at, *_next_to(words, at, _BEFORE_LEVEL, _AFTER_LEVEL)}
    for at in planned:
        off = at > 0 and fold(words[at - 1].text) in _NONE
        if "maintenance" not in values:
            values["maintenance"] = [Value("maintenance", "off" if off else "on")]
        around |= {at, *_next_to(words, at, _NONE | _WITH, _WITH)}
    return (word for at, word in enumerate(words) if at not in around)


def _next_to(words: Sequence[Word], at: int, before: Collection[str], after: Collection[str]) -> Iterator[int]:
    for step, about in ((-1, before), (1, after)):
        other = at + step
        while 0 <= other < len(words) and not words[other].quoted and fold(words[other].text) in about:
            yield other
            other += step


def _bare_level(text: str) -> str:
    word = text.strip("?!.,;()").removeprefix(">=").removeprefix(">").casefold()
    return word if word.removesuffix("+") in _BARE_LEVELS else ""


# --- values --------------------------------------------------------------------------------------------------------


def _included(key: str, value: Value) -> str:
    if value.negated:
        raise UsageError(f"“{key}:” takes no “!”; leave out components with component:!{quote('Docs')}.")
    return value.text


def _only(key: str, values: Sequence[Value]) -> str:
    if len(values) > 1:
        raise UsageError(f"Give “{key}:” once.")
    return _included(key, values[0])


def level_named(text: str, example: str = "severity:major+") -> Level:
    """In any of the words for it; ``major+`` and ``major`` mean the same. ``example``: how it is typed there."""
    word = text.strip().removeprefix(">=").removesuffix("+").casefold().replace(" ", "_").replace("-", "_")
    word = _SAME_LEVEL.get(word, word)
    if word not in LEVELS:
        raise UsageError(f"There is no severity “{text}”; use minor, major or critical, for example {example}.")
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


def _leads(values: Sequence[Value]) -> tuple[timedelta, ...]:
    return parse_leads(" ".join(_included("remind", value) for value in values))


def _maintenance(text: str) -> Literal["on", "off", "digest"]:
    if (word := text.strip().casefold()) not in _MAINTENANCES:
        raise UsageError(f"Maintenance is on, off or digest, not “{text}”: maintenance:digest leaves it to the digest.")
    return _MAINTENANCES[word]


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d{1,4})\s*(?:d|days?)?", text.strip().casefold())
    if not found or not 1 <= int(found[1]) <= MAX_DAYS:
        raise UsageError(f"Give the days as a number from 1 to {MAX_DAYS}, for example --days 30.")
    return int(found[1])
