"""Words that many sentences share: levels, phases, durations, ages, counts, cut lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from urllib.parse import urlsplit

from bot.domain import ENDED, IncidentKind, Level, Phase
from bot.message import Line, Link, Span, Tone

LABELS_SHOWN = 3
"""How many names a list shows before "and 5 more"; one more is shown rather than "and 1 more"."""
EXCERPT_CHARS = 240
"""How much of a vendor's text an overview quotes; the whole text is one command away."""

QUOTED_CHARS = 60
"""How much of what a user typed an answer repeats."""
EXCERPT_SCAN_FACTOR = 4
"""How much more of a text than its excerpt shows is looked through for marks."""

# A word may be strong; a single mark around one word may as well be a glob or a private name.
_EMPHASIS = re.compile(
    r"(?<![^\W_])(?<!\*)(\*\*)(?=[^\s*])([^*\n]*[^\s*])\*\*(?![^\W_]|\*)"
    r"|(?<![\w*_])(\*|__?)(?=[^\s*_])([^*_\n]*[^\s*_][ \t][^*_\n]*[^\s*_])\3(?![\w*_])"
)
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+(?=\S)", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]\n]+)\]\((https?://[^\s()<>]+)\)")

LEVEL_TEXT = {
    Level.OPERATIONAL: "operational",
    Level.MAINTENANCE: "under maintenance",
    Level.DEGRADED: "degraded performance",
    Level.PARTIAL_OUTAGE: "partial outage",
    Level.MAJOR_OUTAGE: "major outage",
}
LEVEL_TONE = {
    Level.OPERATIONAL: Tone.OK,
    Level.MAINTENANCE: Tone.MAINTENANCE,
    Level.DEGRADED: Tone.DEGRADED,
    Level.PARTIAL_OUTAGE: Tone.PARTIAL,
    Level.MAJOR_OUTAGE: Tone.MAJOR,
}
DOTS = {
    Tone.OK: "🟢",
    Tone.MAINTENANCE: "🛠\ufe0f",
    Tone.DEGRADED: "🟡",
    Tone.PARTIAL: "🟠",
    Tone.MAJOR: "🔴",
    Tone.MONITORING: "🔵",
    Tone.UNKNOWN: "🟣",
    Tone.ENDED: "✅",
    Tone.GONE: "⚪",
}
"""The state's colour, where there is only text; words for it follow."""
PHASE_TEXT = {
    Phase.INVESTIGATING: "Investigating",
    Phase.IDENTIFIED: "Identified",
    Phase.MONITORING: "Monitoring",
    Phase.RESOLVED: "Resolved",
    Phase.POSTMORTEM: "Postmortem",
    Phase.SCHEDULED: "Maintenance scheduled",
    Phase.IN_PROGRESS: "Maintenance under way",
    Phase.VERIFYING: "Maintenance being verified",
    Phase.COMPLETED: "Maintenance completed",
}
UPDATE_POSTED = "Update posted"


def level_text(level: Level | None) -> str:
    """``partial outage``; ``unknown`` for ``None``."""
    return "unknown" if level is None else LEVEL_TEXT[level]


def level_tone(level: Level | None) -> Tone:
    return Tone.UNKNOWN if level is None else LEVEL_TONE[level]


def phase_text(phase: Phase | None, kind: IncidentKind = IncidentKind.INCIDENT) -> str:
    """``Monitoring``; a post without a phase is an ``Update posted``. An episode is nobody's report."""
    if kind is IncidentKind.EPISODE:
        return "Back to normal" if phase in ENDED else "Seen on the page"
    return UPDATE_POSTED if phase is None else PHASE_TEXT[phase]


def state_text(phase: Phase | None, level: Level | None) -> str:
    """The first words of a headline while it is going on: how bad it is, or the phase where that says more."""
    match phase:
        case Phase.INVESTIGATING | Phase.IDENTIFIED | None if level is not None and level >= Level.DEGRADED:
            return capital(LEVEL_TEXT[level])
        case _:
            return phase_text(phase)


def headline(
    kind: IncidentKind,
    phase: Phase | None,
    level: Level | None,
    started: datetime,
    resolved: datetime | None,
    *,
    vanished: bool,
) -> str:
    """The first words of an incident: ``Major outage``, ``Resolved after 13 h 05 min``, ``Maintenance scheduled``."""
    if vanished:
        return "Taken down"
    if phase not in ENDED:
        return state_text(phase, level)
    match kind:
        case IncidentKind.INCIDENT:
            over = "Resolved"
        case IncidentKind.MAINTENANCE:
            over = "Maintenance completed"
        case IncidentKind.EPISODE:
            over = "Back to normal"
        case _:
            assert_never(kind)
    return f"{over} after {duration(resolved - started)}" if resolved and resolved > started else over


def state_tone(phase: Phase | None, level: Level | None, *, vanished: bool = False) -> Tone:
    """``ended`` and ``gone`` before any level; a maintenance without a level is still one; *monitoring* is calmer than
    the level that it had."""
    if vanished:
        return Tone.GONE
    if phase in ENDED:
        return Tone.ENDED
    if phase in {Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.VERIFYING}:
        return Tone.MAINTENANCE
    return Tone.MONITORING if phase is Phase.MONITORING else level_tone(level)


def duration(span: timedelta) -> str:
    """``42 s``, ``22 min``, ``13 h 05 min``, ``3 d 4 h``; nothing is rounded up."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60:02} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def age(at: datetime, now: datetime) -> str:
    """``40 s ago``; ``just now`` within a second, and for clocks that disagree."""
    return "just now" if now - at < timedelta(seconds=1) else f"{duration(now - at)} ago"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 incident``, ``2,701 vendors``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def possessive(name: str) -> str:
    """``GitHub's``, ``Amazon Web Services'``."""
    return f"{name}'" if name.casefold().endswith("s") else f"{name}'s"


def join(names: Sequence[str], last: str = "and") -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else "".join(names)


def listing(names: Sequence[str], shown: int = LABELS_SHOWN) -> str:
    """``API, Webhooks and 5 more``: never "and 1 more"."""
    if len(names) <= shown + 1:
        return join(names)
    return f"{', '.join(names[:shown])} and {len(names) - shown} more"


def not_known(names: Sequence[str]) -> str:
    """``; not known: GitHub and Stripe``: the end of a sentence on how several stand."""
    return f"; not known: {listing(names)}" if names else ""


def uncapital(text: str) -> str:
    """The text within a sentence."""
    return text[:1].lower() + text[1:]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def one_line(text: str) -> str:
    """Vendors' titles hold line breaks and runs of spaces; a headline must not."""
    return " ".join(text.split())


def excerpt(text: str, chars: int = EXCERPT_CHARS) -> str:
    """The beginning of a text on one line, cut between words."""
    flat = one_line(text)
    if len(flat) <= chars:
        return flat
    cut = flat[: chars - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[chars // 2 :] else cut}…"


def quoted(text: str) -> str:
    """What a user typed, on one line, cut and in quotes."""
    return f"“{excerpt(text, QUOTED_CHARS)}”"


def first_sentence(text: str, chars: int = EXCERPT_CHARS) -> str:
    """An excerpt of what a vendor wrote, for a line in which Markdown is no use: see :func:`without_markdown`."""
    return excerpt(without_markdown(text[: chars * EXCERPT_SCAN_FACTOR]), chars)


def without_markdown(text: str) -> str:
    """Without the marks of Markdown that can be nothing else: emphasis around whole words, headings, and links, which
    become ``text (address)``. No letter is lost. ``a * b``, ``*.example.com``, ``snake_case`` and ``__init__`` stay."""
    while (stripped := _LINK.sub(_link_text, _EMPHASIS.sub(_emphasised, _HEADING.sub("", text)))) != text:
        text = stripped
    return text


def _emphasised(found: re.Match[str]) -> str:
    return found[2] or found[4]


def _link_text(link: re.Match[str]) -> str:
    return f"{link[1]} ({link[2]})"


def host(url: str) -> str:
    """``status.dyspatch.io``: a link's text that says where it leads."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def source(url: str) -> Link:
    return Link(host(url), url)


def spaced(parts: Iterable[Line], between: str = " · ") -> Line:
    """The lines in one, with ``between`` in each gap."""
    line: list[Span] = []
    for part in parts:
        if line:
            line.append(between)
        line.extend(part)
    return tuple(line)
