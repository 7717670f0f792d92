"""``preview``: what a subscription would have sent to this channel lately, before there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.commands.context import CommandContext
from bot.commands.definition import needs_typed
from bot.commands.following import found_services
from bot.commands.forecast import DAYS, Forecaster
from bot.commands.grammar import KEYS, ParsedSubscription, parse
from bot.commands.parts import resolve_filter
from bot.commands.request import Reply, Request
from bot.commands.subscriptions import subscribe_arguments
from bot.domain import Filter, Slug, Subscription
from bot.message import Button, Line, plain_text
from bot.wording.errors import error_message, no_page_line, part_problem_line, unknown_lines, usage_message
from bot.wording.preview import Outlook, preview_message, replace_question
from bot.wording.subscriptions import nothing_subscribed_message

MAX_BUTTONS = 5


def preview(request: Request, context: CommandContext) -> Reply:
    """Vendors and filter as for ``subscribe``. Without a vendor those of the channel: with a filter, as if it were
    theirs; without one, as they are subscribed."""
    parsed = parse(request.text, context.catalog, KEYS)
    if parsed.services:
        return _of_services(parsed.services, request, context)
    listed = context.store.channels.subscriptions(request.channel)
    subscribed = {one.subscription.vendor: one.subscription for one in listed}
    named = bool(parsed.vendors or parsed.unmatched)
    states = context.states(parsed.vendors) if named else context.by_slug(list(subscribed))
    if not named and not states:
        return Reply((nothing_subscribed_message(),))
    as_is = not named and parsed.filter == Filter()
    words = [left for left in parsed.unmatched if left.after is None]
    forecaster = Forecaster(context, request.channel, parsed.days or DAYS)
    outlooks: list[Outlook] = []
    failed: list[Line] = []
    for state in states:
        if not state.vendor.has_page:
            failed.append(no_page_line(state.vendor))
            continue
        if as_is:
            its = subscribed[state.vendor.slug]
            outlooks.append(forecaster.outlook(state, its.filter, its.wishes))
            continue
        typed = [left for left in parsed.unmatched if left.after == state.vendor.slug]
        resolved = resolve_filter(parsed.filter, typed, state)
        words += resolved.other_vendors
        failed += [part_problem_line(state, problem, "") for problem in resolved.problems]
        if not resolved.problems:
            outlooks.append(forecaster.outlook(state, resolved.filter, parsed.wishes))
    failed += unknown_lines([(left.text, left.near) for left in words])
    buttons = () if as_is else _buttons(outlooks, parsed, subscribed)
    return Reply((preview_message(outlooks, failed, buttons, context.now),), unread=context.unread(states))


def _of_services(names: Sequence[str], request: Request, context: CommandContext) -> Reply:
    """A filter holds for all vendors of a preview, and a service has one for each: it is looked at part by part."""
    found, missing = found_services(names, context.store.services.of(request.channel))
    if missing:
        return Reply((error_message(plain_text(missing[0])),))
    vendors = {vendor.slug: vendor for vendor in context.vendors([slug for one in found for slug in one.vendors])}
    lines = [f"preview {needs_typed(d, vendors.get(d.vendor))}" for one in found for d in one.dependencies]
    title = "A service is previewed vendor by vendor."
    return Reply((usage_message(title, lines[0], lines[1:], [Button(line, line) for line in lines]),))


def _buttons(
    outlooks: Sequence[Outlook], parsed: ParsedSubscription, subscribed: Mapping[Slug, Subscription]
) -> list[Button]:
    """To subscribe just so: all at once where they have one filter, else each."""
    wanted = [o for o in outlooks if not _is_same(subscribed.get(o.state.vendor.slug), o.filter, parsed.mention)]
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
        for outlook in wanted[:MAX_BUTTONS]
    ]


def _arguments(outlook: Outlook, mention: str | None) -> str:
    return subscribe_arguments(outlook.state.vendor, outlook.filter, mention)


def _is_same(subscription: Subscription | None, wanted: Filter, mention: str | None) -> bool:
    return subscription is not None and (subscription.filter, subscription.mention) == (wanted, mention)


def _question(outlooks: Sequence[Outlook], subscribed: Mapping[Slug, Subscription]) -> str:
    """What stands already is not replaced unasked."""
    replaced = [o for o in outlooks if o.state.vendor.slug in subscribed]
    if not replaced:
        return ""
    before = subscribed[replaced[0].state.vendor.slug].filter
    return replace_question([o.state.vendor.name for o in replaced], before)
