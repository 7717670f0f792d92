"""What an entry of a feed says: the list of updates that Statuspage writes into it, or the one text with a stage word.

Pure; it knows texts and times, nothing of XML or of feeds as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from bot.domain import Phase
from bot.monitor.parsing.text import MONTHS, plain, zone_of

LABELS = {
    "investigating": Phase.INVESTIGATING,
    "identified": Phase.IDENTIFIED,
    "monitoring": Phase.MONITORING,
    "resolved": Phase.RESOLVED,
    "postmortem": Phase.POSTMORTEM,
    "scheduled": Phase.SCHEDULED,
    "in progress": Phase.IN_PROGRESS,
    "verifying": Phase.VERIFYING,
    "completed": Phase.COMPLETED,
}
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
        dated.append((at, plain(label[1]).lower() if label else "", plain(rest[label.end() :] if label else rest)))
    listed: list[FeedUpdate] = []
    for at, label_text, text in reversed(dated):
        repeats = label_text == "update" and listed
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

_STAGES = (
    (Phase.RESOLVED, "resolved|completed|operational|operating normally|recovered|restored|closed|ended|fixed"),
    (Phase.MONITORING, "monitoring|watching|recovering"),
    (Phase.IDENTIFIED, "identified|issue|essential"),
    (Phase.INVESTIGATING, "investigating|detected|open"),
    (Phase.SCHEDULED, "scheduled|planned|upcoming|notstartedyet"),
    (Phase.IN_PROGRESS, "in progress|underway|verifying"),
)
_PHASE_OF = {stage: phase for phase, words in _STAGES for stage in words.split("|")}
_WORDS = "|".join(_PHASE_OF)
_IN_SENTENCES = "resolved|completed|recovered|restored|monitoring|recovering|identified|investigating"
"""Words that mean a stage wherever they stand. The others are too common for that: "an issue", "scheduled jobs"."""

_STATUS_LINE = re.compile(rf"\s{{0,9}}status:\s{{0,9}}({_WORDS})\b[.:]?", re.IGNORECASE)
_TITLE_LABEL = re.compile(
    rf"\[({_WORDS})\]|^({_WORDS})\s{{0,9}}(?::|-\s)|\s-\s({_WORDS})$|\b(operating normally):", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.!?\n]+")
_STAGE = re.compile(rf"\b({_IN_SENTENCES})\b", re.IGNORECASE)
_STAGE_OF_MAINTENANCE = re.compile(
    rf"\b({_IN_SENTENCES}|scheduled|planned|upcoming|in progress|underway|verifying)\b", re.IGNORECASE
)
_HEDGE = re.compile(
    r"\b(?:not|until|once|when|if|will|majority|most|some|several|partially|previously|earlier)\b", re.IGNORECASE
)
"""A sentence with one of these does not say that it is over."""

_MAINTENANCE = re.compile(r"\bmaintenance\b", re.IGNORECASE)
_PLANNED = re.compile(r"\b(?:scheduled|planned|upcoming|emergency) maintenance\b", re.IGNORECASE)


def one_update(title: str, content: str, at: datetime) -> tuple[FeedUpdate, bool]:
    """An entry that is no list: its text with the stage it tells of, and whether it is about a maintenance.

    A label decides (``Status: Resolved``, ``[Resolved] …``, ``… - Operational``), else the first stage word of the
    text, else that of the title, which often stays as it was. A hedged end ("the majority has recovered") is none.
    """
    text = plain(content)
    line = _STATUS_LINE.match(text)
    label = line or _TITLE_LABEL.search(title)
    stage = _PHASE_OF[next(filter(None, label.groups())).lower()] if label else None
    about = stage in SCHEDULED_LABELS or bool(_MAINTENANCE.search(title) or _PLANNED.search(text))
    if label is None:
        stage = _first_stage(text, about) or _first_stage(title, about)
    if about and stage is Phase.RESOLVED:
        stage = Phase.COMPLETED
    return FeedUpdate(at, stage, text[line.end() :].strip() if line else text), about


def _first_stage(text: str, about_maintenance: bool) -> Phase | None:
    words = _STAGE_OF_MAINTENANCE if about_maintenance else _STAGE
    for sentence in _SENTENCE.findall(text):
        stages = dict.fromkeys(_PHASE_OF[word.lower()] for word in words.findall(sentence))
        if Phase.RESOLVED in stages and _HEDGE.search(sentence):
            del stages[Phase.RESOLVED]
        if stages:
            return next(iter(stages))
    return None
