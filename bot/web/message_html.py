"""What the bot writes, as HTML: for messages that a page shows. All text in it is escaped; buttons are left out."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from bot.message import (
    Block,
    ChannelMention,
    Code,
    Emphasis,
    Fields,
    Items,
    Line,
    Link,
    Message,
    Moment,
    Paragraph,
    Person,
    Quote,
    Span,
    Strong,
    Struck,
)

SCHEMES = ("https://", "http://")


def message_html(message: Message) -> Markup:
    """Its title as a paragraph, then its blocks."""
    return _p(Markup("<strong>{}</strong>").format(message.title or message.summary)) + blocks_html(message.blocks)


def blocks_html(blocks: Sequence[Block]) -> Markup:
    return Markup("").join(_block(block) for block in blocks)


def _block(block: Block) -> Markup:
    match block:
        case Paragraph(line=line):
            return _p(_line(line))
        case Items(lines=lines):
            return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(_line(x)) for x in lines))
        case Fields(pairs=pairs):
            rows = (Markup("<dt>{}</dt><dd>{}</dd>").format(name, _line(line)) for name, line in pairs)
            return Markup("<dl>{}</dl>").format(Markup("").join(rows))
        case Quote(text=text):
            return Markup('<blockquote class="text">{}</blockquote>').format(text)


def _p(inner: Markup) -> Markup:
    return Markup("<p>{}</p>").format(inner)


def _line(line: Line) -> Markup:
    return Markup("").join(_span(span) for span in line)


def _span(span: Span) -> Markup:
    match span:
        case Strong(text=text):
            return Markup("<strong>{}</strong>").format(text)
        case Emphasis(text=text):
            return Markup("<em>{}</em>").format(text)
        case Code(text=text):
            return Markup("<code>{}</code>").format(text)
        case Struck(text=text):
            return Markup("<s>{}</s>").format(text)
        case Link(text=text, url=url):
            linked = Markup('<a href="{1}" rel="noopener nofollow">{0}</a>')
            return linked.format(text, url) if url.startswith(SCHEMES) else escape(text)
        case Moment(at=at):
            shown = f"{at.day} {at:%b, %H:%M} UTC"
            return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", shown)
        case Person(before=before, name=name):
            return escape(f"{before}{name}" if name else "")
        case ChannelMention():
            return Markup("")
        case str():
            return escape(span)
