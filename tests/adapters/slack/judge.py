"""Holds what the bot sends to Slack against Slack's own rules: its method reference where the shelf has it, slack_sdk's
models, and by hand what those two do not know."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

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
    "overflow": {"type", "action_id", "options", "confirm"},
    "input": {"type", "block_id", "label", "element", "dispatch_action", "hint", "optional"},
    "plain_text_input": {"type", "action_id", "initial_value", "multiline", "min_length", "max_length", "placeholder"},
    "checkboxes": {"type", "action_id", "options", "initial_options"},
    "static_select": {"type", "action_id", "options", "initial_option", "placeholder"},
    "external_select": {"type", "action_id", "initial_option", "min_query_length", "placeholder"},
    "multi_static_select": {"type", "action_id", "options", "initial_options", "placeholder"},
    "multi_external_select": {"type", "action_id", "initial_options", "min_query_length", "placeholder"},
    "multi_users_select": {"type", "action_id", "initial_users", "max_selected_items", "placeholder"},
    "conversations_select": {
        "type", "action_id", "filter", "initial_conversation", "default_to_current_conversation", "placeholder",
    },
}  # fmt: skip
VIEW_KEYS = {"type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close"}
INPUTS = {kind for kind in KEYS if kind.endswith(("select", "_input")) or kind == "checkboxes"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
PINGS = re.compile(r"<!(?!date\^)|<@")
PINGS_MANY = re.compile(r"<!(?!date\^)")
"""What nobody but one person sees may name people: nobody else is there to be pinged."""


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
    pings = PINGS_MANY if args.get("response_type") == "ephemeral" else PINGS
    if not mentions:
        yield from (f"a ping: {text[:80]!r}" for text in texts(blocks) if pings.search(text))


def home_problems(view: Mapping[str, Any]) -> Iterator[str]:
    """A view for ``views.publish``. https://docs.slack.dev/reference/views/home-tab-views"""
    if view.get("type") != "home" or set(view) - {"type", "blocks", "private_metadata", "callback_id", "external_id"}:
        yield f"no home: {set(view)}"
    if units(str(view.get("private_metadata", ""))) > 3_000:
        yield "private_metadata too long"
    if len(json.dumps(view)) > 250_000:
        yield f"{len(json.dumps(view))} bytes"
    yield from block_problems(view["blocks"], most=100)
    yield from (f"a ping: {text[:80]!r}" for text in texts(view["blocks"]) if PINGS.search(text))
    try:
        View(**view).validate_json()
    except Exception as error:
        yield f"slack_sdk: {error}"


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
            case "overflow":
                if not 1 <= len(one["options"]) <= 5 or not 1 <= len(one["action_id"]) <= 255:
                    yield f"a menu of {len(one['options'])}"
                yield from options_problems(one["options"])
            case "input":
                yield from _input(one)
            case "static_select" | "external_select" | "multi_static_select" | "multi_external_select" | "checkboxes":
                yield from _select(one)
            case "plain_text_input":
                typed = one.get("initial_value", "x")
                if not 1 <= units(typed) <= one.get("max_length", 3_000) <= 3_000 or CONTROL.search(typed):
                    yield f"a text of {units(typed)} in a text input"
            case "multi_users_select":
                if len(one.get("initial_users", ["U1"])) not in range(1, one["max_selected_items"] + 1):
                    yield "people that a select does not take"
            case "divider" | "conversations_select":
                pass
            case _:
                yield f"nobody looks at {kind}"
    for block in blocks:
        if block.get("type") not in {"section", "context", "actions", "divider", "input"}:
            yield f"{block.get('type')} is no block of ours"
        parsed = Block.parse(dict(block))
        if parsed is None:
            yield f"no block: {block}"
            continue
        try:
            parsed.validate_json()
        except Exception as error:
            yield f"slack_sdk: {error}"


def view_problems(view: Mapping[str, Any]) -> Iterator[str]:
    """A whole modal view: https://docs.slack.dev/reference/views/modal-views"""
    if set(view) - VIEW_KEYS or view["type"] != "modal":
        yield f"a view takes no {set(view) - VIEW_KEYS}"
    for name in ("title", "submit", "close"):
        if name in view and not 1 <= units(view[name]["text"]) <= 24:
            yield f"{name} of {units(view[name]['text'])}"
    if units(view.get("private_metadata", "")) > 3_000 or not 1 <= len(view["callback_id"]) <= 255:
        yield "a view that carries too much"
    if len(json.dumps(view)) > 250_000:
        yield f"a view of {len(json.dumps(view))} bytes"
    has_inputs = any(block["type"] == "input" for block in view["blocks"])
    if has_inputs != ("submit" in view):
        yield "inputs need a button to send them off, and it needs them"
    yield from block_problems(view["blocks"], 100)
    yield from (f"a ping: {text[:80]!r}" for text in texts(view["blocks"]) if PINGS_MANY.search(text))
    try:
        View(**view).validate_json()
    except Exception as error:
        yield f"slack_sdk: {error}"


def options_problems(options: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a select offers, however it came to it."""
    if len(options) > 100:
        yield f"{len(options)} options"
    for one in options:
        if set(one) != {"text", "value"} or one["text"]["type"] != "plain_text":
            yield f"no option: {one}"
        if not 1 <= units(one["text"]["text"]) <= 75 or not 1 <= units(one["value"]) <= 150:
            yield "an option too long"
    if len({one["value"] for one in options}) != len(options):
        yield "an option twice"


def answer_problems(body: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    """What a form that was sent off, or a search in one, is answered."""
    match body["type"]:
        case "block_suggestion":
            yield from options_problems(answer["options"])
        case "view_submission" if answer.get("response_action") == "update":
            yield from view_problems(answer["view"])
        case "view_submission" if answer.get("response_action") == "errors":
            inputs = {block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"}
            if not answer["errors"] or set(answer["errors"]) - inputs:
                yield f"errors of no input: {answer['errors']}"
        case "view_submission" if answer.get("text", "") != "":
            yield f"a form is answered {answer}"


def _input(one: Mapping[str, Any]) -> Iterator[str]:
    if one["element"]["type"] not in INPUTS or "block_id" not in one:
        yield f"an input of {one['element']['type']}"
    if units(one["label"]["text"]) > 2_000 or units(one.get("hint", {}).get("text", "")) > 2_000:
        yield "an input's words too long"


def _select(one: Mapping[str, Any]) -> Iterator[str]:
    initial = [*one.get("initial_options", ()), *([one["initial_option"]] if "initial_option" in one else [])]
    if "initial_options" in one and not initial:
        yield "no initial options at all"
    if "external" in one["type"]:
        yield from options_problems(initial)
        return
    if not one["options"]:
        yield "a select without options"
    yield from options_problems(one["options"])
    yield from (f"chosen, but not offered: {each}" for each in initial if each not in one["options"])


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
