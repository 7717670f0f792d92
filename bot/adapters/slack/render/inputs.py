"""The inputs of a form's view, and what somebody filled into them. Pure.

The id of an input's block begins with the name of its field, and goes on after a colon.
https://docs.slack.dev/reference/block-kit/blocks/input-block
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.adapters.slack.render.blocks import Json, plain
from bot.adapters.slack.render.message import label
from bot.adapters.slack.render.mrkdwn import safe

MAX_OPTIONS = 100
"""In one select, and in one answer to a search in it."""
OPTION_VALUE_CHARS = 150
INPUT_CHARS = 3_000
"""In a text input."""
ERROR_CHARS = 500
"""Slack documents no limit for the error shown at a field."""

Values = Mapping[str, Mapping[str, Any]]
"""The state of each input, by the name of its field."""


def input_block(
    block: str, label: str, element: Json, *, optional: bool = False, hint: str = "", dispatch: bool = False
) -> Json:
    made: dict[str, Any] = {
        "type": "input",
        "block_id": block,
        "label": plain(label),
        "element": element,
        "optional": optional,
        "dispatch_action": dispatch,
    }
    return made | {"hint": plain(hint)} if hint else made


def text_input(action: str, typed: str, *, multiline: bool = False) -> Json:
    """``multiline``: a value a line."""
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": action, "max_length": INPUT_CHARS}
    element |= {"multiline": True} if multiline else {}
    shown = safe(typed).replace("\n", "\n" if multiline else " ").strip()
    return element | ({"initial_value": shown} if shown else {})


def option(text: str, value: str) -> Json:
    return {"text": plain(label(text)), "value": value}


def values_of(view: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Each block's one element, by its field."""
    return {
        block.partition(":")[0]: next(iter(elements.values()), {})
        for block, elements in state_of(view).items()
        if elements
    }


def state_of(view: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """By the ids of the blocks."""
    return (view.get("state") or {}).get("values") or {}


def value_of(values: Values, field: str, what: str) -> str:
    found = values.get(field, {}).get(what)
    return str((found.get("value") if isinstance(found, Mapping) else found) or "")


def selected(values: Values, field: str) -> tuple[str, ...]:
    return tuple(str(option_.get("value")) for option_ in values.get(field, {}).get("selected_options") or ())


def field_errors(problems: Mapping[str, str], view: Mapping[str, Any], otherwise: str) -> dict[str, str]:
    """Sentences by the ids of the view's blocks; of a field that the view does not have at the block ``otherwise``."""
    blocks = {block.partition(":")[0]: block for block in state_of(view)}
    messages: dict[str, str] = {}
    for field, problem in problems.items():
        block = blocks.get(field, otherwise)
        messages[block] = label(f"{messages.get(block, '')} {problem}", ERROR_CHARS)
    return messages
