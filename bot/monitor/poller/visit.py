"""One visit to one page: read its state, hold it against the record, read its history when something asks for it.

The state's news is kept before the history is asked for, so a slow history holds no news up. Until an incident that
left the page is accounted for, the page is read unconditionally: a crash in between forgets nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.domain import UNDER_WAY, Incident, IncidentKind, Level, Snapshot, Unreadable
from bot.monitor import schedule
from bot.monitor.answers import Getter
from bot.monitor.news import News, judge
from bot.monitor.page import History, Provider
from bot.monitor.poller.pages import Failed, Found, Parsed, Same, find, read
from bot.store import Store
from bot.store.values import Claim, Recording, Settled, Validator
from bot.threads import Threads

DETECT_EVERY = 3
"""After so many failures in a row a page that answers with something else is looked at anew: pages change platform."""
HISTORY_RETRY = timedelta(minutes=10)
ABSENT_HISTORY_RETRY = timedelta(hours=6)
STALE_LOOKUP_EVERY = timedelta(hours=1)
"""For an incident that left its page while its history goes on calling it open."""

T = TypeVar("T")
Keep = Callable[[Settled | Recording], Awaitable[None]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """How pages are read. ``late_limit``: what ended longer ago is not told (``None``: no limit). ``patience``: after
    so many fruitless look-ups in a row an incident that left its page counts as taken down."""

    pace: schedule.Pace
    late_limit: timedelta | None = timedelta(hours=72)
    patience: int = 5


@dataclass(frozen=True, slots=True)
class Tools:
    store: Store
    threads: Threads
    getter: Getter
    now: Callable[[], datetime]
    rules: Rules
    providers: Mapping[str, Provider]


async def visit(tools: Tools, claim: Claim, keep: Keep) -> None:
    """Read the claimed page. ``keep`` is given what is to be written back, last of all how the visit ended."""
    vendor = claim.vendor
    known = tools.providers.get(vendor.kind or "")
    reading = _Visit(tools, claim, keep, known, vendor.page_url) if known else None
    state = await reading.state() if reading else Failed("", misfit=True)
    suspect = known is None or claim.read_at is None or (claim.failures + 1) % DETECT_EVERY == 0
    if isinstance(state, Failed) and state.misfit and suspect:
        found = await find(tools.getter, vendor.page_url)
        provider = tools.providers.get(found.kind) if isinstance(found, Found) else None
        if isinstance(found, Found) and provider and (provider is not known or found.page_url != vendor.page_url):
            # A page that was read before has moved: the operator should know, its catalog row is out of date.
            tell = log.warning if claim.read_at else log.info
            tell("page.detected", vendor=vendor.slug, kind=found.kind, before=vendor.kind, url=found.page_url)
            reading = _Visit(tools, claim, keep, provider, found.page_url, detected=True)
            state = await reading.state()
        elif known is None:
            state = found if isinstance(found, Failed) else Failed(f"Lookout does not read {found.kind} pages.")
    if isinstance(state, Failed):
        await keep(_unread(tools, claim, state))
    elif reading is not None:
        await reading.take(state)


@dataclass(frozen=True, slots=True)
class _Visit:
    tools: Tools
    claim: Claim
    keep: Keep
    provider: Provider
    page_url: str
    detected: bool = False

    async def state(self) -> Parsed[Snapshot] | Same | Failed:
        known = self.claim.validators if self.claim.read_at and not self.detected else {}
        slug, now = self.claim.vendor.slug, self.tools.now
        provider, house = self.provider, self.provider.house
        return await read(
            self.tools.getter,
            self.tools.threads,
            provider.state_urls(self.page_url),
            house,
            known,
            lambda bodies: provider.parse(slug, bodies, now()),
            partial=provider.partial,
            more=lambda bodies: provider.more_urls(self.page_url, bodies),
        )

    async def take(self, state: Parsed[Snapshot] | Same) -> None:
        """Write back what the reading brought, and go on to the history if that is due."""
        if self.claim.unreadable is not None:
            log.info("page.readable", vendor=self.claim.vendor.slug)
        snapshot = state.value if isinstance(state, Parsed) else None
        news = None
        if snapshot is not None:
            before = await self._before(snapshot.incidents, snapshot.complete_since)
            give_up = not self.history_urls and self._tries >= self.tools.rules.patience
            now, late = self.tools.now(), self.tools.rules.late_limit
            news = judge(before, snapshot, now, silent=self.detected, give_up=give_up, late_limit=late)
        settled = self._settled(state, snapshot, news)
        look_up = settled.history_due is not None and settled.history_due <= self.tools.now()
        if news is not None and news.worth_recording:
            await self.keep(_recording(news, settled))
        elif not look_up:
            await self.keep(settled)
        if look_up:
            await self._look_up(state, snapshot, settled, missing=bool(news and news.missing))

    async def _look_up(
        self, state: Parsed[Snapshot] | Same, snapshot: Snapshot | None, settled: Settled, *, missing: bool
    ) -> None:
        """What the page's history says; with ``missing``, about what left the page first of all."""
        claim, rules = self.claim, self.tools.rules
        known = {} if missing or self.detected or claim.history_read_at is None else claim.validators
        slug, parse = claim.vendor.slug, self.provider.parse_history
        answer = await read(
            self.tools.getter,
            self.tools.threads,
            self.history_urls,
            self.provider.house,
            known,
            lambda bodies: parse(slug, bodies),
            partial=True,
        )
        answered = not isinstance(answer, Failed) or answer.misfit
        tries = self._tries if missing and answered else claim.lookups
        give_up = missing and tries >= rules.patience
        history = answer.value if isinstance(answer, Parsed) else None
        news = None
        if history is not None or give_up:
            news = await self._judged(snapshot, history, give_up=give_up)
            missing = bool(news and news.missing)
        settled = replace(
            settled,
            lookups=tries if missing else 0,
            validators={} if missing else self._validators(state.validators, answer),
            history_read_at=None if isinstance(answer, Failed) else self.tools.now(),
            history_due=self._next_look(answer, news, missing=missing, patient=not give_up),
        )
        await self.keep(_recording(news, settled) if news is not None and news.worth_recording else settled)

    async def _judged(self, snapshot: Snapshot | None, history: History | None, *, give_up: bool) -> News | None:
        readings = [reading for reading in (snapshot, history) if reading is not None]
        listed = [incident for reading in readings for incident in reading.incidents]
        since = min((r.complete_since for r in readings if r.complete_since is not None), default=None)
        before = await self._before(listed, since)
        if before is None:
            return None
        return judge(
            before,
            snapshot or _standing(before, self.tools.now()),
            self.tools.now(),
            history=history,
            silent=self.detected or self.claim.history_read_at is None,
            give_up=give_up,
            late_limit=self.tools.rules.late_limit,
        )

    def _settled(self, state: Parsed[Snapshot] | Same, snapshot: Snapshot | None, news: News | None) -> Settled:
        claim, now = self.claim, self.tools.now()
        missing = bool(news and news.missing)
        is_open = _is_open(news.snapshot) if news else claim.open
        interval_s = self.tools.rules.pace.interval_s(watched=claim.watched, open=is_open)
        return Settled(
            slug=claim.vendor.slug,
            due=schedule.next_due(claim.vendor.slug, min(claim.planned, now), now, interval_s, state.hints),
            interval_s=interval_s,
            read_at=now,
            validators={} if missing else self._validators(state.validators),
            kind=self.provider.kind if self.detected else None,
            page_url=self.page_url if self.detected else None,
            history_due=self._first_look(snapshot, news, now) if self.history_urls else None,
            stamp=snapshot.stamp if snapshot else None,
            lookups=self._tries if missing and not self.history_urls else claim.lookups if missing else 0,
        )

    def _first_look(self, snapshot: Snapshot | None, news: News | None, now: datetime) -> datetime | None:
        claim = self.claim
        if news and news.missing:
            looking = claim.read_at is not None and not claim.validators
            return (claim.history_due if looking else None) or now
        if self.detected and claim.read_at is not None:
            return now  # while it is known that all of it is old
        watch_s = self.tools.rules.pace.interval_s(watched=claim.watched, open=claim.open)
        return schedule.history_due(
            claim.vendor.slug,
            now,
            read_at=claim.history_read_at,
            due=claim.history_due,
            recent_end=_newest(claim.recent_end, news.recent_end if news else None),
            watched=claim.watched,
            gap=schedule.is_gap(claim.read_at, now, watch_s),
            moved=bool(snapshot and news and not news.changes and snapshot.stamp != claim.stamp),
        )

    def _next_look(
        self, answer: Parsed[History] | Same | Failed, news: News | None, *, missing: bool, patient: bool
    ) -> datetime | None:
        now = self.tools.now()
        if missing:
            wait = timedelta() if patient else STALE_LOOKUP_EVERY
        elif isinstance(answer, Failed):
            wait = ABSENT_HISTORY_RETRY if answer.misfit else HISTORY_RETRY
        else:
            end = _newest(self.claim.recent_end, news.recent_end if news else None)
            return schedule.history_due(self.claim.vendor.slug, now, read_at=now, due=None, recent_end=end)
        asked = timedelta(seconds=min(answer.hints.retry_after_s or 0.0, schedule.LONGEST_RETRY_AFTER_S))
        return now + max(wait, asked)

    @property
    def history_urls(self) -> tuple[str, ...]:
        return self.provider.history_urls(self.page_url)

    @property
    def _tries(self) -> int:
        """Fruitless look-ups in a row, with this one."""
        return self.claim.lookups + 1

    async def _before(self, incidents: Sequence[Incident], since: datetime | None) -> Snapshot | None:
        ids = [incident.id for incident in incidents]
        return await self.tools.threads(lambda: self.tools.store.records.before(self.claim.vendor.slug, ids, since))

    def _validators(
        self, state: Mapping[str, Validator], history: Parsed[History] | Same | Failed | None = None
    ) -> dict[str, Validator]:
        known = {url: self.claim.validators[url] for url in self.history_urls if url in self.claim.validators}
        fresh = {} if history is None or isinstance(history, Failed) else history.validators
        return {**known, **fresh, **state}


def _unread(tools: Tools, claim: Claim, failed: Failed) -> Settled:
    """Unreadable changes no level and opens nothing: the last reading stands, and keeps its age."""
    now, failures = tools.now(), claim.failures + 1
    if claim.unreadable is None:
        log.info("page.unreadable", vendor=claim.vendor.slug, reason=failed.reason)
    interval_s = tools.rules.pace.interval_s(watched=claim.watched, open=claim.open)
    wait_s = tools.rules.pace.wait_s(interval_s, failures)
    return Settled(
        slug=claim.vendor.slug,
        due=schedule.next_due(claim.vendor.slug, min(claim.planned, now), now, wait_s, failed.hints),
        interval_s=wait_s,
        failures=failures,
        unreadable=Unreadable(failed.reason, claim.unreadable.since if claim.unreadable else now),
        history_due=claim.history_due,
        lookups=claim.lookups,
    )


def _recording(news: News, settled: Settled) -> Recording:
    return Recording(news.snapshot, settled, news.incidents, news.announce, news.merged)


def _standing(before: Snapshot, now: datetime) -> Snapshot:
    """The state of a page that has not changed: what is on record and open."""
    open_now = tuple(i for i in before.incidents if i.is_open and i.kind is not IncidentKind.EPISODE)
    return replace(before, incidents=open_now, taken_at=now)


def _is_open(snapshot: Snapshot) -> bool:
    """As the store has it: a maintenance that is only planned does not count."""
    started = (i.kind is not IncidentKind.MAINTENANCE or i.phase in UNDER_WAY for i in snapshot.incidents if i.is_open)
    return any(started) or (snapshot.level is not None and snapshot.level > Level.MAINTENANCE)


def _newest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
