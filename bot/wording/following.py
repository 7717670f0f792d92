"""A channel that follows a service: confirmations, and its line in the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import FollowedService
from bot.message import Block, Code, Items, Line, Message, Moment, Paragraph, Person, Style
from bot.wording.phrases import listing
from bot.wording.services import NAMES, ListedService, needs_text, standing_line
from bot.wording.subscriptions import Outcome, filter_text, mention_line
from bot.wording.waits import wishes_text


def following_line(
    listed: ListedService, wish: FollowedService, now: datetime, *, was: FollowedService | None = None
) -> Line:
    """What a channel subscribes to with a service now. ``was``: what it had asked before."""
    mention: Line = (", mentions ", *mention_line(wish.mention)) if wish.mention else ()
    before = f" (was: {_wanted(was)})" if was is not None else ""
    needs = f"{listed.service.name} — {needs_text(listed.state)}: {_wanted(wish)}"
    return (needs, *mention, f"{before}. Now: ", *standing_line(listed, now), ".")


def following_message(
    names: Sequence[str], outcomes: Sequence[Outcome], lines: Sequence[Line], failed: Sequence[Line]
) -> Message:
    """For everybody in the channel to read."""
    named = f"{'service' if len(names) == 1 else 'services'} {listing(names, NAMES)}"
    if not names:
        title = "Nothing was subscribed."
    elif set(outcomes) == {Outcome.SAME}:
        title = f"Already subscribed to {named}."
    elif set(outcomes) == {Outcome.CHANGED}:
        title = f"Subscription changed: {named}."
    else:
        title = f"Subscribed to {named}."
    blocks: list[Block] = [Items((*lines, *failed))]
    if names:
        blocks.append(Paragraph(("If a service is defined anew, this follows.",)))
    return Message(summary=title, title=title, blocks=tuple(blocks))


def _wanted(wish: FollowedService) -> str:
    return filter_text(wish.filter) + wishes_text(wish.wishes)


def followed_line(listed: ListedService, wish: FollowedService, typed: str) -> Line:
    """For ``list``."""
    mention: Line = ("; mentions ", *mention_line(wish.mention)) if wish.mention else ()
    return (
        f"Service {listed.service.name} ({needs_text(listed.state)}) — {_wanted(wish)}",
        *mention,
        Person(wish.created_by, " · by "),
        " · since ",
        Moment(wish.created_at, Style.DATE),
        " · ",
        Code(f"subscribe {typed}"),
    )


def only_through_line(vendor: str, services: Sequence[str]) -> Line:
    """For who wants to end a vendor's subscription that comes from services."""
    which = f"{'service' if len(services) == 1 else 'services'} {listing(services)}"
    return (f"{vendor} comes here through {which}: unsubscribe from that.",)
