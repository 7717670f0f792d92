"""One poll of one page: read it where it was read before, and search for it elsewhere when it seems to have moved."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

import structlog

from bot.domain import Unreadable, Vendor
from bot.monitor import schedule
from bot.monitor.poller import redetect
from bot.monitor.poller.own_network import OWN_NETWORK_AWAY
from bot.monitor.poller.pages import Failed, Found
from bot.monitor.poller.policy import Deps, OnPoll, Save
from bot.monitor.poller.reader import Reader, StateReading
from bot.monitor.unread import why_unread
from bot.store.values import Claim, PollOutcome, Recording

log = structlog.get_logger(__name__)


async def poll_page(deps: Deps, claim: Claim, save: Save) -> None:
    """Read the claimed page. ``save`` is called with what is to be written back, at last with the outcome."""
    if deps.on_poll:
        save = _measured(deps.on_poll, claim, save)
    vendor, now = claim.vendor, deps.now()
    current_provider = deps.providers.get(vendor.kind or "")
    reader = Reader(deps, claim, save, current_provider, vendor.page_url) if current_provider else None
    result = await reader.read_state() if reader else StateReading(Failed(_unsupported(claim), wrong_format=True))
    searched = redetect.is_search_due(claim, result.state, now, supported=current_provider is not None)
    if searched:
        found = await redetect.search(deps.getter, deps.workers, claim, result.state, now)
        provider = deps.providers.get(found.kind) if isinstance(found, Found) else None
        if isinstance(found, Found) and provider:
            moved_reader = Reader(deps, claim, save, provider, found.page_url, detected=True)
            moved_result = await moved_reader.read_state()
            if not isinstance(moved_result.state, Failed) or current_provider is None:
                log.info("page.detected", vendor=vendor.slug, kind=found.kind, before=vendor.kind, url=found.page_url)
                reader, result = moved_reader, moved_result
        elif current_provider is None:
            result = StateReading(
                _with_reason(found, vendor)
                if isinstance(found, Failed)
                else Failed(f"Lookout does not read {found.kind} pages.")
            )
    kind = reader.provider.kind if reader else None
    detect_due = redetect.next_search(claim, kind, result.state, now, searched=searched)
    if isinstance(result.state, Failed):
        ours = result.state.network and await deps.network.is_to_blame(claim, since=now)
        await save(_unreadable(deps, claim, result.state, detect_due, ours=ours))
        return
    deps.network.answered(claim)
    if reader is not None:
        await (reader if detect_due is None else replace(reader, detect_due=detect_due)).record(result)


def _measured(on_poll: OnPoll, claim: Claim, save: Save) -> Save:
    began = time.perf_counter()

    async def measured(outcome: PollOutcome | Recording) -> None:
        await save(outcome)
        ended = "changed" if isinstance(outcome, Recording) else "unreadable" if outcome.unreadable else "unchanged"
        on_poll(claim.vendor.kind or "unknown", ended, time.perf_counter() - began)

    return measured


def _with_reason(failed: Failed, vendor: Vendor) -> Failed:
    """Something answered, and it was nothing: where the page's platform is known to be unreadable, that is why."""
    why = why_unread(vendor.page_url, vendor.kind) if failed.wrong_format else None
    return replace(failed, reason=why) if why else failed


def _unsupported(claim: Claim) -> str:
    if claim.unreadable is not None:
        return claim.unreadable.reason
    return f"Lookout does not read {claim.vendor.kind} pages." if claim.vendor.kind else ""


def _unreadable(deps: Deps, claim: Claim, failed: Failed, detect_due: datetime | None, *, ours: bool) -> PollOutcome:
    """An unreadable page changes no level and opens nothing: its last reading stays, with its age. ``ours``: it is not
    the page's fault, and its backoff does not grow."""
    now, failures = deps.now(), claim.failures if ours else claim.failures + 1
    reason = OWN_NETWORK_AWAY if ours else failed.reason
    if claim.unreadable is None:
        log.info("page.unreadable", vendor=claim.vendor.slug, reason=reason)
    interval_s = deps.policy.intervals.interval_s(watched=claim.watched, open=claim.open)
    wait_s = interval_s if ours else deps.policy.intervals.wait_s(interval_s, failures, watched=claim.watched)
    return PollOutcome(
        slug=claim.vendor.slug,
        due=schedule.next_due(claim.vendor.slug, min(claim.planned, now), now, wait_s, failed.hints),
        interval_s=wait_s,
        failures=failures,
        unreadable=Unreadable(reason, claim.unreadable.since if claim.unreadable else now),
        history_due=claim.history_due,
        failed_lookups=claim.failed_lookups,
        detect_due=detect_due,
        watched=claim.watched,
    )
