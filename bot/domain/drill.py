"""A drill: a made-up incident that one channel asks for, to see what an outage will look like there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.channel import Channel, Mode
from bot.domain.incident import Impact, Incident, IncidentKind, Phase, Update, digest
from bot.domain.level import Level
from bot.domain.vendor import OWN, Slug, Vendor

STEPS = (timedelta(), timedelta(seconds=30), timedelta(seconds=75))
"""When it opens, is updated and ends, after its start: time to look at each, and over within two minutes."""
DRILL_PREFIX = f"{OWN}-test-"
"""Of the slugs of made-up vendors."""
_TEXTS = (
    "This is only a test: nothing is down. An outage opens like this, with what the vendor says about it.",
    "This is only a test: an update of the vendor looks like this.",
    "This is only a test, and it is over: this is how an outage ends.",
)
_PHASES = (Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.RESOLVED)


@dataclass(frozen=True, slots=True)
class Drill:
    """One that runs."""

    channel: Channel
    mode: Mode
    """How it is shown, whatever the channel's mode."""
    started_by: str
    """The platform's id of the user."""
    started_at: datetime
    vendor: Slug
    step: int = 0
    """How many of the steps after the first are on record."""

    @property
    def over_at(self) -> datetime:
        return self.started_at + STEPS[-1]

    @property
    def incident_id(self) -> str:
        return f"test-{int(self.started_at.timestamp())}"


def begin_drill(channel: Channel, mode: Mode, by: str, now: datetime) -> Drill:
    return Drill(channel, mode, by, now, drill_slug(channel))


def drill_vendor(channel: Channel) -> Vendor:
    """The vendor that a channel's drills are about: hidden from all but that channel, and never read."""
    return Vendor(
        slug=drill_slug(channel),
        name="Test",
        page_url=f"https://{drill_slug(channel)}.invalid/",
        human_url="https://example.com/",
        category=OWN,
        subcategory=OWN,
        enabled=False,
    )


def drill_slug(channel: Channel) -> Slug:
    return Slug(f"{DRILL_PREFIX}{digest(channel.platform, channel.workspace, channel.id)}")


def is_drill(slug: Slug) -> bool:
    return slug.startswith(DRILL_PREFIX)


def drill_incident(drill: Drill) -> Incident:
    """As it stands after the drill's step."""
    told = range(drill.step + 1)
    updates = tuple(Update(f"u{n}", _PHASES[n], drill.started_at + STEPS[n], _TEXTS[n]) for n in told)
    over = _PHASES[drill.step] is Phase.RESOLVED
    return Incident(
        vendor=drill.vendor,
        id=drill.incident_id,
        kind=IncidentKind.INCIDENT,
        title="A made-up outage, only a test",
        phase=_PHASES[drill.step],
        impact=Impact.MAJOR,
        started=drill.started_at,
        resolved=drill.over_at if over else None,
        level=Level.PARTIAL_OUTAGE,
        updates=updates,
    )
