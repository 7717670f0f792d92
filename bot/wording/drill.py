"""The answers to ``test``."""

from __future__ import annotations

from datetime import datetime

from bot.domain.drill import Drill
from bot.message import Message, Moment, Paragraph, Person
from bot.wording.errors import error_message
from bot.wording.phrases import duration


def drill_message(drill: Drill, name: str) -> Message:
    """For everybody in the channel to read."""
    title = f"A test begins here: a made-up outage, shown in mode {drill.mode}."
    return Message(
        summary=title,
        title=title,
        blocks=(
            Paragraph(("It opens within seconds, is updated, and is over at ", Moment(drill.over_at), ".")),
            Paragraph(("Nobody is mentioned, and no other channel hears of it.",)),
        ),
        footer=(Person(drill.started_by, "By ", name),),
    )


def drill_runs_message(drill: Drill, now: datetime) -> Message:
    left = drill.over_at - now
    when = f"over in {duration(left)}" if left.total_seconds() >= 1 else "about to end"
    return error_message(f"A test runs in this channel already: it is {when}. Ask again then.")
