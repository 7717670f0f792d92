"""One pass over a feed that is no XML, to make it XML. Pure; it builds nothing and knows no element but the root.

It mends what generators and editors get wrong: bytes in another encoding than declared, control characters, entities of
HTML, lone ampersands, a document type, and what stands before and after the root. It closes no tag: what is cut off
stays so. A document type that declares anything stays as well, and is refused.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from html.entities import html5

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_MAX_DECLARATION = 200

ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(rss|feed|RDF)(?=[\s>/])")
_DECLARATION = re.compile(r"<\?xml\b[^<>]{0,200}\?>")
_DECLARED = re.compile(rb"<\?xml\b[^<>]{0,200}?\bencoding\s{0,3}=\s{0,3}[\"']([A-Za-z0-9._-]{1,40})[\"']")
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[\]]{0,500}>", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
_LONE_LESS = re.compile(r"<(?![A-Za-z_/!?])")
_C1 = re.compile(rb"[\x80-\x9f]")
"""Control characters in ISO 8859, letters in Windows-1252, and what most letters of UTF-8 end in."""
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ONE_BYTE = re.compile(r"(?:iso|latin|l\d|windows|cp|us|ascii|macintosh|koi)[\w.-]*", re.IGNORECASE)
"""Families of encodings in which any bytes are some text, so that UTF-8 under their name goes unnoticed."""


def holds_feed(content: bytes) -> bool:
    """Whether a feed begins near the beginning of a body that does not begin with it."""
    return content.lstrip()[:1] not in (b"{", b"[") and ROOT.search(decoded(content[:_HEAD])) is not None


def is_mislabelled(content: bytes) -> bool:
    """UTF-8 or Windows-1252 under the name of another encoding of one byte a character: XML takes it, and every umlaut
    becomes two signs, every quotation mark a control character."""
    declared = _DECLARED.search(content[:_MAX_DECLARATION])
    if declared is None or not _ONE_BYTE.fullmatch(declared[1].decode("ascii")) or content.isascii():
        return False
    return _C1.search(content) is not None


def repaired(content: bytes) -> bytes:
    """The feed as UTF-8 without a declaration; what cannot be mended is left as it is."""
    text = _CONTROL.sub("", decoded(content))
    root = ROOT.search(text)
    if root is not None:
        before = _DOCTYPE.sub("", text[: root.start()])
        # A document type that stays is one that declares something: the reader is to see and refuse it.
        kept = before[start:] if (start := before.upper().find("<!DOCTYPE")) >= 0 else ""
        end = re.compile(rf"</(?:[A-Za-z_][\w.-]{{0,30}}:)?{root[1]}\s{{0,9}}>")
        last = max((found.end() for found in end.finditer(text, root.start())), default=len(text))
        text = kept + text[root.start() : last]
    else:
        text = _DECLARATION.sub("", text)
    return "".join(_parts(text)).encode("utf-8")


def decoded(content: bytes) -> str:
    """By its byte order mark, else as UTF-8, else as declared; bytes that are none of it are those of Windows-1252."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content.decode(encoding, "replace").lstrip("\ufeff")
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if content[first : first + 3 : 2] == b"\x00\x00":
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    found = _DECLARED.search(content[:_MAX_DECLARATION])
    declared = found[1].decode("ascii").lower() if found else "utf-8"
    # It was read as bytes of one letter each up to here, so nothing of two bytes a letter can be meant.
    if not declared.startswith(("utf", "ucs", "iso-10646", "iso-8859-1", "latin1", "us-ascii", "ascii")):
        try:
            return content.decode(declared)
        except (LookupError, ValueError):
            pass
    return content.decode("utf-8", "lookout-windows-1252")


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error("lookout-windows-1252", _as_windows_1252)


def _parts(text: str) -> Iterator[str]:
    """What stands in CDATA sections as it is, the rest mended."""
    at = 0
    while (start := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", start)) >= 0:
        yield _mended(text[at:start])
        at = end + len("]]>")
        yield text[start:at]
    yield _mended(text[at:])


def _mended(markup: str) -> str:
    return _LONE_LESS.sub("&lt;", _AMPERSAND.sub(_reference, markup)).replace("]]>", "]]&gt;")


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    if name.startswith("#"):
        number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        is_character = number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE
        return found[0] if is_character or 0x10000 <= number <= 0x10FFFF else ""
    if name in _OF_XML:
        return found[0]
    known = html5.get(f"{name};")
    return "&amp;" + found[0][1:] if known is None else html.escape(known, quote=False)
