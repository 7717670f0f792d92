"""What is muted in a channel: confirmations and the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import Incident, Mute, Vendor
from bot.message import Button, Code, Items, Line, Message, Moment, Paragraph, Person, Style
from bot.wording.incidents import reference
from bot.wording.phrases import count, duration, excerpt, join, quoted

TITLE_CHARS = 80
BUTTONS = 5


@dataclass(frozen=True, slots=True)
class MutedItem:
    """A muted incident, or a muted vendor."""

    vendor: Vendor
    mute: Mute
    incident: Incident | None = None
    """``None``: all incidents of the vendor."""

    @property
    def name(self) -> str:
        if self.incident is None:
            return self.vendor.name if self.mute.until else f"what is open at {self.vendor.name}"
        return f"“{self.vendor.name} — {excerpt(self.incident.title, TITLE_CHARS)}”"

    @property
    def argument(self) -> str:
        """How a command names it."""
        return reference(self.incident) if self.incident else self.vendor.slug


def span_text(mute: Mute, now: datetime) -> str:
    """``for 59 min``, ``until it is over``"""
    return "until it is over" if mute.until is None else f"for {duration(mute.until - now)}"


def muted_message(item: MutedItem, by: str, now: datetime) -> Message:
    """For everybody in the channel to read."""
    title = f"Muted {item.name} {span_text(item.mute, now)}."
    until = item.mute.until
    line: Line
    if until is None:
        line = ("Nothing more is posted about it. The card is kept up to date, and tells the end.",)
    else:
        new = ", new incidents neither" if item.incident is None else ""
        line = (
            "Until ",
            Moment(until, Style.DATETIME),
            f" nothing is posted about it{new}. Cards that stand are kept up to date; what was missed comes in one "
            "message then.",
        )
    return Message(
        summary=title,
        title=title,
        blocks=(Paragraph(line),),
        footer=("By ", Person(by)),
        buttons=(Button("Unmute", f"unmute {item.argument}"),),
    )


def muted_vendors_message(names: Sequence[str], mute: Mute, undo: str, missed: Sequence[str]) -> Message:
    """Several vendors, or with no ``names`` all of the channel's. ``undo``: what ``unmute`` takes; ``missed``: vendors
    that the channel does not subscribe to."""
    title = f"Muted {join(names) or 'everything'}{'' if mute.until else ' that is open, until resolved'}."
    line: Line = ("Existing messages keep updating.",)
    if mute.until:
        line = (
            "Nothing new is posted until ",
            Moment(mute.until, Style.DATETIME),
            ". Existing messages keep updating; you'll get one catch-up message then.",
        )
    blocks = [Paragraph(line)]
    if missed:
        blocks.append(Paragraph((f"This channel does not subscribe to {join(missed, 'or')}.",)))
    return Message(summary=title, title=title, blocks=tuple(blocks), buttons=(Button("Unmute", f"unmute {undo}"),))


def unmuted_message(what: str, by: str) -> Message:
    title = f"Unmuted {excerpt(what, TITLE_CHARS)}."
    blocks = (Paragraph(("What was missed meanwhile comes in one message.",)),)
    return Message(summary=title, title=title, blocks=blocks, footer=("By ", Person(by)))


def mutes_message(muted: Sequence[MutedItem], now: datetime) -> Message:
    """All that is muted in the channel."""
    if not muted:
        title = "Nothing is muted in this channel."
        hint: Line = ("Type for example ", Code("mute github 1h"), ".")
        return Message(summary=title, title=title, blocks=(Paragraph(hint),))
    title = f"{count(len(muted), 'mute')} in this channel."
    return Message(
        summary=title,
        title=title,
        blocks=(Items(tuple((f"{m.name} — ", *until_line(m.mute, now)) for m in muted)),),
        buttons=tuple(Button(f"Unmute {excerpt(m.name, 40)}", f"unmute {m.argument}") for m in muted[:BUTTONS]),
    )


def nothing_named_message(text: str, command: str) -> Message:
    """Nothing that can be muted is called so."""
    title = f"I know no vendor or incident {quoted(text)}."
    span = " 1h" if command == "mute" else ""
    hint: Line = (
        "Name a vendor or an incident, for example ",
        Code(f"{command} github{span}"),
        "; ",
        Code("incidents"),
        " lists those of this channel.",
    )
    return Message(summary=title, title=title, blocks=(Paragraph(hint),))


def until_line(mute: Mute, now: datetime) -> Line:
    """``until 14:00, for 59 min``"""
    if mute.until is None:
        return ("until it is over",)
    return ("until ", Moment(mute.until, Style.DATETIME), f", {span_text(mute, now)}")
