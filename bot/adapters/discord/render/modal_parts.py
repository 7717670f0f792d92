"""The parts of a modal, and what somebody filled into them. Pure.

A modal has room for five parts, a select for 25 options. https://discord.com/developers/docs/components/reference#label
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters.discord.render.components import EMPTY_TEXT, Body
from bot.adapters.discord.render.markdown import cut, is_blank
from bot.adapters.plain_text import one_line

MAX_PARTS = 5
MAX_TITLE = 45
MAX_LABEL = 45
MAX_DESCRIPTION = 100
MAX_PLACEHOLDER = 100
MAX_OPTIONS = 25
MAX_OPTION_TEXT = 100
MAX_TEXT = 4_000

STRING_SELECT, TEXT_INPUT, MENTIONABLE_SELECT, TEXT_DISPLAY, LABEL = 3, 4, 7, 10, 18
SHORT, PARAGRAPH = 1, 2


def label(field: str, name: str, about: str, component: Body) -> Body:
    """``field``: by which its value comes back."""
    shown = {**component, "custom_id": str(field)}
    about = cut(about, MAX_DESCRIPTION)
    return {"type": LABEL, "label": cut(name, MAX_LABEL), "description": about, "component": shown}


def select(options: Mapping[str, str], chosen: str) -> Body:
    """Of names by their values; one has to be chosen."""
    shown = [option(value, name, default=value == chosen) for value, name in options.items()]
    return {"type": STRING_SELECT, "options": shown, "required": True}


def option(value: str, name: str, *, default: bool) -> Body:
    shown = cut(one_line(name), MAX_OPTION_TEXT)
    return {"value": value, "label": EMPTY_TEXT if is_blank(shown) else shown, "default": default}


def text_input(style: int, text: str, example: str, *, required: bool = False) -> Body:
    shown: Body = {
        "type": TEXT_INPUT,
        "style": style,
        "required": required,
        "max_length": MAX_TEXT,
        "placeholder": cut(example, MAX_PLACEHOLDER),
    }
    return {**shown, "value": text} if text else shown


def submitted_fields(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What came back, by the names of the fields."""
    inner = (one["component"] for one in data.get("components") or () if "component" in one)
    return {str(one.get("custom_id")): one for one in inner}


def values_of(fields: Mapping[str, Mapping[str, Any]], field: str) -> Sequence[str]:
    one = fields.get(field, {})
    return tuple(one.get("values") or ([one["value"]] if one.get("value") else ()))
