"""Large bodies are understood in a process of their own: real processes, real pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from bot.domain import Level, Slug, Snapshot
from bot.monitor.detect import examine
from bot.monitor.fetch import Fetcher
from bot.monitor.parsing.body import read_json
from bot.monitor.probe import NotRead, Probed, Prober
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND, PROVIDERS
from bot.monitor.workers import Workers
from bot.monitor.workers.jobs import RESULTS, Job, Task, perform
from bot.monitor.workers.pool import WORKER_BYTES, WorkerBug, for_worker
from bot.monitor.workers.wire import decoder, encode
from bot.threads import Threads
from tests.platforms import fixtures
from tests.servers import PageServer, Reply

NOW = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
ACME = Slug("acme")
T = TypeVar("T")


@pytest.fixture
def workers() -> Iterator[Workers]:
    started = Workers()
    yield started
    started.close()


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as running:
        yield running


def summary(components: int) -> bytes:
    rows = [
        {"id": f"c{n}", "name": f"Part {n} of the whole", "status": "partial_outage", "position": n, "group": False}
        for n in range(components)
    ]
    page = {"id": "p", "name": "Acme", "url": "https://acme.example", "time_zone": "Etc/UTC"}
    status = {"indicator": "none", "description": "All Systems Operational"}
    return json.dumps({"page": page, "status": status, "components": rows, "incidents": []}).encode()


def dear() -> bytes:
    """Takes seconds to understand, whoever reads it as a Statuspage: every part is one."""
    return b'{"page":{"id":"p"},"components":[' + b'{"id":"a","name":"b"},' * 340_000 + b"{}]}"


def run(workers: Workers, job: Job, content: bytes) -> object:
    return asyncio.run(_run(workers, job, content))


async def _run(workers: Workers, job: Job, content: bytes) -> object:
    return await workers.run(job, [Body("https://status.acme.example/", content)])


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.kind)
def test_what_any_platform_says_travels_unchanged(provider: object) -> None:
    kind = getattr(provider, "kind", "")
    travelled = 0
    for path in fixtures(kind):
        bodies = (Body(path.name, path.read_bytes()),)
        for task in Task:
            job = Job(task, kind, ACME, "https://status.acme.example/", NOW)
            try:
                result = perform(job, bodies)
            except ParseFailed:
                continue
            there = json.loads(json.dumps(encode(result)))
            assert decoder(RESULTS[task])(there) == result
            assert decoder(Job)(json.loads(json.dumps(encode(job)))) == job
            travelled += 1
    assert travelled


def test_a_worker_understands_what_this_process_would(workers: Workers) -> None:
    job, content = Job(Task.STATE, "statuspage", ACME, "https://acme.example", NOW), summary(3_000)
    body = Body("https://status.acme.example/", content)
    here = BY_KIND["statuspage"].parse(ACME, (body,), NOW)
    assert for_worker([body])
    assert run(workers, job, content) == here
    assert here.components[2_999].level is Level.PARTIAL_OUTAGE
    assert run(workers, Job(Task.EXAMINE), content) == examine(body)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html></html>", "The page answered with HTML where its JSON was expected."),
        (summary(20_001), "The page lists more than 20,000 components, incidents and updates."),
    ],
    ids=["not its kind", "too many"],
)
def test_what_cannot_be_understood_is_the_same_sentence(workers: Workers, content: bytes, reason: str) -> None:
    with pytest.raises(ParseFailed) as failed:
        run(workers, Job(Task.STATE, "statuspage", ACME, at=NOW), content)
    assert str(failed.value) == reason


def test_what_takes_too_long_is_ended_and_the_next_job_is_done_all_the_same() -> None:
    workers = Workers(cpu_s=0.5)
    try:
        with pytest.raises(ParseFailed) as failed:
            run(workers, Job(Task.STATE, "statuspage", ACME, at=NOW), dear())
        assert str(failed.value) == "The page takes more than 0.5 seconds of processor time to understand."
        assert isinstance(run(workers, Job(Task.STATE, "statuspage", ACME, at=NOW), summary(1)), Snapshot)
    finally:
        workers.close()


def test_a_bug_in_a_worker_is_an_error_with_its_traceback(workers: Workers) -> None:
    with pytest.raises(WorkerBug, match="KeyError: 'no such kind'"):
        run(workers, Job(Task.STATE, "no such kind", ACME, at=NOW), b"{}")


def test_a_job_under_way_fails_when_the_workers_are_closed() -> None:
    workers = Workers()

    async def story() -> None:
        running = asyncio.create_task(_run(workers, Job(Task.STATE, "statuspage", ACME, at=NOW), dear()))
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, workers.close)
        with pytest.raises((ParseFailed, asyncio.CancelledError)):
            await running

    asyncio.run(story())


def test_a_body_is_read_once_however_many_ask() -> None:
    body = Body("https://status.acme.example/", b'{"a": [1]}')
    assert read_json(body) is read_json(Body("https://elsewhere.example/", bytes(bytearray(body.content))))
    broken = Body("https://status.acme.example/", b'{"a": [1')
    for _ in range(2):
        with pytest.raises(ParseFailed, match="broken or cut off"):
            read_json(broken)


def probed(server: PageServer, workers: Workers, use: Callable[[Prober], Awaitable[T]]) -> T:
    async def story() -> T:
        threads, fetcher = Threads(1), Fetcher(lambda: NOW, allow_hosts=["127.0.0.1"])
        try:
            return await use(Prober(fetcher, threads, lambda: NOW, workers))
        finally:
            threads.close()
            await fetcher.aclose()

    return asyncio.run(story())


def test_a_large_page_is_detected_and_read_through_a_worker(server: PageServer, workers: Workers) -> None:
    server.say("/api/v2/summary.json", Reply(summary(3_000)))
    found = probed(server, workers, lambda prober: prober.detect_and_read(server.url()))
    assert isinstance(found, Probed)
    assert (found.kind, found.name, len(found.snapshot.components)) == ("statuspage", "Acme", 3_000)
    server.say("/title", Reply(b"<html><title>Acme Status</title>" + b" " * WORKER_BYTES, content_type="text/html"))
    assert probed(server, workers, lambda prober: prober.title_of(server.url("/title"))) == "Acme"


def test_who_pastes_a_page_that_is_too_dear_is_told_in_one_sentence(server: PageServer) -> None:
    server.otherwise = Reply(dear())
    workers = Workers(cpu_s=0.5)
    try:
        found = probed(server, workers, lambda prober: prober.detect_and_read(server.url()))
    finally:
        workers.close()
    assert isinstance(found, NotRead)
    assert found.reason.endswith("The page takes more than 0.5 seconds of processor time to understand.")


def test_a_worker_that_cannot_be_run_is_a_bug_and_not_a_dear_page(workers: Workers) -> None:
    run(workers, Job(Task.NAME), b"{}")
    worker = workers._running[0]
    worker.terminate()
    worker.wait()
    with pytest.raises(WorkerBug, match=r"^A worker ended with the code -15\.$"):
        run(workers, Job(Task.NAME), b"{}")
    assert run(workers, Job(Task.NAME), b'{"page": {"name": "Acme"}}') == "Acme"
