"""A page at one address: its state compared with the record, its history read when that is due.

The state's news is saved before the history is asked for, so a slow history delays no news. Until an incident that
left the page is accounted for, the page is read unconditionally: a crash in between forgets nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from bot.domain import Incident, IncidentKind, PageMemory, Snapshot
from bot.monitor import moving, schedule
from bot.monitor.absence import is_certain
from bot.monitor.bounds import bounded
from bot.monitor.news import Context, News, judge
from bot.monitor.poller.pages import Failed, Parsed, Unchanged, read
from bot.monitor.poller.policy import Deps, Save
from bot.monitor.poller.redetect import ComponentMatch, component_match
from bot.monitor.provider import Body, History, ParseFailed, Provider
from bot.monitor.providers import BY_KIND
from bot.monitor.recognition import recognised
from bot.monitor.trouble import CONFIRM_AFTER
from bot.monitor.versions import BELIEVED_AFTER, is_behind
from bot.monitor.workers.jobs import Job, Task
from bot.monitor.workers.pool import for_worker
from bot.store.values import Claim, PageMove, PollOutcome, Recording, Validator

HISTORY_RETRY = timedelta(minutes=10)
ABSENT_HISTORY_RETRY = timedelta(hours=6)
STALE_LOOKUP_EVERY = timedelta(hours=1)
"""For an incident that left its page while the history still has it as open."""

KNOWN_FOR = timedelta(days=14)
"""Of a page whose ids and dates are not to be relied on, what began so long before all it lists is compared too."""

EMPTIED = "The page lists no components any more: it may have moved to another platform."
MANY_FACTS = 1_000
"""Components, incidents and updates that are compared on a thread and not on the event loop."""
MAX_LOGGED_COMPONENTS = 5
"""Components of unknown level that one log event names."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StateReading:
    """The state of a page, read."""

    state: Parsed[Snapshot] | Unchanged | Failed
    before: Snapshot | None = None
    """What is on record, where it was loaded."""
    moved: bool = False
    """It is on record under other ids than this page's."""
    behind_since: datetime | None = None
    """Since when the page's own time of change is older than on record: nothing is made of that."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a claimed page as one platform's."""

    deps: Deps
    claim: Claim
    save: Save
    provider: Provider
    page_url: str
    detected: bool = False
    """Platform and address were found just now, and are to be saved."""
    detect_due: datetime | None = None
    """The page is not searched for before then."""

    async def read_state(self) -> StateReading:
        """Read the state. What can be parsed may still not be this vendor's page any more."""
        slug, now = self.claim.vendor.slug, self.deps.now
        provider, rate_limit_group = self.provider, self.provider.rate_limit_group
        moved = self.claim.read_at is not None and self.claim.source not in (None, (provider.kind, self.page_url))
        state = await read(
            self.deps.getter,
            self.deps.threads,
            provider.state_urls(self.page_url),
            rate_limit_group,
            self.claim.validators if self.claim.read_at and not moved and not self._must_judge else {},
            lambda bodies: bounded(provider.parse(slug, bodies, now())),
            partial=provider.partial,
            more=lambda bodies: provider.more_urls(self.page_url, bodies),
            workers=self.deps.workers,
            job=self._job(Task.STATE),
        )
        if not isinstance(state, Parsed):
            return StateReading(state)
        if not moved and is_behind(state.value.page_updated_at, self.claim.page_updated_at):
            since = self.claim.memory.behind_since or now()
            if now() - since < BELIEVED_AFTER:
                log.debug(
                    "page.outdated", vendor=slug, at=state.value.page_updated_at, known=self.claim.page_updated_at
                )
                return StateReading(Unchanged(self.claim.validators, state.hints), behind_since=since)
        before = await self._load_before(state.value.incidents, state.value.complete_since)
        if provider.ids_change and before is not None and not moved:
            state = replace(state, value=await self._recognised(before, state.value))
        match_ = component_match(provider, before, state.value)
        if match_ is ComponentMatch.KEPT or (moved and match_ is ComponentMatch.REPLACED):
            return StateReading(state, before, moved)
        if not await self._is_recognised(state.bodies):
            reason = f"The page does not answer as one of {provider.title} any more."
            return StateReading(Failed(reason, state.hints, wrong_format=True, permanent=True))
        if match_ is ComponentMatch.EMPTIED and not state.value.incidents:
            return StateReading(Failed(EMPTIED, state.hints, wrong_format=True))
        return StateReading(state, before, moved=moved or match_ is ComponentMatch.REPLACED)

    async def _recognised(self, before: Snapshot, listed: Snapshot) -> Snapshot:
        absent = {id for id, absence in self.claim.memory.absent.items() if is_certain(absence, self.deps.now())}
        seen_at = self.claim.read_at
        return await self._off_loop(lambda: recognised(before, listed, seen_at, absent), before, listed)

    async def record(self, reading: StateReading) -> None:
        """Save what the reading brought, and go on to the history if that is due."""
        state = reading.state
        assert not isinstance(state, Failed)
        if self.claim.unreadable is not None:
            log.info("page.readable", vendor=self.claim.vendor.slug)
        if isinstance(state, Parsed):
            self._log_unknown_words(reading.before, state.value)
            if reading.moved:
                await self._record_move(state)
                return
        snapshot = state.value if isinstance(state, Parsed) else None
        news = None
        if snapshot is not None:
            give_up = not self.history_urls and self._attempts >= self.deps.policy.max_failed_lookups
            news = await self._judge(reading.before, snapshot, give_up=give_up)
        outcome = self._outcome(state, snapshot, news, behind_since=reading.behind_since)
        history_is_due = outcome.history_due is not None and outcome.history_due <= self.deps.now()
        if news is not None and news.worth_recording:
            await self.save(replace(_recording(news, outcome), before=reading.before))
        elif not history_is_due:
            await self.save(outcome)
        if history_is_due:
            await self._read_history(state, snapshot, outcome, missing=bool(news and news.missing))

    async def _record_move(self, state: Parsed[Snapshot]) -> None:
        """Go on at another address than before. State and history are read together, so that all that is found again is
        known before anything is announced."""
        claim, now, snapshot = self.claim, self.deps.now(), state.value
        slug = claim.vendor.slug
        answer = await self._fetch_history({}) if self.history_urls else Unchanged()
        history = answer.value if isinstance(answer, Parsed) else None
        listed = [*snapshot.incidents, *(history.incidents if history else ())]
        oldest = min((incident.started for incident in listed), default=now) - moving.SAME_TITLE_WITHIN
        before = await self._load_before(listed, oldest, gone=True)
        if before is None:
            raise AssertionError("a page that was never read cannot have moved")
        old_kind = claim.source[0] if claim.source else ""
        past = history.incidents if history else ()
        seen_at = claim.read_at or now
        move = await self._off_loop(
            lambda: moving.plan_move(before, snapshot, past, seen_at=seen_at, old_kind=old_kind), before, snapshot
        )
        renamed = moving.renamed(before, move)
        news = await self._judge(renamed, snapshot, history=history, silent_before=now, move=move)
        log.warning(
            "page.moved",
            vendor=slug,
            kind=self.provider.kind,
            url=self.page_url,
            before=old_kind,
            renamed=len(move.components),
            incidents=len(move.incidents),
        )
        outcome = replace(
            self._outcome(state, snapshot, news),
            validators=self._validators(state.validators, answer),
            failed_lookups=0,
            history_read_at=now if history else None,
            history_due=self._next_history_due(answer, news, missing=False, patient=True)
            if self.history_urls
            else None,
        )
        await self.save(replace(_recording(news, outcome), move=move))

    def _log_unknown_words(self, before: Snapshot | None, snapshot: Snapshot) -> None:
        """Words that the provider does not know leave a level unknown: logged once, counted in ``lookout doctor``."""
        known = {c.id for c in before.components if c.level is None} if before else set()
        unknown = [c for c in snapshot.components if c.level is None and c.id not in known]
        if unknown:
            log.info(
                "page.unknown_word",
                vendor=snapshot.vendor,
                kind=self.provider.kind,
                count=len(unknown),
                components=[c.label for c in unknown[:MAX_LOGGED_COMPONENTS]],
                words=sorted({c.raw_status for c in unknown if c.raw_status})[:MAX_LOGGED_COMPONENTS],
            )

    async def _read_history(
        self, state: Parsed[Snapshot] | Unchanged, snapshot: Snapshot | None, outcome: PollOutcome, *, missing: bool
    ) -> None:
        """``missing``: it is read for the sake of incidents that left the page."""
        claim, policy = self.claim, self.deps.policy
        known = {} if missing or claim.history_read_at is None else claim.validators
        answer = await self._fetch_history(known)
        answered = not isinstance(answer, Failed) or answer.wrong_format
        attempts = self._attempts if missing and answered else claim.failed_lookups
        give_up = missing and attempts >= policy.max_failed_lookups
        history = answer.value if isinstance(answer, Parsed) else None
        news = None
        if history is not None or give_up:
            news = await self._judge_history(snapshot, history, outcome.memory or claim.memory, give_up=give_up)
            missing = bool(news and news.missing)
        outcome = replace(
            outcome,
            memory=outcome.memory if news is None else self._changed(news.memory),
            failed_lookups=attempts if missing else 0,
            validators={} if missing else self._validators(state.validators, answer),
            history_read_at=None if isinstance(answer, Failed) else self.deps.now(),
            history_due=self._next_history_due(
                answer, news, missing=missing, patient=not give_up or bool(news and news.recheck_at)
            ),
        )
        await self.save(_recording(news, outcome) if news is not None and news.worth_recording else outcome)

    async def _fetch_history(self, known: Mapping[str, Validator]) -> Parsed[History] | Unchanged | Failed:
        slug, parse = self.claim.vendor.slug, self.provider.parse_history
        return await read(
            self.deps.getter,
            self.deps.threads,
            self.history_urls,
            self.provider.rate_limit_group,
            known,
            lambda bodies: bounded(parse(slug, bodies)),
            partial=True,
            workers=self.deps.workers,
            job=self._job(Task.HISTORY),
        )

    async def _judge_history(
        self, snapshot: Snapshot | None, history: History | None, memory: PageMemory, *, give_up: bool
    ) -> News | None:
        readings = [reading for reading in (snapshot, history) if reading is not None]
        listed = [incident for reading in readings for incident in reading.incidents]
        since = min((r.complete_since for r in readings if r.complete_since is not None), default=None)
        before = await self._load_before(listed, since)
        if before is None:
            return None
        now = self.deps.now()
        # What began between the first reading and the first one of the history is news.
        silent_before = (self.claim.first_read_at or now) if self.claim.history_read_at is None else None
        current = snapshot or _open_snapshot(before, now)
        return await self._judge(
            before,
            current,
            history=history,
            silent_before=silent_before,
            give_up=give_up,
            memory=memory,
            from_record=snapshot is None,
        )

    async def _judge(
        self,
        before: Snapshot | None,
        snapshot: Snapshot,
        *,
        history: History | None = None,
        silent_before: datetime | None = None,
        give_up: bool = False,
        move: PageMove | None = None,
        memory: PageMemory | None = None,
        from_record: bool = False,
    ) -> News:
        now = self.deps.now()
        work = partial(
            judge,
            before,
            snapshot,
            now,
            history=history,
            silent_before=silent_before,
            give_up=give_up,
            late_limit=self.deps.policy.late_limit,
            context=Context(
                # What was remembered goes by the old page's names.
                memory=PageMemory() if move else memory or self.claim.memory,
                seen_at=None if move else self.claim.read_at,
                updated_at=None if move else self.claim.page_updated_at,
                moved_at=now if move else self.claim.moved_at,
                unmatched_open=move.unmatched_open if move else self.claim.unmatched_open,
                from_record=from_record,
                ends_recorded=self.deps.policy.ends_recorded,
                lists_past=self.provider.ids_change,
                evidence=self.deps.policy.evidence,
            ),
        )
        return await self._off_loop(work, before, snapshot, history)

    async def _off_loop(self, work: Callable[[], T], *readings: Snapshot | History | None) -> T:
        """On a thread if it is about much, else here: that takes a millisecond."""
        facts = sum(
            len(reading.incidents)
            + sum(len(incident.updates) for incident in reading.incidents)
            + (len(reading.components) if isinstance(reading, Snapshot) else 0)
            for reading in readings
            if reading is not None
        )
        return await self.deps.threads(work) if facts > MANY_FACTS else work()

    def _job(self, task: Task) -> Job | None:
        """For large bodies; ``None`` for a parser that the workers do not have."""
        provider = self.provider
        if BY_KIND.get(provider.kind) is not provider:
            return None
        return Job(task, provider.kind, self.claim.vendor.slug, self.page_url, self.deps.now())

    async def _is_recognised(self, bodies: tuple[Body, ...]) -> bool:
        job = self._job(Task.RECOGNISES)
        if job is None or not for_worker(bodies):
            return any(self.provider.recognises(body) for body in bodies)
        try:
            return bool(await self.deps.workers.run(job, bodies))
        except ParseFailed:
            return False

    def _outcome(
        self,
        state: Parsed[Snapshot] | Unchanged,
        snapshot: Snapshot | None,
        news: News | None,
        *,
        behind_since: datetime | None = None,
    ) -> PollOutcome:
        claim, now = self.claim, self.deps.now()
        missing = bool(news and news.missing)
        is_open = news.snapshot.is_open if news else claim.open
        interval_s = self.deps.policy.intervals.interval_s(watched=claim.watched, open=is_open)
        memory = news.memory if news else claim.memory
        if news is None and memory.behind_since != behind_since:
            memory = replace(memory, behind_since=behind_since)
        due = schedule.next_due(claim.vendor.slug, min(claim.planned, now), now, interval_s, state.hints)
        if memory.look_at is not None and claim.watched and state.hints.retry_after_s is None:
            due = min(due, max(memory.look_at, now + CONFIRM_AFTER))
        return PollOutcome(
            slug=claim.vendor.slug,
            due=due,
            interval_s=max(interval_s, min(state.hints.retry_after_s or 0.0, schedule.MAX_RETRY_AFTER_S)),
            read_at=now,
            validators={} if missing else self._changed_validators(state.validators),
            kind=self.provider.kind if self.detected else None,
            page_url=self.page_url if self.detected else None,
            history_due=self._history_due(snapshot, news, now) if self.history_urls else None,
            page_updated_at=snapshot.page_updated_at if snapshot else None,
            failed_lookups=self._attempts
            if missing and not self.history_urls
            else claim.failed_lookups
            if missing
            else 0,
            detect_due=self.detect_due,
            memory=self._changed(memory),
            watched=claim.watched,
        )

    def _changed(self, memory: PageMemory) -> PageMemory | None:
        return None if memory is self.claim.memory or memory == self.claim.memory else memory

    @property
    def _must_judge(self) -> bool:
        """Time alone may have made news of what the page shows: it is asked for whole."""
        look_at = self.claim.memory.look_at
        return look_at is not None and look_at <= self.deps.now()

    def _history_due(self, snapshot: Snapshot | None, news: News | None, now: datetime) -> datetime | None:
        claim = self.claim
        if news and news.missing:
            pending = claim.read_at is not None and not claim.validators
            return (claim.history_due if pending else None) or now
        if news and news.recheck_at is not None and news.recheck_at <= now:
            return now
        watch_s = self.deps.policy.intervals.interval_s(watched=claim.watched, open=claim.open)
        return schedule.history_due(
            claim.vendor.slug,
            now,
            read_at=claim.history_read_at,
            due=claim.history_due,
            recent_end=_newest(claim.recent_end, news.recent_end if news else None),
            watched=claim.watched,
            had_gap=schedule.is_gap(claim.read_at, now, watch_s),
            page_updated=bool(
                snapshot and news and not news.changes and snapshot.page_updated_at != claim.page_updated_at
            ),
        )

    def _next_history_due(
        self, answer: Parsed[History] | Unchanged | Failed, news: News | None, *, missing: bool, patient: bool
    ) -> datetime | None:
        now = self.deps.now()
        if missing:
            wait = timedelta() if patient else STALE_LOOKUP_EVERY
        elif isinstance(answer, Failed):
            wait = ABSENT_HISTORY_RETRY if answer.wrong_format else HISTORY_RETRY
        else:
            end = _newest(self.claim.recent_end, news.recent_end if news else None)
            return schedule.history_due(self.claim.vendor.slug, now, read_at=now, due=None, recent_end=end)
        requested = timedelta(seconds=min(answer.hints.retry_after_s or 0.0, schedule.MAX_RETRY_AFTER_S))
        return now + max(wait, requested)

    @property
    def history_urls(self) -> tuple[str, ...]:
        return self.provider.history_urls(self.page_url)

    @property
    def _attempts(self) -> int:
        """Lookups in a row that did not find an incident, with this one."""
        return self.claim.failed_lookups + 1

    async def _load_before(
        self, incidents: Sequence[Incident], since: datetime | None, *, gone: bool = False
    ) -> Snapshot | None:
        ids, slug, records = [incident.id for incident in incidents], self.claim.vendor.slug, self.deps.store.records
        urls, titles = [], []
        if self.provider.ids_change:
            since = since and since - KNOWN_FOR
            urls = [incident.url for incident in incidents if incident.url]
            titles = [incident.title for incident in incidents]
        return await self.deps.threads(lambda: records.before(slug, ids, since, gone=gone, urls=urls, titles=titles))

    def _changed_validators(self, state: Mapping[str, Validator]) -> dict[str, Validator] | None:
        """``None``: they are those on record, which need not be written again."""
        validators = self._validators(state)
        return None if validators == self.claim.validators else validators

    def _validators(
        self, state: Mapping[str, Validator], history: Parsed[History] | Unchanged | Failed | None = None
    ) -> dict[str, Validator]:
        known = {url: self.claim.validators[url] for url in self.history_urls if url in self.claim.validators}
        fresh = {} if history is None or isinstance(history, Failed) else history.validators
        return {**known, **fresh, **state}


def _recording(news: News, outcome: PollOutcome) -> Recording:
    return Recording(news.snapshot, outcome, news.incidents, news.announce, news.merged, news.explained)


def _open_snapshot(before: Snapshot, now: datetime) -> Snapshot:
    """The state of a page that has not changed: what is on record and open."""
    open_now = tuple(i for i in before.incidents if i.is_open and i.kind is not IncidentKind.EPISODE)
    return replace(before, incidents=open_now, taken_at=now)


def _newest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
