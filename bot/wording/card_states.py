"""The words for the states of a card: how bad it is, how it ended, and the sentence of its notification."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from bot.cards import NewsView, ReminderView, RootView
from bot.domain import ENDED, IncidentKind, Level, News, Phase
from bot.message import Line, Link, Moment, Strong, Style
from bot.wording.condition import UNLISTED, VANISHED, is_cancelled
from bot.wording.phrases import LEVEL_TEXT, PHASE_TEXT, capital, duration, listing, one_line, uncapital

CLOCK_SPAN = timedelta(hours=20)
"""Within this of the time before it a clock time needs no date."""
NO_LEVEL = "level not given"
NO_IMPACT = "no impact stated"
_SIDE_PART = re.compile(
    r"\b(docs?|documentation|billing|invoic\w*|payments? portal|support|help ?(?:desk|cent(?:er|re))|website|web site"
    r"|marketing|blog|community|forums?|academy|training|careers|knowledge ?base|status ?page|newsletter)\b",
    re.IGNORECASE,
)
"""Parts whose outage is none of the product."""


def who(vendor: str, components: Sequence[str]) -> str:
    """The vendor; with the part where only one beside its product is hit: ``Acme (Docs)``."""
    name = one_line(vendor)
    return f"{name} ({one_line(listing(components, 1))})" if is_beside(components) else name


def is_beside(components: Sequence[str]) -> bool:
    """Whether all of these are parts beside the vendor's product: its docs, its billing."""
    return bool(components) and all(_SIDE_PART.search(label) for label in components)


def named(view: RootView | NewsView | ReminderView) -> str:
    """What it is called after the vendor's name."""
    if view.kind is IncidentKind.EPISODE:
        return one_line(listing(view.components)) or "their status page"
    return one_line(view.title) or one_line(view.id) or "an incident without a name"


def level_line(level: Level | None) -> str:
    """``major outage``, in the middle of a line."""
    if level is None:
        return NO_LEVEL
    return NO_IMPACT if level < Level.DEGRADED else LEVEL_TEXT[level]


def severity(level: Level | None, components: Sequence[str]) -> str:
    """``Major outage``; ``Major outage of Docs`` where only such a part is hit."""
    part = (
        f" of {one_line(listing(components, 1))}" if level and level >= Level.DEGRADED and is_beside(components) else ""
    )
    return capital(level_line(level)) + part


def phase_word(phase: Phase | None, kind: IncidentKind) -> str:
    """``identified``; nothing where there is none."""
    return "" if phase is None or kind is IncidentKind.EPISODE else PHASE_TEXT[phase].lower()


def end_text(kind: IncidentKind, started: datetime, resolved: datetime | None) -> str:
    """``resolved after 47 min``"""
    match kind:
        case IncidentKind.INCIDENT:
            over = "resolved"
        case IncidentKind.MAINTENANCE:
            over = "maintenance completed"
        case IncidentKind.EPISODE:
            over = "back to normal"
        case _:
            assert_never(kind)
    return f"{over}{_after(started, resolved)}"


def news_line(view: NewsView) -> Line:
    """What goes on after the name of the incident."""
    level = level_line(view.level)
    match view.news:
        case News.ENDED:
            return (end_text(view.kind, view.started, view.resolved),)
        case News.REOPENED:
            back: Line = ()
            if view.reopening:
                over_for = f" (was resolved for {duration(view.reopening.over_for)})"
                back = (" · ", Moment(view.reopening.at), over_for)
            return (Strong("Reopened"), f" · {level}", *back)
        case News.WORSE:
            return (Strong(f"Now {_with_article(view.level)}"), f" · was {_with_article(view.before)}")
        case News.VANISHED:
            return (Strong(VANISHED.removesuffix(".")), f" · {level}")
        case News.UNLISTED:
            return (Strong(UNLISTED), f" · {level}")
        case News.STARTED:
            ends: Line = (" · until ", *_end_moment(view)) if view.planned_end else ()
            return (Strong("Maintenance has begun"), *ends)
        case News.RESTORED:
            return (Strong("Back on the status page"), f" · {level}")
        case _:
            assert_never(view.news)


def news_notice(view: NewsView) -> str:
    """The same for a notification, which shows no moments: ``reopened, partial outage, was resolved for 25 min``."""
    level = level_line(view.level)
    match view.news:
        case News.ENDED:
            return end_text(view.kind, view.started, view.resolved)
        case News.REOPENED:
            back = f", was resolved for {duration(view.reopening.over_for)}" if view.reopening else ""
            return f"reopened, {level}{back}"
        case News.WORSE:
            return f"now {_with_article(view.level)}, was {_with_article(view.before)}"
        case News.VANISHED:
            return f"{uncapital(VANISHED.removesuffix('.'))}, {level}"
        case News.UNLISTED:
            return f"{uncapital(UNLISTED)}, {level}"
        case News.STARTED:
            return "maintenance has begun"
        case News.RESTORED:
            return f"back on the status page, {level}"
        case _:
            assert_never(view.news)


def _end_moment(view: NewsView) -> Line:
    end = view.planned_end
    if end is None:
        return ()
    return (Moment(end, Style.TIME if end - view.started < CLOCK_SPAN else Style.DATETIME),)


def reminder_line(view: ReminderView) -> Line:
    """``Begins Mar 3 14:00, ends 16:00``"""
    ends: Line = ()
    if view.ends is not None:
        near = view.ends - view.starts < CLOCK_SPAN
        ends = (" to ", Moment(view.ends, Style.TIME if near else Style.DATETIME))
    what = "Maintenance begins soon" if view.lead else "Maintenance was to begin"
    return (Strong(what), " · ", Moment(view.starts, Style.DATETIME), *ends)


def reminder_word(view: ReminderView) -> str:
    return f"begins within {duration(view.lead)}" if view.lead else "was to begin meanwhile"


def reminder_lead(view: ReminderView) -> Line:
    what = f" begins maintenance within {duration(view.lead)}: "
    what = what if view.lead else " was to begin maintenance meanwhile: "
    return (Strong(who(view.vendor, view.components)), what, Link(named(view), view.url))


# --- the sentence of a notification ----------------------------------------------------------------------------------


def root_lead(view: RootView) -> Line:
    """``Acme is partly down: Elevated API errors (API, Webhooks)``"""
    name, title = Strong(who(view.vendor, view.components)), Link(named(view), view.url or view.vendor_url)
    if view.explained_by is not None:
        return (name, f" posted “{one_line(view.explained_by)}” about ", title)
    if view.vanished or view.unlisted:
        what = "no longer lists this, and its end was not recorded"
        if view.vanished:
            what = f"removed this before it {'began' if is_cancelled(view) else 'was resolved'}"
        return (name, f" {what}, {level_line(view.level)}: ", title)
    if view.phase in ENDED:
        return (name, f" {_ended(view.kind, view.level, view.started, view.resolved)}: ", title)
    if view.kind is IncidentKind.EPISODE:
        is_told = view.level is not None and view.level > Level.MAINTENANCE
        trouble = _with_article(view.level) if is_told else "trouble"
        unstable = " that comes and goes" if view.unstable else ""
        return (name, f" shows {trouble}{unstable}, no incident posted yet: ", title)
    parts = (f" ({one_line(listing(view.components))})",) if view.components else ()
    if view.kind is IncidentKind.MAINTENANCE:
        what = "plans maintenance" if view.phase is Phase.SCHEDULED else "is under maintenance"
        what = f"{what}, overdue" if view.overdue else what
    elif view.recovering:
        what = f"is recovering, {level_line(view.level)}"
    elif view.phase is Phase.MONITORING:
        what = f"is watching a fix, {level_line(view.level)}"
    else:
        what = f"{_is(view.level)}{' again' if view.reopening else ''}"
    return (name, f" {what}: ", title, *parts)


def news_lead(view: NewsView) -> Line:
    """The same for a message of news."""
    level = level_line(view.level)
    match view.news:
        case News.ENDED:
            what = _ended(view.kind, view.level, view.started, view.resolved)
        case News.REOPENED:
            over_for = f", after {duration(view.reopening.over_for)} resolved" if view.reopening else ""
            what = f"reopened this, {level}{over_for}"
        case News.WORSE:
            what = f"got worse, now {_with_article(view.level)}"
        case News.VANISHED:
            what = f"removed this before it was resolved, {level}"
        case News.UNLISTED:
            what = f"no longer lists this, and its end was not recorded, {level}"
        case News.STARTED:
            what = "has begun maintenance"
        case News.RESTORED:
            what = f"lists this again, {level}"
        case _:
            assert_never(view.news)
    return (Strong(who(view.vendor, view.components)), f" {what}: ", Link(named(view), view.url))


def _is(level: Level | None) -> str:
    match level:
        case Level.MAJOR_OUTAGE:
            return "is down"
        case Level.PARTIAL_OUTAGE:
            return "is partly down"
        case Level.DEGRADED:
            return "has degraded performance"
        case _:
            return f"reports ({level_line(level)})"


def _ended(kind: IncidentKind, level: Level | None, started: datetime, resolved: datetime | None) -> str:
    if kind is IncidentKind.MAINTENANCE:
        return f"completed maintenance{_after(started, resolved)}"
    return f"{'resolved this' if level is None else 'is back'}{_after(started, resolved)}"


def _after(started: datetime, resolved: datetime | None) -> str:
    return f" after {duration(resolved - started)}" if resolved and resolved > started else ""


def _with_article(level: Level | None) -> str:
    words = level_line(level)
    return f"a {words}" if level in (Level.PARTIAL_OUTAGE, Level.MAJOR_OUTAGE) else words
