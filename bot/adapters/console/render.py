"""Turns a message into rows of styled text for a terminal or a pipe. Pure.

Every text goes through :func:`safe` first: vendors write it, and a terminal obeys what it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import assert_never
from urllib.parse import urlsplit

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style as Look
from rich.text import Text

from bot.adapters.plain_text import sanitize
from bot.markup import RowKind, read_markup
from bot.message import (
    Block,
    Button,
    ChannelMention,
    Code,
    Emphasis,
    Fields,
    Items,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Person,
    Quote,
    Strong,
    Struck,
    Style,
    Tone,
)
from bot.wording.phrases import DOTS, duration

MAX_QUOTE_CHARS = 10_000
"""How much of one vendor text is shown; the rest is behind its link."""
MIN_WIDTH = 20
"""A console is never wrapped narrower than this many cells."""

TONE_STYLES = {
    Tone.OK: Look(color="green"),
    Tone.MAINTENANCE: Look(color="blue"),
    Tone.DEGRADED: Look(color="yellow"),
    Tone.PARTIAL: Look(color="dark_orange"),
    Tone.MAJOR: Look(color="red"),
    Tone.MONITORING: Look(color="blue"),
    Tone.UNKNOWN: Look(color="magenta"),
    Tone.ENDED: Look(color="green"),
    Tone.GONE: Look(color="bright_black"),
    Tone.PLAIN: Look(),
}
BOLD = Look(bold=True)
ITALIC = Look(italic=True)
DIM = Look(dim=True)
CODE = Look(color="cyan")
STRIKE = Look(strike=True)

ASCII = str.maketrans(
    {
        "•": "*",
        "│": "|",
        "↳": ">",
        "✎": "~",
        "─": "-",
        "…": "...",
        "—": "-",
        "·": "-",
        "×": "x",  # noqa: RUF001
        "“": '"',
        "”": '"',
        "\ufe0f": "",
        **{dot[0]: "*" for dot in DOTS.values()},
    }
)
"""For consoles that cannot show the signs that Lookout writes."""


def safe(text: str) -> str:
    """The text without anything that a terminal would obey, its indentation kept."""
    return sanitize(text.replace("\t", "    "))


def web_url(url: str) -> str | None:
    """The URL if it is one that a terminal may open: http or https, and no character that could end the escape."""
    try:
        fine = urlsplit(url).scheme in {"http", "https"} and url.isprintable() and " " not in url
    except ValueError:
        return None
    return url if fine else None


_OWN_KEY = re.compile(r"(?<!\S)own-[a-z0-9-]+(?=\s|$)")
_OWN_INCIDENT = re.compile(r"(?<!\S)own-[a-z0-9-]+/(\S)")


@dataclass(frozen=True, slots=True)
class View:
    """What rendering depends on."""

    zone: tzinfo
    """The reader's."""
    now: datetime
    styled: bool
    """The console shows colours and styles, so code and struck text need no signs of their own."""

    def moment(self, moment: Moment) -> str:
        """The time in the reader's zone, with its name, and with the date unless it is today's."""
        at, today = moment.at.astimezone(self.zone), self.now.astimezone(self.zone)
        day = f"{at:%a} {at.day} {at:%b}" + ("" if at.year == today.year else f" {at.year}")
        clock = f"{at:%H:%M} {zone_name(at)}"
        match moment.style:
            case Style.DATE:
                return day
            case Style.DATETIME:
                return f"{day} {clock}"
            case Style.ELAPSED:
                return duration(self.now - moment.at)
            case Style.TIME | Style.AGO:
                return clock if at.date() == today.date() else f"{day} {clock}"
            case _:
                assert_never(moment.style)


def zone_name(at: datetime) -> str:
    """``CET``, ``UTC``; zones without a name of their own read ``UTC-03``."""
    name = at.strftime("%Z")
    return f"UTC{name}" if name[:1] in "+-" else name


@dataclass(frozen=True, slots=True)
class Row:
    """A line to be wrapped."""

    text: Text
    lead: str = ""
    """Stands before the first piece, and as blanks before the others."""
    repeat_lead: bool = False
    """The lead stands before every piece."""
    unbroken: bool = False
    """Never wrapped: a URL must stay one word to be opened."""


def heading(message: Message, view: View) -> Text:
    """The title, in the colour of its tone, and what goes on after it. A card has its dot too; the words for its state
    stand beside it or on the next line."""
    look = BOLD + TONE_STYLES[message.tone] + (STRIKE if message.struck else Look())
    has_dot = message.kind in (MessageKind.CARD, MessageKind.REPLY, MessageKind.DIGEST) and message.tone in DOTS
    text = Text(f"{DOTS[message.tone]} " if has_dot else "")
    text.append(safe(message.title or message.summary).replace("\n", " "), look)
    if message.subtitle:
        text.append(" · ", DIM).append_text(spans(message.subtitle, view))
    return text


def body(message: Message, view: View) -> Iterator[Row]:
    """All that stands below the heading."""
    for block in message.blocks:
        yield from rows(block, view)
    if message.url and (url := web_url(message.url)):
        yield Row(Text(safe(url), DIM), unbroken=True)
    if message.footer:
        yield Row(spans(message.footer, view, DIM))


def rows(block: Block, view: View) -> Iterator[Row]:
    match block:
        case Paragraph(line=line):
            yield Row(spans(line, view))
        case Items(lines=lines):
            for line in lines:
                yield Row(spans(line, view), lead="• ")
        case Fields(pairs=pairs):
            names = [safe(name) for name, _ in pairs]
            column = max((cell_len(name) for name in names), default=0) + 2
            for name, (_, line) in zip(names, pairs, strict=True):
                yield Row(spans(line, view), lead=name + " " * (column - cell_len(name)))
        case Quote(text=text, struck=struck):
            cut = text if len(text) <= MAX_QUOTE_CHARS else f"{text[:MAX_QUOTE_CHARS]}… (cut here)"
            for text_ in _vendor_lines(safe(cut), view):
                if struck:
                    text_.stylize(STRIKE)
                yield Row(text_, lead="│ ", repeat_lead=True)
        case _:
            assert_never(block)


def _vendor_lines(text: str, view: View) -> Iterator[Text]:
    pending: Text | None = None
    for row in read_markup(text):
        text_ = spans(row.line, view, BOLD if row.kind is RowKind.HEADING else "")
        if row.continues and pending is not None:
            pending = pending + Text(" ") + text_
            continue
        if pending is not None:
            yield pending
        pending = Text(f"{' ' * row.indent}• ") + text_ if row.kind is RowKind.ITEM else text_
    if pending is not None:
        yield pending


def spans(line: Line, view: View, look: Look | str = "") -> Text:
    """One line of spans as text."""
    text = Text(style=look)
    for span in line:
        match span:
            case str():
                text.append(safe(span))
            case Strong(text=inner):
                text.append(safe(inner), BOLD)
            case Emphasis(text=inner):
                text.append(safe(inner), ITALIC)
            case Code(text=inner):
                text.append(safe(inner) if view.styled else f"`{safe(inner)}`", CODE)
            case Struck(text=inner):
                text.append(safe(inner) if view.styled else f"~~{safe(inner)}~~", STRIKE)
            case Link():
                _append_link(text, span, view)
            case Moment():
                text.append(view.moment(span))
            case Person(id=id, before=before):
                text.append(safe(f"{before}{id}"))
            case ChannelMention(id=id):
                text.append(safe(id))
            case _:
                assert_never(span)
    return text


def _append_link(text: Text, link: Link, view: View) -> None:
    """A clickable word where the console is styled, else the address in full, with the word unless that is the address
    or its host."""
    label, url = safe(link.text), web_url(link.url)
    if url is None or (not view.styled and label == urlsplit(url).hostname):
        text.append(label)
    elif view.styled:
        text.append(label, Look(underline=True, link=url))
    else:
        is_address = label in (url, url.partition("://")[2])
        text.append(safe(url) if is_address else f"{label} ({safe(url)})")


def hints(buttons: tuple[Button, ...], first: int, width: int) -> list[Row]:
    """``[1] status github  [2] components github``: what can be typed next, numbered from ``first``. A number stands in
    one row of ``width`` cells with what it is for, if that has room in one."""
    lines: list[Text] = []
    for number, button in enumerate(buttons, start=first):
        hint = Text.assemble((f"[{number}] ", DIM), (safe(_shown(button)), CODE))
        if lines and lines[-1].cell_len + 2 + hint.cell_len <= width:
            lines[-1].append("  ").append_text(hint)
        else:
            lines.append(hint)
    return [Row(line) for line in lines]


def _shown(button: Button) -> str:
    """The command, without our key of a workspace's own page: an incident by its id alone, the page by the label."""
    shown = _OWN_INCIDENT.sub(r"\1", button.command)
    return button.label if _OWN_KEY.search(shown) else shown


def wrap(row: Row, console: Console, width: int) -> list[Text]:
    """The row in pieces of at most ``width`` cells, its lead included."""
    lead = Text(row.lead, DIM)
    room = max(MIN_WIDTH, width - cell_len(row.lead))
    pieces = [row.text] if row.unbroken else list(row.text.wrap(console, room, overflow="fold")) or [row.text]
    for piece in pieces:
        piece.rstrip()
    later = lead if row.repeat_lead else Text(" " * cell_len(row.lead))
    return [(later if number else lead) + piece for number, piece in enumerate(pieces)]


def for_encoding(text: Text, encoding: str) -> Text:
    """The text as this console can write it; what it cannot write becomes ``?``."""
    try:
        text.plain.encode(encoding)
    except UnicodeEncodeError:
        plain = text.plain.translate(ASCII).encode(encoding, "replace").decode(encoding)
        return Text(plain, text.style)
    return text
