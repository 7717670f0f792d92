"""``service``, ``services``: what the teams run, on what, and how it stands. In direct messages, one person's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from rapidfuzz.process import extract

from bot.catalog import Catalog
from bot.catalog.names import fold, has_password
from bot.commands.addresses import MAX_PAGES, page_address, unknown_page_line
from bot.commands.context import CommandContext
from bot.commands.definition import (
    MAX_VENDORS,
    NEED_KEYS,
    TypedService,
    definition,
    read_needs,
    read_service,
    service_typed,
    vendor_needs,
)
from bot.commands.grammar import UnmatchedWords, parse
from bot.commands.parts import resolve_filter
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError
from bot.commands.vocabulary import FILLERS, OUTAGE_WORDS, QUESTION_WORDS, WHOLE
from bot.domain import Channel, Dependency, Filter, Level, PageState, Service, ServiceScope, Slug, service_key
from bot.message import Code, Line
from bot.routing import route, service_state, unmatched
from bot.wording.errors import (
    add_page_line,
    error_message,
    no_page_line,
    part_problem_line,
    unknown_lines,
    usage_message,
)
from bot.wording.services import (
    ListedService,
    defined_message,
    no_service,
    not_defined_message,
    owner_changed_message,
    removed_message,
    service_message,
    services_message,
    trouble_began,
    troubled_of,
)
from bot.wording.trouble import them_message

MAX_SERVICES = 50
"""Of one workspace or person: a list that can be read, and a card that names what it hits."""
NEAREST = 3
MIN_SCORE = 60
USAGE = "service <name> = <vendor> [component:…] [region:…], <vendor>…"
EXAMPLES = (
    'service checkout = stripe, aws region:eu-west-1 component:"RDS*", cloudflare component:"CDN"',
    "service checkout owner:@payments",
    "service remove checkout",
)
TROUBLE = "trouble"
_RUNS_ON = re.compile(r"^(?:(?:is|uses|using|needs|with|on|->|=>|(?:runs|depends|relies|based) on)\s+)+", re.IGNORECASE)
_TROUBLE = frozenset({TROUBLE, "us", "them", "hit", "hits"})


def changes_service(text: str, _: Catalog) -> bool:
    """Whether it is more than a name, of which anybody may know how it stands."""
    try:
        typed = read_service(text)
    except UsageError:
        return False
    return typed.needs is not None or typed.owner is not None or typed.remove


def service(request: Request, context: CommandContext) -> Reply:
    """Define, change or remove one; with a name alone, how it stands."""
    typed = read_service(request.text)
    if not typed.name:
        how, examples = ("service <name> remove", EXAMPLES[-1:]) if typed.remove else (USAGE, EXAMPLES)
        return Reply((usage_message("Which service?", how, examples),))
    known = {one.key: one for one in context.store.services.of(request.channel)}
    before = known.get(service_key(typed.name))
    if typed.needs is not None:
        if before is None and len(known) >= MAX_SERVICES:
            raise UsageError(f"There are {MAX_SERVICES} services, as many as there may be: remove one first.")
        return _define(request, context, typed, before)
    if before is None:
        hint: Line = ("To define it: ", Code(_how_defined(typed.name, context.catalog)), ".")
        if typed.remove:
            hint = (Code("services"), " lists them all.")
        return Reply((error_message(no_service(typed.name, near_services(typed.name, list(known.values()))), hint),))
    if typed.remove:
        context.store.services.remove(request.channel, before.key, route, context.now)
        return Reply((removed_message(before.name, _typed([before], context)[0]),), public=True)
    if typed.owner is not None:
        context.store.services.set_owner(request.channel, before.key, typed.owner or None)
        return Reply((owner_changed_message(before.name, typed.owner or None),), public=True)
    [listed] = listed_services([before], context)
    return Reply((service_message(listed, context.now),), unread=context.unread(listed.state.states))


def _how_defined(name: str, catalog: Catalog) -> str:
    """With the vendors that were typed behind the name, if only the equals sign is missing."""
    first, _, needs = name.partition(" ")
    needs = _RUNS_ON.sub("", needs)
    if needs and (vendors := parse(needs, catalog, NEED_KEYS)).vendors and not vendors.unmatched:
        return f"service {first} = {needs}"
    return f"service {service_typed(name)} = stripe, aws"


def services(request: Request, context: CommandContext) -> Reply:
    """All with the state of each, one of them, or only whose vendors have trouble."""
    known = context.store.services.of(request.channel)
    own = ServiceScope.of(request.channel).direct != ""
    words = {fold(word) for word in request.text.split()} - {""}
    if words & _TROUBLE and not _named(request.text, known):
        return them(request.channel, context)
    if words - FILLERS - QUESTION_WORDS - WHOLE - OUTAGE_WORDS and request.text.strip():
        found = _named(request.text, known)
        if found is None:
            hint: Line = (Code("services"), " lists them all.")
            if changes_service(request.text, context.catalog):
                hint = ("Type ", Code(f"service {request.text.strip()}"), " to change one.")
            return Reply((error_message(no_service(request.text, near_services(request.text, known)), hint),))
        [one] = listed_services([found], context)
        return Reply((service_message(one, context.now),), unread=context.unread(one.state.states))
    listed = listed_services(known, context)
    states = [state for one in listed for state in one.state.states]
    return Reply((services_message(listed, context.now, own=own),), unread=context.unread(states))


def them(channel: Channel, context: CommandContext) -> Reply:
    """``is it us?``, ``is it them?``: whose vendors have trouble now."""
    known = context.store.services.of(channel)
    listed = listed_services(known, context)
    states = () if known else context.subscribed(channel)
    unread = context.unread(states or [state for one in listed for state in one.state.states])
    own = ServiceScope.of(channel).direct != ""
    return Reply((them_message(listed, states, context.now, context.zone(channel), own=own),), unread=unread)


def listed_services(known: Sequence[Service], context: CommandContext) -> list[ListedService]:
    """With the state that each has."""
    states = {state.vendor.slug: state for state in context.by_slug(sorted({v for one in known for v in one.vendors}))}
    listed = []
    for one, typed in zip(known, _typed(known, context), strict=True):
        state = service_state(one, states)
        since = {
            bad.vendor.slug: _since(bad, parts=Filter() not in one.filters(bad.vendor.slug), context=context)
            for bad in troubled_of(state, context.now)
        }
        missing = [
            name
            for needed in one.dependencies
            if (page := states.get(needed.vendor)) and page.snapshot
            for name in unmatched(needed.filter, page.snapshot.components)
        ]
        began = {slug: at for slug, at in since.items() if at is not None}
        listed.append(ListedService(state, typed, began, tuple(dict.fromkeys(missing))))
    return listed


def near_services(text: str, known: Sequence[Service]) -> list[str]:
    """Names that may be meant, the likeliest first."""
    names = {one.key: one.name for one in known}
    found = extract(service_key(text), list(names), limit=NEAREST, score_cutoff=MIN_SCORE)
    return [names[key] for key, _, _ in found]


def _define(request: Request, context: CommandContext, typed: TypedService, before: Service | None) -> Reply:
    """All of it, or nothing: what is wrong with one vendor is named, with what may be meant."""
    if not typed.needs:
        raise UsageError(f"Say what {typed.name} runs on: {EXAMPLES[0]}")
    clauses = read_needs(typed.needs, context.catalog)
    needs = [(clause, vendor, wanted) for clause in clauses for vendor, wanted in vendor_needs(clause)]
    states = {state.vendor.slug: state for state in context.states(list(dict.fromkeys(v for _, v, _ in needs)))}
    problems: list[Line] = []
    notes: list[Line] = []
    unknown: list[UnmatchedWords] = []
    pages: list[str] = []
    dependencies: list[Dependency] = []
    for clause in clauses:
        addresses = {left: url for left in clause.unmatched if (url := page_address(left))}
        pages += addresses.values()
        unknown += [left for left in clause.unmatched if left.after is None and left not in addresses]
    for clause, vendor, wanted in needs:
        state = states[vendor.slug]
        if not vendor.has_page:
            problems.append(no_page_line(vendor))
            continue
        words = [left for left in clause.unmatched if left.after == vendor.slug and not page_address(left)]
        resolved = resolve_filter(wanted, words, state)
        unknown += resolved.other_vendors
        problems += [part_problem_line(state, problem, "") for problem in resolved.problems]
        notes += resolved.notes
        dependencies.append(Dependency(vendor.slug, resolved.filter))
    problems += [unknown_page_line(url, context) for url in pages][:MAX_PAGES]
    problems += unknown_lines([(left.text, left.near) for left in unknown])
    problems += [add_page_line()] if any(not left.near for left in unknown) else []
    dependencies = list(dict.fromkeys(dependencies))
    if len(dependencies) > MAX_VENDORS:
        problems.append((f"That is {len(dependencies)} vendors; a service may have {MAX_VENDORS}.",))
    asked = _to_read(context, list(states.values()), pages)
    if problems or not dependencies:
        none: list[Line] = [("Name at least one vendor.",)]
        return Reply((not_defined_message(typed.name, problems or none),), unread=asked[0], unknown_pages=asked[1])
    owner = typed.owner if typed.owner is not None else before.owner if before else None
    new = Service(typed.name, tuple(dependencies), request.user, context.now, owner or None)
    same = before is not None and (before.dependencies, before.owner, before.name) == (
        new.dependencies, new.owner, new.name,
    )  # fmt: skip
    if not same:
        context.store.services.define(request.channel, new, route)
        if before is not None and before.owner and not new.owner:
            context.store.services.set_owner(request.channel, new.key, None)
    [listed] = listed_services([new], context)
    if same and request.again:
        # It was defined by this very request, before the pages were read.
        before, same = None, False
    was = _typed([before], context)[0] if before else None
    # Asked again, it could not tell any more what it was before.
    unread = asked[0] if before is None or same else ()
    return Reply((defined_message(listed, was, same=same, notes=notes, now=context.now),), public=True, unread=unread)


def _to_read(
    context: CommandContext, states: Sequence[PageState], pages: Sequence[str]
) -> tuple[tuple[Slug, ...], tuple[str, ...]]:
    unknown = tuple(url for url in pages if url not in context.refused and not has_password(url))
    return context.unread(states), unknown[:MAX_PAGES]


def _typed(known: Sequence[Service], context: CommandContext) -> list[str]:
    """Each as the command that defines it."""
    slugs = sorted({slug for one in known for slug in one.vendors})
    vendors = {slug: vendor for slug in slugs if (vendor := context.catalog.get(slug))}
    missing = [slug for slug in slugs if slug not in vendors]
    vendors |= {state.vendor.slug: state.vendor for state in context.by_slug(missing)} if missing else {}
    return [definition(one, vendors) for one in known]


def _since(state: PageState, *, parts: bool, context: CommandContext) -> datetime | None:
    """When the trouble that it shows began: its first open incident, else its level. ``parts``: the state is of some
    parts of the page."""
    if (began := trouble_began(state)) is not None:
        return began
    snapshot = state.snapshot
    names = {component.id for component in snapshot.components} if snapshot else set()
    spans = context.store.records.spans(state.vendor.slug, context.now, components=parts)
    bad = [span for span in spans if span.end is None and (span.level or Level.OPERATIONAL) >= Level.DEGRADED]
    return min((span.start for span in bad if not parts or span.component in names), default=None)


def _named(text: str, known: Sequence[Service]) -> Service | None:
    key = service_key(text.strip(' ?!.,"“”'))
    return next((one for one in known if one.key == key), None)
