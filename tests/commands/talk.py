"""One channel talking to the bot, on a real store: type a line, read the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.dispatch import answer, parse_line
from bot.commands.request import Reply, Request
from bot.domain import (
    CardState,
    Channel,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Phase,
    Post,
    Slug,
    Snapshot,
    UnknownFingerprint,
    Unreadable,
    Update,
    Vendor,
    worst,
)
from bot.routing import route
from bot.store import Store
from bot.store.values import PollOutcome, Recording, RecordOutcome, Release
from tests.text import read

NOW = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
OPS = Channel("console", "local", "ops")
POLL_S = 60.0


def vendor(slug: str, name: str, category: str = "dev", **more: object) -> Vendor:
    made = Vendor(
        slug=Slug(slug),
        name=name,
        page_url=f"https://status.{slug}.example",
        human_url=f"https://status.{slug}.example",
        category=category,
        subcategory=category,
        homepage=f"https://{slug}.example",
        kind="statuspage",
    )
    return replace(made, **more)  # type: ignore[arg-type]


CATALOG = Catalog(
    [
        vendor("github", "GitHub", "code", aliases=("github actions",)),
        vendor("gitlab", "GitLab", "code"),
        vendor("bitbucket", "Bitbucket", "code"),
        vendor("dyspatch", "Dyspatch", "email"),
        vendor("mailjet", "Mailjet", "email"),
        vendor("postmark", "Postmark", "email"),
        vendor("aws", "AWS", "cloud", aliases=("ec2", "amazon web services")),
        vendor("feedly", "Feedly", "news", kind="feed"),
        vendor("shady", "Shady", "cloud", enabled=False),
    ]
)
GITHUB_PARTS = (
    Component("c1", "Git Operations", Level.OPERATIONAL),
    Component("c2", "Actions", Level.OPERATIONAL),
    Component("c3", "API Requests", Level.OPERATIONAL),
    Component("c4", "Webhooks", Level.OPERATIONAL),
)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def said(number: int, at: datetime, text: str, phase: Phase | None = Phase.INVESTIGATING) -> Update:
    return Update(f"u{number}", phase, at, text)


def incident(slug: str, id: str, title: str, started: datetime, *updates: Update, **more: object) -> Incident:
    """A major incident that stands where its newest update says; over if that says so."""
    newest = updates[-1] if updates else None
    over = newest is not None and newest.phase in {Phase.RESOLVED, Phase.POSTMORTEM, Phase.COMPLETED}
    made = Incident(
        vendor=Slug(slug),
        id=id,
        kind=IncidentKind.INCIDENT,
        title=title,
        phase=newest.phase if newest else Phase.INVESTIGATING,
        impact=Impact.MAJOR,
        started=started,
        resolved=newest.at if newest and over else None,
        url=f"https://status.{slug}.example/incidents/{id}",
        level=Level.PARTIAL_OUTAGE,
        updates=updates,
    )
    return replace(made, **more)  # type: ignore[arg-type]


@dataclass
class Talk:
    """``say`` types one line and gives the plain text of the answer; ``ask`` gives the whole reply."""

    store: Store
    catalog: Catalog = CATALOG
    now: datetime = NOW
    channel: Channel = OPS
    thread: str | None = None
    replies: list[Reply] = field(default_factory=list)

    def ask(self, line: str, *, may_manage: bool = True, user: str = "ana", name: str = "") -> Reply:
        command, text = parse_line(line)
        context = CommandContext(self.store, self.catalog, self.now)
        reply = answer(Request(command, text, self.channel, user, may_manage, self.thread, name), context)
        self.replies.append(reply)
        for message in reply.messages:
            assert message.summary.strip()
        return reply

    def say(self, line: str, *, may_manage: bool = True, user: str = "ana") -> str:
        return read(self.ask(line, may_manage=may_manage, user=user).messages)

    def reading(
        self,
        slug: str,
        components: Sequence[Component] = (),
        incidents: Iterable[Incident] = (),
        *,
        level: Level | None = Level.OPERATIONAL,
        words: str = "All Systems Operational",
        at: datetime | None = None,
        announce: bool = True,
    ) -> None:
        """The page was read: it says this. ``level`` is the page's own; the worst of all counts."""
        at = at or self.now - timedelta(seconds=40)
        incidents = tuple(incidents)
        whole = worst([level, *(c.level for c in components), *(i.effective_level for i in incidents)])
        self.store.records.record(
            Recording(
                Snapshot(Slug(slug), None if level is None else whole, words, tuple(components), incidents, at),
                PollOutcome(Slug(slug), at + timedelta(seconds=POLL_S), POLL_S, read_at=at),
                incidents=incidents,
                announce=frozenset(i.id for i in incidents) if announce else frozenset(),
            ),
            route,
        )

    def unreadable(self, slug: str, reason: str, since: datetime) -> None:
        self.store.pages.settle(
            [PollOutcome(Slug(slug), self.now, 120, failures=3, unreadable=Unreadable(reason, since))]
        )

    def post(self) -> int:
        """Post the root of every card that is due; how many those were."""
        posted = 0
        for lane in self.store.cards.lease_channels(["console"], self.now, 10, 60):
            for due in self.store.cards.due(lane):
                updates = tuple(u.id for u in due.incident.updates)
                shown = CardState((Post(str(due.card.id), UnknownFingerprint("x"), updates),))
                self.store.cards.commit(
                    [RecordOutcome(lane, due.card.id, shown, due.version, True, posted_at=self.now)]
                )
                posted += 1
            self.store.cards.commit([Release(lane)])
        return posted
