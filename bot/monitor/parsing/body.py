"""What a body is before any platform looks at it: its encoding, its syntax, or the sentence that says what is wrong."""

from __future__ import annotations

import codecs
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from threading import Lock

from bot.monitor.provider import Body, ParseFailed

MAX_BYTES = 16 * 2**20
MAX_KEPT = 8
MAX_KEPT_BYTES = 16 * 2**20
"""Of bodies whose values are kept for the next who asks for them; see :func:`forget_all_but`."""

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]{0,63})")


class _Readings:
    """The values of the bodies read last, for the platforms that ask after each other for the same. Safe from any
    thread; nobody changes a value."""

    def __init__(self) -> None:
        self._values: OrderedDict[bytes, object] = OrderedDict()
        self._lock = Lock()

    def get(self, content: bytes, read: Callable[[], object]) -> object:
        """What ``read`` returns or raises, once."""
        with self._lock:
            known = self._values.get(content, self)
        if known is self:
            try:
                known = read()
            except ParseFailed as failure:
                known = failure
            with self._lock:
                self._values[content] = known
                while len(self._values) > MAX_KEPT or sum(map(len, self._values)) > MAX_KEPT_BYTES:
                    self._values.popitem(last=False)
        if isinstance(known, ParseFailed):
            raise ParseFailed(str(known))
        return known

    def keep(self, contents: Collection[bytes]) -> None:
        with self._lock:
            self._values = OrderedDict((c, value) for c, value in self._values.items() if c in contents)


_READINGS = _Readings()


def forget_all_but(bodies: Iterable[Body]) -> None:
    """What was read of all others is not kept any more."""
    _READINGS.keep([body.content for body in bodies])


def read_json(body: Body) -> object:
    """The JSON value of a body, not to be changed: it is read once, however many ask. Raises :class:`ParseFailed`."""
    return _READINGS.get(body.content, lambda: _read_json(body))


def _read_json(body: Body) -> object:
    check_size(body)
    match first_element(body):
        case None:
            pass
        case "html" | "head" | "body" | "script" | "div" | "meta":
            raise ParseFailed("The page answered with HTML where its JSON was expected.")
        case _:
            raise ParseFailed("The page answered with XML where its JSON was expected.")
    try:
        text = _decode(body.content)
    except UnicodeError as error:
        raise ParseFailed("The page's JSON is in an encoding that cannot be read.") from error
    try:
        # strict=False: some generators leave raw line ends inside strings.
        return json.loads(text, strict=False)
    except RecursionError as error:
        raise ParseFailed("The page's JSON is nested too deeply to be read.") from error
    except ValueError as error:
        raise ParseFailed("The page's JSON is broken or cut off.") from error


def check_size(body: Body) -> None:
    """Refuse what is empty and what is too large."""
    if not body.content.strip():
        raise ParseFailed("The page answered with an empty body.")
    if len(body.content) > MAX_BYTES:
        raise ParseFailed(f"The page's answer is larger than {MAX_BYTES // 2**20} MB.")


def check_ended(body: Body) -> None:
    """Refuse an HTML page that is cut off: what it lacks must not read as what is not there."""
    if b"</html>" not in body.content.rstrip()[-_HEAD:].lower():
        raise ParseFailed("The page's HTML is cut off.")


def first_element(body: Body) -> str | None:
    """The name of a markup document's first element, lower case without prefix; ``None`` if it is no markup."""
    head = _head(body.content).lstrip()
    if not head.startswith("<"):
        return None
    found = _ELEMENT.search(_without_comments(head))
    if "<!doctype html" in head[:200].lower():
        return "html"
    return found[1].rpartition(":")[2].lower() if found else "?"


def _without_comments(markup: str) -> str:
    """By hand: an expression that skips them starts anew at each one that is left open."""
    kept, at = "", 0
    while (begin := markup.find("<!--", at)) >= 0 and (end := markup.find("-->", begin + 4)) >= 0:
        kept, at = kept + markup[at:begin], end + 3
    return kept + markup[at:]


def _head(content: bytes) -> str:
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    return content[:_HEAD].decode(encoding, "ignore")


def _decode(content: bytes) -> str:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content.decode(encoding)
    return content.decode(json.detect_encoding(content))
