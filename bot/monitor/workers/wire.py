"""Values as JSON and back, by the annotations of their classes: what goes between a process and its workers. No code
travels with it."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, NewType, Union, cast, get_args, get_origin, get_type_hints

Decode = Callable[[Any], Any]


def encode(value: object) -> object:
    """Of frozen dataclasses of texts, numbers, moments, enums and tuples. A dataclass is a list of its fields."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case tuple() | frozenset():
            return [encode(item) for item in value]
        case _ if is_dataclass(value):
            return [encode(getattr(value, name)) for name in _names(value.__class__)]
        case _:
            return value


@cache
def decoder(annotation: Any) -> Decode:
    """From what :func:`encode` made of a value of this type. Raises ``TypeError`` for a type that does not travel."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        kinds = [kind for kind in arguments if kind is not type(None)]
        if len(kinds) == 1:
            decode = decoder(kinds[0])
            return lambda value: None if value is None else decode(value)
    if origin in (tuple, frozenset):
        if origin is frozenset or arguments[-1] is Ellipsis:
            decode = decoder(arguments[0])
            return lambda value: origin(map(decode, value))
        each = [decoder(argument) for argument in arguments]
        return lambda value: tuple(decode(item) for decode, item in zip(each, value, strict=True))
    if isinstance(annotation, NewType):
        return decoder(annotation.__supertype__)
    if isinstance(annotation, type):
        if is_dataclass(annotation):
            return _dataclass_decoder(annotation)
        if issubclass(annotation, Enum):
            return annotation
        if annotation is datetime:
            return datetime.fromisoformat
        if annotation in (str, int, float, bool):
            return _itself
    raise TypeError(f"{annotation} does not travel between processes")


def _dataclass_decoder(kind: type[Any]) -> Decode:
    hints = get_type_hints(kind)
    each = [decoder(hints[field.name]) for field in fields(kind)]

    def decode(value: Any) -> Any:
        return kind(*(decode(item) for decode, item in zip(each, value, strict=True)))

    return decode


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast(Any, kind)))


def _itself(value: Any) -> Any:
    return cast(Any, value)
