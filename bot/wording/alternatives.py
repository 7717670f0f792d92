"""The answer to ``alternatives``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import PageState
from bot.message import Block, Button, Items, Line, Message, Paragraph
from bot.wording.phrases import listing
from bot.wording.vendor_state import state_line

BUTTONS = 5


@dataclass(frozen=True, slots=True)
class Alternative:
    """A vendor that can be used instead of another."""

    state: PageState
    is_alike: bool
    """It does the same; otherwise something close to it."""
    about: str = ""
    """What it does."""


def alternatives_message(state: PageState, others: Sequence[Alternative], now: datetime) -> Message:
    """Each other vendor with its own state now."""
    vendor = state.vendor
    if others:
        names = listing([other.state.vendor.name for other in others], len(others))
        title = f"Instead of {vendor.name}: {names}."
    else:
        title = f"I know no alternative to {vendor.name}."
    alike = [other for other in others if other.is_alike]
    blocks: list[Block] = []
    if alike:
        blocks.append(Items(tuple(_alternative_line(other, now) for other in alike)))
    if rest := [other for other in others if not other.is_alike]:
        blocks += [Paragraph((f"Close to it ({rest[0].state.vendor.category}):",))] if alike else []
        blocks.append(Items(tuple(_alternative_line(other, now) for other in rest)))
    blocks.append(Paragraph(("Now: ", *state_line(state, now))))
    return Message(
        summary=title,
        title=title,
        blocks=tuple(blocks),
        footer=("From the vendors' own status pages",),
        buttons=tuple(Button(o.state.vendor.name, f"status {o.state.vendor.typed}") for o in others)[:BUTTONS],
    )


def _alternative_line(other: Alternative, now: datetime) -> Line:
    return (*state_line(other.state, now), *((f" — {other.about}",) if other.about else ()))
