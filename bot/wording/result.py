"""The result of a command that has no words of its own: each value by its name, and lists as lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.message import Block, Items, Line, Message, Paragraph, Strong

MAX_LINES = 50


def result_message(name: str, result: Mapping[str, Any]) -> Message:
    """``result``: JSON."""
    blocks: list[Block] = []
    for key, value in result.items():
        if isinstance(value, list):
            blocks.append(Paragraph((Strong(_label(key)), f": {len(value) or 'none'}")))
            lines = [_entry(one) for one in value[:MAX_LINES]]
            if len(value) > MAX_LINES:
                lines.append((f"and {len(value) - MAX_LINES} more",))
            blocks += [Items(tuple(lines))] if lines else []
        elif value not in (None, ""):
            blocks.append(Paragraph((Strong(_label(key)), f": {_text(value)}")))
    title = name.capitalize()
    return Message(summary=title, title=title, blocks=tuple(blocks))


def _entry(value: Any) -> Line:
    return ("; ".join(_pairs(value)) if isinstance(value, Mapping) else _text(value),)


def _pairs(value: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{_label(key)}: {_text(one)}" for key, one in value.items() if one not in (None, "", []))


def _label(key: str) -> str:
    return key.replace("_", " ")


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_text, value))
        case Mapping():
            return "; ".join(_pairs(value))
        case _:
            return str(value)
