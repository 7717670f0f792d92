"""Values that a web framework writes into a page as one list, each once, named by its place in the list. Pure.

Nuxt (``devalue``) writes ``{"name": 7}``; React Router (``turbo-stream``) writes the names by their places too:
``{"_6": 7}``. What is read is bounded: a value may stand in many places, and may hold itself.
Formats: https://github.com/sveltejs/devalue and https://github.com/jacob-ebey/turbo-stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from bot.monitor.parsing.body import check_size, first_element, read_json
from bot.monitor.parsing.fields import Row, items
from bot.monitor.provider import Body, ParseFailed

MAX_VALUES = 200_000
MAX_DEPTH = 12

_NUXT = re.compile(
    rb"<script\b[^<>]{0,500}\bid=[\"']?__NUXT_DATA__[\"']?[^<>]{0,500}>((?:[^<]++|<(?!/script))*+)</script", re.I
)
_CHUNK = re.compile(r'streamController\.enqueue\(\s{0,9}"((?:[^"\\]++|\\.)*+)"')
_PROMISE = re.compile(r"P\d{1,9}:")
_WRAPPERS = frozenset({"Reactive", "ShallowReactive", "Ref", "ShallowRef", "EmptyRef", "EmptyShallowRef"})
_PLACE = re.compile(r"_(\d{1,9})")


def is_flattened(found: object) -> bool:
    """Whether a JSON value is such a list: its first value names the places of others, and nothing else."""
    if not isinstance(found, list) or len(found) < 2:
        return False
    match found[0]:
        case dict() as first:
            named = list(first.values())
        case [str(), *named] | [*named]:
            pass
        case _:
            return False
    return bool(named) and all(isinstance(at, int) and not isinstance(at, bool) for at in named)


def read_nuxt(body: Body) -> Flattened:
    """Of ``_payload.json``, or of the script in an HTML page. Raises :class:`ParseFailed`."""
    if first_element(body) == "html":
        check_size(body)
        script = _NUXT.search(body.content)
        if script is None:
            raise ParseFailed("The page's HTML holds no data.")
        body = Body(body.url, script[1])
    found = read_json(body)
    if not is_flattened(found):
        raise ParseFailed("The page's JSON is not the list that Nuxt writes.")
    return Flattened(items(found))


def read_stream(body: Body) -> Flattened:
    """Of the scripts in an HTML page of React Router. Raises :class:`ParseFailed`."""
    check_size(body)
    chunks = _CHUNK.findall(body.content.decode("utf-8", "replace")) if first_element(body) == "html" else []
    try:
        text = "".join(json.loads(f'"{chunk}"', strict=False) for chunk in chunks)
        values: list[object] = []
        for line in filter(None, text.split("\n")):
            values += items(json.loads(_PROMISE.sub("", line, count=1)))
    except (ValueError, RecursionError) as error:
        raise ParseFailed("The data in the page's HTML is broken or cut off.") from error
    if not is_flattened(values):
        raise ParseFailed("The page's HTML holds no data.")
    return Flattened(values)


class Flattened:
    """One such list. Values are put together when they are asked for."""

    def __init__(self, values: Sequence[object]) -> None:
        self._values = values
        self._left = MAX_VALUES
        self._open: set[int] = set()

    def root(self) -> object:
        """All of it, as it was before. Raises :class:`ParseFailed` where that is too large."""
        return self._value(0, MAX_DEPTH)

    def objects(self, *keys: str) -> Iterator[Row]:
        """Every object with these keys, wherever it stands. Raises :class:`ParseFailed`."""
        for place, value in enumerate(self._values):
            if isinstance(value, dict) and set(keys) <= {self._key(key) for key in value}:
                found = self._value(place, MAX_DEPTH)
                if isinstance(found, dict):
                    yield found

    def _value(self, place: object, depth: int) -> object:
        """What stands at a place. Negative ones stand for null and its like; what holds itself is null in there."""
        self._left -= 1
        if self._left < 0:
            raise ParseFailed("The data in the page's HTML is too large to be read.")
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(self._values) or not depth:
            return None
        if place in self._open:
            return None
        self._open.add(place)
        try:
            return self._resolved(self._values[place], depth)
        finally:
            self._open.discard(place)

    def _resolved(self, value: object, depth: int) -> object:
        if isinstance(value, dict):
            return {self._key(key): self._value(at, depth - 1) for key, at in value.items()}
        if not isinstance(value, list):
            return value
        match value:
            case [str(name), inner] if name in _WRAPPERS:
                return self._value(inner, depth - 1)
            case ["Date" | "D", at]:
                return at
            case [str(), *_]:
                return None
        return [self._value(at, depth - 1) for at in value]

    def _key(self, key: str) -> str:
        found = _PLACE.fullmatch(key)
        at = int(found[1]) if found else -1
        name = self._values[at] if 0 <= at < len(self._values) else key
        return name if isinstance(name, str) else key
