"""Services: what each runs on, how it stands, and whether the trouble may be a vendor's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import Filter, Hit, IncidentKind, Level, PageState, Service, ServiceState, Slug, worst
from bot.message import (
    Block,
    Button,
    Code,
    Items,
    Line,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Span,
    Strong,
    Style,
    Tone,
    plain_text,
)
from bot.wording.phrases import (
    DOTS,
    age,
    capital,
    count,
    excerpt,
    join,
    level_text,
    level_tone,
    listing,
    not_known,
    one_line,
    quoted,
    spaced,
)
from bot.wording.subscriptions import filter_text, name_line
from bot.wording.vendor_state import is_current, level_now

NAMES = 8
HITS_SHOWN = 3
"""Services that a card names before "and 5 more"."""
PARTS_CHARS = 80
CLOCK_SPAN = timedelta(hours=20)
"""Within this of now a clock time needs no date."""
WHOLE = Filter()


@dataclass(frozen=True, slots=True)
class ListedService:
    """A service as it is listed."""

    state: ServiceState
    typed: str
    """The whole command that defines it."""
    since: dict[Slug, datetime]
    """When the trouble of a vendor of its began, as far as it is known."""
    missing: tuple[str, ...] = ()
    """What it names and the vendors' pages do not list."""

    @property
    def service(self) -> Service:
        return self.state.service


def hits_text(hits: Sequence[Hit]) -> str:
    """``Hits: checkout, invoices``; ``May hit: …`` where the incident does not say what it is about; empty for none."""
    groups = (("hits", [h.service for h in hits if h.certain]), ("may hit", [h.service for h in hits if not h.certain]))
    return capital("; ".join(f"{word}: {_commas(names)}" for word, names in groups if names))


def service_level(state: ServiceState, now: datetime) -> Level | None:
    """The worst of what is known now."""
    return worst([level_now(one, now) for one in state.states])


def service_tone(state: ServiceState, now: datetime) -> Tone:
    """Green only if all that it needs is known to be."""
    level = service_level(state, now)
    if level is not None and level > Level.OPERATIONAL:
        return level_tone(level)
    return Tone.OK if level is not None and not unknown_of(state, now) else Tone.UNKNOWN


def unknown_of(state: ServiceState, now: datetime) -> list[PageState]:
    return [one for one in state.states if level_now(one, now) is None]


def troubled_of(state: ServiceState, now: datetime) -> list[PageState]:
    """Its vendors in trouble, the worst first; what is planned is none."""
    bad = [one for one in state.states if trouble_rank(one, now) >= Level.DEGRADED]
    return sorted(bad, key=lambda one: -trouble_rank(one, now))


def trouble_began(state: PageState) -> datetime | None:
    """When the first of what is open and no maintenance began."""
    open_now = state.snapshot.incidents if state.snapshot else ()
    began = [i.started for i in open_now if i.is_open and i.kind is not IncidentKind.MAINTENANCE]
    return min(began, default=None)


def defined_message(
    listed: ListedService, before: str | None, *, same: bool, notes: Sequence[Line], now: datetime
) -> Message:
    """For everybody in the channel to read. ``before``: the command that brings back what it was."""
    name = listed.service.name
    runs = f"runs on {needs_text(listed.state)}"
    title = f"Service {name} {runs}."
    if same:
        title = f"Service {name} is defined so already: it {runs}."
    elif before is not None:
        title = f"Service {name} changed: it {runs}."
    blocks: list[Block] = [Paragraph(("Now: ", *standing_line(listed, now)))]
    if listed.service.owner:
        blocks.append(Paragraph(owner_line(listed.service.owner)))
    if notes:
        blocks.append(Items(tuple(notes)))
    if before is not None and not same:
        blocks.append(Paragraph(("Before: ", Code(before))))
    typed = f"subscribe service:{_typed_name(listed)}"
    return Message(
        summary=title,
        title=title,
        blocks=tuple(blocks),
        footer=("Hear of just this: ", Code(typed)),
        buttons=(Button("Subscribe here", typed), Button("All services", "services")),
    )


def not_defined_message(name: str, problems: Sequence[Line]) -> Message:
    """Nothing is changed: a service that lacks a part of its own would be a false comfort."""
    title = f"Service {name} was not defined: nothing was changed."
    return Message(summary=title, title=title, blocks=(Items(tuple(problems)),), kind=MessageKind.ERROR)


def owner_changed_message(name: str, owner: str | None) -> Message:
    title = f"Service {name} has {'an' if owner else 'no'} owner now."
    blocks = (Paragraph(owner_line(owner)),) if owner else ()
    return Message(summary=title, title=title, blocks=blocks)


def removed_message(name: str, undo: str) -> Message:
    title = f"Service {name} is no more."
    return Message(summary=title, title=title, blocks=(Paragraph(("To undo: ", Code(undo))),))


def service_message(listed: ListedService, now: datetime) -> Message:
    """One service whole."""
    state, tone = listed.state, service_tone(listed.state, now)
    title = f"{DOTS[tone]} {listed.service.name}: {plain_text(standing_line(listed, now, moments=False))}"
    owner: list[Block] = [Paragraph(owner_line(listed.service.owner))] if listed.service.owner else []
    lines = tuple(
        _vendor_line(one, listed.since.get(one.vendor.slug), state.service.filters(one.vendor.slug), now)
        for one in state.states
    )
    return Message(
        summary=title,
        tone=tone,
        title=title,
        blocks=(*owner, Items(lines), *_missing(listed), Paragraph((Code(listed.typed),))),
        footer=_read(state.states, now),
    )


def services_message(services: Sequence[ListedService], now: datetime, *, own: bool) -> Message:
    """All of them, worst first. ``own``: a person's own."""
    if not services:
        return no_services_message(own=own)
    ordered = sorted(services, key=lambda one: (-service_rank(one.state, now), one.service.key))
    bad = [one for one in ordered if troubled_of(one.state, now)]
    whose = "Your" if own else "This workspace's"
    named = f": {listing([one.service.name for one in bad], NAMES)}" if bad else ""
    title = f"{whose} {count(len(services), 'service')}: {len(bad) or 'none'} with a vendor in trouble{named}."
    states = [state for one in ordered for state in one.state.states]
    return Message(
        summary=title,
        tone=service_tone(ordered[0].state, now),
        title=title,
        blocks=(Items(tuple(_service_line(one, now) for one in ordered)),),
        footer=_read(states, now),
    )


def no_services_message(*, own: bool) -> Message:
    title = f"{'You have' if own else 'This workspace has'} no services yet."
    hint: Line = ("Say what yours run on: ", Code('service checkout = stripe, aws component:"RDS*"'), ".")
    return Message(summary=title, title=title, blocks=(Paragraph(hint),))


def no_service(name: str, near: Sequence[str]) -> str:
    """One sentence, with the names that may be meant."""
    meant = f" Did you mean {join(list(near), 'or')}?" if near else ""
    return f"No service is called {quoted(name)}.{meant}"


def owner_line(owner: str) -> Line:
    return ("Owner: ", *name_line(owner))


# --- parts of it -----------------------------------------------------------------------------------------------------


def _commas(names: Sequence[str]) -> str:
    if len(names) <= HITS_SHOWN + 1:
        return ", ".join(one_line(name) for name in names)
    return f"{', '.join(one_line(name) for name in names[:HITS_SHOWN])} and {len(names) - HITS_SHOWN} more"


def trouble_rank(state: PageState, now: datetime) -> Level:
    return level_now(state, now) or Level.OPERATIONAL


def service_rank(state: ServiceState, now: datetime) -> float:
    level = service_level(state, now) or Level.OPERATIONAL
    return level if level > Level.OPERATIONAL else 0.5 if service_tone(state, now) is Tone.UNKNOWN else 0


def needs_text(state: ServiceState) -> str:
    names = {one.vendor.slug: one.vendor.name for one in state.states}
    needs = []
    for dependency in state.service.dependencies:
        name = names.get(dependency.vendor, dependency.vendor)
        parts = "" if dependency.filter == WHOLE else f" ({excerpt(filter_text(dependency.filter), PARTS_CHARS)})"
        needs.append(f"{name}{parts}")
    return listing(needs, NAMES)


def _typed_name(listed: ListedService) -> str:
    return listed.typed.partition(" = ")[0].removeprefix("service ")


def standing_line(listed: ListedService, now: datetime, *, moments: bool = True) -> Line:
    """``partial outage (Stripe since 13:05)``, ``operational``"""
    bad, unknown = troubled_of(listed.state, now), unknown_of(listed.state, now)
    level = service_level(listed.state, now)
    spans: list[Span] = [level_text(level) if bad or not unknown or (level or 0) > Level.OPERATIONAL else "unknown"]
    if bad:
        spans[0] = Strong(level_text(level))
        spans += [" (", *_who(listed, bad, now, moments=moments), ")"]
    return (*spans, not_known([one.vendor.name for one in unknown])) if unknown else tuple(spans)


def _who(
    listed: ListedService, bad: Sequence[PageState], now: datetime, *, moments: bool, levels: bool = False
) -> Line:
    lines: list[Line] = []
    for state in bad[:HITS_SHOWN]:
        level = f", {level_text(level_now(state, now))}" if levels or len(bad) > 1 else ""
        since = listed.since.get(state.vendor.slug)
        lines.append((f"{state.vendor.name}{level}", *((" since ", _moment(since, now)) if since and moments else ())))
    if len(bad) > HITS_SHOWN:
        lines.append((f"{len(bad) - HITS_SHOWN} more",))
    return spaced(lines, "; ")


def _moment(at: datetime, now: datetime) -> Moment:
    return Moment(at, Style.TIME if now - at < CLOCK_SPAN else Style.DATETIME)


def _service_line(listed: ListedService, now: datetime) -> Line:
    owner: Line = (" · ", *owner_line(listed.service.owner)) if listed.service.owner else ()
    missing = f" · not listed any more: {listing([f'“{name}”' for name in listed.missing])}" if listed.missing else ""
    dot = DOTS[service_tone(listed.state, now)]
    return (
        f"{dot} ",
        Strong(listed.service.name),
        " — ",
        *standing_line(listed, now),
        *owner,
        missing,
        " · ",
        Code(listed.typed),
    )


def _vendor_line(state: PageState, since: datetime | None, needs: Sequence[Filter], now: datetime) -> Line:
    level = level_now(state, now)
    what = "" if WHOLE in needs else f" ({excerpt('; '.join(filter_text(f) for f in needs), PARTS_CHARS)})"
    began: Line = (" since ", _moment(since, now)) if since and level is not None and level >= Level.DEGRADED else ()
    word: Span = level_text(level) if level in (None, Level.OPERATIONAL) else Strong(level_text(level))
    return (f"{DOTS[level_tone(level)]} {state.vendor.name}{what} — ", word, *began)


def _missing(listed: ListedService) -> list[Block]:
    if not listed.missing:
        return []
    return [
        Paragraph((f"The vendors' pages list nothing called {listing([f'“{name}”' for name in listed.missing])}.",))
    ]


def _read(states: Sequence[PageState], now: datetime) -> Line:
    read = [state.read_at for state in states if state.read_at and is_current(state, now)]
    oldest = f"Oldest reading {age(min(read), now)} · " if read else ""
    return (f"{oldest}from the vendors' own status pages",)
