"""Cuts a typed line into words, values of known keys and breaks between names. Pure; knows no vendor."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from rapidfuzz.process import extractOne

KEYS = (
    "component",
    "group",
    "region",
    "severity",
    "maintenance",
    "match",
    "mention",
    "hold",
    "remind",
    "days",
    "service",
)
LISTS = frozenset({"component", "group", "region", "service", "hold", "remind"})
SYNONYMS = {
    "level": "severity",
    "least": "severity",
    "impact": "severity",
    "text": "match",
    "day": "days",
    "reminder": "remind",
    "reminders": "remind",
} | {f"{key}s": key for key in KEYS if not key.endswith("s")}

_QUOTES = {
    '"': '"', "'": "'", "“": '”“"', "”": '”"', "„": "“”", "‘": "’'", "’": "’'", "«": "»", "»": "«",  # noqa: RUF001
}  # fmt: skip
"""Phones turn straight quotes into curly ones, each language into its own."""
_KEY = re.compile(r"(?:--|[—–])?([a-z][a-z_-]*)(?:[:=]|>=?)(?!//)|(?:--|[—–])([a-z][a-z_-]*)(?=\s|$)", re.IGNORECASE)  # noqa: RUF001
"""They also make one dash of two."""

_EXAMPLES = {
    "component": 'component:"API"',
    "group": 'group:"Europe"',
    "region": "region:us-east-1",
    "severity": "severity:major+",
    "maintenance": "maintenance:on",
    "match": 'match:"login"',
    "mention": "mention:@oncall",
    "hold": "hold:5m",
    "remind": "remind:1h,1d",
    "days": "--days 30",
    "service": "service:checkout",
}


class UsageError(ValueError):
    """What was typed makes no sense. The message is one sentence that says what to type instead."""


class Word(NamedTuple):
    """A word of a name."""

    text: str
    """Without quotes."""
    quoted: bool = False
    """A quoted word is a name of its own."""


class Value(NamedTuple):
    """The value of a key."""

    key: str
    """One of :data:`KEYS`."""
    text: str
    negated: bool = False
    """There was a ``!`` before it."""


def scan(text: str) -> Iterator[Word | Value | None]:
    """Words and values as they come; ``None`` for a comma, which ends a name."""
    at = 0
    while at < len(text):
        if text[at].isspace() or text[at] in ",;":
            if not text[at].isspace():
                yield None
            at += 1
        elif (key := _key_at(text, at)) is not None:
            name, at = key
            value, at = _value_at(name, text, at)
            yield value
            while name in LISTS and _list_continues(text, at):
                value, at = _value_at(name, text, at + 1)
                yield value
        elif (quoted := _quoted_at(text, at)) is not None:
            if quoted[0].strip():
                yield Word(quoted[0], quoted=True)
            at = quoted[1]
        else:
            word, at = _word_at(text, at)
            yield Word(_without_markup(word))


_MENTION = re.compile(r"(?:<(?:@[A-Z0-9&!]|!subteam\^|!here|!channel)[^>]*>|@[\w.-]+)(?:@[a-z]+\+?)?", re.IGNORECASE)
_MENTIONING = frozenset(
    {"ping", "mention", "mentioning", "notify", "alert", "tell", "cc", "page", "call", "tag", "ask"}
)
_LINKING = frozenset({"and", "with", "for", "to", "also", "please", "then"})


def read_mentions(parts: Iterable[Word | Value | None]) -> list[Word | Value | None]:
    """With each bare mention as the value that it stands for: ``ping @oncall`` for ``mention:@oncall``."""
    read: list[Word | Value | None] = []
    for part in parts:
        if not isinstance(part, Word) or part.quoted or not _MENTION.fullmatch(part.text):
            read.append(part)
            continue
        for words in (_MENTIONING, _LINKING):
            while read and isinstance(before := read[-1], Word) and before.text.casefold() in words:
                read.pop()
        read.append(Value("mention", part.text))
    return read


def typed_mentions(text: str, *, bare: bool = False) -> list[str]:
    """Whom a line asks to be mentioned; nobody where it cannot be read. ``bare``: without a key, too."""
    try:
        parts = read_mentions(scan(text)) if bare else scan(text)
        return [part.text for part in parts if isinstance(part, Value) and part.key == "mention"]
    except UsageError:
        return []


def _key_at(text: str, at: int) -> tuple[str, int] | None:
    """A known key and where its value starts. ``--days 30`` needs no colon."""
    found = _KEY.match(text, at)
    if not found:
        return None
    name = (found[1] or found[2]).lower()
    name = SYNONYMS.get(name, name)
    return (name, found.end()) if name in KEYS else None


def _list_continues(text: str, at: int) -> bool:
    """``region:us-east-1,eu-west-1`` is one list; a comma before a space or another key ends it."""
    after = text[at + 1 : at + 2]
    return text[at : at + 1] == "," and bool(after.strip()) and _key_at(text, at + 1) is None


def _value_at(key: str, text: str, at: int) -> tuple[Value, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    if negated := text[at : at + 1] == "!":
        at += 1
    if at < len(text) and text[at] in _QUOTES:
        quoted = _quoted_at(text, at)
        if quoted is None:
            raise UsageError(f"Close the quote after “{key}:”.")
        value, at = quoted
    else:
        value, at = _word_at(text, at)
    if not value.strip():
        raise UsageError(f"Say what “{key}:” is to be, for example {_EXAMPLES[key]}.")
    return Value(key, value, negated), at


def _quoted_at(text: str, at: int) -> tuple[str, int] | None:
    closing = _QUOTES.get(text[at])
    if closing is None:
        return None
    inside: list[str] = []
    end = at + 1
    while end < len(text):
        if text[at] == '"' and text[end] == "\\" and text[end + 1 : end + 2] in ("\\", '"'):
            end += 1
        elif text[end] in closing:
            return "".join(inside), end + 1
        inside.append(text[end])
        end += 1
    return None


def _word_at(text: str, at: int) -> tuple[str, int]:
    """Up to a space or a comma. Chat markup in angle brackets is one piece, spaces and all."""
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in ",;":
        closing = text.find(">", end) if text[end] == "<" else -1
        end = max(closing, end) + 1
    return text[at:end], end


def _without_markup(word: str) -> str:
    """Slack sends ``<https://acme.com|acme.com>`` for an address and ``<#C1|name>`` for a channel."""
    if not (word.startswith("<") and word.endswith(">")):
        return word
    target, _, label = word[1:-1].partition("|")
    if target.startswith(("http://", "https://")):
        return target
    if target.startswith("#") and label:
        return f"#{label}"
    return label if target.startswith(("mailto:", "tel:")) else word


def unquoted(text: str) -> str:
    """The text without the quotes around all of it, if there are any."""
    quoted = _quoted_at(text, 0) if text else None
    return quoted[0] if quoted and not text[quoted[1] :].strip() else text


def first_quoted(text: str) -> tuple[str, str, str] | None:
    """What stands before the first quotes, in them, and after them; an apostrophe within a word is none."""
    for at, char in enumerate(text):
        if char in _QUOTES and (not at or text[at - 1].isspace()) and (quoted := _quoted_at(text, at)):
            return text[:at], quoted[0], text[quoted[1] :]
    return None


def quote(text: str) -> str:
    """In straight quotes, read back by :func:`scan` as it is."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def refuse_unknown_key(word: str, keys: Collection[str]) -> None:
    """Raises :class:`UsageError` for ``compnent:"API"`` and ``--compnent``: what looks like a key and is none.

    ``keys``: those that could be meant."""
    found = _KEY.match(word)
    if found and ">" not in found[0]:
        key = found[1] or found[2]
        raise UsageError(f"“{key}:” is unknown{_nearest(key, keys)} {keys_text(keys)}")


def keys_text(keys: Collection[str]) -> str:
    """One sentence on what can be given."""
    return f"You can give {', '.join(keys)}." if keys else "Give names alone."


def _nearest(word: str, keys: Collection[str]) -> str:
    known = {alias: key for alias, key in SYNONYMS.items() if key in keys} | {key: key for key in keys}
    found = extractOne(word.lower(), list(known), score_cutoff=60)
    return f", did you mean “{known[found[0]]}:”?" if found else "."
