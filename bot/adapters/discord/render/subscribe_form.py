"""A form to subscribe as a modal of Discord's, and what comes back as a filled-in form. Pure.

A modal has room for five fields, a select for 25 options. Parts that are chosen and find none stand as text among the
other filters, and what cannot be shown at all is left as it is: sending a form off loses nothing of a subscription.
https://discord.com/developers/docs/components/reference#label
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.adapters.discord.render.markdown import cut, escape, is_blank, units
from bot.adapters.discord.render.message import MAX_PINGED, NOTHING, Body, Pinged
from bot.adapters.plain_text import one_line, sanitize
from bot.commands.forms import SEVERITIES, Field, PartOption, SubmittedForm, SubscribeForm
from bot.commands.scan import quote
from bot.domain import Mention
from bot.message import Items, Message, Strong
from bot.wording.subscriptions import severity_text

TITLE = 45
ABOUT = 100
OPTIONS = 25
OPTION = 100
TEXT = 4_000
NAME = 200
EVERYTHING = "all"
ON, OFF = "on", "off"

STRING_SELECT, TEXT_INPUT, MENTIONABLE_SELECT, TEXT_DISPLAY, LABEL = 3, 4, 7, 10, 18
SHORT, PARAGRAPH = 1, 2

_NAMES = {
    Field.VENDOR: "Vendor",
    Field.PARTS: "Parts",
    Field.SEVERITY: "Severity",
    Field.MAINTENANCE: "Maintenances",
    Field.MENTION: "Mention",
    Field.OTHER: "Other filters",
    Field.MODE: "Mode",
}
_SEVERITIES = {EVERYTHING: "Every incident"} | {
    word: "Critical" if word == SEVERITIES[-1] else f"{word.capitalize()} or worse" for word in SEVERITIES
}
_MAINTENANCES = {OFF: "Incidents only", ON: "Planned maintenances, too"}
_STAYS = "What there is cannot be shown here. It stays, unless you type something in its place."


@dataclass(frozen=True, slots=True)
class _Fit:
    """How much of a form has room in a modal. ``listed``: the options of its select, ``other``: the text of its other
    filters. ``unlisted``: parts that are chosen and stand in neither; ``untold``: other filters that are not shown."""

    listed: tuple[PartOption, ...]
    other: str
    unlisted: tuple[PartOption, ...]
    untold: str


def modal(form: SubscribeForm, custom: str, mentioned: Pinged | None) -> Body:
    """The data of a modal with this custom id. ``mentioned``: whom the form mentions, to be chosen from a list;
    ``None``: as text."""
    fit = _fit(form)
    severity = _choose(_SEVERITIES, form.severity or EVERYTHING)
    maintenance = _choose(_MAINTENANCES, ON if form.maintenance else OFF)
    other = _input(PARAGRAPH, fit.other, 'region:us-east-1 component:"API" component:!"Docs" match:"login"')
    about_other = _STAYS if fit.untold else "Regions, texts, parts that the list above lacks, parts to leave out."
    name = one_line(form.vendor.name)
    return {
        "custom_id": custom,
        "title": cut(f"{'Change' if form.subscribed else 'Subscribe to'} {NOTHING if is_blank(name) else name}", TITLE),
        "components": [
            _parts(form, fit),
            _label(Field.SEVERITY, "How bad an incident must be.", severity),
            _label(Field.MAINTENANCE, "Whether to hear of what is planned.", maintenance),
            _mention(form, mentioned),
            _label(Field.OTHER, about_other, other),
        ],
    }


def filled(data: Mapping[str, Any], form: SubscribeForm, mentioned: Pinged | None) -> SubmittedForm:
    """From an interaction's data. ``form`` and ``mentioned``: what the modal was made of, or what they are now."""
    given = {str(one.get("custom_id")): one for one in _inner(data)}
    fit = _fit(form)
    unlisted = [part.key for part in fit.unlisted] if Field.PARTS in given else []
    severity = "".join(_values(given, Field.SEVERITY))
    return SubmittedForm(
        vendor=form.vendor.slug,
        parts=(*_values(given, Field.PARTS), *unlisted),
        severity=severity if severity in SEVERITIES else None,
        maintenance=ON in _values(given, Field.MAINTENANCE),
        other="".join(_values(given, Field.OTHER)).strip() or fit.untold,
        mention=_whom(data, given, form.mention, mentioned),
    )


def refilled(form: SubscribeForm, typed: SubmittedForm) -> SubscribeForm:
    """The form with what somebody filled in before."""
    return replace(
        form,
        chosen=tuple(part for part in form.parts if part.key in typed.parts),
        severity=typed.severity,
        maintenance=typed.maintenance,
        other=typed.other,
        mention=typed.mention,
    )


def problems_message(problems: Mapping[Field, str]) -> Message:
    """Discord shows no problems within a modal."""
    title = "Nothing is changed yet."
    lines = [(Strong(_NAMES[place]), f" — {problem}") for place, problem in problems.items()]
    return Message(f"{title} {' '.join(problems.values())}", title=title, blocks=(Items(tuple(lines)),))


# --- to Discord ------------------------------------------------------------------------------------------------------


def _fit(form: SubscribeForm) -> _Fit:
    """Chosen parts come before others, and groups before parts."""
    chosen = {part.key for part in form.chosen}
    first = [*form.chosen, *(part for part in form.parts if part.key not in chosen)][:OPTIONS]
    keys = {part.key for part in first}
    told = _can_be_shown(form.other)
    others, unlisted = [form.other] if told and form.other else [], []
    left = TEXT - units(form.other) if told else 0
    for part in form.chosen[OPTIONS:]:
        more = f"component:{quote(part.name)}"
        if _can_be_shown(more) and units(more) < left:
            others.append(more)
            left -= units(more) + 1
        else:
            unlisted.append(part)
    listed = tuple(part for part in form.parts if part.key in keys)
    return _Fit(listed, " ".join(others), tuple(unlisted), "" if told else form.other)


def _can_be_shown(text: str) -> bool:
    """Whether a text input gives it back as it is."""
    return text == sanitize(text).strip() and "\n" not in text and units(text) <= TEXT


def _parts(form: SubscribeForm, fit: _Fit) -> Body:
    if not fit.listed:
        why = "lists no parts" if form.read else "is being read, so its parts are not known yet"
        return {"type": TEXT_DISPLAY, "content": f"The page of {escape(one_line(form.vendor.name), NAME)} {why}."}
    about = ["Only these; none for everything."]
    if more := len(form.parts) - len(fit.listed):
        about.append(f"{more:,} more can be typed below.")
    if fit.unlisted:
        about.append(f"{len(fit.unlisted):,} more are chosen, and stay.")
    chosen = {part.key for part in form.chosen}
    options = [_option(part.key, part.name, default=part.key in chosen) for part in fit.listed]
    select: Body = {"type": STRING_SELECT, "options": options, "min_values": 0, "max_values": len(options)}
    return _label(Field.PARTS, " ".join(about), {**select, "required": False})


def _mention(form: SubscribeForm, mentioned: Pinged | None) -> Body:
    about = f"Once an incident, at {severity_text(Mention.parse(form.mention).min_level)}."
    if mentioned is None:
        shown = form.mention if _can_be_shown(form.mention) else ""
        return _label(Field.MENTION, about, _input(SHORT, shown, "@oncall or @oncall@major"))
    defaults = [{"type": "role", "id": str(id)} for id in mentioned.roles]
    defaults += [{"type": "user", "id": str(id)} for id in mentioned.users]
    select: Body = {"type": MENTIONABLE_SELECT, "min_values": 0, "max_values": MAX_PINGED, "required": False}
    return _label(Field.MENTION, about, {**select, "default_values": defaults} if defaults else select)


def _label(field: Field, about: str, component: Body) -> Body:
    shown = {**component, "custom_id": field.value}
    return {"type": LABEL, "label": _NAMES[field], "description": cut(about, ABOUT), "component": shown}


def _choose(options: Mapping[str, str], chosen: str) -> Body:
    shown = [_option(value, name, default=value == chosen) for value, name in options.items()]
    return {"type": STRING_SELECT, "options": shown, "required": True}


def _option(value: str, name: str, *, default: bool) -> Body:
    label = cut(one_line(name), OPTION)
    return {"value": value, "label": NOTHING if is_blank(label) else label, "default": default}


def _input(style: int, text: str, example: str) -> Body:
    shown: Body = {"type": TEXT_INPUT, "style": style, "required": False, "max_length": TEXT, "placeholder": example}
    return {**shown, "value": text} if text else shown


# --- from Discord ----------------------------------------------------------------------------------------------------


def _inner(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (one["component"] for one in data.get("components") or () if "component" in one)


def _values(given: Mapping[str, Mapping[str, Any]], field: Field) -> Sequence[str]:
    one = given.get(field, {})
    return tuple(one.get("values") or ([one["value"]] if one.get("value") else ()))


def _whom(data: Mapping[str, Any], given: Mapping[str, Mapping[str, Any]], held: str, mentioned: Pinged | None) -> str:
    """Who was chosen; the same as before stands as it was typed, and others take over its level."""
    chosen = _values(given, Field.MENTION)
    if given.get(Field.MENTION, {}).get("type") != MENTIONABLE_SELECT:
        return "".join(chosen).strip() or ("" if _can_be_shown(held) else held)
    before = mentioned or Pinged()
    if set(chosen) == {str(id) for id in (*before.roles, *before.users)}:
        return held
    roles = {*((data.get("resolved") or {}).get("roles") or {}), *map(str, before.roles)}
    whom = " ".join(f"<@&{id}>" if id in roles else f"<@{id}>" for id in chosen)
    level = held.removeprefix(Mention.parse(held).target)
    return f"{whom}{level}" if whom else ""
