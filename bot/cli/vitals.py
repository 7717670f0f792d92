"""The part of ``lookout doctor`` that asks whether the bot does its work: processes, readings, disk, the file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.cli.check import Finding
from bot.domain.role import ALL_ROLES, Role
from bot.store import Store
from bot.store.processes import SILENT_S
from bot.store.values import ProcessState
from bot.wording.phrases import age, count, duration, listing

MAX_LAG_S = 1.0
"""An event loop that is held for longer lets people wait: Slack's limit is three seconds."""
READING_AFTER = timedelta(minutes=10)
"""Among thousands of pages one is read every few seconds; among few, at their own interval."""
INTERVALS = 2
"""A page that was not read for so many of its intervals is late."""
OVERDUE_AFTER = timedelta(minutes=2)
MIN_FREE_BYTES = 200_000_000
"""Days of growth, and room for the write-ahead log."""


NOBODY = {
    Role.POLL: "nobody polls",
    Role.DELIVER: "nobody delivers",
    Role.SLACK: "nobody listens to Slack",
    Role.DISCORD: "nobody listens to Discord",
    Role.WEB: "nobody serves pages",
}


def vitals(store: Store, now: datetime) -> Iterator[Finding]:
    yield from _processes(store, now)
    yield _reading(store, now)
    yield _overdue(store, now)
    if (disk := _disk(store)) is not None:
        yield disk


def damage(store: Store) -> Finding | None:
    """An SQLite file that is damaged; then nothing else that it says can be relied on."""
    found = store.diagnostics.damage()
    if found is None:
        return None
    return Finding("database", False, f"the file is damaged ({found}): stop Lookout, and go back to a backup of it.")


def _processes(store: Store, now: datetime) -> Iterator[Finding]:
    processes = store.processes.all(now)
    if not processes:
        yield Finding("process", False, "none runs the bot on this database: start lookout run.")
    for process in processes:
        one = process.identity
        name = f"{one.pid} on {one.host}, up for {duration(now - one.started_at)}"
        if _is_silent(process):
            text = f"{name}, is silent for {duration(process.silent_for)}: see whether it was killed, stopped or hangs."
            yield Finding("process", False, text, _facts(process))
        else:
            yield Finding("process", True, f"{name}{_does(process)}", _facts(process))
            yield from _report(process)
    if alive := [process.identity for process in processes if not _is_silent(process)]:
        yield from _roles(store, frozenset(role for one in alive for role in one.roles))


def _is_silent(process: ProcessState) -> bool:
    return process.silent_for > timedelta(seconds=SILENT_S)


def _does(process: ProcessState) -> str:
    one = process.identity
    roles = "all roles" if set(one.roles) == ALL_ROLES else ", ".join(one.roles)
    of_version = f", version {one.version}" if one.version else ""
    beat = f"heartbeat {process.silent_for.total_seconds():.0f} s ago"
    holds = f"reads {count(process.pages, 'page')} and serves {count(process.channels, 'channel')} now"
    if process.shards:
        holds += f", connected as Discord's {_shards(process.shards)}"
    return f": {roles or 'roles unknown'}{of_version}, {beat}, {holds}"


def _shards(numbers: Sequence[int]) -> str:
    return f"shard {numbers[0]}" if len(numbers) == 1 else f"shards {listing([str(one) for one in numbers])}"


def _facts(process: ProcessState) -> Mapping[str, object]:
    one = process.identity
    return {
        "process": {
            "host": one.host,
            "pid": one.pid,
            "started_at": one.started_at.isoformat(),
            "roles": list(one.roles),
            "version": one.version,
            "heartbeat_s": round(process.silent_for.total_seconds(), 1),
            "leases": {"pages": process.pages, "channels": process.channels, "shards": list(process.shards)},
        }
    }


def _roles(store: Store, held: frozenset[Role]) -> Iterator[Finding]:
    """Those that nobody has."""
    chats = store.diagnostics.platforms()
    for role in Role:
        if role in held or (role in (Role.SLACK, Role.DISCORD) and role.value not in chats):
            continue
        # Pages for a browser are nice to have; all else is what people wait for.
        yield Finding("role", role is Role.WEB, f"{NOBODY[role]}: start lookout run --role {role}.")


def _report(process: ProcessState) -> Iterator[Finding]:
    lag_s = process.report.loop_lag_s
    if lag_s is not None:
        one = process.identity
        text = f"that of {one.pid} on {one.host} was held up for {lag_s:.1f} s at most in the last minutes"
        busy = f"{text}: see the log for loop.held, and whether the machine is overloaded."
        yield Finding("event loop", lag_s <= MAX_LAG_S, text if lag_s <= MAX_LAG_S else busy)
    for platform, trouble in sorted(process.report.platforms.items()):
        yield Finding("platform", trouble is None, f"{platform}: {trouble or 'connected'}")
    for platform, weakness in sorted(process.report.weaknesses.items()):
        yield Finding("scopes", True, f"{platform}: {weakness}")


def _reading(store: Store, now: datetime) -> Finding:
    newest, interval_s = store.diagnostics.newest_reading()
    if newest is None:
        return Finding("readings", False, "no page was read yet: see whether lookout run can reach the internet.")
    text = f"the newest is of {age(newest, now)}"
    late = now - newest > max(READING_AFTER, timedelta(seconds=INTERVALS * interval_s))
    return Finding("readings", not late, f"{text}: see whether lookout runs, and its log." if late else text)


def _overdue(store: Store, now: datetime) -> Finding:
    oldest = store.diagnostics.oldest_due(now)
    if oldest is None:
        return Finding("due pages", True, "none waits to be read")
    text = f"the first of them, {oldest[0]}, waits for {duration(now - oldest[1])}"
    late = now - oldest[1] > OVERDUE_AFTER
    return Finding(
        "due pages", not late, f"{text}: see whether lookout runs, or has too much to read." if late else text
    )


def _disk(store: Store) -> Finding | None:
    if (file := store.file) is None:
        return None
    free = shutil.disk_usage(file.parent).free
    text = f"{free / 1e9:,.1f} GB free where {file.name} lies, which has {file.stat().st_size / 1e6:,.0f} MB"
    short = free < MIN_FREE_BYTES
    return Finding("disk", not short, f"{text}: make room." if short else text)
