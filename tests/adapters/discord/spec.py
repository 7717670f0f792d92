"""Holds a request against Discord's own description of its API, and against the rules that only its prose tells.

The description is no part of the project: without it only the prose rules are checked, and every path and parameter is
taken to be there.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from bot.adapters.discord.render.markdown import units
from tests.shelf import SHARED, needs

SPEC = SHARED / "specs" / "discord_openapi.json"

needs_spec = needs("specs/discord_openapi.json")

EMBED_PARTS = {"title": 256, "description": 4_096}
FIELDS, FIELD = 25, {"name": 256, "value": 1_024}
FOOTER = 2_048
LABEL, CUSTOM_ID, ROW, ROWS = 80, 100, 5, 5
NAME, NONCE = 100, 25
EMBED_TOTAL = 6_000
CONTENT = 2_000
CHOICES = 25
COMPLETED = 8
COMMAND_TOTAL = 8_000
MODAL = 9
"""The type of the answer to an interaction."""
MODAL_TITLE, MODAL_FIELDS = 45, 5
NEW_MESSAGE = re.compile(r"/messages(/@original)?$")
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")


def complaints(method: str, path: str, body: Any) -> list[str]:
    """Why Discord would refuse this; ``path`` without ids filled in: ``/channels/{channel_id}/messages``."""
    found = list(prose(path, body))
    validator = _validator(method.lower(), path)
    if validator is not None:
        found += [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]
    return found


def judged(method: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
    """The same for a request as it was sent; ``path`` with its ids, without the version."""
    body = _without_extras(body)
    if not SPEC.is_file():
        return [] if body is None else list(prose(path, body))
    template = route(path)
    if template is None:
        if SPEC.is_file():
            return [f"no such path: {path}"]
        return list(prose(re.sub(r"/messages/\d+", "/messages/{message_id}", path), body)) if body is not None else []
    described = _spec()["paths"][template]
    if method.lower() not in described:
        return [f"no {method} of {template}"]
    known = {one["name"] for one in described[method.lower()].get("parameters", ()) if one["in"] == "query"}
    found = [f"no such parameter: {name}" for name in query if name not in known]
    if body is not None:
        return found + complaints(method, template, body)
    needed = described[method.lower()].get("requestBody", {}).get("required", False)
    return [*found, "no body"] if needed else found


def _without_extras(body: Any) -> Any:
    """Less what discord.py adds of its own, which Discord ignores."""
    if not isinstance(body, dict):
        return body
    kept = {name: value for name, value in body.items() if name != "tts"}
    for embed in kept.get("embeds") or ():
        embed.pop("flags", None)
    return {**kept, "data": _without_extras(kept["data"])} if "data" in kept else kept


def route(path: str) -> str | None:
    """The path as the description has it, ``/channels/{channel_id}``; what it names word for word goes first."""
    fitting = [template for template, shape in _routes() if shape.fullmatch(path)]
    return min(fitting, key=lambda template: template.count("{"), default=None)


def prose(path: str, body: Any) -> Iterator[str]:
    """``path`` with its ids or without."""
    if path.endswith("/commands"):
        for command in body:
            yield from _command(command)
    elif path.endswith("/callback"):
        data = body.get("data") or {}
        if body["type"] == MODAL:
            yield from _modal(data)
        elif body["type"] == COMPLETED:
            yield from _choices(data["choices"])
        elif body["type"] in (4, 7):
            yield from _message(data, new=body["type"] == 4)
    elif isinstance(body, dict):
        if "name" in body and not 0 < units(body["name"]) <= NAME:
            yield "no name, or too long a one"
        yield from _message(body.get("message", body), new=NEW_MESSAGE.search(path) is not None)


def _message(body: dict[str, Any], *, new: bool) -> Iterator[str]:
    content, embeds = body.get("content") or "", body.get("embeds") or []
    if units(content) > CONTENT:
        yield f"content of {units(content)}"
    if new and not content.strip() and not embeds:
        yield "an empty message"
    if sum(map(_units, embeds)) > EMBED_TOTAL:
        yield f"embeds of {sum(map(_units, embeds))}"
    for embed in embeds:
        if not (embed.get("title", "").strip() or embed.get("description", "").strip()):
            yield "an embed that shows nothing"
        yield from (part for part, most in EMBED_PARTS.items() if units(embed.get(part, "")) > most)
        if units((embed.get("footer") or {}).get("text", "")) > FOOTER or len(embed.get("fields", ())) > FIELDS:
            yield "too long a footer, or too many fields"
        for field in embed.get("fields", ()):
            yield from (part for part, most in FIELD.items() if units(field[part]) > most)
            if not field["name"].strip() or not field["value"].strip():
                yield "an empty field"
        if "url" in embed and not re.match(r"https?://[^\s]+$", embed["url"]):
            yield f"no address: {embed['url']}"
    rows = body.get("components") or ()
    if len(rows) > ROWS or any(not 0 < len(row["components"]) <= ROW for row in rows):
        yield "too many buttons, or an empty row"
    buttons = [one for row in rows for one in row["components"]]
    ids = [one["custom_id"] for one in buttons if "custom_id" in one]
    if len(ids) != len(set(ids)) or any(not 0 < units(id) <= CUSTOM_ID for id in ids):
        yield "a custom id twice, or too long"
    if any(not one["label"].strip() or units(one["label"]) > LABEL for one in buttons if "label" in one):
        yield "no label, or too long a one"
    mentions = body.get("allowed_mentions")
    if (content or embeds) and (mentions is None or mentions["parse"]):
        yield "mentions are not held back"
    if len(body.get("nonce", "")) > NONCE:
        yield f"a nonce of more than {NONCE}"


def _choices(choices: list[dict[str, Any]]) -> Iterator[str]:
    if len(choices) > CHOICES:
        yield f"{len(choices)} choices"
    for one in choices:
        if not 0 < units(one["name"]) <= NAME or not one["name"].strip() or not 0 < units(str(one["value"])) <= NAME:
            yield f"no choice: {one}"


def _units(embed: dict[str, Any]) -> int:
    texts = [embed.get(part, "") for part in EMBED_PARTS]
    texts += [field[part] for field in embed.get("fields", ()) for part in ("name", "value")]
    return sum(map(units, [*texts, (embed.get("footer") or {}).get("text", "")]))


def _modal(data: dict[str, Any]) -> Iterator[str]:
    if not data["title"].strip() or units(data["title"]) > MODAL_TITLE:
        yield "no title, or too long a one"
    if not 0 < len(data["components"]) <= MODAL_FIELDS:
        yield f"{len(data['components'])} fields"
    fields = [one["component"] for one in data["components"] if "component" in one]
    ids = [field["custom_id"] for field in fields]
    if len(ids) != len(set(ids)):
        yield "a custom id twice"
    for field in fields:
        options = field.get("options", ())
        least, most = field.get("min_values", 1), field.get("max_values", 1)
        chosen = sum(option["default"] for option in options) or len(field.get("default_values", ()))
        if not least <= most <= (len(options) or 25) or chosen > most:
            yield f"{field['custom_id']}: {chosen} of {least} to {most}"
        if field.get("required", True) and not least:
            yield f"{field['custom_id']}: required, but none will do"
        if len({option["value"] for option in options}) != len(options):
            yield f"{field['custom_id']}: an option twice"
        if any(not option["label"].strip() for option in options) or units(field.get("value", "")) > 4_000:
            yield f"{field['custom_id']}: an empty label, or too long a text"


def _command(command: dict[str, Any]) -> Iterator[str]:
    def text(option: dict[str, Any]) -> int:
        choices = sum(len(choice["name"]) + len(choice["value"]) for choice in option.get("choices", ()))
        inner = sum(map(text, option.get("options", ())))
        return len(option["name"]) + len(option["description"]) + choices + inner

    if text(command) > COMMAND_TOTAL:
        yield f"{command['name']}: {text(command)} characters"
    names = [command["name"], *(option["name"] for option in command["options"])]
    for name in names:
        if not COMMAND_NAME.fullmatch(name) or name != name.lower():
            yield f"no name: {name}"
    if len(set(names[1:])) != len(names) - 1:
        yield f"{command['name']}: an option twice"
    required = [option["required"] for option in command["options"]]
    if required != sorted(required, reverse=True):
        yield f"{command['name']}: a required option after others"


@functools.cache
def _validator(method: str, path: str) -> Draft202012Validator | None:
    if not SPEC.is_file():
        return None
    spec = _spec()
    body = spec["paths"][path][method].get("requestBody")
    if body is None:
        return None
    schema = {**body["content"]["application/json"]["schema"], "components": spec["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


@functools.cache
def _routes() -> list[tuple[str, re.Pattern[str]]]:
    return [(template, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))) for template in _spec()["paths"]]


@functools.cache
def _spec() -> Any:
    return _closed(json.loads(SPEC.read_text(encoding="utf-8")))


def _closed(schema: Any) -> Any:
    """Every object without room for unknown keys: the description leaves them all open."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(one) for name, one in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed
