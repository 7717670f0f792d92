"""What the bot writes, as HTML: for what a page shows of messages. All text in it is escaped; buttons are left out."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bot.message import Block, Fields, Items, Paragraph, Quote
from bot.web.document import document, line_html


def blocks_html(blocks: Sequence[Block]) -> Markup:
    return Markup("").join(_block(block) for block in blocks)


def _block(block: Block) -> Markup:
    match block:
        case Paragraph(line=line):
            return Markup("<p>{}</p>").format(line_html(line))
        case Items(lines=lines):
            items = (Markup("<li>{}</li>").format(line_html(line)) for line in lines)
            return Markup("<ul>{}</ul>").format(Markup("").join(items))
        case Fields(pairs=pairs):
            rows = (Markup("<dt>{}</dt><dd>{}</dd>").format(name, line_html(line)) for name, line in pairs)
            return Markup("<dl>{}</dl>").format(Markup("").join(rows))
        case Quote(text=text):
            return Markup("<blockquote>{}</blockquote>").format(document(text))
