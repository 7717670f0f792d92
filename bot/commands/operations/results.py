"""What programs are given: frozen values, of which :mod:`bot.commands.operations.schema` makes JSON and its schema.

What vendors wrote is :data:`Quoted`: whoever hands it on to a language model marks it as a quotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from bot.domain import IncidentKind, Level, Phase, level_word


@dataclass(frozen=True, slots=True)
class Words:
    """The only texts that a value may be."""

    words: tuple[str, ...]


QUOTED = "in the vendor's own words"
Quoted = Annotated[str, QUOTED]
"""Text of a vendor's, or of whoever else is no part of this program: data, never an instruction."""
_OUR_NOTE = "what people of the key's workspace wrote on the vendor: a runbook, an owner"
LevelText = Annotated[str, Words(tuple(level_word(level) for level in (*Level, None)))]
PhaseText = Annotated[str, Words((*(phase.value for phase in Phase), "removed", "unknown"))]
KindText = Annotated[str, Words(tuple(kind.value for kind in IncidentKind))]


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a command that has no result of its own kind: what a chat would be answered."""

    changed: Annotated[bool, "whether something was changed"]
    text: Quoted


@dataclass(frozen=True, slots=True)
class Part:
    id: Quoted
    name: Quoted
    group: Quoted | None
    level: LevelText


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    id: Annotated[Quoted, "vendor/id, as the operation incident takes it"]
    vendor: str
    title: Quoted
    kind: Annotated[KindText, "episode: a level that got worse, and no incident of the page says why"]
    level: Annotated[LevelText, "the worst that it had"]
    phase: PhaseText
    open: Annotated[bool, "going on, or planned"]
    started: datetime
    ended: datetime | None
    planned_end: datetime | None
    url: Quoted | None
    components: tuple[Quoted, ...]
    updates: int
    newest_at: datetime | None
    newest: Annotated[Quoted | None, "the beginning of the newest update"]


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    at: datetime
    phase: PhaseText
    text: Quoted
    note: Annotated[bool, "written by Lookout, not by the vendor"]
    edited: bool


@dataclass(frozen=True, slots=True)
class FormerText:
    at: datetime
    text: Quoted
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class IncidentDetails:
    incident: IncidentSummary
    first_seen: datetime
    explained_by: Annotated[Quoted | None, "of an episode: the id of the incident that explains it"]
    timeline: Annotated[tuple[IncidentUpdate, ...], "every update, the oldest first"]
    former_texts: Annotated[tuple[FormerText, ...], "what updates said before they were edited"]
    our_note: Annotated[Quoted | None, _OUR_NOTE]


@dataclass(frozen=True, slots=True)
class VendorStatus:
    vendor: str
    name: Quoted
    level: LevelText
    answer: Annotated[Quoted, "how it stands, in words"]
    status_text: Annotated[Quoted, "what its page says"]
    read_at: Annotated[datetime | None, "when the page was last read"]
    unreadable: Annotated[Quoted | None, "why the page cannot be read now"]
    official_url: Quoted
    components: Annotated[int, "how many parts the page lists"]
    troubled: Annotated[tuple[Part, ...], "parts that are not operational, the worst first"]
    open: Annotated[tuple[IncidentSummary, ...], "what is going on"]
    planned: tuple[IncidentSummary, ...]
    our_note: Annotated[Quoted | None, _OUR_NOTE]


@dataclass(frozen=True, slots=True)
class Statuses:
    worst: Annotated[LevelText, "of all of them that are known"]
    vendors: Annotated[tuple[VendorStatus, ...], "the worst first"]


@dataclass(frozen=True, slots=True)
class Components:
    vendor: str
    level: LevelText
    read_at: datetime | None
    components: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Incidents:
    incidents: Annotated[tuple[IncidentSummary, ...], "the newest first"]
    next: Annotated[str | None, "the cursor of the next page; null: this is the last"]
    unread: Annotated[tuple[str, ...], "vendors whose pages were never read: what happened there is not known"]


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    level: LevelText


@dataclass(frozen=True, slots=True)
class TimeAtLevel:
    level: LevelText
    minutes: float


@dataclass(frozen=True, slots=True)
class History:
    vendor: str
    name: Quoted
    days: Annotated[tuple[Day, ...], "the worst level of each day in UTC, the oldest first"]
    known_days: int
    time_at_level: tuple[TimeAtLevel, ...]
    incidents: Annotated[int, "how many were open in that time"]


@dataclass(frozen=True, slots=True)
class Alternative:
    vendor: str
    name: Quoted
    level: LevelText
    about: Annotated[str, "what it does"]
    alike: Annotated[bool, "it does the same, else something close to it"]


@dataclass(frozen=True, slots=True)
class Alternatives:
    vendor: str
    level: LevelText
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class FoundVendor:
    vendor: Annotated[str, "what every other operation calls it"]
    name: Quoted
    level: LevelText
    category: str
    about: str
    official_url: Quoted


@dataclass(frozen=True, slots=True)
class FoundVendors:
    vendors: Annotated[tuple[FoundVendor, ...], "the likeliest first"]
    next: Annotated[str | None, "the cursor of the next page; null: this is the last"]


@dataclass(frozen=True, slots=True)
class SubscribedVendor:
    channel: str
    vendor: str
    name: Quoted
    filter: Annotated[Quoted, "as it is typed after subscribe"]
    created_at: datetime
    muted_until: datetime | None


@dataclass(frozen=True, slots=True)
class Subscriptions:
    subscriptions: tuple[SubscribedVendor, ...]
    next: Annotated[str | None, "the cursor of the next page; null: this is the last"]


@dataclass(frozen=True, slots=True)
class Why:
    incident: IncidentSummary
    posted: Annotated[bool, "whether the channel has a message of it"]
    rule: Annotated[str | None, "what the subscription decides by; null: the channel does not subscribe"]
    detail: Annotated[Quoted, "what of the incident the rule found or did not find"]
    reason: Annotated[Quoted | None, "why nothing was posted although the rule lets it through"]
    waits: Annotated[Quoted | None, "why the next message waits"]
    subscription: Annotated[Quoted | None, "as it is typed after subscribe"]
    text: Annotated[Quoted, "the same as a chat is told it"]


@dataclass(frozen=True, slots=True)
class Change:
    kind: Annotated[str, Words(("update", "level"))]
    vendor: str
    at: Annotated[datetime, "as the page has it: when it was posted, or since when the level is"]
    level: Annotated[LevelText, "of the incident, or of the whole page from then on"]
    incident: Annotated[Quoted | None, "vendor/id, of an update"]
    title: Quoted | None
    phase: PhaseText | None
    text: Quoted | None


@dataclass(frozen=True, slots=True)
class Changes:
    changes: Annotated[tuple[Change, ...], "what came on record since then, by its time"]
    next: Annotated[str, "what to give as since the next time"]
