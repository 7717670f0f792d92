"""One visit to one page: read it where it was read before, and look for it elsewhere when it seems to have gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog

from bot.domain import Unreadable
from bot.monitor import schedule
from bot.monitor.poller import redetect
from bot.monitor.poller.pages import Failed, Found
from bot.monitor.poller.policy import Deps, Keep, Policy
from bot.monitor.poller.reader import Reader, Seen
from bot.store.values import Claim, PollOutcome

__all__ = ["Deps", "Policy", "visit"]

log = structlog.get_logger(__name__)


async def visit(tools: Deps, claim: Claim, keep: Keep) -> None:
    """Read the claimed page. ``keep`` is given what is to be written back, last of all how the visit ended."""
    vendor, now = claim.vendor, tools.now()
    known = tools.providers.get(vendor.kind or "")
    reading = Reader(tools, claim, keep, known, vendor.page_url) if known else None
    seen = await reading.see() if reading else Seen(Failed(_unknown(claim), misfit=True))
    looked = redetect.is_due(claim, seen.state, now, known=known is not None)
    if looked:
        found = await redetect.look(tools.getter, claim, seen.state, now)
        provider = tools.providers.get(found.kind) if isinstance(found, Found) else None
        if isinstance(found, Found) and provider:
            there = Reader(tools, claim, keep, provider, found.page_url, detected=True)
            seen_there = await there.see()
            if not isinstance(seen_there.state, Failed) or known is None:
                log.info("page.detected", vendor=vendor.slug, kind=found.kind, before=vendor.kind, url=found.page_url)
                reading, seen = there, seen_there
        elif known is None:
            seen = Seen(found if isinstance(found, Failed) else Failed(f"Lookout does not read {found.kind} pages."))
    kind = reading.provider.kind if reading else None
    detect_due = redetect.next_look(claim, kind, seen.state, now, looked=looked)
    if isinstance(seen.state, Failed):
        await keep(_unread(tools, claim, seen.state, detect_due))
    elif reading is not None:
        await replace(reading, detect_due=detect_due).take(seen)


def _unknown(claim: Claim) -> str:
    if claim.unreadable is not None:
        return claim.unreadable.reason
    return f"Lookout does not read {claim.vendor.kind} pages." if claim.vendor.kind else ""


def _unread(tools: Deps, claim: Claim, failed: Failed, detect_due: datetime | None) -> PollOutcome:
    """Unreadable changes no level and opens nothing: the last reading stands, and keeps its age."""
    now, failures = tools.now(), claim.failures + 1
    if claim.unreadable is None:
        log.info("page.unreadable", vendor=claim.vendor.slug, reason=failed.reason)
    interval_s = tools.policy.intervals.interval_s(watched=claim.watched, open=claim.open)
    wait_s = tools.policy.intervals.wait_s(interval_s, failures)
    return PollOutcome(
        slug=claim.vendor.slug,
        due=schedule.next_due(claim.vendor.slug, min(claim.planned, now), now, wait_s, failed.hints),
        interval_s=wait_s,
        failures=failures,
        unreadable=Unreadable(failed.reason, claim.unreadable.since if claim.unreadable else now),
        history_due=claim.history_due,
        failed_lookups=claim.failed_lookups,
        detect_due=detect_due,
        watched=claim.watched,
    )
