"""Makes one vendor's filter of what was typed, and holds it against the parts that its page has. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.commands.grammar import UnmatchedWords
from bot.commands.naming import holding, matching, nearest, regions
from bot.domain import Component, Filter, PageState
from bot.message import Code, Line
from bot.wording.errors import no_such_part, no_such_region, several_parts, unchecked_parts


@dataclass(frozen=True, slots=True)
class ResolvedFilter:
    """``problems``: why nothing may be subscribed. ``notes``: what the filter cannot do at this vendor."""

    filter: Filter
    problems: tuple[Line, ...] = ()
    notes: tuple[Line, ...] = ()


def resolve_filter(wanted: Filter, words: Sequence[UnmatchedWords], state: PageState) -> ResolvedFilter:
    """``words`` were typed after the vendor: components or regions of it."""
    if state.snapshot is None:
        asked = bool(wanted.components or wanted.excluded or wanted.regions)
        if state.unreadable is None and (asked or words):
            return ResolvedFilter(wanted, (unchecked_parts(state),))
        needed = [left.text for left in words if not left.repeated]
        return ResolvedFilter(wanted, (no_such_part(state, needed[0], ()),)) if needed else ResolvedFilter(wanted)
    components = state.snapshot.components
    known = regions(components)
    globs = (*wanted.components, *wanted.excluded) if components else ()
    problems = [
        no_such_part(state, glob, nearest(glob, components)) for glob in globs if not matching(glob, components)
    ]
    problems += [no_such_region(state, glob, known) for glob in wanted.regions if known and not _is_in(glob, known)]
    whole = " ".join(left.text for left in words)
    single = [UnmatchedWords(whole, repeated=all(left.repeated for left in words))] if len(words) > 1 else []
    for left in single if single and _resolve(whole, components) else words:
        match _resolve(left.text, components):
            case None if left.repeated:
                pass
            case None:
                problems.append(no_such_part(state, left.text, nearest(left.text, components)))
            case (label,), False:
                wanted = replace(wanted, components=_with(wanted.components, label))
            case (region,), True:
                wanted = replace(wanted, regions=_with(wanted.regions, region))
            case labels, _:
                problems.append(several_parts(state, left.text, labels))
    return ResolvedFilter(wanted, tuple(problems), () if problems else tuple(_notes(wanted, state, components)))


def _resolve(text: str, components: Sequence[Component]) -> tuple[tuple[str, ...], bool] | None:
    """Labels that the text stands for, and whether it is a region. What is named exactly stands as it was typed."""
    region = next((r for r in regions(components) if r.casefold() == text.casefold()), None)
    if region:
        return (region,), True
    if matching(text, components):
        return (text,), False
    found = holding(text, components)
    return (tuple(c.label for c in found), False) if found else None


def _is_in(glob: str, names: Sequence[str]) -> bool:
    return any(fnmatchcase(name.casefold(), glob.casefold()) for name in names)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _notes(wanted: Filter, state: PageState, components: Sequence[Component]) -> list[Line]:
    name = state.vendor.name
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
