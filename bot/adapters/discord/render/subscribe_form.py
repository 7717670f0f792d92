"""The subscribe form as a modal, and a submitted modal as a filled-in form. Pure.

A modal has room for five fields, a select for 25 options. Chosen parts beyond those are shown as text among the other
filters, and what cannot be shown at all is left as it is: submitting a form loses nothing of a subscription.
https://discord.com/developers/docs/components/reference#label
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.adapters.discord.render.components import EMPTY_TEXT, Body
from bot.adapters.discord.render.markdown import cut, escape, is_blank, units
from bot.adapters.discord.render.message import MAX_PINGED, MentionTargets
from bot.adapters.discord.render.modal_parts import (
    MAX_OPTIONS,
    MAX_TEXT,
    MAX_TITLE,
    MENTIONABLE_SELECT,
    PARAGRAPH,
    SHORT,
    STRING_SELECT,
    TEXT_DISPLAY,
    label,
    option,
    select,
    submitted_fields,
    text_input,
    values_of,
)
from bot.adapters.plain_text import one_line, sanitize
from bot.commands.forms import SEVERITIES, Field, PartOption, SubmittedForm, SubscribeForm
from bot.commands.scan import quote
from bot.domain import LEVEL_OF_SEVERITY, Mention
from bot.message import Items, Message, Strong
from bot.wording.phrases import capital
from bot.wording.subscriptions import severity_text

MAX_NAME = 200
ALL_SEVERITIES = "all"
ON, OFF = "on", "off"

_NAMES = {
    Field.VENDOR: "Vendor",
    Field.PARTS: "Components",
    Field.SEVERITY: "Severity",
    Field.MAINTENANCE: "Maintenance",
    Field.MENTION: "Mention",
    Field.OTHER: "Other filters",
    Field.MODE: "Mode",
}
_SEVERITIES = {ALL_SEVERITIES: "Every incident"} | {
    word: capital(severity_text(LEVEL_OF_SEVERITY[word])) for word in SEVERITIES
}
_MAINTENANCES = {OFF: "Incidents only", ON: "Planned maintenance too"}
_OTHER_EXAMPLE = 'region:us-east-1 component:"API" component:!"Docs" match:"login"'
_HIDDEN_NOTE = "What there is cannot be shown here. It stays, unless you type something in its place."


@dataclass(frozen=True, slots=True)
class _Layout:
    """What of a form has room in a modal."""

    options: tuple[PartOption, ...]
    """Of the select of parts."""
    other_filters: str
    """Text of the other filters."""
    hidden_parts: tuple[PartOption, ...]
    """Chosen parts that are shown in neither."""
    hidden_filters: str
    """Other filters that cannot be shown."""


def modal(form: SubscribeForm, custom_id: str, targets: MentionTargets | None) -> Body:
    """The data of a modal with this custom id. ``targets``: whom the form mentions, for a select; ``None`` for a text
    input."""
    layout = _layout(form)
    severity = select(_SEVERITIES, form.severity or ALL_SEVERITIES)
    maintenance = select(_MAINTENANCES, ON if form.maintenance else OFF)
    other = text_input(PARAGRAPH, layout.other_filters, _OTHER_EXAMPLE)
    about_other = (
        _HIDDEN_NOTE
        if layout.hidden_filters
        else "Regions, texts, parts that the list above lacks, parts to leave out."
    )
    name = one_line(form.vendor.name)
    return {
        "custom_id": custom_id,
        "title": cut(
            f"{'Change' if form.subscribed else 'Subscribe to'} {EMPTY_TEXT if is_blank(name) else name}", MAX_TITLE
        ),
        "components": [
            _parts(form, layout),
            label(Field.SEVERITY, _NAMES[Field.SEVERITY], "How bad an incident must be.", severity),
            label(Field.MAINTENANCE, _NAMES[Field.MAINTENANCE], "Whether to hear of what is planned.", maintenance),
            _mention(form, targets),
            label(Field.OTHER, _NAMES[Field.OTHER], about_other, other),
        ],
    }


def parse_submission(data: Mapping[str, Any], form: SubscribeForm, targets: MentionTargets | None) -> SubmittedForm:
    """From an interaction's data. ``form`` and ``targets``: what the modal was made of, or what they are now."""
    fields = submitted_fields(data)
    layout = _layout(form)
    hidden = [part.key for part in layout.hidden_parts] if Field.PARTS in fields else []
    severity = "".join(values_of(fields, Field.SEVERITY))
    return SubmittedForm(
        vendor=form.vendor.slug,
        parts=(*values_of(fields, Field.PARTS), *hidden),
        severity=severity if severity in SEVERITIES else None,
        maintenance=ON in values_of(fields, Field.MAINTENANCE),
        other="".join(values_of(fields, Field.OTHER)).strip() or layout.hidden_filters,
        mention=_submitted_mention(data, fields, form.mention, targets),
    )


def prefilled(form: SubscribeForm, draft: SubmittedForm) -> SubscribeForm:
    """The form with what somebody filled in before."""
    return replace(
        form,
        chosen=tuple(part for part in form.parts if part.key in draft.parts),
        severity=draft.severity,
        maintenance=draft.maintenance,
        other=draft.other,
        mention=draft.mention,
    )


def problems_message(problems: Mapping[Field, str]) -> Message:
    """Problems as a message: a modal cannot show them."""
    title = "Nothing is changed yet."
    lines = [(Strong(_NAMES[field]), f" — {problem}") for field, problem in problems.items()]
    return Message(f"{title} {' '.join(problems.values())}", title=title, blocks=(Items(tuple(lines)),))


# --- to Discord ------------------------------------------------------------------------------------------------------


def _layout(form: SubscribeForm) -> _Layout:
    """Chosen parts come before others, and groups before parts."""
    chosen = {part.key for part in form.chosen}
    shown_parts = [*form.chosen, *(part for part in form.parts if part.key not in chosen)][:MAX_OPTIONS]
    keys = {part.key for part in shown_parts}
    is_shown = _can_be_shown(form.other)
    others, hidden_parts = [form.other] if is_shown and form.other else [], []
    left = MAX_TEXT - units(form.other) if is_shown else 0
    for part in form.chosen[MAX_OPTIONS:]:
        more = f"component:{quote(part.name)}"
        if _can_be_shown(more) and units(more) < left:
            others.append(more)
            left -= units(more) + 1
        else:
            hidden_parts.append(part)
    options = tuple(part for part in form.parts if part.key in keys)
    return _Layout(options, " ".join(others), tuple(hidden_parts), "" if is_shown else form.other)


def _can_be_shown(text: str) -> bool:
    """Whether a text input returns it unchanged."""
    return text == sanitize(text).strip() and "\n" not in text and units(text) <= MAX_TEXT


def _parts(form: SubscribeForm, layout: _Layout) -> Body:
    if not layout.options:
        why = "lists no parts" if form.read else "is being read, so its parts are not known yet"
        return {"type": TEXT_DISPLAY, "content": f"The page of {escape(one_line(form.vendor.name), MAX_NAME)} {why}."}
    about = ["Leave empty for all."]
    if more := len(form.parts) - len(layout.options):
        about.append(f"{more:,} more can be typed below.")
    if layout.hidden_parts:
        about.append(f"{len(layout.hidden_parts):,} more are chosen, and stay.")
    chosen = {part.key for part in form.chosen}
    options = [option(part.key, part.name, default=part.key in chosen) for part in layout.options]
    shown: Body = {"type": STRING_SELECT, "options": options, "min_values": 0, "max_values": len(options)}
    return label(Field.PARTS, _NAMES[Field.PARTS], " ".join(about), {**shown, "required": False})


def _mention(form: SubscribeForm, targets: MentionTargets | None) -> Body:
    about = f"Once an incident, at {severity_text(Mention.parse(form.mention).min_level)}."
    if targets is None:
        shown = form.mention if _can_be_shown(form.mention) else ""
        return label(Field.MENTION, _NAMES[Field.MENTION], about, text_input(SHORT, shown, "@oncall or @oncall@major"))
    defaults = [{"type": "role", "id": str(id)} for id in targets.roles]
    defaults += [{"type": "user", "id": str(id)} for id in targets.users]
    people: Body = {"type": MENTIONABLE_SELECT, "min_values": 0, "max_values": MAX_PINGED, "required": False}
    people |= {"default_values": defaults} if defaults else {}
    return label(Field.MENTION, _NAMES[Field.MENTION], about, people)


# --- from Discord ----------------------------------------------------------------------------------------------------


def _submitted_mention(
    data: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]], current: str, targets: MentionTargets | None
) -> str:
    """Who was chosen. The same targets keep the text as it was typed; others take over its level."""
    chosen = values_of(fields, Field.MENTION)
    if fields.get(Field.MENTION, {}).get("type") != MENTIONABLE_SELECT:
        return "".join(chosen).strip() or ("" if _can_be_shown(current) else current)
    if not chosen:
        return ""
    before = targets or MentionTargets()
    if set(chosen) == {str(id) for id in (*before.roles, *before.users)}:
        return current
    roles = {*((data.get("resolved") or {}).get("roles") or {}), *map(str, before.roles)}
    mention = " ".join(f"<@&{id}>" if id in roles else f"<@{id}>" for id in chosen)
    level = current.removeprefix(Mention.parse(current).target)
    return f"{mention}{level}" if mention else ""
