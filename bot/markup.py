"""What vendors write, read once for all platforms: Markdown and HTML as rows of spans. Pure, total, in linear time.

Headings, emphasis, links, lists and code are kept, tables are flattened to a row a line, entities become characters.
What is no markup for certain stays as it was written, and no letter is lost.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from bot.message import Code, Emphasis, Line, Link, Span, Strong, Struck, plain_text

PIECE_CHARS = 400
"""A longer line is read in pieces, broken between words, so that a platform can cut or split between them."""
MAX_CACHED = 256
"""Texts read lately; thousands of channels get the same ones."""
MAX_INDENT = 6
"""Columns that a list is indented at most."""


class RowKind(StrEnum):
    """What a row is in its document."""

    TEXT = "text"
    HEADING = "heading"
    ITEM = "item"
    CODE = "code"
    """A line of a block of code."""
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of what a vendor wrote, or a piece of a long one."""

    kind: RowKind
    line: Line
    source: str
    """As it was written, for where the formatted line would be too long."""
    indent: int = 0
    """Of an item, in columns."""
    continues: bool = False
    """It goes on the line of the row before."""

    @property
    def text(self) -> str:
        """Without any formatting."""
        return plain_text(self.line)


_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(?:(?:\\?#)+[ \t]+){0,3}(?=\S)")
_CLOSING = re.compile(r"[ \t]+#{1,6}[ \t]*$")
_BULLET = re.compile(r"([ \t]{0,12})(?:[-*+•◦‣▪●○]|&(?:bull|#8226);)[ \t]+(?=\S)")
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+")
_RULE = re.compile(r"[ \t]*([-*_=])(?:[ \t]*\1){2,}[ \t]*$")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_TABLE = re.compile(r"[ \t]*\|.*\|[ \t]*$")
_TABLE_RULE = re.compile(r"[ \t]*\|[ \t:|-]+\|[ \t]*$")
_CELL_END = re.compile(r"(?<!\\)\|")

_TAG_HEADING = re.compile(r"\n?<h[1-6]\b[^<>]*>[ \t\n]*", re.IGNORECASE)
_TAG_LIST = re.compile(
    r"[ \t\n]*<(?P<end>/?)(?P<name>ul|ol|li)\b[^<>]*>[ \t\n]*(?:<p\b[^<>]*>[ \t\n]*)?", re.IGNORECASE
)
_TAG_ITEM_END = re.compile(r"(?:[ \t\n]*</p\s*>)?[ \t\n]*</li\s*>[ \t\n]*", re.IGNORECASE)
_TAG_TERM_END = re.compile(r"[ \t\n]*</dt\s*>[ \t\n]*<dd\b[^<>]*>[ \t\n]*", re.IGNORECASE)
_TAG_PARAGRAPH = re.compile(r"[ \t\n]*</p\s*>[ \t\n]*<p\b[^<>]*>[ \t\n]*", re.IGNORECASE)
_TAG_PARAGRAPH_START = re.compile(r"<p\b[^<>]*>[ \t\n]*", re.IGNORECASE)
_TAG_ROW = re.compile(r"\n?<tr\b[^<>]*>[ \t\n]*", re.IGNORECASE)
_TAG_CELL_END = re.compile(r"[ \t\n]*</t[dh]\s*>[ \t\n]*", re.IGNORECASE)
_TAG_LINE_ENDS = re.compile(r"<(?:br|/p|/div|/h[1-6]|/tr|/table|/dd|/blockquote|hr)\b[^<>]*>\n?", re.IGNORECASE)
_TAG_FENCE = re.compile(r"\n?</?pre\b[^<>]*>\n?", re.IGNORECASE)
_TAG_REST = re.compile(
    r"</?(?:p|div|span|table|thead|tbody|tfoot|td|th|font|u|small|big|center|section|article|blockquote|dl|dt|dd|var"
    r"|time|abbr|sup|sub|ins|mark|kbd|samp|img|figure|figcaption)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# Every quantifier is bounded or stops at its own delimiter, so that no input makes these go back far.
_INLINE = re.compile(
    r"""
      \\(?P<bare_mark>[\\`*_{}\[\]()\#+.!|~>-])
    | `(?P<code>[^`\n]{1,300})`
    | !?\[(?P<label>[^\[\]\n]{1,300})\]\((?P<target>https?://[^\s()<>]{1,1000})(?:[ ]"[^"\n]{0,200}")?\)
    | <(?P<auto>https?://[^\s<>|]{1,1000})>
    | <a\b[^<>]{0,300}?\bhref=["']?(?P<href>https?://[^\s"'<>]{1,1000})["']?[^<>]{0,300}>(?P<anchor>[^<>]{1,300})</a>
    | \*\*(?P<bold>(?=\S)[^*\n]{1,402})\*\*
    | (?<![^\W_])__(?P<bold2>(?=\S)[^_\n]{1,400})__(?![^\W_])
    | <(?:b|strong)(?:\s[^<>]{0,300})?>(?P<bold3>[^<>\n]{1,400})</(?:b|strong)>
    | (?<![^\W_])\*(?P<italic>(?=\S)[^*\n]{1,400}(?<=\S))\*(?![^\W_])
    | (?<![^\W_])_(?P<italic2>(?=\S)[^_\n]{1,400}(?<=\S))_(?![^\W_])
    | <(?:i|em)(?:\s[^<>]{0,300})?>(?P<italic3>[^<>\n]{1,400})</(?:i|em)>
    | ~~(?P<struck>(?=\S)[^~\n]{1,400})~~
    | <(?:s|del|strike)>(?P<struck2>[^<>\n]{1,400})</(?:s|del|strike)>
    | <code>(?P<code2>[^<>\n]{1,300})</code>
    | (?P<bare>https?://[^\s<>|"']{1,1000})
    | (?P<left_tag></?(?:b|strong|i|em|s|del|strike|code|a)(?:\s[^<>]{0,300})?>)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKS_AROUND = re.compile(r"\*\*|__|(?<![^\W_])[*_](?=\S)|(?<=\S)[*_](?![^\W_])|`|~~")


@lru_cache(maxsize=MAX_CACHED)
def read_markup(text: str) -> tuple[Row, ...]:
    """The rows of a text; never more than one blank one in a row."""
    rows: list[Row] = []
    for row in _rows(_without_tags(text) if "<" in text else text):
        if row.kind is not RowKind.BLANK or (rows and rows[-1].kind is not RowKind.BLANK):
            rows.append(row)
    while rows and rows[-1].kind is RowKind.BLANK:
        rows.pop()
    return tuple(rows)


def _without_tags(text: str) -> str:
    """Tags that stand for lines become the marks of Markdown; only names that HTML knows count as tags."""
    text = _TAG_FENCE.sub("\n```\n", text)
    text = _TAG_HEADING.sub("\n\n# ", _TAG_PARAGRAPH.sub("\n\n", text))
    text = _TAG_CELL_END.sub(" | ", _TAG_ROW.sub("\n| ", text))
    text = _TAG_LIST.sub(_Lists().mark, _TAG_ITEM_END.sub("", _TAG_TERM_END.sub(": ", text)))
    return _TAG_REST.sub("", _TAG_LINE_ENDS.sub("\n", _TAG_PARAGRAPH_START.sub("", text)))


class _Lists:
    """The lists that are open where a tag stands, the outermost first: how many items of a numbered one there were,
    ``None`` for one with bullets."""

    def __init__(self) -> None:
        self._open: list[int | None] = []

    def mark(self, tag: re.Match[str]) -> str:
        """The tag in Markdown."""
        name, is_end = tag["name"].lower(), bool(tag["end"])
        if name != "li":
            if not is_end:
                self._open.append(0 if name == "ol" else None)
            elif self._open:
                self._open.pop()
            return "" if self._open else "\n\n"
        if is_end:
            return ""
        number = self._open[-1] if self._open else None
        if number is not None:
            self._open[-1] = number = number + 1
        indent = "  " * min(max(len(self._open) - 1, 0), MAX_INDENT // 2)
        return f"\n{indent}{f'{number}.' if number else '-'} "


def _rows(text: str) -> Iterator[Row]:
    fenced = False
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            yield from _pieces(RowKind.CODE, line, as_code=True)
        elif not line.strip(" \t|") or _RULE.fullmatch(line):
            yield Row(RowKind.BLANK, (), "")
        elif _TABLE.fullmatch(line):
            if not _TABLE_RULE.fullmatch(line):
                is_head = number + 1 < len(lines) and _TABLE_RULE.fullmatch(lines[number + 1]) is not None
                yield _table_row(line, is_head=is_head)
        elif heading := _HEADING.match(line):
            bare = _CLOSING.sub("", line[heading.end() :])
            yield from (_unmarked(row) for row in _pieces(RowKind.HEADING, bare))
        elif bullet := _BULLET.match(line):
            indent = min(len(bullet[1].replace("\t", "    ")), MAX_INDENT)
            yield from _pieces(RowKind.ITEM, line[bullet.end() :], indent=indent)
        else:
            yield from _pieces(RowKind.TEXT, _QUOTED.sub("", line, count=1))


def _pieces(kind: RowKind, line: str, *, indent: int = 0, as_code: bool = False) -> Iterator[Row]:
    """A long line, broken between words; what is bold across a break is bold on both sides of it."""
    line, continues = line.rstrip(), False
    is_paired, is_bold = not as_code and line.count("**") % 2 == 0, False
    while True:
        at = len(line)
        if at > PIECE_CHARS:
            at = line.rfind(" ", PIECE_CHARS // 2, PIECE_CHARS)
            at = PIECE_CHARS if at < 0 else at
        piece = line[:at]
        marked = f"**{piece}" if is_bold else piece
        is_bold = is_paired and marked.count("**") % 2 == 1
        marked = f"{marked.rstrip()}**" if is_bold else marked
        spans: Line = (Code(piece),) if as_code and piece.strip() else tuple(_inline(marked))
        yield Row(kind, spans, piece, indent, continues)
        line, continues = line[at:].lstrip(), True
        if not line:
            return


def _table_row(line: str, *, is_head: bool) -> Row:
    cells = [cell.strip() for cell in _CELL_END.split(line.strip().strip("|"))]
    spans: list[Span] = []
    for cell in (cell[:PIECE_CHARS] for cell in cells if cell):
        spans += [" · "] if spans else []
        spans += [Strong(_bare(cell))] if is_head else _inline(cell)
    return Row(RowKind.TEXT, tuple(spans), " · ".join(cell for cell in cells if cell))


def _unmarked(row: Row) -> Row:
    """A heading is strong as a whole: marks within it say nothing more."""
    spans: list[Span] = []
    for span in row.line:
        if isinstance(span, Link):
            spans.append(span)
        elif spans and isinstance(spans[-1], str):
            spans[-1] += plain_text((span,))
        else:
            spans.append(plain_text((span,)))
    return replace(row, line=tuple(spans))


def _inline(text: str) -> list[Span]:
    spans: list[Span] = []
    plain = ""
    at = 0
    for found in _INLINE.finditer(text):
        plain += _unescape(text[at : found.start()])
        at = found.end()
        if found.lastgroup in ("bare_mark", "left_tag"):
            plain += found["bare_mark"] or ""
            continue
        made = _formatted(found)
        if plain:
            spans.append(plain)
            plain = ""
        spans += made
    plain += _unescape(text[at:])
    return [*spans, plain] if plain else spans


def _formatted(found: re.Match[str]) -> Sequence[Span]:
    kind, text = found.lastgroup or "", found[found.lastgroup or 0]
    match kind.rstrip("23"):
        case "code":
            return [Code(_unescape(text) if kind == "code2" else text)]
        case "target":
            return _link(found["label"], text)
        case "anchor":
            return _link(text, found["href"])
        case "auto":
            return [Link(text, text)]
        case "bare":
            url = text.rstrip(".,;:!?)]}*_")
            return [Link(url, url), *([text[len(url) :]] if len(url) < len(text) else [])]
        case "bold" | "italic" | "struck" as mark:
            inner = _inline_link(text)
            if inner is not None:
                return inner
            bare = _bare(text)
            return [Strong(bare) if mark == "bold" else Emphasis(bare) if mark == "italic" else Struck(bare)]
        case _:
            return [found[0]]


def _inline_link(text: str) -> Sequence[Span] | None:
    """A link alone within marks stays a link."""
    found = _INLINE.fullmatch(text)
    return _formatted(found) if found and found.lastgroup in ("target", "anchor", "auto", "bare") else None


def _link(label: str, url: str) -> Sequence[Span]:
    """A label that looks like another address would mislead: then both are shown."""
    label, url = _bare(label), html.unescape(url)
    if "://" in label and label != url:
        return [f"{label} (", Link(url, url), ")"]
    return [Link(label, url)]


def _bare(text: str) -> str:
    """Without marks inside of what is formatted already."""
    return _unescape(_MARKS_AROUND.sub("", text)) or text


def _unescape(text: str) -> str:
    """Entities that end in a semicolon, once; without one ``?a=1&region=eu`` would be taken for another."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text
