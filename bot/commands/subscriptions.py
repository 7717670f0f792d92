"""``subscribe``, ``unsubscribe``, ``list``: what a channel hears of."""

from __future__ import annotations

from datetime import timedelta

from bot.commands.desk import Desk
from bot.commands.grammar import KEYS, Leftover, parse, unparse
from bot.commands.parts import fit
from bot.commands.request import Reply, Request
from bot.commands.scan import quote
from bot.domain import Component, Filter, Slug, Subscription, Vendor
from bot.message import Button, Line
from bot.routing import judge, route
from bot.store.values import Health, Listed, PageState
from bot.wording.refusals import unknown_vendor_line, usage
from bot.wording.subscriptions import (
    Held,
    Outcome,
    Subscribed,
    list_message,
    subscribed_message,
    trouble_line,
    unsubscribed_message,
)

FILTER_KEYS = tuple(key for key in KEYS if key != "days")
JUST_NOW = timedelta(minutes=1)
"""A question that waits for a reading is asked twice."""
HOW = "subscribe <vendor|url>… [filters]"
EXAMPLES = (
    "subscribe github slack stripe",
    'subscribe github component:"Actions" severity:major+',
    "subscribe aws us-east-1",
)


def subscribe(request: Request, desk: Desk) -> Reply:
    """Each vendor by itself: the good ones stand whatever happens to the others."""
    if not request.text.strip():
        return Reply((usage("Subscribe to what?", HOW, EXAMPLES),))
    typed = parse(request.text, desk.catalog, FILTER_KEYS)
    before = {
        listed.subscription.vendor: listed.subscription for listed in desk.store.channels.subscriptions(request.channel)
    }
    done: list[Subscribed] = []
    failed: list[Line] = [unknown_vendor_line(left.text, left.near) for left in typed.leftovers if left.after is None]
    near = [vendor for left in typed.leftovers if left.after is None for vendor in left.near]
    states = desk.states(typed.vendors)
    for state in states:
        words = [left for left in typed.leftovers if left.after == state.vendor.slug]
        fitted = fit(typed.filter, [left for left in words if not _is_vendor(left, state)], state)
        strangers = [left for left in words if _is_vendor(left, state)]
        failed += [unknown_vendor_line(left.text, left.near) for left in strangers]
        near += [vendor for left in strangers for vendor in left.near]
        failed += fitted.problems
        if fitted.problems:
            continue
        outcome = _put(request, desk, state, fitted.filter, typed.mention, before.get(state.vendor.slug))
        done.append(
            Subscribed(
                standing=state,
                filter=fitted.filter,
                mention=typed.mention,
                typed=_typed(state.vendor.slug, fitted.filter, typed.mention),
                outcome=outcome,
                open=_open(state, fitted.filter),
                notes=fitted.notes,
            )
        )
    buttons = [Button(v.name, f"subscribe {_typed(v.slug, typed.filter, typed.mention)}") for v in _once(near)]
    return Reply((subscribed_message(done, failed, buttons, desk.now),), public=bool(done), unread=desk.unread(states))


def unsubscribe(request: Request, desk: Desk) -> Reply:
    """``all`` or names; a vendor that left the catalog is still known by its slug."""
    channels = desk.store.channels
    held = {listed.subscription.vendor for listed in channels.subscriptions(request.channel)}
    text = request.text.strip()
    if not text:
        buttons = [Button(s.vendor.name, f"unsubscribe {s.vendor.slug}") for s in desk.by_slug(sorted(held))]
        return Reply((usage("Unsubscribe from what?", "unsubscribe <vendor>…|all", (), buttons),))
    failed: list[Line] = []
    names: dict[Slug, str] = {s.vendor.slug: s.vendor.name for s in desk.by_slug(sorted(held))}
    wanted: list[Slug] | None
    if text.casefold() in {"all", "*", "everything"}:
        wanted = None
    else:
        typed = parse(text, desk.catalog, keys=())
        partly = {left.after for left in typed.leftovers if left.after and not left.again and not left.near}
        wanted = [v.slug for v in typed.vendors if v.slug in held and v.slug not in partly]
        for vendor in typed.vendors:
            if vendor.slug in partly and vendor.slug in held:
                failed.append(
                    (f"{vendor.name} stands: to drop a part of it, subscribe again with the parts you want.",)
                )
            elif vendor.slug not in held:
                failed.append((f"This channel does not subscribe to {vendor.name}.",))
        for left in typed.leftovers:
            if left.text.casefold() in held:
                wanted.append(Slug(left.text.casefold()))
            elif left.after is None or (left.near and not left.again):
                failed.append(unknown_vendor_line(left.text, left.near))
    ended = channels.unsubscribe(request.channel, wanted) if wanted is None or wanted else ()
    if not held:
        failed = [("This channel subscribes to nothing.",)]
    message = unsubscribed_message([names.get(slug, slug) for slug in ended], failed, len(held) - len(ended))
    return Reply((message,), public=bool(ended))


def list_subscriptions(request: Request, desk: Desk) -> Reply:
    """Who subscribed to what, when, and whether it arrives."""
    channels = desk.store.channels
    listed = channels.subscriptions(request.channel)
    vendors = {s.vendor.slug: s.vendor for s in desk.by_slug([item.subscription.vendor for item in listed])}
    held = [_held(item, vendors[item.subscription.vendor]) for item in listed if item.subscription.vendor in vendors]
    state = channels.state(request.channel)
    trouble: Line = ()
    if state.health is not Health.ACTIVE:
        suspended = state.health is Health.SUSPENDED
        trouble = trouble_line(state.reason or "", state.since, suspended=suspended, now=desk.now)
    return Reply((list_message(held, channels.settings(request.channel), trouble, desk.now),))


def typed_again(subscription: Subscription) -> str:
    """The subscription as it can be typed after ``subscribe``."""
    return _typed(subscription.vendor, subscription.filter, subscription.mention)


def _put(
    request: Request, desk: Desk, state: PageState, wanted: Filter, mention: str | None, before: Subscription | None
) -> Outcome:
    """The same again leaves who subscribed and when as it is."""
    if before and before.filter == wanted and before.mention == mention:
        return Outcome.NEW if before.at >= desk.now - JUST_NOW else Outcome.SAME
    new = Subscription(request.channel, state.vendor.slug, wanted, request.user, desk.now, mention)
    desk.store.channels.subscribe(new, route)
    return Outcome.CHANGED if before else Outcome.NEW


def _is_vendor(left: Leftover, state: PageState) -> bool:
    """Rather a misspelt vendor than a part of the one before it."""
    if left.again or not left.near:
        return False
    components: tuple[Component, ...] = state.snapshot.components if state.snapshot else ()
    words = left.text.casefold()
    return not any(words in f"{c.label} {c.region or ''}".casefold() for c in components)


def _open(state: PageState, wanted: Filter) -> tuple[str, ...]:
    if state.snapshot is None:
        return ()
    parts = {c.id: c for c in state.snapshot.components}
    return tuple(i.title for i in state.snapshot.incidents if i.is_open and judge(i, parts, wanted).deliver)


def _held(listed: Listed, vendor: Vendor) -> Held:
    return Held(vendor, listed.subscription, typed_again(listed.subscription), listed.last_post)


def _typed(slug: Slug, wanted: Filter, mention: str | None) -> str:
    said = "" if mention is None else f"mention:{quote(mention) if ' ' in mention else mention}"
    return " ".join(part for part in (slug, unparse(wanted), said) if part)


def _once(vendors: list[Vendor]) -> list[Vendor]:
    return list({vendor.slug: vendor for vendor in vendors}.values())
