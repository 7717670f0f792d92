"""Discord's messages as HTML, as far as the bot uses them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from tests.pictures.stage import Shown, ago_mark

Json = Mapping[str, Any]

CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")

_STYLES = {"t": "%H:%M", "d": "%d/%m/%Y", "D": "%-d %B %Y", "f": "%-d %B %Y %H:%M", "F": "%A, %-d %B %Y %H:%M"}
_WORD = re.compile(
    r"\\(?P<bare>.)|<t:(?P<at>\d+):(?P<style>\w)>|<(?P<to>[@#][&!]?)(?P<id>\d+)>|`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>(?:\\.|[^*\\])+)\*\*|~~(?P<gone>(?:\\.|[^~\\])+)~~|\[(?P<label>(?:\\.|[^\]\\])+)\]\(<?(?P<url>[^)>\s]+)>?\)"
    r"|(?P<link>https?://\S+)",
    re.DOTALL,
)


def channel(name: str, roots: Sequence[Shown], thread: Shown | None = None) -> str:
    """A channel's window, with a thread open beside it."""
    panes = [_pane(f"# {name}", "".join(_message(root) for root in roots))] if roots else []
    if thread:
        title = escape(thread.subject)
        panes.append(_pane(title, "".join(_message(reply) for reply in thread.replies)))
    return f'<div class="window">{"".join(panes)}</div>'


def answer(name: str, typed: str, bodies: Sequence[Json], at: datetime) -> str:
    """What one person typed in a channel, and the answer that only they see."""
    asked = f'<div class="pale">you used <code>{escape(typed)}</code></div>'
    return _pane(f"# {name}", asked + _message(Shown(at, bodies), note="Only you can see this"))


def modal(data: Json) -> str:
    inside = "".join(_labelled(one) for one in data["components"])
    title = f'<div class="title">{escape(data["title"])}</div>'
    return f'<div class="modal">{title}{inside}<div class="send"><span class="button">Submit</span></div></div>'


def _pane(title: str, inside: str) -> str:
    return f'<div class="pane"><div class="bar">{title}</div>{inside}</div>'


def _message(shown: Shown, note: str = "") -> str:
    head = f'<span class="who">Lookout</span> <span class="app">APP</span> <span class="when">{shown.at:%H:%M}</span>'
    inside = "".join(_body(body) for body in shown.body)
    count = len(shown.replies)
    thread = f'<div class="thread"><a href="#">{count} messages ›</a></div>' if count else ""  # noqa: RUF001
    small = f'<div class="pale">{note}</div>' if note else ""
    return f'<div class="message"><div class="face">◉</div><div class="text">{head}{inside}{thread}{small}</div></div>'


def _body(body: Json) -> str:
    content = f"<div>{_lines(body['content'])}</div>" if body.get("content") else ""
    rows = "".join(
        f'<div class="row">{"".join(_button(one) for one in row["components"])}</div>' for row in body["components"]
    )
    return content + "".join(_embed(embed) for embed in body["embeds"]) + rows


def _button(one: Json) -> str:
    return f'<span class="button">{escape(one["label"])}{" ↗" if "url" in one else ""}</span>'


def _embed(embed: Json) -> str:
    title = markdown(embed.get("title", ""))
    head = f'<div class="title">{f"<a>{title}</a>" if "url" in embed else title}</div>' if title else ""
    if "author" in embed:
        head = f'<div class="pale"><b>{escape(embed["author"]["name"])}</b></div>{head}'
    fields = "".join(
        f'<div class="{"" if field["inline"] else "wide"}"><div class="name">{markdown(field["name"])}</div>'
        f"{markdown(field['value'])}</div>"
        for field in embed.get("fields", ())
    )
    when = f"{datetime.fromisoformat(embed['timestamp']):%d/%m/%Y %H:%M}" if "timestamp" in embed else ""
    foot = " • ".join(part for part in (escape(embed.get("footer", {}).get("text", "")), when) if part)
    return (
        f'<div class="embed" style="border-color:#{embed["color"]:06x}">{head}'
        f"{_lines(embed.get('description', ''))}"
        f"{f'<div class=fields>{fields}</div>' if fields else ''}"
        f"{f'<div class=foot>{foot}</div>' if foot else ''}</div>"
    )


def _lines(text: str) -> str:
    shown, quoted = [], False
    for line in text.split("\n") if text else ():
        is_quote = line.startswith("> ")
        shown.append("" if quoted == is_quote else '<div class="quote">' if is_quote else "</div>")
        quoted = is_quote
        line = line.removeprefix("> ")
        small = line.startswith("-# ")
        line = markdown(line.removeprefix("-# "))
        line = re.sub(r"^( *)- ", r"\1• ", line)
        shown.append(f'<span class="pale">{line}</span><br>' if small else f"{line}<br>")
    return "".join(shown) + ("</div>" if quoted else "")


def markdown(text: str) -> str:
    """One line."""
    shown, at = [], 0
    for found in _WORD.finditer(text):
        shown += [escape(text[at : found.start()]), _word(found)]
        at = found.end()
    return "".join([*shown, escape(text[at:])])


def _word(found: re.Match[str]) -> str:
    if found["bare"]:
        return escape(found["bare"])
    if found["at"]:
        at = datetime.fromtimestamp(int(found["at"]), UTC)
        style = found["style"]
        return f'<span class="time">{ago_mark(at) if style == "R" else at.strftime(_STYLES[style])}</span>'
    if found["id"]:
        return f'<span class="at">{found["to"][0]}{"oncall" if found["to"] == "@&" else found["id"]}</span>'
    if found["code"]:
        return f"<code>{escape(found['code'])}</code>"
    if found["bold"]:
        return f"<b>{markdown(found['bold'])}</b>"
    if found["gone"]:
        return f"<s>{markdown(found['gone'])}</s>"
    return f"<a>{markdown(found['label'])}</a>" if found["label"] else f"<a>{escape(found['link'])}</a>"


def _labelled(one: Json) -> str:
    if one["type"] == 10:
        return f"<div>{_lines(one['content'])}</div>"
    inner = one.get("component") or one["components"][0]
    chosen = [option["label"] for option in inner.get("options", ()) if option.get("default")]
    shown = "".join(f'<span class="chip">{escape(label)}</span>' for label in chosen) or escape(
        str(inner.get("value") or inner.get("placeholder") or "")
    )
    about = f'<div class="pale">{escape(one["description"])}</div>' if one.get("description") else ""
    label = f'<div class="label">{escape(one.get("label") or inner["label"])}</div>'
    return f'{label}{about}<div class="box">{shown}&nbsp;</div>'
