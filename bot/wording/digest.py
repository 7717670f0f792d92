"""A channel's digest, and the answers about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import assert_never

from bot.domain import HeldReason, IncidentKind, Level
from bot.domain.digests import Digest, DigestEntry, DigestSchedule, DigestSection
from bot.message import (
    Block,
    Button,
    Code,
    Items,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Opens,
    Paragraph,
    Strong,
    Style,
    Tone,
    plain_text,
)
from bot.wording.condition import incident_tone
from bot.wording.incidents import ended_text
from bot.wording.phrases import DOTS, count, duration, excerpt, level_text, level_tone, listing

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ROOT_CHARS = 1_500
"""Of the lines in the digest's message, addresses and what has to be escaped among them: a glance. The others stand
below it."""
PART_CHARS = 1_400
"""Of those in each message below it: Discord shows a message of 2,000 there, markup among them."""
LINE_MARKUP_CHARS = 24
SIGNS = re.compile(r"[^\w\s]|_|[^\0-\uffff]")
"""What may take two characters: where it is escaped, or by itself."""
URL_SIGNS = re.compile(r"[\\*`|@\[\]()~<>\"]")
"""What takes three in a link's address."""
MAX_NAMED = 8
TITLE_CHARS = 80
NAME_CHARS = 40
URL_CHARS = 300
"""A longer address takes too much of a message, and its incident is not linked."""
CLOCK_SPAN = timedelta(hours=20)
SUBJECT = "Digest"
KEPT_BACK_TEXT: Mapping[str, str] = {
    HeldReason.MUTED: "muted",
    HeldReason.IGNORED: "ignored",
    HeldReason.HOLD: "on hold",
    HeldReason.ENDED_WITHIN_HOLD: "over within its hold",
    HeldReason.QUIET_HOURS: "in quiet hours",
}
_HEADS = {
    DigestSection.OPEN: "Open",
    DigestSection.PLANNED: "Planned",
    DigestSection.OVER: "Over",
    DigestSection.KEPT_BACK: "Over, and kept back from this channel",
}


def digest_parts(digest: Digest) -> tuple[tuple[DigestEntry, ...], ...]:
    """What stands in the digest's own message, then what stands in each message below it."""
    parts: list[list[DigestEntry]] = [[]]
    room = ROOT_CHARS - sum(map(_chars, _unreadable(digest)))
    for entry in digest.entries:
        chars = _chars(_line(entry, digest.until))
        if chars > room and parts[-1]:
            parts.append([])
            room = PART_CHARS
        parts[-1].append(entry)
        room -= chars
    return tuple(map(tuple, parts))


def digest_message(digest: Digest, shown: Sequence[DigestEntry], *, below: bool, planned: bool = True) -> Message:
    """The digest's own message, which shows these of its entries; ``below``: others follow below it. ``planned``: it
    was not asked for, but came at its time."""
    what = ("Weekly digest" if digest.weekly else "Daily digest") if planned else "Digest"
    title = f"{what}: {_counted(digest)}."
    blocks = _sections(shown, digest.until)
    rest = ["The others are below."] if below else []
    if digest.more:
        rest.append(f"And {count(digest.more, 'more incident')}.")
    if rest:
        blocks.append(Paragraph((" ".join(rest),)))
    blocks += map(Paragraph, _unreadable(digest))
    return Message(
        summary=title,
        tone=_tone(digest),
        title=title,
        blocks=tuple(blocks),
        footer=("Since ", Moment(digest.since, Style.DATETIME)),
        buttons=(Button("How it stands now", "status", Opens.MODAL),),
        subject=SUBJECT,
        full_command="digest now",
        kind=MessageKind.DIGEST,
    )


def digest_part_message(shown: Sequence[DigestEntry], number: int, total: int, now: datetime) -> Message:
    """A message below the digest's own: the ``number``-th of ``total``."""
    title = f"Digest, continued ({number} of {total})"
    return Message(title, title=title, blocks=tuple(_sections(shown, now)), subject=SUBJECT, kind=MessageKind.DIGEST)


# --- the answers about it ------------------------------------------------------------------------------------------


def schedule_text(schedule: DigestSchedule) -> str:
    """``every day at 9:00``, ``every Monday at 9:00``"""
    day = "day" if schedule.weekday is None else DAYS[schedule.weekday]
    return f"every {day} at {clock_text(schedule)}"


def clock_text(schedule: DigestSchedule) -> str:
    return f"{schedule.at.hour}:{schedule.at.minute:02}"


def digest_line(schedule: DigestSchedule, upcoming: datetime) -> Line:
    """For ``list`` and ``settings``."""
    only = "; nothing else is posted here" if schedule.only else ""
    return (f"Digest: {schedule_text(schedule)}, the next one ", Moment(upcoming, Style.DATETIME), f"{only}.")


def digest_set_message(schedule: DigestSchedule, zone: str, upcoming: datetime, *, subscribed: bool) -> Message:
    """The answer to ``digest daily 9:00``."""
    title = f"This channel gets a digest {schedule_text(schedule)} ({zone})."
    blocks: list[Block] = [Paragraph(("The next one: ", Moment(upcoming, Style.DATETIME), "."))]
    if schedule.only:
        blocks.append(Paragraph(("It gets nothing else.",)))
    if zone == "UTC":
        blocks.append(Paragraph(("For another time zone: ", Code("settings tz=Europe/Berlin"), ".")))
    if not subscribed:
        blocks.append(Paragraph(("It subscribes to nothing yet: ", Code("subscribe github"), ".")))
    return Message(title, title=title, blocks=tuple(blocks))


def current_digest_message(
    schedule: DigestSchedule, zone: str, upcoming: datetime, error: str | None, *, may_manage: bool
) -> Message:
    """The answer to ``digest`` where there is one."""
    title = f"This channel gets a digest {schedule_text(schedule)} ({zone})."
    blocks: list[Block] = [Paragraph(("The next one: ", Moment(upcoming, Style.DATETIME), "."))]
    if schedule.only:
        blocks.append(Paragraph(("It gets nothing else.",)))
    if error:
        blocks.append(Paragraph((f"The last one could not be sent so far. {error}",)))
    end = (Button("End it", "digest off", confirm="End this channel's digest?"),) if may_manage else ()
    return Message(title, title=title, blocks=tuple(blocks), buttons=(Button("Show it now", "digest now"), *end))


def no_digest_message(*, may_manage: bool) -> Message:
    """The answer to ``digest`` where there is none."""
    title = "This channel gets no digest."
    hint: Line = (
        *(Code("digest daily 9:00"), " or ", Code("digest weekly mon 9:00")),
        " posts one message about what was, what is open and what is planned; with ",
        *(Code("only"), " behind it the channel gets nothing else."),
    )
    offered = (Button("Daily at 9:00", "digest daily 9:00"), Button("Mondays at 9:00", "digest weekly mon 9:00"))
    buttons = (Button("Show one now", "digest now"), *(offered if may_manage else ()))
    return Message(title, title=title, blocks=(Paragraph(hint),), buttons=buttons)


def no_digest_line() -> Line:
    """For who leaves something to it."""
    return ("This channel gets no digest yet, so nothing tells of maintenances: ", Code("digest daily 9:00"), ".")


def digest_ended_message(*, stood: bool, only: bool) -> Message:
    """The answer to ``digest off``."""
    if not stood:
        return no_digest_message(may_manage=True)
    title = "This channel gets no digest any more."
    hint: Line = ("Incidents are told one by one again.",) if only else ()
    return Message(title, title=title, blocks=(Paragraph(hint),) if hint else ())


# --- parts of it ---------------------------------------------------------------------------------------------------


def _counted(digest: Digest) -> str:
    """``1 open, 3 over, 2 planned``; what a message that says nothing else has to say."""
    found = {section: sum(e.section is section for e in digest.entries) for section in DigestSection}
    words = {
        DigestSection.OPEN: "open",
        DigestSection.PLANNED: "planned",
        DigestSection.OVER: "over",
        DigestSection.KEPT_BACK: "kept back",
    }
    parts = [f"{found[section]:,} {words[section]}" for section in DigestSection if found[section]]
    if parts:
        return ", ".join(parts)
    whose = f"this channel's {count(len(digest.vendors), 'vendor')}"
    known = "nothing is known to have happened" if digest.unreadable else "quiet, nothing happened"
    return f"{known} to {whose}"


def _tone(digest: Digest) -> Tone:
    going_on = [entry.incident for entry in digest.entries if entry.section is DigestSection.OPEN]
    if trouble := [incident for incident in going_on if incident.kind is not IncidentKind.MAINTENANCE]:
        return level_tone(max((i.level for i in trouble if i.level is not None), default=None))
    if digest.unreadable:
        return Tone.UNKNOWN
    return Tone.PLAIN if digest.entries else Tone.OK


def _sections(shown: Sequence[DigestEntry], now: datetime) -> list[Block]:
    blocks: list[Block] = []
    for section, entries in groupby(shown, key=lambda entry: entry.section):
        blocks.append(Paragraph((Strong(_HEADS[section]),)))
        blocks.append(Items(tuple(_line(entry, now) for entry in entries)))
    return blocks


def _unreadable(digest: Digest) -> list[Line]:
    if not digest.unreadable:
        return []
    names = listing([excerpt(name, NAME_CHARS) for name in digest.unreadable], MAX_NAMED)
    return [(f"Cannot be read now, so something may be missing: {names}.",)]


def _line(entry: DigestEntry, now: datetime) -> Line:
    """One incident, as it stood at that time: it is true for good."""
    incident = entry.incident
    title = excerpt(incident.title, TITLE_CHARS) or excerpt(incident.id, TITLE_CHARS) or "an incident without a name"
    url = incident.url or entry.vendor.human_url
    named = Link(title, url) if _url_chars(url) <= URL_CHARS else title
    is_trouble = entry.section is DigestSection.OPEN and incident.kind is not IncidentKind.MAINTENANCE
    # It may be over by the time that this is sent; of the time that it tells of it was not.
    tone = incident_tone(incident) if incident.is_open or not is_trouble else level_tone(entry.peak)
    name = f"{DOTS[tone]} {excerpt(entry.vendor.name, NAME_CHARS)}: "
    kept = f" · {KEPT_BACK_TEXT.get(entry.kept_back, 'kept back')}" if entry.kept_back else ""
    match entry.section:
        case DigestSection.PLANNED:
            end = incident.planned_end
            near = end is not None and end - incident.started < CLOCK_SPAN
            until: Line = (" to ", Moment(end, Style.TIME if near else Style.DATETIME)) if end else ()
            return (name, named, " — ", Moment(incident.started, Style.DATETIME), *until)
        case DigestSection.OPEN:
            is_plan = incident.kind is IncidentKind.MAINTENANCE
            goes_on = f"{'under way' if is_plan else 'open'} for {duration(now - incident.started)}"
            return (name, named, f" — {_level(entry)}{goes_on}{kept}")
        case DigestSection.OVER | DigestSection.KEPT_BACK:
            at: Line = (" · ", Moment(entry.ended, Style.DATETIME)) if entry.ended else ()
            return (name, named, f" — {_level(entry)}{excerpt(ended_text(incident, now), TITLE_CHARS)}", *at, kept)
        case _:
            assert_never(entry.section)


def _level(entry: DigestEntry) -> str:
    if entry.incident.kind is IncidentKind.MAINTENANCE or entry.peak is None or entry.peak < Level.DEGRADED:
        return ""
    return f"{level_text(entry.peak)}, "


def _chars(line: Line) -> int:
    links = sum(_url_chars(span.url) for span in line if isinstance(span, Link))
    text = plain_text(line)
    return LINE_MARKUP_CHARS + len(text) + len(SIGNS.findall(text)) + links


def _url_chars(url: str) -> int:
    return len(url) + 2 * len(URL_SIGNS.findall(url))
