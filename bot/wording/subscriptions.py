"""What a channel asked for: filters in words, confirmations, the list, settings, and why a card came or did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bot.domain import Card, ChannelSettings, Filter, Incident, Level, Mode, Subscription, Vendor, Verdict, Why
from bot.message import Block, Button, Code, Fields, Items, Line, Link, Message, Moment, Paragraph, Strong, Style, Tone
from bot.wording.standing import WEAK, Standing, is_current, tone
from bot.wording.words import age, capital, count, duration, excerpt, join, level_text, listing, one_line, source

MODE_TEXT = {
    Mode.THREAD: "one card per incident, its updates as replies",
    Mode.THREAD_KEY: "one card per incident, its updates as replies; opening, worse and resolved also to the channel",
    Mode.FLAT: "every update as a message of its own",
    Mode.EDIT: "one card per incident, kept up to date, nothing else",
}


def filter_text(wanted: Filter) -> str:
    """``components API and Webhooks, not Docs, at least partial outage; maintenances off``."""
    parts = []
    if wanted.components:
        parts.append(f"{'component' if len(wanted.components) == 1 else 'components'} {join(wanted.components)}")
    if wanted.excluded:
        parts.append(f"not {join(wanted.excluded, 'or')}")
    if wanted.regions:
        parts.append(f"{'region' if len(wanted.regions) == 1 else 'regions'} {join(wanted.regions)}")
    if wanted.least is not None:
        parts.append(
            "major outages only" if wanted.least is Level.MAJOR_OUTAGE else f"{level_text(wanted.least)} or worse"
        )
    if wanted.match:
        parts.append(f"only with the text “{wanted.match}”")
    return f"{', '.join(parts) or 'every incident'}; maintenances {'on' if wanted.maintenance == 'on' else 'off'}"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One vendor that was subscribed. ``typed``: the subscription as it can be typed again."""

    standing: Standing
    filter: Filter
    mention: str | None
    typed: str
    replaced: bool
    open: tuple[Incident, ...]


def subscribed_message(done: Sequence[Subscribed], failed: Sequence[Line], now: datetime) -> Message:
    """The whole result, for everybody to read: what is in force now, what is open, and what was not understood."""
    names = [s.standing.vendor.name for s in done]
    changed = [s.standing.vendor.name for s in done if s.replaced]
    if not done:
        title = "Nothing was subscribed."
    elif len(changed) == len(done):
        title = f"Subscription changed: {listing(names, 8)}."
    else:
        title = f"Subscribed to {listing(names, 8)}."
    lines = [line for s in done for line in _subscribed(s, now)]
    blocks: list[Block] = [Items(tuple(lines))] if lines else []
    if failed:
        blocks += [Paragraph((Strong("Not subscribed"),)), Items(tuple(failed))] if done else [Items(tuple(failed))]
    if done and all(s.filter.maintenance is None for s in done):
        blocks.append(Paragraph(("Maintenances are announced only if you add ", Code("maintenance:on"), ".")))
    return Message(
        summary=title,
        tone=Tone.PLAIN,
        title=title,
        blocks=tuple(blocks),
        footer=("From the vendors' own status pages",) if done else (),
    )


def _subscribed(result: Subscribed, now: datetime) -> list[Line]:
    standing, vendor = result.standing, result.standing.vendor
    mention = f"; mentions {result.mention}" if result.mention else ""
    changed = " (replaces the subscription before)" if result.replaced else ""
    lines: list[Line] = [
        (
            Link(vendor.name, vendor.human_url),
            f" — {filter_text(result.filter)}{mention}{changed}. ",
            f"{capital(_state(standing, now))}. ",
            Code(f"subscribe {result.typed}"),
        )
    ]
    if result.open:
        titles = [excerpt(i.title, 80) for i in result.open]
        cards = "its card follows" if len(titles) == 1 else "their cards follow"
        lines.append((f"Open at {vendor.name} now, {cards}: {join(titles)}",))
    if not vendor.enabled:
        lines.append((f"{vendor.name} is not read regularly: {WEAK}",))
    return lines


def _state(standing: Standing, now: datetime) -> str:
    if standing.snapshot is None or standing.read_at is None:
        return "its page cannot be read now" if standing.unreadable else "its page has not been read yet"
    if not is_current(standing, now):
        return f"unknown now; {level_text(standing.snapshot.level)} {age(standing.read_at, now)}"
    return f"{level_text(standing.snapshot.level)} {age(standing.read_at, now)}"


def unsubscribed_message(ended: Sequence[str], failed: Sequence[Line], left: int) -> Message:
    """``left``: how many subscriptions the channel still has."""
    title = f"Unsubscribed from {listing(ended, 8)}." if ended else "Nothing was unsubscribed."
    rest = f"This channel still hears of {count(left, 'vendor')}." if left else "This channel hears of no vendor now."
    blocks: list[Block] = [Items(tuple(failed))] if failed else []
    if ended:
        blocks.append(Paragraph((rest,)))
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
        f" · {last} · ",
        Code(f"subscribe {held.typed}"),
    )


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
            return f"It holds the text that the subscription asks for: “{detail or wanted.match}”."
        case Why.OTHER_COMPONENTS:
            return f"It is about components that the subscription does not ask for: {detail}."
        case Why.EXCLUDED_COMPONENTS:
            return f"It is only about components that the subscription leaves out: {detail}."
        case Why.OTHER_REGIONS:
            return f"It is about regions that the subscription does not ask for: {detail}."
        case Why.BELOW_LEAST_LEVEL:
            return f"It is less severe ({detail}) than the subscription asks for ({level_text(wanted.least)} or worse)."
        case Why.MAINTENANCE_OFF:
            return "It is a maintenance, and the subscription does not ask for them (maintenance:on)."
        case Why.TEXT_NOT_FOUND:
            return f"It does not hold the text that the subscription asks for: “{wanted.match}”."
        case _:
            assert_never(verdict.why)


def why_message(
    incident: Incident,
    vendor: Vendor,
    subscription: Subscription | None,
    typed: str,
    verdict: Verdict,
    card: Card | None,
    first_seen: datetime,
    reason: str | None,
) -> Message:
    """``card`` ``None``: it was not delivered; ``reason`` then says why where the filter does not."""
    posts = card.shown.posts if card else ()
    name = f"{vendor.name} — {one_line(incident.title)}"
    title = f"This channel got “{name}”." if posts else f"This channel did not get “{name}”."
    wanted = subscription.filter if subscription else Filter()
    sentence = reason or why_sentence(verdict, wanted)
    facts: list[tuple[str, Line]] = []
    if subscription:
        facts.append(("Subscription", (filter_text(subscription.filter), " · ", Code(f"subscribe {typed}"))))
        facts.append(("Subscribed", (f"by {subscription.by}, ", Moment(subscription.at, Style.DATETIME))))
    facts.append(("The vendor says it began", (Moment(incident.started, Style.DATETIME),)))
    facts.append(("First seen", (Moment(first_seen, Style.DATETIME),)))
    if posts:
        covered = len(card.shown.covered) if card else 0
        facts.append(("Shown", (f"{count(len(posts), 'message')} for {count(covered, 'update')}",)))
    return Message(
        summary=title,
        tone=Tone.PLAIN,
        title=title,
        url=incident.url or vendor.human_url,
        blocks=(Paragraph((sentence,)), Fields(tuple(facts))),
        footer=("Source: ", source(vendor.human_url)),
        buttons=(Button("Whole timeline", f"incident {incident.vendor}/{incident.id}"),),
    )


def standing_tone(standing: Standing, now: datetime) -> Tone:
    return tone(standing, now)
