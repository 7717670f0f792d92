"""A page at one place: its state held against the record, its history read when something asks for it.

The state's news is kept before the history is asked for, so a slow history holds no news up. Until an incident that
left the page is accounted for, the page is read unconditionally: a crash in between forgets nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.domain import UNDER_WAY, Incident, IncidentKind, Level, Snapshot
from bot.monitor import moving, schedule
from bot.monitor.news import News, is_outdated, judge
from bot.monitor.poller.pages import Failed, Parsed, Same, bounded, read
from bot.monitor.poller.policy import Deps, Keep
from bot.monitor.poller.redetect import ComponentMatch, component_match
from bot.monitor.provider import History, Provider
from bot.store.values import Claim, PageMove, PollOutcome, Recording, Validator

HISTORY_RETRY = timedelta(minutes=10)
ABSENT_HISTORY_RETRY = timedelta(hours=6)
STALE_LOOKUP_EVERY = timedelta(hours=1)
"""For an incident that left its page while its history goes on calling it open."""

EMPTIED = "The page lists no components any more: it may have moved to another platform."
NAMED_UNKNOWN = 5
"""Parts of unknown state that are named in the log."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reading came to. ``before``: what is on record, where it was asked for; ``moved``: it stands there under
    other names than this page's."""

    state: Parsed[Snapshot] | Same | Failed
    before: Snapshot | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    deps: Deps
    claim: Claim
    keep: Keep
    provider: Provider
    page_url: str
    detected: bool = False
    detect_due: datetime | None = None

    async def see(self) -> Seen:
        """Read the state. What can be parsed may still not be this vendor's page any more."""
        slug, now = self.claim.vendor.slug, self.deps.now
        provider, house = self.provider, self.provider.rate_limit_group
        moved = self.claim.read_at is not None and self.claim.source not in (None, (provider.kind, self.page_url))
        state = await read(
            self.deps.getter,
            self.deps.threads,
            provider.state_urls(self.page_url),
            house,
            self.claim.validators if self.claim.read_at and not moved else {},
            lambda bodies: bounded(provider.parse(slug, bodies, now())),
            partial=provider.partial,
            more=lambda bodies: provider.more_urls(self.page_url, bodies),
        )
        if not isinstance(state, Parsed):
            return Seen(state)
        if not moved and is_outdated(state.value.page_updated_at, self.claim.page_updated_at, now()):
            log.debug("page.outdated", vendor=slug, stamp=state.value.page_updated_at, known=self.claim.page_updated_at)
            return Seen(Same(self.claim.validators, state.hints))
        before = await self._before(state.value.incidents, state.value.complete_since)
        fate = component_match(provider, before, state.value)
        if fate is ComponentMatch.KEPT or (moved and fate is ComponentMatch.REPLACED):
            return Seen(state, before, moved)
        if not any(provider.recognises(body) for body in state.bodies):
            reason = f"The page does not answer as one of {provider.title} any more."
            return Seen(Failed(reason, state.hints, misfit=True, surely=True))
        if fate is ComponentMatch.EMPTIED and not state.value.incidents:
            return Seen(Failed(EMPTIED, state.hints, misfit=True))
        return Seen(state, before, moved=moved or fate is ComponentMatch.REPLACED)

    async def take(self, seen: Seen) -> None:
        """Write back what the reading brought, and go on to the history if that is due."""
        state = seen.state
        assert not isinstance(state, Failed)
        if self.claim.unreadable is not None:
            log.info("page.readable", vendor=self.claim.vendor.slug)
        if isinstance(state, Parsed):
            self._note_unknowns(seen.before, state.value)
            if seen.moved:
                await self._move(state)
                return
        snapshot = state.value if isinstance(state, Parsed) else None
        news = None
        if snapshot is not None:
            give_up = not self.history_urls and self._tries >= self.deps.policy.patience
            news = self._judge(seen.before, snapshot, give_up=give_up)
        settled = self._settled(state, snapshot, news)
        look_up = settled.history_due is not None and settled.history_due <= self.deps.now()
        if news is not None and news.worth_recording:
            await self.keep(_recording(news, settled))
        elif not look_up:
            await self.keep(settled)
        if look_up:
            await self._look_up(state, snapshot, settled, missing=bool(news and news.missing))

    async def _move(self, state: Parsed[Snapshot]) -> None:
        """Go on at another place than before. State and history are read together, so that all that is found again is
        known before anything is told."""
        claim, now, snapshot = self.claim, self.deps.now(), state.value
        slug = claim.vendor.slug
        answer = await self._history({}) if self.history_urls else Same()
        history = answer.value if isinstance(answer, Parsed) else None
        listed = [*snapshot.incidents, *(history.incidents if history else ())]
        oldest = min((incident.started for incident in listed), default=now) - moving.SAME_TITLE_WITHIN
        before = await self._before(listed, oldest, gone=True)
        if before is None:
            raise AssertionError("a page that was never read cannot have moved")
        left = claim.source[0] if claim.source else ""
        past = history.incidents if history else ()
        move = moving.find_again(before, snapshot, past, seen_at=claim.read_at or now, left=left)
        news = self._judge(moving.renamed(before, move), snapshot, history=history, silent=True, move=move)
        log.warning(
            "page.moved",
            vendor=slug,
            kind=self.provider.kind,
            url=self.page_url,
            before=left,
            renamed=len(move.components),
            incidents=len(move.incidents),
        )
        settled = replace(
            self._settled(state, snapshot, news),
            validators=self._validators(state.validators, answer),
            failed_lookups=0,
            history_read_at=now if history else None,
            history_due=self._next_look(answer, news, missing=False, patient=True) if self.history_urls else None,
        )
        await self.keep(replace(_recording(news, settled), move=move))

    def _note_unknowns(self, before: Snapshot | None, snapshot: Snapshot) -> None:
        """Words that the provider does not know leave a level unknown: said once, counted in ``lookout doctor``."""
        known = {c.id for c in before.components if c.level is None} if before else set()
        unknown = [c for c in snapshot.components if c.level is None and c.id not in known]
        if unknown:
            log.info(
                "page.unknown_word",
                vendor=snapshot.vendor,
                kind=self.provider.kind,
                count=len(unknown),
                parts=[c.label for c in unknown[:NAMED_UNKNOWN]],
                words=sorted({c.raw_status for c in unknown if c.raw_status})[:NAMED_UNKNOWN],
            )

    async def _look_up(
        self, state: Parsed[Snapshot] | Same, snapshot: Snapshot | None, settled: PollOutcome, *, missing: bool
    ) -> None:
        """What the page's history says; with ``missing``, about what left the page first of all."""
        claim, rules = self.claim, self.deps.policy
        known = {} if missing or claim.history_read_at is None else claim.validators
        answer = await self._history(known)
        answered = not isinstance(answer, Failed) or answer.misfit
        tries = self._tries if missing and answered else claim.failed_lookups
        give_up = missing and tries >= rules.patience
        history = answer.value if isinstance(answer, Parsed) else None
        news = None
        if history is not None or give_up:
            news = await self._judged(snapshot, history, give_up=give_up)
            missing = bool(news and news.missing)
        settled = replace(
            settled,
            failed_lookups=tries if missing else 0,
            validators={} if missing else self._validators(state.validators, answer),
            history_read_at=None if isinstance(answer, Failed) else self.deps.now(),
            history_due=self._next_look(answer, news, missing=missing, patient=not give_up),
        )
        await self.keep(_recording(news, settled) if news is not None and news.worth_recording else settled)

    async def _history(self, known: Mapping[str, Validator]) -> Parsed[History] | Same | Failed:
        slug, parse = self.claim.vendor.slug, self.provider.parse_history
        return await read(
            self.deps.getter,
            self.deps.threads,
            self.history_urls,
            self.provider.rate_limit_group,
            known,
            lambda bodies: bounded(parse(slug, bodies)),
            partial=True,
        )

    async def _judged(self, snapshot: Snapshot | None, history: History | None, *, give_up: bool) -> News | None:
        readings = [reading for reading in (snapshot, history) if reading is not None]
        listed = [incident for reading in readings for incident in reading.incidents]
        since = min((r.complete_since for r in readings if r.complete_since is not None), default=None)
        before = await self._before(listed, since)
        if before is None:
            return None
        silent = self.claim.history_read_at is None
        standing = snapshot or _standing(before, self.deps.now())
        return self._judge(before, standing, history=history, silent=silent, give_up=give_up)

    def _judge(
        self,
        before: Snapshot | None,
        snapshot: Snapshot,
        *,
        history: History | None = None,
        silent: bool = False,
        give_up: bool = False,
        move: PageMove | None = None,
    ) -> News:
        now = self.deps.now()
        return judge(
            before,
            snapshot,
            now,
            history=history,
            silent=silent,
            give_up=give_up,
            late_limit=self.deps.policy.late_limit,
            moved_at=now if move else self.claim.moved_at,
            left_behind=move.unmatched_open if move else self.claim.unmatched_open,
        )

    def _settled(self, state: Parsed[Snapshot] | Same, snapshot: Snapshot | None, news: News | None) -> PollOutcome:
        claim, now = self.claim, self.deps.now()
        missing = bool(news and news.missing)
        is_open = _is_open(news.snapshot) if news else claim.open
        interval_s = self.deps.policy.intervals.interval_s(watched=claim.watched, open=is_open)
        return PollOutcome(
            slug=claim.vendor.slug,
            due=schedule.next_due(claim.vendor.slug, min(claim.planned, now), now, interval_s, state.hints),
            interval_s=interval_s,
            read_at=now,
            validators={} if missing else self._validators(state.validators),
            kind=self.provider.kind if self.detected else None,
            page_url=self.page_url if self.detected else None,
            history_due=self._first_look(snapshot, news, now) if self.history_urls else None,
            page_updated_at=snapshot.page_updated_at if snapshot else None,
            failed_lookups=self._tries if missing and not self.history_urls else claim.failed_lookups if missing else 0,
            detect_due=self.detect_due,
            watched=claim.watched,
        )

    def _first_look(self, snapshot: Snapshot | None, news: News | None, now: datetime) -> datetime | None:
        claim = self.claim
        if news and news.missing:
            looking = claim.read_at is not None and not claim.validators
            return (claim.history_due if looking else None) or now
        watch_s = self.deps.policy.intervals.interval_s(watched=claim.watched, open=claim.open)
        return schedule.history_due(
            claim.vendor.slug,
            now,
            read_at=claim.history_read_at,
            due=claim.history_due,
            recent_end=_newest(claim.recent_end, news.recent_end if news else None),
            watched=claim.watched,
            gap=schedule.is_gap(claim.read_at, now, watch_s),
            moved=bool(snapshot and news and not news.changes and snapshot.page_updated_at != claim.page_updated_at),
        )

    def _next_look(
        self, answer: Parsed[History] | Same | Failed, news: News | None, *, missing: bool, patient: bool
    ) -> datetime | None:
        now = self.deps.now()
        if missing:
            wait = timedelta() if patient else STALE_LOOKUP_EVERY
        elif isinstance(answer, Failed):
            wait = ABSENT_HISTORY_RETRY if answer.misfit else HISTORY_RETRY
        else:
            end = _newest(self.claim.recent_end, news.recent_end if news else None)
            return schedule.history_due(self.claim.vendor.slug, now, read_at=now, due=None, recent_end=end)
        asked = timedelta(seconds=min(answer.hints.retry_after_s or 0.0, schedule.MAX_RETRY_AFTER_S))
        return now + max(wait, asked)

    @property
    def history_urls(self) -> tuple[str, ...]:
        return self.provider.history_urls(self.page_url)

    @property
    def _tries(self) -> int:
        """Fruitless look-ups in a row, with this one."""
        return self.claim.failed_lookups + 1

    async def _before(
        self, incidents: Sequence[Incident], since: datetime | None, *, gone: bool = False
    ) -> Snapshot | None:
        ids, slug, records = [incident.id for incident in incidents], self.claim.vendor.slug, self.deps.store.records
        return await self.deps.threads(lambda: records.before(slug, ids, since, gone=gone))

    def _validators(
        self, state: Mapping[str, Validator], history: Parsed[History] | Same | Failed | None = None
    ) -> dict[str, Validator]:
        known = {url: self.claim.validators[url] for url in self.history_urls if url in self.claim.validators}
        fresh = {} if history is None or isinstance(history, Failed) else history.validators
        return {**known, **fresh, **state}


def _recording(news: News, settled: PollOutcome) -> Recording:
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
