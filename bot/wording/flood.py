"""The messages that stand for many incidents: of one vendor that came at once, or of quiet hours that are over."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.together import rank
from bot.cards.views import TogetherAct
from bot.domain import Level, Phase, digest
from bot.domain.flood import Flood, ListedIncident
from bot.message import (
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
)
from bot.wording.incidents import shown_reference
from bot.wording.phrases import capital, count, duration, excerpt, join, level_text, one_line, phase_text

MAX_LINES = 15
TITLE_CHARS = 80


def flood_message(flood: Flood) -> Message:
    """The worst that are open, and how many there are in all."""
    over = flood.total - flood.open
    state = f"{count(flood.open, 'more incident')} open" if flood.open else f"all {flood.total:,} incidents are over"
    title = f"{flood.vendor.name}: {state}" + (f", {over:,} over" if over and flood.open else "")
    left = flood.total - min(len(flood.listed), MAX_LINES)
    about: Line = (
        "They came at once, so they share this message. ",
        Code(f"incident {shown_reference(flood.vendor.slug, flood.listed[0].id)}" if flood.listed else "incident"),
        " gives one a message of its own; one that gets worse gets it by itself.",
    )
    blocks = (
        Paragraph(about),
        Items(tuple(_line(one) for one in flood.listed[:MAX_LINES])),
        *((Paragraph((f"And {left:,} more.",)),) if left else ()),
    )
    return Message(
        summary=title,
        tone=Tone.DEGRADED if flood.open else Tone.ENDED,
        title=title,
        url=flood.vendor.human_url,
        blocks=blocks,
        buttons=(Button("All that is open", f"incidents {flood.vendor.typed}", Opens.MODAL),),
        subject=flood.vendor.name,
        kind=MessageKind.NOTICE,
    )


def together_message(act: TogetherAct) -> Message:
    """What was kept back while the channel was quiet: what is still open, and what was."""
    parts = [f"{act.open:,} still open"] if act.open else []
    parts += [f"{act.over:,} over"] if act.over else []
    title = f"While it was quiet here: {join(parts)}."
    named = Items(tuple(_kept_line(one) for one in act.incidents))
    if act.part:
        title = f"While it was quiet here, continued ({act.part + 1})"
        return Message(title, title=title, blocks=(named,), kind=MessageKind.NOTICE)
    rest = ["The others are below."] if act.open + act.over > len(act.incidents) + act.more else []
    rest += [f"And {count(act.more, 'more incident')}."] if act.more else []
    return Message(
        summary=title,
        tone=Tone.DEGRADED if act.open else Tone.ENDED,
        title=title,
        blocks=(named, *((Paragraph((" ".join(rest),)),) if rest else ())),
        footer=("News of what is open comes as always from here on.",) if act.open else (),
        buttons=(Button("All that is open", "incidents", Opens.MODAL),) if act.open else (),
        kind=MessageKind.NOTICE,
    )


def announced_message(listed: Sequence[ListedIncident]) -> Message:
    """What those who follow a channel were not told by itself, because it may tell them only so much an hour: each
    incident as it stands now, the open ones and the worst first."""
    newest = {(one.vendor, one.id): one for one in listed}
    ranked = sorted(newest.values(), key=rank)
    going_on, left = sum(one.open for one in ranked), len(ranked) - MAX_LINES
    title = f"{count(len(ranked), 'incident')} in one message: {going_on:,} open, {len(ranked) - going_on:,} over"
    if len(ranked) == 1:
        title = f"{ranked[0].vendor}: {excerpt(one_line(ranked[0].title), TITLE_CHARS)}"
    return Message(
        summary=title,
        tone=Tone.DEGRADED if going_on else Tone.ENDED,
        title=title,
        blocks=(
            Items(tuple(_kept_line(one) for one in ranked[:MAX_LINES])),
            *((Paragraph((f"And {left:,} more.",)),) if left > 0 else ()),
        ),
        kind=MessageKind.NOTICE,
    )


def _kept_line(one: ListedIncident) -> Line:
    title = f"{one.vendor}: {excerpt(one_line(one.title), TITLE_CHARS)}"
    name: Line = (Link(title, one.url) if one.url else Strong(title),)
    phase = Phase.RESOLVED if one.phase is Phase.POSTMORTEM else one.phase
    state = phase_text(phase) if phase else capital(level_text(one.level))
    if one.ended is not None and one.ended > one.started:
        return (
            *name,
            f" — {state} after {duration(one.ended - one.started)}, began ",
            Moment(one.started, Style.DATETIME),
        )
    if one.phase is Phase.SCHEDULED:
        return (*name, " — planned for ", Moment(one.started, Style.DATETIME))
    if one.open and one.phase and one.level is not None and one.level > Level.OPERATIONAL:
        state = f"{capital(level_text(one.level))}, {state.lower()}"
    return (*name, f" — {state}, since ", Moment(one.started, Style.DATETIME))


def flood_fingerprint(flood: Flood) -> str:
    """Equal: nothing to edit."""
    shown = [f"{one.id}\x1e{one.title}\x1e{one.level}\x1e{one.phase}\x1e{one.open}" for one in flood.listed[:MAX_LINES]]
    return digest(str(flood.total), str(flood.open), *shown)


def _line(one: ListedIncident) -> Line:
    state = phase_text(one.phase) if one.phase else capital(level_text(one.level))
    title = Strong(excerpt(one_line(one.title), TITLE_CHARS))
    return (title, f" — {state}, since ", Moment(one.started, Style.DATETIME))
