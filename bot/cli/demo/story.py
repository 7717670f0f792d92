"""The outage day as data: two invented vendors, what breaks when, and what they write about it. No I/O.

Modelled on how vendors really post: an hourly sentence repeated all day, a page that turns red before anybody writes,
texts that change afterwards, an incident that is closed too early, a postmortem a week later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain import Slug, Vendor


@dataclass(frozen=True, slots=True)
class Post:
    """An update that a vendor posts."""

    at: datetime
    phase: str
    text: str
    edit: tuple[datetime, str] | None = None
    """When its text was replaced, and by what."""

    def text_at(self, now: datetime) -> str:
        return self.edit[1] if self.edit and self.edit[0] <= now else self.text

    def changed_at(self, now: datetime) -> datetime:
        return self.edit[0] if self.edit and self.edit[0] <= now else self.at


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident, or with ``planned`` a maintenance."""

    id: str
    title: str
    impact: str
    component_ids: tuple[str, ...]
    posts: tuple[Post, ...]
    """Oldest first."""
    planned: tuple[datetime, datetime] | None = None
    """The window of a maintenance."""

    def posts_until(self, now: datetime) -> tuple[Post, ...]:
        return tuple(post for post in self.posts if post.at <= now)


@dataclass(frozen=True, slots=True)
class Component:
    """A component of a page."""

    id: str
    name: str
    group: str | None
    status_changes: tuple[tuple[datetime, str], ...] = ()
    """When, and to which word of Statuspage's; operational before the first."""

    def status(self, now: datetime) -> str:
        return next((status for at, status in reversed(self.status_changes) if at <= now), "operational")


@dataclass(frozen=True, slots=True)
class Site:
    """A vendor's status page."""

    slug: Slug
    name: str
    page_id: str
    category: str
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...]

    @property
    def human_url(self) -> str:
        return f"https://status.{self.slug}.example"

    def vendor(self, page_url: str) -> Vendor:
        """Its row in the demo's catalog."""
        return Vendor(
            slug=self.slug,
            name=self.name,
            page_url=page_url,
            human_url=self.human_url,
            category=self.category,
            subcategory=self.category,
            homepage=f"https://{self.slug}.example",
            kind="statuspage",
        )

    def change_times(self) -> set[datetime]:
        """Every time at which the page changes."""
        changes = {at for component in self.components for at, _ in component.status_changes}
        posts = {post.at for incident in self.incidents for post in incident.posts}
        edits = {post.edit[0] for incident in self.incidents for post in incident.posts if post.edit}
        return changes | posts | edits


def march(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


BEGIN = march(3, 7, 45)
"""A Tuesday morning, when everything still works."""
END = march(10, 10, 5)

REPEATED = "We are still rebuilding the queue storage. Queued e-mails are safe. We will post again within the hour."
REPEATS = 13

PIGEONRY = Site(
    slug=Slug("pigeonry"),
    name="Pigeonry",
    page_id="p1g30nry7k2w",
    category="email-delivery",
    components=(
        Component(
            "pgeu4send0ax", "Europe", "Sending", ((march(3, 8, 4), "major_outage"), (march(3, 21, 12), "operational"))
        ),
        Component(
            "pgus4send0bx",
            "America",
            "Sending",
            ((march(3, 8, 21), "degraded_performance"), (march(3, 15, 38), "operational")),
        ),
        Component("pgtmpl8edtcx", "Template editor", None),
        Component("pghook2dlvdx", "Webhooks", None),
    ),
    incidents=(
        Incident(
            "pgw5late1feb",
            "Webhooks arrive late",
            "minor",
            ("pghook2dlvdx",),
            (
                Post(datetime(2026, 2, 12, 14, 6, tzinfo=UTC), "investigating", "Some webhooks arrive minutes late."),
                Post(datetime(2026, 2, 12, 15, 1, tzinfo=UTC), "resolved", "Webhooks are on time again."),
            ),
        ),
        Incident(
            "pgq7stuck3mr",
            "E-mails are not being sent",
            "critical",
            ("pgeu4send0ax", "pgus4send0bx"),
            (
                Post(
                    march(3, 8, 4), "investigating", "E-mails leave Europe late or not at all. We are finding out why."
                ),
                Post(
                    march(3, 8, 21),
                    "investigating",
                    "Sending from Europe has stopped, and sending from America is slow. Nothing that you hand to the "
                    "API is lost: it waits in the queue.",
                ),
                Post(
                    march(3, 8, 44),
                    "identified",
                    "The storage behind the send queue has lost most of its copies. We are rebuilding it from the one "
                    "that is left.",
                ),
                *(Post(march(3, 8, 55) + timedelta(hours=hour), "identified", REPEATED) for hour in range(REPEATS)),
                Post(
                    march(3, 20, 58),
                    "monitoring",
                    "The queue storage is whole again and e-mails are going out, oldest first.",
                ),
                Post(march(3, 21, 12), "resolved", "The queue is empty and every e-mail was sent. We are sorry."),
                Post(
                    march(10, 10, 0),
                    "postmortem",
                    "## What happened\n\n"
                    "A disk firmware update was rolled out to all three copies of the queue storage at once. Two of "
                    "them did not come back.\n\n"
                    "## Why it took 13 hours\n\n"
                    "* The third copy had to be read slowly, so as not to lose it too.\n"
                    "* The tool that rebuilds a copy had never been run on a queue this long.\n\n"
                    "## What we changed\n\n"
                    "* Firmware goes to **one copy at a time**, with a day in between.\n"
                    "* We rebuild a copy every month, whether or not we need to.",
                ),
            ),
        ),
    ),
)

KELPCLOUD = Site(
    slug=Slug("kelpcloud"),
    name="Kelpcloud",
    page_id="k3lpcl0udq9z",
    category="object-storage",
    components=(
        Component(
            "kcapi1object",
            "Object API",
            "Storage",
            (
                (march(3, 11, 10), "partial_outage"),
                (march(3, 12, 38), "operational"),
                (march(3, 13, 15), "partial_outage"),
                (march(3, 14, 40), "operational"),
            ),
        ),
        Component(
            "kcimg2resize",
            "Image resizing",
            "Storage",
            ((march(4, 22, 0), "under_maintenance"), (march(4, 22, 49), "operational")),
        ),
        Component("kccon3consol", "Console", None),
    ),
    incidents=(
        Incident(
            "kcreaderr5mr",
            "Errors when reading objects",
            "major",
            ("kcapi1object",),
            (
                Post(
                    march(3, 11, 26),
                    "investigating",
                    "About one read in ten fails in region north-2.",
                    (march(3, 11, 41), "About one read in ten fails in region north-1. (We first named north-2.)"),
                ),
                Post(march(3, 12, 5), "identified", "A routing table sends reads to machines that were retired."),
                Post(
                    march(3, 12, 40),
                    "resolved",
                    "Reads work again.",
                    (
                        march(4, 9, 15),
                        "Reads work again. Cause: our clean-up job removed machines from service a day before it "
                        "removed them from the routing table.",
                    ),
                ),
                Post(march(3, 13, 15), "investigating", "The errors are back. We closed this too early."),
                Post(march(3, 14, 2), "monitoring", "The clean-up job is switched off, and the table is right."),
                Post(march(3, 14, 45), "resolved", "No read has failed for 40 minutes."),
            ),
        ),
        Incident(
            "kcmaintimg4m",
            "New image resizing machines",
            "maintenance",
            ("kcimg2resize",),
            (
                Post(march(3, 16, 0), "scheduled", "We are moving image resizing to new machines. Expect a short gap."),
                Post(march(4, 22, 0), "in_progress", "The move has begun."),
                Post(march(4, 22, 49), "completed", "Image resizing runs on the new machines."),
            ),
            planned=(march(4, 22, 0), march(4, 23, 0)),
        ),
    ),
)

SITES = (PIGEONRY, KELPCLOUD)


def change_times(sites: Sequence[Site], begin: datetime, end: datetime) -> list[datetime]:
    """Every time between these two at which one of the pages changes, in order."""
    return sorted(at for at in set().union(*(site.change_times() for site in sites)) if begin < at <= end)
