"""Reads a line that begins with no command, or says one in other words: ``stop telling me about aws``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple

from bot.catalog import Catalog
from bot.catalog.names import fold
from bot.commands.definition import service_wish
from bot.commands.digest_schedule import read_digest, unparse_digest
from bot.commands.hold import HOLD_PHRASE
from bot.commands.intents import asks_whose, is_of_now, is_of_the_past, is_refusal, is_told, is_wish, wish
from bot.commands.period import beside, find_period
from bot.commands.quiet import quiet_wish
from bot.commands.remind import remind_wish
from bot.commands.scan import UsageError, Value, Word, quote, scan
from bot.commands.vendor_notes import note_wish
from bot.commands.vendors import names_any, unnamed
from bot.commands.vocabulary import (
    ASIDE,
    CHATTER,
    COMMON,
    FILLERS,
    GREETINGS,
    HEDGES,
    OUTAGE_WORDS,
    PAST_WORDS,
    QUESTION_WORDS,
    REFUSALS,
    WHOLE,
)


class Chat(Enum):
    """A line that asks for nothing that there is."""

    GREETING = auto()
    REFUSAL = auto()
    """No, to a question of ours."""
    UNCLEAR = auto()
    """Not understood."""
    TURNED = auto()
    """It turns a request round (*except*, *but*, *not*) in a way that is not understood."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The command that a line was taken for."""

    command: str
    text: str = ""
    reworded: bool = False
    """It was said in other words."""


_EMOJI_CODE = re.compile(r"(?<!\S):[a-z0-9][a-z0-9_+'-]{0,50}:(?!\S)", re.IGNORECASE)
_MY_NAME = re.compile(r"(?<!\S)@lookout\b[:,]?", re.IGNORECASE)
_DASH = re.compile(r"(?<!\S)[—–‒―−]+(?=[a-z])", re.IGNORECASE)  # noqa: RUF001
_ENDING_COLON = re.compile(r"(?<=\w):(?=\s|$)")
_KEY_COLON = re.compile(
    r"(?:component|group|region|severity|level|impact|maintenance|match|text|mention|hold|remind|day|least)s?:(?=\s|$)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b", re.IGNORECASE)  # noqa: RUF001
_ELISION = re.compile(r"(?<!\w)(?:qu|[dljst])['’](?=\w)", re.IGNORECASE)  # noqa: RUF001
_HELP = frozenset({"--help", "-help", "-h", "--h", "/?", "-?"})


class _Piece(NamedTuple):
    text: str
    """As it can be typed."""
    key: str
    """Folded; empty for what is quoted, for the value of a key, and for punctuation alone."""


def clean(text: str) -> str:
    """Without emoji codes; any dash before an option as two hyphens."""
    return " ".join(_DASH.sub("--", _EMOJI_CODE.sub(" ", text)).split(" ")).strip()


def wants_help(text: str) -> bool:
    return any(word.casefold() in _HELP for word in text.split())


def read_line(line: str, catalog: Catalog) -> Reading | Chat:
    """What a line without a command asks for. Raises :class:`UsageError` for a quote that is not closed."""
    line = _plain(_MY_NAME.sub(" ", line), catalog)
    pieces = list(_pieces(line))
    keys = [piece.key for piece in pieces if piece.key]
    said = " ".join(keys)
    if not said:
        return Reading("status", line if any(piece.text[:1] in "\"'“" or ":" in piece.text for piece in pieces) else "")
    if set(keys) <= REFUSALS | FILLERS and set(keys) & REFUSALS:
        return Chat.REFUSAL
    if (quiet := quiet_wish(line)) is not None:
        return Reading("settings", quiet, reworded=True)
    if is_refusal(said):
        return Chat.TURNED
    if (kept := _kept(line, catalog)) is not None:
        return kept
    command, used = wish(said)
    words = [part for part in scan(line) if isinstance(part, Word)]
    has_name = "://" in line or names_any(words, catalog)
    if asks_whose(said) and not has_name:
        return Reading("services", "trouble")
    if command is None:
        if is_told(keys) and _is_turned(keys):
            return Chat.TURNED
        return _question(line, said, keys, has_name=has_name)
    if command in ASIDE and not has_name and command != "mute" and not is_wish(said, keys):
        return _question(line, said, keys, has_name=has_name)
    if command == "board" and has_name:
        return _question(line, said, keys, has_name=True)
    if command == "digest" and has_name and not {"digest", "digests"} & set(keys):
        return _question(line, said, keys, has_name=True)
    match command:
        case "help":
            named = next((key for key in keys if key in _HELPED), "")
            return Reading("help", _HELPED.get(named, ""), reworded=True)
        case "dashboard":
            return Reading("dashboard", "revoke" if {"revoke", "end"} & set(keys) else "", reworded=True)
        case "list" | "services":
            return Reading(command, reworded=True)
        case "digest":
            return Reading("digest", _digest(line), reworded=True)
        case "why":
            return Reading("why", reworded=True)
        case "board":
            off = {"down", "hide", "close", "remove", "off"} & set(keys)
            return Reading("board", "off" if off else "on", reworded=True)
        case "settings":
            return Reading("settings", _setting(line), reworded=True)
        case _:
            if command in ASIDE and _is_turned(key for at, key in enumerate(keys) if at not in used):
                return Chat.TURNED
            rest = _rest(pieces, used, _aside(command))
            return Reading(command, rest, reworded=True)


def read_command(command: str, text: str, catalog: Catalog) -> Reading | Chat:
    """What was typed after a command's name: mostly that, sometimes another command."""
    keys = [fold(word) for word in text.split()]
    said = " ".join(key for key in keys if key)
    match command:
        case "list" if said in {"services", "our services", "all services", "notes", "our notes", "all notes"}:
            return Reading("note" if said.endswith("notes") else "services")
        case "subscribe" | "unsubscribe" if (service := _A_SERVICE.fullmatch(text)) and not _is_vendor(
            f"service {service['name']}", catalog
        ):
            return Reading(command, f"service:{service['name']}{service['rest']}", reworded=True)
        case "subscribe" | "unsubscribe" if said in {"list", "list features", "help"}:
            return Reading("list" if said != "help" else "help", "" if said != "help" else command)
        case "why" if said.startswith(("is ", "are ", "isnt ", "was ", "does ", "doesnt ", "cant ")):
            question = read_line(f"why {text}", catalog)
            return question if isinstance(question, Reading) and question.command == "why" else read_line(text, catalog)
        case "list" if said.startswith(("of ", "all ", "the ", "our ", "my ")) and not said.endswith("everywhere"):
            read = _question(text, said, [key for key in keys if key], has_name=True)
            return read if isinstance(read, Reading) and read.command == "incidents" else Reading("list")
        case "incident" | "incidents" if said.split() and set(said.split()) <= {"now", "open", "current", "right"}:
            return Reading("status")
        case "help" if said and (len(said.split()) > 1 or said in FILLERS):
            named = next((key for key in keys if key in _HELPED), "")
            return Reading("help", _HELPED.get(named, ""))
        case "why" if set(said.split()) <= FILLERS | QUESTION_WORDS | {"card", "message", "posted", "told", "alert"}:
            return Reading("why")
        case "unsubscribe" | "mute" | "unmute" | "ack" | "unack" | "incident" | "why" | "components" | "alternatives":
            return Reading(command, without_fillers(text, catalog, both=command not in ("components", "alternatives")))
        case _:
            return Reading(command, text)


_A_SERVICE = re.compile(r"(?:the |our )?service\s+(?P<name>[\w.-]+|\"[^\"]+\")(?P<rest>(?:\s.*)?)", re.IGNORECASE)


def _kept(line: str, catalog: Catalog) -> Reading | None:
    """What a workspace or channel keeps, in other words: a service, a note, its reminders."""
    service = service_wish(line)
    if service is not None and not _is_vendor(f"service {service.removeprefix('remove ')}", catalog):
        return Reading("service", service, reworded=True)
    if (note := note_wish(line, catalog)) is not None:
        return Reading("note", note, reworded=True)
    words = [part for part in scan(line) if isinstance(part, Word) and fold(part.text) != "remind"]
    if not names_any(words, catalog) and (remind := remind_wish(line)) is not None:
        return Reading("settings", remind, reworded=True)
    return None


def _is_vendor(name: str, catalog: Catalog) -> bool:
    """``service now`` is ServiceNow."""
    return catalog.exact(name) is not None or catalog.exact(name.replace(" ", "")) is not None


def is_turned(text: str, catalog: Catalog) -> bool:
    """Whether a word turns the request round, and is part of no name: ``all but github``. ``without maintenance`` is a
    filter. Raises as :func:`read_line`."""
    words = [
        part
        for part in scan(HOLD_PHRASE.sub("", _NO_MAINTENANCE.sub("", text)))
        if isinstance(part, Word) and not part.quoted
    ]
    return _is_turned(fold(word.text) for word in unnamed(words, catalog))


_NO_MAINTENANCE = re.compile(
    r"\b(?:without|no|not|except)\s+(?:planned\s+|scheduled\s+)?maintenances?\b", re.IGNORECASE
)


def _is_turned(keys: Iterable[str]) -> bool:
    said = list(keys)
    return bool(HEDGES & set(said)) or any(
        first == "only" and second in {"if", "when", "until", "while"} for first, second in pairwise(said)
    )


def without_fillers(text: str, catalog: Catalog, *, both: bool = True) -> str:
    """The text without the fillers at its beginning and, unless told otherwise, at its end, as far as they are no part
    of a name."""
    words = text.split()
    is_name = catalog.exact(text) is not None
    while words and fold(words[0]) in FILLERS and not words[0].startswith("<") and not is_name:
        words.pop(0)
        is_name = catalog.exact(" ".join(words)) is not None
    while both and words and fold(words[-1]) in FILLERS - {"am"} and not _is_code(words[-1]) and not is_name:
        words.pop()
    return " ".join(words) if len(words) < len(text.split()) else text


def _digest(line: str) -> str:
    """As it would be typed; where it is not understood, what is set is shown."""
    try:
        return unparse_digest(read_digest(line))
    except UsageError:
        return ""


_HELPED = {
    "status": "status", "components": "components", "incidents": "incidents", "incident": "incident",
    "history": "history", "alternatives": "alternatives", "subscribe": "subscribe", "subscribing": "subscribe",
    "add": "subscribe", "filter": "subscribe", "filters": "subscribe", "unsubscribe": "unsubscribe",
    "remove": "unsubscribe", "list": "list", "board": "board", "mute": "mute", "snooze": "mute", "unmute": "unmute",
    "digest": "digest", "digests": "digest",
    "settings": "settings", "timezone": "settings", "mode": "settings", "why": "why",
}  # fmt: skip
"""Words in a question for help, and the command that it is about."""
_SETTING = re.compile(
    r"(?P<key>mode|time\s?zone|tz|zone)\s*(?:to|is|as|=|:|in)?\s+(?P<value>[\w/+-]+(?:\s[\w/]+)?)", re.IGNORECASE
)


def _setting(line: str) -> str:
    found = _SETTING.search(line)
    if not found:
        return ""
    key = "mode" if found["key"].casefold() == "mode" else "tz"
    return f"{key}={found['value'].replace(' ', '_' if key == 'tz' else '+')}"


def _plain(line: str, catalog: Catalog) -> str:
    """As people mean it: without colons that part sentences, possessives and French elisions, outside of names."""
    if not _KEY_COLON.search(line):
        line = _ENDING_COLON.sub("", line)
    shorter = _ELISION.sub("", line)
    words = [word if catalog.exact(word) else _POSSESSIVE.sub("", word) for word in shorter.split(" ")]
    return " ".join(words).strip()


def _pieces(line: str) -> Iterator[_Piece]:
    for part in scan(line):
        match part:
            case Word(text=text, quoted=True):
                yield _Piece(quote(text), "")
            case Word(text=text):
                yield _Piece(text, fold(text))
            case Value(key=key, text=text, negated=negated):
                yield _Piece(f"{key}:{'!' if negated else ''}{quote(text)}", "")
            case None:
                yield _Piece(",", "")


def _question(line: str, said: str, keys: Sequence[str], *, has_name: bool) -> Reading | Chat:
    """How something stands, or stood."""
    period = find_period(line)
    if (period and not ("today" in keys and is_of_now(said))) or is_of_the_past(said):
        named = _words_beside(beside(line, period) if period else line, PAST_WORDS)
        if not has_name and named and {fold(word) for word in named.split()} <= COMMON - QUESTION_WORDS:
            return Chat.UNCLEAR
        return Reading("incidents", f"{named} {period[0].strip() if period else ''}".strip(), reworded=True)
    words = set(keys)
    if has_name:
        return Reading("status", line)
    if said in _SMALL_TALK or "bot" in words:
        return Chat.GREETING
    asks = words & (OUTAGE_WORDS | {"down", "anything", "everything", "dead"})
    if not asks and words & GREETINGS and words <= CHATTER | COMMON:
        return Chat.GREETING
    if not asks and words & CHATTER and words <= CHATTER | {"so", "very", "is", "that", "was", "you"}:
        return Chat.GREETING
    return Reading("status", "" if words <= FILLERS | QUESTION_WORDS | WHOLE | OUTAGE_WORDS | CHATTER else line)


_SMALL_TALK = frozenset({
    "are you there", "you there", "are you ok", "are you alive", "how are you", "how are you doing", "hows it going",
    "how do you do", "whats up", "you ok", "wie gehts", "ca va", "que tal",
})  # fmt: skip


def _words_beside(text: str, words: frozenset[str]) -> str:
    kept = [word for word in text.split() if fold(word) not in words | FILLERS | {""} or _is_code(word)]
    return " ".join(word.strip("?!.,") for word in kept)


def _aside(command: str) -> frozenset[str]:
    """Words that are no part of the request; a request to change something is asked about first, so nothing that is
    passed over here is done unseen."""
    if command in ("subscribe", "unsubscribe"):
        return ASIDE[command] | (COMMON - WHOLE)
    if command in ("ack", "unack", "ignore"):
        return COMMON - WHOLE
    return ASIDE.get(command, QUESTION_WORDS | OUTAGE_WORDS | {"use"})


def _rest(pieces: Sequence[_Piece], used: set[int], aside: frozenset[str]) -> str:
    at = -1
    kept: list[str] = []
    for piece in pieces:
        if piece.key:
            at += 1
            if at in used and piece.key != "all":
                continue
            if (piece.key in FILLERS or piece.key in aside) and not _is_code(piece.text):
                continue
            kept.append(piece.text.strip("?!.") if "://" not in piece.text else piece.text)
        elif piece.text != "," and any(char.isalnum() for char in piece.text):
            kept.append(piece.text)
    return " ".join(kept)


def _is_code(word: str) -> bool:
    """``US``, ``DE``: a region's, no word."""
    return len(word) == 2 and word.isupper()
