"""Finds the vendors that typed words name, and which words are left over. Pure; knows no store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from rapidfuzz.distance import OSA

from bot.catalog import Catalog, Found, NearMiss, Product
from bot.catalog.names import Address, fold, typed_url
from bot.commands.english import EVERYDAY
from bot.commands.scan import Word, refuse_unknown_key, scan
from bot.commands.vocabulary import COMMON, FILLERS, QUESTION_WORDS
from bot.domain import Slug, Vendor

MAX_GUESSES = 50
"""How often one line is searched for near misses."""
MAX_EXACT_CHARS = 4
"""A word no longer than this is a name or it is not: too many names are a slip away from it."""
MAX_NAME_WORDS = 8
LONG_FOR_TWO_SLIPS = 9
"""Letters of a word in a sentence that may be two slips away from a name."""
"""With how many words a vendor's name is tried."""

_AFTER_FILLERS = frozenset({"us", "it", "in", "to", "de", "la", "id", "me", "my", "no"})
"""Fillers, and a region's code or a part's name too: after a vendor they are passed over only behind another filler."""


_PART_OF = frozenset({"of", "from", "in", "at"})
"""What stands before one of these is a part of the vendor behind it: ``the api of stripe``."""


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
    passing: bool = False
    """A common word of a question: ignored where it is no part's name."""


@dataclass(frozen=True, slots=True)
class NamedVendor:
    """The vendor that words begin with, and the words after it."""

    vendor: Vendor
    rest: str


def find_vendors(
    names: Sequence[Sequence[Word]], catalog: Catalog, keys: Collection[str], *, question: bool = False
) -> tuple[tuple[Vendor, ...], tuple[UnmatchedWords, ...]]:
    """The vendors, each once, in the order typed. A name never goes over from one sequence of words to the next.

    ``question``: it only looks something up, so common words around the names are passed over. Raises
    :class:`UsageError` for a word that looks like a key; ``keys``: those that could be meant.
    """
    vendors: dict[Slug, Vendor] = {}
    unmatched: list[UnmatchedWords] = []
    after: Slug | None = None
    lookup = _BoundedLookup(catalog)
    segments = chain.from_iterable(_with_next(_segment(words, lookup)) for words in names)
    for vendor, words, following in _without_common(list(segments)) if question else segments:
        if vendor is None:
            whose = following.slug if following and fold(words[-1].text) in _PART_OF else after
            unmatched += _unmatched(words, lookup, whose, keys, question=question)
            continue
        after = vendor.slug
        if rest := _beyond_name(vendor, words, catalog):
            unmatched.append(UnmatchedWords(rest, after, repeated=True, product=catalog.product(vendor, rest)))
        vendors.setdefault(after, vendor)
    return tuple(vendors.values()), tuple(unmatched)


def _with_next(segments: Iterable[_Segment]) -> Iterator[tuple[Vendor | None, Sequence[Word], Vendor | None]]:
    """Each with the vendor that follows it."""
    every = list(segments)
    for (vendor, words), following in zip_longest(every, (vendor for vendor, _ in every[1:])):
        yield vendor, words, following


def _without_common(
    segments: Sequence[tuple[Vendor | None, Sequence[Word], Vendor | None]],
) -> Iterator[tuple[Vendor | None, Sequence[Word], Vendor | None]]:
    """In a sentence with another name, a common word is no name, though it may be one: ``any word from cloudflare``."""
    common = [vendor is not None and len(ws) == 1 and fold(ws[0].text) in COMMON for vendor, ws, _ in segments]
    named = [vendor is not None and not is_common for (vendor, *_), is_common in zip(segments, common, strict=True)]
    is_sentence = any(vendor is None and fold(word.text) in FILLERS for vendor, ws, _ in segments for word in ws)
    for (vendor, words, following), is_common in zip(segments, common, strict=True):
        yield (None if is_common and is_sentence and any(named) else vendor), words, following


def names_any(words: Sequence[Word], catalog: Catalog) -> bool:
    """Whether some of the words are exactly a vendor's name."""
    return len(unnamed(words, catalog)) < len(words)


def unnamed(words: Sequence[Word], catalog: Catalog) -> list[Word]:
    """The words that are part of no vendor's name."""
    split = _split(words, _BoundedLookup(catalog))
    return [word for vendor, part in split if vendor is None for word in part]


def one_vendor(text: str, catalog: Catalog) -> NamedVendor | NearMiss:
    """The longest name, but of two names of one vendor the shorter: ``github actions`` is GitHub, and "actions"."""
    words = [part.text for part in scan(text) if part is not None]
    while len(words) > 1 and fold(words[0]) in FILLERS and catalog.exact(" ".join(words[:2])) is None:
        words.pop(0)
    exact = [(n, catalog.exact(" ".join(words[:n]))) for n in range(min(len(words), MAX_NAME_WORDS), 0, -1)]
    for count, vendor in exact:
        if vendor is None:
            continue
        if fold(" ".join(words[:count])) not in {fold(vendor.slug), fold(vendor.name)}:
            count = min(n for n, other in exact if other == vendor)
        rest = words[count:]
        while rest and fold(rest[0]) in FILLERS:
            rest.pop(0)
        return NamedVendor(vendor, " ".join(rest))
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


_Segment = tuple[Vendor | None, Sequence[Word]]
"""A vendor and the words that name it, or words that name none."""


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
        if text.startswith(("#", "@", "<")) or len(fold(text)) <= MAX_EXACT_CHARS or fold(text) in COMMON | EVERYDAY:
            return ()
        match self.find(text):
            case Found(vendor):
                return (vendor,)
            case NearMiss(vendors):
                return vendors


def _beyond_name(vendor: Vendor, words: Sequence[Word], catalog: Catalog) -> str:
    """What of the words that name the vendor may also be a part of it: ``actions`` of ``github actions``; ``s3``."""
    text = _text(words)
    is_address = Address.of(text) is not None or typed_url(text) is not None
    if fold(text) in (fold(vendor.slug), fold(vendor.name)) or is_address or catalog.exact(text) != vendor:
        return ""
    shorter = (count for count in range(1, len(words)) if catalog.exact(_text(words[:count])) == vendor)
    return _text(words[next(shorter, 0) :])


def _segment(words: Sequence[Word], catalog: _BoundedLookup) -> Iterator[tuple[Vendor | None, Sequence[Word]]]:
    """Like :func:`_split`; where nothing is named, all the words may be one name in a sentence."""
    split = list(_split(words, catalog))
    if all(vendor is None for vendor, _ in split) and not any(word.quoted for word in words):
        match catalog.find(_text(words)):
            case Found(found):
                yield found, words[:1]
                return
    yield from split


def _split(words: Sequence[Word], catalog: _BoundedLookup) -> Iterator[tuple[Vendor | None, Sequence[Word]]]:
    """The split that leaves the fewest words over and, among those, has the longest names. A filler alone is no
    name beside others: ``is it just me``."""
    best: list[tuple[int, int, int, Vendor | None]] = [(0, 0, 0, None)] * (len(words) + 1)
    for start in reversed(range(len(words))):
        covered, fewer, _, _ = best[start + 1]
        best[start] = (covered, fewer, 1, None)
        for end in range(start + 1, min(start + MAX_NAME_WORDS, len(words)) + 1):
            if end > start + 1 and (words[start].quoted or words[end - 1].quoted):
                break
            if len(words) > 1 and all(not word.quoted and fold(word.text) in FILLERS for word in words[start:end]):
                continue
            if (named := catalog.exact(_text(words[start:end]))) is not None:
                covered, fewer, _, _ = best[end]
                option = (covered + end - start, fewer - 1, end - start, named)
                best[start] = max(best[start], option, key=lambda choice: choice[:2])
    start = left = 0
    while start < len(words):
        _, _, taken, vendor = best[start]
        if vendor is not None:
            if left < start:
                yield None, words[left:start]
            yield vendor, words[start : start + taken]
            left = start + taken
        start += taken
    if left < len(words):
        yield None, words[left:]


def _unmatched(
    words: Sequence[Word], catalog: _BoundedLookup, after: Slug | None, keys: Collection[str], *, question: bool
) -> Iterator[UnmatchedWords]:
    for word in words:
        if not word.quoted:
            refuse_unknown_key(word.text, keys)
    in_sentence = question and any(fold(word.text) in FILLERS | QUESTION_WORDS for word in words)
    words = [word for at, word in enumerate(words) if not _is_filler(words, at, after)]
    is_passing = [question and not word.quoted and fold(word.text) in QUESTION_WORDS | COMMON for word in words]
    names = [word for word, passing in zip(words, is_passing, strict=True) if not passing]
    near = catalog.near(_text(names)) if 1 < len(names) <= MAX_NAME_WORDS else ()
    for word, passing in zip(words, is_passing, strict=True):
        if passing:
            yield UnmatchedWords(_bare(word), after, passing=True)
        elif not near:
            meant = catalog.near(word.text)
            if (in_sentence or after) and not Address.of(word.text):
                meant = tuple(vendor for vendor in meant if _is_slip(word.text, vendor))
            yield UnmatchedWords(_bare(word), after, meant)
        elif word is names[0]:
            yield UnmatchedWords(_text(names), after, near)


def _is_slip(text: str, vendor: Vendor) -> bool:
    """Whether one slip makes it a name of the vendor, or the beginning of one: an English word in a sentence mostly is
    two away from some name."""
    typed = fold(text)
    names = {fold(name) for name in (vendor.name, vendor.name.split()[0], vendor.slug, *vendor.aliases)}
    slips = 2 if len(typed) >= LONG_FOR_TWO_SLIPS else 1
    return any(OSA.distance(typed, name, score_cutoff=slips) <= slips for name in names)


def _is_filler(words: Sequence[Word], at: int, after: Slug | None) -> bool:
    if words[at].quoted:
        return False
    key = fold(words[at].text)
    if after and (key in _AFTER_FILLERS or (len(words[at].text) == 2 and words[at].text.isupper())):
        return at > 0 and fold(words[at - 1].text) in FILLERS and words[at].text.islower()
    return not key or key in FILLERS


def _bare(word: Word) -> str:
    """Without the punctuation around it."""
    return word.text if word.quoted else word.text.strip("?!.,;()") or word.text


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
