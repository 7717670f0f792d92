"""An unchanged page with the extra ``fast``, beside programs that others read status pages with: CPU a page.

Neither is brought along. Prometheus' blackbox_exporter asks for the page, looks for a text in it and keeps nothing; it
is measured where its program is installed. status-page-to-chat (https://github.com/gzuercher/status-page-to-chat) reads
two lists of incidents a page and compares them with what it has in SQLite; it is measured where ``LOOKOUT_BENCH_PEER``
names the folder in which its version 1.0.0 has been built. All read the same pages in turn, each in its own process on
the same core, and only the CPU of that process counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from bench.machine import cpu_s, pin
from bench.poll import Arm, CpuClock, alternate
from bench.result import Result, Say, at_most, ratio
from bench.server import PageServer, host
from bench.world import ROUND, START, Clock, fetching, polling, vendors
from bot.monitor.fast_transport import is_installed

WHAT = "Unchanged page with the fast transport ÷ {}, CPU"
BAR_PROBE = 0.6
BAR_PEER = 0.16
PAGES = 100
"""Few: the second peer asks all of them at once, and gives each 10 s."""
MAX_VOID = 10
"""So many rounds in which not every page was read are repeated."""
PROBES = ("blackbox_exporter", "prometheus-blackbox-exporter")
"""The names of its program: as it is published, and Debian's."""
PROBES_AT_ONCE = 10
"""Prometheus spreads them over its interval; where many are made at once, a busy machine lets some run out of time."""
PEER_FOLDER = "LOOKOUT_BENCH_PEER"
PEER_PROGRAM = Path("dist/src/main.js")
PEER_EVERY_S = 30
"""So often it reads all pages. Between its turns it is stopped; what fell due meanwhile begins when it goes on."""
SUMMED_UP = rb'"time":"([^"]+)".*"run_summary":'
"""The line at the end of a reading of all pages, and when that was."""
CLOSED_S = 5.0
"""So long after its requests it has closed its connections, which undici keeps for 4 s."""
NAMES = """const dns = require("node:dns");
dns.lookup = (name, options, done) =>
  process.nextTick(() =>
    options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
"""
"""Looked up as Lookout looks names up here: every one of them is this machine, and nobody is asked."""


@dataclass(frozen=True, slots=True)
class Peer:
    what: str
    bar: float
    requests: int
    """A page."""
    started: Callable[[PageServer, int], AbstractAsyncContextManager[tuple[Arm, CpuClock]]]
    """Started on so many pages; it is warm once its arm ran."""


def measure(quick: bool, say: Say) -> list[Result]:
    peers, results = _found()
    if peers:
        pin(0)
        with PageServer(START) as server:
            results = asyncio.run(_measure(server, peers, PAGES, 3 if quick else 5, say)) + results
    return results


def _found() -> tuple[list[Peer], list[Result]]:
    """Who is there to be measured, and why the others are not."""
    peers, results = [], []
    node, folder = shutil.which("node"), os.environ.get(PEER_FOLDER, "")
    program = next(filter(None, map(shutil.which, PROBES)), None)
    is_missing = None if is_installed() else "pyreqwest is not installed"
    if sys.platform != "linux":
        is_missing = "only Linux tells the CPU of another process"
    what = "a probe by blackbox_exporter"
    if missing := is_missing or (None if program else "blackbox_exporter is not installed"):
        results.append(_not_measured(what, missing, BAR_PROBE))
    elif program:
        peers.append(Peer(what, BAR_PROBE, 1, partial(_probe, program)))
    what = "a reading by status-page-to-chat"
    if missing := is_missing or (None if folder else f"{PEER_FOLDER} names no folder of it"):
        results.append(_not_measured(what, missing, BAR_PEER))
    elif not node or not Path(folder, PEER_PROGRAM).exists():
        results.append(_not_measured(what, f"no node, or no {PEER_PROGRAM} in {folder}", BAR_PEER))
    else:
        peers.append(Peer(what, BAR_PEER, 2, partial(_peer, node, Path(folder).resolve())))
    return peers, results


def _not_measured(what: str, why: str, bar: float) -> Result:
    return Result(WHAT.format(what), f"not measured: {why}", f"≤ {bar:g}")


async def _measure(server: PageServer, peers: Sequence[Peer], pages: int, rounds: int, say: Say) -> list[Result]:
    clock = Clock()
    results = []
    async with (
        fetching(server, clock, pages, fast=True) as fetcher,
        polling(vendors(pages, server.url), fetcher, clock) as world,
        AsyncExitStack() as stack,
    ):

        async def ours() -> None:
            clock.now += ROUND
            await world.poller.tick()

        say(f"first readings of {pages} pages, with their histories")
        for _ in range(5):
            await ours()
        arms: dict[str, Arm] = {"ours": ours}
        clocks: dict[str, CpuClock] = {}
        for peer in peers:
            say(f"starting {peer.what}")
            arms[peer.what], clocks[peer.what] = await stack.enter_async_context(peer.started(server, pages))
        # A peer never asks with a condition, so the first of them is enough where nobody does.
        for validate, beside in ((True, peers), (False, peers[:1])):
            server.validate(validate)
            taken = {name: arms[name] for name in ("ours", *(peer.what for peer in beside))}
            for arm in taken.values():
                with suppress(_Void):
                    await arm()
            ours_304 = pages if validate else 0
            requests = pages * (1 + sum(peer.requests for peer in beside))
            told = "304" if validate else "the same body"
            race = _Race(server, taken, clocks, {200: requests - ours_304, 304: ours_304})
            spent = await race.run(rounds, lambda round_: say(f"{told}: {round_} of {rounds}"))  # noqa: B023
            for peer in beside:
                figure = ratio(spent["ours"], spent[peer.what])
                detail = " for ".join(f"{median(spent[arm]) / pages * 1e3:.2f} ms" for arm in ("ours", peer.what))
                what = WHAT.format(peer.what)
                if validate:
                    results.append(at_most(what, figure, peer.bar, "", detail))
                else:
                    results.append(
                        Result(f"— the same of a page without an ETag ÷ {peer.what}", f"{figure:.2f}  ({detail})")
                    )
    return results


class _Race:
    """Rounds of all arms. One in which a request came to its time limit is void, and is repeated.

    :param expect: how many requests, by status, the server answers in a round.
    """

    def __init__(
        self, server: PageServer, arms: Mapping[str, Arm], clocks: Mapping[str, CpuClock], expect: Mapping[int, int]
    ) -> None:
        self._server = server
        self._arms = dict(arms)
        self._clocks = clocks
        self._expect = expect

    async def run(self, rounds: int, say: Callable[[int], None]) -> Mapping[str, Sequence[float]]:
        """CPU seconds of every arm in every round, each time in another order."""
        spent: dict[str, list[float]] = {name: [] for name in self._arms}
        voids: list[_Void] = []
        while (done := len(spent["ours"])) < rounds:
            say(done + 1)
            try:
                figures = await self._round()
            except _Void as void:
                voids.append(void)
                if len(voids) > MAX_VOID:
                    raise AssertionError(f"{len(voids)} rounds were void") from void
            else:
                for name, figure in figures.items():
                    spent[name].append(figure)
            first = next(iter(self._arms))
            self._arms[first] = self._arms.pop(first)
        return spent

    async def _round(self) -> Mapping[str, float]:
        before = self._server.answered()
        spent = await alternate(self._arms, 1, lambda _: None, self._clocks)
        asked = {status: count - before[status] for status, count in self._server.answered().items()}
        if asked != self._expect:
            raise _Void(f"the server was asked {asked}, not {self._expect}")
        return {name: figures[0] for name, figures in spent.items()}


class _Void(Exception):
    """Not every page was read."""


@asynccontextmanager
async def _probe(program: str, server: PageServer, pages: int) -> AsyncIterator[tuple[Arm, CpuClock]]:
    """One probe a page, over connections to the exporter that are kept."""
    module = {
        "prober": "http",
        "timeout": "30s",
        "http": {
            "compression": "gzip",
            "preferred_ip_protocol": "ip4",
            "fail_if_body_not_matches_regexp": [r'"indicator":\s*"none"'],
        },
    }
    with TemporaryDirectory(prefix="lookout-bench-") as name:
        folder = Path(name)
        (folder / "root.pem").write_bytes(server.root)
        # JSON is YAML. It trusts what the system trusts: a file of its own would be read anew for each probe.
        (folder / "probe.yml").write_text(json.dumps({"modules": {"page": module}}), encoding="utf-8")
        words = (program, f"--config.file={folder / 'probe.yml'}", "--web.listen-address=127.0.0.1:0")
        async with _running(words, folder, {"SSL_CERT_FILE": str(folder / "root.pem")}) as process:
            port = (await _line(process, rb"address=127\.0\.0\.1:(\d+)")).decode()
            limits = httpx.Limits(max_connections=PROBES_AT_ONCE, max_keepalive_connections=PROBES_AT_ONCE)
            async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:

                async def probe(todo: Sequence[int]) -> str:
                    failed = ""
                    for page in todo:
                        target = f"https://127.0.0.1:{server.port}/api/v2/summary.json"
                        asked = {"target": target, "hostname": host(page), "module": "page"}
                        answer = await client.get(f"http://127.0.0.1:{port}/probe", params=asked)
                        if "\nprobe_success 1\n" not in answer.text:
                            failed = answer.text
                    return failed

                async def arm() -> None:
                    shares = (probe(range(n, pages, PROBES_AT_ONCE)) for n in range(PROBES_AT_ONCE))
                    if failed := "".join(await asyncio.gather(*shares)):
                        raise _Void(f"a probe failed\n{failed}")

                yield arm, partial(cpu_s, process.pid)


@asynccontextmanager
async def _peer(node: str, program: Path, server: PageServer, pages: int) -> AsyncIterator[tuple[Arm, CpuClock]]:
    """The whole program as it comes, on a database of its own. Between its turns it is stopped."""
    providers = [
        {"key": f"v{n}", "displayName": f"Vendor {n}", "adapter": "atlassian-statuspage", "baseUrl": server.url(n)}
        for n in range(pages)
    ]
    with TemporaryDirectory(prefix="lookout-bench-") as name:
        folder = Path(name)
        (folder / "root.pem").write_bytes(server.root)
        (folder / "names.cjs").write_text(NAMES, encoding="utf-8")
        config = json.dumps({"chatTarget": "googleChat", "providers": providers})
        (folder / "providers.yaml").write_text(config, encoding="utf-8")
        environment = {
            "NODE_ENV": "production",
            "NODE_EXTRA_CA_CERTS": str(folder / "root.pem"),
            "NODE_OPTIONS": f"--require={folder / 'names.cjs'}",
            "CONFIG_PATH": str(folder / "providers.yaml"),
            "STATE_DB_PATH": str(folder / "state.sqlite"),
            "POLL_CRON": f"*/{PEER_EVERY_S} * * * * *",
            "WEBHOOK_URL": "http://127.0.0.1:9/",
        }
        async with _running((node, str(program / PEER_PROGRAM)), program, environment) as process:

            async def arm() -> None:
                # Just after its clock's beat: the next one is far.
                await asyncio.sleep(PEER_EVERY_S - time.time() % PEER_EVERY_S + 0.1)
                began = time.time()
                process.send_signal(signal.SIGCONT)
                # How many could not be read shows in what the server was asked.
                while datetime.fromisoformat((await _line(process, SUMMED_UP)).decode()).timestamp() < began:
                    pass
                await asyncio.sleep(CLOSED_S)
                process.send_signal(signal.SIGSTOP)

            # The first reading begins with the program, not with a beat.
            await arm()
            yield arm, partial(cpu_s, process.pid)


@asynccontextmanager
async def _running(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """No setting of whoever measures but the path. What it prints is to be read: :func:`_line`."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, env={**kept, **environment}, stdin=DEVNULL, stdout=PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        yield process
    finally:
        # One that is stopped does not hear that it is to end.
        process.kill()
        await process.communicate()


async def _line(process: Process, pattern: bytes) -> bytes:
    """Reads what it prints until the pattern, whose group is returned."""
    assert process.stdout
    last = b""
    async for line in process.stdout:
        if found := re.search(pattern, line):
            return found[1]
        last = line
    raise AssertionError(f"it ended: {last.decode(errors='replace')}")
