"""What is out of the ordinary with an incident: its headline, its colour, and a paragraph that says so."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.domain import ENDED, IncidentKind, Level, Phase, Unstable, level_word
from bot.message import Block, Moment, Paragraph, Style, Tone
from bot.wording.phrases import count, headline, phase_text, state_tone

VANISHED = "Removed from the status page before it was resolved."
CANCELLED = "Removed from the status page before it began."
UNLISTED = "Left the page; how it ended was not recorded"


class Shown(Protocol):
    """What an incident and the view of its root have in common."""

    @property
    def kind(self) -> IncidentKind: ...
    @property
    def phase(self) -> Phase | None: ...
    @property
    def level(self) -> Level | None: ...
    @property
    def started(self) -> datetime: ...
    @property
    def resolved(self) -> datetime | None: ...
    @property
    def vanished(self) -> bool: ...
    @property
    def unlisted(self) -> bool: ...
    @property
    def overdue(self) -> bool: ...
    @property
    def recovering(self) -> bool: ...
    @property
    def unstable(self) -> Unstable | None: ...


def incident_headline(shown: Shown) -> str:
    """``Major outage``, ``Recovering``, ``Unstable``, ``Maintenance under way, overdue``."""
    if shown.vanished:
        return "Cancelled" if is_cancelled(shown) else "Taken down"
    if shown.unlisted:
        return unlisted(shown)
    if shown.phase not in ENDED:
        if shown.unstable:
            return "Unstable"
        if shown.recovering:
            return "Recovering"
    said = headline(shown.kind, shown.phase, shown.level, shown.started, shown.resolved, vanished=False)
    return f"{said}, overdue" if shown.overdue else said


def unlisted(shown: Shown) -> str:
    """``Left the page; how it ended was not recorded (no longer listed; last said: Monitoring)``."""
    if shown.phase is None:
        return UNLISTED
    return f"{UNLISTED} (no longer listed; last said: {phase_text(shown.phase, shown.kind)})"


def incident_tone(shown: Shown) -> Tone:
    if shown.unlisted:
        return Tone.GONE
    return state_tone(shown.phase, shown.level, vanished=shown.vanished)


def is_cancelled(shown: Shown) -> bool:
    """Whether it is a maintenance that was taken down while it was only planned."""
    return shown.vanished and shown.kind is IncidentKind.MAINTENANCE and shown.phase is Phase.SCHEDULED


def condition(shown: Shown) -> list[Block]:
    """One sentence above all else, where there is something to say."""
    if shown.vanished:
        return [Paragraph((CANCELLED if is_cancelled(shown) else VANISHED,))]
    if (unstable := shown.unstable) is not None:
        since, last = Moment(unstable.since, Style.TIME), Moment(unstable.last, Style.TIME)
        turns = f"Unstable: {count(unstable.turns, 'turn')} since "
        return [Paragraph((turns, since, f", {since_last_turn(unstable)} ", last))]
    return []


def since_last_turn(unstable: Unstable) -> str:
    """``partial outage since``, ``back to normal since``; ``last`` where it turns too quickly for either."""
    match unstable.now:
        case None:
            return "last"
        case Level.OPERATIONAL:
            return "back to normal since"
        case level:
            return f"{level_word(level).replace('_', ' ')} since"
