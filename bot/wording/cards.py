"""The text of a card, of its replies, and of the notice to a subscriber whose channel cannot be reached."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.cards import ReplyView, RootView, UpdateView
from bot.domain import ENDED, Channel, IncidentKind, Level
from bot.message import (
    Block,
    Button,
    ChannelMention,
    Code,
    Fields,
    Line,
    Message,
    MessageKind,
    Moment,
    Opens,
    Paragraph,
    Quote,
    Strong,
    Style,
    Tone,
)
from bot.wording.condition import VANISHED, condition, incident_headline, incident_tone
from bot.wording.phrases import (
    capital,
    count,
    duration,
    first_sentence,
    level_text,
    listing,
    one_line,
    phase_text,
    source,
    spaced,
    state_text,
    state_tone,
)

NOTICE_CHARS = 140
"""How much of a reply's text its one-line summary quotes."""
CLOCK_SPAN = timedelta(hours=20)
"""Within this of the time before it a clock time needs no date."""
EXPLAINED = "Explained"
NO_COMPONENT = "The vendor names no component."


def root_message(view: RootView) -> Message:
    """The card: state now, first text, newest text that the channel got, parts, times."""
    state = incident_headline(view)
    if view.explained_by is not None:
        state = EXPLAINED
    summary = f"{state} · {view.vendor} — {_subject(view)}"
    blocks = condition(view) if view.explained_by is None else []
    if view.kind is IncidentKind.EPISODE:
        blocks += _parts(view)
    elif view.first:
        blocks += _text(view.first, struck=view.vanished)
        if view.newest and view.newest != view.first:
            blocks += _latest(view.first, view.newest, view.started, struck=view.vanished)
    blocks.append(Fields(_facts(view, state)))
    return Message(
        summary=summary,
        tone=Tone.ENDED if view.explained_by else incident_tone(view),
        title=summary,
        url=view.url or view.vendor_url,
        blocks=tuple(blocks),
        footer=_footer(view),
        buttons=_buttons(view),
        struck=view.vanished,
        subject=f"{view.vendor} — {_subject(view)}",
        full_command=f"incident {view.slug}/{view.id}",
        kind=MessageKind.CARD,
    )


def reply_message(view: ReplyView) -> Message:
    """One text, or what the channel missed, oldest first."""
    newest = view.updates[-1] if view.updates else None
    many = len(view.updates) > 1
    phase = newest.phase if newest and newest.phase else view.phase
    is_note = newest is not None and newest.note
    if view.vanished and not is_note:
        state = "Taken down"
    elif newest and newest.removed:
        state = "Update taken down"
    else:
        state = phase_text(phase, view.kind) if phase else state_text(None, view.level)
    if many:
        state = f"{state}, {len(view.updates)} updates"
    headed = f"{state} · {view.vendor} — {one_line(view.title)}"
    quoted = newest.text if newest and (is_note or not view.vanished) else ""
    blocks: list[Block] = [Paragraph((VANISHED,))] if view.vanished and not is_note else []
    for update in view.updates:
        if many:
            blocks.append(
                Paragraph((Strong(phase_text(update.phase, view.kind)), " · ", Moment(update.at, Style.DATETIME)))
            )
        blocks += _text(update, struck=view.vanished and not update.note)
    return Message(
        summary=f"{headed}: {first_sentence(quoted, NOTICE_CHARS)}" if quoted else headed,
        tone=state_tone(phase, view.level, vanished=view.vanished),
        title=headed if view.standalone else state,
        url=view.url if view.standalone else None,
        blocks=tuple(blocks),
        footer=(Moment(newest.at, Style.DATETIME),) if newest and not many else (),
        struck=view.vanished,
        subject=f"{view.vendor} — {one_line(view.title)}",
        full_command=f"incident {view.slug}/{view.id}",
        kind=MessageKind.REPLY,
    )


def channel_on_hold_message(channel: Channel, reason: str) -> Message:
    """To the person who subscribed a channel that can no longer be posted to. ``reason`` says what to do."""
    return Message(
        summary=f"Updates on hold: I cannot post in channel {channel.id}. {reason}",
        tone=Tone.UNKNOWN,
        title="Updates on hold: I cannot post in your channel",
        blocks=(
            Paragraph(("In ", ChannelMention(channel.id), f": {reason}")),
            Paragraph(
                (
                    "Its subscriptions are kept. Once I can post again, it gets what it missed in one message. ",
                    Code("list"),
                    " shows how it stands.",
                )
            ),
        ),
        kind=MessageKind.NOTICE,
    )


def _subject(view: RootView) -> str:
    if view.kind is not IncidentKind.EPISODE:
        return one_line(view.title)
    if view.explained_by is not None:
        return f"the vendor posted “{one_line(view.explained_by)}”, which has a card of its own"
    parts = one_line(listing(view.components)) or "the vendor"
    if view.unstable and view.phase not in ENDED:
        return f"{parts} comes and goes, and no incident is posted"
    if view.phase in ENDED:
        return f"No incident was posted: the page showed {parts} at {level_text(view.level)}"
    return f"No incident posted yet: the page shows {parts} at {level_text(view.level)}"


def _parts(view: RootView) -> list[Block]:
    """The list of an episode, as long as it is true and says more than the headline."""
    over = view.phase in ENDED or view.explained_by is not None
    listed = view.newest.text if view.newest and not over else ""
    return [Quote(listed)] if "\n" in listed else []


def _text(update: UpdateView, *, struck: bool) -> list[Block]:
    blocks: list[Block] = []
    if update.text:
        blocks.append(Quote(update.text, struck=struck or update.removed))
    if update.removed and not struck:
        blocks.append(Paragraph(("The vendor took this update down.",)))
    if update.count > 1:
        last = update.last or update.at
        blocks.append(Paragraph((f"said {count(update.count, 'time')}, last at ", _clock(last, update.at))))
    return blocks


def _latest(first: UpdateView, newest: UpdateView, started: datetime, *, struck: bool) -> list[Block]:
    when = (Strong("Latest"), ", ", _clock(newest.at, started), f" — {phase_text(newest.phase)}")
    if first.text == newest.text:
        again = UpdateView(newest.phase, newest.at, "", newest.count, newest.last, newest.removed)
        said = (", in the same words.",) if newest.text else (".",)
        return [Paragraph((*when, *said)), *_text(again, struck=struck)]
    return [Paragraph((*when, ":")), *_text(newest, struck=struck)]


def _clock(at: datetime, before: datetime) -> Moment:
    return Moment(at, Style.TIME if abs(at - before) < CLOCK_SPAN else Style.DATETIME)


def _facts(view: RootView, state: str) -> tuple[tuple[str, Line], ...]:
    """``state`` is the headline's: its words are not repeated."""
    facts: list[tuple[str, Line]] = []
    if view.components:
        facts.append(("Affects", (listing(view.components),)))
    elif view.kind is IncidentKind.INCIDENT:
        facts.append(("Affects", (NO_COMPONENT,)))
    if not view.vanished and not view.unlisted and view.phase not in ENDED and view.kind is IncidentKind.INCIDENT:
        level = capital(level_text(view.level))
        if view.phase and state == level:
            facts.append(("Phase", (phase_text(view.phase),)))
        elif view.level is not None and view.level >= Level.DEGRADED and state != level:
            facts.append(("Level", (level,)))
    started = Moment(view.started, Style.DATETIME)
    if view.kind is IncidentKind.MAINTENANCE and view.planned_end and view.phase not in ENDED:
        facts.append(("Planned", (started, " to ", Moment(view.planned_end, Style.DATETIME))))
    else:
        facts.append(("Started", (started,)))
    if view.resolved:
        facts.append(
            ("Ended", (Moment(view.resolved, Style.DATETIME), f" after {duration(view.resolved - view.started)}"))
        )
    return tuple(facts)


def _buttons(view: RootView) -> tuple[Button, ...]:
    this = f"{view.slug}/{view.id}"
    buttons = [Button("Timeline", f"incident {this}", Opens.MODAL)]
    if view.has_parts:
        buttons.append(Button("Components", f"components {view.slug}", Opens.MODAL))
    if view.phase not in ENDED and not (view.vanished or view.unlisted) and view.explained_by is None:
        buttons.append(Button("Mute 1 h", f"mute {this} 1h"))
        buttons.append(Button("Mute until resolved", f"mute {this} until resolved"))
    buttons.append(Button("Why am I seeing this?", f"why {this}", Opens.MODAL))
    return (*buttons, Button("Filter", f"subscribe {view.slug}", Opens.FORM))


def _footer(view: RootView) -> Line:
    parts: list[Line] = [(source(view.vendor_url),)]
    if view.updates > 1 and view.kind is not IncidentKind.EPISODE:
        parts.append((count(view.updates, "update"),))
    return spaced(parts)
