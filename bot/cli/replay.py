"""``lookout replay``: plays recorded pages through the real bot: what would a subscribed channel have seen?

The clock is that of the recordings; the network is not used, and the database is temporary.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import assert_never

from rich.console import Console
from rich.text import Text

from bot import routing
from bot.adapters.console import ConsoleAdapter
from bot.cards import Act, ActReason, NewsView, ReminderView, ReplyView, RootView
from bot.catalog import load
from bot.cli.recordings import PAGE_URL, Recording, Step, kind_of, read_files
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
from bot.monitor.absence import EVIDENCE
from bot.monitor.poller import Poller
from bot.monitor.poller.policy import Policy
from bot.monitor.provider import Provider
from bot.monitor.providers import BY_KIND
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, NotModified
from bot.monitor.schedule import PollIntervals
from bot.monitor.snapshot_json import iso
from bot.monitor.trouble import CONFIRM_AFTER
from bot.store import Store
from bot.store.values import DueCard, PollOutcome, Validator
from bot.store.values import Recording as Record
from bot.threads import SameThread

UNREADABLE_EXIT = 3
"""The exit code when not one file could be read."""
CHANNEL = Channel("console", "local", "replay")
INTERVALS = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
MAX_LOOKUPS = 1
"""Nothing more will come: an incident that left the page and is in no recorded history was deleted."""
AFTER_THE_LAST = EVIDENCE.over + timedelta(minutes=1)
"""So long the page goes on to show the last file: enough to make sure of what that lacks."""
MAX_LOOKS = 50
"""Between two files: as often as the bot may judge a page anew that shows the same."""

UNNAMED = Slug("page")
"""The vendor of a page whose file and folder name none."""

_VENDOR_NAME = re.compile(r"[A-Za-z]+")


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
    mode: Mode = Mode.THREAD_KEY,
    subscription_filter: Filter | None = None,
    as_json: bool = False,
    silent_first: bool = False,
) -> int:
    """Print what a subscribed channel would have seen, with ``as_json`` one line per act. Returns the exit code.

    Everything in the first file is announced as news, unless ``silent_first``. A file that cannot be read is reported
    and skipped. ``report`` takes one line for the error output.
    """
    files = chain.from_iterable(read_files(path, report) for path in paths)
    if kind is None:
        kind, seen = kind_of(files)
        files = chain(seen, files)
    first = next(files, None)
    if kind is None:
        if first is not None:
            report("None of this is a page of a kind that Lookout reads; if you know its kind, say --kind.")
        return UNREADABLE_EXIT
    if first is None:
        return UNREADABLE_EXIT
    vendor = recorded_vendor(first.path, kind)
    recording = Recording(chain([first], files), BY_KIND[kind], vendor.slug, report)
    steps = recording.steps()
    if (first_step := next(steps, None)) is None:
        return UNREADABLE_EXIT
    clock = [first_step.at]
    screen = ConsoleAdapter(out, lambda: clock[0], hold_edits=True)

    def print_act(at: datetime, due: DueCard, act: Act, _: Message) -> None:
        if as_json:
            screen.write([Text(_line(act_to_json(at, due, act), out.encoding))])

    adapter = ConsoleAdapter(Console(quiet=True), lambda: clock[0]) if as_json else screen
    with TemporaryDirectory(prefix="lookout-replay-") as folder:
        # Whoever replays wants to see each incident, however many a file brings.
        store = Store(f"sqlite:///{Path(folder, 'replay.db')}", flood_limit=sys.maxsize)
        threads = SameThread()
        delivery = Delivery(store, [adapter], threads, lambda: clock[0], on_act=print_act, linger_s=0)
        try:
            slug = _subscribe(store, vendor, mode, subscription_filter or Filter(), clock[0])
            if not silent_first:
                record_empty_page(store, slug, clock[0])
            await play(
                recording,
                chain([first_step], steps),
                BY_KIND[kind],
                store,
                slug,
                clock,
                delivery.run_until_quiet,
                is_over=lambda: screen.closed,
            )
            screen.flush()
        finally:
            threads.close()
            store.close()
    return 0


async def play(
    recording: Recording,
    steps: Iterator[Step],
    provider: Provider,
    store: Store,
    slug: Slug,
    clock: list[datetime],
    deliver: Callable[[], Awaitable[None]],
    *,
    is_over: Callable[[], bool] = lambda: False,
    until: Callable[[datetime], Awaitable[None]] | None = None,
) -> None:
    """Have the bot read each step at its time and between them whenever it would look again; ``deliver`` after each
    reading with news. ``clock``: one time, which is set, after ``until`` has done what comes before that; ``slug``: of
    a vendor whose page is at :data:`PAGE_URL`."""
    threads, pages = SameThread(), RecordedPages()
    policy = Policy(
        INTERVALS,
        late_limit=None,
        max_failed_lookups=MAX_LOOKUPS,
        ends_recorded=recording.has_histories or not provider.history_urls(PAGE_URL),
    )
    due: list[int] = []
    providers = [recording.parsed.as_provider(with_history=recording.has_histories)]
    poller = Poller(
        store, threads, pages, routing.route, lambda: clock[0], policy, providers=providers, on_due=due.append
    )

    async def read(at: datetime) -> None:
        if until is not None:
            await until(at)
        clock[0] = at
        await poller.read_now(slug)
        if due:
            due.clear()
            await deliver()

    before: Step | None = None
    look_at: datetime | None = None
    try:
        for step, end in _with_ends(steps):
            is_due = look_at is not None and look_at < end
            if before is not None and step.says_the_same(before) and not is_due:
                continue
            before = step
            pages.bodies |= step.bodies
            recording.parsed.begin(step)
            if step.bodies.keys() & set(provider.history_urls(PAGE_URL)):
                _schedule_history(store, slug, step.at)
            await read(step.at)
            for _ in range(MAX_LOOKS):
                look_at = store.pages.look_at(slug)
                if look_at is None or max(look_at, clock[0] + CONFIRM_AFTER) >= end:
                    break
                await read(max(look_at, clock[0] + CONFIRM_AFTER))
            if is_over():
                break
    finally:
        await poller.aclose()
        threads.close()


def _with_ends(steps: Iterator[Step]) -> Iterator[tuple[Step, datetime]]:
    """Each step with the time at which the next one begins; the last one goes on for :data:`AFTER_THE_LAST`."""
    step = next(steps, None)
    while step is not None:
        following = next(steps, None)
        yield step, following.at if following else step.at + AFTER_THE_LAST
        step = following


def recorded_vendor(path: Path, kind: str) -> Vendor:
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


def record_empty_page(store: Store, slug: Slug, now: datetime) -> None:
    """Record a reading without incidents, history included, so that everything after it is news."""
    outcome = PollOutcome(slug, now, INTERVALS.watched_s, read_at=now, history_read_at=now)
    store.records.record(Record(Snapshot(slug, None, "", (), (), now), outcome), routing.route)


def _schedule_history(store: Store, slug: Slug, now: datetime) -> None:
    store.pages.settle([PollOutcome(slug, now, INTERVALS.watched_s, history_due=now)])


# --- JSON ------------------------------------------------------------------------------------------------------------


def act_to_json(at: datetime, due: DueCard, act: Act) -> dict[str, object]:
    """One line of ``lookout replay --json``; its keys are a public interface. ``text``: what the act tells; nothing
    where it only keeps what the root is about to drop."""
    view = act.view
    match view:
        case RootView(kept=kept, newest=newest):
            update = kept[0] if kept and act.kind is ActKind.POST else newest
            texts = [update.text] if update else []
        case ReplyView():
            texts = [update.text for update in view.updates if act.reason is not ActReason.DROPPED]
        case NewsView() | ReminderView():
            texts = []
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
