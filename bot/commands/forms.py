"""A form to subscribe: what it shows before it is filled in, and what a filled-in one stands for as typed lines.

A form can do nothing that a line cannot: what it does not show of a filter stands in it as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from bot.commands.context import CommandContext
from bot.commands.grammar import LEVELS, UsageError, parse, unparse, unparse_wishes
from bot.commands.parts import resolve_filter
from bot.commands.scan import quote
from bot.commands.subscriptions import subscribe_arguments
from bot.domain import NO_WISHES, OWN, Channel, Component, Filter, Mode, PageState, Slug, Vendor, digest
from bot.message import plain_text
from bot.wording.errors import form_outdated, only_filters, part_problem_line

SEVERITIES = ("minor", "major", "critical")
OTHER_KEYS = ("component", "group", "region", "match", "maintenance", "hold", "remind")
"""Filters that are typed in the form, too. All else has a place of its own there."""


class Field(StrEnum):
    """The fields of the form; a problem is shown at one of them."""

    VENDOR = "vendor"
    PARTS = "parts"
    SEVERITY = "severity"
    MAINTENANCE = "maintenance"
    OTHER = "other"
    MENTION = "mention"
    MODE = "mode"


@dataclass(frozen=True, slots=True)
class PartOption:
    """A component or a group of components."""

    key: str
    """16 hex digits that stand for it while the form is open."""
    name: str


@dataclass(frozen=True, slots=True)
class SubscribeForm:
    """What a form shows before it is filled in."""

    vendor: Vendor
    subscribed: bool
    """The channel subscribes already, and the form shows to what."""
    read: bool
    """The page was read; before that its parts are not known."""
    parts: tuple[PartOption, ...]
    """All that can be chosen, groups first."""
    chosen: tuple[PartOption, ...]
    """Those of ``parts`` that are selected."""
    severity: str | None
    """One of :data:`SEVERITIES`; ``None``: all."""
    maintenance: bool
    other: str
    """What else the filter holds, as typed."""
    mention: str
    mode: Mode
    """The whole channel's."""


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """A form as it was filled in."""

    vendor: Slug
    parts: tuple[str, ...] = ()
    """By their keys."""
    severity: str | None = None
    maintenance: bool = False
    other: str = ""
    mention: str = ""
    mode: Mode | None = None
    """``None``: unchanged."""


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """What to do with a submitted form."""

    lines: tuple[tuple[str, str], ...] = ()
    """Commands with their text, to be run in order; none if there are problems."""
    problems: Mapping[Field, str] = field(default_factory=dict)
    """One sentence for each field that is wrong."""


def subscribe_form(channel: Channel, vendor: Slug, context: CommandContext) -> SubscribeForm | None:
    """The form for this vendor as the channel has it now; ``None``: there is no such vendor."""
    state = _state(vendor, context)
    if state is None:
        return None
    subscription = next(
        (h.subscription for h in context.store.channels.subscriptions(channel) if h.subscription.vendor == vendor), None
    )
    if subscription is not None and subscription.typed is None:
        subscription = None  # It comes through a service, and is changed there.
    filter_ = (subscription.typed if subscription else None) or Filter()
    parts = _parts(state.snapshot.components if state.snapshot else ())
    chosen = [name for name in filter_.components if name in parts]
    others = tuple(name for name in filter_.components if name not in parts)
    rest = unparse(replace(filter_, components=others, min_level=None, maintenance=_typed_only(filter_)))
    wishes = subscription.wishes if subscription else NO_WISHES
    return SubscribeForm(
        vendor=state.vendor,
        subscribed=subscription is not None,
        read=state.read_at is not None,
        parts=tuple(parts.values()),
        chosen=tuple(parts[name] for name in chosen),
        severity=next((word for word in SEVERITIES if LEVELS[word] is filter_.min_level), None),
        maintenance=filter_.maintenance == "on",
        other=" ".join(text for text in (rest, unparse_wishes(wishes)) if text),
        mention=(subscription.mention or "") if subscription else "",
        mode=context.store.channels.settings(channel).mode,
    )


def check_form(channel: Channel, submitted: SubmittedForm, context: CommandContext) -> CheckedForm:
    """What to run for the form, or what is wrong with it, place by place."""
    state = _state(submitted.vendor, context)
    if state is None:
        return CheckedForm(problems={Field.VENDOR: form_outdated("vendor")})
    problems: dict[Field, str] = {}
    names = {part.key: name for name, part in _parts(state.snapshot.components if state.snapshot else ()).items()}
    if any(key not in names for key in submitted.parts):
        problems[Field.PARTS] = form_outdated("part")
    filter_, wishes = Filter(), NO_WISHES
    try:
        parsed = parse(submitted.other, context.catalog, OTHER_KEYS)
        filter_, wishes = parsed.filter, parsed.wishes
        if parsed.vendors or parsed.unmatched:
            problems[Field.OTHER] = only_filters()
        elif found := resolve_filter(filter_, (), state).problems:
            problems[Field.OTHER] = " ".join(plain_text(part_problem_line(state, problem)) for problem in found)
    except UsageError as error:
        problems[Field.OTHER] = str(error)
    mention = submitted.mention.strip() or None
    try:
        if mention:
            parse(f"mention:{quote(mention)}", context.catalog, ("mention",))
    except UsageError as error:
        problems[Field.MENTION] = str(error)
    if problems:
        return CheckedForm(problems=problems)
    chosen = tuple(names[key] for key in submitted.parts)
    filter_ = replace(
        filter_,
        components=tuple(dict.fromkeys((*chosen, *filter_.components))),
        min_level=LEVELS[submitted.severity] if submitted.severity in SEVERITIES else None,
        maintenance="on" if submitted.maintenance else filter_.maintenance,
    )
    lines = [("subscribe", subscribe_arguments(state.vendor, filter_, mention, wishes))]
    if submitted.mode and submitted.mode is not context.store.channels.settings(channel).mode:
        lines.append(("settings", f"mode={submitted.mode}"))
    return CheckedForm(tuple(lines))


def _state(vendor: Slug, context: CommandContext) -> PageState | None:
    """A vendor that left the catalog is still known by its slug; a page of another workspace's own is not."""
    if listed := context.catalog.get(vendor):
        return next(iter(context.states([listed])), None)
    return next((state for state in context.by_slug([vendor]) if state.vendor.category != OWN), None)


def _typed_only(wanted: Filter) -> Literal["digest"] | None:
    """What the form's switch has no place for."""
    return "digest" if wanted.maintenance == "digest" else None


def _parts(components: Sequence[Component]) -> dict[str, PartOption]:
    """By name: what a filter would call each."""
    groups = dict.fromkeys(c.group for c in components if c.group)
    names = dict.fromkeys([*groups, *(c.label for c in components)])
    return {name: PartOption(digest(name), name) for name in names}
