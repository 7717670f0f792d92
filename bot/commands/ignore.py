"""``ignore``: an incident that is none of the channel's business is told no more, with who says so and why."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.commands.cards_here import card_here, open_here
from bot.commands.context import CommandContext
from bot.commands.duration import split_duration
from bot.commands.request import Reply, Request
from bot.commands.scan import first_quoted
from bot.domain import Channel, Ignored, Mute
from bot.wording.errors import NOTHING_HERE, error_message, usage_message
from bot.wording.ignoring import EXAMPLE, REASON_CHARS
from bot.wording.incidents import incident_button
from bot.wording.mutes import MutedItem, now_ignored_message

MAX_OFFERED = 5
_UNTIL_CHANGED = re.compile(
    r"(?:^|\s)(?:until|till)[\s:=]+(?:it\s+)?(?:changed|changes|it's changed|worse|it gets worse)\s*$", re.IGNORECASE
)


class TypedIgnore(NamedTuple):
    target: str
    reason: str
    mute: Mute
    until_changed: bool


def ignore(request: Request, context: CommandContext) -> Reply:
    """Until it gets worse or names other parts, unless another end is given."""
    typed = _read(request.text.strip(), request.channel, context)
    thread = request.thread if request.thread and context.store.cards.by_ref(request.channel, request.thread) else ""
    if not (typed.target or thread or typed.reason):
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
    if quoted:
        return TypedIgnore(head.strip(), _one_line(f"{reason} {rest}"), mute or Mute(), mute is None)
    first, _, others = rest.strip().partition(" ")
    named = bool(first) and _names_something(first, channel, context)
    said = others if named else rest
    return TypedIgnore(first if named else "", _one_line(said), mute or Mute(), mute is None)


def _names_something(word: str, channel: Channel, context: CommandContext) -> bool:
    store = context.store
    if context.catalog.exact(word) or store.cards.by_ref(channel, word):
        return True
    return bool(store.records.find_incident(word, context.own))


def _one_line(text: str) -> str:
    return " ".join(text.split())
