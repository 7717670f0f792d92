"""Makes one vendor's filter of what was typed, and checks it against the parts that its page has. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.process import extract

from bot.catalog.names import fold
from bot.catalog.parts import LISTS_WHAT_IS_AFFECTED, FoundParts, parts_called, parts_named
from bot.commands.vendors import UnmatchedWords
from bot.commands.vocabulary import QUESTION_WORDS
from bot.domain import Component, Filter, PageState
from bot.domain.globs import matches_any
from bot.message import Code, Line
from bot.routing import is_named
from bot.wording.errors import (
    AmbiguousPart,
    PartProblem,
    UncheckedParts,
    UnknownPart,
    UnknownRegion,
    whole_vendor_line,
)

NEAREST = 5
"""How many labels that may be meant are offered."""
MIN_SCORE = 60
"""How alike such a label is, from 0 to 100."""


@dataclass(frozen=True, slots=True)
class ResolvedFilter:
    """What was typed, as a filter of one vendor."""

    filter: Filter
    problems: tuple[PartProblem, ...] = ()
    """Why nothing may be subscribed."""
    notes: tuple[Line, ...] = ()
    """What the filter cannot do at this vendor."""
    other_vendors: tuple[UnmatchedWords, ...] = ()
    """Words that are rather a misspelt vendor than a part of this one."""


def resolve_filter(wanted: Filter, words: Sequence[UnmatchedWords], state: PageState) -> ResolvedFilter:
    """``words`` were typed after the vendor: components or regions of it, or other vendors."""
    others = tuple(unmatched for unmatched in words if _is_vendor(unmatched, state))
    words = [unmatched for unmatched in words if unmatched not in others]
    if state.snapshot is None:
        unread = tuple(whole_vendor_line(state, left.product.name) for left in words if left.product)
        return ResolvedFilter(wanted, _unchecked(wanted, words, state), unread, others)
    components = state.snapshot.components
    problems = _unknown(wanted, components)
    whole = UnmatchedWords(
        " ".join(unmatched.text for unmatched in words), repeated=all(unmatched.repeated for unmatched in words)
    )
    product_notes: list[Line] = []
    for unmatched in [whole] if len(words) > 1 and _resolve(whole, state) else words:
        match _resolve(unmatched, state):
            case None if unmatched.product:
                product_notes.append(whole_vendor_line(state, unmatched.product.name))
            case None if unmatched.repeated:
                pass
            case None:
                problems.append(UnknownPart(unmatched.text, nearest(unmatched.text, components)))
            case _Parts(labels, ambiguous=True):
                problems.append(AmbiguousPart(unmatched.text, labels))
            case parts:
                wanted = replace(
                    wanted,
                    components=_with(wanted.components, parts.components),
                    regions=_with(wanted.regions, parts.regions),
                )
    notes = () if problems else (*product_notes, *_notes(wanted, state.vendor.name, components))
    return ResolvedFilter(wanted, tuple(problems), notes, others)


def product_parts(unmatched: UnmatchedWords, state: PageState) -> FoundParts | None:
    """The parts of the vendor's page that another name of the vendor, or a product of it, means."""
    components = state.snapshot.components if state.snapshot else ()
    if unmatched.product:
        return parts_named(unmatched.product.names, state.vendor, components)
    return parts_called(unmatched.text, state.vendor, components) if unmatched.repeated else None


def holding(text: str, components: Iterable[Component]) -> tuple[Component, ...]:
    """The components whose label or region holds the text; each word of it, if not the whole."""
    wanted = text.casefold()
    words = wanted.split()
    whole = [c for c in components if wanted in f"{c.label} {c.region or ''}".casefold()]
    each = [c for c in components if all(w in f"{c.label} {c.region or ''}".casefold() for w in words)]
    return tuple(whole or each)


def called(text: str, components: Iterable[Component]) -> tuple[Component, ...]:
    """The components that a common word names: those that are called exactly so, or their group is; for a word that is
    no usual part of a question, those too with that word in their label: ``api``."""
    wanted = text.casefold()
    parts = tuple(components)
    exact = tuple(c for c in parts if wanted in {c.name.casefold(), c.label.casefold(), (c.group or "").casefold()})
    if exact or fold(wanted) in QUESTION_WORDS:
        return exact
    word = re.compile(rf"\b{re.escape(wanted)}\b", re.IGNORECASE)
    return tuple(c for c in parts if word.search(c.label))


def nearest(text: str, components: Sequence[Component]) -> tuple[str, ...]:
    """Labels that may be meant, the likeliest first."""
    names = {c.label.casefold(): c.label for c in components}
    names |= {c.name.casefold(): c.label for c in components}
    found = extract(text.casefold(), list(names), limit=NEAREST, score_cutoff=MIN_SCORE)
    return tuple(dict.fromkeys(names[name] for name, _, _ in found))


def regions(components: Iterable[Component]) -> tuple[str, ...]:
    """The regions that a page lists, in its order."""
    return tuple(dict.fromkeys(c.region for c in components if c.region))


def _is_vendor(unmatched: UnmatchedWords, state: PageState) -> bool:
    """Rather a misspelt vendor than a part of the one before it, which may have no parts."""
    if unmatched.repeated:
        return False
    if state.snapshot and not state.snapshot.components:
        return True
    return bool(unmatched.near) and not (state.snapshot and holding(unmatched.text, state.snapshot.components))


def _unchecked(wanted: Filter, words: Sequence[UnmatchedWords], state: PageState) -> tuple[PartProblem, ...]:
    """What stands against the filter while the page's parts are not known."""
    names_parts = bool(wanted.components or wanted.excluded or wanted.regions)
    if state.unreadable is None and (names_parts or words):
        return (UncheckedParts(),)
    return next(((UnknownPart(unmatched.text),) for unmatched in words if not unmatched.repeated), ())


def _unknown(wanted: Filter, components: Sequence[Component]) -> list[PartProblem]:
    """Globs that match nothing. A page that lists no components, or no regions, is not held to them."""
    known = regions(components)
    globs = (*wanted.components, *wanted.excluded) if components else ()
    problems: list[PartProblem] = [
        UnknownPart(glob, nearest(glob, components)) for glob in globs if not _is_any(glob, components)
    ]
    problems += [UnknownRegion(glob, known) for glob in wanted.regions if known and not matches_any(glob, known)]
    return problems


@dataclass(frozen=True, slots=True)
class _Parts:
    """What typed words stand for. All of it is meant, unless ``ambiguous``."""

    components: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    ambiguous: bool = False


def _resolve(unmatched: UnmatchedWords, state: PageState) -> _Parts | None:
    """Products first; what is named exactly stands as it was typed; then other names, then what holds the text."""
    text, components = unmatched.text, state.snapshot.components if state.snapshot else ()
    if region := next((r for r in regions(components) if r.casefold() == text.casefold()), None):
        return _Parts(regions=(region,))
    parts = product_parts(unmatched, state)
    if _is_any(text, components) and not (parts and unmatched.product):
        return _Parts((text,))
    if parts:
        return _Parts(parts.names)
    if found := holding(text, components):
        return _Parts(tuple(c.label for c in found), ambiguous=len(found) > 1)
    if unmatched.product and state.vendor.kind in LISTS_WHAT_IS_AFFECTED:
        return _Parts(tuple(f"*{name}*" for name in unmatched.product.names))
    return None


def _is_any(glob: str, components: Iterable[Component]) -> bool:
    return any(is_named(component, glob) for component in components)


def _with(names: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, *more)))


def _notes(wanted: Filter, name: str, components: Sequence[Component]) -> list[Line]:
    notes: list[Line] = []
    if (wanted.components or wanted.excluded) and not components:
        notes.append((f"The page of {name} lists no components, so every incident passes that part of the filter.",))
    if wanted.regions and not regions(components):
        note = f"The page of {name} tells no regions, so every incident passes that part of the filter."
        if any(holding(region, components) for region in wanted.regions):
            notes.append((f"{note} Try ", Code(f'component:"*{wanted.regions[0]}*"'), "."))
        else:
            notes.append((note,))
    return notes
