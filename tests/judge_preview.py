"""Holds a preview against what came: recorded pages are replayed into channels with ten filters, in all modes, through
the real poller, store and delivery into a chat with lists in it; then each filter is previewed from the record.

Run by hand: ``python tests/judge_preview.py FOLDER KIND``, with KIND such as ``statuspage``. Compared are the roots and
the other messages of every incident.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from bot.cards import Act
from bot.cli.recordings import Recording, read_files
from bot.cli.replay import play, record_empty_page, recorded_vendor
from bot.delivery.worker import Delivery
from bot.domain import ActKind, Channel, ChannelSettings, Filter, Level, Mode, Subscription, Vendor
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
EVER = datetime(2000, 1, 1, tzinfo=UTC)

Sent = dict[str, tuple[int, int]]
"""Roots and other messages, by incident."""


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
    folder: Path, kind: str, store: Store
) -> tuple[Vendor, dict[Channel, tuple[str, Filter]], list[int]]:
    files = read_files(folder, report)
    first = next(files)
    vendor = recorded_vendor(first.path, kind)
    recording = Recording(chain([first], files), BY_KIND[kind], vendor.slug, report)
    steps = recording.steps()
    step = next(steps)
    assert step.state is not None
    clock = [step.at]
    wanted = filters([part.name for part in step.state[1].components])
    channels = {Channel("list", mode, name): (name, filter_) for mode in Mode for name, filter_ in wanted.items()}
    store.pages.sync_catalog([vendor], clock[0], 0)
    for channel, (_, filter_) in channels.items():
        store.channels.set_settings(channel, ChannelSettings(Mode(channel.workspace)))
        store.channels.subscribe(Subscription(channel, vendor.slug, filter_, "you", clock[0]), route)
    record_empty_page(store, vendor.slug, clock[0])
    chat = ListAdapter()

    def note(_: datetime, due: DueCard, act: Act, __: Message) -> None:
        if act.kind is not ActKind.EDIT:
            sent.setdefault(due.card.channel, {}).setdefault(due.incident.id, Counter())[act.post == 0] += 1

    delivery = Delivery(store, [chat], SameThread(), lambda: clock[0], on_act=note, linger_s=0)
    await play(recording, chain([step], steps), BY_KIND[kind], store, vendor.slug, clock, delivery.run_until_quiet)
    return vendor, channels, [sum(call.verb != "edit" for call in chat.calls)]


sent: dict[Channel, dict[str, Counter[bool]]] = {}


def main(folder: Path, kind: str) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with TemporaryDirectory() as temporary:
        store = Store(f"sqlite:///{Path(temporary, 'judge.db')}", flood_limit=sys.maxsize)
        vendor, channels, (calls,) = asyncio.run(replayed(folder, kind, store))
        components, courses = store.courses.of_vendor(vendor.slug, EVER, 1_000_000)
        store.close()
    into = {c.record.incident.id: c.states[-1].merged_into for c in courses if c.states}
    findings, cpu = [], 0.0
    for channel, (name, wanted) in channels.items():
        came: Counter[tuple[str, bool]] = Counter()
        for id, counts in sent.get(channel, {}).items():
            for is_root, number in counts.items():
                came[into.get(id) or id, is_root] += number
        began = time.process_time()
        told = simulate(courses, wanted, ChannelSettings(Mode(channel.workspace)), vendor, components)
        cpu += time.process_time() - began
        previewed = Counter((f.incident.id, m.is_root) for f in told for m in f.messages)
        for key in sorted(came.keys() | previewed.keys()):
            if came[key] != previewed[key]:
                what = "roots" if key[1] else "replies"
                findings.append(
                    f"{channel.workspace}, {name}: {key[0]}: {came[key]} {what} came, {previewed[key]} previewed"
                )
        total = sum(came.values())
        sys.stdout.write(f"{channel.workspace}, {name}: {total} messages of {len({id for id, _ in came})} incidents\n")
    sys.stdout.write("\n".join([
        f"{len(courses)} incidents and episodes, {sum(len(c.states) for c in courses)} states on record",
        f"{calls} messages in {len(channels)} channels; {cpu / len(channels):.2f} s of CPU for a preview of all",
        f"{len(findings)} differences" if findings else "Every preview is what came, by incident, root and reply.",
        *findings[:SHOWN], "",
    ]))  # fmt: skip
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
