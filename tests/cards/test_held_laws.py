"""Laws of what is held back, over scripted incidents: nothing is lost, nothing is told twice, and nothing comes before
its time, whatever of mutes, what is ignored, holds, quiet hours, digests alone and modes comes together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.cards import Act, ActReason, kept_back, next_act, reconcile
from bot.cards.together import told_together, waits_for_list
from bot.domain import (
    ENDED,
    Card,
    Channel,
    ChannelSettings,
    Component,
    HeldReason,
    Hold,
    Ignored,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Mode,
    Mute,
    Phase,
    QuietHours,
    RootFingerprint,
    RootState,
    Slug,
    Update,
    Vendor,
    Verdict,
    VerdictReason,
    Wishes,
    held_back,
)

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VENDOR = Vendor(Slug("acme"), "Acme", "https://status.acme.test", "https://status.acme.test", "cloud", "hosting")
CARD = Card(7, Channel("console", "local", "ops"), "i1", VENDOR.slug, Verdict(True, VerdictReason.WHOLE_VENDOR))


@dataclass
class Told:
    """A channel that is told of one incident by the deciders alone, as delivery does it."""

    settings: ChannelSettings
    wishes: Wishes
    facts: Incident
    card: Card = CARD
    now: datetime = T0
    due: datetime | None = None
    vendor_until: datetime | None = None
    """Until when all of the vendor is muted."""
    texts: Counter[str] = field(default_factory=Counter)
    """How often each update was told by a message, or stood in the list without one of its own."""
    lists: list[datetime] = field(default_factory=list)

    def held(self) -> HeldReason | None:
        held = held_back(self.facts, self.card, self.settings, self.wishes, self.now)
        return held.reason if held else None

    def next(self) -> Act | None:
        components: dict[str, Component] = {}
        known = (self.facts, self.card, self.settings, VENDOR, components, None, self.now, self.wishes)
        act = reconcile(*known)
        assert next_act(*known) == act
        return act

    def look(self) -> None:
        """Bring the channel up to date at this moment."""
        facts, settings = self.facts, self.settings
        listed = False
        if waits_for_list(facts, self.card, settings, VENDOR, {}, self.now, self.wishes):
            before = self.card.state.covered_updates
            state = told_together(facts, self.card, settings, VENDOR, {}, self.now, self.wishes, mentioned=False)
            self.texts.update(state.covered_updates - before)
            self.lists.append(self.now)
            listed = True
            self.card = replace(self.card, state=state, held=None, catch_up=True)
        while act := self.next():
            if act.kind != "edit":
                assert self.held() is None, f"{act.kind} while {self.held()}"
                assert self.vendor_until is None or self.now >= self.vendor_until, "its vendor is muted"
            assert not listed or not (act.kind == "post" or act.broadcast), "the list has told it in the channel"
            new = act.after.covered_updates - self.card.state.covered_updates
            again = act.kind != "edit" and act.reason is not ActReason.DROPPED and not new and act.post > 0
            assert not again or act.reason is ActReason.ANNOUNCED, "said again"
            self.texts.update(new)
            self.card = replace(self.card, state=act.after.with_ref(act.post, f"m{act.post}"))
        kept = kept_back(self.facts, self.card, self.settings, VENDOR, {}, self.now, self.wishes)
        mute = self.card.mute
        muted = mute is not None and mute.applies_to(self.facts, self.now)
        left = mute.of(facts) if mute and muted else None
        self.due = kept.until if kept else left.until if left else None
        self.card = replace(self.card, held=kept.reason if kept else None, catch_up=False, mute=mute if muted else None)

    def wait(self, minutes: int) -> None:
        """Looks happen when something is due."""
        until = self.now + minutes * MINUTE
        while self.due is not None and self.due <= until:
            self.now = max(self.due, self.now)
            self.look()
            assert self.due is None or self.due > self.now
        self.now = until

    def happen(self, event: str, number: int) -> None:
        facts = self.facts
        phase = {"say": Phase.IDENTIFIED, "end": Phase.RESOLVED, "postmortem": Phase.POSTMORTEM}.get(event)
        if phase is not None:
            update = Update(f"u{number}", phase, self.now, f"text {number}")
            resolved = self.now if phase is Phase.RESOLVED else facts.resolved if phase in ENDED else None
            self.facts = replace(facts, updates=(*facts.updates, update), phase=phase, resolved=resolved)
        elif event == "again":
            said = facts.updates[-1]
            self.facts = replace(facts, updates=(*facts.updates, replace(said, id=f"u{number}", at=self.now)))
        elif event == "only":
            self.settings = replace(self.settings, digest_only=True)
        elif event == "not-only":
            self.settings = replace(self.settings, digest_only=False)
        elif event == "close":
            self.facts = replace(facts, phase=Phase.RESOLVED, resolved=self.now)
        elif event in ("worse", "better"):
            self.facts = replace(facts, level=Level.MAJOR_OUTAGE if event == "worse" else Level.DEGRADED)
        elif event == "mute":
            self.card = replace(self.card, mute=Mute(self.now + 7 * MINUTE))
        elif event == "mute-vendor":
            self.vendor_until, mute = self.now + 9 * MINUTE, self.card.mute
            stays = mute is not None and mute.until is None
            self.card = replace(self.card, mute=mute if stays else Mute(self.vendor_until))
        elif event == "ignore" and facts.is_open:
            self.card = replace(self.card, mute=Mute(None, Ignored("ann", self.now, level=facts.level)))
        elif event == "unmute":
            self.vendor_until = None
            if self.card.mute is not None:
                self.card = replace(self.card, mute=None, catch_up=True)
        if self.card.mute is not None:
            self.card = replace(self.card, mute=replace(self.card.mute, vendor_until=self.vendor_until))
        self.look()


def incident() -> Incident:
    return Incident(
        VENDOR.slug, "i1", IncidentKind.INCIDENT, "Pushes fail", Phase.INVESTIGATING, Impact.MINOR, T0,
        level=Level.DEGRADED, updates=(Update("u0", Phase.INVESTIGATING, T0, "text 0"),),
    )  # fmt: skip


def tell(
    mode: Mode, wishes: Wishes, quiet: QuietHours | None, script: list[tuple[int, str]], *, until_over: bool = True
) -> Told:
    told = Told(ChannelSettings(mode, quiet=quiet), wishes, incident())
    told.look()
    for number, (minutes, event) in enumerate(script, start=1):
        told.wait(minutes)
        told.happen(event, number)
    if until_over:
        told.wait(24 * 60)
        told.happen("not-only", 0)
        told.wait(3 * 24 * 60)
    return told


MUTES = ["mute", "mute-vendor", "ignore", "unmute", "only", "not-only"]
events = st.sampled_from(["say", "say", "again", "end", "postmortem", "close", "worse", "better", *MUTES])
scripts = st.lists(st.tuples(st.integers(0, 9), events), max_size=12)
holds = st.sampled_from([Wishes(), Wishes(Hold(5 * MINUTE)), Wishes(Hold(8 * MINUTE, passes_at=None))])
quiets = st.sampled_from([
    None,
    QuietHours(time(9), time(9, 20)),
    QuietHours(time(9, 4), time(9, 12)),
    QuietHours(time(9, 4), time(9, 40), except_level=Level.PARTIAL_OUTAGE),
])  # fmt: skip


@given(st.sampled_from(Mode), holds, quiets, scripts)
def test_nothing_is_lost_and_nothing_is_told_twice(
    mode: Mode, wishes: Wishes, quiet: QuietHours | None, script: list[tuple[int, str]]
) -> None:
    told = tell(mode, wishes, quiet, script)
    assert told.due is None
    assert max(told.texts.values(), default=0) <= 1
    assert len(told.lists) <= 1, "one message for one night"
    updates = {update.id for update in told.facts.updates}
    if told.held() is HeldReason.ENDED_WITHIN_HOLD:
        assert not told.texts
        assert told.card.held in (HeldReason.ENDED_WITHIN_HOLD, HeldReason.IGNORED), "on record for the digest"
    elif told.card.held is HeldReason.IGNORED:
        # Once it is over, only a message that stands says so.
        root = told.card.state.root
        assert told.facts.is_open or root is None or root.ref is None
    else:
        assert set(told.texts) == updates == set(told.card.state.covered_updates)
        assert told.card.held is None
        root = told.card.state.root
        assert root is not None
        assert isinstance(root.fingerprint, RootFingerprint)
        assert root.fingerprint.state is (RootState.ENDED if told.facts.phase in ENDED else RootState.OPEN)


@given(st.sampled_from(Mode), holds, quiets, scripts)
def test_what_waits_has_a_reason_and_an_end(
    mode: Mode, wishes: Wishes, quiet: QuietHours | None, script: list[tuple[int, str]]
) -> None:
    told = tell(mode, wishes, quiet, script, until_over=False)
    untold = {update.id for update in told.facts.updates} - told.card.state.covered_updates
    without_end = (HeldReason.ENDED_WITHIN_HOLD, HeldReason.IGNORED, HeldReason.DIGEST_ONLY)
    if untold and told.card.held not in without_end:
        assert told.card.held is not None
        assert told.due is not None
        assert told.due > told.now


def test_the_story_of_a_night() -> None:
    night = QuietHours(time(9), time(9, 20))
    told = tell(Mode.THREAD, Wishes(), night, [(5, "say"), (5, "end"), (15, "postmortem")], until_over=False)
    assert told.lists == [T0 + 20 * MINUTE]
    assert told.texts == Counter(["u0", "u1", "u2", "u3"])
