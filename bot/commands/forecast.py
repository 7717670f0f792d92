"""What subscriptions would have sent to a channel lately, by what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands.context import CommandContext
from bot.domain import NO_WISHES, Channel, Filter, IncidentCourse, PageState, Wishes
from bot.preview.simulate import Forecast, SentMessage, simulate
from bot.wording.preview import Outlook

DAYS = 30
MAX_INCIDENTS = 600
"""That one answer plays: about a millisecond each."""
TOO_SHORT = timedelta(days=1)
"""What is known of less than that tells nothing of a month."""


class Forecaster:
    """For one answer, however many vendors it is about."""

    def __init__(self, context: CommandContext, channel: Channel, days: int = DAYS) -> None:
        self._context, self._days = context, days
        self._settings = context.store.channels.settings(channel)
        self._left = MAX_INCIDENTS

    def outlook(self, state: PageState, wanted: Filter, wishes: Wishes = NO_WISHES) -> Outlook:
        now = self._context.now
        since = now - timedelta(days=self._days)
        parts, courses = self._context.store.courses.of_vendor(state.vendor.slug, since, self._left)
        is_cut = len(courses) >= self._left
        self._left -= len(courses)
        told = simulate(courses, wanted, self._settings, state.vendor, parts, wishes, until=now)
        return Outlook(
            state=state,
            filter=wanted,
            wishes=wishes,
            mode=self._settings.mode,
            days=self._days,
            incidents=tuple(found for each in told if (found := _within(each, since, now)).possible),
            known_since=_known_since(state, courses, since, now, is_cut=is_cut),
            is_whole=not is_cut,
        )


def _within(told: Forecast, since: datetime, now: datetime) -> Forecast:
    def lately(messages: Sequence[SentMessage]) -> tuple[SentMessage, ...]:
        return tuple(message for message in messages if since <= message.at <= now)

    return replace(told, messages=lately(told.messages), possible=lately(told.possible))


def _known_since(
    state: PageState, courses: Sequence[IncidentCourse], since: datetime, now: datetime, *, is_cut: bool
) -> datetime | None:
    """A page without a history is on record since its first reading, or as far back as it lists its past. What came
    since a last reading of long ago is known of none."""
    if state.read_at is None or state.history_pending or now - state.read_at > TOO_SHORT:
        return None
    oldest = min((course.record.incident.started for course in courses), default=now)
    known = since
    if is_cut:
        known = oldest
    elif state.history_read_at is None and state.first_read_at is not None:
        known = min(state.first_read_at, oldest)
    return max(known, since) if now - known >= TOO_SHORT else None
