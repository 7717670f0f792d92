"""Finds the parts of a page that a product's name means: loosely, as vendors rename their parts at will. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain import Component, Vendor

LISTS_WHAT_IS_AFFECTED = frozenset({"aws", "azure", "google"})
"""Kinds of pages that list a service only while something is wrong with it: a name that is not there may come."""

_MAKERS = frozenset({"amazon", "aws", "azure", "google", "microsoft", "ms", "the"})
"""Words before a product's name that pages write or leave out as they like."""
_SHORTEST_ACRONYM = 3
_SHORTEST_PLURAL = 4
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class FoundParts:
    """The part of a page that a name means."""

    components: tuple[Component, ...]
    names: tuple[str, ...]
    """What a filter calls them: their group, or each of their names once."""


def parts_named(names: Sequence[str], vendor: Vendor, components: Sequence[Component]) -> FoundParts | None:
    """Of a product, by the first of its names and the strictest rule that fits anything. ``None``: the page lists no
    such part."""
    # Where the page's own name is known, an acronym would only find something else: GCS is not Google Cloud Support.
    rules = (_is_whole, _is_bare, _is_begun, _is_within)
    return _first(names, vendor, components, rules if len(names) > 1 else (*rules, _is_acronym))


def parts_called(name: str, vendor: Vendor, components: Sequence[Component]) -> FoundParts | None:
    """Of another name of the vendor, which need not be a product: only where the page has a part of that very name."""
    return _first((name,), vendor, components, (_is_whole, _is_bare, _is_acronym))


_Rule = Callable[[Sequence[str], Sequence[str], frozenset[str]], bool]
"""Whether the words asked for stand for what has those words; the third are words that name the vendor."""


def _first(
    names: Iterable[str], vendor: Vendor, components: Sequence[Component], rules: Sequence[_Rule]
) -> FoundParts | None:
    own = frozenset((*_words(vendor.name), *_words(vendor.slug), *_MAKERS))
    for asked in map(_words, names):
        for rule in rules if any(word not in own for word in asked) else ():
            if found := _by_name(asked, own, components, rule) or _by_group(asked, own, components, rule):
                return found
    return None


def _by_name(
    asked: Sequence[str], own: frozenset[str], components: Sequence[Component], rule: _Rule
) -> FoundParts | None:
    found = tuple(c for c in components if rule(asked, _words(c.name), own) or rule(asked, _words(c.label), own))
    names = tuple(dict.fromkeys(c.name for c in found))
    # What is in every name tells no part from another.
    return FoundParts(found, names) if found and (len(names) == 1 or len(found) < len(components)) else None


def _by_group(
    asked: Sequence[str], own: frozenset[str], components: Sequence[Component], rule: _Rule
) -> FoundParts | None:
    groups = dict.fromkeys(c.group for c in components if c.group and rule(asked, _words(c.group), own))
    return FoundParts(tuple(c for c in components if c.group in groups), tuple(groups)) if groups else None


def _is_whole(asked: Sequence[str], has: Sequence[str], _: frozenset[str]) -> bool:
    """``pubsub`` is "Pub/Sub"."""
    return "".join(asked) == "".join(has)


def _is_bare(asked: Sequence[str], has: Sequence[str], own: frozenset[str]) -> bool:
    """``teams`` is "Microsoft Teams"; ``github actions`` is "Actions"."""
    bare = _without(asked, own)
    return bool(bare) and "".join(bare) == "".join(_without(has, own))


def _is_begun(asked: Sequence[str], has: Sequence[str], own: frozenset[str]) -> bool:
    """``kinesis`` begins "Amazon Kinesis Data Streams"; ``word`` does not begin "WordPress"."""
    wanted, stems = _stems(_without(asked, own)), _stems(_without(has, own))
    return any("".join(stems[:end]) == "".join(wanted) for end in range(1, len(stems) + 1))


def _is_within(asked: Sequence[str], has: Sequence[str], own: frozenset[str]) -> bool:
    """``apis`` is in "REST API". One word and its maker is too little to go by: "Amazon Connect" is not "AWS Direct
    Connect"."""
    bare = _stems(_without(asked, own))
    if len(bare) == 1 and len(asked) > 1:
        return False
    wanted, stems = "".join(bare), _stems(has)
    starts = range(len(stems))
    return any("".join(stems[start:end]) == wanted for start in starts for end in range(start + 1, len(stems) + 1))


def _is_acronym(asked: Sequence[str], has: Sequence[str], own: frozenset[str]) -> bool:
    """``sqs`` is "Amazon Simple Queue Service"."""
    wanted = "".join(asked)
    initials = ("".join(word[0] for word in words) for words in (has, _without(has, own)))
    return len(wanted) >= _SHORTEST_ACRONYM and wanted in initials


def _without(words: Iterable[str], own: frozenset[str]) -> list[str]:
    return [word for word in words if word not in own]


def _stems(words: Iterable[str]) -> list[str]:
    return [word.removesuffix("s") if len(word) >= _SHORTEST_PLURAL else word for word in words]


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_plain(text)))


def _plain(text: str) -> str:
    return "".join(_base_letters(text)).casefold()


def _base_letters(text: str) -> Iterator[str]:
    return (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
