"""What a message of a card shows, and the act that sends or edits it: values, no rules and no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain import ActKind, CardState, IncidentKind, Level, Phase, Slug


class ActReason(StrEnum):
    """Why an act is due."""

    OPENED = "opened"
    UPDATED = "updated"
    REPEATED = "repeated"
    EDITED = "edited"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    VANISHED = "vanished"
    RESTORED = "restored"
    CAUGHT_UP = "caught_up"
    REFRESHED = "refreshed"
    EXPLAINED = "explained"


@dataclass(frozen=True, slots=True)
class UpdateView:
    """One text of the vendor. ``times`` > 1: said so often in a row, the last time at ``last``.

    ``removed``: the page took this update down.
    """

    phase: Phase | None
    at: datetime
    text: str
    count: int = 1
    last: datetime | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class RootView:
    """What the root message shows: the state now, the first text, and the newest that the channel has been told.

    ``components``: labels of the parts it names. ``slug`` and ``id`` name vendor and incident in commands.
    ``has_parts``: the vendor's page lists components. ``explained``: the title of the incident whose card tells on.
    """

    slug: Slug
    id: str
    vendor: str
    vendor_url: str
    title: str
    kind: IncidentKind
    phase: Phase | None
    level: Level | None
    started: datetime
    resolved: datetime | None
    until: datetime | None
    url: str | None
    vanished: bool
    components: tuple[str, ...]
    first: UpdateView | None
    newest: UpdateView | None
    updates: int
    has_parts: bool = False
    explained: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What a message after the root shows: one text, or several at once when the channel catches up, oldest first.

    ``slug`` and ``id`` name vendor and incident in commands. ``standalone``: it stands in the channel without a thread
    (flat mode), so it must name both in words.
    """

    slug: Slug
    id: str
    vendor: str
    title: str
    url: str | None
    phase: Phase | None
    level: Level | None
    updates: tuple[UpdateView, ...]
    standalone: bool = False
    vanished: bool = False
    kind: IncidentKind = IncidentKind.INCIDENT


View = RootView | ReplyView


@dataclass(frozen=True, slots=True)
class Act:
    """One call to an adapter. A reply stands under ``ref``, an edit is one of ``ref``.

    ``after`` is what the channel has been shown once it is done; ``post`` is the index in it of the message sent or
    edited, whose ``ref`` is still ``None`` if it is new. ``key`` is the same whenever the same act is worked out again
    (25 characters at most: Discord's nonce). ``mention``: whom this message is to mention.
    """

    kind: ActKind
    reason: ActReason
    key: str
    view: View
    after: CardState
    post: int
    ref: str | None = None
    broadcast: bool = False
    mention: str | None = None
