"""What a channel subscribes to: filters in words, confirmations, the list, settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from bot.domain import Channel, ChannelSettings, Filter, Level, Mention, Mode, PageState, Subscription, Vendor, Wishes
from bot.message import (
    Block,
    Button,
    ChannelMention,
    Code,
    Fields,
    Items,
    Line,
    Link,
    Message,
    Moment,
    Paragraph,
    Person,
    Strong,
    Style,
    Tone,
)
from bot.wording.moves import unmatched_line
from bot.wording.phrases import DOTS, age, capital, count, duration, excerpt, join, level_text, listing, not_known
from bot.wording.vendor_state import WEAK, is_current, tone
from bot.wording.waits import quiet_text, remind_text, wishes_text

NAMES = 8
IN_FULL = 5
"""More vendors than this in one answer are summed up."""
BUTTONS = 5
TITLE_CHARS = 80
_BY_ID = re.compile(r"<@!?(&?\d+|[UW][A-Z0-9]+)>")
MODE_TEXT = {
    Mode.THREAD: "one message per incident, updates in its thread",
    Mode.THREAD_KEY: "thread, plus channel posts for worse, resolved, reopened",
    Mode.FLAT: "every update as a message of its own",
    Mode.EDIT: "one message per incident, kept up to date, nothing else",
}


def filter_text(wanted: Filter) -> str:
    """``components API and Webhooks, not Docs, partial outage or worse``."""
    parts = []
    if wanted.components:
        parts.append(f"{'component' if len(wanted.components) == 1 else 'components'} {join(wanted.components)}")
    if wanted.excluded:
        parts.append(f"not {join(wanted.excluded, 'or')}")
    if wanted.regions:
        parts.append(f"{'region' if len(wanted.regions) == 1 else 'regions'} {join(wanted.regions)}")
    if wanted.min_level is not None:
        parts.append(severity_text(wanted.min_level))
    if wanted.match is not None:
        parts.append(f"only with “{wanted.match}” in its texts")
    text = ", ".join(parts) or "every incident"
    planned = {
        "on": ", planned maintenance too",
        "off": ", no maintenance",
        "digest": ", planned maintenance in the digest alone",
        None: "",
    }[wanted.maintenance]
    return "; or ".join([f"{text}{planned}", *map(filter_text, wanted.also)])


def severity_text(min_level: Level) -> str:
    """``partial outage or worse``"""
    return level_text(min_level) if min_level is Level.MAJOR_OUTAGE else f"{level_text(min_level)} or worse"


def mention_line(text: str) -> Line:
    """``@oncall at partial outage or worse``; from chat markup only the name in it."""
    mention = Mention.parse(text)
    return (*name_line(mention.target), f" at {severity_text(mention.min_level)}")


def name_line(whom: str) -> Line:
    """Whom somebody typed, pinging nobody; from chat markup only the name in it."""
    parts = _BY_ID.split(re.sub(r"<[^<>|]*\|([^<>|]+)>", r"\1", whom))
    spans = (Person(part) if at % 2 else part for at, part in enumerate(parts))
    return tuple(span for span in spans if span)


class Outcome(Enum):
    """What a ``subscribe`` did for one vendor."""

    NEW = auto()
    CHANGED = auto()
    SAME = auto()


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One vendor that is subscribed now."""

    state: PageState
    filter: Filter
    mention: str | None
    wishes: Wishes
    arguments: str
    """The subscription as it can be typed after ``subscribe``."""
    outcome: Outcome
    open: tuple[str, ...]
    """Titles of open incidents that pass the filter."""
    notes: tuple[Line, ...]
    """What the filter cannot do at this vendor."""
    before: Filter | None = None
    """The filter that this one replaces."""
    month: Line = ()
    """What it would have sent lately, as a sentence."""


def subscribed_message(
    done: Sequence[Subscribed], failed: Sequence[Line], buttons: Sequence[Button], now: datetime, month: Line = ()
) -> Message:
    """The whole result, for everybody to read: what is in force now, what is open, and what was not understood.
    ``month``: what all of it would have sent lately, as a sentence."""
    names = [s.state.vendor.name for s in done]
    outcomes = {s.outcome for s in done}
    if not done:
        title = "Nothing was subscribed."
    elif outcomes == {Outcome.CHANGED}:
        title = f"Subscription changed: {listing(names, NAMES)}."
    elif outcomes == {Outcome.SAME}:
        title = f"Already subscribed to {listing(names, NAMES)}."
    else:
        title = f"Subscribed to {listing(names, NAMES)}."
    blocks: list[Block] = []
    if len(done) > IN_FULL:
        blocks.append(Paragraph((*_many(done, now), *_sentence(month))))
        if notes := [*_blocked(done), *(note for s in done for note in _other_notes(s))]:
            blocks.append(Items(tuple(notes[:IN_FULL])))
    elif done:
        lines = [line for s in done for line in _subscribed(s, now, named=len(done) > 1)]
        blocks += [Paragraph(lines[0])] if len(lines) == 1 else [Items(tuple(lines))]
    if failed:
        blocks += [Paragraph((Strong("Not subscribed"),))] if done else []
        blocks.append(Items(tuple(failed)))
    if any(s.filter.maintenance is None for s in done):
        hint: Line = ("Planned maintenance is off; add ", Code("maintenance:on"), " to include it.")
        blocks.append(Paragraph(hint))
    return Message(summary=title, title=title, blocks=tuple(blocks), buttons=tuple(buttons)[:BUTTONS])


def _many(done: Sequence[Subscribed], now: datetime) -> Line:
    """Many vendors in one line: what they have in common, and which of them have problems now."""
    filters = {s.filter: s for s in done}
    what = filter_text(done[0].filter) if len(filters) == 1 else "each with its own filter"
    what += wishes_text(done[0].wishes)
    bad = [s.state for s in done if tone(s.state, now) not in {Tone.OK, Tone.UNKNOWN}]
    named = listing([f"{b.vendor.name} ({level_text(b.snapshot.level if b.snapshot else None)})" for b in bad])
    unknown = [s.state.vendor.name for s in done if tone(s.state, now) is Tone.UNKNOWN]
    return (f"{capital(what)}. Problems now: {named or 'none known'}{not_known(unknown)}.",)


def _subscribed(result: Subscribed, now: datetime, *, named: bool) -> list[Line]:
    state, vendor = result.state, result.state.vendor
    mention: Line = (", mentions ", *mention_line(result.mention)) if result.mention else ()
    changed = f" (was: {filter_text(result.before)})" if result.before is not None else ""
    titles = [f"“{excerpt(title, TITLE_CHARS)}”" for title in result.open]
    still = f"; open: {listing(titles)}" if titles else ""
    text = filter_text(result.filter) + wishes_text(result.wishes)
    name: Line = (Link(vendor.name, vendor.human_url), f" — {text}") if named else (capital(text),)
    stands = f"{changed}. Now: {_state(state, now)}{still}."
    return [(*name, *mention, stands, *_sentence(result.month)), *_notes(result)]


def _sentence(line: Line) -> Line:
    """To follow another one."""
    return (" ", *line) if line else ()


def _blocked(done: Sequence[Subscribed]) -> list[Line]:
    """In one line, however many they are."""
    names = [s.state.vendor.name for s in done if s.state.snapshot is None and s.state.unreadable]
    pages = "its page" if len(names) == 1 else "their pages"
    return [(f"Nothing comes of {listing(names)} until {pages} can be read.",)] if names else []


def _notes(result: Subscribed) -> list[Line]:
    state = result.state
    if state.snapshot is None and state.unreadable:
        blocked = f"Nothing comes of {state.vendor.name} until its page can be read: {state.unreadable.reason}"
        return [(blocked,), *_other_notes(result)]
    return _other_notes(result)


def _other_notes(result: Subscribed) -> list[Line]:
    state, vendor = result.state, result.state.vendor
    lines: list[Line] = []
    if not vendor.enabled:
        lines.append((f"{vendor.name} is not read regularly, so do not wait for news: {WEAK}",))
    if result.mention and state.snapshot and state.snapshot.level is None:
        lines.append((f"{vendor.name} tells no severities, so nobody is mentioned.",))
    return [*lines, *result.notes]


def _state(state: PageState, now: datetime) -> str:
    if state.snapshot is None or state.read_at is None:
        unknown = "unknown, its page can't be read" if state.unreadable else "not read yet"
        return f"{DOTS[Tone.UNKNOWN]} {unknown}"
    level = level_text(state.snapshot.level)
    stands = level if is_current(state, now) else f"unknown ({level} {age(state.read_at, now)})"
    return f"{DOTS[tone(state, now)]} {stands}"


def unsubscribed_message(ended: Sequence[str], failed: Sequence[Line], left: int, undo: Sequence[str] = ()) -> Message:
    """``left``: how many subscriptions the channel still has; ``undo``: the lines that bring back what was ended."""
    title = f"Unsubscribed from {listing(ended, NAMES)}." if ended else "Nothing was unsubscribed."
    rest = f"{count(left, 'subscription')} left here." if left else "Nothing is left here."
    blocks: list[Block] = [Items(tuple(failed))] if failed else []
    if not undo or not ended:
        blocks.append(Paragraph((rest,)))
    elif len(undo) == 1:
        blocks.append(Paragraph((f"{rest} To undo: ", Code(undo[0]))))
    else:
        blocks += [Paragraph((f"{rest} To undo:",)), Items(tuple((Code(line),) for line in undo))]
    return Message(summary=title, title=title, blocks=tuple(blocks))


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """One subscription of the list."""

    vendor: Vendor
    subscription: Subscription
    arguments: str
    """The subscription as it can be typed after ``subscribe``."""
    last_post: datetime | None
    """``None``: nothing was posted yet."""
    unmatched: tuple[str, ...] = ()
    """What its filter names and the page does not list."""


def list_message(
    subscribed: Sequence[SubscriptionLine],
    settings: ChannelSettings,
    trouble: Line,
    now: datetime,
    *,
    muted: int = 0,
    board: Line = (),
    digest: Line = (),
    services: Sequence[Line] = (),
) -> Message:
    """Who subscribed to what, when, with which filter, and when it last spoke. ``trouble``: why nothing arrives;
    ``muted``: how many incidents are muted by themselves; ``board``, ``digest``: of those that the channel has;
    ``services``: those that it follows."""
    if not subscribed and not services:
        return nothing_subscribed_message(trouble, board)
    counts = [count(len(subscribed), "vendor")] if subscribed else []
    counts += [count(len(services), "service")] if services else []
    title = f"This channel subscribes to {' and '.join(counts)}."
    if trouble:
        title = f"{title} It cannot be posted to now."
    blocks: list[Block] = [Paragraph(trouble)] if trouble else []
    blocks.append(Items((*services, *(_subscription_line(h, now) for h in subscribed))))
    if muted:
        blocks.append(Paragraph((f"Muted: {count(muted, 'incident')}; ", Code("mute"), " says which.")))
    blocks += [Paragraph(line) for line in (board, digest) if line]
    return Message(
        summary=title,
        tone=Tone.UNKNOWN if trouble else Tone.PLAIN,
        title=title,
        blocks=tuple(blocks),
        footer=(f"Mode {settings.mode}, time zone {settings.zone} · ", Code("settings"), " changes them"),
    )


def _subscription_line(subscribed: SubscriptionLine, now: datetime) -> Line:
    subscription = subscribed.subscription
    mention: Line = ("; mentions ", *mention_line(subscription.mention)) if subscription.mention else ()
    until = subscription.muted_until
    muted: Line = (" · muted until ", Moment(until, Style.DATETIME)) if until and until > now else ()
    last = f"last post {age(subscribed.last_post, now)}" if subscribed.last_post else "nothing posted yet"
    wanted = subscription.filter if subscription.typed is None else subscription.typed
    return (
        Link(subscribed.vendor.name, subscribed.vendor.human_url),
        f" — {filter_text(wanted)}{wishes_text(subscription.wishes)}",
        *mention,
        Person(subscription.created_by, " · by "),
        " · since ",
        Moment(subscription.created_at, Style.DATE),
        f" · {last}",
        *((f" · {unmatched_line(subscribed.unmatched)}",) if subscribed.unmatched else ()),
        *muted,
        *_arguments_line(subscribed.arguments, subscribed.vendor),
    )


@dataclass(frozen=True, slots=True)
class OtherChannel:
    """A channel in the list of a workspace."""

    channel: Channel
    vendors: tuple[str, ...]
    """Names of what it subscribes to."""
    health: str
    """``active``, ``degraded`` or ``suspended``."""


def everywhere_message(channels: Sequence[OtherChannel], *, after: str | None, more: bool) -> Message:
    """A page of a workspace's channels; ``after``: the last of the page before, ``more``: there is a next one."""
    if not channels:
        title = "No channel of this workspace subscribes to anything" + (" beyond this." if after else " yet.")
        return Message(summary=title, title=title)
    title = f"{'More channels' if after else 'Channels'} of this workspace that subscribe to something"
    button = Button("Next page", f"list everywhere after {channels[-1].channel.id}")
    return Message(
        summary=title,
        title=title,
        blocks=(Items(tuple(_channel_line(other) for other in channels)),),
        buttons=(button,) if more else (),
    )


def _channel_line(other: OtherChannel) -> Line:
    trouble = "" if other.health == "active" else " · it cannot be posted to now"
    return (
        ChannelMention(other.channel.id),
        f" — {count(len(other.vendors), 'vendor')}: {listing(other.vendors, NAMES)}{trouble}",
    )


def _arguments_line(arguments: str, vendor: Vendor) -> Line:
    """How to type a subscription again, where the name alone would not do."""
    return () if arguments in (vendor.slug, vendor.typed) else (" · ", Code(f"subscribe {arguments}"))


def nothing_subscribed_message(trouble: Line = (), board: Line = ()) -> Message:
    title = "This channel subscribes to nothing yet."
    hint: Line = ("Try ", Code("subscribe github"), ", or ask about one vendor: ", Code("status github"), ".")
    lines = [line for line in (trouble, hint, board) if line]
    return Message(summary=title, title=title, blocks=tuple(Paragraph(line) for line in lines))


def trouble_line(reason: str, since: datetime | None, *, suspended: bool, now: datetime) -> Line:
    """For ``list``: why nothing arrives here, for how long, and what to do (the reason says it)."""
    what = "Updates are on hold: I cannot post here" if suspended else "I had trouble posting here"
    long = f" ({duration(now - since)})" if since else ""
    return (f"{what}{long}. {reason}",)


def settings_message(
    settings: ChannelSettings,
    *,
    changed: Sequence[str] = (),
    failed: Sequence[Line] = (),
    board: Line = (),
    digest: Line = (),
) -> Message:
    """The whole set in force. ``changed``: names of what was just set; ``failed``: what was not understood; ``board``,
    ``digest`` as for :func:`list_message`."""
    title = f"Settings changed: {join(changed)}." if changed else "Settings of this channel"
    if failed and not changed:
        title = "No setting was changed."
    blocks: list[Block] = [Items(tuple(failed))] if failed else []
    pairs: list[tuple[str, Line]] = [("mode", (f"{settings.mode} — {MODE_TEXT[settings.mode]}",))]
    pairs.append(("tz", (settings.zone,)))
    pairs.append(("quiet", (quiet_text(settings.quiet, settings.zone),)))
    if settings.remind:
        pairs.append(("remind", (remind_text(settings.remind),)))
    if not settings.publish:
        pairs.append(("publish", ("off — those who follow this channel are shown nothing",)))
    blocks.append(Fields(tuple(pairs)))
    if not changed:
        modes = join([mode.value for mode in Mode], "or")
        blocks.append(
            Paragraph(
                (
                    *("Change them with ", Code("settings mode=thread tz=Europe/Berlin remind=1h,1d"), " or "),
                    *(Code("settings quiet=22:00-07:00,weekends except=major"), f"; mode is {modes}."),
                )
            )
        )
        blocks += [Paragraph(line) for line in (board, digest) if line]
    return Message(summary=title, title=title, blocks=tuple(blocks))
