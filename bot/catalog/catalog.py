"""Finds vendors by name, alias, product, domain or status-page address, and near misses of these."""

from __future__ import annotations

import functools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from bot.catalog.facts import NO_FACTS, Facts, Product
from bot.catalog.names import Address, fold, words
from bot.catalog.rows import CatalogError, Row, facts_of, merge, read_rows, vendor_of
from bot.domain import OWN, Slug, Vendor

NEAR_MISSES = 3
ALTERNATIVES = 3
CHOICES = 25
"""As many as Discord shows while somebody types."""

_NOISE_WORDS = frozenset({
    "a", "about", "an", "any", "are", "down", "for", "has", "having", "incident", "incidents", "is", "issue", "issues",
    "it", "now", "of", "ok", "on", "outage", "outages", "page", "problem", "problems", "right", "s", "status", "the",
    "there", "to", "up", "what", "whats", "with",
})  # fmt: skip
"""Words around a name that are no part of it: ``is github down?``."""

_NO_CATEGORIES = frozenset({"other", OWN})
"""Whose vendors have nothing in common."""


@dataclass(frozen=True, slots=True)
class Found:
    """The one vendor that the text names. It may be disabled; the caller says so."""

    vendor: Vendor


class Completion(NamedTuple):
    """A vendor that somebody who is still typing may mean."""

    vendor: Vendor
    name: str = ""
    """Its product or other name that begins so, where its own name does not, without the maker's: ``Drive``."""
    whole: str = ""
    """The same as it can be typed alone: ``Google Drive``."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """None, or more than one, is named: up to three that may be meant, the likeliest first. May be empty."""

    vendors: tuple[Vendor, ...]


@dataclass(slots=True)
class _Index:
    """What vendors are found by."""

    titles: dict[Slug, str] = field(default_factory=dict)
    names: dict[str, Slug] = field(default_factory=dict)
    hosts: dict[str, tuple[Slug, ...]] = field(default_factory=dict)
    chosen_hosts: dict[str, Slug] = field(default_factory=dict)
    spelled: dict[str, list[Slug]] = field(default_factory=dict)
    beginnings: list[tuple[str, Slug, str]] = field(default_factory=list)
    """A word of a name with all after it; the vendor; the name, where it is another one than the vendor's own."""

    def plus(self, new: Sequence[Vendor], facts: Callable[[Slug], Facts]) -> _Index:
        """With these, which take no name from those that are in it already."""
        more = _Index(*(copy(getattr(self, part.name)) for part in fields(self)))
        more.titles |= {vendor.slug: fold(vendor.name) for vendor in new}
        names: dict[str, Slug] = {}
        for vendor in new:
            names[fold(vendor.slug)] = vendor.slug
        for vendor in new:
            names.setdefault(more.titles[vendor.slug], vendor.slug)
        first_words: defaultdict[str, list[Slug]] = defaultdict(list)
        for vendor in new:
            for alias in (*vendor.aliases, *(product.name for product in facts(vendor.slug).products)):
                names.setdefault(fold(alias), vendor.slug)
                if "." in alias and "://" not in alias and (address := Address.of(alias)):
                    more.chosen_hosts.setdefault(address.host, vendor.slug)
            for url in _addresses(vendor):
                if (address := Address.of(url)) is None:
                    names.setdefault(fold(url), vendor.slug)
                elif vendor.slug not in (owners := more.hosts.get(address.host, ())):
                    more.hosts[address.host] = (*owners, vendor.slug)
            own = {fold(vendor.slug), more.titles[vendor.slug]}
            more.beginnings += [(key, vendor.slug, "") for key in {*own, *_endings(vendor.name)} if key]
            shown = {fold(p.name): p.name for p in facts(vendor.slug).products}
            for key, other in ({fold(a): a for a in vendor.aliases if "://" not in a} | shown).items():
                if key not in own and names.get(key) == vendor.slug:
                    more.beginnings += [(begin, vendor.slug, other) for begin in {key, *_endings(other)} if begin]
            if len(name := words(vendor.name)) > 1 and len(name[0]) >= _LONG_ENOUGH_FOR_A_WORD:
                first_words[name[0]].append(vendor.slug)
        names.pop("", None)
        more.names = names | more.names
        for key, slug in names.items():
            more.spelled.setdefault(key, [slug])
        for word, slugs in first_words.items():
            more.spelled.setdefault(word, slugs)
        return more


class Catalog:
    """The vendors in the order of their slugs.

    ``prominence`` is how well known a vendor is, 0 by default: in how many public lists it is, and whether its page was
    verified (``standing`` in a row). It orders what is offered and decides nothing else.
    """

    def __init__(
        self,
        vendors: Iterable[Vendor],
        prominence: Mapping[Slug, int] = MappingProxyType({}),
        facts: Mapping[Slug, Facts] = MappingProxyType({}),
        before: Catalog | None = None,
    ) -> None:
        """``before``: a catalog whose vendors are in this one, too, and keep their names."""
        self._prominence = dict(prominence)
        self._facts = facts
        self._before = before
        self._new = sorted(vendors, key=lambda vendor: vendor.slug)
        self._vendors: dict[Slug, Vendor] = dict(before._vendors) if before else {}
        self._vendors |= {vendor.slug: vendor for vendor in self._new}
        self._alternatives: dict[tuple[object, ...], tuple[Vendor, ...]] = {}
        """The first of each maker, by what they are to be used for: to work it out goes through all vendors."""

    @functools.cached_property
    def _index(self) -> _Index:
        """Worked out when the first vendor is looked for: it takes three times as long as to load them all."""
        return (self._before._index if self._before else _Index()).plus(self._new, self.facts)

    def __iter__(self) -> Iterator[Vendor]:
        return iter(self._vendors.values())

    def __len__(self) -> int:
        return len(self._vendors)

    def get(self, slug: str) -> Vendor | None:
        """The vendor with exactly this slug."""
        return self._vendors.get(Slug(slug))

    def facts(self, slug: str) -> Facts:
        """What is known of the vendor beside its page; nothing of one that is not in the catalog."""
        return self._facts.get(Slug(slug), NO_FACTS)

    def product(self, vendor: Vendor, text: str) -> Product | None:
        """The vendor's product that the whole text names, with or without the vendor's name before it."""
        typed = words(text)
        known = {fold(_beyond_maker(p.name, vendor)): p for p in self.facts(vendor.slug).products}
        known |= {fold(p.name): p for p in self.facts(vendor.slug).products}
        for start in range(len(typed)):
            found = known.get("".join(typed[start:]))
            if found and (start == 0 or self.exact(" ".join(typed[:start])) == vendor):
                return found
        return None

    def plus(self, vendors: Iterable[Vendor]) -> Catalog:
        """This catalog and these after it. They take no name from it, nor a slug. Quick, whatever its size."""
        new = [vendor for vendor in vendors if vendor.slug not in self._vendors]
        if not new:
            return self
        return Catalog(new, self._prominence, self._facts, self)

    def exact(self, text: str) -> Vendor | None:
        """The vendor that the whole text names, by slug, name, alias, domain or address; nothing is guessed."""
        match self._exact(text):
            case Vendor() as vendor:
                return vendor
            case _:
                return None

    def find(self, text: str) -> Found | NearMiss:
        """Whatever a person types for a vendor, in any case and spacing, with or without words around the name."""
        match self._exact(text):
            case Vendor() as vendor:
                return Found(vendor)
            case [*several]:
                return NearMiss(tuple(several))
            case None:
                pass
        name_words = [word for word in words(text) if word not in _NOISE_WORDS]
        if (named := self._by_key("".join(name_words))) is not None:
            return Found(named)
        if address := Address.of(text):
            key = fold(address.label)
            named = self._by_key(key)
            return NearMiss((named,) if named else self._near(key))
        return NearMiss(self._near("".join(name_words)))

    def alternatives(self, vendor: Vendor, limit: int = ALTERNATIVES) -> tuple[Vendor, ...]:
        """Enabled vendors to use instead: same specialty first, then same subcategory, then same category, well-known
        ones first.

        Never the vendor itself, nor another page of its maker, nor two pages of one maker.
        """
        use = self.facts(vendor.slug).specialty, vendor.subcategory, vendor.category, limit
        if (known := self._alternatives.get(use)) is None:
            # Its own maker's is one of them at most.
            known = self._alternatives[use] = self._of_one_use(vendor)[: limit + 1]
        return tuple(v for v in known if _maker(v) != _maker(vendor))[:limit]

    def _of_one_use(self, vendor: Vendor) -> tuple[Vendor, ...]:
        pool = [
            v
            for v in self
            if v.enabled
            and (self.is_alike(v, vendor) or (v.category == vendor.category and v.category not in _NO_CATEGORIES))
        ]
        pool.sort(key=lambda v: (not self.is_alike(v, vendor), v.subcategory != vendor.subcategory, *self._order(v)))
        by_maker = {_maker(v): v for v in reversed(pool)}
        return tuple(v for v in pool if by_maker[_maker(v)] is v)

    def is_alike(self, one: Vendor, other: Vendor) -> bool:
        """Whether they are of one specialty or, where one of them has none, of one subcategory."""
        specialties = self.facts(one.slug).specialty, self.facts(other.slug).specialty
        if None in specialties:
            return one.subcategory == other.subcategory and one.category not in _NO_CATEGORIES
        return specialties[0] == specialties[1]

    def complete(self, prefix: str, limit: int = CHOICES) -> tuple[Completion, ...]:
        """What somebody who is still typing may mean: names of which a word begins so. An empty prefix gives the best
        known vendors."""
        key = fold(prefix)
        best: dict[Slug, tuple[int, str, str]] = {}
        for begin, slug, name in self._index.beginnings:
            if begin.startswith(key):
                rank, shown = self._rank(key, slug, name)
                found = (rank, shown, name if shown else "")
                best[slug] = min(best.get(slug, found), found)
        if not best:
            return tuple(Completion(vendor) for vendor in self._near(key)[:limit])
        chosen = sorted(best, key=lambda slug: (best[slug][0], *self._order(self._vendors[slug])))
        return tuple(Completion(self._vendors[slug], *best[slug][1:]) for slug in chosen[:limit])

    def _rank(self, key: str, slug: Slug, name: str) -> tuple[int, str]:
        """How likely it is meant, 0 the likeliest, and the name to show beside the vendor's own."""
        vendor, title = self._vendors[slug], self._index.titles[slug]
        bare = _beyond_maker(name, vendor)
        if title.startswith(key):
            return (0 if key in (title, fold(slug)) else 2), ""
        if not name:
            return (0 if key == fold(slug) else 3), ""
        is_product = any(product.name == name for product in self.facts(slug).products)
        if key == fold(name):
            return 1, bare
        return (2 if is_product else 4), bare

    def _exact(self, text: str) -> Vendor | tuple[Vendor, ...] | None:
        if (address := Address.of(text)) and (owners := self._owners(address)):
            return owners[0] if len(owners) == 1 else owners[:NEAR_MISSES]
        return self._by_key(fold(text))

    def _by_key(self, key: str) -> Vendor | None:
        slug = self._index.names.get(key)
        return None if slug is None else self._vendors[slug]

    def _owners(self, address: Address) -> tuple[Vendor, ...]:
        for host in (address.host, *address.parents()):
            if slug := self._index.chosen_hosts.get(host):
                return (self._vendors[slug],)
            owners = [self._vendors[slug] for slug in self._index.hosts.get(host, ())]
            if not owners:
                continue
            here = [v for v in owners if any(_is_under(address, url) for url in _pages(v))]
            named = [v for v in owners if fold(v.slug) == fold(address.label)]
            if address.is_one_of_many and not here:
                return ()
            best = here or named or owners
            return tuple(sorted(best, key=self._order))
        return ()

    def _near(self, key: str) -> tuple[Vendor, ...]:
        reach = 0 if len(key) < 3 else 1 if len(key) < 5 else 2 if len(key) < 13 else 3
        scores: dict[Slug, tuple[int, int]] = {}
        for name, slug in self._index.names.items():
            if len(key) > 1 and name.startswith(key):
                scores[slug] = (1, 0)
        if reach:
            for name, distance, _ in extract(
                key, self._index.spelled.keys(), scorer=OSA.distance, score_cutoff=reach, limit=20
            ):
                only_omits = len(name) - len(key) == distance
                if distance > 1 and len(key) < _LONG_ENOUGH_FOR_TWO_SLIPS and not only_omits:
                    continue
                for slug in self._index.spelled[name]:
                    scores[slug] = min(scores.get(slug, (reach + 1, 0)), (int(distance), 1 + (name[0] != key[0])))
        farthest = 1 if any(distance <= 1 for distance, _ in scores.values()) else reach
        near = sorted(
            (slug for slug, (distance, _) in scores.items() if distance <= farthest),
            key=lambda slug: (scores[slug], *self._order(self._vendors[slug])),
        )
        return tuple(self._vendors[slug] for slug in near[:NEAR_MISSES])

    def _order(self, vendor: Vendor) -> tuple[bool, int, Slug]:
        return (not vendor.enabled, -self._prominence.get(vendor.slug, 0), vendor.slug)


_LONG_ENOUGH_FOR_A_WORD = 4
_LONG_ENOUGH_FOR_TWO_SLIPS = 7


def _beyond_maker(name: str, vendor: Vendor) -> str:
    """``Pages`` of ``Cloudflare Pages``, ``Drive`` of ``Google Drive``."""
    typed = name.split()
    if len(typed) > 1 and vendor.name.split()[0] == typed[0]:
        return " ".join(typed[1:])
    for count in range(len(typed) - 1, 0, -1):
        if fold(" ".join(typed[:count])) in (fold(vendor.slug), fold(vendor.name)):
            return " ".join(typed[count:])
    return name


def _endings(name: str) -> Iterator[str]:
    """``amazonwebservices``, ``webservices``, ``services``; a host is one word."""
    if "." in name and " " not in name:
        return iter((fold(name),))
    typed = [key for word in re.split(r"[^\w']+|_", name) if (key := fold(word))]
    return ("".join(typed[start:]) for start in range(len(typed)))


def _maker(vendor: Vendor) -> str:
    return _label(vendor.homepage or vendor.human_url) or vendor.slug


@functools.lru_cache(maxsize=4_096)
def _label(url: str) -> str | None:
    address = Address.of(url)
    return address.label if address else None


def _pages(vendor: Vendor) -> tuple[str, ...]:
    return (vendor.page_url, vendor.human_url, *(alias for alias in vendor.aliases if "://" in alias))


def _addresses(vendor: Vendor) -> Iterable[str]:
    return dict.fromkeys((*_pages(vendor), vendor.homepage or ""))


def _is_under(address: Address, url: str) -> bool:
    page = Address.of(url)
    return page is not None and page.host == address.host and address.path.startswith(page.path)


def load(path: str = "") -> Catalog:
    """The catalog that ships with Lookout, with the operator's own file laid over it where there is one. Raises
    :class:`bot.catalog.CatalogError`."""
    rows = merge(shipped(), own_rows(path), path) if path else shipped()
    return Catalog(
        map(vendor_of, rows.values()),
        {Slug(slug): row.get("standing", 0) for slug, row in rows.items()},
        {Slug(slug): facts_of(row) for slug, row in rows.items()},
    )


def shipped() -> dict[str, Row]:
    """The rows that ship with Lookout, by slug. They are not checked: a test does that, and every start would pay."""
    lines = (files("bot.catalog") / "vendors.jsonl").read_text(encoding="utf-8").splitlines()
    # At once: a call for each of thousands of lines takes half of the time.
    return {row["slug"]: row for row in json.loads(f"[{','.join(lines)}]")}


def own_rows(path: str) -> dict[str, Row]:
    """The rows of the operator's file, by slug. Raises :class:`bot.catalog.CatalogError`."""
    try:
        return read_rows(Path(path).read_text(encoding="utf-8"), path)
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}.") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path} is no text in UTF-8.") from error
