"""A workspace's dashboard, as one person may see it: its vendors, what is open, which channel gets what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain import (
    Channel,
    ChannelSubscriptions,
    Filter,
    Incident,
    IncidentKind,
    Level,
    PageState,
    Phase,
    ServiceState,
    Subscription,
    WorkspaceState,
    digest,
)
from bot.message import (
    Block,
    Button,
    ChannelMention,
    Code,
    Items,
    Line,
    Message,
    Moment,
    Opens,
    Paragraph,
    Span,
    Strong,
    Style,
    Tone,
)
from bot.wording.incidents import reference
from bot.wording.phrases import (
    DOTS,
    count,
    excerpt,
    first_sentence,
    level_text,
    level_tone,
    listing,
    one_line,
    phase_text,
    spaced,
    state_tone,
)
from bot.wording.services import service_level, service_rank, service_tone, trouble_began
from bot.wording.status import overview_message
from bot.wording.subscriptions import filter_text
from bot.wording.vendor_state import is_current, rank, tone

NAMES = 8
"""Vendors named in a channel's line; its list has them all."""
PLACES = 5
"""Channels named at an incident."""
TITLE_CHARS = 150
QUOTE_CHARS = 160
FILTER_CHARS = 60
EVERYTHING = Filter()
SUBSCRIBE = Button("Subscribe…", "subscribe", Opens.FORM)


@dataclass(frozen=True, slots=True)
class Visibility:
    """What one person may know of."""

    channels: frozenset[str]
    """Ids of the channels that they may see."""
    direct: str | None = None
    """The one of these that is their direct messages with the bot."""
    hidden: int = 0
    """How many further channels are not theirs to see."""
    unasked: int = 0
    """About how many further channels the platform is still to be asked."""


@dataclass(frozen=True, slots=True)
class Home:
    """A dashboard. Only footers show how old something is: a home whose footers alone differ is no news."""

    head: Message
    incidents: tuple[Message, ...] = ()
    services: tuple[Message, ...] = ()
    """Worst first, a message each: the workspace's, and the person's own."""
    vendors: tuple[Message, ...] = ()
    """Those that none of these services needs, worst first, a message each."""
    channels: tuple[tuple[Channel, Message], ...] = ()
    """Each with its message, whose buttons are meant for that channel."""

    @property
    def digest(self) -> str:
        """Changes when there is news in it. The head's title only sums up what the vendors say."""
        messages = (*self.incidents, *self.services, *self.vendors, *(message for _, message in self.channels))
        return digest(repr(self.head.blocks), *(repr(replace(message, footer=())) for message in messages))


def home(workspace: WorkspaceState, visibility: Visibility, now: datetime) -> Home:
    """Vendors and incidents of other channels than those in sight are not in it: what a private channel subscribes to
    is as private as its name."""
    visible = [listed for listed in workspace.channels if listed.channel.id in visibility.channels]
    wanted = {s.vendor for listed in visible for s in listed.subscriptions}
    states = sorted((s for s in workspace.states if s.vendor.slug in wanted), key=lambda s: rank(s, now))
    own = workspace.services.get(visibility.direct, ()) if visibility.direct else ()
    known = [*workspace.services.get("", ()), *own]
    known.sort(key=lambda one: (-service_rank(one, now), one.service.key))
    services = tuple(_service(one, now) for one in known)
    if not states:
        return Home(_first_run(visibility, now), services=services)
    needed = {slug for one in known for slug in one.service.vendors}
    incidents = [(s, i) for s in states for i in (s.snapshot.incidents if s.snapshot else ())]
    notified = {(s.vendor.slug, i.id): _notified(workspace, visibility, i) for s, i in incidents}
    shown = [(s, i) for s, i in incidents if i.kind is not IncidentKind.MAINTENANCE or notified[s.vendor.slug, i.id]]
    shown.sort(key=lambda pair: _urgency(pair[1], bool(notified[pair[1].vendor, pair[1].id])))
    return Home(
        head=_head(states, visible, [i for _, i in shown], visibility, now),
        incidents=tuple(_incident(s, i, notified[s.vendor.slug, i.id], visibility) for s, i in shown),
        services=services,
        vendors=tuple(
            _vendor(s, workspace.since.get(s.vendor.slug), now) for s in states if s.vendor.slug not in needed
        ),
        channels=tuple((r.channel, _channel(r, states, visibility, now)) for r in visible),
    )


def _notified(workspace: WorkspaceState, visibility: Visibility, incident: Incident) -> tuple[str, ...]:
    """The ids of the channels in sight that have a card of the incident."""
    with_card = workspace.channels_with_card.get((incident.vendor, incident.id), frozenset())
    return tuple(sorted(with_card & visibility.channels))


def _urgency(incident: Incident, notified: bool) -> tuple[bool, bool, int, float]:
    """Trouble before maintenances, what a channel was notified of first, then the worst, then the newest; of what is
    planned, the next one first."""
    started = incident.started.timestamp()
    planned = incident.phase is Phase.SCHEDULED
    level = -1 if incident.level is None else incident.level
    return (
        incident.kind is IncidentKind.MAINTENANCE,
        not notified,
        1 if planned else -level,
        started if planned else -started,
    )


# --- its parts -------------------------------------------------------------------------------------------------------


def _head(
    states: Sequence[PageState],
    channels: Sequence[ChannelSubscriptions],
    incidents: Sequence[Incident],
    visibility: Visibility,
    now: datetime,
) -> Message:
    whose = "your channels'" if visibility.hidden or visibility.unasked else "this workspace's"
    overview = overview_message(states, now, whose=whose)
    unhealthy = sum(channel.state.health != "active" for channel in channels)
    maintenances = sum(i.kind is IncidentKind.MAINTENANCE for i in incidents)
    troubles = len(incidents) - maintenances
    facts = [
        f"{count(len(channels), 'channel')} subscribed to {count(len(states), 'vendor')}",
        f"{count(troubles, 'incident')} open" if troubles else "no incident open",
        *([count(maintenances, "maintenance")] if maintenances else []),
        *([f"{count(unhealthy, 'channel')} that cannot be posted to"] if unhealthy else []),
    ]
    blocks: list[Block] = [Paragraph((f"{', '.join(facts)}.",)), *_others(visibility)]
    return replace(overview, blocks=tuple(blocks), footer=_as_of(now), buttons=(SUBSCRIBE,))


def _first_run(visibility: Visibility, now: datetime) -> Message:
    """What to do next, for who sees nothing subscribed."""
    others = visibility.hidden or visibility.unasked
    title = f"No channel {'of yours' if others else 'of this workspace'} subscribes to anything yet."
    steps: tuple[Line, ...] = (
        (
            "Type ",
            Code("subscribe github"),
            " in the channel that is to hear of GitHub's outages; several names do too.",
        ),
        ("A private channel has to invite me first: ", Code("/invite @lookout"), "."),
        ("Just asking? ", Code("status dyspatch"), " is answered anywhere, for you alone."),
    )
    return Message(
        summary=title,
        title=title,
        blocks=(Items(steps), *_others(visibility)),
        footer=_as_of(now),
        buttons=(SUBSCRIBE, Button("Help", "help", Opens.MODAL)),
    )


def _others(visibility: Visibility) -> list[Block]:
    sentences = []
    if visibility.hidden:
        sentences.append(f"Not shown: {count(visibility.hidden, 'more channel')} that you are not in.")
    if visibility.unasked:
        sentences.append(f"Whether you may see {count(visibility.unasked, 'more channel')} is still being looked up.")
    return [Paragraph((" ".join(sentences),))] if sentences else []


def _as_of(now: datetime) -> Line:
    return ("As of ", Moment(now, Style.DATETIME), ", from the vendors' own status pages")


def _service(state: ServiceState, now: datetime) -> Message:
    """Its vendors in a line below it, the worst first."""
    ordered = sorted(state.states, key=lambda one: rank(one, now))
    vendors = [_service_vendor(one, now) for one in ordered[:NAMES]]
    more: Line = (f" and {len(ordered) - NAMES} more",) if len(ordered) > NAMES else ()
    level = service_level(state, now)
    tone_now = service_tone(state, now)
    word: Span = level_text(level)
    if tone_now is not Tone.OK:
        word = Strong("unknown" if tone_now is Tone.UNKNOWN else level_text(level))
    return Message(
        summary=state.service.name,
        tone=tone_now,
        title=one_line(state.service.name),
        blocks=(Paragraph((word,)), Paragraph((*spaced(vendors, ", "), *more))),
        buttons=(Button("Details", f"services {state.service.name}", Opens.MODAL),),
    )


def _service_vendor(state: PageState, now: datetime) -> Line:
    """Its name, and where there is trouble what and since when."""
    level = state.snapshot.level if state.snapshot and is_current(state, now) else None
    if level is Level.OPERATIONAL:
        return (f"{DOTS[Tone.OK]} {state.vendor.name}",)
    began = trouble_began(state)
    since: Line = (" since ", Moment(began, Style.DATETIME)) if began and level is not None else ()
    return (f"{DOTS[level_tone(level)]} {state.vendor.name}: {level_text(level)}", *since)


def _vendor(state: PageState, since: datetime | None, now: datetime) -> Message:
    vendor, snapshot = state.vendor, state.snapshot
    last_level = level_text(snapshot.level if snapshot else None)
    line: Line
    if snapshot is None or state.read_at is None:
        line = ("cannot be read",) if state.unreadable else ("not read yet",)
    elif state.unreadable:
        since_line = Moment(state.unreadable.since, Style.DATETIME)
        line = ("unknown: cannot be read since ", since_line, f", {last_level} before")
    elif not is_current(state, now):
        line = (f"unknown: not read lately, {last_level} before",)
    elif snapshot.level is None:
        line = ("gives no level",)
    else:
        level: Span = last_level if snapshot.level is Level.OPERATIONAL else Strong(last_level)
        line = (level, " since ", Moment(since, Style.DATETIME)) if since else (level,)
    return Message(
        summary=vendor.name,
        tone=tone(state, now),
        title=vendor.name,
        url=vendor.human_url,
        blocks=(Paragraph(line),),
        footer=("read ", Moment(state.read_at, Style.AGO)) if state.read_at else (),
        buttons=(Button("Status", f"status {vendor.slug}", Opens.MODAL),),
    )


def _incident(state: PageState, incident: Incident, notified: Sequence[str], visibility: Visibility) -> Message:
    vendor = state.vendor
    title = f"{vendor.name}: {excerpt(incident.title, TITLE_CHARS) or incident.id}"
    planned = incident.phase is Phase.SCHEDULED
    facts = [phase_text(incident.phase, incident.kind).lower()]
    if not planned and incident.level is not None and incident.level >= Level.DEGRADED:
        facts.append(level_text(incident.level))
    until: Line = (" to ", Moment(incident.planned_end, Style.DATETIME)) if incident.planned_end else ()
    places: list[Span] = []
    for id in notified[:PLACES]:
        places += [", " if places else "", _place(id, visibility)]
    more = f" and {len(notified) - PLACES} more" if len(notified) > PLACES else ""
    where: Line = (" · told to ", *places, more) if notified else (" · no channel has asked for it",)
    lines: list[Block] = [
        Paragraph(
            (
                f"{', '.join(facts)} · {'from' if planned else 'since'} ",
                Moment(incident.started, Style.DATETIME),
                *(until if planned else ()),
                *where,
            )
        )
    ]
    newest = incident.updates[-1] if incident.updates else None
    if newest and one_line(newest.text):
        lines.append(Paragraph((Moment(newest.at, Style.AGO), f": “{first_sentence(newest.text, QUOTE_CHARS)}”")))
    return Message(
        summary=title,
        tone=state_tone(incident.phase, incident.level),
        title=title,
        url=incident.url or vendor.human_url,
        blocks=tuple(lines),
        buttons=(Button("Timeline", f"incident {reference(incident)}", Opens.MODAL),),
    )


def _channel(
    listed: ChannelSubscriptions, states: Sequence[PageState], visibility: Visibility, now: datetime
) -> Message:
    """Its vendors in the order given."""
    by_vendor = {s.vendor: s for s in listed.subscriptions}
    ordered = [(s.vendor.name, by_vendor[s.vendor.slug]) for s in states if s.vendor.slug in by_vendor]
    named = [_subscribed(name, subscription, now) for name, subscription in ordered[: NAMES + 1]]
    names = [*named, *(name for name, _ in ordered[NAMES + 1 :])]
    state = listed.state
    blocks: list[Block] = [
        Paragraph(
            (
                _place(listed.channel.id, visibility, first=True),
                f" — {count(len(names), 'vendor')}: {listing(names, NAMES)}",
            )
        )
    ]
    if state.health != "active":
        what = (
            "Updates are on hold: I cannot post there"
            if state.health == "suspended"
            else "I have trouble posting there"
        )
        since: Line = (" since ", Moment(state.since, Style.DATETIME)) if state.since else ()
        blocks.append(Paragraph((Strong(what), *since, f". {state.reason or ''}".rstrip())))
    return Message(
        summary=f"{count(len(names), 'vendor')}: {listing(names)}",
        tone=Tone.PLAIN if state.health == "active" else Tone.UNKNOWN,
        blocks=tuple(blocks),
        buttons=(
            Button("Details", "list", Opens.MODAL),
            SUBSCRIBE,
            Button("Unsubscribe…", "unsubscribe", Opens.MODAL),
        ),
    )


def _subscribed(name: str, subscription: Subscription, now: datetime) -> str:
    """The name, and what narrows it."""
    muted = subscription.muted_until is not None and subscription.muted_until > now
    wanted = subscription.typed
    narrows = [
        *([f"service {listing(subscription.through.services)}"] if subscription.through else []),
        *([excerpt(filter_text(wanted), FILTER_CHARS)] if wanted is not None and wanted != EVERYTHING else []),
        *(["muted"] if muted else []),
    ]
    return f"{name} ({', '.join(narrows)})" if narrows else name


def _place(id: str, visibility: Visibility, *, first: bool = False) -> Span:
    """``first``: it begins a line."""
    return f"{'Your' if first else 'your'} direct messages with me" if id == visibility.direct else ChannelMention(id)
