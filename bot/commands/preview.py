"""``preview``: what a subscription would have sent to this channel lately, before there is one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.catalog.names import fold
from bot.commands.context import CommandContext
from bot.commands.following import following_typed, found_services, with_services
from bot.commands.forecast import DAYS, Forecaster
from bot.commands.grammar import KEYS, ParsedSubscription, UsageError, parse
from bot.commands.parts import resolve_filter
from bot.commands.request import Reply, Request
from bot.commands.subscriptions import subscribe_arguments
from bot.commands.vocabulary import WHOLE
from bot.domain import NO_WISHES, Filter, FollowedService, PageState, Service, Slug, Subscription
from bot.message import Button, Line
from bot.wording.errors import add_page_line, no_page_line, part_problem_line, unknown_lines
from bot.wording.preview import Outlook, preview_message, replace_question
from bot.wording.subscriptions import nothing_subscribed_message

MAX_BUTTONS = 5


@dataclass(frozen=True, slots=True)
class Previewed:
    outlooks: tuple[Outlook, ...]
    now: datetime


def preview(request: Request, context: CommandContext) -> Reply:
    """Vendors, services and filter as for ``subscribe``. Without any those of the channel: with a filter, as if it were
    theirs; without one, as they are subscribed."""
    known = context.store.services.of(request.channel)
    parsed = with_services(parse(request.text, context.catalog, KEYS), known)
    subscribed = {
        one.subscription.vendor: one.subscription for one in context.store.channels.subscriptions(request.channel)
    }
    words = [left for left in parsed.unmatched if left.after is None]
    is_named = bool(parsed.vendors or parsed.services) or any(fold(left.text) not in WHOLE for left in words)
    if not is_named and not subscribed:
        return Reply((nothing_subscribed_message(),))
    forecaster = Forecaster(context, request.channel, parsed.days or DAYS)
    if not is_named and parsed.filter == Filter() and parsed.wishes == NO_WISHES:
        states = context.by_slug(list(subscribed))
        its = [(state, subscribed[state.vendor.slug]) for state in states]
        outlooks = [forecaster.outlook(state, wish.filter, wish.wishes) for state, wish in its]
        return _reply(outlooks, (), (), states, context)
    outlooks, failed = [], list[Line]()
    words = words if is_named else []
    states = context.states(parsed.vendors) if is_named else context.by_slug(list(subscribed))
    for state in states:
        if not state.vendor.has_page:
            failed.append(no_page_line(state.vendor))
            continue
        typed = [left for left in parsed.unmatched if left.after == state.vendor.slug]
        resolved = resolve_filter(parsed.filter, typed, state)
        words += resolved.other_vendors
        failed += [part_problem_line(state, problem, "") for problem in resolved.problems]
        if not resolved.problems:
            outlooks.append(forecaster.outlook(state, resolved.filter, parsed.wishes))
    failed += unknown_lines([(left.text, left.near) for left in words])
    failed += [add_page_line()] if any(not left.near for left in words) else []
    buttons = _buttons(outlooks, parsed, subscribed)
    if parsed.services:
        services, missing = found_services(parsed.services, known)
        needs = _needs(services, parsed.filter)
        followed = context.by_slug(list(needs))
        outlooks += [forecaster.outlook(state, needs[state.vendor.slug], parsed.wishes) for state in followed]
        failed, states = [*failed, *missing], (*states, *followed)
        buttons += [_follow_button(one, parsed, request, context) for one in services]
    return _reply(outlooks, failed, buttons[:MAX_BUTTONS], states, context)


def _reply(
    outlooks: Sequence[Outlook],
    failed: Sequence[Line],
    buttons: Sequence[Button],
    states: Sequence[PageState],
    context: CommandContext,
) -> Reply:
    message = preview_message(outlooks, failed, buttons, context.now)
    return Reply((message,), unread=context.unread(states), told=Previewed(tuple(outlooks), context.now))


def _needs(services: Sequence[Service], wanted: Filter) -> dict[Slug, Filter]:
    """By vendor what passes for one of these services, as the store puts it together."""
    if wanted.components or wanted.excluded or wanted.regions:
        raise UsageError("A service says itself which parts it needs: leave out component and region.")
    asked: defaultdict[Slug, list[Filter]] = defaultdict(list)
    for service in services:
        for need in service.dependencies:
            parts = need.filter
            asked[need.vendor].append(
                replace(wanted, components=parts.components, excluded=parts.excluded, regions=parts.regions)
            )
    return {vendor: replace(first, also=tuple(others)) for vendor, (first, *others) in asked.items()}


def _follow_button(one: Service, parsed: ParsedSubscription, request: Request, context: CommandContext) -> Button:
    wish = FollowedService(one.name, parsed.filter, request.user, context.now, parsed.mention, parsed.wishes)
    return Button(f"Subscribe: {one.name}", f"subscribe {following_typed(wish)}")


def _buttons(
    outlooks: Sequence[Outlook], parsed: ParsedSubscription, subscribed: Mapping[Slug, Subscription]
) -> list[Button]:
    """To subscribe just so: all at once where they have one filter, else each."""
    wanted = [o for o in outlooks if not _is_same(subscribed.get(o.state.vendor.slug), o, parsed.mention)]
    if len(wanted) > 1 and len({outlook.filter for outlook in wanted}) == 1:
        names = " ".join(outlook.state.vendor.typed for outlook in wanted[:-1])
        line = f"subscribe {names} {_arguments(wanted[-1], parsed.mention)}"
        return [Button("Subscribe just so", line, confirm=_question(wanted, subscribed))]
    return [
        Button(
            "Subscribe just so" if len(wanted) == 1 else f"Subscribe: {outlook.state.vendor.name}",
            f"subscribe {_arguments(outlook, parsed.mention)}",
            confirm=_question([outlook], subscribed),
        )
        for outlook in wanted
    ]


def _arguments(outlook: Outlook, mention: str | None) -> str:
    return subscribe_arguments(outlook.state.vendor, outlook.filter, mention, outlook.wishes)


def _is_same(subscription: Subscription | None, outlook: Outlook, mention: str | None) -> bool:
    if subscription is None:
        return False
    return (subscription.typed, subscription.mention, subscription.wishes) == (outlook.filter, mention, outlook.wishes)


def _question(outlooks: Sequence[Outlook], subscribed: Mapping[Slug, Subscription]) -> str:
    """What stands already is not replaced unasked."""
    typed = [
        (outlook.state.vendor.name, wish.typed)
        for outlook in outlooks
        if (wish := subscribed.get(outlook.state.vendor.slug)) and wish.typed is not None
    ]
    return replace_question([name for name, _ in typed], typed[0][1]) if typed else ""
