"""How it stands in a channel once a command ran there. Nothing here changes anything: the command did, as in a chat."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from bot.catalog import Found
from bot.commands.cards_here import open_here
from bot.commands.context import CommandContext
from bot.commands.mutes import muted_items
from bot.commands.on_record import listed_here
from bot.commands.operations import channel_results as results
from bot.commands.operations.given import Given
from bot.commands.operations.lookups import cursor_of, read_cursor, subscribed_vendors
from bot.commands.operations.results import Answer
from bot.commands.quiet import quiet_typed
from bot.commands.remind import unparse_leads
from bot.commands.request import Request
from bot.commands.services import listed_services
from bot.digests.schedule import next_digest
from bot.domain import level_word
from bot.wording.incidents import reference
from bot.wording.mutes import MutedItem
from bot.wording.services import ListedService, service_level

AUDIT_LINES = 50
A = TypeVar("A", bound=Answer)


def subscribed(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Subscribed:
    found = [context.catalog.find(name) for name in given.texts("vendor")]
    named = {one.vendor.slug for one in found if isinstance(one, Found)}
    listed = subscribed_vendors(listed_here(request.channel, context))
    theirs = tuple(one for one in listed if one.vendor in named)
    return _with(answer, results.Subscribed, subscriptions=theirs)


def muted(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Mutes:
    return _with(answer, results.Mutes, mutes=tuple(map(_muted, muted_items(request.channel, context))))


def acked(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Acks:
    acks = tuple(
        results.Acked(reference(here.incident), ack.by, ack.name or None, ack.at)
        for here in open_here(request, context)
        if (ack := here.card.ack)
    )
    return _with(answer, results.Acks, acks=acks)


def noted(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Notes:
    notes = context.store.vendor_notes.of(request.channel).values()
    shown = tuple(results.Note(one.vendor, one.text, one.created_by, one.created_at) for one in notes)
    return _with(answer, results.Notes, notes=shown)


def services(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Services:
    known = context.store.services.of(request.channel)
    shown = tuple(_service(one, context) for one in listed_services(known, context))
    return _with(answer, results.Services, services=shown)


def settings(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Settings:
    now = context.store.channels.settings(request.channel)
    return _with(
        answer,
        results.Settings,
        mode=now.mode.value,
        tz=now.zone,
        remind=unparse_leads(now.remind),
        quiet=quiet_typed(now.quiet),
    )


def digest(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Digest:
    current = context.store.digests.of(request.channel)
    times = None
    if current is not None:
        schedule = current.schedule
        day = None if schedule.weekday is None else results.DAYS[schedule.weekday]
        following = next_digest(schedule, context.zone(request.channel), context.now)
        times = results.DigestTimes(day, f"{schedule.at:%H:%M}", schedule.only, following)
    return _with(answer, results.Digest, digest=times)


def board(answer: Answer, given: Given, request: Request, context: CommandContext) -> results.Board:
    return _with(answer, results.Board, up=context.store.boards.of(request.channel) is not None)


def audit(given: Given, request: Request, context: CommandContext) -> results.Audit:
    """A page of the channel's, or with ``everywhere`` of the workspace's."""
    limit, cursor = given.number("limit", AUDIT_LINES), read_cursor(given)
    before = int(cursor[0]) if cursor and cursor[0].isdecimal() else None
    everywhere = bool(given.text("where"))
    lines = context.store.audit.of(request.channel, limit + 1, before, everywhere=everywhere)
    shown = lines[:limit]
    return results.Audit(
        tuple(results.AuditEntry(one.at, one.channel.id, one.by, one.name or None, one.text) for one in shown),
        cursor_of(str(shown[-1].number)) if len(lines) > limit else None,
    )


def _muted(item: MutedItem) -> results.Muted:
    ignored = item.mute.ignored
    return results.Muted(
        vendor=item.vendor.slug,
        incident=reference(item.incident) if item.incident else None,
        until=item.mute.until,
        ignored_by=ignored.by if ignored else None,
        reason=(ignored.reason or None) if ignored else None,
        until_changed=ignored.until_changed if ignored else False,
    )


def _service(one: ListedService, context: CommandContext) -> results.ServiceStanding:
    return results.ServiceStanding(
        name=one.service.name,
        owner=one.service.owner,
        level=level_word(service_level(one.state, context.now)),
        vendors=one.service.vendors,
        definition=one.typed,
        missing=one.missing,
    )


def _with(answer: Answer, type_: type[A], **more: Any) -> A:
    return type_(**{field.name: getattr(answer, field.name) for field in fields(answer)}, **more)
