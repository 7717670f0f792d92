"""Reads a line that begins with no command, or says one in other words: ``stop telling me about aws``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from bot.catalog import Catalog
from bot.catalog.names import fold
from bot.commands.channel_wishes import digest_wish, drill_wish, help_wish, is_vendor, kept_wish, setting_wish
from bot.commands.duration import ends_with_span
from bot.commands.english import EVERYDAY
from bot.commands.hold import HOLD_PHRASE
from bot.commands.intents import asks_whose, is_of_now, is_of_the_past, is_refusal, is_told, is_wish, wish
from bot.commands.line import Piece, pieces, plain, without_please
from bot.commands.period import beside, find_period
from bot.commands.quiet import quiet_wish
from bot.commands.reading import Chat, Reading
from bot.commands.scan import Value, Word, quote, read_mentions, scan
from bot.commands.vendors import names_any, unnamed
from bot.commands.vocabulary import (
    ASIDE,
    CADENCES,
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
from bot.domain import Vendor

_POLITE_END = re.compile(r"[\s,.!?]*(?:\b(?:please|pls|plz|thanks|thank you)[\s.!?]*)?$", re.IGNORECASE)
_BUT_ONLY = re.compile(
    r"\b(?:but|and)\s+(?=(?:only|just)\s+(?:(?:the|for|from|if|about|at least|on)\s+)*(?:minor|major|critical)s?\b)",
    re.IGNORECASE,
)
"""``github, but only major``: a filter, and nothing that is turned round."""


def read_line(line: str, catalog: Catalog) -> Reading | Chat:
    """What a line without a command asks for. Raises :class:`UsageError` for a quote that is not closed."""
    line = _BUT_ONLY.sub("", plain(line, catalog))
    parts = list(pieces(line))
    keys = [piece.key for piece in parts if piece.key]
    said = " ".join(keys)
    if not said:
        return Reading("status", line if any(piece.text[:1] in "\"'“" or ":" in piece.text for piece in parts) else "")
    if set(keys) <= REFUSALS | FILLERS and set(keys) & REFUSALS:
        return Chat.REFUSAL
    if (quiet := quiet_wish(line)) is not None:
        return Reading("settings", quiet, reworded=True)
    if is_refusal(said):
        return Chat.TURNED
    if (kept := kept_wish(line, catalog)) is not None:
        return kept
    command, used = wish(said)
    words = [part for part in scan(line) if isinstance(part, Word)]
    named = "://" in line or names_any(words, catalog)
    if asks_whose(said) and not named:
        return Reading("services", "trouble")
    if command is None:
        if is_told(keys) and _is_turned(keys):
            return Chat.TURNED
        return _question(line, said, keys, catalog, has_name=named and _is_about_it(words, keys, catalog))
    if _is_question(command, line, said, keys, has_name=named, catalog=catalog):
        return _question(line, said, keys, catalog, has_name=named)
    match command:
        case "help":
            return help_wish(keys)
        case "dashboard":
            return Reading("dashboard", "revoke" if {"revoke", "end"} & set(keys) else "", reworded=True)
        case "list" | "services" | "why" | "audit":
            return Reading(command, reworded=True)
        case "planned":
            return Reading("status", line) if named else Reading("digest", "now", reworded=True)
        case "digest":
            return digest_wish(line)
        case "board":
            off = {"down", "hide", "close", "remove", "off"} & set(keys)
            return Reading("board", "off" if off else "on", reworded=True)
        case "settings":
            return setting_wish(line)
        case "test":
            return drill_wish(line)
        case _:
            if command in ASIDE and _is_turned(key for at, key in enumerate(keys) if at not in used):
                return Chat.TURNED
            return Reading(command, _object(command, line, used), reworded=True)


def _is_question(command: str, line: str, said: str, keys: Sequence[str], *, has_name: bool, catalog: Catalog) -> bool:
    """Whether the words that seem to ask for a command are about a vendor, or ask for nothing to be changed."""
    match command:
        case "subscribe" if find_period(line) and {"incidents", "outages", "issues"} & set(keys):
            return True
        case "digest":
            words = [part for part in scan(line) if isinstance(part, Word) and fold(part.text) not in CADENCES]
            return names_any(words, catalog) and not {"digest", "digests"} & set(keys)
        case "board":
            return has_name
        case "audit":
            return has_name and not said.startswith("who ")
        case "settings":
            return has_name and not {"mode", "timezone", "tz", "zone"} & set(keys)
        case _:
            return command in ASIDE and not has_name and command != "mute" and not is_wish(said, keys)


def _object(command: str, line: str, used: set[int]) -> str:
    """What the command is about, as it would be typed after it."""
    if command not in ("mute", "ignore"):
        return _rest(list(pieces(line)), used, _aside(command))
    what, span = ends_with_span(_POLITE_END.sub("", line))
    span = re.sub(r"^for\s+(?=\d)", "", span)
    kept = _rest([piece for piece in pieces(what) if piece.key != command or command == "mute"], used, _aside(command))
    return f"{kept} {span}".strip()


def read_command(command: str, text: str, catalog: Catalog) -> Reading | Chat:
    """What was typed after a command's name: mostly that, sometimes another command."""
    text = text if command in _WITH_OWN_WORDS else without_please(text)
    keys = [fold(word) for word in text.split()]
    said = " ".join(key for key in keys if key)
    match command:
        case "list" if said in {"services", "our services", "all services", "notes", "our notes", "all notes"}:
            return Reading("note" if said.endswith("notes") else "services")
        case "subscribe" | "unsubscribe" if (service := _A_SERVICE.fullmatch(text)) and not is_vendor(
            f"service {service['name']}", catalog
        ):
            return Reading(command, f"service:{service['name']}{service['rest']}", reworded=True)
        case "subscribe" | "preview" if _BUT_ONLY.search(text):
            return Reading(command, _BUT_ONLY.sub("", text))
        case "subscribe" | "unsubscribe" if said in {"list", "list features", "help"}:
            return Reading("list" if said != "help" else "help", "" if said != "help" else command)
        case "why" if said.startswith(("is ", "are ", "isnt ", "was ", "does ", "doesnt ", "cant ")):
            question = read_line(f"why {text}", catalog)
            return question if isinstance(question, Reading) and question.command == "why" else read_line(text, catalog)
        case "list" if said.startswith(("of ", "all ", "the ", "our ", "my ")) and not said.endswith("everywhere"):
            read = _question(text, said, [key for key in keys if key], catalog, has_name=True)
            return read if isinstance(read, Reading) and read.command == "incidents" else Reading("list")
        case "incident" | "incidents" if said.split() and set(said.split()) <= {"now", "open", "current", "right"}:
            return Reading("status")
        case "help" if said and (len(said.split()) > 1 or said in FILLERS):
            return replace(help_wish(keys), reworded=False)
        case "test" if set(said.split()) <= FILLERS | OUTAGE_WORDS | {"message", "alert", "card"}:
            return Reading("test")
        case "audit" if said in {"log", "trail", "here"}:
            return Reading("audit")
        case "service" if said in {"list", "all"}:
            return Reading("services")
        case "why" if (vendor := _vendor_within(text, catalog)) is not None:
            return Reading("why", vendor.typed)
        case "why" if set(said.split()) <= FILLERS | QUESTION_WORDS | {"card", "message", "posted", "told", "alert"}:
            return Reading("why")
        case "ignore" if found := _IT.match(text):
            return Reading(command, text[found.end() :])
        case "unsubscribe" | "mute" | "unmute" | "ack" | "unack" | "incident" | "why" | "components" | "alternatives":
            return Reading(command, without_fillers(text, catalog, both=command not in ("components", "alternatives")))
        case _:
            return Reading(command, text)


_WITH_OWN_WORDS = frozenset({"ignore", "note", "service"})
"""Commands that keep what is typed behind them."""
_IT = re.compile(r"(?:it|this|that)(?:\s+(?:please|pls|plz))?(?:\s+|$)(?!\S+\s*/)", re.IGNORECASE)
_A_SERVICE = re.compile(r"(?:the |our )?service\s+(?P<name>[\w.-]+|\"[^\"]+\")(?P<rest>(?:\s.*)?)", re.IGNORECASE)


def is_turned(text: str, catalog: Catalog) -> bool:
    """Whether a word turns the request round, and is part of no name: ``all but github``. ``without maintenance`` is a
    filter. Raises as :func:`read_line`."""
    if _mentions_sometimes(text):
        return True
    words = [
        part
        for part in scan(HOLD_PHRASE.sub("", _NO_MAINTENANCE.sub("", _BUT_ONLY.sub("", text))))
        if isinstance(part, Word) and not part.quoted
    ]
    return _is_turned(fold(word.text) for word in unnamed(words, catalog))


def _mentions_sometimes(text: str) -> bool:
    """Whether it asks to mention somebody on a condition, which only ``mention:@oncall@major`` can."""
    parts = read_mentions(scan(text))
    mentions = [at for at, part in enumerate(parts) if isinstance(part, Value) and part.key == "mention"]
    after = parts[mentions[0] :] if mentions else []
    return any(isinstance(part, Word) and fold(part.text) in {"when", "whenever", "if", "only"} for part in after)


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


def _vendor_within(text: str, catalog: Catalog) -> Vendor | None:
    """The one vendor that a sentence names; ``None`` for what is a name alone, or an incident's."""
    words = [part for part in scan(text) if isinstance(part, Word)]
    if len(words) < 2 or "/" in text:
        return None
    others = {id(word) for word in unnamed(words, catalog)}
    return catalog.exact(" ".join(word.text for word in words if id(word) not in others)) if others else None


def _is_about_it(words: Sequence[Word], keys: Sequence[str], catalog: Catalog) -> bool:
    """Whether the vendor that is named is meant: one that is called by a common word only where it is all that is said,
    or something is asked."""
    others = {id(word) for word in unnamed(words, catalog)}
    names = {fold(word.text) for word in words if id(word) not in others and not word.quoted}
    if not names <= COMMON or any(word.quoted for word in words):
        return True
    said = [key for key in keys if key not in FILLERS]
    return set(said) <= names - CHATTER or bool(set(keys) & _ASKING)


def _question(line: str, said: str, keys: Sequence[str], catalog: Catalog, *, has_name: bool) -> Reading | Chat:
    """How something stands, or stood."""
    period = find_period(line)
    if (period and not ("today" in keys and is_of_now(said))) or is_of_the_past(said):
        named = _words_beside(beside(line, period) if period else line, catalog if has_name else None)
        if not has_name and named and {fold(word) for word in named.split()} <= (COMMON | EVERYDAY) - QUESTION_WORDS:
            return Chat.UNCLEAR
        when = period[0].strip() if period else ""
        when = "yesterday" if when.casefold() in _YESTERDAY else when
        return Reading("incidents", f"{named} {when}".strip(), reworded=True)
    words = set(keys)
    if said in _SMALL_TALK:
        return Chat.GREETING
    if has_name:
        return Reading("status", line)
    if "bot" in words:
        return Chat.GREETING
    if _HOW_ALL.fullmatch(said):
        return Reading("status")
    asks = words & _ASKING
    if not asks and words & GREETINGS and words <= CHATTER | COMMON:
        return Chat.GREETING
    if not asks and words & CHATTER and words <= CHATTER | {"so", "very", "is", "that", "was", "you"}:
        return Chat.GREETING
    return Reading("status", "" if words <= FILLERS | QUESTION_WORDS | WHOLE | OUTAGE_WORDS | CHATTER else line)


_ASKING = OUTAGE_WORDS | {"down", "anything", "everything", "dead"}
_HOW_ALL = re.compile(
    r"(?:how (?:are things|is everything)|(?:are )?all systems (?:go|up|green|ok|operational|nominal)|any fires"
    r"|(?:any )?sitrep|status report|health check)(?: (?:today|now|right now|going|please))?"
)
"""Questions about all of the channel's vendors in none of the usual words."""
_YESTERDAY = frozenset({"gestern", "hier", "ayer"})
_SMALL_TALK = frozenset({
    "sorry wrong channel", "wrong channel", "oops wrong channel", "are you a robot", "are you human", "are you real",
    "are you there", "you there", "are you ok", "are you alive", "how are you", "how are you doing", "hows it going",
    "how do you do", "whats up", "you ok", "wie gehts", "ca va", "que tal",
})  # fmt: skip


def _words_beside(text: str, catalog: Catalog | None) -> str:
    """What is left to be looked for beside the words of the question; with a catalog, a name's own words are kept."""
    parts = list(scan(text))
    words = [part for part in parts if isinstance(part, Word)]
    others = {id(word) for word in (unnamed(words, catalog) if catalog else words)}
    dropped = PAST_WORDS | FILLERS | {""} | (QUESTION_WORDS | COMMON if catalog else frozenset())
    kept: list[str] = []
    for part in parts:
        match part:
            case Value(key=key, text=value):
                kept.append(f"{key}:{quote(value)}")
            case Word(text=word, quoted=quoted) if id(part) not in others or quoted or _is_code(word):
                kept.append(quote(word) if quoted else word.strip("?!.,"))
            case Word(text=word) if fold(word) not in dropped:
                kept.append(word.strip("?!.,"))
    return " ".join(filter(None, kept))


def _aside(command: str) -> frozenset[str]:
    """Words that are no part of the request; a request to change something is asked about first, so nothing that is
    passed over here is done unseen."""
    if command in ("subscribe", "unsubscribe"):
        return ASIDE[command] | (COMMON - WHOLE)
    if command in ("ack", "unack", "ignore"):
        return COMMON - WHOLE
    return ASIDE.get(command, QUESTION_WORDS | OUTAGE_WORDS | {"use"})


def _rest(parts: Sequence[Piece], used: set[int], aside: frozenset[str]) -> str:
    at = -1
    kept: list[str] = []
    for piece in parts:
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
