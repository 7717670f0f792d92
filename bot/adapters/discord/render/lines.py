"""A message's blocks as lines of markdown, and lines as pages. Pure. Lengths are in UTF-16 units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from bot.adapters.discord.render.components import EMPTY_TEXT
from bot.adapters.discord.render.markdown import MORE, escape, is_blank, link_url, render_line, split, units
from bot.adapters.plain_text import one_line, sanitize
from bot.markup import Row, RowKind, read_markup
from bot.message import Block, Fields, Items, Line, Link, Message, MessageKind, Paragraph, Quote
from bot.wording.phrases import DOTS

MAX_LINE = 960
MAX_FIELD_NAME = 256
SMALL_PRINT = "-# "


def dot(message: Message) -> str:
    """The colour of its state, and a blank; nothing where it has none."""
    return f"{DOTS[message.tone]} " if message.tone in DOTS else ""


def closing_fields(message: Message) -> Fields | None:
    """Fields at the end of a message become the embed's fields, which Discord shows below the text."""
    last = message.blocks[-1] if message.blocks else None
    return last if isinstance(last, Fields) else None


def block_lines(message: Message, max_quote: int | None, *, fields: bool = False) -> Iterator[str]:
    """The blocks as lines of at most :data:`MAX_LINE` units. ``max_quote``: units of one vendor text, ``None`` for all.
    ``fields``: also those that the embed shows by itself."""
    closing = closing_fields(message)
    before: Block | None = None
    for number, block in enumerate(message.blocks):
        match block:
            case Paragraph(line=spans):
                is_state = number == 0 and message.kind is MessageKind.CARD
                yield f"{dot(message) if is_state else ''}{render_line(spans, MAX_LINE)}"
            case Items(lines=items):
                yield from (f"- {render_line(item, MAX_LINE)}" for item in items)
            case Fields(pairs=pairs) if fields or block is not closing:
                for name, value in pairs:
                    heading = escape(one_line(name), MAX_FIELD_NAME)
                    yield (
                        f"**{heading}** {render_line(value, MAX_LINE)}"
                        if not is_blank(heading)
                        else render_line(value, MAX_LINE)
                    )
            case Fields():
                pass
            case Quote(text=text, struck=struck):
                if isinstance(before, Quote):
                    yield ""
                yield from _quote_lines(text, struck, max_quote)
            case _:
                assert_never(block)
        before = block


def small_print(footer: Line, limit: int, *, links: bool = True) -> str:
    """The footer as a line of small print. Without ``links`` those are left out, and what stood between them."""
    shown: list[object] = [span for span in footer if links or not isinstance(span, Link)]
    while not links and shown and isinstance(shown[-1], str) and not shown[-1].strip(" ·"):
        shown.pop()
    line = render_line(tuple(shown), limit)  # type: ignore[arg-type]
    return f"{SMALL_PRINT}{line}" if not is_blank(line) else ""


def paginate(lines: Iterable[str], limit: int) -> Iterator[str]:
    """Pages of at most ``limit`` units."""
    page: list[str] = []
    size = 0
    for text in lines:
        if page and size + units(text) + 1 > limit:
            yield "\n".join(page)
            page, size = [], 0
        page.append(text)
        size += units(text) + 1
    if page:
        yield "\n".join(page)


def fitted(lines: Iterable[str], limit: int, message: Message, *, more: bool = False) -> str:
    """As many lines as fit; where one does not, or ``more`` is to come, a link to the rest in its place."""
    shown: list[str] = []
    left = limit
    for text in lines:
        left -= units(text) + 1
        if left < 0:
            more = True
            break
        shown.append(text)
    if more or any(text == f"> {MORE}" for text in shown):
        url = link_url(message.url) if message.url else None
        shown.append(f"[{MORE} the rest](<{url.replace('(', '%28').replace(')', '%29')}>)" if url else MORE)
    return "\n".join(shown)


def title_of(message: Message) -> str:
    """Without the name of whose it is, where that stands above it."""
    text = one_line(message.title or message.summary)
    if message.author:
        text = text.removeprefix(f"{one_line(message.author.text)}: ")
    return EMPTY_TEXT if is_blank(text) else text


def _quote_lines(text: str, struck: bool, limit: int | None) -> Iterator[str]:
    used, empty = 0, False
    for piece in _vendor_lines(sanitize(text.replace("\t", "    ")).strip(), struck):
        if is_blank(piece):
            empty = True
            continue
        if limit is not None and used and used + units(piece) > limit:
            yield f"> {MORE}"
            return
        if empty and used:
            yield "> "
        empty = False
        used += units(piece)
        yield f"> {piece.rstrip()}"


def _vendor_lines(text: str, struck: bool) -> Iterator[str]:
    """A vendor's text as lines of at most :data:`MAX_LINE` units."""
    pending = ""
    for row in read_markup(text):
        first, *more = _row_lines(row, struck)
        is_same = row.continues and row.kind is not RowKind.CODE and not struck
        if is_same and units(pending) + 1 + units(first) <= MAX_LINE:
            pending = f"{pending} {first}"
        else:
            yield pending
            pending = first
        for line in more:
            yield pending
            pending = line
    yield pending


def _row_lines(row: Row, struck: bool) -> list[str]:
    """One line, or several where it would be too long: then as it was written."""
    lead = f"{' ' * row.indent}- " if row.kind is RowKind.ITEM and not row.continues else ""
    if struck:
        shown = escape(row.text)
        shown = f"~~{shown.strip()}~~" if not is_blank(shown) else ""
    else:
        shown = render_line(row.line, MAX_LINE * 4)
        if row.kind is RowKind.HEADING and not is_blank(shown):
            shown = f"**{shown.strip()}**"
    if units(lead + shown) <= MAX_LINE:
        return [lead + shown]
    pieces = list(split(row.source, MAX_LINE - units(lead))) or [""]
    return [lead + pieces[0], *pieces[1:]]
