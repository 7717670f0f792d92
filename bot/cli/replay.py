"""Recorded pages through the whole real bot on a clock of their own: what a subscribed channel would have seen.

Asks nothing of the network. What is on record at the end is thrown away.
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
from bot.monitor.poller.visit import Policy
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers import BY_KIND
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, NotModified
from bot.monitor.schedule import PollIntervals
from bot.monitor.snapshot_json import iso
from bot.store import Store
from bot.store.values import DueCard, PollOutcome, Recording, Validator
from bot.threads import Threads

NOTHING_READABLE = 3
"""The exit code when not one file could be read."""
CHANNEL = Channel("console", "local", "replay")
STEP = timedelta(seconds=60)
"""Between files whose names tell no time."""
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""When neither the first file's name nor its content tells a time."""
PAGE_URL = "https://status.invalid"
PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
PATIENCE = 1
"""Nothing more will come: an incident that left the page and is in no recorded history was taken down."""

OWN = Slug("page")
"""The vendor of a page that no name tells."""

_NAME = re.compile(r"[A-Za-z]+")
_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):?(\d\d):?(\d\d))?")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file: ``stamp`` is the time that its name tells."""

    path: Path
    content: bytes
    stamp: datetime | None

    @property
    def body(self) -> Body:
        return Body(self.path.name, self.content)


@dataclass(frozen=True, slots=True)
class Step:
    """What the page answers from ``at`` on, by URL; what is not in here answers as before."""

    at: datetime
    bodies: dict[str, bytes]


@dataclass(slots=True)
class Tape:
    """A :class:`bot.monitor.responses.Getter` that gives what was recorded; all else is not there."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    async def get(self, url: str, house: str, validator: Validator | None) -> Answer:
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
    wanted: Filter | None = None,
    as_json: bool = False,
    silent_first: bool = False,
) -> int:
    """Print what a subscribed channel would have seen, with ``as_json`` one line for each act; returns the exit code.

    All that the first file holds is news and is told, unless ``silent_first``. A file that cannot be read is reported,
    changes nothing, and the next one follows. ``report`` takes one line for the error output.
    """
    files = [file for path in paths for file in recorded(path, report)]
    kind = kind or next((found for file in files if (found := recognise(file.body))), None)
    if kind is None:
        report("None of this is a page of a kind that Lookout reads; if you know its kind, say --kind.")
        return NOTHING_READABLE
    steps = arrange(files, BY_KIND[kind], report)
    if not steps:
        return NOTHING_READABLE
    clock = [steps[0].at]
    screen = ConsoleAdapter(out, lambda: clock[0], hold_edits=True)

    def told(at: datetime, due: DueCard, act: Act, _: Message) -> None:
        if as_json:
            screen.write([Text(_line(act_to_json(at, due, act), out.encoding))])

    adapter = ConsoleAdapter(Console(quiet=True), lambda: clock[0]) if as_json else screen
    with TemporaryDirectory(prefix="lookout-replay-") as folder:
        store, threads, tape = Store(f"sqlite:///{Path(folder, 'replay.db')}"), Threads(2), Tape()
        rules = Policy(PACE, late_limit=None, patience=PATIENCE)
        poller = Poller(store, threads, tape, routing.route, lambda: clock[0], rules)
        delivery = Delivery(store, [adapter], threads, lambda: clock[0], on_act=told, linger_s=0)
        try:
            slug = _prepare(store, _vendor(files[0].path, kind), mode, wanted or Filter(), clock[0])
            if not silent_first:
                _know_nothing(store, slug, clock[0])
            for step in steps:
                clock[0] = step.at
                tape.bodies |= step.bodies
                if step.bodies.keys() & set(BY_KIND[kind].history_urls(PAGE_URL)):
                    _ask_for_history(store, slug, clock[0])
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


def recorded(path: Path, report: Callable[[str], None]) -> Iterator[Recorded]:
    """The file, or the folder's files by name."""
    try:
        paths = sorted(p for p in path.iterdir() if p.is_file() and p.name[0] != ".") if path.is_dir() else [path]
        for file in paths:
            yield Recorded(file, file.read_bytes(), stamp_of(file.name))
    except OSError as error:
        report(f"{error.filename or path} cannot be read: {(error.strerror or str(error)).lower()}.")


def stamp_of(name: str) -> datetime | None:
    """The time in a name: ``page_2026-03-04T091500.json``, or a date alone for its first minute."""
    if (found := _STAMP.search(name)) is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups("0"))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def arrange(files: Sequence[Recorded], provider: Provider, report: Callable[[str], None]) -> list[Step]:
    """The files in their order on one clock that only goes forward. What cannot be read is reported and left out.

    A history beside a state of the same stamp is read with it. Histories alone are states of their own.
    """
    readings: list[tuple[Recorded, Snapshot]] = []
    for file in files:
        try:
            readings.append((file, provider.parse(OWN, (file.body,), FIRST)))
        except ParseFailed as failure:
            report(f"{file.path} is passed over: {failure}")
    histories = provider.history_urls(PAGE_URL)
    has_states = any(reading.complete_since is None for _, reading in readings)
    steps: list[Step] = []
    stamp: datetime | None = None
    for file, reading in readings:
        beside = bool(histories) and has_states and reading.complete_since is not None
        url = _url_of(file.path.name, histories if beside else provider.state_urls(PAGE_URL))
        if steps and file.stamp is not None and file.stamp == stamp and url not in steps[-1].bodies:
            steps[-1].bodies[url] = file.content
            continue
        stamp = file.stamp
        at = stamp or (steps[-1].at + STEP if steps else _newest(reading))
        steps.append(Step(max(at, steps[-1].at + STEP) if steps else at, {url: file.content}))
    return steps


def _url_of(name: str, urls: Sequence[str]) -> str:
    return next((url for url in urls if PurePosixPath(urlsplit(url).path).stem in name), urls[0])


def _newest(reading: Snapshot) -> datetime:
    return max((update.at for incident in reading.incidents for update in incident.updates), default=FIRST)


def _vendor(path: Path, kind: str) -> Vendor:
    """Whose page it is, as far as the names of file and folder tell."""
    names = [found[0] for name in (path.stem, path.absolute().parent.name) if (found := _NAME.match(name))]
    known = load()
    named = next((vendor for name in names if (vendor := known.exact(name))), None)
    if named is None:
        name = names[0].capitalize() if names else "This page"
        named = Vendor(OWN, name, PAGE_URL, PAGE_URL, category="other", subcategory="other")
    return replace(named, page_url=PAGE_URL, kind=kind, enabled=True)


# --- the store before the first reading ------------------------------------------------------------------------------


def _prepare(store: Store, vendor: Vendor, mode: Mode, wanted: Filter, now: datetime) -> Slug:
    store.pages.sync_catalog([vendor], now, 0)
    store.channels.set_settings(CHANNEL, ChannelSettings(mode))
    store.channels.subscribe(Subscription(CHANNEL, vendor.slug, wanted, "you", now), routing.route)
    return vendor.slug


def _know_nothing(store: Store, slug: Slug, now: datetime) -> None:
    """Record a page that holds nothing, history included, so that all that follows is news."""
    settled = PollOutcome(slug, now, PACE.watched_s, read_at=now, history_read_at=now)
    store.records.record(Recording(Snapshot(slug, None, "", (), (), now), settled), routing.route)


def _ask_for_history(store: Store, slug: Slug, now: datetime) -> None:
    store.pages.settle([PollOutcome(slug, now, PACE.watched_s, history_due=now)])


# --- JSON ------------------------------------------------------------------------------------------------------------


def act_to_json(at: datetime, due: DueCard, act: Act) -> dict[str, object]:
    """One line of ``lookout replay --json``; the names in it are promised to users."""
    view = act.view
    match view:
        case RootView(first=first, newest=newest):
            said = first if act.kind is ActKind.POST else newest or first
            texts = [said.text] if said else []
        case ReplyView():
            texts = [said.text for said in view.updates]
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
