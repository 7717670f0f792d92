"""The fingerprint of a message: the facts it shows, short enough to be stored with it and compared.

Facts and not words: a new wording edits no message that was sent before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.level import Level, level_word
from bot.domain.reminders import Reminder


class RootState(StrEnum):
    """How far the incident has come, as its root message shows it."""

    OPEN = "open"
    ENDED = "ended"
    VANISHED = "vanished"
    UNLISTED = "unlisted"
    """It left the page, and how it ended is not known."""
    EXPLAINED = "explained"
    """An episode whose incident has a card of its own."""


@dataclass(frozen=True, slots=True)
class RootFingerprint:
    """What the root message of a card shows."""

    state: RootState
    level: Level | None
    own_updates: str
    """Digest of the updates that the root itself covers."""
    shown_updates: str
    """Digest of the texts that it shows, how often each was said, and of how many updates there are."""
    details: str
    """Digest of all else: title, kind, phase, times, URL, components."""
    listed: bool = False
    """A message about several incidents showed it, and it has none of its own."""

    @property
    def vanished(self) -> bool:
        """The page took the incident down."""
        return self.state is RootState.VANISHED


@dataclass(frozen=True, slots=True)
class ReplyFingerprint:
    """What a message after the root shows."""

    standalone: bool
    """It stands in the channel and not in a thread."""
    vanished: bool
    updates: str
    """Digest of the texts, in order, however often each was said."""


class News(StrEnum):
    """What a message after the root says without a text of the vendor's."""

    WORSE = "worse"
    ENDED = "ended"
    REOPENED = "reopened"
    VANISHED = "vanished"
    UNLISTED = "unlisted"
    RESTORED = "restored"
    """The page lists it again."""
    STARTED = "started"
    """A maintenance has begun."""


STATE_AFTER = {
    News.ENDED: RootState.ENDED,
    News.VANISHED: RootState.VANISHED,
    News.UNLISTED: RootState.UNLISTED,
}
"""The state of the incident once such news is told; else it is open."""


@dataclass(frozen=True, slots=True)
class NewsFingerprint:
    """What a message of news shows. It is never edited: what it says was so when it was sent."""

    news: News
    level: Level | None

    @property
    def state(self) -> RootState:
        return STATE_AFTER.get(self.news, RootState.OPEN)

    @property
    def vanished(self) -> bool:
        return self.news is News.VANISHED


@dataclass(frozen=True, slots=True)
class ReminderFingerprint:
    """What a reminder of a planned maintenance shows. It is never edited either."""

    reminder: Reminder
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class UnknownFingerprint:
    """Stored text that is none of the others: empty for a message that has shown nothing yet."""

    text: str = ""
    vanished: bool = False


PostFingerprint = RootFingerprint | ReplyFingerprint | NewsFingerprint | ReminderFingerprint | UnknownFingerprint

_SECONDS = re.compile(r"0|[1-9][0-9]{0,9}")
_LEVELS = {level_word(level): level for level in (None, *Level)}
_STATES = {state.value: state for state in RootState}
_NEWS = {news.value: news for news in News}
_STANDALONE = {"flat": True, "thread": False}
_VANISHED = {"vanished": True, "shown": False}


def dump_fingerprint(fingerprint: PostFingerprint) -> str:
    """The text that is stored: ``open:degraded:…:…:…`` of a root, with ``:listed`` after it where that has no message,
    ``thread:shown:…`` of a reply, ``news:ended:…``, ``remind:…:…`` with the start and how long before it, in
    seconds."""
    match fingerprint:
        case RootFingerprint(state, level, own_updates, shown_updates, details, listed):
            shown = f"{state}:{level_word(level)}:{own_updates}:{shown_updates}:{details}"
            return f"{shown}:listed" if listed else shown
        case ReplyFingerprint(standalone, vanished, updates):
            return f"{'flat' if standalone else 'thread'}:{'vanished' if vanished else 'shown'}:{updates}"
        case NewsFingerprint(news, level):
            return f"news:{news}:{level_word(level)}"
        case ReminderFingerprint(Reminder(starts, lead)):
            return f"remind:{int(starts.timestamp())}:{int(lead.total_seconds())}"
        case UnknownFingerprint(text):
            return text


def load_fingerprint(text: str) -> PostFingerprint:
    """The inverse: dumped again it is the same text."""
    match text.split(":"):
        case [state, level, own_updates, shown_updates, details] if state in _STATES and level in _LEVELS:
            return RootFingerprint(_STATES[state], _LEVELS[level], own_updates, shown_updates, details)
        case [state, level, own_updates, shown_updates, details, "listed"] if state in _STATES and level in _LEVELS:
            return RootFingerprint(_STATES[state], _LEVELS[level], own_updates, shown_updates, details, listed=True)
        case ["news", news, level] if news in _NEWS and level in _LEVELS:
            return NewsFingerprint(_NEWS[news], _LEVELS[level])
        case ["remind", starts, lead] if _SECONDS.fullmatch(starts) and _SECONDS.fullmatch(lead):
            at = datetime.fromtimestamp(int(starts), UTC)
            return ReminderFingerprint(Reminder(at, timedelta(seconds=int(lead))))
        case [place, shown, updates] if place in _STANDALONE and shown in _VANISHED:
            return ReplyFingerprint(_STANDALONE[place], _VANISHED[shown], updates)
        case _:
            return UnknownFingerprint(text)
