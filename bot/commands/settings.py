"""``settings``: the mode, the time zone, the quiet hours of a channel, and whether it is published."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from rapidfuzz.process import extract

from bot.commands.context import CommandContext
from bot.commands.digest import line_of, replan
from bot.commands.grammar import level_named
from bot.commands.quiet import EXCEPT_EXAMPLE, TypedQuiet, except_word, quiet_typed, split_quiet, without_quiet
from bot.commands.remind import parse_leads, split_reminders, unparse_leads
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError
from bot.domain import ChannelSettings, Mode
from bot.message import Line
from bot.wording.board import board_line
from bot.wording.errors import (
    SETTING_EXAMPLES,
    except_without_quiet,
    no_such_mode,
    no_such_setting,
    no_such_zone,
    setting_lacks,
    two_values,
    zone_as_offset,
)
from bot.wording.subscriptions import settings_message

NEAREST = 3
_PAIR = re.compile(r"([A-Za-z_-]+)\s*[:=]\s*[\"'“”„]?([^\s,;\"'“”„]+)[\"'“”„]?|([^\s,;]+)")
_SPACED = re.compile(r"\b(mode|except|tz|zone|time-?zone)\s+(?=[^\s:=]+(?:\s|,|$))", re.IGNORECASE)
"""``mode flat`` for ``mode=flat``. Not after ``thread``, which is a mode too."""
_CITY = re.compile(r"\b(tz|zone|time-?zone)\s*[:=]?\s*([A-Za-z]+(?: [A-Za-z]+){1,3})$", re.IGNORECASE)
"""``tz=New York``."""
_OFFSET = re.compile(r"(?:gmt|utc|z)?[+-]\d{1,2}(?::?\d\d)?|est|mst|hst", re.IGNORECASE)
_ABBREVIATED = {
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "mdt": "America/Denver", "cst": "America/Chicago",
    "cdt": "America/Chicago", "edt": "America/New_York", "bst": "Europe/London", "cest": "Europe/Berlin",
    "eest": "Europe/Helsinki", "ist": "Asia/Kolkata", "sgt": "Asia/Singapore", "jst": "Asia/Tokyo",
    "aest": "Australia/Sydney", "aedt": "Australia/Sydney", "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland",
}  # fmt: skip
"""Letters that are no zone's name; some are said in several places, so the zone is asked for."""
_CONTINENTS = frozenset({
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
})  # fmt: skip
_MODE_NAMES = {"mode", "threads", "thread"}
EXCEPT = "except"
PUBLISH = "publish"
PUBLISHING = frozenset({"discord"})
"""Where others can follow a channel."""
_SWITCH = {"on": True, "off": False}
_NOTHING = frozenset({"off", "none", "nothing", "no"})
_ZONE_NAMES = {"tz", "zone", "timezone", "time-zone"}


def settings(request: Request, context: CommandContext) -> Reply:
    """Alone: what is in force. ``mode=flat tz=Europe/Berlin``: each by itself."""
    before = now = context.store.channels.settings(request.channel)
    changed: list[str] = []
    failed: list[Line] = []
    given: dict[str, list[str]] = {}
    text, typed = split_reminders(request.text)
    if typed is not None:
        try:
            leads = parse_leads(typed)
            now, changed = replace(now, remind=leads), [f"remind={unparse_leads(leads)}"]
        except UsageError as error:
            failed.append((str(error),))
    asked, typed_quiet = text, None
    try:
        asked, typed_quiet = split_quiet(asked)
    except UsageError as error:
        asked = without_quiet(asked)
        failed.append((str(error),))
    if typed_quiet is not None:
        now, names = _quieted(now, typed_quiet)
        changed += names
    text = _SPACED.sub(r"\1=", _CITY.sub(lambda found: f"{found[1]}={found[2].replace(' ', '_')}", asked))
    for found in _PAIR.finditer(text):
        key, value = (found[1].casefold(), found[2]) if found[1] else ("", found[3])
        name = "mode" if key in _MODE_NAMES or (not key and mode_named(value)) else key
        given.setdefault("tz" if key in _ZONE_NAMES else name, []).append(value)
    if twice := next(
        ((key, values) for key, values in given.items() if key in ("mode", "tz") and len(set(values)) > 1), None
    ):
        raise UsageError(two_values(*twice))
    for found in _PAIR.finditer(text):
        key, value = (found[1].casefold(), found[2]) if found[1] else ("", found[3])
        if key in _MODE_NAMES or (not key and mode_named(value)):
            mode = mode_named(value)
            if mode is None:
                failed.append(no_such_mode(value))
                continue
            now, changed = replace(now, mode=mode), [*changed, f"mode={mode}"]
        elif key in _ZONE_NAMES or (not key and _zone(value)):
            if _OFFSET.fullmatch(value):
                failed.append(zone_as_offset(value))
                continue
            zone = _zone(value) or _city(value)
            if zone is None:
                failed.append(no_such_zone(value, _near_zones(value)))
                continue
            now, changed = replace(now, zone=zone), [*changed, f"tz={zone}"]
        elif key == PUBLISH and request.channel.platform in PUBLISHING:
            switch = value.casefold()
            if switch not in _SWITCH:
                failed.append(setting_lacks(PUBLISH))
                continue
            now, changed = replace(now, publish=_SWITCH[switch]), [*changed, f"publish={switch}"]
        elif key == EXCEPT:
            if now.quiet is None:
                failed.append(except_without_quiet())
                continue
            try:
                level = None if value.casefold() in _NOTHING else level_named(value, EXCEPT_EXAMPLE)
            except UsageError as error:
                failed.append((str(error),))
                continue
            quiet = replace(now.quiet, except_level=level)
            now, changed = replace(now, quiet=quiet), [*changed, f"except={except_word(level) if level else 'off'}"]
        elif not key and (name := value.rstrip(":=").casefold()) in SETTING_EXAMPLES:
            failed.append(setting_lacks(name))
        else:
            failed.append(no_such_setting(key or value))
    if now != before:
        context.store.channels.set_settings(request.channel, now)
        if now.zone != before.zone:
            replan(request, context, ZoneInfo(now.zone))
    if changed:
        # A channel that takes no threads is asked to choose another mode.
        context.store.channels.mark_recovered(request.channel)
    stands = context.store.boards.of(request.channel)
    board = board_line(stands) if stands else ()
    digest = line_of(request.channel, context)
    message = settings_message(now, changed=changed, failed=failed, board=board, digest=digest)
    return Reply((message,), public=bool(changed))


def _quieted(settings: ChannelSettings, typed: TypedQuiet) -> tuple[ChannelSettings, list[str]]:
    """With these quiet hours, and the names of what was changed."""
    hours = typed.hours
    if hours is not None and not typed.says_except and settings.quiet is not None:
        hours = replace(hours, except_level=settings.quiet.except_level)
    return replace(settings, quiet=hours), quiet_typed(hours).split(" ")


def mode_named(text: str) -> Mode | None:
    folded = text.casefold().replace("_", "+").replace("-", "+")
    return next((mode for mode in Mode if mode.value == folded), None)


@cache
def _zones() -> dict[str, str]:
    """By folded name. The right way to write each is IANA's."""
    return {name.casefold(): name for name in available_timezones() if name not in {"Factory", "localtime"}}


def _zone(text: str) -> str | None:
    return _zones().get(text.casefold().replace(" ", "_"))


def _city(text: str) -> str | None:
    """The one zone of that city: ``Berlin``, ``new york``. None of those that are no place: IANA's ``Etc/GMT+2`` is two
    hours behind, which is not what ``GMT+2`` means to people."""
    city = text.casefold().replace(" ", "_").replace("-", "_")
    zones = _zones().items()
    found = [name for folded, name in zones if folded.rpartition("/")[2] == city and "/" in name and name[:4] != "Etc/"]
    regional = [name for name in found if name.partition("/")[0] in _CONTINENTS and name.count("/") == 1] or found
    return regional[0] if len(regional) == 1 else None


def _near_zones(text: str) -> tuple[str, ...]:
    """By the city, or by the whole name where a continent was typed."""
    zones = _zones()
    folded = text.casefold().replace(" ", "_")
    if folded in _ABBREVIATED:
        return (_ABBREVIATED[folded],)
    names = {name: name if "/" in folded else name.rpartition("/")[2] for name in zones}
    found = extract(folded, names, limit=NEAREST, score_cutoff=70)
    return tuple(zones[name] for _, _, name in found)
