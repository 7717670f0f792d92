"""What programs are given of a command that may change something: the answer of a chat, and how it stands then.

Names, reasons and ids of people are :data:`Quoted`: somebody typed them, or a platform told them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from bot.commands.operations.results import Answer, LevelText, Quoted, SubscribedVendor, Words
from bot.domain import Mode

_MODE = Words(tuple(mode.value for mode in Mode))
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Subscribed(Answer):
    subscriptions: Annotated[tuple[SubscribedVendor, ...], "those of the channel now to the vendors that were named"]


@dataclass(frozen=True, slots=True)
class Muted:
    vendor: str
    incident: Annotated[Quoted | None, "vendor/id; null: all of the vendor's"]
    until: Annotated[datetime | None, "null: as long as it goes on"]
    ignored_by: Annotated[Quoted | None, "the id of whoever says that it is none of the channel's business"]
    reason: Annotated[Quoted | None, "why, as it was typed"]
    until_changed: Annotated[bool, "it is told again when it gets worse or names other parts"]


@dataclass(frozen=True, slots=True)
class Mutes(Answer):
    mutes: Annotated[tuple[Muted, ...], "all that the channel mutes or ignores now"]


@dataclass(frozen=True, slots=True)
class Acked:
    incident: Annotated[Quoted, "vendor/id"]
    by: Annotated[Quoted, "the id of whoever is on it"]
    name: Quoted | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Acks(Answer):
    acks: Annotated[tuple[Acked, ...], "of what is open in the channel, what somebody is on"]


@dataclass(frozen=True, slots=True)
class Note:
    vendor: str
    note: Quoted
    by: Annotated[Quoted, "the id of whoever wrote it"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Notes(Answer):
    notes: Annotated[tuple[Note, ...], "all of the workspace's"]


@dataclass(frozen=True, slots=True)
class ServiceStanding:
    name: Quoted
    owner: Quoted | None
    level: Annotated[LevelText, "the worst of what it needs"]
    vendors: Annotated[tuple[str, ...], "those that it needs something of"]
    definition: Annotated[Quoted, "the command that defines it so"]
    missing: Annotated[tuple[Quoted, ...], "what it names and no page lists"]


@dataclass(frozen=True, slots=True)
class Services(Answer):
    services: Annotated[tuple[ServiceStanding, ...], "all that count in the channel"]


@dataclass(frozen=True, slots=True)
class Settings(Answer):
    mode: Annotated[str, _MODE]
    tz: Annotated[str, "the time zone, by its IANA name"]
    remind: Annotated[str, "how long before a planned maintenance, as it is typed after remind="]
    quiet: Annotated[str, "the quiet hours, as they are typed after settings"]


@dataclass(frozen=True, slots=True)
class DigestTimes:
    day: Annotated[str | None, Words(DAYS), "of a weekly one; null: every day"]
    time: Annotated[str, "such as 09:00, in the channel's time zone"]
    only: Annotated[bool, "the channel gets nothing else"]
    next: datetime


@dataclass(frozen=True, slots=True)
class Digest(Answer):
    digest: Annotated[DigestTimes | None, "null: there is none"]


@dataclass(frozen=True, slots=True)
class Board(Answer):
    up: Annotated[bool, "the channel has one"]


@dataclass(frozen=True, slots=True)
class Dashboard(Answer):
    url: Annotated[str | None, "opens it, for whoever has it; null: no link was given"]
    until: Annotated[datetime | None, "so long, unless it is revoked before"]


@dataclass(frozen=True, slots=True)
class MadeUpOutage(Answer):
    incident: Annotated[Quoted, "vendor/id of the made-up one"]
    mode: Annotated[str, _MODE]
    started_at: datetime
    over_at: datetime


@dataclass(frozen=True, slots=True)
class SentIncident:
    incident: Annotated[Quoted, "vendor/id"]
    title: Quoted
    messages: int


@dataclass(frozen=True, slots=True)
class LeftIncident:
    incident: Annotated[Quoted, "vendor/id"]
    title: Quoted
    why: Annotated[Quoted, "as a chat is told it"]


@dataclass(frozen=True, slots=True)
class PreviewedVendor:
    vendor: str
    name: Quoted
    filter: Annotated[Quoted, "as it is typed after subscribe"]
    days: Annotated[int, "how far back"]
    known_since: Annotated[datetime | None, "from when on it is known; null: next to nothing is"]
    messages: Annotated[int, "that would have been sent, what quiet hours put together as one"]
    of: Annotated[int, "messages that a subscription to everything would have sent"]
    sent: tuple[SentIncident, ...]
    left_out: tuple[LeftIncident, ...]


@dataclass(frozen=True, slots=True)
class Preview(Answer):
    vendors: Annotated[tuple[PreviewedVendor, ...], "what a subscription to each would have sent"]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    channel: str
    by: Annotated[Quoted, "the id of whoever did it; key:… for a program"]
    name: Quoted | None
    command: Annotated[Quoted, "as it could be typed"]


@dataclass(frozen=True, slots=True)
class Audit:
    changes: Annotated[tuple[AuditEntry, ...], "the newest first"]
    next: Annotated[str | None, "the cursor of the next page; null: this is the last"]
