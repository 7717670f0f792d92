"""What the bot writes, before any platform's markup: a plain, frozen message. Adapters render it and nothing else.

Every text in here is plain: an adapter escapes all of it, cuts it at the platform's limits and never lets it ping.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tone(StrEnum):
    """What the colour of a message stands for."""

    OK = "ok"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    PARTIAL = "partial"
    MAJOR = "major"
    MONITORING = "monitoring"
    """Mended, says the vendor, and being watched."""
    UNKNOWN = "unknown"
    """Cannot be read."""
    ENDED = "ended"
    """Over."""
    GONE = "gone"
    """Taken down by the vendor."""
    PLAIN = "plain"


class Style(StrEnum):
    """How a moment is shown."""

    TIME = "time"
    DATE = "date"
    DATETIME = "datetime"
    AGO = "ago"
    """Relative where the platform can keep it true, else the time."""
    ELAPSED = "elapsed"
    """For how long by now; beside the time itself."""


@dataclass(frozen=True, slots=True)
class Strong:
    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type, letter by letter."""

    text: str


@dataclass(frozen=True, slots=True)
class Struck:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, shown in the reader's zone where the platform has a token for it, else in the channel's."""

    at: datetime
    style: Style = Style.TIME


@dataclass(frozen=True, slots=True)
class Person:
    """A user by the platform's id, or with ``&`` before it a role, shown by name where the platform can do that without
    a ping, else as the id."""

    id: str
    before: str = ""
    """What stands before the name; left out with it where nobody could be named."""
    name: str = ""
    """What the platform told, for where naming them by their id would ping."""


@dataclass(frozen=True, slots=True)
class ChannelMention:
    """A channel by the platform's id, shown as a link to it where the platform can, else as the id."""

    id: str


Span = str | Strong | Emphasis | Code | Struck | Link | Moment | Person | ChannelMention
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line


@dataclass(frozen=True, slots=True)
class Items:
    """A list, one line each; an adapter may page it."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Short named facts, side by side where the platform can."""

    pairs: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """The vendor's own text, whole and with its markup: the adapter cuts it, and shows what ``markup.read_markup``
    reads in it."""

    text: str
    struck: bool = False
    """Taken down by the vendor."""


Block = Paragraph | Items | Fields | Quote


class Opens(StrEnum):
    """What pressing a button opens, where the platform has it; elsewhere an answer."""

    ANSWER = "answer"
    MODAL = "sheet"
    """The answer in a window of its own, for the one who pressed."""
    FORM = "form"
    """The command's arguments to fill in, as far as it does not give them; it changes nothing by itself."""


class MessageKind(StrEnum):
    """What a message is in a channel: decides how an adapter keeps, publishes and splits it."""

    ANSWER = "answer"
    """To a command; may become several messages."""
    CARD = "card"
    """The root of an incident: one message, edited as the incident goes on."""
    REPLY = "reply"
    """A news item below a card."""
    DIGEST = "digest"
    """What a channel is told at set times, and what goes on below that."""
    NOTICE = "notice"
    """About no incident: a page that moved, a channel that cannot be posted to."""
    BOARD = "board"
    """A channel's status board: always one message, edited, published nowhere else."""
    ERROR = "error"
    """Tells only why there is no answer and what to type instead."""


@dataclass(frozen=True, slots=True)
class Button:
    """A label and the command that pressing it runs, as if typed: ``incident github/abc123``."""

    label: str
    command: str
    opens: Opens = Opens.ANSWER
    is_secondary: bool = False
    """For a menu of the less common, where the platform has one."""
    confirm: str = ""
    """What is asked before it is done, where the platform can ask; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the bot posts or answers."""

    summary: str
    """The one line that must do alone: phone notification, screen reader, channel list."""
    tone: Tone = Tone.PLAIN
    title: str | None = None
    url: str | None = None
    """What the title links to."""
    subtitle: Line = ()
    """Goes on after the title, on its line where the platform can."""
    author: Link | None = None
    """Whose incident it is. The title begins with the name and a colon; where the platform shows it above the title,
    the title goes without."""
    homepage: str | None = None
    """The author's own site, whose icon may be shown."""
    lead: Line = ()
    """The sentence of a card's notification, for platforms where that is not the summary but a part of the message."""
    blocks: tuple[Block, ...] = ()
    footer: Line = ()
    """Small print: age, source."""
    buttons: tuple[Button, ...] = ()
    struck: bool = False
    """The title is struck through."""
    mention: str | None = None
    """Whom a user asked to be mentioned, as typed: the only text in here that an adapter may let ping, and an edit only
    names."""
    subject: str | None = None
    """What a card is about, whatever its state, for platforms where threads have names."""
    full_command: str | None = None
    """The command that shows all of it, for where an adapter has to cut."""
    kind: MessageKind = MessageKind.ANSWER
    vendor: str | None = None
    """The slug of the one vendor that an answer is about."""

    def __hash__(self) -> int:
        """Of its line and its first button, which names the incident: what is rendered of it is looked up with each
        channel."""
        return hash((self.summary, self.mention, self.buttons[0].command if self.buttons else None))


def plain_text(line: Line) -> str:
    """The line without marks; times as ``HH:MM UTC``-like ISO, links as their text, people and places as their ids."""
    return "".join(_plain(span) for span in line)


def _plain(span: Span) -> str:
    match span:
        case str():
            return span
        case Moment(at=at):
            return at.strftime("%Y-%m-%d %H:%M UTC")
        case Strong(text=text) | Emphasis(text=text) | Code(text=text) | Struck(text=text) | Link(text=text):
            return text
        case Person(id=id, before=before):
            return f"{before}{id}"
        case ChannelMention(id=id):
            return id
