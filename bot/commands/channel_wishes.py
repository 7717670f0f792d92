"""What a channel or a workspace keeps, asked for in other words: services, notes, settings, a digest. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.catalog import Catalog
from bot.catalog.names import fold
from bot.commands.definition import service_wish
from bot.commands.digest_schedule import read_digest, unparse_digest
from bot.commands.line import without_please
from bot.commands.reading import Reading
from bot.commands.remind import remind_wish
from bot.commands.scan import UsageError, Word, scan
from bot.commands.vendor_notes import note_wish
from bot.commands.vendors import names_any

_HELPED = {
    name: command
    for command, names in {
        "status": "status",
        "components": "components component parts part",
        "incidents": "incidents",
        "incident": "incident",
        "history": "history",
        "alternatives": "alternatives alternative",
        "subscribe": "subscribe subscribing subscription subscriptions add filter filters hold mention mentions",
        "preview": "preview previews",
        "unsubscribe": "unsubscribe unsubscribing remove",
        "list": "list",
        "board": "board boards",
        "dashboard": "dashboard dashboards",
        "digest": "digest digests",
        "service": "service services",
        "mute": "mute muting snooze",
        "unmute": "unmute unmuting",
        "ack": "ack acknowledge",
        "ignore": "ignore ignoring",
        "note": "note notes",
        "settings": "settings setting timezone mode quiet remind reminder reminders",
        "test": "test drill",
        "audit": "audit",
        "why": "why",
    }.items()
    for name in names.split()
}
"""Words in a question for help, and the command that it is about."""
_SETTING = re.compile(
    r"\b(?P<key>mode|time\s?zone|tz|zone)\s*(?:to|is|as|=|:|in)?\s+(?P<value>[\w/+-]+(?:\s[\w/]+)?)", re.IGNORECASE
)
_MODE = re.compile(r"\b(?P<mode>thread\+key|threads?|flat|edit)[\s-]mode\b", re.IGNORECASE)
_IN_THREADS = re.compile(
    r"\b(?:in|into|to|as|use|with)\s+(?:(?:a|the|one|its|their)\s+)?(?:own\s+)?threads?\b", re.IGNORECASE
)
_NO_THREADS = re.compile(r"\b(?:no|without|stop using|not in)\s+(?:more\s+|any\s+)?threads?\b", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:what|which|show|see|view)\b", re.IGNORECASE)
_OF_NOW = re.compile(
    r"\b(?:of|for|about)\s+(?:the\s+|this\s+|last\s+)?(?:day|week|month|today|yesterday|night)\b", re.IGNORECASE
)
_AGAIN = re.compile(r"\b(?:every|each|daily|weekly|at|once)\b", re.IGNORECASE)


def kept_wish(line: str, catalog: Catalog) -> Reading | None:
    """A service, a note, reminders; ``None``: it is about none of them."""
    service = service_wish(line)
    if service is not None and not is_vendor(f"service {service.removeprefix('remove ')}", catalog):
        return Reading("service", service, reworded=True)
    if (note := note_wish(line, catalog)) is not None:
        return Reading("note", note, reworded=True)
    words = [part for part in scan(line) if isinstance(part, Word) and fold(part.text) != "remind"]
    if not names_any(words, catalog) and (remind := remind_wish(line)) is not None:
        return Reading("settings", remind, reworded=True)
    return None


def is_vendor(name: str, catalog: Catalog) -> bool:
    """``service now`` is ServiceNow."""
    return catalog.exact(name) is not None or catalog.exact(name.replace(" ", "")) is not None


def help_wish(keys: Sequence[str]) -> Reading:
    """``keys``: the line's words, folded."""
    named = next((key for key in keys if key in _HELPED), "")
    return Reading("help", _HELPED.get(named, ""), reworded=True)


def digest_wish(line: str) -> Reading:
    """As it would be typed; where it is not understood, what is set is shown."""
    if _OF_NOW.search(line) and not _AGAIN.search(line):
        return Reading("digest", "now", reworded=True)
    try:
        return Reading("digest", unparse_digest(read_digest(line)), reworded=True)
    except UsageError:
        return Reading("digest", reworded=True)


def setting_wish(line: str) -> Reading:
    """Where nothing is to be set, what is in force is shown."""
    line = without_please(line)
    return Reading("settings", "" if _ASKED.match(line.strip()) else _setting(line), reworded=True)


def drill_wish(line: str) -> Reading:
    """A made-up outage, in the mode that is named."""
    found = re.search(r"\b(thread\+key|thread|flat|edit)\b", line, re.IGNORECASE)
    return Reading("test", found[1].casefold() if found else "", reworded=True)


def _setting(line: str) -> str:
    if found := _MODE.search(line):
        mode = found["mode"].casefold()
        return f"mode={'thread' if mode == 'threads' else mode}"
    if found := _SETTING.search(line):
        key = "mode" if found["key"].casefold() == "mode" else "tz"
        return f"{key}={found['value'].replace(' ', '_' if key == 'tz' else '+')}"
    if _NO_THREADS.search(line):
        return "mode=flat"
    return "mode=thread" if _IN_THREADS.search(line) else ""
