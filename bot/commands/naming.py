"""Finds what typed words name: one vendor with words after it, components, regions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rapidfuzz.process import extract

from bot.catalog import Catalog, Found, NearMiss
from bot.catalog.names import fold
from bot.commands.grammar import MAX_NAME_WORDS
from bot.commands.scan import scan
from bot.domain import Component, Vendor

NEAREST = 5


@dataclass(frozen=True, slots=True)
class Named:
    """The vendor that words begin with, and the words after it."""

    vendor: Vendor
    rest: str


def one_vendor(text: str, catalog: Catalog) -> Named | NearMiss:
    """The longest name, but of two names of one vendor the shorter: ``github actions`` is GitHub, and "actions"."""
    words = [part.text for part in scan(text) if part is not None]
    exact = [(n, catalog.exact(" ".join(words[:n]))) for n in range(min(len(words), MAX_NAME_WORDS), 0, -1)]
    for count, vendor in exact:
        if vendor is None:
            continue
        if fold(" ".join(words[:count])) not in {fold(vendor.slug), fold(vendor.name)}:
            count = min(n for n, other in exact if other == vendor)
        return Named(vendor, " ".join(words[count:]))
    match catalog.find(" ".join(words)):
        case Found(vendor):
            return Named(vendor, "")
        case near if near.vendors or len(words) < 2:
            return near
    match catalog.find(words[0]):
        case Found(vendor):
            return NearMiss((vendor,))
        case near:
            return near


def handles(component: Component) -> tuple[str, ...]:
    """What a component can be called by, folded; as filters do."""
    names = (component.id, component.name, component.group or "", component.label)
    return tuple(name.casefold() for name in names if name)


def matching(glob: str, components: Iterable[Component]) -> tuple[Component, ...]:
    """The components that a typed name or glob stands for."""
    wanted = glob.casefold()
    return tuple(c for c in components if any(h == wanted or fnmatchcase(h, wanted) for h in handles(c)))


def holding(text: str, components: Iterable[Component]) -> tuple[Component, ...]:
    """The components whose label or region holds the text; each word of it, if not the whole."""
    wanted = text.casefold()
    words = wanted.split()
    whole = [c for c in components if wanted in f"{c.label} {c.region or ''}".casefold()]
    each = [c for c in components if all(w in f"{c.label} {c.region or ''}".casefold() for w in words)]
    return tuple(whole or each)


def nearest(text: str, components: Sequence[Component]) -> tuple[str, ...]:
    """Labels that may be meant, the likeliest first."""
    names = {c.label.casefold(): c.label for c in components}
    names |= {c.name.casefold(): c.label for c in components}
    found = extract(text.casefold(), list(names), limit=NEAREST, score_cutoff=60)
    return tuple(dict.fromkeys(names[name] for name, _, _ in found))


def regions(components: Iterable[Component]) -> tuple[str, ...]:
    """The regions that a page tells, in its order."""
    return tuple(dict.fromkeys(c.region for c in components if c.region))
