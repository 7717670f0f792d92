"""What a Next.js page carries for its scripts: React's "flight" rows, pushed as strings, read back as JSON. Pure; it
knows no platform.

A row is ``<id in hex>:<JSON>``, or ``<id>:T<bytes in hex>,<text>`` for a long text. Strings that begin with ``$`` stand
for something else: ``$undefined`` for nothing, ``$1c`` for a row, ``$5:1:props:summary`` for a part of one.
Format: https://github.com/facebook/react/blob/main/packages/react-client/src/ReactFlightClient.js.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator

from bot.monitor.parsing.body import check_ended, check_size
from bot.monitor.parsing.fields import Row
from bot.monitor.provider import Body, ParseFailed

MAX_DEPTH = 100
MAX_NODES = 1_000_000
"""How much is resolved in all. A few rows that refer to each other could stand for any amount."""

_PUSH = "self.__next_f.push("
_ROW = re.compile(rb"([0-9a-f]{0,8}):(?:T([0-9a-f]{1,8}),)?")
_REFERENCE = re.compile(r"\$([0-9a-f]{1,8})((?::[^:]{1,200}){0,40})")
_DECODER = json.JSONDecoder(strict=False)


def is_flight(body: Body) -> bool:
    return b"self.__next_f" in body.content


class Flight:
    """The rows of one page. Raises :class:`ParseFailed` if they stand for too much, or for what is not there: a list
    that is missing must not read as an empty one."""

    def __init__(self, body: Body) -> None:
        check_size(body)
        check_ended(body)
        self._rows = dict(_rows(_pushed(body.content.decode("utf-8", "replace"))))
        self._nodes = 0

    def find(self, *keys: str) -> Iterator[Row]:
        """Every object that has all of these keys, unresolved, in the order of the page."""
        for value in self._rows.values():
            waiting = [value]
            while waiting:
                node = waiting.pop()
                if isinstance(node, dict):
                    if all(key in node for key in keys):
                        yield node
                    waiting.extend(reversed(node.values()))
                elif isinstance(node, list):
                    waiting.extend(reversed(node))

    def resolve(self, value: object, depth: int = 0) -> object:
        """With all references followed; what is undefined is left out of objects, and is ``None`` elsewhere."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise ParseFailed("The page's embedded data is nested too deeply, or refers to itself.")
        match value:
            case dict():
                return {key: self.resolve(each, depth + 1) for key, each in value.items() if each != "$undefined"}
            case list():
                return [self.resolve(each, depth + 1) for each in value]
            case str() if value.startswith("$"):
                return self._referred(value, depth)
            case _:
                return value

    def _referred(self, value: str, depth: int) -> object:
        if value.startswith("$$"):
            return value[1:]
        if value.startswith("$D"):
            return value[2:]
        found = _REFERENCE.fullmatch(value)
        if found is None:
            return None
        target = self._row(found[1])
        for step in found[2].split(":")[1:]:
            if isinstance(target, str) and (onward := _REFERENCE.fullmatch(target)) and not onward[2]:
                target = self._row(onward[1])
            target = _part(target, step)
        if isinstance(target, _Text):
            return str(target)
        return self.resolve(target, depth + 1)

    def _row(self, key: str) -> object:
        try:
            return self._rows[key]
        except KeyError:
            raise ParseFailed("The page's embedded data is cut off.") from None


class _Text(str):
    """A row of text: a dollar sign in it is one."""

    __slots__ = ()


def _part(value: object, step: str) -> object:
    if isinstance(value, dict) and step in value:
        return value[step]
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 9 and int(step) < len(value):
        return value[int(step)]
    # An element is the list ["$", type, key, props], and is also referred to by the names of its parts.
    if isinstance(value, list) and len(value) > 3 and step in ("type", "key", "props"):
        return value[("type", "key", "props").index(step) + 1]
    raise ParseFailed("The page's embedded data refers to a part that is not there.")


def _pushed(page: str) -> bytes:
    """The strings that the page's scripts push, joined: rows are cut anywhere."""
    parts: list[str] = []
    at = 0
    while (at := page.find(_PUSH, at)) >= 0:
        at += len(_PUSH)
        try:
            pushed, at = _DECODER.raw_decode(page, at)
        except (ValueError, RecursionError):
            raise ParseFailed("The page's embedded data is broken or cut off.") from None
        if isinstance(pushed, list) and len(pushed) > 1 and pushed[0] == 1 and isinstance(pushed[1], str):
            parts.append(pushed[1])
    return "".join(parts).encode("utf-8", "replace")


def _rows(stream: bytes) -> Iterator[tuple[str, object]]:
    at = 0
    while at < len(stream):
        head = _ROW.match(stream, at)
        if head is not None and head[2] is not None:
            start, at = head.end(), head.end() + int(head[2], 16)
            yield head[1].decode(), _Text(stream[start:at].decode("utf-8", "replace"))
            continue
        line_end = stream.find(b"\n", at)
        line_end = len(stream) if line_end < 0 else line_end
        if head is not None and stream[head.end() : head.end() + 1] in (b"{", b"[", b'"'):
            with contextlib.suppress(ValueError, RecursionError):
                yield head[1].decode(), json.loads(stream[head.end() : line_end], strict=False)
        at = line_end + 1
