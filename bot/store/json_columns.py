"""JSON in text columns: how filters, posts, intents and validators are dumped and loaded. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

from bot.domain import (
    NO_WISHES,
    Absence,
    ActKind,
    CardState,
    Filter,
    Hold,
    Ignored,
    Incident,
    IncidentKind,
    Level,
    PageMemory,
    Phase,
    Post,
    QuietHours,
    Through,
    Turns,
    Unstable,
    Update,
    Versions,
    Wishes,
)
from bot.domain.fingerprint import PostFingerprint, dump_fingerprint, load_fingerprint
from bot.store.values import Intent, ProcessReport, Validator

_dump: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode
"""``json.dumps`` would make a new encoder for each of thousands of rows."""


def dump_words(words: Sequence[str]) -> str:
    return _dump(list(words))


@lru_cache(maxsize=4096)
def load_words(text: str) -> tuple[str, ...]:
    """Cached: most lists are empty, and a vendor's other names are the same each time."""
    return tuple(json.loads(text))


def dump_keys(keys: Sequence[int]) -> str:
    return _dump(list(keys))


def dump_pairs(pairs: Sequence[tuple[int, int]]) -> str | None:
    """Mostly there are none."""
    return _dump([list(pair) for pair in pairs]) if pairs else None


def load_pairs(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((first, second) for first, second in json.loads(text))


def load_keys(text: str) -> tuple[int, ...]:
    return tuple(json.loads(text))


def dump_filter(filter: Filter) -> str:
    """Only what was typed: an empty filter is ``{}``."""
    return _dump(_typed_of(filter))


def _typed_of(filter: Filter) -> dict[str, Any]:
    typed: dict[str, Any] = {
        "components": list(filter.components),
        "excluded": list(filter.excluded),
        "regions": list(filter.regions),
        "least": None if filter.min_level is None else filter.min_level.word,
        "maintenance": filter.maintenance,
        "match": filter.match,
        "also": [_typed_of(other) for other in filter.also],
    }
    return {name: value for name, value in typed.items() if value is not None and value != []}


@lru_cache(maxsize=4096)
def load_filter(text: str) -> Filter:
    """Cached, because thousands of channels type the same few filters."""
    return _filter_of(json.loads(text))


def _filter_of(typed: Mapping[str, Any]) -> Filter:
    return Filter(
        components=tuple(typed.get("components", ())),
        excluded=tuple(typed.get("excluded", ())),
        regions=tuple(typed.get("regions", ())),
        min_level=Level[typed["least"].upper()] if "least" in typed else None,
        maintenance=typed.get("maintenance"),
        match=typed.get("match"),
        also=tuple(map(_filter_of, typed.get("also", ()))),
    )


def dump_leads(leads: Sequence[timedelta]) -> str | None:
    """Mostly there are none."""
    return _dump([int(lead.total_seconds()) for lead in leads]) if leads else None


@lru_cache(maxsize=1024)
def load_leads(text: str | None) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=seconds) for seconds in json.loads(text)) if text else ()


def dump_through(through: Through | None) -> str | None:
    if through is None:
        return None
    typed = None if through.typed is None else _typed_of(through.typed)
    return _dump({"services": list(through.services), "typed": typed})


@lru_cache(maxsize=1024)
def load_through(text: str | None) -> Through | None:
    if text is None:
        return None
    through = json.loads(text)
    typed = None if through["typed"] is None else _filter_of(through["typed"])
    return Through(tuple(through["services"]), typed)


def dump_wishes(wishes: Wishes) -> str | None:
    """Mostly nothing is wished."""
    hold, remind = wishes.hold, wishes.remind
    wished: dict[str, Any] = {}
    if hold is not None:
        wished |= {"hold_s": hold.span.total_seconds(), "passes_at": hold.passes_at and hold.passes_at.word}
    if remind is not None:
        wished["remind_s"] = [lead.total_seconds() for lead in remind]
    return _dump(wished) if wished else None


@lru_cache(maxsize=1024)
def load_wishes(text: str | None) -> Wishes:
    if text is None:
        return NO_WISHES
    wished = json.loads(text)
    hold = Hold(timedelta(seconds=wished["hold_s"]), _level(wished["passes_at"])) if "hold_s" in wished else None
    remind = tuple(timedelta(seconds=s) for s in wished["remind_s"]) if "remind_s" in wished else None
    return Wishes(hold, remind)


def dump_quiet(quiet: QuietHours | None) -> str | None:
    if quiet is None:
        return None
    start, end = (None if at is None else at.isoformat("minutes") for at in (quiet.start, quiet.end))
    except_level = quiet.except_level and quiet.except_level.word
    return _dump({"start": start, "end": end, "weekends": quiet.weekends, "except": except_level})


@lru_cache(maxsize=1024)
def load_quiet(text: str | None) -> QuietHours | None:
    if text is None:
        return None
    kept = json.loads(text)
    start, end = (None if at is None else time.fromisoformat(at) for at in (kept["start"], kept["end"]))
    return QuietHours(start, end, kept["weekends"], _level(kept["except"]))


def _level(word: str | None) -> Level | None:
    return None if word is None else Level[word.upper()]


def dump_condition(incident: Incident) -> str | None:
    """What is out of the ordinary with an incident; mostly nothing is."""
    names = [name for name in ("unlisted", "overdue", "recovering") if getattr(incident, name)]
    found: dict[str, Any] = dict.fromkeys(names, True)
    if (unstable := incident.unstable) is not None:
        found["unstable"] = [unstable.turns, unstable.since.isoformat(), unstable.last.isoformat()]
        if unstable.now is not None:
            found["unstable_now"] = unstable.now.word
    return _dump(found) if found else None


def load_condition(text: str | None) -> dict[str, Any]:
    """The fields of the incident."""
    found = json.loads(text) if text else {}
    if "unstable" in found:
        turns, since, last = found["unstable"]
        times = datetime.fromisoformat(since), datetime.fromisoformat(last)
        found["unstable"] = Unstable(turns, *times, _level(found.pop("unstable_now", None)))
    return found


def dump_ignored(ignored: Ignored) -> str:
    level = None if ignored.level is None else ignored.level.word
    who = {"by": ignored.by, "name": ignored.name, "at": ignored.at.isoformat(), "reason": ignored.reason}
    return _dump(who | {"changed": ignored.until_changed, "level": level, "components": sorted(ignored.components)})


def load_ignored(text: str) -> Ignored:
    found = json.loads(text)
    return Ignored(
        by=found["by"],
        at=datetime.fromisoformat(found["at"]),
        reason=found["reason"],
        name=found["name"],
        until_changed=found["changed"],
        level=None if found["level"] is None else Level[found["level"].upper()],
        components=frozenset(found["components"]),
    )


def dump_state(incident: Incident) -> str:
    """What decides which messages there are of it; all else is as on record. Texts are with its updates."""
    facts: dict[str, Any] = {
        "phase": incident.phase,
        "level": None if incident.level is None else incident.level.word,
        "title": incident.title,
        "components": list(incident.components),
        "regions": list(incident.regions),
        "updates": [update.id for update in incident.updates],
    }
    if incident.kind is IncidentKind.MAINTENANCE:
        facts["started"] = incident.started.isoformat()
    flags = [name for name in ("listed_open", "vanished", "unlisted") if getattr(incident, name)]
    return _dump(facts | dict.fromkeys(flags, True))


def load_state(text: str, incident: Incident, updates: Mapping[str, Update]) -> Incident:
    """The incident as it stood. ``updates``: as they were then, by id."""
    facts = json.loads(text)
    return replace(
        incident,
        phase=Phase(facts["phase"]) if facts["phase"] else None,
        level=Level[facts["level"].upper()] if facts["level"] else None,
        started=_time(facts.get("started")) or incident.started,
        title=facts["title"],
        components=tuple(facts["components"]),
        regions=tuple(facts["regions"]),
        updates=tuple(updates[id] for id in facts["updates"] if id in updates),
        listed_open=facts.get("listed_open", False),
        vanished=facts.get("vanished", False),
        unlisted=facts.get("unlisted", False),
        explained_by=None,
    )


def rename_in_state(text: str, components: Mapping[str, str], updates: Mapping[str, Sequence[str]]) -> str:
    """With new ids for components, and none, one or more for updates."""
    facts = json.loads(text)
    facts["components"] = [components.get(id, id) for id in facts["components"]]
    facts["updates"] = [new for old in facts["updates"] for new in updates.get(old, (old,))]
    return _dump(facts)


def dump_memory(memory: PageMemory) -> str:
    """Mostly there is nothing to keep: then it is ``{}``."""
    kept: dict[str, Any] = {
        "turns": {part: _dump_turns(turns) for part, turns in memory.turns.items()},
        "pending": {part: [level.word, at.isoformat()] for part, (level, at) in memory.pending.items()},
        "first_seen": {id: at.isoformat() for id, at in memory.first_seen.items()},
        "folded_at": _iso(memory.folded_at),
        "folded_until": _iso(memory.folded_until),
        "outage": memory.outage and memory.outage.word,
        "announced": [at.isoformat() for at in memory.announced],
        "versions": {
            id: [_iso(v.changed_at), list(v.superseded), v.returned, _iso(v.since)] for id, v in memory.versions.items()
        },
        "behind_since": _iso(memory.behind_since),
        "absent": {id: [_iso(absence.since), absence.readings] for id, absence in memory.absent.items()},
        "undated": memory.undated,
        "zoneless": memory.zoneless,
        "look_at": _iso(memory.look_at),
    }
    return _dump({name: value for name, value in kept.items() if value})


_NO_MEMORY = PageMemory()


def load_memory(text: str | None) -> PageMemory:
    if not text or text == "{}":
        return _NO_MEMORY
    kept = json.loads(text)
    return PageMemory(
        turns={part: _load_turns(fields) for part, fields in kept.get("turns", {}).items()},
        pending={
            part: (Level[level.upper()], datetime.fromisoformat(at))
            for part, (level, at) in kept.get("pending", {}).items()
        },
        first_seen={id: datetime.fromisoformat(at) for id, at in kept.get("first_seen", {}).items()},
        folded_at=_time(kept.get("folded_at")),
        folded_until=_time(kept.get("folded_until")),
        outage=Level[kept["outage"].upper()] if "outage" in kept else None,
        announced=tuple(map(datetime.fromisoformat, kept.get("announced", ()))),
        versions={
            id: Versions(datetime.fromisoformat(at), tuple(superseded), returned, _time(since))
            for id, (at, superseded, returned, since) in kept.get("versions", {}).items()
        },
        behind_since=_time(kept.get("behind_since")),
        absent={
            id: Absence(datetime.fromisoformat(at), readings) for id, (at, readings) in kept.get("absent", {}).items()
        },
        undated=kept.get("undated", 0),
        zoneless=kept.get("zoneless", 0),
        look_at=_time(kept.get("look_at")),
    )


def _dump_turns(turns: Turns) -> list[Any]:
    times = [_iso(at) for at in (turns.last, turns.first, turns.bad_since, turns.before)]
    return [*times, turns.count, turns.worse, list(turns.runs_s)]


def _load_turns(fields: list[Any]) -> Turns:
    last, first, bad_since, before, count, worse, runs_s = fields
    times = datetime.fromisoformat(last), datetime.fromisoformat(first)
    return Turns(*times, count, worse, _time(bad_since), _time(before), tuple(runs_s))


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


NO_POSTS = "[]"


def dump_posts(state: CardState) -> str:
    """Its posts alone: whether somebody was mentioned has a column."""
    return f"[{','.join(map(_dump_post, state.posts))}]"


@lru_cache(maxsize=64)
def load_posts(posts: str, mentioned: bool = False) -> CardState:
    # Of one incident's thousands of new cards none has a post yet.
    return _card_state(json.loads(posts), mentioned)


def _dump_post(post: Post) -> str:
    ref = "null" if post.ref is None else _dump(post.ref)
    return f"[{ref},{_dump_shown(post.fingerprint, post.updates, post.mentions)}]"


@lru_cache(maxsize=256)
def _dump_shown(fingerprint: PostFingerprint, updates: tuple[str, ...], mentions: bool) -> str:
    """All of a post but what the platform calls it: thousands of channels are shown the same."""
    return _dump([dump_fingerprint(fingerprint), list(updates), *([True] if mentions else [])])[1:-1]


def _card_state(posts: list[list[Any]], mentioned: bool) -> CardState:
    loaded = (Post(ref, load_fingerprint(text), tuple(updates), any(more)) for ref, text, updates, *more in posts)
    return CardState(tuple(loaded), mentioned)


def dump_ref(ref: str) -> str:
    """How this reference is written in dumped posts."""
    return _dump(ref)


def dump_intent(intent: Intent) -> str:
    # Written out, as one is for each post: an encoder would take three times as long.
    key, mentioned, at = _dump(intent.key), "true" if intent.after.mentioned else "false", intent.at.isoformat()
    fields = f'"key":{key},"act":"{intent.kind}","post":{intent.post},"mentioned":{mentioned},"at":"{at}"'
    return f'{{{fields},"after":{dump_posts(intent.after)}}}'


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


def dump_report(report: ProcessReport) -> str:
    fields = {"loop_lag_s": report.loop_lag_s, "platforms": dict(report.platforms)}
    return _dump({**fields, "weaknesses": dict(report.weaknesses)})


def load_report(text: str) -> ProcessReport:
    """What a process of another version reports beyond that is left out."""
    report = json.loads(text)
    return ProcessReport(report.get("loop_lag_s"), report.get("platforms", {}), report.get("weaknesses", {}))
