"""JSON in text columns: how filters, posts, intents and validators are dumped and loaded. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.domain import ActKind, CardState, Filter, Level, Post
from bot.domain.fingerprint import dump_fingerprint, load_fingerprint
from bot.store.values import Intent, ProcessReport, Validator

_dump: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode
"""``json.dumps`` would make a new encoder for each of thousands of rows."""


def dump_words(words: Sequence[str]) -> str:
    return _dump(list(words))


def load_words(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def dump_filter(filter: Filter) -> str:
    """Only what was typed: an empty filter is ``{}``."""
    typed: dict[str, Any] = {
        "components": list(filter.components),
        "excluded": list(filter.excluded),
        "regions": list(filter.regions),
        "least": None if filter.min_level is None else filter.min_level.word,
        "maintenance": filter.maintenance,
        "match": filter.match,
    }
    return _dump({name: value for name, value in typed.items() if value is not None and value != []})


@lru_cache(maxsize=4096)
def load_filter(text: str) -> Filter:
    """Cached, because thousands of channels type the same few filters."""
    typed = json.loads(text)
    return Filter(
        components=tuple(typed.get("components", ())),
        excluded=tuple(typed.get("excluded", ())),
        regions=tuple(typed.get("regions", ())),
        min_level=Level[typed["least"].upper()] if "least" in typed else None,
        maintenance=typed.get("maintenance"),
        match=typed.get("match"),
    )


NO_POSTS = "[]"


def dump_posts(state: CardState) -> str:
    """Its posts alone: whether somebody was mentioned has a column."""
    return _dump(_posts(state))


@lru_cache(maxsize=64)
def load_posts(posts: str, mentioned: bool = False) -> CardState:
    # Of one incident's thousands of new cards none has a post yet.
    return _card_state(json.loads(posts), mentioned)


def _posts(state: CardState) -> list[list[Any]]:
    return [[post.ref, dump_fingerprint(post.fingerprint), list(post.updates)] for post in state.posts]


def _card_state(posts: list[list[Any]], mentioned: bool) -> CardState:
    loaded = (Post(ref, load_fingerprint(text), tuple(updates)) for ref, text, updates in posts)
    return CardState(tuple(loaded), mentioned)


def dump_ref(ref: str) -> str:
    """How this reference is written in dumped posts."""
    return _dump(ref)


def dump_intent(intent: Intent) -> str:
    return _dump(
        {
            "key": intent.key,
            "act": intent.kind,
            "post": intent.post,
            "after": _posts(intent.after),
            "mentioned": intent.after.mentioned,
            "at": intent.at.isoformat(),
        }
    )


def load_intent(text: str) -> Intent:
    fields = json.loads(text)
    return Intent(
        key=fields["key"],
        kind=ActKind(fields["act"]),
        post=fields["post"],
        after=_card_state(fields["after"], fields["mentioned"]),
        at=datetime.fromisoformat(fields["at"]),
    )


def dump_validators(validators: Mapping[str, Validator]) -> str:
    return _dump(
        {
            url: [v.etag, v.last_modified, v.body_digest, _iso(v.read_at), _iso(v.distrusted_until)]
            for url, v in validators.items()
        }
    )


def load_validators(text: str) -> dict[str, Validator]:
    """Without the times, in what an earlier version wrote."""
    return {
        url: Validator(*fields[:3], *(at and datetime.fromisoformat(at) for at in fields[3:]))
        for url, fields in json.loads(text).items()
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def dump_report(report: ProcessReport) -> str:
    return _dump({"loop_lag_s": report.loop_lag_s, "platforms": dict(report.platforms)})


def load_report(text: str) -> ProcessReport:
    """What a process of another version reports beyond that is left out."""
    report = json.loads(text)
    return ProcessReport(report.get("loop_lag_s"), report.get("platforms", {}))
