"""Why a channel got a card, or did not: the rule as a sentence, and what it hangs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bot.domain import (
    Card,
    Filter,
    Held,
    HeldReason,
    Incident,
    IncidentKind,
    Mute,
    PageState,
    RootFingerprint,
    Subscription,
    Verdict,
    VerdictReason,
    Wishes,
)
from bot.message import Button, Code, Fields, Line, Message, Moment, Paragraph, Person, Style, plain_text
from bot.wording.ignoring import ignored_until
from bot.wording.incidents import reference
from bot.wording.mutes import span_text, until_line
from bot.wording.phrases import age, count, duration, excerpt, level_text, listing
from bot.wording.subscriptions import TITLE_CHARS, filter_text
from bot.wording.vendor_state import footer
from bot.wording.waits import wishes_text

EPISODE_RULE = (
    "The page got worse and no incident explains it. That is told at once if it is two levels worse or its part was "
    "steady for a day, else when a second reading within 20 s says so too; what returns within an hour goes on here."
)
FLAPPING_RULE = (
    "Flapping: from the third turn on within an hour of one another, turns are counted here and not told one by one, "
    "until nothing turned for an hour. What stays longer, or gets worse, than before is told, and so is its end."
)
"""The rules of :mod:`bot.monitor.episodes` and :mod:`bot.monitor.unstable`."""


def why_sentence(verdict: Verdict, wanted: Filter) -> str:
    """The rule that decided, as one sentence. ``wanted``: the filter that was judged by."""
    detail = verdict.detail
    match verdict.reason:
        case VerdictReason.WHOLE_VENDOR:
            return "The subscription asks for every incident of this vendor."
        case VerdictReason.COMPONENT_NAMED:
            return f"It names a component that the subscription asks for: {detail}."
        case VerdictReason.REGION_NAMED:
            return f"It names a region that the subscription asks for: {detail}."
        case VerdictReason.NO_COMPONENT_GIVEN:
            return "It names no component, so it may well be about yours: such incidents are always delivered."
        case VerdictReason.NO_REGION_GIVEN:
            return "It names no region, so it may well be about yours: such incidents are always delivered."
        case VerdictReason.LEVEL_NOT_GIVEN:
            return "It gives no severity, so it may well be a bad one: such incidents are always delivered."
        case VerdictReason.TEST:
            return "Somebody asked for a test in this channel: it was made up, and nobody else heard of it."
        case VerdictReason.TEXT_MATCHED:
            return f"It holds the text that the subscription asks for: “{detail}”."
        case VerdictReason.OTHER_COMPONENTS:
            return f"It is about components that the subscription does not ask for: {detail}."
        case VerdictReason.EXCLUDED_COMPONENTS:
            return f"It is only about components that the subscription leaves out: {detail}."
        case VerdictReason.OTHER_REGIONS:
            return f"It is about regions that the subscription does not ask for: {detail}."
        case VerdictReason.BELOW_MIN_LEVEL:
            min_level = level_text(wanted.min_level)
            return f"It is {detail.replace('_', ' ')}, and the subscription asks for {min_level} or worse."
        case VerdictReason.MAINTENANCE_OFF:
            return "It is a maintenance, and the subscription does not ask for them (maintenance:on)."
        case VerdictReason.MAINTENANCE_IN_DIGEST:
            return "It is a maintenance, and the subscription wants those in the digest alone (maintenance:digest)."
        case VerdictReason.TEXT_NOT_FOUND:
            return f"It does not hold the text that the subscription asks for: “{detail}”."
        case _:
            assert_never(verdict.reason)


def held_sentence(held: Held, card: Card, wishes: Wishes, now: datetime) -> str:
    """Why nothing new is posted now, as one sentence."""
    left = f"another {duration(held.until - now)}" if held.until else ""
    span = duration(wishes.hold.span) if wishes.hold else ""
    match held.reason:
        case HeldReason.MUTED:
            return f"It is muted here {span_text(Mute(held.until), now)}."
        case HeldReason.IGNORED:
            mute = card.mute or Mute(held.until)
            why = f", because “{mute.ignored.reason}”" if mute.ignored and mute.ignored.reason else ""
            return f"It is ignored here {plain_text(ignored_until(mute))}{why}."
        case HeldReason.HOLD:
            return f"The subscription holds incidents back for their first {span}: {left}, if it is still open then."
        case HeldReason.ENDED_WITHIN_HOLD:
            return f"It was over within the {span} for which the subscription holds incidents back."
        case HeldReason.DIGEST_ONLY:
            return "This channel gets its digest and nothing else: the next one tells of it."
        case HeldReason.QUIET_HOURS:
            return f"It is quiet here for {left}; then one message tells what was."
        case _:
            assert_never(held.reason)


@dataclass(frozen=True, slots=True)
class WhyContext:
    """All that decided about one incident in one channel."""

    state: PageState
    incident: Incident
    first_seen: datetime
    """When Lookout first read it."""
    subscription: Subscription | None
    """The channel's to this vendor, if it has one."""
    arguments: str
    """The subscription as it can be typed after ``subscribe``."""
    verdict: Verdict | None
    """``None`` without a subscription."""
    card: Card | None
    """What was posted, if anything."""
    reason: str | None
    """Why nothing was posted although the verdict, or the lack of one, does not say so."""
    waits: str | None = None
    """Why its next message waits."""
    changed: bool = False
    """The subscription would decide otherwise today."""


def why_message(context: WhyContext, now: datetime) -> Message:
    """Which subscription, which rule, who set it up, where it was read and when."""
    incident, vendor, subscription = context.incident, context.state.vendor, context.subscription
    got = "got" if context.card else "did not get"
    title = f"This channel {got} “{vendor.name} — {excerpt(incident.title, TITLE_CHARS)}”."
    verdict, reason = context.verdict, context.reason
    wanted = subscription.filter if subscription else Filter()
    if verdict and (reason is None or not verdict.deliver):
        reason = why_sentence(verdict, wanted)
    if context.changed:
        reason = f"{reason} That was the rule then; the subscription was changed since."
    facts: list[tuple[str, Line]] = []
    if subscription:
        through = f"service {listing(subscription.through.services)}: " if subscription.through else ""
        filter_words = f"{through}{filter_text(wanted)}{wishes_text(subscription.wishes)} · "
        facts.append(("Subscription", (filter_words, Code(f"subscribe {context.arguments}"))))
        facts.append(
            (
                "Subscribed",
                (Moment(subscription.created_at, Style.DATETIME), Person(subscription.created_by, " by ")),
            )
        )
    elif context.card and context.card.mode is None:
        facts.append(("Subscription", ("ended since",)))
    if incident.kind is IncidentKind.EPISODE:
        facts.append(("Rule", (FLAPPING_RULE if incident.unstable else EPISODE_RULE,)))
    source = "" if incident.kind is IncidentKind.EPISODE else ", as the vendor says"
    facts.append(("Began", (Moment(incident.started, Style.DATETIME), source)))
    facts.append(("First seen", (Moment(context.first_seen, Style.DATETIME), f", {age(context.first_seen, now)}")))
    if context.card:
        posts, updates = len(context.card.state.posts), len(context.card.state.covered_updates)
        if (mute := context.card.mute) and mute.applies_to(incident, now):
            facts.append(("Muted", _muted_line(context.card, mute.of(incident) or mute, now)))
        elif context.waits:
            facts.append(("Held back", (context.waits,)))
        if ack := context.card.ack:
            facts.append(("On it", (Person(ack.by, name=ack.name), ", since ", Moment(ack.at, Style.DATETIME))))
        root = context.card.state.root
        shown = root.fingerprint if root is not None and root.ref is None else None
        listed = isinstance(shown, RootFingerprint) and shown.listed
        posted = "in the message after quiet hours" if listed else count(posts, "message")
        facts.append(("Posted", (f"{posted} for {count(updates, 'update')}",)))
    return Message(
        summary=f"{title} {reason or ''}".rstrip(),
        title=title,
        url=incident.url or vendor.human_url,
        blocks=(*((Paragraph((reason,)),) if reason else ()), Fields(tuple(facts))),
        footer=footer(context.state, now),
        buttons=(Button("Whole timeline", f"incident {reference(incident)}"),),
        vendor=vendor.slug,
    )


def _muted_line(card: Card, mute: Mute, now: datetime) -> Line:
    if mute.until is not None or card.deletions < 2:
        return until_line(mute, now)
    again: Line = ("; ", Code(f"unmute {card.vendor}/{card.incident}"), " brings it back")
    return ("until it's resolved, because its message was deleted here ", count(card.deletions, "time"), *again)


def nothing_posted_message() -> Message:
    title = "Nothing was posted to this channel in the last 90 days."
    hint: Line = ("Name an incident to learn why it did not come: ", Code("why github/abc123"), ".")
    return Message(summary=title, title=title, blocks=(Paragraph(hint),))
