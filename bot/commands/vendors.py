"""Finds the vendors that typed words name, and which words are left over. Pure; knows no store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.catalog import Catalog, Found, NearMiss, Product
from bot.catalog.names import Address, fold
from bot.commands.scan import Word, refuse_unknown_key, scan
from bot.domain import Slug, Vendor

MAX_GUESSES = 50
"""How often one line is searched for near misses."""
MAX_NAME_WORDS = 8
"""With how many words a vendor's name is tried."""

_FILLERS = frozenset({
    "a", "an", "and", "any", "are", "about", "down", "for", "is", "now", "of", "outage", "outages", "please",
    "right", "status", "the", "there", "up", "what", "with",
    "",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnmatchedWords:
    """Words that name no further vendor."""

    text: str
    after: Slug | None = None
    """The vendor that they follow and whose component or region they may be; ``None``: they stand before any."""
    near: tuple[Vendor, ...] = ()
    """Vendors that may be meant."""
    repeated: bool = False
    """Only another name of that vendor (``aws ec2``, ``github actions``): ignored where they are no part of it."""
    product: Product | None = None
    """The product of that vendor that they name."""


@dataclass(frozen=True, slots=True)
class NamedVendor:
    """The vendor that words begin with, and the words after it."""

    vendor: Vendor
    rest: str


def find_vendors(
    names: Sequence[Sequence[Word]], catalog: Catalog, keys: Collection[str]
) -> tuple[tuple[Vendor, ...], tuple[UnmatchedWords, ...]]:
    """The vendors, each once, in the order typed. A name never goes over from one sequence of words to the next.

    Raises :class:`UsageError` for a word that looks like a key; ``keys``: those that could be meant.
    """
    vendors: dict[Slug, Vendor] = {}
    unmatched: list[UnmatchedWords] = []
    after: Slug | None = None
    lookup = _BoundedLookup(catalog)
    for vendor, words in chain.from_iterable(_segment(words, lookup) for words in names):
        if vendor is None:
            unmatched += _unmatched(words, lookup, after, keys)
            continue
        after = vendor.slug
        if rest := _beyond_name(vendor, words, catalog):
            unmatched.append(UnmatchedWords(rest, after, repeated=True, product=catalog.product(vendor, rest)))
        vendors.setdefault(after, vendor)
    return tuple(vendors.values()), tuple(unmatched)


def one_vendor(text: str, catalog: Catalog) -> NamedVendor | NearMiss:
    """The longest name, but of two names of one vendor the shorter: ``github actions`` is GitHub, and "actions"."""
    words = [part.text for part in scan(text) if part is not None]
    exact = [(n, catalog.exact(" ".join(words[:n]))) for n in range(min(len(words), MAX_NAME_WORDS), 0, -1)]
    for count, vendor in exact:
        if vendor is None:
            continue
        if fold(" ".join(words[:count])) not in {fold(vendor.slug), fold(vendor.name)}:
            count = min(n for n, other in exact if other == vendor)
        return NamedVendor(vendor, " ".join(words[count:]))
    match catalog.find(" ".join(words)):
        case Found(vendor):
            return NamedVendor(vendor, "")
        case near if near.vendors or len(words) < 2:
            return near
    match catalog.find(words[0]):
        case Found(vendor):
            return NearMiss((vendor,))
        case near:
            return near


class _BoundedLookup:
    """The catalog with at most :data:`MAX_GUESSES` searches: a pasted page of text is no list of vendors."""

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


def _beyond_name(vendor: Vendor, words: Sequence[Word], catalog: Catalog) -> str:
    """What of the words that name the vendor may also be a part of it: ``actions`` of ``github actions``; ``s3``."""
    text = _text(words)
    if fold(text) in (fold(vendor.slug), fold(vendor.name)) or Address.of(text) or catalog.exact(text) != vendor:
        return ""
    shorter = (count for count in range(1, len(words)) if catalog.exact(_text(words[:count])) == vendor)
    return _text(words[next(shorter, 0) :])


def _segment(words: Sequence[Word], catalog: _BoundedLookup) -> Iterator[tuple[Vendor | None, Sequence[Word]]]:
    """The split that leaves the fewest words over and, among those, has the longest names."""
    best: list[tuple[int, int, int, Vendor | None]] = [(0, 0, 0, None)] * (len(words) + 1)
    for start in reversed(range(len(words))):
        covered, fewer, _, _ = best[start + 1]
        best[start] = (covered, fewer, 1, None)
        for end in range(start + 1, min(start + MAX_NAME_WORDS, len(words)) + 1):
            if end > start + 1 and (words[start].quoted or words[end - 1].quoted):
                break
            if (named := catalog.exact(_text(words[start:end]))) is not None:
                covered, fewer, _, _ = best[end]
                option = (covered + end - start, fewer - 1, end - start, named)
                best[start] = max(best[start], option, key=lambda choice: choice[:2])
    if best[0][0] == 0 and not any(word.quoted for word in words):
        match catalog.find(_text(words)):
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


def _unmatched(
    words: Sequence[Word], catalog: _BoundedLookup, after: Slug | None, keys: Collection[str]
) -> Iterator[UnmatchedWords]:
    for word in words:
        if not word.quoted:
            refuse_unknown_key(word.text, keys)
    words = [word for word in words if word.quoted or fold(word.text) not in _FILLERS]
    if 1 < len(words) <= MAX_NAME_WORDS and (near := catalog.near(_text(words))):
        yield UnmatchedWords(_text(words), after, near)
        return
    for word in words:
        yield UnmatchedWords(word.text, after, catalog.near(word.text))


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
