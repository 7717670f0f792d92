"""A channel with one card, and an incident for it: what the tests of the reconciler look into."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.cards import Act, ActReason, NewsView, ReminderView, ReplyView, RootView, View, next_act, reconcile
from bot.domain import (
    ENDED,
    ActKind,
    Card,
    Channel,
    ChannelSettings,
    Component,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Mention,
    Mode,
    Phase,
    Slug,
    Update,
    Vendor,
    Verdict,
    VerdictReason,
)

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VENDOR = Vendor(Slug("acme"), "Acme", "https://status.acme.test", "https://status.acme.test", "cloud", "hosting")
CHANNEL = Channel("console", "local", "ops")
CARD = Card(7, CHANNEL, "i1", VENDOR.slug, Verdict(True, VerdictReason.WHOLE_VENDOR))
COMPONENTS = {"c1": Component("c1", "API", Level.DEGRADED, group="Core")}
OPEN, FIXED, WATCHED, OVER = Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING, Phase.RESOLVED


def update(number: int, phase: Phase | None = OPEN, text: str | None = None) -> Update:
    return Update(f"u{number}", phase, T0 + timedelta(minutes=number), f"text {number}" if text is None else text)


def incident(*updates: Update, phase: Phase | None = OPEN) -> Incident:
    return Incident(
        VENDOR.slug,
        "i1",
        IncidentKind.INCIDENT,
        "Pushes fail",
        updates[-1].phase if updates else phase,
        Impact.MAJOR,
        T0,
        level=Level.PARTIAL_OUTAGE,
        components=("c1", "unheard of"),
        updates=updates,
    )


@dataclass
class Room:
    """A channel as its readers see it: every message with what it shows now, and every act that was carried out."""

    mode: Mode = Mode.THREAD
    card: Card = CARD
    messages: dict[str, View] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    mention: Mention | None = None
    facts: Incident = field(default_factory=lambda: incident())
    worth_a_mention: bool = False
    now: datetime = T0

    def next(self, facts: Incident) -> Act | None:
        self.facts = facts
        known = (facts, self.card, ChannelSettings(self.mode), VENDOR, COMPONENTS, self.mention, self.now)
        act = reconcile(*known)
        assert next_act(*known) == act
        return act

    def mentions(self) -> list[tuple[str, str]]:
        return [(act.kind, act.mention) for act in self.acts if act.mention]

    def carry_out(self, act: Act) -> None:
        before, post = self.card.state, act.after.posts[act.post]
        assert before.covered_updates <= act.after.covered_updates
        assert len(act.key) <= 25
        match act.kind:
            case "edit":
                assert act.ref == post.ref == before.posts[act.post].ref is not None
                ref = act.ref
            case "post":
                assert act.ref is None
                assert post.ref is None
                ref = f"m{len(self.messages)}"
            case "reply":
                assert act.ref is not None
                assert before.root
                assert act.ref == before.root.ref
                assert post.ref is None
                ref = f"m{len(self.messages)}"
            case _:
                raise AssertionError(act.kind)
        assert ref is not None
        if act.kind is ActKind.EDIT and act.post == 0 and self.mode is not Mode.EDIT:
            self.nothing_is_dropped(ref, act.view)
        self.messages[ref] = act.view
        self.worth_a_mention |= (
            act.kind is not ActKind.EDIT
            and act.reason is not ActReason.DROPPED
            and self.mention is not None
            and self.mention.is_due(self.facts)
        )
        self.told += dict.fromkeys(u for p in act.after.posts for u in p.updates if u not in before.covered_updates)
        self.acts.append(act)
        posts = act.after.posts
        posts = (*posts[: act.post], replace(post, ref=ref), *posts[act.post + 1 :])
        self.card = replace(self.card, state=replace(act.after, posts=posts))

    def nothing_is_dropped(self, root: str, after: View) -> None:
        """A text that leaves the root stands in another message."""
        before = self.messages[root]
        if isinstance(before, RootView) and isinstance(after, RootView):
            below = {
                said.text for view in self.messages.values() if isinstance(view, ReplyView) for said in view.updates
            }
            covered = self.card.state.covered_updates
            current = {update.text for update in self.facts.updates if update.id in covered}
            assert (shown(before) - shown(after)) & current <= below

    def settle(self, facts: Incident) -> list[Act]:
        """Act until the channel shows what is true; returns the acts of this time."""
        start, bound = len(self.acts), 4 + 2 * len(facts.updates) + len(self.card.state.posts)
        while act := self.next(facts):
            assert act.key == (self.next(facts) or act).key
            self.carry_out(act)
            assert len(self.acts) - start <= bound, "never comes to rest"
        return self.acts[start:]

    def lose(self, index: int) -> None:
        posts = self.card.state.posts
        if index < len(posts):
            gone = (*posts[:index], replace(posts[index], ref=None), *posts[index + 1 :])
            self.card = replace(self.card, state=replace(self.card.state, posts=gone))

    def said(self, index: int = -1) -> tuple[str, ...]:
        ref = self.card.state.posts[index].ref
        assert ref is not None
        match self.messages[ref]:
            case RootView() as root:
                return tuple(s.text for s in dict.fromkeys((*root.kept, *([root.quote] if root.quote else ()))))
            case NewsView() | ReminderView():
                return ()
            case ReplyView(updates=said):
                return tuple(s.text for s in said)


def shown(root: RootView) -> set[str]:
    over = root.phase in ENDED or root.vanished
    return {said.text for said in (*root.kept, *([root.quote] if root.quote and not over else ())) if said.text}


def deeds(acts: list[Act]) -> list[tuple[str, str]]:
    return [(act.kind, act.reason.value) for act in acts]
