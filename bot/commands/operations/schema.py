"""JSON of results and arguments, and its schema (JSON Schema 2020-12, as OpenAPI 3.1 and MCP take it). Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from bot.commands.command import Argument
from bot.commands.operations.given import CHOICES, MAX_TEXT_CHARS, MAX_VALUES, NUMBERS, ONE_LINE
from bot.commands.operations.results import QUOTED, Words

Json = dict[str, Any]
PLAIN: Mapping[type, Json] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def result_schema(type_: Any, refer: Callable[[type], Json] | None = None) -> Json:
    """``refer``: what stands for a type of ours inside another one; ``None``: its whole schema."""
    if get_origin(type_) is Annotated:
        inner, *marks = get_args(type_)
        schema = result_schema(inner, refer)
        if about := "; ".join(mark for mark in marks if isinstance(mark, str)):
            schema = {**schema, "description": about}
        words = [word for mark in marks if isinstance(mark, Words) for word in mark.words]
        return schema | ({"enum": words} if words else {})
    if get_origin(type_) in (Union, UnionType):
        wanted = [one for one in get_args(type_) if one is not NoneType]
        return {"anyOf": [*(result_schema(one, refer) for one in wanted), {"type": "null"}]}
    if get_origin(type_) is tuple:
        return {"type": "array", "items": result_schema(get_args(type_)[0], refer)}
    if is_dataclass(type_):
        return refer(type_) if refer and isinstance(type_, type) else object_schema(type_, refer)
    return dict(PLAIN[type_])


def object_schema(type_: Any, refer: Callable[[type], Json] | None = None) -> Json:
    """Of a type of ours itself."""
    properties = {name: result_schema(hint, refer) for name, hint in hints_of(type_).items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def argument_schema(argument: Argument) -> Json:
    schema: Json
    if greatest := NUMBERS.get(argument.kind):
        schema = {"type": "integer", "minimum": 1, "maximum": greatest}
    elif choices := CHOICES.get(argument.kind):
        schema = {"type": "string", "enum": list(choices)}
    else:
        schema = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS, "pattern": ONE_LINE}
    if argument.many:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MAX_VALUES}
    return schema | {"description": argument.summary}


def to_json(value: Any, quote: Callable[[str], str] = str) -> Any:
    """``quote``: what becomes of a vendor's own words."""
    return _to_json(value, type(value), quote)


def _to_json(value: Any, type_: Any, quote: Callable[[str], str]) -> Any:
    if value is None:
        return None
    if is_dataclass(value):
        hints = hints_of(cast("Hashable", type(value)))
        return {name: _to_json(getattr(value, name), hint, quote) for name, hint in hints.items()}
    if isinstance(value, tuple):
        items = next((get_args(one)[0] for one in _options(type_) if get_origin(one) is tuple), str)
        return [_to_json(one, items, quote) for one in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return quote(value) if isinstance(value, str) and _is_quoted(type_) else value


def _options(type_: Any) -> tuple[Any, ...]:
    """The type without what is annotated, and without the others of a union."""
    if get_origin(type_) is Annotated:
        return _options(get_args(type_)[0])
    if get_origin(type_) in (Union, UnionType):
        return tuple(option for one in get_args(type_) for option in _options(one))
    return (type_,)


def _is_quoted(type_: Any) -> bool:
    if get_origin(type_) is Annotated:
        inner, *marks = get_args(type_)
        return QUOTED in marks or _is_quoted(inner)
    return get_origin(type_) in (Union, UnionType) and any(_is_quoted(one) for one in get_args(type_))


@cache
def hints_of(type_: Hashable) -> dict[str, Any]:
    """Of the fields of a type of ours."""
    assert isinstance(type_, type)
    assert is_dataclass(type_)
    hints = get_type_hints(type_, include_extras=True)
    return {field.name: hints[field.name] for field in fields(type_)}
