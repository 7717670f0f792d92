"""What a channel asked for: filters in words, confirmations, the list, settings, and why a card came or did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import assert_never

from bot.domain import Card, ChannelSettings, Filter, Incident, Level, Mode, Subscription, Vendor, Verdict, Why
from bot.message import Block, Button, Code, Fields, Items, Line, Link, Message, Moment, Paragraph, Strong, Style, Tone
from bot.wording.incidents import footers, reference
from bot.wording.standing import WEAK, Standing, footer, is_current
from bot.wording.words import age, count, duration, excerpt, join, level_text, listing

NAMES = 8
BUTTONS = 5
TITLE_CHARS = 80
MODE_TEXT = {
    Mode.THREAD: "one card per incident, its updates as replies",
    Mode.THREAD_KEY: "one card per incident, its updates as replies; opening, worse and resolved also to the channel",
    Mode.FLAT: "every update as a message of its own",
    Mode.EDIT: "one card per incident, kept up to date, nothing else",
}


def filter_text(wanted: Filter) -> str:
    """``components API and Webhooks, not Docs, severity major (partial outage) or worse``."""
    parts = []
    if wanted.components:
        parts.append(f"{'component' if len(wanted.components) == 1 else 'components'} {join(wanted.components)}")
    if wanted.excluded:
        parts.append(f"not {join(wanted.excluded, 'or')}")
    if wanted.regions:
        parts.append(f"{'region' if len(wanted.regions) == 1 else 'regions'} {join(wanted.regions)}")
    if wanted.least is not None:
        parts.append(severity_text(wanted.least))
    if wanted.match is not None:
        parts.append(f"only with “{wanted.match}” in its texts")
    text = ", ".join(parts) or "every incident"
    match wanted.maintenance:
        case "on":
            return f"{text}, maintenances too"
        case "off":
            return f"{text}, no maintenances"
        case None:
            return text


def severity_text(least: Level) -> str:
    """In the words of status pages, which name severities one step higher than the level that they mean."""
    words = {Level.DEGRADED: "minor", Level.PARTIAL_OUTAGE: "major", Level.MAJOR_OUTAGE: "critical"}
    if least not in words:
        return f"{level_text(least)} or worse"
    worse = "" if least is Level.MAJOR_OUTAGE else " or worse"
    return f"severity {words[least]} ({level_text(least)}){worse}"


class Outcome(Enum):
    NEW = auto()
    CHANGED = auto()
    SAME = auto()


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One vendor that is subscribed now. ``typed``: the subscription as it can be typed again.

    ``open``: titles of what is open now and passes the filter; ``notes``: what the filter cannot do here.
    """

    standing: Standing
    filter: Filter
    mention: str | None
    typed: str
    outcome: Outcome
    open: tuple[str, ...]
    notes: tuple[Line, ...]


def subscribed_message(
    done: Sequence[Subscribed], failed: Sequence[Line], buttons: Sequence[Button], now: datetime
) -> Message:
    """The whole result, for everybody to read: what is in force now, what is open, and what was not understood."""
    names = [s.standing.vendor.name for s in done]
    outcomes = {s.outcome for s in done}
    if not done:
        title = "Nothing was subscribed."
    elif outcomes == {Outcome.CHANGED}:
        title = f"Subscription changed: {listing(names, NAMES)}."
    elif outcomes == {Outcome.SAME}:
        title = f"Already subscribed to {listing(names, NAMES)}."
    else:
        title = f"Subscribed to {listing(names, NAMES)}."
    blocks: list[Block] = [Items(tuple(line for s in done for line in _subscribed(s, now)))] if done else []
    if failed:
        blocks += [Paragraph((Strong("Not subscribed"),))] if done else []
        blocks.append(Items(tuple(failed)))
    if any(s.filter.maintenance is None for s in done):
        blocks.append(Paragraph(("Maintenances are announced only if you add ", Code("maintenance:on"), ".")))
    return Message(
        summary=title,
        title=title,
        blocks=tuple(blocks),
        footer=footers([s.standing for s in done], now) if done else (),
        buttons=tuple(buttons)[:BUTTONS],
    )


def _subscribed(result: Subscribed, now: datetime) -> list[Line]:
    standing, vendor = result.standing, result.standing.vendor
    mention = f", mentions {result.mention}" if result.mention else ""
    changed = " (in place of the one before)" if result.outcome is Outcome.CHANGED else ""
    titles = [f"“{excerpt(title, TITLE_CHARS)}”" for title in result.open]
    still = f"; open: {listing(titles)}" if titles else ""
    lines: list[Line] = [
        (
            Link(vendor.name, vendor.human_url),
            f" — {filter_text(result.filter)}{mention}{changed}. Now: {_state(standing, now)}{still}.",
            *_again(result.typed, vendor),
        )
    ]
    if not vendor.enabled:
        lines.append((f"{vendor.name} is not read regularly, so do not wait for news: {WEAK}",))
    return [*lines, *result.notes]


def _state(standing: Standing, now: datetime) -> str:
    if standing.snapshot is None or standing.read_at is None:
        return "unknown, its page cannot be read" if standing.unreadable else "not read yet"
    level, read = level_text(standing.snapshot.level), age(standing.read_at, now)
    return f"{level} (read {read})" if is_current(standing, now) else f"unknown ({level} {read})"


def unsubscribed_message(ended: Sequence[str], failed: Sequence[Line], left: int) -> Message:
    """``left``: how many subscriptions the channel still has."""
    title = f"Unsubscribed from {listing(ended, NAMES)}." if ended else "Nothing was unsubscribed."
    rest = f"still subscribes to {count(left, 'vendor')}" if left else "subscribes to nothing now"
    blocks: list[Block] = [Items(tuple(failed))] if failed else []
    blocks.append(Paragraph((f"This channel {rest}.",)))
    return Message(summary=title, title=title, blocks=tuple(blocks))


@dataclass(frozen=True, slots=True)
class Held:
    """One subscription of the list; ``typed`` as in :class:`Subscribed`."""

    vendor: Vendor
    subscription: Subscription
    typed: str
    last_post: datetime | None


def list_message(held: Sequence[Held], settings: ChannelSettings, trouble: Line, now: datetime) -> Message:
    """Who subscribed to what, when, with which filter, and when it last spoke. ``trouble``: why nothing arrives."""
    if not held:
        return nothing_subscribed_message(trouble)
    title = f"This channel subscribes to {count(len(held), 'vendor')}."
    if trouble:
        title = f"{title} It cannot be posted to now."
    blocks: list[Block] = [Paragraph(trouble)] if trouble else []
    blocks.append(Items(tuple(_held(h, now) for h in held)))
    return Message(
        summary=title,
        tone=Tone.UNKNOWN if trouble else Tone.PLAIN,
        title=title,
        blocks=tuple(blocks),
        footer=(f"Mode {settings.mode}, time zone {settings.zone} · ", Code("settings"), " changes them"),
    )


def _held(held: Held, now: datetime) -> Line:
    subscription = held.subscription
    mention = f"; mentions {subscription.mention}" if subscription.mention else ""
    last = f"last post {age(held.last_post, now)}" if held.last_post else "nothing posted yet"
    return (
        Link(held.vendor.name, held.vendor.human_url),
        f" — {filter_text(subscription.filter)}{mention} · by {subscription.by}, ",
        Moment(subscription.at, Style.DATE),
        f" · {last}",
        *_again(held.typed, held.vendor),
    )


def _again(typed: str, vendor: Vendor) -> Line:
    """How to type a subscription again, where the name alone would not do."""
    return () if typed == vendor.slug else (" ", Code(f"subscribe {typed}"))


def nothing_subscribed_message(trouble: Line = ()) -> Message:
    title = "This channel subscribes to nothing yet."
    hint: Line = ("Try ", Code("subscribe github"), ", or ask about one vendor: ", Code("status github"), ".")
    blocks = [Paragraph(trouble), Paragraph(hint)] if trouble else [Paragraph(hint)]
    return Message(summary=title, title=title, blocks=tuple(blocks))


def trouble_line(reason: str, since: datetime | None, *, suspended: bool, now: datetime) -> Line:
    """For ``list``: why nothing arrives here, for how long, and what to do (the reason says it)."""
    what = "Updates are on hold: I cannot post here" if suspended else "I had trouble posting here"
    long = f" ({duration(now - since)})" if since else ""
    return (f"{what}{long}. {reason}",)


def settings_message(settings: ChannelSettings, *, changed: Sequence[str] = (), failed: Sequence[Line] = ()) -> Message:
    """The whole set in force. ``changed``: names of what was just set; ``failed``: what was not understood."""
    title = f"Settings changed: {join(changed)}." if changed else "Settings of this channel"
    if failed and not changed:
        title = "No setting was changed."
    blocks: list[Block] = [Items(tuple(failed))] if failed else []
    blocks.append(Fields((("mode", (f"{settings.mode} — {MODE_TEXT[settings.mode]}",)), ("tz", (settings.zone,)))))
    if not changed:
        modes = join([mode.value for mode in Mode], "or")
        blocks.append(
            Paragraph(("Change them with ", Code("settings mode=thread tz=Europe/Berlin"), f"; mode is {modes}."))
        )
    return Message(summary=title, title=title, blocks=tuple(blocks))


def why_sentence(verdict: Verdict, wanted: Filter) -> str:
    """The rule that decided, as one sentence. ``wanted``: the filter that it was asked for."""
    detail = verdict.detail
    match verdict.why:
        case Why.WHOLE_VENDOR:
            return "The subscription asks for every incident of this vendor."
        case Why.COMPONENT_NAMED:
            return f"It names a component that the subscription asks for: {detail}."
        case Why.REGION_NAMED:
            return f"It names a region that the subscription asks for: {detail}."
        case Why.NO_COMPONENT_GIVEN:
            return "It names no component, so it may well be about yours: such incidents are always delivered."
        case Why.NO_REGION_GIVEN:
            return "It names no region, so it may well be about yours: such incidents are always delivered."
        case Why.LEVEL_NOT_GIVEN:
            return "It gives no severity, so it may well be a bad one: such incidents are always delivered."
        case Why.TEXT_MATCHED:
            return f"It holds the text that the subscription asks for: “{detail}”."
        case Why.OTHER_COMPONENTS:
            return f"It is about components that the subscription does not ask for: {detail}."
        case Why.EXCLUDED_COMPONENTS:
            return f"It is only about components that the subscription leaves out: {detail}."
        case Why.OTHER_REGIONS:
            return f"It is about regions that the subscription does not ask for: {detail}."
        case Why.BELOW_LEAST_LEVEL:
            least = level_text(wanted.least)
            return f"It is {detail.replace('_', ' ')}, and the subscription asks for {least} or worse."
        case Why.MAINTENANCE_OFF:
            return "It is a maintenance, and the subscription does not ask for them (maintenance:on)."
        case Why.TEXT_NOT_FOUND:
            return f"It does not hold the text that the subscription asks for: “{detail}”."
        case _:
            assert_never(verdict.why)


@dataclass(frozen=True, slots=True)
class Explained:
    """``card``: what was posted, if anything; ``verdict``: of the subscription, if there is one.

    ``reason``: why nothing was posted although the verdict, or the lack of one, does not say so. ``changed``: the
    subscription would decide otherwise today.
    """

    standing: Standing
    incident: Incident
    first_seen: datetime
    subscription: Subscription | None
    typed: str
    verdict: Verdict | None
    card: Card | None
    reason: str | None
    changed: bool = False


def why_message(explained: Explained, now: datetime) -> Message:
    """Which subscription, which rule, who set it up, where it was read and when."""
    incident, vendor, subscription = explained.incident, explained.standing.vendor, explained.subscription
    got = "got" if explained.card else "did not get"
    title = f"This channel {got} “{vendor.name} — {excerpt(incident.title, TITLE_CHARS)}”."
    verdict, reason = explained.verdict, explained.reason
    wanted = subscription.filter if subscription else Filter()
    if verdict and (reason is None or not verdict.deliver):
        reason = why_sentence(verdict, wanted)
    if explained.changed:
        reason = f"{reason} That was the rule then; the subscription was changed since."
    facts: list[tuple[str, Line]] = []
    if subscription:
        asked = f"{filter_text(wanted)} · "
        facts.append(("Subscription", (asked, Code(f"subscribe {explained.typed}"))))
        facts.append(("Subscribed", (f"by {subscription.by}, ", Moment(subscription.at, Style.DATETIME))))
    elif explained.card:
        facts.append(("Subscription", ("ended since",)))
    facts.append(("Began", (Moment(incident.started, Style.DATETIME), ", as the vendor says")))
    facts.append(("First seen", (Moment(explained.first_seen, Style.DATETIME), f", {age(explained.first_seen, now)}")))
    if explained.card:
        posts, updates = len(explained.card.shown.posts), len(explained.card.shown.covered)
        facts.append(("Posted", (f"{count(posts, 'message')} for {count(updates, 'update')}",)))
    return Message(
        summary=f"{title} {reason or ''}".rstrip(),
        title=title,
        url=incident.url or vendor.human_url,
        blocks=(*((Paragraph((reason,)),) if reason else ()), Fields(tuple(facts))),
        footer=footer(explained.standing, now),
        buttons=(Button("Whole timeline", f"incident {reference(incident)}"),),
    )


def nothing_posted_message() -> Message:
    title = "Nothing was posted to this channel in the last 90 days."
    hint: Line = ("Name an incident to learn why it did not come: ", Code("why github/abc123"), ".")
    return Message(summary=title, title=title, blocks=(Paragraph(hint),))
