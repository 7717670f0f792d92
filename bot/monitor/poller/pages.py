"""Asks for all that one reading of a page needs, and parses it. Knows nothing of what is on record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import structlog

from bot.domain import Snapshot
from bot.monitor.cooldown import SLOW_DOWN
from bot.monitor.detect import Detected, NotDetected, Source, detect
from bot.monitor.provider import Body, History, ParseFailed
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
from bot.store.values import Validator
from bot.threads import Threads

T = TypeVar("T")
Facts = TypeVar("Facts", Snapshot, History)
PARSE_OFF_LOOP_BYTES = 100_000
"""A larger body is parsed on a thread: a few milliseconds hold nobody up, a hundred would."""
MAX_FACTS = 20_000
"""Components, incidents and updates of one reading: many times what pages list. Each is a row, written while nobody
else can write."""
MAX_ID_CHARS = 500
"""What is longer has no room in a PostgreSQL index, whose rows end at 2,704 bytes."""
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
) -> Parsed[T] | Unchanged | Failed:
    """One reading: ``parse`` is handed the bodies in the order of ``urls``, and not called when none has changed.

    ``partial``: what the server does not have is left out, as long as it has anything. ``more``: further addresses
    found in these bodies; theirs come after them.
    """
    answers = list(await asyncio.gather(*(getter.get(url, rate_limit_group, validators.get(url)) for url in urls)))
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
            further = more(bodies)
        except ParseFailed as failure:
            return Failed(str(failure), wrong_format=True)
        urls = [*urls, *further]
        answers += await asyncio.gather(*(getter.get(url, rate_limit_group, None) for url in further))
    return await _parsed(urls, answers, threads, parse)


def bounded(reading: Facts) -> Facts:
    """Raises :class:`ParseFailed` for a page that lists more than the store is to take in at once, or longer ids."""
    ids = [incident.id for incident in reading.incidents]
    ids += [update.id for incident in reading.incidents for update in incident.updates]
    if isinstance(reading, Snapshot):
        ids += [component.id for component in reading.components]
    if len(ids) > MAX_FACTS:
        raise ParseFailed(f"The page lists more than {MAX_FACTS:,} components, incidents and updates.")
    if max(map(len, ids), default=0) > MAX_ID_CHARS:
        raise ParseFailed(f"The page has an id of more than {MAX_ID_CHARS} characters.")
    return reading


def _body(answer: Fetched) -> Body:
    return Body(answer.url, answer.content, answer.content_type)


async def _parsed(
    urls: Sequence[str], answers: Sequence[Answer], threads: Threads, parse: Callable[[tuple[Body, ...]], T]
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
        if sum(len(body.content) for body in read) > PARSE_OFF_LOOP_BYTES:
            value = await threads(lambda: parse(read))
        else:
            value = parse(read)
        return Parsed(value, validators, hints, read, redirect_note)
    except ParseFailed as failure:
        reason = f"{redirect_note} {failure}" if redirect_note else str(failure)
        return Failed(reason, hints, wrong_format=True, permanent=redirect_note is not None)
    except Exception:
        log.exception("page.parser_bug", urls=urls)
        return Failed("Lookout could not understand the page: please report it with the page's address.", hints)


def _redirect_note(urls: Sequence[str], answers: Sequence[Answer]) -> str | None:
    for url, answer in zip(urls, answers, strict=True):
        here, there = urlsplit(url).netloc, "" if isinstance(answer, FetchFailed) else urlsplit(answer.url).netloc
        if there and there != here:
            return f"{here} sends its readers on to {there}."
    return None


def _strictest(all_hints: Sequence[Hints]) -> Hints:
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


async def find(getter: Getter, url: str, excluded: Collection[Source] = ()) -> Found | Failed:
    """Which platform the page is on, asked one address after another; a host that cannot be reached, is in trouble or
    wants to be left alone is not asked further. ``excluded``: places that are known to be wrong."""
    search = detect(url, excluded=excluded)
    body: Body | None = None
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
            case FetchFailed(reason=reason, hints=hints) as failure if urlsplit(address).netloc == host:
                body, errors = None, errors + ((failure.status or 0) >= SERVER_ERROR)
                in_trouble = errors >= MAX_ERRORS and not answers
                if failure.kind in UNREACHABLE or failure.status in SLOW_DOWN or in_trouble:
                    return Failed(reason, hints, network=failure.kind in NETWORK)
                if not failure.absent:
                    refused = refused or reason
            case _:
                body = None
