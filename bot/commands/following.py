"""``subscribe service:checkout``: a channel hears of what hits a service, however that is defined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.catalog.names import fold
from bot.commands.context import CommandContext
from bot.commands.definition import service_typed
from bot.commands.grammar import ParsedSubscription, mention_typed, unparse, unparse_wishes
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError
from bot.commands.services import listed_services, near_services
from bot.domain import Channel, Filter, FollowedService, Service, service_key
from bot.message import Code, Line
from bot.routing import route
from bot.wording.following import following_line, following_message
from bot.wording.services import no_service
from bot.wording.subscriptions import Outcome

_SERVICE = frozenset({"service", "services"})


def with_services(parsed: ParsedSubscription, known: Sequence[Service]) -> ParsedSubscription:
    """With the words that name a service of these, and no vendor, as one: ``subscribe checkout``."""
    keys = {one.key: one.name for one in known}
    named = [left for left in parsed.unmatched if left.after is None and service_key(left.text) in keys]
    if not named and not parsed.services:
        return parsed
    kept = [left for left in parsed.unmatched if left not in named and fold(left.text) not in _SERVICE]
    names = (*parsed.services, *(keys[service_key(left.text)] for left in named))
    return replace(parsed, services=tuple(dict.fromkeys(names)), unmatched=tuple(kept))


def found_services(names: Sequence[str], known: Sequence[Service]) -> tuple[list[Service], list[Line]]:
    """The services of these names, each once, and a line for each name that is none."""
    by_key = {one.key: one for one in known}
    found = {key: by_key[key] for name in names if (key := service_key(name)) in by_key}
    missing: list[Line] = [
        (f"{no_service(name, near_services(name, known))} ", Code("services"), " lists what there is.")
        for name in names
        if service_key(name) not in by_key
    ]
    return list(found.values()), missing


def follow(parsed: ParsedSubscription, known: Sequence[Service], request: Request, context: CommandContext) -> Reply:
    """Subscribe to what each of these services needs."""
    wanted = parsed.filter
    if wanted.components or wanted.excluded or wanted.regions:
        raise UsageError("A service says itself which parts it needs: leave out component and region.")
    services, failed = found_services(parsed.services, known)
    before = {service_key(one.name): one for one in context.store.services.followed(request.channel)}
    lines: list[Line] = []
    outcomes: list[Outcome] = []
    for listed in listed_services(services, context):
        one, was = listed.service, before.get(listed.service.key)
        wish = FollowedService(one.name, wanted, request.user, context.now, parsed.mention, parsed.wishes)
        same = was is not None and (was.filter, was.mention, was.wishes) == (wanted, parsed.mention, parsed.wishes)
        if not same:
            context.store.services.follow(request.channel, wish, route)
        outcomes.append(Outcome.SAME if same else Outcome.CHANGED if was else Outcome.NEW)
        lines.append(following_line(listed, wish, context.now, was=was if was and not same else None))
    if services:
        context.store.channels.mark_recovered(request.channel)
    message = following_message([one.name for one in services], outcomes, lines, failed)
    return Reply((message,), public=bool(services))


def unfollow(
    names: Sequence[str], known: Sequence[Service], channel: Channel, context: CommandContext
) -> tuple[list[FollowedService], list[Line]]:
    """End these; what was followed, and a line for each that was not."""
    services, failed = found_services(names, known)
    before = {service_key(one.name): one for one in context.store.services.followed(channel)}
    ended = []
    for one in services:
        if one.key in before:
            context.store.services.unfollow(channel, one.key, route, context.now)
            ended.append(before[one.key])
        else:
            failed.append((f"This channel does not subscribe to service {one.name}.",))
    return ended, failed


def following_typed(wish: FollowedService) -> str:
    """``service:checkout severity:major+``, as it can be typed after ``subscribe``."""
    mention = mention_typed(wish.mention)
    asked = unparse(replace(wish.filter, also=())) if wish.filter != Filter() else ""
    parts = (f"service:{service_typed(wish.name)}", asked, unparse_wishes(wish.wishes), mention)
    return " ".join(part for part in parts if part)
