"""Breaks pages in seeded ways and reads them: whatever comes in, out come facts or one clear sentence.

``python -m tests.fuzz --rounds 10000 --seed 7`` runs it by hand; a short run is among the tests.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.domain import Incident, Slug, Snapshot
from bot.monitor.detect import detect, recognise
from bot.monitor.page import Body, ParseFailed, Provider
from bot.monitor.providers import PROVIDERS
from bot.monitor.reading import to_json
from tests.shelf import recorded

OWN = Path(__file__).parent / "pages"
NOW = datetime(2026, 7, 1, tzinfo=UTC)
URL = "https://status.acme.example/api/v2/summary.json"
LARGEST = 300_000
"""Larger recorded pages only make the rounds slow."""

SLOW_S = 5.0
ONE_SENTENCE = re.compile(r"[A-Z][^\n]{5,200}\.")


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


def pages() -> list[Page]:
    """The project's own, and the recorded ones where they are there: all that some provider knows."""
    paths = [*sorted(path for path in OWN.rglob("*.*") if path.is_file()), *recorded("**/*.*")]
    found = [Page(path.name, path.read_bytes()) for path in paths if path.stat().st_size < LARGEST]
    return [page for page in found if recognise(Body(URL, page.content))]


def run(rounds: int, seed: int, over: list[Page] | None = None) -> Iterator[Finding]:
    """Each round breaks one page in one or more ways and reads it by every provider."""
    over = over or pages()
    for number in range(rounds):
        dice = random.Random(f"{seed}/{number}")
        page = dice.choice(over)
        content = page.content
        for _ in range(dice.choice((1, 1, 1, 2, 4, 8))):
            content = dice.choice(WAYS)(dice, content)
        started = time.perf_counter()
        try:
            for provider in PROVIDERS:
                read(provider, Body(URL, content))
            ask(content)
        except Exception:
            yield Finding(page.name, number, traceback.format_exc())
        if time.perf_counter() - started > SLOW_S:
            yield Finding(page.name, number, f"took {time.perf_counter() - started:.1f} s for {len(content)} bytes")


def read(provider: Provider, body: Body) -> bool:
    """One body by one provider, as state and as history: whether any facts came out.

    Raises if anything comes out but facts or a sentence.
    """
    provider.recognises(body)
    incidents: tuple[Incident, ...] = ()
    failures = []
    try:
        snapshot = provider.parse(Slug("acme"), (body,), NOW)
        check(snapshot)
        incidents += snapshot.incidents
    except ParseFailed as failure:
        failures.append(str(failure))
    try:
        incidents += provider.parse_history(Slug("acme"), (body, body)).incidents
    except ParseFailed as failure:
        failures.append(str(failure))
    for incident in incidents:
        check_incident(incident)
    assert all(map(ONE_SENTENCE.fullmatch, failures)), f"not one sentence: {failures}"
    return len(failures) < 2


def ask(content: bytes) -> None:
    steps = detect("https://status.acme.example")
    try:
        next(steps)
        while True:
            steps.send(Body("https://status.acme.example/", content))
    except StopIteration:
        pass


def check(snapshot: Snapshot) -> None:
    """Facts that the store and the chat platforms can take."""
    json.dumps(to_json(Slug("acme"), "k", URL, snapshot), allow_nan=False, ensure_ascii=False).encode()
    texts = [snapshot.words, snapshot.stamp or ""]
    texts += [text for c in snapshot.components for text in (c.id, c.name, c.group or "")]
    for incident in snapshot.incidents:
        check_incident(incident)
        texts += [incident.id, incident.title, incident.url or "", *incident.components]
        texts += [text for update in incident.updates for text in (update.id, update.text)]
    assert not any("\x00" in text for text in texts)
    ids = [c.id for c in snapshot.components], [i.id for i in snapshot.incidents]
    assert all(len(set(each)) == len(each) and all(each) for each in ids)


def check_incident(incident: Incident) -> None:
    assert incident.title
    times = [incident.started, incident.resolved, incident.until, *(update.at for update in incident.updates)]
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


def change_value(dice: random.Random, content: bytes) -> bytes:
    """One value of a JSON body, or one text of a markup, becomes something else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return _change_text(dice, content)
    places = list(_places(value))
    if not places:
        return content
    holder, key = dice.choice(places)
    if dice.random() < 0.3:
        del holder[key]
    else:
        holder[key] = dice.choice(ODD)
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return content


def _places(value: object) -> Iterator[tuple[dict[object, object], object]]:
    rows = [value]
    while rows:
        row = rows.pop()
        if isinstance(row, dict):
            yield from ((row, key) for key in row)
            rows += row.values()
        elif isinstance(row, list):
            rows += row


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

WAYS: list[Way] = [truncate, flip, insert, repeat, encode, *[change_value] * 15]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    over = pages()
    failures = 0
    for finding in run(options.rounds, options.seed, over):
        failures += 1
        sys.stdout.write(f"round {finding.round}, {finding.page}:\n{finding.trace}\n")
    sys.stdout.write(f"{options.rounds} rounds over {len(over)} pages, seed {options.seed}: {failures} failures\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
