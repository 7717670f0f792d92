"""Holds what the bot sends to Slack against Slack's own rules: its method reference where the shelf has it, slack_sdk's
models, and by hand what those two do not know."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import Block

from tests.shelf import SHARED

METHODS = SHARED / "specs" / "slack_methods" / "methods"
ALLOWED_EVERYWHERE = {"token", "team_id", "include_all_metadata"}

KEYS = {
    "section": {"type", "text", "fields", "block_id", "accessory", "expand"},
    "context": {"type", "elements", "block_id"},
    "actions": {"type", "elements", "block_id"},
    "divider": {"type", "block_id"},
    "mrkdwn": {"type", "text", "verbatim"},
    "plain_text": {"type", "text", "emoji"},
    "button": {"type", "action_id", "text", "value", "url", "style", "confirm", "accessibility_label"},
}
PINGS = re.compile(r"<!(?!date\^)|<@")


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def request_problems(method: str, args: Mapping[str, Any]) -> Iterator[str]:
    """Against the method's page in Slack's reference; nothing where the shelf is absent."""
    known = reference(method)
    if known is None:
        return
    properties, required = known["args"].get("properties", {}), known["args"].get("required", [])
    for name in args:
        if name not in properties and name not in ALLOWED_EVERYWHERE:
            yield f"{method} takes no {name}"
    for name in required:
        if name not in args and name != "token":
            yield f"{method} needs {name}"


@functools.cache
def reference(method: str) -> Mapping[str, Any] | None:
    path = METHODS / f"{method}.json"
    if not path.is_file():
        return None
    page: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return page


def message_problems(args: Mapping[str, Any], *, mentions: bool = False) -> Iterator[str]:
    """A whole message. ``mentions``: pings are wanted in it."""
    text, blocks = str(args.get("text", "")), args.get("blocks") or []
    if not 1 <= units(text) <= 4_000:
        yield f"fallback of {units(text)}"
    if PINGS.search(text):
        yield "a ping in the fallback"
    if "unfurl_links" in args and (args["unfurl_links"] or args["unfurl_media"]):
        yield "it unfurls"
    if "blocks" in args:
        yield from block_problems(blocks)
    if units(json.dumps(blocks, ensure_ascii=False)) > 16_000:
        yield f"{units(json.dumps(blocks, ensure_ascii=False))} of blocks"
    if not mentions:
        yield from (f"a ping: {text[:80]!r}" for text in texts(blocks) if PINGS.search(text))


def block_problems(blocks: Sequence[Mapping[str, Any]], most: int = 50) -> Iterator[str]:
    if not 1 <= len(blocks) <= most:
        yield f"{len(blocks)} blocks"
    for name in ("action_id", "block_id"):
        ids = [one[name] for one in every(blocks) if name in one]
        if len(ids) != len(set(ids)):
            yield f"an {name} twice"
    for one in every(blocks):
        kind = str(one.get("type"))
        if kind in KEYS and set(one) - KEYS[kind]:
            yield f"{kind} takes no {set(one) - KEYS[kind]}"
        match kind:
            case "mrkdwn" | "plain_text":
                if not str(one["text"]).strip() or re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", one["text"]):
                    yield f"text that is none: {one['text'][:40]!r}"
            case "section":
                yield from _section(one)
            case "context":
                if not 1 <= len(one["elements"]) <= 10 or any(units(e["text"]) > 2_000 for e in one["elements"]):
                    yield "a context too long"
            case "actions":
                if not 1 <= len(one["elements"]) <= 25:
                    yield f"{len(one['elements'])} actions"
            case "button":
                if units(one["text"]["text"]) > 75 or units(one.get("value", "")) > 2_000:
                    yield "a button too long"
                if one["text"]["type"] != "plain_text":
                    yield "a button's label is plain"
                if re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", one.get("value", "x")):
                    yield "a button that carries control characters"
                if not 1 <= len(one["action_id"]) <= 255 or one.get("style") not in {None, "primary", "danger"}:
                    yield "a button of no kind"
            case "divider":
                pass
            case _:
                yield f"nobody looks at {kind}"
    for block in blocks:
        parsed = Block.parse(dict(block))
        if parsed is None:
            yield f"no block: {block}"
            continue
        try:
            parsed.validate_json()
        except Exception as error:
            yield f"slack_sdk: {error}"


def _section(one: Mapping[str, Any]) -> Iterator[str]:
    if "text" not in one and not one.get("fields"):
        yield "an empty section"
    if "text" in one and units(one["text"]["text"]) > 3_000:
        yield f"a section of {units(one['text']['text'])}"
    fields = one.get("fields", [])
    if len(fields) > 10 or any(units(field["text"]) > 2_000 for field in fields):
        yield "fields too many or too long"


def every(part: Any) -> Iterator[Mapping[str, Any]]:
    """Every object with a type, however deep."""
    if isinstance(part, Mapping):
        if "type" in part:
            yield part
        for value in part.values():
            yield from every(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from every(value)


def texts(blocks: Any) -> Iterator[str]:
    """What is read for markup; a plain_text is shown as it is."""
    return (one["text"] for one in every(blocks) if one["type"] == "mrkdwn")
