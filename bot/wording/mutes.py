"""What is muted in a channel: confirmations and the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import Ignored, Incident, Mute, Vendor
from bot.message import Button, Code, Items, Line, Message, Moment, Paragraph, Person, Style
from bot.wording.ignoring import ignored_fact, ignored_line, ignored_until
from bot.wording.incidents import reference
from bot.wording.phrases import count, duration, excerpt, join, quoted

TITLE_CHARS = 80
BUTTONS = 5
LABEL_CHARS = 40


MUTE_PLANNED = "Mute this maintenance here until it's over? Its message keeps updating."


def mute_question(span: str, what: str = "") -> str:
    """Asked before a button mutes. ``span``: as it is typed, ``1h`` or ``until resolved``."""
    until = span if span.startswith(("until", "for ")) else f"for {span}"
    return f"Mute {what}{' ' if what else ''}in this channel {until}? Existing messages keep updating."


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
        return reference(self.incident) if self.incident else self.vendor.typed


def span_text(mute: Mute, now: datetime) -> str:
    """``for 59 min``, ``until it's resolved``"""
    return "until it's resolved" if mute.until is None else f"for {duration(mute.until - now)}"


def muted_message(item: MutedItem, by: str, now: datetime, product: str = "") -> Message:
    """For everybody in the channel to read. ``product``: of the vendor, if that was named."""
    title = f"Muted {item.name} {span_text(item.mute, now)}."
    whole = (f"{product} cannot be muted by itself, so this is all of {item.vendor.name}.",) if product else ()
    return Message(
        summary=title,
        title=title,
        blocks=(*([Paragraph(whole)] if whole else []), Paragraph(_until_then(item.mute))),
        footer=(Person(by, "By "),),
        buttons=(Button("Unmute", f"unmute {item.argument}"),),
    )


def now_ignored_message(item: MutedItem, ignored: Ignored) -> Message:
    """For everybody in the channel to read."""
    title = f"Ignored {item.name} here."
    then: Line = ("Nothing new is posted ", *ignored_until(item.mute), ". Its message keeps updating, and says so.")
    return Message(
        summary=title,
        title=title,
        blocks=(Paragraph(ignored_line(ignored)), Paragraph(then)),
        buttons=(Button("Bring back", f"unmute {item.argument}"),),
    )


def _until_then(mute: Mute) -> Line:
    if mute.until is None:
        return ("Its message keeps updating, and says when it is over.",)
    until = Moment(mute.until, Style.DATETIME)
    return (
        "Nothing new is posted until ",
        until,
        ". Existing messages keep updating; you'll get one catch-up message then.",
    )


def muted_vendors_message(names: Sequence[str], mute: Mute, undo: str, missed: Sequence[str]) -> Message:
    """Several vendors, or with no ``names`` all of the channel's. ``undo``: what ``unmute`` takes; ``missed``: vendors
    that the channel does not subscribe to."""
    title = f"Muted {join(names) or 'everything'}{'' if mute.until else ' that is open, until resolved'}."
    line: Line = _until_then(mute) if mute.until else ("Existing messages keep updating.",)
    blocks = [Paragraph(line)]
    if missed:
        blocks.append(Paragraph((f"This channel does not subscribe to {join(missed, 'or')}.",)))
    return Message(summary=title, title=title, blocks=tuple(blocks), buttons=(Button("Unmute", f"unmute {undo}"),))


def unmuted_message(what: str, by: str) -> Message:
    title = f"Unmuted {excerpt(what, TITLE_CHARS)}."
    blocks = (Paragraph(("You'll get what you missed in one message.",)),)
    return Message(summary=title, title=title, blocks=blocks, footer=(Person(by, "By "),))


def not_muted(what: str) -> str:
    """``what``: as it was named, ``everything`` too."""
    return "Nothing is muted in this channel." if what == "everything" else f"{excerpt(what, TITLE_CHARS)} isn't muted."


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
        buttons=tuple(Button(_unmute_label(m, len(muted)), f"unmute {m.argument}") for m in muted[:BUTTONS]),
    )


def _unmute_label(item: MutedItem, number: int) -> str:
    if number == 1:
        return "Unmute"
    return f"Unmute {excerpt(item.incident.title if item.incident else item.vendor.name, LABEL_CHARS)}"


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
    if mute.ignored:
        return ignored_fact(mute.ignored, mute)
    if mute.until is None:
        return ("until it's resolved",)
    return ("until ", Moment(mute.until, Style.DATETIME), f", {span_text(mute, now)}")
