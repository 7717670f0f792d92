"""What a channel would have been sent of incidents, had it subscribed all along: ``routing.judge`` and
``cards.reconcile`` as in the live path, at every state that each incident had. Pure.

As when nothing was late: each state is judged and told at once, and no channel is away, muted or flooded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.cards import kept_back, reconcile
from bot.cards.together import told_together, waits_for_list
from bot.domain import (
    NO_WISHES,
    ActKind,
    Card,
    Channel,
    ChannelSettings,
    Component,
    Filter,
    Held,
    Incident,
    IncidentCourse,
    IncidentState,
    Vendor,
    Verdict,
    VerdictReason,
    Wishes,
    next_reminder_at,
)
from bot.preview.course import states_of
from bot.routing import judge

EVERYTHING = Filter(maintenance="on")
"""Lets all of a vendor's incidents through."""
_NOWHERE = Channel("preview", "preview", "preview")
_REF = "sent"


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the channel would have got; edits are none."""

    at: datetime
    is_root: bool
    together: bool = False
    """It tells several incidents at the end of quiet hours, and is one message for all that have it at that moment."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the channel would have been sent of one incident."""

    incident: Incident
    """As it is now."""
    verdict: Verdict
    """Of the state that opened its card, else of the worst."""
    messages: tuple[SentMessage, ...] = ()
    """Oldest first."""
    held: Held | None = None
    """What keeps the next one back in the end."""
    card: Card | None = None
    """What the channel would have of it now."""
    possible: tuple[SentMessage, ...] = ()
    """Those that a subscription to everything would have sent, with nothing kept back."""


def simulate(
    courses: Iterable[IncidentCourse],
    wanted: Filter,
    settings: ChannelSettings,
    vendor: Vendor,
    components: Mapping[str, Component],
    wishes: Wishes = NO_WISHES,
    until: datetime | None = None,
) -> tuple[Forecast, ...]:
    """For each incident, in order. An episode that became part of another incident is none by itself: its messages are
    that one's. ``components``: by id, all that the incidents name. ``until``: the end of what is played, at which
    something may be kept back; ``None``: on until nothing is."""
    incidents = {course.record.incident.id: course.record.incident for course in courses}
    states = {course.record.incident.id: states_of(course) for course in courses}
    simulation = _Simulation(states, vendor, components, until)
    asked = simulation.runs(_Wanted(wanted, settings, wishes))
    everything = simulation.runs(_Wanted(EVERYTHING, replace(settings, quiet=None), NO_WISHES))
    return tuple(
        Forecast(incidents[id], run.verdict, run.messages, run.held, run.card, everything[id].messages)
        for id, run in asked.items()
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    filter: Filter
    settings: ChannelSettings
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class _Run:
    """An incident in a channel, up to its newest state."""

    verdict: Verdict
    messages: tuple[SentMessage, ...] = ()
    held: Held | None = None
    card: Card | None = None


class _Simulation:
    def __init__(
        self,
        courses: Mapping[str, Sequence[IncidentState]],
        vendor: Vendor,
        components: Mapping[str, Component],
        until: datetime | None,
    ) -> None:
        self._courses, self._vendor, self._components, self._until = courses, vendor, components, until
        self._played: dict[tuple[str, int, ChannelSettings, Wishes], _Run] = {}
        """What follows in a card from one state on: whichever filter let the incident through, it is the same."""

    def runs(self, wanted: _Wanted) -> dict[str, _Run]:
        """By incident; merged episodes are part of theirs."""
        into = {id: states[-1].merged_into for id, states in self._courses.items()}
        merged: defaultdict[str, list[tuple[datetime, _Run]]] = defaultdict(list)
        for id, states in self._courses.items():
            if (taken_by := into[id]) is not None and taken_by in self._courses:
                merged[taken_by].append((states[-1].at, self._run(id, states, wanted, None)))
        return {
            id: self._joined(id, states, wanted, sorted(merged[id], key=lambda one: one[0]))
            for id, states in self._courses.items()
            if into[id] not in self._courses
        }

    def _joined(
        self, id: str, states: Sequence[IncidentState], wanted: _Wanted, merged: Sequence[tuple[datetime, _Run]]
    ) -> _Run:
        """``merged``: the episodes that became part of it, and when. The incident goes on in the first card of theirs,
        unless it has one of its own by then."""
        run = self._run(id, states, wanted, next((heritage for heritage in merged if heritage[1].card), None))
        before = [message for _, episode in merged for message in episode.messages]
        return replace(run, messages=(*before, *run.messages))

    def _run(
        self, id: str, states: Sequence[IncidentState], wanted: _Wanted, heritage: tuple[datetime, _Run] | None
    ) -> _Run:
        judged: list[tuple[int, Verdict]] = []
        for number, state in enumerate(states):
            if heritage is not None and heritage[0] <= state.at:
                return self._continued(heritage, states, number, wanted)
            if state.offered:
                verdict = judge(state.incident, self._components, wanted.filter)
                if verdict.deliver:
                    return replace(self._opened(id, number, wanted), verdict=verdict)
                judged.append((-1 if state.incident.level is None else state.incident.level, verdict))
        if heritage is not None:
            return self._continued(heritage, states, len(states), wanted)
        return _Run(max(judged, key=lambda one: one[0])[1])

    def _opened(self, id: str, number: int, wanted: _Wanted) -> _Run:
        """In a card of its own from that state on."""
        key = (id, number, wanted.settings, wanted.wishes)
        if key not in self._played:
            card = Card(0, _NOWHERE, id, self._vendor.slug, Verdict(True, VerdictReason.WHOLE_VENDOR))
            self._played[key] = self._play(self._courses[id][number:], card, wanted)
        return self._played[key]

    def _continued(
        self, heritage: tuple[datetime, _Run], states: Sequence[IncidentState], number: int, wanted: _Wanted
    ) -> _Run:
        """In a card that was an episode's, from ``states[number]`` on, or from before that if it came before."""
        at, run = heritage
        assert run.card is not None
        rest = tuple(states[number:])
        if number and (not rest or at < rest[0].at):
            rest = (replace(states[number - 1], at=at), *rest)
        played = self._play(rest, replace(run.card, incident=rest[0].incident.id), wanted)
        return replace(played, verdict=run.verdict)

    def _play(self, states: Sequence[IncidentState], card: Card, wanted: _Wanted) -> _Run:
        """All that the card is sent, state by state, and whenever what kept it back is over."""
        messages: list[SentMessage] = []
        held: Held | None = None
        for state, end in zip(states, (*(following.at for following in states[1:]), None), strict=True):
            at: datetime | None = state.at
            while at is not None and (end is None or at < end):
                card, sent = self._told(state.incident, card, at, wanted)
                messages += sent
                held = kept_back(
                    state.incident, card, wanted.settings, self._vendor, self._components, at, wanted.wishes
                )
                card = replace(card, held=held.reason if held else None, catch_up=False)
                reminder_at = next_reminder_at(state.incident, wanted.wishes.leads(wanted.settings), at)
                looks = (look for look in (held.until if held else None, reminder_at) if look is not None)
                following = min(looks, default=None)
                is_played = following is not None and at < following <= (self._until or following)
                # Once it is part of another incident, nothing is told of it by itself any more.
                at = following if is_played and state.merged_into is None else None
        return _Run(card.verdict, tuple(messages), held, card)

    def _told(self, incident: Incident, card: Card, now: datetime, wanted: _Wanted) -> tuple[Card, list[SentMessage]]:
        """The card once it shows what is true, and its new messages."""
        sent = []
        vendor, components = self._vendor, self._components
        if waits_for_list(incident, card, wanted.settings, vendor, components, now, wanted.wishes):
            state = told_together(
                incident, card, wanted.settings, vendor, components, now, wanted.wishes, mentioned=False
            )
            sent.append(SentMessage(now, is_root=False, together=True))
            card = replace(card, state=state, held=None, catch_up=True)
        while act := reconcile(incident, card, wanted.settings, vendor, components, None, now, wanted.wishes):
            if act.kind is not ActKind.EDIT:
                sent.append(SentMessage(now, is_root=act.post == 0))
            card = replace(card, state=act.after.with_ref(act.post, _REF), root_at=card.root_at or now)
        return card, sent
