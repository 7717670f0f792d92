"""The form of a command as a modal view, and what somebody filled into it. Pure; opens nothing.

The view has the channel and the line that it was opened for in ``private_metadata``; a block's id is its argument's
name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters.slack.render.blocks import Json, plain, section
from bot.adapters.slack.render.inputs import (
    MAX_OPTIONS,
    OPTION_VALUE_CHARS,
    field_errors,
    input_block,
    option,
    selected,
    text_input,
    value_of,
    values_of,
)
from bot.adapters.slack.render.mentions import mention_targets
from bot.adapters.slack.render.message import label
from bot.adapters.slack.render.modal import TITLE_CHARS, modal_view
from bot.adapters.slack.render.mrkdwn import safe, units
from bot.commands.argument_form import CommandForm, FormField
from bot.commands.command import ArgumentKind
from bot.commands.complete import Choice
from bot.wording.phrases import capital

COMMAND_FORM_CALLBACK = "command"
"""The callback id of the form's views."""
ACTION_ARGUMENT = "argument"
"""The action id of a field begins with this; its argument's name follows."""
REST_FIELD = "+"
"""No argument has this name."""
MAX_LINE = 2_000
"""A longer line is left out: ``private_metadata`` takes 3,000."""
MAX_MENTIONED = 20
_NONE = "-"
"""The value of the choice that gives no value. Slack takes none that is empty."""
_TYPED_FIRST = frozenset({ArgumentKind.VENDOR, ArgumentKind.ZONE})
"""Too many to list before something was typed."""


def command_form_view(form: CommandForm, channel: str, line: str, notice: str = "") -> Json:
    """``line``: what the form was opened for. ``notice``: a sentence above everything, as mrkdwn."""
    blocks = [section(notice)] if notice else []
    blocks += [_field(one, searched=_is_searched(form)) for one in form.fields]
    if form.rest:
        hint = "As typed after the command."
        blocks.append(
            input_block(REST_FIELD, "More", text_input(_action(REST_FIELD), form.rest), optional=True, hint=hint)
        )
    metadata = json.dumps([channel, line if units(line) <= MAX_LINE else form.command.name])
    title = label(capital(form.command.name), TITLE_CHARS)
    return modal_view(title, blocks, metadata, callback=COMMAND_FORM_CALLBACK, submit="Send")


def form_target(view: Mapping[str, Any]) -> tuple[str, str]:
    """The channel and the line that a form's view was opened for."""
    channel, line = json.loads(str(view.get("private_metadata") or '["", ""]'))
    return str(channel), str(line)


def submitted_values(view: Mapping[str, Any], form: CommandForm) -> tuple[dict[str, tuple[str, ...]], str]:
    """What stands in the fields, by the arguments' names, and what stands in none."""
    values = values_of(view)
    filled = {one.argument.name: _filled(values, one.argument.name) for one in form.fields}
    return filled, value_of(values, REST_FIELD, "value")


def command_form_errors(problems: Mapping[str, str], view: Mapping[str, Any], form: CommandForm) -> dict[str, str]:
    """By the ids of the view's blocks."""
    return field_errors(problems, view, form.fields[0].argument.name)


def argument_of(action: str) -> str:
    """The name of the argument whose field has this action id."""
    return action.removeprefix(f"{ACTION_ARGUMENT}:")


def offered(choices: Sequence[Choice], typed: str) -> list[Json]:
    """Options for what was typed; what was typed is itself the last of them, since a line would take it."""
    own = " ".join(safe(typed).split())
    known = {choice.value for choice in choices}
    more = [Choice(f"“{own}”", own)] if own and own not in known else []
    fit = [choice for choice in (*choices, *more) if choice.value and units(choice.value) <= OPTION_VALUE_CHARS]
    unique = {choice.value: choice for choice in reversed(fit)}
    return [option(choice.name, choice.value) for choice in reversed(unique.values())][:MAX_OPTIONS]


def _is_searched(form: CommandForm) -> bool:
    """What is offered in one field depends on the vendor in another."""
    return any(one.argument.kind in (ArgumentKind.COMPONENT, ArgumentKind.REGION) for one in form.fields)


def _field(one: FormField, *, searched: bool) -> Json:
    argument = one.argument
    return input_block(
        argument.name,
        capital(argument.name.replace("_", " ")),
        _element(one),
        optional=not argument.required,
        hint=capital(argument.summary),
        dispatch=searched and argument.kind is ArgumentKind.VENDOR,
    )


def _element(one: FormField) -> Json:
    argument, action = one.argument, _action(one.argument.name)
    fits = all(units(value) <= OPTION_VALUE_CHARS and safe(value) == value for value in one.given)
    if one.choices and len(one.choices) < MAX_OPTIONS:
        options = [option(choice.name, choice.value) for choice in one.choices]
        none = [] if argument.required or argument.many else [option("—", _NONE)]
        kind = "multi_static_select" if argument.many else "static_select"
        return _with_chosen({"type": kind, "action_id": action, "options": [*none, *options]}, one, many=argument.many)
    if argument.kind is ArgumentKind.MENTION and (element := _people(action, one.given)):
        return element
    if one.completes and fits and len(one.given) <= MAX_OPTIONS:
        least = 1 if argument.kind in _TYPED_FIRST else 0
        kind = "multi_external_select" if argument.many else "external_select"
        select: Json = {"type": kind, "action_id": action, "min_query_length": least}
        return _with_chosen(select | {"placeholder": plain("Type to search")}, one, many=argument.many)
    if argument.many:
        return text_input(action, "\n".join(one.given), multiline=True)
    return text_input(action, " ".join(one.given))


def _people(action: str, given: Sequence[str]) -> Json | None:
    """Slack's own select, which has people only; ``None``: others are mentioned, too."""
    targets = mention_targets(" ".join(given))
    if targets.groups or bool(given) != bool(targets.users) or len(targets.users) > MAX_MENTIONED:
        return None
    users: Json = {"type": "multi_users_select", "action_id": action, "max_selected_items": MAX_MENTIONED}
    return users | ({"initial_users": list(targets.users)} if targets.users else {})


def _with_chosen(select: Json, one: FormField, *, many: bool = False) -> Json:
    names = {choice.value: choice.name for choice in one.choices}
    chosen = [option(names.get(value, value), value) for value in dict.fromkeys(one.given) if value.strip()]
    if not chosen:
        return select
    return select | ({"initial_options": chosen} if many else {"initial_option": chosen[0]})


def _filled(values: Mapping[str, Mapping[str, Any]], name: str) -> tuple[str, ...]:
    element = values.get(name, {})
    if users := element.get("selected_users"):
        return (" ".join(f"<@{user}>" for user in users),)
    if several := selected(values, name):
        return several
    one = value_of(values, name, "selected_option") or value_of(values, name, "value")
    return (one,) if one and one != _NONE else ()


def _action(name: str) -> str:
    return f"{ACTION_ARGUMENT}:{name}"
