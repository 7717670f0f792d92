"""Types seeded nonsense at the bot: an answer comes of whatever it is, and no filter is read otherwise than written.

``python -m tests.fuzz_lines --lines 100000`` prints how much processor time they took; ``--first N --lines 1`` repeats
one. A short run is among the tests.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bot.commands.grammar import UsageError, parse, unparse
from bot.commands.table import COMMANDS
from bot.domain import Filter, Level
from bot.monitor.fetch import Fetcher
from bot.monitor.poller.pages import Failed, find
from bot.routing import route
from bot.store import Store
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, Talk, ago, incident, said

SLOW_S = 2.0
"""Of processor time: more for one line is a finding."""
MAX_PRINTED = 5
BATCH = 500
"""Lines typed at one store; then a fresh one."""

WORDS = (
    *(name for command in COMMANDS for name in (command.name, f"/{command.name}")),
    *("github", "git hub", "gihtub", "dyspatch", "aws", "amazon web services", "ec2", "feedly", "GITHUB", "all", "*"),
    *("inc1", "github/inc1", "github/", "/inc1", "https://status.github.example/incidents/inc1", "#1", "3"),
    *("on", "off", "here", "please", "is", "down", "?", "!", "until", "for", "since", "and", "or", "not", "no", "with"),
    *(
        "2h",
        "90m",
        "1w",
        "until 25:61",
        "until tomorrow",
        "99999999999999999999d",
        "-1h",
        "0m",
        "1e9h",
        "08:30",
        "open",
    ),
    *("--days 30", "--days -1", "--days 9999999999999999999", "--days", "days:7", "--", "—days 30"),
    *(
        'component:"API"',
        'component:!"Docs"',
        "component:*",
        "component:a*b*c*d*e*f*g*h*i*j*",
        'component:"',
        "component:",
    ),
    *("component:[!a-z]", "component:[", "component:\\", "region:eu", "region:!eu", 'region:""', "group:Core"),
    *(
        "severity:major+",
        "severity:wobbly",
        "severity:",
        "major",
        "only critical",
        "maintenance:on",
        "maintenance:maybe",
    ),
    *(
        'match:"(a+)+$"',
        "match:*",
        'match:"log in"',
        "match:\u201clog in\u201d",
        "match:" + "x" * 300,
        "mode:thread",
        "zone:",
    ),
    *("zone:Europe/Berlin", "zone:../../etc/passwd", "zone:\u00e9", "mode:edit", "mode:nonsense"),
    *(
        "mention:@here",
        "mention:<!subteam^S1|@oncall>",
        "mention:<@U1>@major",
        "mention:@everyone@",
        "<@U1>",
        "<#C1|ops>",
    ),
    *(
        "https://status.acme.example",
        "http://xn--a/",
        "http://xn--a.example",
        "http://[::1",
        "http://[::1]:99999/",
        "http://a..b",
    ),
    *(
        "https://user:secret@acme.example",
        "ftp://acme.example",
        "javascript:alert(1)",
        "https://",
        "//acme",
        "http://\u2100.com",
    ),
    *(
        "http://%00/",
        "http://acme.example:port/",
        "https://\u0430\u0441me.example/%zz?a=b#c",
        "http://169.254.169.254/",
        "status.acme",
    ),
    *("<https://status.acme.example|status>", "http://" + "a" * 300 + ".example", "http://acme.example/" + "a/" * 300),
    *(
        "\x00",
        "\ud800",
        "\u202e",
        "\u200b",
        "\ufeff",
        "e\u0301",
        "\U0001f600",
        "\u00df",
        "\u0130",
        "\u2028",
        "\r\n",
        "\t",
    ),
    *("'", '"', "\u201c", "\u201d", "`", "```", "\\", "|", ";", "&&", "$(x)", "{}", "{0}", "%s", "<b>", "&amp;", "*_~"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """``trace`` is what went wrong with this line."""

    number: int
    line: str
    trace: str


@dataclass(slots=True)
class Report:
    lines: int = 0
    took_s: float = 0.0
    slowest_s: float = 0.0
    slowest_number: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Report) -> None:
        self.lines += other.lines
        self.took_s += other.took_s
        self.findings += other.findings
        if other.slowest_s > self.slowest_s:
            self.slowest_s, self.slowest_number = other.slowest_s, other.slowest_number

    def __str__(self) -> str:
        each_ms = 1000 * self.took_s / max(self.lines, 1)
        slowest = f"{1000 * self.slowest_s:.0f} ms for line {self.slowest_number}"
        return f"{self.lines:,} lines, {each_ms:.2f} ms each, slowest {slowest}: {len(self.findings)} failures"


def line_of(number: int, seed: int) -> str:
    dice = random.Random(f"{seed}/{number}")
    words = dice.choices(WORDS, k=dice.choice((1, 2, 3, 4, 6, 10)))
    if dice.random() < 0.7:
        words.insert(0, dice.choice(COMMANDS).name)
    line = dice.choice(("", " ", " ", " ", "  ", ", ")).join(words)
    for _ in range(dice.choice((0, 0, 1, 2, 5))):
        line = _broken(dice, line)
    return line


def _broken(dice: random.Random, line: str) -> str:
    at, end = sorted((dice.randint(0, len(line)), dice.randint(0, len(line))))
    return dice.choice(
        (
            line[:at] + line[end:],
            line[:at] + line[at:end] * 2 + line[end:],
            line[:at]
            + chr(dice.choice((dice.randrange(128), dice.randrange(0x3000), dice.randrange(0x110000))))
            + line[at:],
            line[:at] + line[at:end][::-1] + line[end:],
            line[:at] + line[at:end].swapcase() + line[end:],
            line[:at] + dice.choice(WORDS) * dice.choice((1, 2, 40)) + line[at:],
        )
    )


def run(first: int, lines: int, seed: int) -> Report:
    """Type these lines, one after another, at a channel that is told of things."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="lookout-fuzz-") as folder, asyncio.Runner() as loop:
        store = Store(f"sqlite:///{Path(folder, 'lookout.db')}")
        fetcher = Fetcher(lambda: NOW, resolve=_nobody)
        try:
            talk = _talk(store)
            for number in range(first, first + lines):
                line = line_of(number, seed)
                began = time.process_time()
                try:
                    _type(talk, line, number, loop, fetcher)
                    took = time.process_time() - began
                    assert took < SLOW_S, f"took {took:.1f} s"
                except Exception:
                    report.findings.append(Finding(number, line, traceback.format_exc()))
                took = time.process_time() - began
                talk.replies.clear()
                report.add(Report(1, took, took, number))
        finally:
            loop.run(fetcher.aclose())
            store.close()
    return report


def _type(talk: Talk, line: str, number: int, loop: asyncio.Runner, fetcher: Fetcher) -> None:
    reply = talk.ask(line, may_manage=number % 5 != 0)
    for url in reply.unknown_pages:
        found = loop.run(find(fetcher, url))
        assert isinstance(found, Failed)
        assert found.reason
    try:
        wanted = parse(line, CATALOG).filter
    except UsageError:
        return
    if wanted == Filter():
        return
    assert parse(unparse(wanted), CATALOG).filter == wanted, f"{wanted} is read otherwise from {unparse(wanted)}"
    route(OPEN, {part.id: part for part in GITHUB_PARTS}, [wanted])


def _talk(store: Store) -> Talk:
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    talk = Talk(store)
    talk.ask("subscribe github, aws, dyspatch")
    talk.reading("github", GITHUB_PARTS, [OPEN], level=Level.PARTIAL_OUTAGE)
    talk.reading("aws")
    talk.unreadable("dyspatch", "status.dyspatch.example does not answer.", ago(hours=3))
    talk.post()
    return talk


OPEN = incident("github", "inc1", "Errors in *Actions* <b>", ago(hours=2), said(1, ago(hours=2), "We look into it."))
CATALOG_FIRST = next(iter(CATALOG)).slug


async def _nobody(host: str, port: int) -> Sequence[str]:
    raise OSError("no such name")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first line")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    report = Report()
    last = options.first + options.lines
    with ProcessPoolExecutor(options.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        starts = range(options.first, last, BATCH)
        for done in pool.map(run, starts, (min(BATCH, last - at) for at in starts), [options.seed] * len(starts)):
            for found in done.findings[:MAX_PRINTED]:
                sys.stdout.write(f"line {found.number}, {found.line!r}:\n{found.trace}\n")
            report.add(done)
    sys.stdout.write(f"{report}\n")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
