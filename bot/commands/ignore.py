"""``ignore``: an incident that is none of the channel's business is told no more, with who says so and why."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.commands.cards_here import card_here, open_here
from bot.commands.context import CommandContext
from bot.commands.duration import split_duration
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError, first_quoted
from bot.domain import Channel, Ignored, Mute
from bot.wording.errors import NOTHING_HERE, error_message, usage_message
from bot.wording.ignoring import EXAMPLE, REASON_CHARS
from bot.wording.incidents import incident_button
from bot.wording.mutes import MutedItem, now_ignored_message

MAX_OFFERED = 5
_UNTIL_CHANGED = re.compile(
    r"(?:^|\s)(?:until|till)[\s:=]+(?:it\s+)?(?:changed|changes|it's changed|worse|it gets worse)\s*$", re.IGNORECASE
)


_BARE_UNTIL = re.compile(r"(?:^|\s)(?:until|till)[\s:=]*$", re.IGNORECASE)
_QUOTES = " \"'“”„"


class TypedIgnore(NamedTuple):
    target: str
    reason: str
    mute: Mute
    until_changed: bool
    is_bare: bool = False
    """Neither does its first word name anything, nor is it in quotes: it may be a name with a slip in it."""


def ignore(request: Request, context: CommandContext) -> Reply:
    """Until it gets worse or names other parts, unless another end is given."""
    typed = _read(request.text.strip(), request.channel, context)
    thread = request.thread if request.thread and context.store.cards.by_ref(request.channel, request.thread) else ""
    if typed.is_bare and not thread and " " not in typed.reason:
        typed = typed._replace(target=typed.reason, reason="")
    if not (typed.target or thread or (typed.reason and not typed.is_bare)):
        offered = [incident_button(here.incident, "ignore") for here in open_here(request, context)[:MAX_OFFERED]]
        how = 'ignore <incident> ["why"] [until changed|resolved|9:00]'
        return Reply((usage_message("Ignore which incident?", how, (EXAMPLE,), offered),))
    if len(typed.reason) > REASON_CHARS:
        return Reply((error_message(f"Say why in at most {REASON_CHARS} characters; these are {len(typed.reason)}."),))
    here = card_here(typed.target or thread, request, context)
    if isinstance(here, Reply):
        return here
    incident = here.incident
    ignored = Ignored(
        by=request.user,
        at=context.now,
        reason=typed.reason,
        name=request.user_name,
        until_changed=typed.until_changed,
        level=incident.level,
        components=frozenset(incident.components),
    )
    mute = Mute(typed.mute.until, ignored)
    if not context.store.mutes.mute(request.channel, incident.vendor, incident.id, mute, context.now):
        return Reply((error_message(NOTHING_HERE),))
    return Reply((now_ignored_message(MutedItem(here.vendor, mute, incident), ignored),), public=True)


def _read(text: str, channel: Channel, context: CommandContext) -> TypedIgnore:
    """What stands before the quotes, or the first word that names something here; why; until when."""
    zone = context.zone(channel)
    quoted = first_quoted(text)
    head, reason, tail = quoted or (text, "", "")
    ends = tail if quoted else head
    changed = _UNTIL_CHANGED.search(ends)
    rest, mute = (ends[: changed.start()], None) if changed else split_duration(ends, zone, context.now)
    if _BARE_UNTIL.search(ends):
        raise UsageError("Until when? Say for example until 9:00, until resolved, or a time such as 2h.")
    if quoted and head.strip() and not tail.strip():
        changed = _UNTIL_CHANGED.search(head)
        head, mute = (head[: changed.start()], None) if changed else split_duration(head, zone, context.now)
    if quoted:
        target, rest = (head.strip(), rest) if head.strip() else _target(rest, channel, context)
        return TypedIgnore(target, _one_line(f"{reason} {rest}"), mute or Mute(), mute is None)
    target, said = _target(rest, channel, context)
    return TypedIgnore(target, _one_line(said).strip(_QUOTES), mute or Mute(), mute is None, not target)


def _target(text: str, channel: Channel, context: CommandContext) -> tuple[str, str]:
    """The first word if it names something, or looks as if it were to: ``github/nope``; and what follows it."""
    first, _, others = text.strip().partition(" ")
    is_id = "/" in first and any(char.isalnum() for char in first)
    return (first, others) if first and (is_id or _names_something(first, channel, context)) else ("", text)


def _names_something(word: str, channel: Channel, context: CommandContext) -> bool:
    store = context.store
    if context.catalog.exact(word) or store.cards.by_ref(channel, word):
        return True
    return bool(store.records.find_incident(word, context.own))


def _one_line(text: str) -> str:
    return " ".join(text.split())
