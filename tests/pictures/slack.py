"""Block Kit as HTML, as far as the bot uses it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from tests.pictures.stage import Shown, ago_mark

Json = Mapping[str, Any]

CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")

_TOKEN = re.compile(r"<([^<>]*)>")


def channel(name: str, roots: Sequence[Shown], thread: Shown | None = None) -> str:
    """A channel's window, with a thread open beside it."""
    panes = [_pane(f"# {name}", "".join(_message(root) for root in roots))] if roots else []
    if thread:
        replies = "reply" if len(thread.replies) == 1 else "replies"
        count = f'<div class="pale">{len(thread.replies)} {replies}</div>'
        below = "".join(_message(reply, thread=True) for reply in thread.replies)
        panes.append(_pane("Thread", _message(thread, thread=True) + count + below))
    return f'<div class="window">{"".join(panes)}</div>'


def ephemeral(name: str, typed: str, body: Json, at: datetime) -> str:
    """What one person typed in a channel, and the answer that only they see."""
    asked = f'<div class="pale">you typed <code>{escape(typed)}</code></div>'
    return _pane(f"# {name}", asked + _message(Shown(at, body), note="Only visible to you"))


def home(view: Json) -> str:
    return _pane("Lookout — Home", blocks(view["blocks"]))


def modal(view: Json) -> str:
    buttons = "".join(
        f'<span class="button {kind}">{escape(view[name]["text"])}</span> '
        for name, kind in (("close", ""), ("submit", "primary"))
        if name in view
    )
    title = f'<div class="bar">{escape(view["title"]["text"])}</div>'
    return (
        f'<div class="modal">{title}<div class="inside">{blocks(view["blocks"])}</div>'
        f'<div class="foot">{buttons}</div></div>'
    )


def blocks(found: Iterable[Json]) -> str:
    return "".join(_block(block) for block in found)


def _pane(title: str, inside: str) -> str:
    return f'<div class="pane"><div class="bar">{escape(title)}</div>{inside}</div>'


def _message(shown: Shown, note: str = "", *, thread: bool = False) -> str:
    head = f'<span class="who">lookout</span> <span class="app">APP</span> <span class="when">{shown.at:%H:%M}</span>'
    small = f'<div class="hint">{note}</div>' if note else ""
    more = f'<div class="replies">{len(shown.replies)} replies</div>' if shown.replies and not thread else ""
    return (
        f'<div class="message"><div class="face">◉</div><div class="text">{small}{head}'
        f"{blocks(shown.body['blocks'])}{more}</div></div>"
    )


def _block(block: Json) -> str:
    match block["type"]:
        case "section" if "fields" in block:
            fields = "".join(f"<div>{_text(field)}</div>" for field in block["fields"])
            return f'<div class="fields">{fields}</div>'
        case "section":
            beside = _element(block["accessory"]) if "accessory" in block else ""
            return f'<div class="section"><div>{_text(block["text"])}</div>{beside}</div>'
        case "context":
            return f'<div class="context">{" ".join(_text(one) for one in block["elements"])}</div>'
        case "actions":
            return f'<div class="actions">{"".join(_element(one) for one in block["elements"])}</div>'
        case "header":
            return f'<div class="header">{escape(block["text"]["text"])}</div>'
        case "divider":
            return "<hr>"
        case "input":
            hint = f'<div class="hint">{escape(block["hint"]["text"])}</div>' if "hint" in block else ""
            return f'<div class="label">{escape(block["label"]["text"])}</div>{_element(block["element"])}{hint}'
        case other:
            raise ValueError(f"no picture of a {other}")


def _element(element: Json) -> str:
    match element["type"]:
        case "button":
            return f'<span class="button {element.get("style", "")}">{escape(element["text"]["text"])}</span>'
        case "overflow":
            return '<span class="button">⋯</span>'
        case "checkboxes":
            ticked = [option["value"] for option in element.get("initial_options", ())]
            boxes = [(_text(one["text"]), "✓" if one["value"] in ticked else "") for one in element["options"]]
            return "".join(f'<div><span class="tick">{tick}</span>{text}</div>' for text, tick in boxes)
        case kind if "select" in kind or "text_input" in kind:
            one = element.get("initial_option")
            chosen = [*element.get("initial_options", ()), *([one] if one else [])]
            shown = "".join(f'<span class="chip">{_text(option["text"])}</span>' for option in chosen)
            typed = escape(element.get("initial_value", ""))
            pale = escape(element.get("placeholder", {}).get("text", ""))
            return f'<div class="box">{shown or typed or pale}</div>'
        case other:
            raise ValueError(f"no picture of a {other}")


def _text(text: Json) -> str:
    if text["type"] == "plain_text":
        return escape(text["text"])
    lines = str(text["text"]).split("\n")
    shown, quoted = [], False
    for line in lines:
        is_quote = line.startswith("> ") or line in {">", "&gt;"}
        shown.append("" if quoted == is_quote else '<div class="quote">' if is_quote else "</div>")
        quoted = is_quote
        shown.append(mrkdwn(line.removeprefix(">").strip() if is_quote else line) + "<br>")
    return "".join(shown) + ("</div>" if quoted else "")


def mrkdwn(text: str) -> str:
    """One line. The text's own ``&lt;`` stand for themselves; ``<…>`` are Slack's tokens."""
    tokens: list[str] = []

    def token(found: re.Match[str]) -> str:
        tokens.append(_token(found[1]))
        return f"\x00{len(tokens) - 1}\x00"

    shown = _TOKEN.sub(token, text)
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", shown)
    for mark, tag in (("*", "b"), ("_", "i"), ("~", "s")):
        m = re.escape(mark)
        shown = re.sub(rf"(?<![\w{m}]){m}(\S(?:[^{m}]*\S)?){m}(?![\w{m}])", rf"<{tag}>\1</{tag}>", shown)
    return re.sub(r"\x00(\d+)\x00", lambda found: tokens[int(found[1])], shown)


def _token(inside: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(target, label)
    if target.startswith(("@", "#", "!")):
        name = target.replace("!subteam^", "@").replace("#C1", "#incidents")
        return f'<span class="at">{label or name}</span>'
    return f'<a href="#">{label or target}</a>'


def _date(target: str, fallback: str) -> str:
    _, seconds, form = target.split("^")[:3]
    at = datetime.fromtimestamp(int(seconds), UTC)
    day = f"{at:%b} {at.day}"
    words = {"{time}": f"{at:%H:%M}", "{date_short_pretty}": day, "{ago}": ago_mark(at)}
    for name, shown in words.items():
        form = form.replace(name, shown)
    return fallback if "{" in form else form
