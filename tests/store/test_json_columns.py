"""What goes into text columns comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import ActKind, CardState, Filter, Level, PageMemory, Post, Turns, Unstable, Versions
from bot.store import json_columns
from bot.store.values import Intent, Validator
from tests.cards.test_fingerprint import fingerprints
from tests.store.given import at, incident

_text = st.text(max_size=20)
_texts = st.lists(_text, max_size=3).map(tuple)
_filters = st.builds(
    Filter,
    components=_texts,
    excluded=_texts,
    regions=_texts,
    min_level=st.none() | st.sampled_from(Level),
    maintenance=st.sampled_from(["on", "off", None]),
    match=st.none() | _text,
)
_shown = st.builds(
    CardState, st.lists(st.builds(Post, st.none() | _text, fingerprints, _texts, st.booleans()), max_size=4).map(tuple)
)
_intents = st.builds(
    Intent,
    key=_text,
    kind=st.sampled_from(ActKind),
    post=st.integers(0, 9),
    after=_shown,
    at=st.datetimes(timezones=st.just(UTC)),
)
_validators = st.dictionaries(_text, st.builds(Validator, st.none() | _text, st.none() | _text, st.none() | _text))


@settings(max_examples=50)
@given(_filters)
def test_filters(filter: Filter) -> None:
    assert json_columns.load_filter(json_columns.dump_filter(filter)) == filter


@settings(max_examples=50)
@given(_shown)
def test_what_was_shown(shown: CardState) -> None:
    dumped = json_columns.dump_posts(shown)
    assert json_columns.load_posts(dumped) == shown
    assert all(json_columns.dump_ref(post.ref) in dumped for post in shown.posts if post.ref is not None)


@settings(max_examples=50)
@given(_intents)
def test_intents(intent: Intent) -> None:
    assert json_columns.load_intent(json_columns.dump_intent(intent)) == intent


@settings(max_examples=50)
@given(_validators)
def test_validators(validators: dict[str, Validator]) -> None:
    assert json_columns.load_validators(json_columns.dump_validators(validators)) == validators


def test_what_was_not_typed_is_not_written() -> None:
    assert json_columns.dump_filter(Filter()) == "{}"
    assert (
        json_columns.dump_filter(Filter(match="", min_level=Level.OPERATIONAL)) == '{"least":"operational","match":""}'
    )
    assert json_columns.dump_posts(CardState()) == json_columns.NO_POSTS


_times = st.datetimes(timezones=st.just(UTC))
_turns = st.builds(
    Turns,
    last=_times,
    first=_times,
    count=st.integers(0, 9),
    worse=st.booleans(),
    bad_since=st.none() | _times,
    before=st.none() | _times,
    runs_s=st.lists(st.floats(0, 1e6), max_size=3).map(tuple),
)
_versions = st.builds(Versions, _times, _texts, st.none() | _text, st.none() | _times)
_memories = st.builds(
    PageMemory,
    turns=st.dictionaries(_text, _turns, max_size=2),
    pending=st.dictionaries(_text, st.tuples(st.sampled_from(Level), _times), max_size=2),
    first_seen=st.dictionaries(_text, _times, max_size=2),
    folded_at=st.none() | _times,
    folded_until=st.none() | _times,
    outage=st.none() | st.sampled_from([Level.DEGRADED, Level.MAJOR_OUTAGE]),
    announced=st.lists(_times, max_size=2).map(tuple),
    versions=st.dictionaries(_text, _versions, max_size=2),
    behind_since=st.none() | _times,
    look_at=st.none() | _times,
)


@settings(max_examples=50)
@given(_memories)
def test_what_earlier_readings_leave_behind(memory: PageMemory) -> None:
    assert json_columns.load_memory(json_columns.dump_memory(memory)) == memory


@pytest.mark.parametrize(
    ("fields", "dumped"),
    [
        ({}, None),
        ({"unlisted": True, "overdue": True}, '{"unlisted":true,"overdue":true}'),
        ({"recovering": True}, '{"recovering":true}'),
        (
            {"unstable": Unstable(3, at(0).replace(microsecond=0), at(1).replace(microsecond=0))},
            '{"unstable":[3,"2026-03-02T12:00:00+00:00","2026-03-02T12:01:00+00:00"]}',
        ),
        (
            {"unstable": Unstable(3, at(0).replace(microsecond=0), at(1).replace(microsecond=0), Level.DEGRADED)},
            '{"unstable":[3,"2026-03-02T12:00:00+00:00","2026-03-02T12:01:00+00:00"],"unstable_now":"degraded"}',
        ),
    ],
)
def test_what_is_out_of_the_ordinary(fields: dict[str, Any], dumped: str | None) -> None:
    assert json_columns.dump_condition(replace(incident(), **fields)) == dumped
    assert json_columns.load_condition(dumped) == fields
