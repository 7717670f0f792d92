"""Holds a preview against what came: recorded pages are replayed into channels with ten filters, in all modes, and with
filters that are drawn, with holds, quiet hours and reminders, through the real poller, store and delivery into a chat
with lists in it; then each is previewed from the record.

Run by hand: ``python -m tests.judge_preview FOLDER KIND [SEED]``, with KIND such as ``statuspage``. Compared are the
roots and the other messages of every incident, and how many messages told the nights.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

import structlog

from bot.cards import Act
from bot.cards.together import list_messages
from bot.cli.recordings import Recording, read_files
from bot.cli.replay import play, record_empty_page, recorded_vendor
from bot.delivery.worker import Delivery
from bot.domain import (
    NO_WISHES,
    ActKind,
    Channel,
    ChannelSettings,
    Filter,
    Hold,
    Level,
    Mode,
    QuietHours,
    Subscription,
    Vendor,
    Wishes,
)
from bot.message import Message
from bot.monitor.providers import BY_KIND
from bot.preview.simulate import EVERYTHING, simulate
from bot.routing import route
from bot.store import Store
from bot.store.values import DueCard
from bot.threads import SameThread
from tests.fakes import ListAdapter

SHOWN = 15
"""Findings that are printed."""
DRAWN = 24
"""Channels whose filter and wishes are drawn."""
LEVELS = (Level.PARTIAL_OUTAGE, Level.MAJOR_OUTAGE)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVER = datetime(2000, 1, 1, tzinfo=UTC)

Sent = dict[str, tuple[int, int]]
"""Roots and other messages, by incident."""


@dataclass(frozen=True)
class Wish:
    """What a channel asks for."""

    name: str
    filter: Filter
    settings: ChannelSettings
    wishes: Wishes = NO_WISHES


def asked(names: Sequence[str], random: Random) -> dict[Channel, Wish]:
    """``names``: parts of the page."""
    plain = [Wish(name, one, ChannelSettings(mode)) for name, one in filters(names).items() for mode in Mode]
    held = [Wish(f"drawn {n}", *drawn(names, random)) for n in range(DRAWN)]
    return {Channel("list", "w1", f"{number:03}"): wish for number, wish in enumerate([*plain, *held])}


def drawn(names: Sequence[str], random: Random) -> tuple[Filter, ChannelSettings, Wishes]:
    pick = random.choice
    wanted = Filter(
        components=tuple(random.sample(names, pick((0, 0, 1, 2)))),
        excluded=tuple(random.sample(names, pick((0, 0, 0, 1)))),
        min_level=pick((None, None, Level.DEGRADED, Level.PARTIAL_OUTAGE)),
        maintenance=pick(("on", "off", None)),
        match=pick((None, None, None, "delay", "error")),
    )
    start, end = pick(((22, 7), (18, 9), (12, 13), (0, 6)))
    nights = QuietHours(time(start), time(end), weekends=pick((True, False)), except_level=pick((None, *LEVELS)))
    quiet = pick((None, nights, nights, QuietHours(None, None, weekends=True)))
    zone, remind = pick(("UTC", "Europe/Berlin", "America/New_York")), pick(((), (HOUR,), (DAY, HOUR)))
    hold = pick(
        (None, Hold(timedelta(minutes=5)), Hold(timedelta(minutes=40)), Hold(timedelta(hours=2), passes_at=None))
    )
    return wanted, ChannelSettings(pick(tuple(Mode)), zone, quiet, remind=remind), Wishes(hold)


def filters(names: Sequence[str]) -> dict[str, Filter]:
    """Ten sets; ``names``: parts of the page."""
    first, second, third = (*names, *["*"] * 3)[:3]
    return {
        "everything": EVERYTHING,
        "as subscribed without filters": Filter(),
        "minor": Filter(min_level=Level.DEGRADED),
        "major": Filter(min_level=Level.PARTIAL_OUTAGE),
        "critical": Filter(min_level=Level.MAJOR_OUTAGE, maintenance="on"),
        "a part": Filter(components=(first,)),
        "two parts, major": Filter(components=(second, f"{third[:3]}*"), min_level=Level.PARTIAL_OUTAGE),
        "not a part": Filter(excluded=(first,), maintenance="on"),
        "a text": Filter(match="delay"),
        "a text, a part, minor": Filter(components=(first, second), match="error", min_level=Level.DEGRADED),
    }


def report(line: str) -> None:
    sys.stderr.write(f"{line}\n")


async def replayed(
    folder: Path, kind: str, store: Store, random: Random
) -> tuple[Vendor, dict[Channel, Wish], list[int]]:
    files = read_files(folder, report)
    first = next(files)
    vendor = recorded_vendor(first.path, kind)
    recording = Recording(chain([first], files), BY_KIND[kind], vendor.slug, report)
    steps = recording.steps()
    step = next(steps)
    assert step.state is not None
    clock = [step.at]
    channels = asked([part.name for part in step.state[1].components], random)
    store.pages.sync_catalog([vendor], clock[0], 0)
    for channel, wish in channels.items():
        store.channels.set_settings(channel, wish.settings)
        wanted = Subscription(channel, vendor.slug, wish.filter, "you", clock[0], wishes=wish.wishes)
        store.channels.subscribe(wanted, route)
    record_empty_page(store, vendor.slug, clock[0])
    chat = ListAdapter()

    def note(_: datetime, due: DueCard, act: Act, __: Message) -> None:
        if act.kind is not ActKind.EDIT:
            sent.setdefault(due.card.channel, {}).setdefault(due.incident.id, Counter())[act.post == 0] += 1

    delivery = Delivery(store, [chat], SameThread(), lambda: clock[0], on_act=note, linger_s=0)

    async def until(at: datetime) -> None:
        """What holds and quiet hours kept back is told when they end."""
        while (wake := store.cards.next_wake(["list"], clock[0])) is not None and wake < at:
            clock[0] = wake
            await delivery.run_until_quiet()

    how = (BY_KIND[kind], store, vendor.slug, clock, delivery.run_until_quiet)
    await play(recording, chain([step], steps), *how, until=until)
    for call in chat.calls:
        if call.verb != "edit" and call.message.summary.startswith("While it was quiet here"):
            nights[call.channel] += 1
    ends.append(clock[0])
    return vendor, channels, [sum(call.verb != "edit" for call in chat.calls)]


sent: dict[Channel, dict[str, Counter[bool]]] = {}
nights: Counter[Channel] = Counter()
ends: list[datetime] = []
"""When the replay was over."""


def main(folder: Path, kind: str, seed: int) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with TemporaryDirectory() as temporary:
        store = Store(f"sqlite:///{Path(temporary, 'judge.db')}", flood_limit=sys.maxsize)
        vendor, channels, (calls,) = asyncio.run(replayed(folder, kind, store, Random(seed)))
        components, courses = store.courses.of_vendor(vendor.slug, EVER, 1_000_000)
        store.close()
    into = {c.record.incident.id: c.states[-1].merged_into for c in courses if c.states}
    findings, cpu = [], 0.0
    for channel, wish in channels.items():
        came: Counter[tuple[str, bool]] = Counter()
        for id, counts in sent.get(channel, {}).items():
            for is_root, number in counts.items():
                came[into.get(id) or id, is_root] += number
        began = process_time()
        told = simulate(courses, wish.filter, wish.settings, vendor, components, wish.wishes)
        cpu += process_time() - began
        messages = [(f.incident.id, m) for f in told for m in f.messages if m.at <= ends[0]]
        previewed = Counter((id, m.is_root) for id, m in messages if not m.together)
        lists = Counter(m.at for _, m in messages if m.together)
        expected = sum(map(list_messages, lists.values()))
        if expected != nights[channel]:
            findings.append(f"{wish}: {nights[channel]} messages told the nights, {expected} previewed")
        for key in sorted(came.keys() | previewed.keys()):
            if came[key] != previewed[key]:
                what = "roots" if key[1] else "replies"
                findings.append(f"{wish}: {key[0]}: {came[key]} {what} came, {previewed[key]} previewed")
        total, told_of = sum(came.values()), len({id for id, _ in came})
        sys.stdout.write(f"{wish.settings.mode}, {wish.name}: {total} messages of {told_of} incidents")
        sys.stdout.write(f", {nights[channel]} nights\n" if wish.settings.quiet else "\n")
    sys.stdout.write("\n".join([
        f"{len(courses)} incidents and episodes, {sum(len(c.states) for c in courses)} states on record",
        f"{calls} messages in {len(channels)} channels; {cpu / len(channels):.2f} s of CPU for a preview of all",
        f"{len(findings)} differences" if findings else "Every preview is what came, by incident, root and reply.",
        *findings[:SHOWN], "",
    ]))  # fmt: skip
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0))
