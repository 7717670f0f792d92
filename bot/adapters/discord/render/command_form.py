"""The form of a command as a modal, and a submitted modal as the line that it stands for. Pure.

A modal has room for five fields. A command with more arguments has four of them there, the required ones first, and one
field in which the others are typed as after the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.adapters.discord.render.components import Body
from bot.adapters.discord.render.markdown import cut
from bot.adapters.discord.render.message import MAX_PINGED
from bot.adapters.discord.render.modal_parts import (
    MAX_OPTIONS,
    MAX_PARTS,
    MAX_TEXT,
    MAX_TITLE,
    MENTIONABLE_SELECT,
    PARAGRAPH,
    SHORT,
    STRING_SELECT,
    label,
    option,
    submitted_fields,
    text_input,
    values_of,
)
from bot.adapters.plain_text import one_line
from bot.commands.argument_form import CommandForm, FormField
from bot.commands.command import ArgumentKind
from bot.wording.phrases import capital

REST_FIELD = "+"
"""No argument has this name."""
_MENTIONS = re.compile(r"(?:<@&?\d{1,20}>\s*)*")
_MENTION = re.compile(r"<@(&?)(\d{1,20})>")


def command_modal(form: CommandForm, custom_id: str, examples: Mapping[str, Sequence[str]]) -> Body:
    """The data of a modal with this custom id. ``examples``: values of arguments that may be meant, by their names."""
    shown, others = _layout(form)
    parts = [
        label(one.argument.name, _name(one), capital(one.argument.summary), _component(one, examples)) for one in shown
    ]
    rest = " ".join(filter(None, (_typed(form, others), form.rest)))
    if others or rest:
        about = " ".join(one.argument.usage for one in others) or "As typed after the command."
        parts.append(label(REST_FIELD, "More", about, text_input(PARAGRAPH, cut(one_line(rest), MAX_TEXT), about)))
    return {"custom_id": custom_id, "title": cut(capital(form.command.name), MAX_TITLE), "components": parts}


def submitted_form(data: Mapping[str, Any], form: CommandForm) -> CommandForm:
    """The form as it was filled in."""
    fields = submitted_fields(data)
    roles = (data.get("resolved") or {}).get("roles") or {}
    values = {one.argument.name: _values(fields, one, roles) for one in form.fields}
    return form.filled(values, "".join(values_of(fields, REST_FIELD)))


def _layout(form: CommandForm) -> tuple[Sequence[FormField], Sequence[FormField]]:
    """The fields that are shown, in the order of the table, and those that are typed together."""
    if len(form.fields) + bool(form.rest) <= MAX_PARTS:
        return form.fields, ()
    ranked = sorted(form.fields, key=lambda one: (not one.argument.required, not one.argument.positional))
    chosen = ranked[: MAX_PARTS - 1]
    return [one for one in form.fields if one in chosen], [one for one in form.fields if one not in chosen]


def _typed(form: CommandForm, others: Sequence[FormField]) -> str:
    return CommandForm(form.command, tuple(others)).text({one.argument.name: one.given for one in others})


def _name(one: FormField) -> str:
    return capital(one.argument.name.replace("_", " "))


def _component(one: FormField, examples: Mapping[str, Sequence[str]]) -> Body:
    argument = one.argument
    if 0 < len(one.choices) <= MAX_OPTIONS:
        options = [option(choice.value, choice.name, default=choice.value in one.given) for choice in one.choices]
        most = len(options) if argument.many else 1
        least = 1 if argument.required else 0
        shown: Body = {"type": STRING_SELECT, "options": options, "min_values": least, "max_values": most}
        return {**shown, "required": argument.required}
    if argument.kind is ArgumentKind.MENTION and _MENTIONS.fullmatch(" ".join(one.given)):
        people: Body = {"type": MENTIONABLE_SELECT, "min_values": 0, "max_values": MAX_PINGED, "required": False}
        defaults = [*_defaults(one.given)][:MAX_PINGED]
        return {**people, "default_values": defaults} if defaults else people
    several = argument.many and not argument.positional
    shown_text = "\n".join(map(one_line, one.given)) if several else one_line(" ".join(one.given))
    example = ", ".join(examples.get(argument.name, ())) or argument.summary
    return text_input(
        PARAGRAPH if several else SHORT, cut(shown_text, MAX_TEXT), one_line(example), required=argument.required
    )


def _defaults(given: Sequence[str]) -> Iterator[Body]:
    for sign, id in _MENTION.findall(" ".join(given)):
        yield {"type": "role" if sign else "user", "id": id}


def _values(fields: Mapping[str, Mapping[str, Any]], one: FormField, roles: Mapping[str, Any]) -> tuple[str, ...]:
    chosen = tuple(map(str, values_of(fields, one.argument.name)))
    if fields.get(one.argument.name, {}).get("type") != MENTIONABLE_SELECT:
        return chosen
    return (" ".join(f"<@&{id}>" if id in roles else f"<@{id}>" for id in chosen),) if chosen else ()
