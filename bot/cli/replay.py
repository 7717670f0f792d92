"""``lookout replay``: plays recorded pages through the real bot: what would a subscribed channel have seen?

The clock is that of the recordings; the network is not used, and the database is temporary.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import assert_never
from urllib.parse import urlsplit

from rich.console import Console
from rich.text import Text

from bot import routing
from bot.adapters.console import ConsoleAdapter
from bot.cards import Act, ReplyView, RootView
from bot.catalog import load
from bot.delivery.worker import Delivery
from bot.domain import (
    ActKind,
    Channel,
    ChannelSettings,
    Filter,
    Mode,
    Slug,
    Snapshot,
    Subscription,
    Vendor,
    level_word,
)
from bot.message import Message
from bot.monitor.detect import recognise
from bot.monitor.poller import Poller
from bot.monitor.poller.policy import Policy
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers import BY_KIND
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, NotModified
from bot.monitor.schedule import PollIntervals
from bot.monitor.snapshot_json import iso
from bot.store import Store
from bot.store.values import DueCard, PollOutcome, Recording, Validator
from bot.threads import Threads

UNREADABLE_EXIT = 3
"""The exit code when not one file could be read."""
CHANNEL = Channel("console", "local", "replay")
DEFAULT_STEP = timedelta(seconds=60)
"""Between files without a time in their names."""
DEFAULT_START = datetime(2026, 1, 1, tzinfo=UTC)
"""Where neither the first file's name nor its content has a time."""
PAGE_URL = "https://status.invalid"
INTERVALS = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
MAX_LOOKUPS = 1
"""Nothing more will come: an incident that left the page and is in no recorded history was deleted."""

UNNAMED = Slug("page")
"""The vendor of a page whose file and folder name none."""

_VENDOR_NAME = re.compile(r"[A-Za-z]+")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):?(\d\d):?(\d\d))?")


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file with a recorded page."""

    path: Path
    content: bytes
    recorded_at: datetime | None
    """The time in its name."""

    @property
    def body(self) -> Body:
        return Body(self.path.name, self.content)


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the page."""

    at: datetime
    bodies: dict[str, bytes]
    """The answers from then on, by URL; other URLs answer as before."""


@dataclass(slots=True)
class RecordedPages:
    """A :class:`bot.monitor.responses.Getter` that answers with recorded bodies, else with 404."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        content = self.bodies.get(url)
        if content is None:
            return FetchFailed(FetchFailure.HTTP_STATUS, "Nothing was recorded of this.", status=404)
        new = Validator(body_digest=hashlib.sha256(content).hexdigest())
        return NotModified(new) if new == validator else Fetched(url, content, None, new)


async def replay(
    paths: Sequence[Path],
    out: Console,
    report: Callable[[str], None],
    *,
    kind: str | None = None,
    mode: Mode = Mode.THREAD,
    subscription_filter: Filter | None = None,
    as_json: bool = False,
    silent_first: bool = False,
) -> int:
    """Print what a subscribed channel would have seen, with ``as_json`` one line per act. Returns the exit code.

    Everything in the first file is announced as news, unless ``silent_first``. A file that cannot be read is reported
    and skipped. ``report`` takes one line for the error output.
    """
    files = [file for path in paths for file in read_files(path, report)]
    kind = kind or next((found for file in files if (found := recognise(file.body))), None)
    if kind is None:
        report("None of this is a page of a kind that Lookout reads; if you know its kind, say --kind.")
        return UNREADABLE_EXIT
    steps = steps_of(files, BY_KIND[kind], report)
    if not steps:
        return UNREADABLE_EXIT
    clock = [steps[0].at]
    screen = ConsoleAdapter(out, lambda: clock[0], hold_edits=True)

    def print_act(at: datetime, due: DueCard, act: Act, _: Message) -> None:
        if as_json:
            screen.write([Text(_line(act_to_json(at, due, act), out.encoding))])

    adapter = ConsoleAdapter(Console(quiet=True), lambda: clock[0]) if as_json else screen
    with TemporaryDirectory(prefix="lookout-replay-") as folder:
        store, threads, pages = Store(f"sqlite:///{Path(folder, 'replay.db')}"), Threads(2), RecordedPages()
        policy = Policy(INTERVALS, late_limit=None, max_failed_lookups=MAX_LOOKUPS)
        poller = Poller(store, threads, pages, routing.route, lambda: clock[0], policy)
        delivery = Delivery(store, [adapter], threads, lambda: clock[0], on_act=print_act, linger_s=0)
        try:
            slug = _subscribe(store, _vendor(files[0].path, kind), mode, subscription_filter or Filter(), clock[0])
            if not silent_first:
                _record_empty_page(store, slug, clock[0])
            for step in steps:
                clock[0] = step.at
                pages.bodies |= step.bodies
                if step.bodies.keys() & set(BY_KIND[kind].history_urls(PAGE_URL)):
                    _schedule_history(store, slug, clock[0])
                await poller.read_now(slug)
                await delivery.run_until_quiet()
                if screen.closed:
                    break
            screen.flush()
        finally:
            await poller.aclose()
            threads.close()
            store.close()
    return 0


# --- files -----------------------------------------------------------------------------------------------------------


def read_files(path: Path, report: Callable[[str], None]) -> Iterator[RecordedFile]:
    """The file, or the folder's files in order of their names."""
    try:
        paths = sorted(p for p in path.iterdir() if p.is_file() and p.name[0] != ".") if path.is_dir() else [path]
        for file in paths:
            yield RecordedFile(file, file.read_bytes(), time_in_name(file.name))
    except OSError as error:
        report(f"{error.filename or path} cannot be read: {(error.strerror or str(error)).lower()}.")


def time_in_name(name: str) -> datetime | None:
    """The time in a name: ``page_2026-03-04T091500.json``, or a date alone for its first minute."""
    if (found := _TIME.search(name)) is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups("0"))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def steps_of(files: Sequence[RecordedFile], provider: Provider, report: Callable[[str], None]) -> list[Step]:
    """The files in order, on one clock that only goes forward. What cannot be read is reported and skipped.

    A history file with the same time as a state file belongs to its step. With histories alone, each is a state.
    """
    readings: list[tuple[RecordedFile, Snapshot]] = []
    for file in files:
        try:
            readings.append((file, provider.parse(UNNAMED, (file.body,), DEFAULT_START)))
        except ParseFailed as failure:
            report(f"{file.path} is passed over: {failure}")
    histories = provider.history_urls(PAGE_URL)
    has_states = any(reading.complete_since is None for _, reading in readings)
    steps: list[Step] = []
    recorded_at: datetime | None = None
    for file, reading in readings:
        is_history = bool(histories) and has_states and reading.complete_since is not None
        url = _url_of(file.path.name, histories if is_history else provider.state_urls(PAGE_URL))
        if steps and file.recorded_at is not None and file.recorded_at == recorded_at and url not in steps[-1].bodies:
            steps[-1].bodies[url] = file.content
            continue
        recorded_at = file.recorded_at
        at = recorded_at or (steps[-1].at + DEFAULT_STEP if steps else _newest_update_at(reading))
        steps.append(Step(max(at, steps[-1].at + DEFAULT_STEP) if steps else at, {url: file.content}))
    return steps


def _url_of(name: str, urls: Sequence[str]) -> str:
    return next((url for url in urls if PurePosixPath(urlsplit(url).path).stem in name), urls[0])


def _newest_update_at(reading: Snapshot) -> datetime:
    return max((update.at for incident in reading.incidents for update in incident.updates), default=DEFAULT_START)


def _vendor(path: Path, kind: str) -> Vendor:
    """The vendor that the names of file and folder mention, if any."""
    names = [found[0] for name in (path.stem, path.absolute().parent.name) if (found := _VENDOR_NAME.match(name))]
    known = load()
    named = next((vendor for name in names if (vendor := known.exact(name))), None)
    if named is None:
        name = names[0].capitalize() if names else "This page"
        named = Vendor(UNNAMED, name, PAGE_URL, PAGE_URL, category="other", subcategory="other")
    return replace(named, page_url=PAGE_URL, kind=kind, enabled=True)


# --- the store before the first reading ------------------------------------------------------------------------------


def _subscribe(store: Store, vendor: Vendor, mode: Mode, subscription_filter: Filter, now: datetime) -> Slug:
    store.pages.sync_catalog([vendor], now, 0)
    store.channels.set_settings(CHANNEL, ChannelSettings(mode))
    store.channels.subscribe(Subscription(CHANNEL, vendor.slug, subscription_filter, "you", now), routing.route)
    return vendor.slug


def _record_empty_page(store: Store, slug: Slug, now: datetime) -> None:
    """Record a reading without incidents, history included, so that everything after it is news."""
    outcome = PollOutcome(slug, now, INTERVALS.watched_s, read_at=now, history_read_at=now)
    store.records.record(Recording(Snapshot(slug, None, "", (), (), now), outcome), routing.route)


def _schedule_history(store: Store, slug: Slug, now: datetime) -> None:
    store.pages.settle([PollOutcome(slug, now, INTERVALS.watched_s, history_due=now)])


# --- JSON ------------------------------------------------------------------------------------------------------------


def act_to_json(at: datetime, due: DueCard, act: Act) -> dict[str, object]:
    """One line of ``lookout replay --json``; its keys are a public interface."""
    view = act.view
    match view:
        case RootView(first=first, newest=newest):
            update = first if act.kind is ActKind.POST else newest or first
            texts = [update.text] if update else []
        case ReplyView():
            texts = [update.text for update in view.updates]
        case _:
            assert_never(view)
    return {
        "at": iso(at),
        "act": act.kind,
        "card": due.card.id,
        "incident": due.incident.id,
        "title": view.title,
        "phase": view.phase,
        "level": level_word(view.level),
        "text": "\n\n".join(text for text in texts if text),
        "reason": act.reason,
    }


def _line(row: dict[str, object], encoding: str) -> str:
    """JSON that any terminal and any encoding survives: what cannot be seen is escaped."""
    line = json.dumps(row, ensure_ascii=not encoding.lower().startswith("utf"))
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
