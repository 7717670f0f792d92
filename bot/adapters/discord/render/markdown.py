"""Plain text as Discord's markdown: escaped, cut at a limit, times and links as its tokens. Pure.

What vendors write can neither format, nor ping, nor hide, nor invite; their links stay links. Lengths are in UTF-16
units, see :func:`units`.
https://discord.com/developers/docs/reference#message-formatting
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never
from urllib.parse import quote, urlsplit

from bot.adapters.discord.hints import CLICKABLE
from bot.adapters.plain_text import one_line, sanitize
from bot.message import ChannelMention, Code, Emphasis, Line, Link, Moment, Person, Span, Strong, Struck, Style

MORE = "…"
MAX_URL = 500
"""A longer address is not linked."""

_STYLES = {Style.TIME: "t", Style.DATE: "D", Style.DATETIME: "f", Style.AGO: "R", Style.ELAPSED: "R"}
_UNSEEN = re.compile("[\\s\u200b-\u200d\ufe00-\ufe0f]*")
_ATOM = re.compile(
    r"(?P<invite>(?:https?://)?(?:www\.)?discord(?:app)?\.(?:gg|io|me|li|com/invite)/[^\s<>]*)"
    r"|(?P<url>https?://[^\s<>]*[^\s<>.,:;!?\"'()\[\]*_~`|\\])"
    r"|(?P<start>^[ \t]*(?:[#>+-]|\d+[.)]))"
    r"|(?P<mark>[\\*_~`|<>\[\]@])"
    r"|(?P<text>.)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_IN_URL = {char: quote(char, safe="") for char in "\\*`|@[]()"} | {"~": "%7E"}


def units(text: str) -> int:
    """The length as Discord may count it: in UTF-16, where an emoji is two."""
    return len(text) + sum(char > "\uffff" for char in text)


def is_blank(text: str) -> bool:
    """Whether Discord would call it empty."""
    return _UNSEEN.fullmatch(text) is not None


def cut(text: str, limit: int) -> str:
    """Plain text for places without markdown, at most ``limit`` units."""
    if units(text) <= limit:
        return text
    chars, left = [], limit - units(MORE)
    for char in text:
        left -= units(char)
        if left < 0:
            break
        chars.append(char)
    return f"{''.join(chars).rstrip()}{MORE}" if limit > 0 else ""


def escape(text: str, limit: int | None = None) -> str:
    """Markdown that shows exactly this text, at most ``limit`` units."""
    if limit is None:
        return "".join(_atoms(sanitize(text)))
    shown = sanitize(text)
    if len(shown) <= limit and units(escaped := "".join(_atoms(shown))) <= limit:
        return escaped
    return next(_pieces(shown[:limit], limit - units(MORE)), "").rstrip() + MORE if limit > 0 else ""


def split(text: str, limit: int) -> Iterator[str]:
    """The text as pieces of markdown of at most ``limit`` units each, split between words where possible."""
    return _pieces(sanitize(text), limit)


def _pieces(text: str, limit: int) -> Iterator[str]:
    piece: list[str] = []
    size, gap = 0, 0
    for atom in _atoms(text):
        if units(atom) > limit:
            atom = "".join(f"\\{c}" if c in _SIGNS else c for c in cut(atom, limit // 2))
        while piece and size + units(atom) > limit:
            at = gap if gap > len(piece) // 2 else len(piece)
            yield "".join(piece[:at])
            piece = piece[at:]
            size, gap = sum(map(units, piece)), 0
        piece.append(atom)
        size += units(atom)
        if atom in (" ", "\n"):
            gap = len(piece)
    if piece:
        yield "".join(piece)


_SIGNS = frozenset("\\*_~`|<>[]@")


def _atoms(text: str) -> Iterator[str]:
    for found in _ATOM.finditer(text):
        match found.lastgroup:
            case "invite":
                yield from (f"\\{c}" if c.isascii() and not c.isalnum() else c for c in found[0])
            case "url":
                yield "".join(_IN_URL.get(c, c) for c in found[0])
            case "start":
                marker = found[0].lstrip()
                yield found[0][: len(found[0]) - len(marker)]
                yield f"{marker[:-1]}\\{marker[-1]}"
            case "mark":
                yield f"\\{found[0]}"
            case _:
                yield found[0]


def is_invite(url: str) -> bool:
    """Whether Discord would show an invitation to a server for it."""
    found = _ATOM.match(url)
    return found is not None and found.lastgroup == "invite"


def link_url(url: str) -> str | None:
    """The address as Discord takes it in a link or an embed, ``None`` if it would refuse it."""
    try:
        parts = urlsplit(url.strip())
        is_web = parts.scheme.lower() in {"http", "https"} and parts.hostname and not parts.username
    except ValueError:
        return None
    if not is_web:
        return None
    quoted = quote(sanitize(url.strip()).replace("\n", ""), safe="!#$%&'*+,/:;=?@[]~")
    return quoted if len(quoted) <= MAX_URL and _HOST.fullmatch(parts.hostname or "") else None


_HOST = re.compile(r"[^\s<>()\"\\^`{|}%/?#@\[\]]{1,253}|[0-9a-f:.]+")


def render_line(spans: Line, limit: int) -> str:
    """One line of spans, at most ``limit`` units."""
    rendered: list[str] = []
    left = limit
    for span_ in spans:
        piece = render_span(span_, left)
        rendered.append(piece)
        left -= units(piece)
        if left <= 0:
            break
    return "".join(rendered)


def render_span(one: Span, limit: int) -> str:
    """One span, at most ``limit`` units; what cannot be cut is left out."""
    match one:
        case str():
            return escape(one, limit)
        case Strong(text=text):
            return _wrapped("**", text, limit)
        case Emphasis(text=text):
            return _wrapped("*", text, limit)
        case Struck(text=text):
            return _wrapped("~~", text, limit)
        case Code(text=text) if CLICKABLE.fullmatch(text):
            return _if_fits(text, limit)
        case Code(text=text):
            return render_code(text, limit)
        case Link(text=text, url=url):
            target = link_url(url)
            # Discord shows a link whose words look like one as it was typed.
            if target is None or "://" in text or is_blank(sanitize(text)):
                return escape(one_line(text), limit)
            if is_invite(url):
                return escape(f"{one_line(text)} ({url})", limit)
            target = target.replace("(", "%28").replace(")", "%29")
            room = limit - units(target) - 4
            return f"[{escape(one_line(text), room)}]({target})" if room > 8 else escape(one_line(text), limit)
        case Moment(at=at, style=style):
            return _if_fits(f"<t:{int(at.timestamp())}:{_STYLES[style]}>", limit)
        case Person(id=id, before=before):
            is_id = id.removeprefix("&").isdecimal()
            return (
                _if_fits(f"{escape(sanitize(before))}<@{id}>", limit)
                if is_id
                else escape(sanitize(f"{before}{id}").replace("\n", " "), limit)
            )
        case ChannelMention(id=id):
            return _if_fits(f"<#{id}>", limit) if id.isdecimal() else escape(one_line(id), limit)
        case _:
            assert_never(one)


def _if_fits(token: str, limit: int) -> str:
    return token if units(token) <= limit else ""


def render_code(text: str, limit: int) -> str:
    """Inline code."""
    inner = cut(one_line(text).replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}"), limit - 2)
    return f"`{inner}`" if not is_blank(inner) else ""


def _wrapped(sign: str, text: str, limit: int) -> str:
    inner = escape(one_line(text), limit - 2 * len(sign))
    return f"{sign}{inner}{sign}" if not is_blank(inner) else inner
