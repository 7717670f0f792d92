"""``digest``: at set times one message about what was, what is and what is to come."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.commands.context import CommandContext
from bot.commands.digest_schedule import MORNING, DigestWish, read_digest
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError
from bot.digests.build import KEPT_FOR, LAG, Material, build
from bot.digests.schedule import DAY, last_digest, next_digest, period
from bot.domain import Channel
from bot.domain.digests import DigestSchedule, DigestState
from bot.message import Line
from bot.wording.digest import (
    current_digest_message,
    digest_ended_message,
    digest_line,
    digest_message,
    digest_part_message,
    digest_parts,
    digest_set_message,
    no_digest_message,
)
from bot.wording.subscriptions import nothing_subscribed_message


def digest(request: Request, context: CommandContext) -> Reply:
    """Alone: what is set, and when the next comes. ``now``: what it would say, for who asks alone."""
    current = context.store.digests.of(request.channel)
    match read_digest(request.text):
        case DigestWish.SHOW:
            return _show(request, context, current)
        case DigestWish.NOW:
            return _now(request, context, current)
        case DigestWish.OFF:
            stood = context.store.digests.end(request.channel, context.now)
            only = current is not None and current.schedule.only
            return Reply((digest_ended_message(stood=stood, only=only),), public=stood)
        case DigestWish.ONLY:
            schedule = current.schedule if current else DigestSchedule(MORNING)
            return _set(replace(schedule, only=True), request, context)
        case DigestSchedule() as schedule:
            return _set(schedule, request, context)


def changes_digest(text: str) -> bool:
    """Whether what was typed after ``digest`` asks for a change, understood or not."""
    try:
        return read_digest(text) not in (DigestWish.SHOW, DigestWish.NOW)
    except UsageError:
        return True


def _set(schedule: DigestSchedule, request: Request, context: CommandContext) -> Reply:
    zone, now = context.zone(request.channel), context.now
    upcoming = next_digest(schedule, zone, now)
    covered = last_digest(schedule, zone, now)
    context.store.digests.set(request.channel, schedule, request.user, now, covered_until=covered, due=upcoming)
    subscribed = bool(context.store.channels.vendors(request.channel))
    return Reply((digest_set_message(schedule, zone.key, upcoming, subscribed=subscribed),), public=True)


def replan(request: Request, context: CommandContext, zone: ZoneInfo) -> None:
    """The channel's clocks were changed: so is the time of its next digest."""
    current = context.store.digests.of(request.channel)
    if current is not None:
        now = context.now
        context.store.digests.plan(request.channel, now, next_digest(current.schedule, zone, now))


def line_of(channel: Channel, context: CommandContext) -> Line:
    """What other answers say of the channel's digest; empty if it has none."""
    current = context.store.digests.of(channel)
    if current is None:
        return ()
    return digest_line(current.schedule, next_digest(current.schedule, context.zone(channel), context.now))


def _show(request: Request, context: CommandContext, current: DigestState | None) -> Reply:
    if current is None:
        return Reply((no_digest_message(may_manage=request.may_manage),))
    zone = context.zone(request.channel)
    upcoming = next_digest(current.schedule, zone, context.now)
    message = current_digest_message(current.schedule, zone.key, upcoming, current.error, may_manage=request.may_manage)
    return Reply((message,))


def _now(request: Request, context: CommandContext, current: DigestState | None) -> Reply:
    """From the last one on, or of the last day where there is none."""
    subscriptions = [s.subscription for s in context.store.channels.subscriptions(request.channel)]
    if not subscriptions:
        return Reply((nothing_subscribed_message(),))
    length = period(current.schedule) if current else DAY
    since = current.covered_until if current else context.now - DAY
    slugs = [s.vendor for s in subscriptions]
    states = {state.vendor.slug: state for state in context.by_slug(slugs)}
    records = context.store.records.incidents(slugs, since - LAG)
    held = context.store.held.between(request.channel, since - KEPT_FOR, context.now)
    kept_back = {(one.incident.vendor, one.incident.id): one.reason for one in held}
    material = Material(subscriptions, states, records, kept_back)
    told = build(material, since, context.now, length, told_open=current.told_open if current else ())
    root, *others = digest_parts(told)
    below = [digest_part_message(part, n, len(others), told.until) for n, part in enumerate(others, start=1)]
    return Reply((digest_message(told, root, below=bool(below), planned=False), *below))
