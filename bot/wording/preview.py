"""What a subscription would have sent: counted in one sentence, and listed with what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.together import list_messages
from bot.domain import Filter, IncidentKind, Mode, PageState, Wishes
from bot.message import Block, Button, Code, Items, Line, Link, Message, Moment, Paragraph, Span, Strong, Style
from bot.preview.simulate import Forecast
from bot.wording.incidents import footers
from bot.wording.phrases import capital, count, excerpt, join, listing
from bot.wording.subscriptions import TITLE_CHARS, filter_text
from bot.wording.waits import wishes_text
from bot.wording.why import held_sentence, why_sentence

LISTED = 50
"""Incidents in one list."""
_KINDS = {
    IncidentKind.INCIDENT: "incident",
    IncidentKind.EPISODE: "unannounced outage",
    IncidentKind.MAINTENANCE: "maintenance",
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a subscription to one vendor would have sent to a channel in the last days."""

    state: PageState
    filter: Filter
    wishes: Wishes
    mode: Mode
    days: int
    incidents: tuple[Forecast, ...]
    """Those about which something could have been sent in that time, with the messages of that time; newest first."""
    known_since: datetime | None
    """From when on it is known; ``None``: next to nothing is."""
    is_whole: bool = True
    """``False``: there are more incidents than one answer counts."""

    @property
    def messages(self) -> int:
        sent = [message for told in self.incidents for message in told.messages]
        nights = Counter(message.at for message in sent if message.together)
        return sum(not message.together for message in sent) + sum(map(list_messages, nights.values()))

    @property
    def possible(self) -> int:
        return sum(len(told.possible) for told in self.incidents)

    @property
    def sent(self) -> tuple[Forecast, ...]:
        return tuple(told for told in self.incidents if told.messages)

    @property
    def left_out(self) -> tuple[Forecast, ...]:
        return tuple(told for told in self.incidents if not told.messages)


def month_sentence(outlooks: Sequence[Outlook], now: datetime) -> Line:
    """``It would have sent 6 messages in the last 30 days.``; of several vendors together. What is not known is not
    counted, and said."""
    known = _known(outlooks)
    if not known:
        return ("What comes in a month is not known yet.",)
    messages = sum(outlook.messages for outlook in known)
    who = "It" if len(outlooks) == 1 else "They"
    what = f"{who} would have sent {count(messages, 'message') if messages else 'nothing'}"
    missing = len(outlooks) - len(known)
    return (
        what,
        *_time(known, now),
        f", not counting {count(missing, 'vendor')} whose past is not known." if missing else ".",
    )


def uncounted_month_sentence() -> Line:
    """Of more vendors at once than are counted."""
    return (Code("preview"), " tells what they would have sent in the last 30 days.")


def preview_message(
    outlooks: Sequence[Outlook], failed: Sequence[Line], buttons: Sequence[Button], now: datetime
) -> Message:
    """``6 of 41 messages: 2 incidents, 1 maintenance``, each listed, and why each of the others is left out."""
    title = _title(outlooks, now)
    named = len(outlooks) > 1
    blocks: list[Block] = []
    if outlooks:
        blocks.append(Paragraph((f"{_what(outlooks)}.", *_since(outlooks, now))))
    blocks += _list("", [_sent_line(told, o, named=named) for o in outlooks for told in o.sent])
    blocks += _list("Left out", [_left_line(told, o, now, named=named) for o in outlooks for told in o.left_out])
    if failed:
        blocks += [Paragraph((Strong("Not counted"),))] if outlooks else []
        blocks.append(Items(tuple(failed)))
    states = [outlook.state for outlook in outlooks]
    how = f"As when nothing is late, in mode {outlooks[0].mode} · " if outlooks else ""
    return Message(
        summary=title,
        title=title,
        blocks=tuple(blocks),
        footer=(how, *footers(states, now)) if outlooks else (),
        buttons=tuple(buttons),
        vendor=states[0].vendor.slug if len(states) == 1 else None,
    )


def replace_question(vendors: Sequence[str], before: Filter) -> str:
    """Before subscriptions are replaced that the channel has; ``before``: the first's filter."""
    was = f" ({filter_text(before)})" if len(vendors) == 1 else ""
    return f"Replace this channel's {'subscription' if was else 'subscriptions'} to {listing(vendors)}{was}?"


def _known(outlooks: Sequence[Outlook]) -> list[Outlook]:
    return [outlook for outlook in outlooks if outlook.known_since is not None]


def _title(outlooks: Sequence[Outlook], now: datetime) -> str:
    if not outlooks:
        return "Nothing was counted."
    known = _known(outlooks)
    whose = listing([outlook.state.vendor.name for outlook in outlooks])
    if not known:
        return f"How much {whose} would have sent is not known."
    when = capital(_days(outlooks[0].days)) if _latest(known, now) is None else "So far"
    messages, possible = sum(o.messages for o in known), sum(o.possible for o in known)
    if not possible:
        return f"{when}, there was nothing to send of {whose}."
    if not messages:
        return f"{when}, none of {count(possible, 'message')} of {whose} would have come here."
    kinds = Counter(told.incident.kind for outlook in known for told in outlook.sent)
    counted = join([count(kinds[kind], noun) for kind, noun in _KINDS.items() if kinds[kind]])
    return f"{when}, {messages:,} of {count(possible, 'message')} of {whose} would have come here: {counted}."


def _what(outlooks: Sequence[Outlook]) -> str:
    wanted = {(outlook.filter, outlook.wishes) for outlook in outlooks}
    first = outlooks[0]
    text = capital(filter_text(first.filter) + wishes_text(first.wishes))
    return text if len(wanted) == 1 else "Each with its own filter"


def _latest(known: Sequence[Outlook], now: datetime) -> datetime | None:
    """From when on all of them are on record; ``None``: over the whole time."""
    latest = max(outlook.known_since for outlook in known if outlook.known_since is not None)
    return latest if now - latest < timedelta(days=known[0].days) else None


def _time(known: Sequence[Outlook], now: datetime) -> Line:
    latest = _latest(known, now)
    if latest is None:
        return (f" {_days(known[0].days)}",)
    return (" since ", Moment(latest, Style.DATE), ", and nothing before is on record")


def _days(number: int) -> str:
    return "in the last day" if number == 1 else f"in the last {number} days"


def _since(outlooks: Sequence[Outlook], now: datetime) -> Line:
    """What is not known, as sentences."""
    known = _known(outlooks)
    line: list[Span] = []
    if known and (latest := _latest(known, now)):
        more = "" if all(outlook.is_whole for outlook in known) else ": there are more than one answer counts"
        line += [" Counted since ", Moment(latest, Style.DATE), f"{more or ', as far back as is on record'}."]
    if unknown := [outlook.state.vendor.name for outlook in outlooks if outlook.known_since is None]:
        line.append(f" Not on record yet is the past of {listing(unknown)}.")
    return tuple(line)


def _list(heading: str, lines: Sequence[Line]) -> list[Block]:
    if not lines:
        return []
    more: list[Line] = [(f"and {len(lines) - LISTED} older ones: ask for fewer days",)] if len(lines) > LISTED else []
    shown = Items((*lines[:LISTED], *more))
    return [Paragraph((Strong(heading),)), shown] if heading else [shown]


def _incident(told: Forecast, outlook: Outlook, *, named: bool) -> Line:
    incident, vendor = told.incident, outlook.state.vendor
    who = f"{vendor.name}: " if named else ""
    title = excerpt(incident.title, TITLE_CHARS) or incident.id
    return (Moment(incident.started, Style.DATE), f" · {who}", Link(title, incident.url or vendor.human_url))


def _sent_line(told: Forecast, outlook: Outlook, *, named: bool) -> Line:
    own = [message for message in told.messages if not message.together]
    roots = len(own) if outlook.mode is Mode.FLAT else sum(message.is_root for message in own)
    replies = len(own) - roots
    parts = [count(roots, "message") if roots else "", count(replies, "reply", "replies") if replies else ""]
    listed = "in the message after quiet hours" if len(own) < len(told.messages) else ""
    sent = join([part for part in (listed, *parts) if part])
    return (*_incident(told, outlook, named=named), f" — {sent}")


def _left_line(told: Forecast, outlook: Outlook, now: datetime, *, named: bool) -> Line:
    return (*_incident(told, outlook, named=named), f" — {why_left_out(told, outlook, now)}")


def why_left_out(told: Forecast, outlook: Outlook, now: datetime) -> str:
    """Why nothing of it would have been sent."""
    if told.held is not None and told.card is not None:
        return held_sentence(told.held, told.card, outlook.wishes, now)
    return why_sentence(told.verdict, outlook.filter)
