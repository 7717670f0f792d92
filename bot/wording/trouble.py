"""``is it us?``, ``is it them?``: in one line, whose vendors have trouble now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.domain import Level, PageState, worst
from bot.message import Code, Line, Message, Paragraph, Tone
from bot.wording.phrases import age, count, level_text, level_tone, listing, not_known
from bot.wording.services import (
    CLOCK_SPAN,
    HITS_SHOWN,
    NAMES,
    ListedService,
    no_services_message,
    service_level,
    service_rank,
    trouble_began,
    trouble_rank,
    troubled_of,
    unknown_of,
)
from bot.wording.vendor_state import is_current, level_now


def them_message(
    services: Sequence[ListedService], states: Sequence[PageState], now: datetime, zone: tzinfo, *, own: bool
) -> Message:
    """``is it them?`` in one line. ``states``: the channel's vendors, for who has no services yet; ``zone``: the
    channel's."""
    if not services and not states:
        return no_services_message(own=own)
    define: Line = ("Say what is yours: ", Code("service checkout = stripe, aws"), ".")
    title = _services_trouble(services, now, zone) if services else _vendors_trouble(states, now, zone)
    levels = [service_level(one.state, now) for one in services] if services else [level_now(s, now) for s in states]
    level = worst(levels) or Level.OPERATIONAL
    return Message(
        summary=title,
        tone=level_tone(level) if level >= Level.DEGRADED else Tone.PLAIN,
        title=title,
        blocks=() if services else (Paragraph(define),),
    )


def _services_trouble(services: Sequence[ListedService], now: datetime, zone: tzinfo) -> str:
    bad = [one for one in services if troubled_of(one.state, now)]
    states = {state.vendor.slug: state for one in services for state in one.state.states}
    unknown = list(dict.fromkeys(state.vendor.name for one in services for state in unknown_of(one.state, now)))
    if not bad:
        ours = f"our {count(len(services), 'service')}" if len(services) > 1 else services[0].service.name
        return _none(list(states.values()), f"behind {ours}", unknown, now)
    bad.sort(key=lambda one: (-service_rank(one.state, now), one.service.key))
    named = [
        f"{one.service.name} ({'; '.join(_trouble(s, one.since.get(s.vendor.slug), now, zone) for s in vendors)})"
        for one in bad[:NAMES]
        for vendors in [troubled_of(one.state, now)[:HITS_SHOWN]]
    ]
    more = f" and {len(bad) - NAMES} more" if len(bad) > NAMES else ""
    return f"It may be them: {', '.join(named)}{more}{not_known(unknown)}."


def _vendors_trouble(states: Sequence[PageState], now: datetime, zone: tzinfo) -> str:
    bad = sorted((s for s in states if trouble_rank(s, now) >= Level.DEGRADED), key=lambda s: -trouble_rank(s, now))
    unknown = [state.vendor.name for state in states if level_now(state, now) is None]
    if not bad:
        return _none(states, "of this channel", unknown, now)
    named = [_trouble(state, trouble_began(state), now, zone) for state in bad[:NAMES]]
    more = f" and {len(bad) - NAMES} more" if len(bad) > NAMES else ""
    return f"It may be them: {'; '.join(named)}{more}{not_known(unknown)}."


def _trouble(state: PageState, since: datetime | None, now: datetime, zone: tzinfo) -> str:
    """``Stripe, partial outage since 13:05 UTC``"""
    words = f"{state.vendor.name}, {level_text(level_now(state, now))}"
    if since is None:
        return words
    date = "" if now - since < CLOCK_SPAN else "%Y-%m-%d "
    return f"{words} since {since.astimezone(zone).strftime(f'{date}%H:%M %Z')}"


def _none(states: Sequence[PageState], which: str, unknown: Sequence[str], now: datetime) -> str:
    number = len(states)
    if unknown and len(unknown) == number:
        return f"Nobody can say now: the state of {listing(unknown)} is not known."
    read = [state.read_at for state in states if state.read_at and is_current(state, now)]
    oldest = f"oldest reading {age(min(read), now).removesuffix(' ago')}" if read else "none was read lately"
    vendors = f"None of the {number:,} vendors" if number != 1 else "The one vendor"
    reports = "reports trouble" if number != 1 else "reports no trouble"
    return f"{vendors} {which} {reports} ({oldest}){not_known(unknown)}."
