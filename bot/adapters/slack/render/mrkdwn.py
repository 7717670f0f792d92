"""Plain text as Slack's mrkdwn: nothing in it can ping, break out of its place or be taken for markup. Pure.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from bot.adapters.plain_text import one_line, sanitize

URL_CHARS = 2_000
"""A longer address is shown without a link; Slack's own limit, of a button's url, is 3,000."""
LINE_CHARS = 500
"""A line of a vendor's text is broken after this many characters, so that escaped fivefold it still fits a section."""

GROWN_CHARS = 6 * LINE_CHARS - 100
"""What a line may grow to by its links: a section takes 3,000 units, and the marks of a quote stand before it."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LOOKALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
"""mrkdwn has no escape for its marks: where one could begin or end a format, it is shown by its twin."""
_MARKS = re.compile(r"`|(?<![^\W_])[*_~](?=\S)|(?<=\S)[*_~](?![^\W_])")


def safe(text: str) -> str:
    """The text sanitized, its indentation kept."""
    return sanitize(text.replace("\t", "    "))


def units(text: str) -> int:
    """The length as Slack may count it at worst: in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, limit: int) -> str:
    """Raw text, short enough that ``escape`` of it has at most ``limit`` units; ``…`` shows that it was cut."""
    if units(escape(text)) <= limit:
        return text
    room = limit - 1
    for at, char in enumerate(text):
        room -= units(char.translate(_ESCAPES))
        if room < 0:
            return f"{text[:at].rstrip()}…"
    return text


def escape(text: str) -> str:
    """For where no marks are read: fallback texts, labels of links, code."""
    return text.translate(_ESCAPES)


def literal(text: str) -> str:
    """Text that is shown as it is written: its marks format nothing."""
    return escape(_MARKS.sub(lambda mark: _LOOKALIKES[mark[0]], text))


def strong(text: str) -> str:
    return _wrapped("*", text)


def struck(text: str) -> str:
    return _wrapped("~", text)


def code(text: str) -> str:
    shown = one_line(text).replace("`", _LOOKALIKES["`"])
    return f"`{escape(shown)}`" if shown else ""


def web_url(url: str) -> str | None:
    """The address as it may stand in ``<…|…>``, if it is one that a reader may open."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    if not fine or not url.isprintable() or len(url) > URL_CHARS:
        return None
    escaped = escape(quote(url, safe="!#$%&'()*+,-./:;=?@[]_~"))
    return escaped if units(escaped) <= URL_CHARS else None


def link(text: str, url: str) -> str:
    """A clickable text; plain where the address is none."""
    label, target = one_line(text), web_url(url)
    if target is None or not label:
        return literal(label)
    return f"<{target}|{escape(label)}>"


def _wrapped(mark: str, text: str) -> str:
    """Slack formats only what touches its marks; blanks go outside."""
    stripped = text.strip()
    if not stripped:
        return text
    inner = literal(" ".join(stripped.split("\n"))).replace(mark, _LOOKALIKES[mark])
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}{mark}{inner}{mark}{trail}"


# --- what vendors write ----------------------------------------------------------------------------------------------

_HEADING = re.compile(r"#{1,6}[ \t]+(.+?)[ \t#]*$")
_BULLET = re.compile(r"([ \t]{0,12})[-*+][ \t]+(?=\S)")
_RULE = re.compile(r"[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_TAG_LINE_ENDS = re.compile(r"<(?:br|/p|/div|/ul|/ol|/h[1-6])\b[^<>]*>\n?", re.IGNORECASE)
_TAG_LINES = re.compile(r"</?(?:p|div|ul|ol|span|/li)\b[^<>]*>|</li>", re.IGNORECASE)
_TAG_HEADING = re.compile(r"<h[1-6]\b[^<>]*>", re.IGNORECASE)
_TAG_ITEM = re.compile(r"\n?<li\b[^<>]*>[ \t\n]*", re.IGNORECASE)

# Every quantifier is bounded or stops at its own delimiter, so that no input makes these go back far.
_INLINE = re.compile(
    r"""
      `(?P<code>[^`\n]{1,300})`
    | !?\[(?P<label>[^\[\]\n]{1,300})\]\((?P<target>https?://[^\s()<>]{1,1000})(?:[ ]"[^"\n]{0,200}")?\)
    | <(?P<auto>https?://[^\s<>|]{1,1000})>
    | <a\b[^<>]{0,300}?\bhref=["']?(?P<href>https?://[^\s"'<>]{1,1000})["']?[^<>]{0,300}>(?P<anchor>[^<>]{1,300})</a>
    | \*\*(?P<bold>(?=\S)[^*\n]{1,400})\*\*
    | (?<![^\W_])__(?P<bold2>(?=\S)[^_\n]{1,400})__(?![^\W_])
    | <(?:b|strong)>(?P<bold3>[^<>\n]{1,400})</(?:b|strong)>
    | (?<![^\W_])\*(?P<italic>(?=\S)[^*\n]{1,400}(?<=\S))\*(?![^\W_])
    | (?<![^\W_])_(?P<italic3>(?=\S)[^_\n]{1,400}(?<=\S))_(?![^\W_])
    | <(?:i|em)>(?P<italic2>[^<>\n]{1,400})</(?:i|em)>
    | ~~(?P<struck>(?=\S)[^~\n]{1,400})~~
    | <code>(?P<code2>[^<>\n]{1,300})</code>
    | (?P<bare>https?://[^\s<>|"']{1,1000})
    """,
    re.VERBOSE | re.IGNORECASE,
)


def vendor_lines(text: str) -> Iterator[str]:
    """A vendor's text, Markdown or HTML in it or not, as lines of mrkdwn, none longer than a section takes."""
    text = safe(text)
    if "<" in text:
        text = _TAG_HEADING.sub("\n# ", text)
        text = _TAG_LINES.sub("", _TAG_LINE_ENDS.sub("\n", _TAG_ITEM.sub("\n- ", text)))
    fenced = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            yield from (literal(piece) for piece in _pieces(line))
        elif _RULE.fullmatch(line):
            yield ""
        elif heading := _HEADING.match(line):
            yield from (strong(piece.replace("*", "").replace("__", "")) for piece in _pieces(heading[1]))
        else:
            bullet = _BULLET.match(line)
            rest = line[bullet.end() :] if bullet else line
            for number, piece in enumerate(_pieces(rest)):
                yield (f"{bullet[1]}• " if bullet and not number else "") + inline(piece)


def struck_lines(text: str) -> Iterator[str]:
    for line in safe(text).split("\n"):
        yield from (struck(piece) for piece in _pieces(line))


def inline(line: str) -> str:
    """One line's Markdown; a line that would grow too long is left as it is written."""
    parts, at = [], 0
    for found in _INLINE.finditer(line):
        parts += [literal(line[at : found.start()]), _formatted(found)]
        at = found.end()
    formatted = "".join([*parts, literal(line[at:])])
    return formatted if units(formatted) <= GROWN_CHARS else literal(line)


def _formatted(found: re.Match[str]) -> str:
    kind, text = found.lastgroup or "", found[found.lastgroup or 0]
    match kind.rstrip("23"):
        case "code":
            return code(text)
        case "target":
            return link(found["label"], text)
        case "anchor":
            return link(text, found["href"])
        case "auto":
            return link(text, text)
        case "bare":
            url = text.rstrip(".,;:!?)]}*_")
            target = web_url(url)
            return (f"<{target}>" if target else literal(url)) + literal(text[len(url) :])
        case "bold":
            return strong(text)
        case "italic":
            return _wrapped("_", text)
        case "struck":
            return struck(text)
        case _:
            return literal(found[0])


def _pieces(line: str) -> Iterator[str]:
    """A long line, broken between words."""
    line = line.rstrip()
    while len(line) > LINE_CHARS:
        at = line.rfind(" ", LINE_CHARS // 2, LINE_CHARS)
        at = LINE_CHARS if at < 0 else at
        yield line[:at]
        line = line[at:].lstrip()
    yield line
