"""What an entry of a feed says: the list of updates that Statuspage writes into it, or the one text with a stage word.

Pure; it knows texts and times, nothing of XML or of feeds as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from bot.domain import ENDED, Phase
from bot.monitor.parsing.languages.labels import LABELS
from bot.monitor.parsing.stages import fold, is_about_maintenance, label_of, stage_in, without_stage
from bot.monitor.parsing.text import MONTHS, plain, zone_of

SCHEDULED_LABELS = frozenset({Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.VERIFYING, Phase.COMPLETED})
OF_MAINTENANCE = {
    Phase.INVESTIGATING: Phase.IN_PROGRESS,
    Phase.IDENTIFIED: Phase.IN_PROGRESS,
    Phase.MONITORING: Phase.VERIFYING,
    Phase.RESOLVED: Phase.COMPLETED,
}
"""What the stages of an incident are to a maintenance."""

OF_INCIDENT = {
    Phase.SCHEDULED: Phase.IDENTIFIED,
    Phase.IN_PROGRESS: Phase.IDENTIFIED,
    Phase.VERIFYING: Phase.MONITORING,
    Phase.COMPLETED: Phase.RESOLVED,
}
"""What the stages of a maintenance are to the incident that it mends."""

REPEATING = frozenset(label for label, phase in LABELS.items() if phase is None)
SLACK = timedelta(days=1)
"""How far an update may lie after what it should precede: times are edited by hand. A wrong year is further off."""


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """One update."""

    at: datetime
    phase: Phase | None
    """``None`` where no word says."""
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    start: datetime
    end: datetime


# --- Statuspage's list ----------------------------------------------------------------------------------------------

_DAY = r"([A-Z][a-z]{2})[a-z]{0,6}\s{1,9}(?:<var[^<>]{0,40}>)?\s{0,9}(\d{1,2})\s{0,9}(?:</var>)?"
_CLOCK = r"(?:<var[^<>]{0,40}>)?\s{0,9}(\d{1,2}:\d{2}(?::\d{2})?)\s{0,9}(?:</var>)?"
_ZONE = r"\s{0,9}([A-Z]{1,5}(?:[+-]\d{1,2})?|[+-]\d{2}:?\d{0,2})"
_HEAD = re.compile(rf"<small>\s{{0,9}}{_DAY},\s{{0,9}}{_CLOCK}{_ZONE}\s{{0,9}}</small>")
_LABEL = re.compile(r"(?:<br ?/?>|\s){0,9}<strong>([^<]{0,60})</strong>(?:\s{0,9}-(?=\s|$))?")
_WINDOW = re.compile(
    rf"THIS IS A SCHEDULED EVENT\s{{1,9}}{_DAY},\s{{0,9}}{_CLOCK}(?:\s{{0,9}}[A-Z]{{1,5}}(?:[+-]\d{{1,2}})?)?"
    rf"(?:\s|&nbsp;){{0,9}}-(?:\s|&nbsp;){{0,9}}(?:{_DAY},\s{{0,9}})?{_CLOCK}{_ZONE}"
)


def listed_updates(content: str, published: datetime, updated: datetime) -> tuple[FeedUpdate, ...]:
    """Oldest first; empty if the content is no such list. *Update* repeats the phase before it.

    The dates have no year. The newest update gets the one that brings it nearest to ``published`` without passing
    ``updated``; each older one comes nearest to the one above it without passing it.
    """
    heads = list(_HEAD.finditer(content))
    latest, near = updated, published
    dated: list[tuple[datetime, str, str]] = []
    for head, below in zip_longest(heads, heads[1:]):
        at = _place(*head.groups(), near=near, latest=latest + SLACK)
        if at is None:
            continue
        latest = near = at
        rest = content[head.end() : below.start() if below else len(content)]
        label = _LABEL.match(rest)
        dated.append((at, fold(plain(label[1])) if label else "", plain(rest[label.end() :] if label else rest)))
    listed: list[FeedUpdate] = []
    for at, label_text, text in reversed(dated):
        repeats = label_text in REPEATING and listed
        listed.append(FeedUpdate(at, listed[-1].phase if repeats else LABELS.get(label_text), text))
    return tuple(listed)


def planned_window(content: str, published: datetime) -> Window | None:
    """When a maintenance is planned for, from the head of its entry."""
    found = _WINDOW.search(content)
    if found is None:
        return None
    month, day, clock, end_month, end_day, end_clock, zone = found.groups()
    start = _place(month, day, clock, zone, near=published)
    end = start and _place(end_month or month, end_day or day, end_clock, zone, near=start)
    return Window(start, end) if start and end and start <= end else None


def _place(
    month: str, day: str, clock: str, zone: str, *, near: datetime, latest: datetime | None = None
) -> datetime | None:
    """The year that brings a date nearest, up to ``latest``."""
    hour, minute, second = map(int, (clock + ":0").split(":")[:3])
    times = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            at = datetime(year, MONTHS[month.lower()], int(day), hour, minute, second, tzinfo=zone_of(zone)).astimezone(
                UTC
            )
        except (KeyError, ValueError, OverflowError):
            continue
        if latest is None or at <= latest:
            times.append(at)
    return min(times, key=lambda at: abs(at - near), default=None)


# --- one text -------------------------------------------------------------------------------------------------------


def one_update(title: str, content: str, at: datetime) -> tuple[FeedUpdate, bool]:
    """An entry that is no list: its text with the stage it tells of, and whether it is about a maintenance.

    A label of the text decides (``Status: Resolved``), then an end that its sentences state, then a label of the title
    (``[Identified] …``, ``… - Operational``), which often stays as it was, then the sentences of the text, then those
    of the title.
    """
    text = plain(content)
    stage, begin = label_of(text)
    titled = without_stage(title)[1]
    about = Phase.SCHEDULED in (stage, titled) or is_about_maintenance(title, text)
    told = stage_in(text, planned=about)
    stage = stage or (told if told in ENDED else titled or told or stage_in(title, planned=about))
    if about and stage is Phase.RESOLVED:
        stage = Phase.COMPLETED
    elif not about and stage:
        stage = OF_INCIDENT.get(stage, stage)
    return FeedUpdate(at, stage, text[begin:]), about
