"""A message as plain text, for programs: no platform's markup, times in UTC."""

from __future__ import annotations

from collections.abc import Iterator

from bot.message import Block, Fields, Items, Message, Paragraph, Quote, plain_text


def message_text(message: Message) -> str:
    """Title, blocks and small print, a line each."""
    title = message.title or message.summary
    lines = [f"{title} · {plain_text(message.subtitle)}" if message.subtitle else title]
    lines += [line for block in message.blocks for line in _block_lines(block)]
    if message.footer:
        lines.append(plain_text(message.footer))
    return "\n".join(lines)


def _block_lines(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(line=line):
            yield plain_text(line)
        case Items(lines=lines):
            yield from (f"- {plain_text(line)}" for line in lines)
        case Fields(pairs=pairs):
            yield from (f"{name}: {plain_text(line)}" for name, line in pairs)
        case Quote(text=text):
            yield from (f"> {line}" for line in text.splitlines())
