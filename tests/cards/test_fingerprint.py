"""Fingerprints stand in databases as text: the same text for the same facts, version after version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import (
    Level,
    News,
    NewsFingerprint,
    PostFingerprint,
    Reminder,
    ReminderFingerprint,
    ReplyFingerprint,
    RootFingerprint,
    RootState,
    UnknownFingerprint,
    dump_fingerprint,
    load_fingerprint,
)

_digests = st.text("0123456789abcdef", min_size=16, max_size=16)
fingerprints: st.SearchStrategy[PostFingerprint] = st.one_of(
    st.builds(
        RootFingerprint, st.sampled_from(RootState), st.none() | st.sampled_from(Level), _digests, _digests, _digests
    ),
    st.builds(ReplyFingerprint, st.booleans(), st.booleans(), _digests),
    st.builds(NewsFingerprint, st.sampled_from(News), st.none() | st.sampled_from(Level)),
    st.builds(
        ReminderFingerprint,
        st.builds(
            Reminder,
            st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC)),
            st.integers(0, 2**22).map(lambda minutes: timedelta(minutes=minutes)),
        ),
    ),
    st.builds(UnknownFingerprint, st.text("shown ", max_size=9)),
)
_words = st.sampled_from(
    [
        "open",
        "ended",
        "news",
        "worse",
        "flat",
        "thread",
        "shown",
        "vanished",
        "unknown",
        "degraded",
        "",
        "0af1",
        "remind",
        "007",
        "60",
    ]
)

STORED = [
    ("open:degraded:a1:b2:c3", RootFingerprint(RootState.OPEN, Level.DEGRADED, "a1", "b2", "c3")),
    ("ended:unknown:a1:b2:c3", RootFingerprint(RootState.ENDED, None, "a1", "b2", "c3")),
    ("vanished:major_outage:a1:b2:c3", RootFingerprint(RootState.VANISHED, Level.MAJOR_OUTAGE, "a1", "b2", "c3")),
    ("explained:maintenance:a1:b2:c3", RootFingerprint(RootState.EXPLAINED, Level.MAINTENANCE, "a1", "b2", "c3")),
    ("thread:shown:a1", ReplyFingerprint(standalone=False, vanished=False, updates="a1")),
    ("flat:vanished:a1", ReplyFingerprint(standalone=True, vanished=True, updates="a1")),
    ("news:ended:major_outage", NewsFingerprint(News.ENDED, Level.MAJOR_OUTAGE)),
    ("remind:1772528400:3600", ReminderFingerprint(Reminder(datetime(2026, 3, 3, 9, tzinfo=UTC), timedelta(hours=1)))),
    ("remind:1e3:3600", UnknownFingerprint("remind:1e3:3600")),
    ("", UnknownFingerprint()),
    ("open:dreadful:a1:b2:c3", UnknownFingerprint("open:dreadful:a1:b2:c3")),
    ("thread:hidden:a1", UnknownFingerprint("thread:hidden:a1")),
]


@pytest.mark.parametrize(("text", "fingerprint"), STORED)
def test_what_stands_in_a_database(text: str, fingerprint: PostFingerprint) -> None:
    assert load_fingerprint(text) == fingerprint
    assert dump_fingerprint(fingerprint) == text


@given(fingerprints)
def test_a_fingerprint_comes_back_as_it_was(fingerprint: PostFingerprint) -> None:
    assert load_fingerprint(dump_fingerprint(fingerprint)) == fingerprint


@given(st.text() | st.lists(_words, max_size=6).map(":".join))
@example("thread:vanished:")
def test_any_text_stays_as_it_is(text: str) -> None:
    assert dump_fingerprint(load_fingerprint(text)) == text
