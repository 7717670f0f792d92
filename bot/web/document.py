"""What a vendor wrote, as a document: headings, paragraphs, lists, code, links. Pure. All text in it is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup, escape

from bot.adapters.plain_text import sanitize
from bot.markup import Row, RowKind, read_markup
from bot.message import ChannelMention, Code, Emphasis, Line, Link, Moment, Person, Span, Strong, Struck

SCHEMES = ("https://", "http://")
DEEPEST = 6
"""Heading of HTML."""


def document(text: str, heading: int = 4) -> Markup:
    """``heading``: the level of its headings, below whatever it stands under."""
    return Markup("").join(_blocks(read_markup(sanitize(text)), min(heading, DEEPEST)))


def _blocks(rows: Sequence[Row], heading: int) -> Iterator[Markup]:
    for kind, group in groupby(_without_blanks_in_lists(rows), key=lambda row: row.kind):
        found = list(group)
        match kind:
            case RowKind.HEADING:
                for line in _lines(found):
                    yield Markup("<h{0}>{1}</h{0}>").format(heading, line)
            case RowKind.TEXT:
                yield Markup("<p>{}</p>").format(Markup("<br>").join(_lines(found)))
            case RowKind.ITEM:
                yield _list(found)
            case RowKind.CODE:
                yield Markup("<pre><code>{}</code></pre>").format("\n".join(row.text for row in found))
            case RowKind.BLANK:
                pass


def _without_blanks_in_lists(rows: Sequence[Row]) -> Iterator[Row]:
    """A blank line between two items parts no list."""
    for number, row in enumerate(rows):
        around = {other.kind for other in rows[max(number - 1, 0) : number + 2 : 2]}
        if row.kind is not RowKind.BLANK or around != {RowKind.ITEM}:
            yield row


def _list(rows: Sequence[Row]) -> Markup:
    """Items that are indented further stand in a list of the item before."""
    made, open_at = Markup(""), [rows[0].indent]
    made += Markup("<ul>")
    for number, (row, line) in enumerate(zip(_firsts(rows), _lines(rows), strict=True)):
        if number and row.indent > open_at[-1]:
            open_at.append(row.indent)
            made += Markup("<ul>")
        elif number:
            while len(open_at) > 1 and row.indent < open_at[-1]:
                open_at.pop()
                made += Markup("</li></ul>")
            made += Markup("</li>")
        made += Markup("<li>") + line
    return made + Markup("</li></ul>") * len(open_at)


def _firsts(rows: Sequence[Row]) -> Iterator[Row]:
    return (row for row in rows if not row.continues)


def _lines(rows: Sequence[Row]) -> list[Markup]:
    """Long lines whole again."""
    lines: list[Markup] = []
    for row in rows:
        if row.continues and lines:
            lines[-1] += Markup(" ") + line_html(row.line)
        else:
            lines.append(line_html(row.line))
    return lines


def line_html(line: Line) -> Markup:
    return Markup("").join(_span(span) for span in line)


def _span(span: Span) -> Markup:
    match span:
        case Strong(text=text):
            return Markup("<strong>{}</strong>").format(sanitize(text))
        case Emphasis(text=text):
            return Markup("<em>{}</em>").format(sanitize(text))
        case Code(text=text):
            return Markup("<code>{}</code>").format(sanitize(text))
        case Struck(text=text):
            return Markup("<s>{}</s>").format(sanitize(text))
        case Link(text=text, url=url):
            linked = Markup('<a href="{1}" rel="noopener nofollow">{0}</a>')
            return linked.format(sanitize(text), url) if url.startswith(SCHEMES) else escape(sanitize(text))
        case Moment(at=at):
            shown = f"{at.day} {at:%b, %H:%M} UTC"
            return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", shown)
        case Person(before=before, name=name):
            return escape(f"{before}{name}" if name else "")
        case ChannelMention():
            return Markup("")
        case str():
            return escape(sanitize(span))
