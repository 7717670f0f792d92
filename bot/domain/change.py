"""Past-tense facts about one vendor: what differs between two readings."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.incident import Incident, Update
from bot.domain.level import Level
from bot.domain.page import Component, Unreadable
from bot.domain.vendor import Slug


@dataclass(frozen=True, slots=True)
class Opened:
    incident: Incident


@dataclass(frozen=True, slots=True)
class Updated:
    """A new update, or a change of title, impact, level or components (then ``update`` is ``None``)."""

    incident: Incident
    update: Update | None


@dataclass(frozen=True, slots=True)
class Edited:
    incident: Incident
    before: Update
    after: Update


@dataclass(frozen=True, slots=True)
class Resolved:
    incident: Incident


@dataclass(frozen=True, slots=True)
class Reopened:
    """Open again after an end, or back on the page after it vanished."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Vanished:
    incident: Incident


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """Of one component, or of the page when ``component`` is ``None``."""

    vendor: Slug
    component: Component | None
    before: Level | None
    after: Level | None


@dataclass(frozen=True, slots=True)
class BecameUnreadable:
    vendor: Slug
    unreadable: Unreadable


@dataclass(frozen=True, slots=True)
class BecameReadable:
    vendor: Slug
    after: Unreadable


Change = Opened | Updated | Edited | Resolved | Reopened | Vanished | LevelChanged | BecameUnreadable | BecameReadable
