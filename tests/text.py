"""Turns messages into the text that a reader sees, for tests."""

from __future__ import annotations

from collections.abc import Iterable

from bot.message import Block, Fields, Items, Line, Message, Moment, Paragraph, Quote, Style, plain_text

FORMATS = {
    Style.TIME: "%H:%M",
    Style.DATE: "%Y-%m-%d",
    Style.DATETIME: "%Y-%m-%d %H:%M",
    Style.AGO: "%Y-%m-%d %H:%M",
    Style.ELAPSED: "elapsed",
}


def read(messages: Message | Iterable[Message]) -> str:
    """Title, blocks, footer and buttons of each message, one line each; messages stand apart by an empty line."""
    if isinstance(messages, Message):
        messages = (messages,)
    return "\n\n".join("\n".join(_lines(message)) for message in messages)


def _lines(message: Message) -> list[str]:
    title = message.title or message.summary
    title = f"~~{title}~~" if message.struck else title
    lines = [f"{title} · {_line(message.subtitle)}" if message.subtitle else title]
    for block in message.blocks:
        lines += _block(block)
    if message.footer:
        lines.append(f"({_line(message.footer)})")
    lines += [f"[{button.label}: {button.command}]" for button in message.buttons]
    return lines


def _block(block: Block) -> list[str]:
    match block:
        case Paragraph(line=line):
            return [_line(line)]
        case Items(lines=items):
            return [f"- {_line(item)}" for item in items]
        case Fields(pairs=pairs):
            return [f"{name}: {_line(line)}" for name, line in pairs]
        case Quote(text=text, struck=struck):
            return [f"> ~~{line}~~" if struck else f"> {line}" for line in text.splitlines()]


def _line(line: Line) -> str:
    return "".join(
        span.at.strftime(FORMATS[span.style]) if isinstance(span, Moment) else plain_text((span,)) for span in line
    )
