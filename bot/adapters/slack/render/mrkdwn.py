"""Plain text as Slack's mrkdwn: nothing in it can ping, break out of its place or be taken for markup. Pure.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from bot.adapters.plain_text import one_line, sanitize
from bot.markup import Row, RowKind, read_markup
from bot.message import Code, Emphasis, Link, Span, Strong, Struck, plain_text

URL_CHARS = 2_000
"""A longer address is shown without a link; Slack's own limit, of a button's url, is 3,000."""
GROWN_CHARS = 2_900
"""What a line may grow to: a section takes 3,000 units, and the marks of a quote stand before it. A piece of a vendor's
line that is escaped fivefold fits."""
MAX_LEAD = 10
"""Of a list's item: its indentation and bullet."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LOOKALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb", ":": "\ua789"}
"""mrkdwn has no escape for its marks: where one could begin or end a format, it is shown by its twin."""
_EMOJI = re.compile(
    r"(?<![0-9a-fA-F]):(?=[\w+'\u02cd-]{1,100}:)|:(?=[0-9a-fA-F]{0,4}[^\W0-9a-fA-F][\w+'\u02cd-]{0,100}:|[0-9a-fA-F]{5,100}:)"
)
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
    return escape(without_emoji(_MARKS.sub(lambda mark: _LOOKALIKES[mark[0]], text)))


def without_emoji(text: str) -> str:
    """``:fire:`` as letters: Slack has no escape for it, so its first colon is shown by a twin. Parts of addresses such
    as ``2001:db8:`` stay as they are."""
    return _EMOJI.sub(_LOOKALIKES[":"], text) if ":" in text else text


def strong(text: str) -> str:
    return _wrapped("*", text)


def emphasis(text: str) -> str:
    return _wrapped("_", text)


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
    return f"<{target}|{escape(without_emoji(label))}>"


def _wrapped(mark: str, text: str) -> str:
    """Slack formats only what touches its marks; blanks go outside."""
    stripped = text.strip()
    if not stripped:
        return text
    inner = literal(" ".join(stripped.split("\n"))).replace(mark, _LOOKALIKES[mark])
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}{mark}{inner}{mark}{trail}"


# --- what vendors write ----------------------------------------------------------------------------------------------


def vendor_lines(text: str) -> Iterator[str]:
    """A vendor's text, Markdown or HTML in it or not, as lines of mrkdwn, none longer than a section takes."""
    pending: str | None = None
    for row in read_markup(safe(text)):
        line = _row(row)
        is_same = row.continues and row.kind is not RowKind.CODE
        if is_same and pending is not None and units(pending) + 1 + units(line) <= GROWN_CHARS:
            pending = f"{pending} {line}"
            continue
        if pending is not None:
            yield pending
        pending = line
    if pending is not None:
        yield pending


def struck_lines(text: str) -> Iterator[str]:
    for row in read_markup(safe(text)):
        yield struck(row.text)


def _row(row: Row) -> str:
    shown = "".join(map(_span, row.line))
    if row.kind is RowKind.HEADING:
        shown = "".join(strong(span) if isinstance(span, str) else _span(span) for span in row.line)
    lead = f"{' ' * row.indent}• " if row.kind is RowKind.ITEM and not row.continues else ""
    # A line that would grow too long is shown as it was written.
    return lead + (shown if units(shown) <= GROWN_CHARS - MAX_LEAD else literal(row.source))


def _span(span: Span) -> str:
    match span:
        case Strong(text=text):
            return strong(text)
        case Emphasis(text=text):
            return emphasis(text)
        case Struck(text=text):
            return struck(text)
        case Code(text=text):
            return code(text)
        case Link(text=text, url=url):
            target = web_url(url)
            return f"<{target}>" if text == url and target else link(text, url)
        case str():
            return literal(span)
        case _:
            return literal(plain_text((span,)))
