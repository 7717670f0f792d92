"""``subscribe``, ``unsubscribe``, ``list``: what a channel subscribes to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.catalog.names import fold, has_password
from bot.commands.addresses import MAX_PAGES, page_address, unknown_page_line
from bot.commands.context import CommandContext
from bot.commands.digest import line_of
from bot.commands.following import follow, following_typed, unfollow, with_services
from bot.commands.forecast import Forecaster
from bot.commands.grammar import KEYS, ParsedSubscription, mention_typed, parse, unparse, unparse_wishes
from bot.commands.on_record import listed_everywhere, listed_here
from bot.commands.parts import resolve_filter
from bot.commands.request import Reply, Request
from bot.commands.services import listed_services
from bot.commands.vocabulary import FILLERS, WHOLE
from bot.domain import (
    NO_WISHES,
    Channel,
    Filter,
    FollowedService,
    Health,
    ListedSubscription,
    PageState,
    Slug,
    Subscription,
    Vendor,
    Wishes,
    service_key,
)
from bot.message import Button, Line, Opens
from bot.routing import judge, named_in, route, unmatched
from bot.wording.board import board_line
from bot.wording.digest import no_digest_line
from bot.wording.errors import (
    add_page_line,
    error_message,
    no_page_line,
    part_problem_line,
    stands_for_unknown_line,
    unknown_lines,
    unknown_vendor_line,
    usage_message,
)
from bot.wording.following import followed_line, only_through_line
from bot.wording.preview import Outlook, month_sentence, uncounted_month_sentence
from bot.wording.subscriptions import (
    OtherChannel,
    Outcome,
    Subscribed,
    SubscriptionLine,
    everywhere_message,
    list_message,
    subscribed_message,
    trouble_line,
    unsubscribed_message,
)

FILTER_KEYS = tuple(key for key in KEYS if key != "days")
MAX_FORECASTS = 25
"""Vendors of one command; of more none has its last month counted, which costs milliseconds each."""
CHANNELS = 25
"""On one page of ``list everywhere``."""
JUST_NOW = timedelta(minutes=1)
"""A command that waits for a page to be read runs twice; within this the second run is the same command."""
_EVERYWHERE = re.compile(r"everywhere(?:\s+after\s+(?P<after>\S+))?", re.IGNORECASE)
ALL = frozenset({"all", "*", "everything"})
USAGE = "subscribe <vendor|url>… [filters]"
EXAMPLES = (
    "subscribe github slack stripe",
    'subscribe github component:"Actions" severity:major+',
    "subscribe aws us-east-1",
)


def subscribe(request: Request, context: CommandContext) -> Reply:
    """Each vendor by itself: what is wrong with one does not keep the others back. A channel that was given up is tried
    again: whoever subscribes in it may have mended it."""
    parsed = parse(request.text, context.catalog, FILTER_KEYS)
    known = context.store.services.of(request.channel) if parsed.services or parsed.unmatched else ()
    parsed = with_services(parsed, known)
    if parsed.services:
        followed = follow(parsed, known, request, context)
        if not parsed.vendors and not parsed.unmatched:
            return followed
        reply = _subscribe(parsed, request, context)
        public = reply.public or followed.public
        return replace(reply, messages=(*reply.messages, *followed.messages), public=public)
    if not parsed.vendors and (not parsed.unmatched or fold(request.text) in ALL):
        return Reply(
            (usage_message("Subscribe to what?", USAGE, EXAMPLES, [Button("Choose…", "subscribe", Opens.FORM)]),)
        )
    return _subscribe(parsed, request, context)


def _subscribe(parsed: ParsedSubscription, request: Request, context: CommandContext) -> Reply:
    subscribed = context.store.channels.subscriptions(request.channel)
    before = {s.subscription.vendor: s.subscription for s in subscribed if s.subscription.typed is not None}
    wanted: list[Subscription] = []
    done: list[Subscribed] = []
    failed: list[Line] = []
    pages = {left: url for left in parsed.unmatched if (url := page_address(left))}
    words = [left for left in parsed.unmatched if left not in pages]
    unknown = [left for left in words if left.after is None]
    states = context.states(parsed.vendors)
    counts = len(states) <= MAX_FORECASTS
    forecaster, outlooks = Forecaster(context, request.channel), list[Outlook]()
    notes = _digest_notes(parsed.filter, request, context)
    for state in states:
        if not state.vendor.has_page:
            failed.append(no_page_line(state.vendor))
            continue
        slug = state.vendor.slug
        resolved = resolve_filter(parsed.filter, [left for left in words if left.after == slug], state)
        unknown += resolved.other_vendors
        if resolved.problems:
            failed += [part_problem_line(state, problem) for problem in resolved.problems]
            continue
        if counts:
            outlooks.append(forecaster.outlook(state, resolved.filter, parsed.wishes))
        new = Subscription(
            request.channel, slug, resolved.filter, request.user, context.now, parsed.mention, wishes=parsed.wishes
        )
        outcome = _outcome(new, before.get(slug), context)
        # The same subscription again keeps who subscribed and when.
        if slug not in before or outcome is Outcome.CHANGED:
            wanted.append(new)
        done.append(
            Subscribed(
                state=state,
                filter=resolved.filter,
                mention=parsed.mention,
                wishes=parsed.wishes,
                arguments=subscribe_arguments(state.vendor, resolved.filter, parsed.mention, parsed.wishes),
                outcome=outcome,
                open=_open(state, resolved.filter),
                notes=(*resolved.notes, *(notes if not done else ())),
                before=before[slug].typed if slug in before and before[slug].typed != resolved.filter else None,
                month=month_sentence(outlooks[-1:], context.now) if counts else (),
            )
        )
    context.store.channels.subscribe_all(wanted, route)
    if done:
        context.store.channels.mark_recovered(request.channel)
    failed += [unknown_page_line(url, context) for url in pages.values()][:MAX_PAGES]
    failed += unknown_lines([(left.text, left.near) for left in unknown])
    if any(not left.near for left in unknown):
        failed.append(add_page_line())
    near = {vendor.slug: vendor for left in unknown for vendor in left.near}.values()
    buttons = [
        Button(v.name, f"subscribe {subscribe_arguments(v, parsed.filter, parsed.mention, parsed.wishes)}")
        for v in near
    ]
    month = month_sentence(outlooks, context.now) if counts else uncounted_month_sentence()
    return Reply(
        (subscribed_message(done, failed, buttons, context.now, month),),
        public=bool(done),
        unread=context.unread(states),
        unknown_pages=tuple(u for u in pages.values() if u not in context.refused and not has_password(u))[:MAX_PAGES],
    )


def _digest_notes(wanted: Filter, request: Request, context: CommandContext) -> tuple[Line, ...]:
    """That nothing would tell of maintenances."""
    left_to_digest = wanted.maintenance == "digest" and context.store.digests.of(request.channel) is None
    return (no_digest_line(),) if left_to_digest else ()


def unsubscribe(request: Request, context: CommandContext) -> Reply:
    """``all`` or names; a vendor that left the catalog is still known by its slug."""
    vendors = context.subscribed_vendors(request.channel)
    subscribed = {vendor.slug: vendor.name for vendor in vendors}
    wanted: Sequence[Slug] | None = None
    failed: list[Line] = []
    if not is_all(request.text):
        known = context.store.services.of(request.channel)
        parsed = with_services(parse(request.text, context.catalog, keys=("service",)), known)
        if not parsed.vendors and not parsed.unmatched and not parsed.services:
            buttons = [
                Button(v.name, f"unsubscribe {v.typed}", confirm=f"Unsubscribe this channel from {v.name}?")
                for v in vendors
            ]
            return Reply((usage_message("Unsubscribe from what?", "unsubscribe <vendor>…|all", (), buttons),))
        states = {state.vendor.slug: state for state in context.states(parsed.vendors)}
        wanted, failed = _chosen(parsed, subscribed, _named_in_part(parsed, request.channel, context, states), states)
    before = [listed.subscription for listed in context.store.channels.subscriptions(request.channel)]
    typed = [one for one in before if one.typed is not None]
    through = {one.vendor: one.through.services for one in before if one.typed is None and one.through}
    if wanted is None:
        services: Sequence[FollowedService] = context.store.services.followed(request.channel)
    else:
        services, missing = unfollow(parsed.services, known, request.channel, context)
        failed += missing
        failed += [only_through_line(subscribed[slug], through[slug]) for slug in wanted if slug in through]
        wanted = [slug for slug in wanted if slug not in through]
    ended = context.store.channels.unsubscribe(request.channel, wanted) if wanted != [] else ()
    over = [one for one in typed if one.vendor in ended]
    names = [*(subscribed.get(one.vendor, one.vendor) for one in over), *(f"service {one.name}" for one in services)]
    undo = [*_undo(over, context), *(f"subscribe {following_typed(one)}" for one in services)]
    left = len(context.store.channels.vendors(request.channel))
    return Reply((unsubscribed_message(names, failed, left, undo),), public=bool(names))


def _undo(ended: Sequence[Subscription], context: CommandContext) -> list[str]:
    """The lines that bring these subscriptions back: one for all that have the same filter and mention."""
    vendors = {vendor.slug: vendor for vendor in context.vendors([s.vendor for s in ended])}
    alike: dict[str, list[str]] = {}
    for subscription in ended:
        if vendor := vendors.get(subscription.vendor):
            typed = subscription_arguments(subscription, vendor)
            alike.setdefault(typed.removeprefix(vendor.typed), []).append(vendor.typed)
    return [f"subscribe {' '.join(names)}{rest}" for rest, names in alike.items()]


def is_all(text: str) -> bool:
    """Whether everything is named: ``all``, ``everything please``, ``all vendors``."""
    words = {fold(word) for word in text.split()} - FILLERS
    return text.strip() == "*" or (bool(words) and words <= WHOLE)


def _named_in_part(
    parsed: ParsedSubscription, channel: Channel, context: CommandContext, states: Mapping[Slug, PageState]
) -> set[Slug]:
    """Vendors that the channel subscribes to more of than the product that is named."""
    filters = {s.subscription.vendor: s.subscription.filter for s in context.store.channels.subscriptions(channel)}
    partly = set()
    for left in parsed.unmatched:
        if left.after is None or left.product is None or left.after not in filters:
            continue
        parts = set(resolve_filter(Filter(), [left], states[left.after]).filter.components)
        subscribed = set(filters[left.after].components)
        if not subscribed <= parts or bool(parts) != bool(subscribed):
            partly.add(left.after)
    return partly


def _chosen(
    parsed: ParsedSubscription,
    subscribed: Mapping[Slug, str],
    in_part: Collection[Slug],
    states: Mapping[Slug, PageState],
) -> tuple[list[Slug], list[Line]]:
    """Which of the subscriptions to end, and what cannot be ended. A part of a vendor cannot, nor does a vendor end
    whose name stands before a word that nobody knows: it may have been meant for a part."""
    behind = [(left.after, left) for left in parsed.unmatched if left.after and not left.repeated and not left.near]
    unknown: dict[Slug, list[str]] = {}
    for slug, left in behind:
        read = slug in states and states[slug].snapshot is not None
        if read and resolve_filter(Filter(), [left], states[slug]).problems:
            unknown.setdefault(slug, []).append(left.text)
    partly = {slug for slug, _ in behind} | set(in_part)
    wanted = [v.slug for v in parsed.vendors if v.slug in subscribed and v.slug not in partly]
    failed: list[Line] = []
    for vendor in parsed.vendors:
        if vendor.slug not in subscribed:
            failed.append((f"This channel does not subscribe to {vendor.name}.",))
        elif vendor.slug in unknown:
            failed.append(stands_for_unknown_line(vendor, unknown[vendor.slug]))
        elif vendor.slug in partly:
            failed.append((f"{vendor.name} stands: to drop a part of it, subscribe again with the parts you want.",))
    for left in parsed.unmatched:
        if (slug := Slug(left.text.casefold())) in subscribed:
            wanted.append(slug)
        elif not left.repeated and (left.near or left.after not in subscribed):
            failed.append(unknown_vendor_line(left.text, left.near))
    return wanted, failed


def list_subscriptions(request: Request, context: CommandContext) -> Reply:
    """Who subscribed to what, when, and whether it arrives; ``everywhere``: in every channel of the workspace."""
    if everywhere := _EVERYWHERE.fullmatch(request.text.strip()):
        return _everywhere(request, context, everywhere["after"])
    channels = context.store.channels
    here = listed_here(request.channel, context)
    listed, vendors = [item for item in here.listed if item.subscription.typed is not None], here.vendors
    # What a filter names is held against the page's components; few filters name anything.
    naming = [item.subscription.vendor for item in listed if named_in(item.subscription.filter)]
    states = {state.vendor.slug: state for state in context.by_slug(naming)}
    subscribed = [
        _subscription_line(item, vendors[item.subscription.vendor], states.get(item.subscription.vendor))
        for item in listed
        if item.subscription.vendor in vendors
    ]
    state = channels.state(request.channel)
    trouble: Line = ()
    if state.health is not Health.ACTIVE:
        suspended = state.health is Health.SUSPENDED
        trouble = trouble_line(state.reason or "", state.since, suspended=suspended, now=context.now)
    muted = sum(m.incident is not None for m in context.store.mutes.of_channel(request.channel, context.now))
    board = context.store.boards.of(request.channel)
    digest = line_of(request.channel, context)
    settings, about = channels.settings(request.channel), board_line(board) if board else ()
    services = _followed_lines(request.channel, context)
    message = list_message(
        subscribed, settings, trouble, context.now, muted=muted, board=about, digest=digest, services=services
    )
    return Reply((message,))


def _followed_lines(channel: Channel, context: CommandContext) -> list[Line]:
    wishes = {service_key(one.name): one for one in context.store.services.followed(channel)}
    if not wishes:
        return []
    followed = listed_services([one for one in context.store.services.of(channel) if one.key in wishes], context)
    return [followed_line(one, wishes[one.service.key], following_typed(wishes[one.service.key])) for one in followed]


def _everywhere(request: Request, context: CommandContext, after: str | None) -> Reply:
    """A page of the workspace's channels. It names private ones, so it is for those who may manage."""
    if not request.may_manage:
        hint: Line = ("It names channels that not everybody may see.",)
        return Reply((error_message("Only people who can manage all channels can list them.", hint),))
    page = listed_everywhere(request.channel, CHANNELS, after, context)
    names = {slug: vendor.name for slug, vendor in page.vendors.items()}
    others = [
        OtherChannel(r.channel, tuple(names.get(s.vendor, s.vendor) for s in r.subscriptions), r.state.health.value)
        for r in page.channels
    ]
    return Reply((everywhere_message(others, after=after, more=page.next is not None),))


def subscription_arguments(subscription: Subscription, vendor: Vendor) -> str:
    """The subscription as it can be typed after ``subscribe``."""
    wanted = subscription.filter if subscription.typed is None else subscription.typed
    return subscribe_arguments(vendor, wanted, subscription.mention, subscription.wishes)


def subscribe_arguments(vendor: Vendor, wanted: Filter, mention: str | None, wishes: Wishes = NO_WISHES) -> str:
    """All that is typed after ``subscribe`` for this."""
    parts = (vendor.typed, unparse(wanted), unparse_wishes(wishes), mention_typed(mention))
    return " ".join(part for part in parts if part)


def _outcome(new: Subscription, before: Subscription | None, context: CommandContext) -> Outcome:
    if before and (before.typed, before.mention, before.wishes) == (new.filter, new.mention, new.wishes):
        return Outcome.NEW if before.created_at >= context.now - JUST_NOW else Outcome.SAME
    return Outcome.CHANGED if before else Outcome.NEW


def _open(state: PageState, wanted: Filter) -> tuple[str, ...]:
    if state.snapshot is None:
        return ()
    parts = {c.id: c for c in state.snapshot.components}
    return tuple(i.title for i in state.snapshot.incidents if i.is_open and judge(i, parts, wanted).deliver)


def _subscription_line(listed: ListedSubscription, vendor: Vendor, state: PageState | None) -> SubscriptionLine:
    """``state``: of a vendor whose filter names something."""
    subscription = listed.subscription
    missing = unmatched(subscription.filter, state.snapshot.components) if state and state.snapshot else ()
    return SubscriptionLine(
        vendor, subscription, subscription_arguments(subscription, vendor), listed.last_post, missing
    )
