"""What a body is before any platform looks at it: its encoding, its syntax, or the sentence that says what is wrong."""

from __future__ import annotations

import codecs
import json
import re

from bot.monitor.provider import Body, ParseFailed

MAX_BYTES = 16 * 2**20

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*-->")
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]{0,63})")


def read_json(body: Body) -> object:
    """The JSON value of a body. Raises :class:`ParseFailed`."""
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
    found = _ELEMENT.search(_COMMENT.sub("", head))
    if "<!doctype html" in head[:200].lower():
        return "html"
    return found[1].rpartition(":")[2].lower() if found else "?"


def _head(content: bytes) -> str:
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    return content[:_HEAD].decode(encoding, "ignore")


def _decode(content: bytes) -> str:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content.decode(encoding)
    return content.decode(json.detect_encoding(content))
