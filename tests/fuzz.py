"""Breaks pages in seeded ways and reads them: whatever comes in, out come facts or one clear sentence.

``python -m tests.fuzz --rounds 100000`` breaks every parser's own pages so many times; ``--kind K --first N --rounds
1`` repeats one round of it. A short run is among the tests.
"""

from __future__ import annotations

import argparse
import copy
import json
import marshal
import multiprocessing
import os
import random
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate

from bot.domain import Incident, Slug, Snapshot
from bot.monitor.detect import detect
from bot.monitor.provider import Body, ParseFailed, Provider, no_more_urls
from bot.monitor.providers import BY_KIND, PROVIDERS
from bot.monitor.snapshot_json import to_json
from tests.platforms import fixtures
from tests.shelf import PAGES as SHELF
from tests.shelf import recorded

NOW = datetime(2026, 7, 1, tzinfo=UTC)
URL = "https://status.acme.example/api/v2/summary.json"

MAX_PAGE_BYTES = 1_000_000
TYPICAL_BYTES = 4_000
"""A larger page is drawn the more rarely the larger it is, so that the large ones do not take all of the time."""
ALL_EVERY = 4 * len(PROVIDERS)
"""One input in so many is read by every parser, and asked after by detection."""

SLOW_S = 5.0
"""Of processor time: more for one input is a finding."""
MAX_BYTES = 100_000_000
"""More memory for the reading of one input is a finding."""
MAX_MORE_URLS = 50
"""More further requests for one page are a finding."""
MAX_PRINTED = 5
"""Findings that are printed for one parser; all are counted."""
ONE_SENTENCE = re.compile(r"[A-Z][^\n]{5,200}\.")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """``trace`` is what went wrong when this page was read after this round's breaking."""

    page: str
    round: int
    trace: str


@dataclass(slots=True)
class Report:
    """Of one parser. ``facts``: how many inputs were still read as something; ``grew``: memory, over all of them."""

    kind: str
    pages: int
    rounds: int = 0
    facts: int = 0
    took_s: float = 0.0
    slowest_s: float = 0.0
    slowest_bytes: int = 0
    slowest_round: int = 0
    grew: int = 0
    findings: list[Finding] = field(default_factory=list)

    def __str__(self) -> str:
        each_ms = 1000 * self.took_s / max(self.rounds, 1)
        slowest = (
            f"{1000 * self.slowest_s:.0f} ms for {self.slowest_bytes / 1000:,.0f} kB in round {self.slowest_round}"
        )
        summary = f"{self.rounds:,} inputs from {self.pages} pages, {self.facts / max(self.rounds, 1):.0%} read, "
        summary += f"{each_ms:.2f} ms each, slowest {slowest}, memory +{self.grew / 1e6:.0f} MB"
        return f"{self.kind}: {summary}, {len(self.findings)} failures"


class TooSlow(BaseException):
    """No ``Exception``: nobody is to catch it on its way out."""


@cache
def pages(kind: str) -> tuple[Page, ...]:
    """The project's own of a kind, and the recorded ones where they are there."""
    provider = BY_KIND[kind]
    found = [Page(path.name, path.read_bytes()) for path in fixtures(kind)]
    for path in recorded("**/*.*"):
        if path.stat().st_size < MAX_PAGE_BYTES:
            page = Page(str(path.relative_to(SHELF)), path.read_bytes())
            if path.parent.name == kind or provider.recognises(Body(page.name, page.content)):
                found.append(page)
    return tuple(found)


def run(kind: str, rounds: int, seed: int, first: int = 0) -> Report:
    """Each round breaks one page of the kind in one or more ways and reads it, alone or among others of its kind."""
    provider, over = BY_KIND[kind], pages(kind)
    takes_several = len(provider.state_urls(URL)) > 1 or provider.more_urls is not no_more_urls
    weights = list(accumulate(TYPICAL_BYTES / max(len(page.content), TYPICAL_BYTES) for page in over))
    report = Report(kind, len(over))
    for number in range(first, first + rounds):
        dice = random.Random(f"{seed}/{kind}/{number}")
        page = dice.choices(over, cum_weights=weights)[0]
        content = broken_by(dice, page.content)
        broken = Body(URL, content)
        bodies = [broken]
        if takes_several and dice.random() < 0.5:
            bodies += [
                Body(URL, other.content) for other in dice.choices(over, cum_weights=weights, k=dice.randint(1, 2))
            ]
            dice.shuffle(bodies)
        before, memory = time.process_time(), _peak()
        try:
            with _at_most(SLOW_S):
                report.facts += read(provider, broken, bodies)
                if number % ALL_EVERY == 0:
                    _by_all(content)
        except (Exception, TooSlow):
            report.findings.append(Finding(page.name, number, traceback.format_exc()))
        took, grew = time.process_time() - before, _peak() - memory
        if grew > MAX_BYTES:
            report.findings.append(Finding(page.name, number, f"took {grew:,} bytes of memory"))
        report.rounds += 1
        report.took_s += took
        report.grew += grew
        if took > report.slowest_s and number % ALL_EVERY:
            report.slowest_s, report.slowest_round = took, number
            report.slowest_bytes = sum(len(body.content) for body in bodies)
    return report


def read(provider: Provider, broken: Body, among: Sequence[Body] = ()) -> bool:
    """One body by one provider, alone or among others, as state and as history: whether any facts came out.

    Raises if anything comes out but facts or a sentence.
    """
    bodies = tuple(among) or (broken,)
    provider.recognises(broken)
    provider.page_url_in(broken)
    incidents: tuple[Incident, ...] = ()
    failures = []
    try:
        assert len(provider.more_urls(URL, bodies)) <= MAX_MORE_URLS
        snapshot = provider.parse(Slug("acme"), bodies, NOW)
        check(snapshot)
        incidents += snapshot.incidents
    except ParseFailed as failure:
        failures.append(str(failure))
    try:
        incidents += provider.parse_history(Slug("acme"), (*bodies, bodies[0])).incidents
    except ParseFailed as failure:
        failures.append(str(failure))
    for incident in incidents:
        check_incident(incident)
    assert all(map(ONE_SENTENCE.fullmatch, failures)), f"not one sentence: {failures}"
    return len(failures) < 2 and (bool(incidents) or not failures)


def _by_all(content: bytes) -> None:
    for provider in PROVIDERS:
        read(provider, Body(URL, content))
    steps = detect("https://status.acme.example")
    try:
        next(steps)
        while True:
            steps.send(Body("https://status.acme.example/", content))
    except StopIteration:
        pass


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Ends what takes more processor time, also inside a regular expression."""

    def end(_: int, __: object) -> None:
        raise TooSlow(f"took more than {seconds} s")

    signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def check(snapshot: Snapshot) -> None:
    """Facts that the store and the chat platforms can take."""
    json.dumps(to_json(Slug("acme"), "k", URL, snapshot), allow_nan=False, ensure_ascii=False).encode()
    texts = [snapshot.status_text, snapshot.page_updated_at or ""]
    texts += [text for c in snapshot.components for text in (c.id, c.name, c.group or "", c.raw_status or "")]
    for incident in snapshot.incidents:
        check_incident(incident)
        texts += [incident.id, incident.title, incident.url or "", *incident.components]
        texts += [incident.raw_phase or "", incident.raw_impact or ""]
        texts += [text for update in incident.updates for text in (update.id, update.text)]
    assert not any("\x00" in text for text in texts)
    ids = [c.id for c in snapshot.components], [i.id for i in snapshot.incidents]
    assert all(len(set(each)) == len(each) and all(each) for each in ids)


def check_incident(incident: Incident) -> None:
    assert incident.title
    times = [incident.started, incident.resolved, incident.planned_end, *(update.at for update in incident.updates)]
    assert all(at is None or (at.tzinfo is UTC and 1900 < at.year < 2300) for at in times)
    assert list(incident.updates) == sorted(incident.updates, key=lambda update: update.at)
    assert len({update.id for update in incident.updates}) == len(incident.updates)
    assert incident.url is None or incident.url.startswith(("https://", "http://"))


# --- ways to break a page -------------------------------------------------------------------------------------------

Way = Callable[[random.Random, bytes], bytes]


def truncate(dice: random.Random, content: bytes) -> bytes:
    return content[: dice.randint(0, len(content))]


def flip(dice: random.Random, content: bytes) -> bytes:
    broken = bytearray(content)
    for _ in range(dice.randint(1, 8) if broken else 0):
        broken[dice.randrange(len(broken))] = dice.randrange(256)
    return bytes(broken)


def insert(dice: random.Random, content: bytes) -> bytes:
    pieces = [b"\x00", b"\xff\xfe", b"<", b">", b"&", b"&#0;", b"]]>", b"<!--", b"{", b'"', b"[" * 5000, b"<a>" * 5000]
    pieces += [b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"\xed\xa0\x80", b"NaN", b"\r", b"1e999", b"9" * 5000, b"\\ud800"]
    at = dice.randint(0, len(content))
    return content[:at] + dice.choice(pieces) + content[at:]


def repeat(dice: random.Random, content: bytes) -> bytes:
    start = dice.randint(0, len(content))
    piece = content[start : start + dice.randint(1, 400)]
    return content[:start] + piece * dice.randint(2, 30) + content[start:]


def encode(dice: random.Random, content: bytes) -> bytes:
    encoding = dice.choice(["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "utf-7", "utf-8-sig", "cp500"])
    return content.decode("utf-8", "ignore").encode(encoding, "replace")


def change_values(dice: random.Random, content: bytes, times: int) -> bytes:
    """Values of a JSON body, or texts of a markup, become something else."""
    if (known := _taken_apart(content)) is None:
        for _ in range(times):
            content = _change_text(dice, content)
        return content
    whole, places = known
    value = marshal.loads(whole)
    for _ in range(times if places else 0):
        *path, key = dice.choice(places)
        holder = value
        try:
            for step in path:
                holder = holder[step]
            if dice.random() < 0.3:
                del holder[key]
            else:
                holder[key] = copy.deepcopy(dice.choice(ODD))
        except (KeyError, TypeError, IndexError):
            continue  # Gone, or something else since an earlier change.
    return json.dumps(value).encode()


@cache
def _taken_apart(content: bytes) -> tuple[bytes, list[tuple[str | int, ...]]] | None:
    """A JSON body as what is quicker to load, and the way to each value that has a name."""
    try:
        value = json.loads(content, strict=False)
    except (ValueError, RecursionError):
        return None
    return marshal.dumps(value), [path for path, _ in _places(value) if path and isinstance(path[-1], str)]


def _places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _places(each, (*path, key))


def _change_text(dice: random.Random, content: bytes) -> bytes:
    texts = [found.span(1) for found in re.finditer(rb">([^<]+)<|\"([^\"<]+)\"", content) if found[1]]
    if not texts:
        return content
    start, end = dice.choice(texts)
    odd = dice.choice([str(odd) for odd in ODD if not isinstance(odd, list | dict)])
    return content[:start] + odd.encode("utf-8", "replace") + content[end:]


ODD: list[object] = [
    *(None, True, False, 0, -1, 7, 10**30, -(2**63), 1.5, float("nan"), float("inf"), "", " ", "x", "wobbly"),
    *([], {}, [None], [[]], [{}], {"a": 1}, {"id": None}, ["x"], [1, "2", None]),
    *("resolved", "major_outage", "critical", "none", "2026-01-01T00:00:00Z", "0000-00-00", "99999-12-31T00:00:00Z"),
    *("yesterday", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "Mon, 31 Feb 2026 25:61:00 XYZ"),
    *("\x00", "\ud800", "a\u2028b", "\u202e", "<p>", "&lt;", "x" * 20_000, "http://[", "javascript:alert(1)", "//"),
]

WAYS: list[Way] = [truncate, flip, insert, repeat, encode]


def broken_by(dice: random.Random, content: bytes) -> bytes:
    """In one way or more, most of all by changes of values."""
    ways = dice.choice((1, 1, 1, 2, 4, 8))
    whole = sum(dice.random() < 0.25 for _ in range(ways))
    if ways > whole:
        content = change_values(dice, content, ways - whole)
    for _ in range(whole):
        content = dice.choice(WAYS)(dice, content)
    return content


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000, help="mutated inputs per parser")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=BY_KIND, action="append", help="only this parser's (repeatable)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first round")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many parsers run at a time")
    options = parser.parse_args()
    failures = 0
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=spawn, max_tasks_per_child=1) as pool:
        kinds = options.kind or BY_KIND
        runs = [pool.submit(run, kind, options.rounds, options.seed, options.first) for kind in kinds]
        for done in as_completed(runs):
            report = done.result()
            failures += len(report.findings)
            for found in report.findings[:MAX_PRINTED]:
                sys.stdout.write(f"{report.kind}, round {found.round}, {found.page}:\n{found.trace}\n")
            sys.stdout.write(f"{report}\n")
            sys.stdout.flush()
    each = f"{options.rounds:,} mutated inputs for each of {len(runs)} parsers, seed {options.seed}"
    sys.stdout.write(f"{each}: {failures} failures\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
