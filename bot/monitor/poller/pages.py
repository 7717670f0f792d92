"""Asks for all that one reading of a page needs, and parses it. Knows nothing of what is on record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import structlog

from bot.monitor.cooldown import SLOW_DOWN
from bot.monitor.detect import Detected, Examined, NotDetected, Source, detect
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.responses import (
    NETWORK,
    NO_HINTS,
    Answer,
    Fetched,
    FetchFailed,
    FetchFailure,
    Getter,
    Hints,
    NotModified,
)
from bot.monitor.workers import Workers
from bot.monitor.workers.jobs import Job, Task
from bot.monitor.workers.pool import WorkerBug, for_worker
from bot.store.values import Validator
from bot.threads import Threads

T = TypeVar("T")
PARSE_OFF_LOOP_BYTES = 100_000
"""A larger body is parsed on a thread: a few milliseconds hold nobody up, a hundred would."""
SERVER_ERROR = 500
DETECTION = "detection"
"""The rate limit group of requests whose platform is not known yet."""
MAX_ERRORS = 3
"""A host that has answered so many addresses with errors of its own, and none otherwise, is not asked for more."""
UNREACHABLE = frozenset(
    {
        FetchFailure.URL,
        FetchFailure.DNS,
        FetchFailure.PRIVATE,
        FetchFailure.CONNECT,
        FetchFailure.TLS,
        FetchFailure.TIMEOUT,
    }
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """The bodies, read."""

    value: T
    validators: Mapping[str, Validator]
    """By URL."""
    hints: Hints = NO_HINTS
    bodies: tuple[Body, ...] = field(default=(), compare=False)
    redirect_note: str | None = field(default=None, compare=False)
    """A sentence, if another host than the one that was asked gave the answer."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing has changed since ``validators`` were given."""

    validators: Mapping[str, Validator] = field(default_factory=dict)
    hints: Hints = NO_HINTS
    redirect_note: str | None = field(default=None, compare=False)
    """As in :class:`Parsed`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing could be read. ``reason`` is one clear sentence."""

    reason: str
    hints: Hints = NO_HINTS
    wrong_format: bool = False
    """The server answers, but not with this kind of page."""
    permanent: bool = False
    """And it will not by itself do so again."""
    network: bool = field(default=False, compare=False)
    """There was no answer at all: the fault may be on our side."""


async def read(
    getter: Getter,
    threads: Threads,
    urls: Sequence[str],
    rate_limit_group: str,
    validators: Mapping[str, Validator],
    parse: Callable[[tuple[Body, ...]], T],
    *,
    partial: bool = False,
    more: Callable[[tuple[Body, ...]], tuple[str, ...]] | None = None,
    workers: Workers | None = None,
    job: Job | None = None,
) -> Parsed[T] | Unchanged | Failed:
    """One reading: ``parse`` is handed the bodies in the order of ``urls``, and not called when none has changed.

    ``partial``: what the server does not have is left out, as long as it has anything. ``more``: further addresses
    found in these bodies; theirs come after them. ``job``: what ``workers`` are to do with large bodies in place of
    ``parse``, and, as another task, of ``more``.
    """
    understand = _Understanding(threads, parse, more, workers, job)
    asked = [getter.get(url, rate_limit_group, validators.get(url)) for url in urls]
    answers = [await asked[0]] if len(asked) == 1 else list(await asyncio.gather(*asked))
    absent = [isinstance(answer, FetchFailed) and answer.absent for answer in answers]
    if partial and not all(absent):
        urls = [url for url, gone in zip(urls, absent, strict=True) if not gone]
        answers = [answer for answer, gone in zip(answers, absent, strict=True) if not gone]
    if any(isinstance(answer, Fetched) for answer in answers):
        answers = [
            await getter.get(url, rate_limit_group, None) if isinstance(answer, NotModified) else answer
            for url, answer in zip(urls, answers, strict=True)
        ]
    bodies = tuple(_body(answer) for answer in answers if isinstance(answer, Fetched))
    if more is not None and bodies and len(bodies) == len(answers):
        try:
            further = await understand.more_urls(bodies)
        except ParseFailed as failure:
            return Failed(str(failure), wrong_format=True)
        urls = [*urls, *further]
        answers += await asyncio.gather(*(getter.get(url, rate_limit_group, None) for url in further))
    return await _parsed(urls, answers, understand)


@dataclass(frozen=True, slots=True)
class _Understanding(Generic[T]):
    """What is done with bodies, and where: here, on a thread, or in a worker."""

    threads: Threads
    parse: Callable[[tuple[Body, ...]], T]
    more: Callable[[tuple[Body, ...]], tuple[str, ...]] | None
    workers: Workers | None
    job: Job | None

    async def more_urls(self, bodies: tuple[Body, ...]) -> tuple[str, ...]:
        if self.more is None:
            return ()
        if self.workers and self.job and for_worker(bodies):
            urls: tuple[str, ...] = await self.workers.run(replace(self.job, task=Task.MORE_URLS), bodies)
            return urls
        return self.more(bodies)

    async def value(self, bodies: tuple[Body, ...]) -> T:
        if self.workers and self.job and for_worker(bodies):
            value: T = await self.workers.run(self.job, bodies)
            return value
        if sum(len(body.content) for body in bodies) > PARSE_OFF_LOOP_BYTES:
            return await self.threads(lambda: self.parse(bodies))
        return self.parse(bodies)


def _body(answer: Fetched) -> Body:
    return Body(answer.url, answer.content, answer.content_type)


async def _parsed(
    urls: Sequence[str], answers: Sequence[Answer], understand: _Understanding[T]
) -> Parsed[T] | Unchanged | Failed:
    bodies: list[Body] = []
    validators: dict[str, Validator] = {}
    for url, answer in zip(urls, answers, strict=True):
        match answer:
            case FetchFailed(reason=reason, hints=hints):
                return Failed(reason, hints, answer.absent, network=answer.kind in NETWORK)
            case NotModified(validator=validator):
                validators[url] = validator
            case Fetched(validator=validator):
                validators[url] = validator
                bodies.append(_body(answer))
    hints = _strictest([answer.hints for answer in answers])
    read, redirect_note = tuple(bodies), _redirect_note(urls, answers)
    if not read:
        return Unchanged(validators, hints, redirect_note)
    try:
        return Parsed(await understand.value(read), validators, hints, read, redirect_note)
    except ParseFailed as failure:
        reason = f"{redirect_note} {failure}" if redirect_note else str(failure)
        return Failed(reason, hints, wrong_format=True, permanent=redirect_note is not None)
    except Exception:
        return _on_bug(urls, hints)


def _on_bug(urls: Sequence[str], hints: Hints = NO_HINTS) -> Failed:
    log.exception("page.parser_bug", urls=urls)
    return Failed("Lookout could not understand the page: please report it with the page's address.", hints)


def _redirect_note(urls: Sequence[str], answers: Sequence[Answer]) -> str | None:
    for url, answer in zip(urls, answers, strict=True):
        if isinstance(answer, FetchFailed) or answer.url == url:
            continue
        here, there = urlsplit(url).netloc, urlsplit(answer.url).netloc
        if there and there != here:
            return f"{here} sends its readers on to {there}."
    return None


def _strictest(all_hints: Sequence[Hints]) -> Hints:
    if len(all_hints) == 1:
        return all_hints[0]
    return Hints(
        max((h.retry_after_s for h in all_hints if h.retry_after_s is not None), default=None),
        max((h.max_age_s for h in all_hints if h.max_age_s is not None), default=None),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a known kind."""

    kind: str
    page_url: str
    """What the kind's ``state_urls`` takes."""


async def find(
    getter: Getter, url: str, excluded: Collection[Source] = (), workers: Workers | None = None
) -> Found | Failed:
    """Which platform the page is on, asked one address after another; a host that cannot be reached, is in trouble or
    wants to be left alone is not asked further. ``excluded``: places that are known to be wrong."""
    search = detect(url, excluded=excluded)
    body: Body | Examined | None = None
    refused: str | None = None
    errors, answers = 0, 0
    host = urlsplit(url if "://" in url else f"https://{url}").netloc
    while True:
        try:
            address = search.send(body)
        except StopIteration as end:
            found: Detected | NotDetected = end.value
            if isinstance(found, NotDetected):
                return Failed(found.reason if found.answered else refused or found.reason, wrong_format=True)
            return Found(found.kind, found.page_url)
        match await getter.get(address, DETECTION, None):
            case Fetched(url=at, content=content, content_type=content_type):
                body, answers = Body(at, content, content_type), answers + 1
                if workers is not None and for_worker([body]):
                    try:
                        body = await workers.run(Job(Task.EXAMINE), [body])
                    except ParseFailed as failure:
                        return Failed(f"{urlsplit(at).netloc} sends what cannot be read: {failure}", wrong_format=True)
                    except WorkerBug:
                        return _on_bug([at])
            case FetchFailed(reason=reason, hints=hints) as failure if urlsplit(address).netloc == host:
                body, errors = None, errors + ((failure.status or 0) >= SERVER_ERROR)
                in_trouble = errors >= MAX_ERRORS and not answers
                if failure.kind in UNREACHABLE or failure.status in SLOW_DOWN or in_trouble:
                    return Failed(reason, hints, network=failure.kind in NETWORK)
                if not failure.absent:
                    refused = refused or reason
            case _:
                body = None
