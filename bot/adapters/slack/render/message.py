"""Turns a message into Block Kit: a card's one message, or an answer's pages. Pure; sends nothing.

Limits: https://docs.slack.dev/reference/block-kit/blocks and, where that says nothing, slack_sdk's own models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, assert_never

from bot.adapters.plain_text import one_line
from bot.adapters.slack.render.blocks import CONFIRM_CHARS, Json, actions, button, mrkdwn, note, plain, section
from bot.adapters.slack.render.mentions import mention, without_pings
from bot.adapters.slack.render.mrkdwn import (
    code,
    cut,
    emphasis,
    escape,
    link,
    literal,
    safe,
    strong,
    struck,
    struck_lines,
    units,
    web_url,
    without_emoji,
)
from bot.adapters.slack.render.mrkdwn import vendor_lines as vendor_lines
from bot.commands.table import COMMANDS
from bot.message import (
    Block,
    Button,
    ChannelMention,
    Code,
    Emphasis,
    Fields,
    Items,
    Line,
    Link,
    Message,
    MessageKind,
    Moment,
    Opens,
    Paragraph,
    Person,
    Quote,
    Strong,
    Struck,
    Style,
    plain_text,
)
from bot.wording.phrases import DOTS

MAX_BLOCKS = 50
"""In one message."""
SECTION_CHARS = 3_000
MAX_FIELDS = 10
"""In one section."""
FIELD_CHARS = 900
"""Slack takes 2,000; ten of these, in one section, must leave room in a message."""
CONTEXT_CHARS = 2_000
MAX_BUTTONS = 25
"""In one actions block."""
LABEL_CHARS = 75
VALUE_CHARS = 2_000
"""Of what a button carries."""
CHOICE_CHARS = 150
"""The same of a choice in a menu; a longer one is left out."""
BUTTONS_CHARS = 3_000
"""Of all buttons of one message; the last ones are left out where it is more."""
TEXT_CHARS = 3_000
"""Of the fallback text. chat.update refuses more than 4,000: https://docs.slack.dev/reference/methods/chat.update"""

MESSAGE_CHARS = 10_000
"""Of all blocks of one message. Slack names no number for msg_blocks_too_long; about 13,000 pass."""
PAGE_BLOCKS = MAX_BLOCKS - 4
"""Leaves room for buttons below an answer's page."""
QUOTE_CHARS = 1_500
"""How much of one vendor text a card shows; the rest is one button away."""
TITLE_CHARS = 600
SUBTITLE_CHARS = 600
ROW_BUTTONS = 2
"""Beside the menu of the others: a row that stays one on a phone."""
MAX_MENU = 5
"""https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element"""
MAX_CACHED_CARDS = 256
"""Rendered cards; thousands of channels get the same one."""

ACTION_RUN, ACTION_MODAL, ACTION_FORM = "run", "sheet", "form"
"""The action id of buttons that stand for a command begins with one of these, which says what pressing it opens."""
COMPACT_KINDS = frozenset({MessageKind.CARD, MessageKind.REPLY, MessageKind.DIGEST})
"""Their lines stand close together, and their notification begins with the colour of their state."""
_ACTIONS = {Opens.ANSWER: ACTION_RUN, Opens.MODAL: ACTION_MODAL, Opens.FORM: ACTION_FORM}
SHOW_ALL = "Read the rest"

ACTION_MENU = "menu"
"""The action id of a menu of buttons begins with this; the value of each choice is the action id of a button, a blank,
and its command."""
_DATES = {
    Style.TIME: "{time}",
    Style.DATE: "{date_short_pretty}",
    Style.DATETIME: "{date_short_pretty} {time}",
    Style.AGO: "{ago}",
    Style.ELAPSED: "{ago}",
}
"""https://docs.slack.dev/messaging/formatting-message-text#date-formatting"""

_USER = re.compile(r"[UW][A-Z0-9]{1,20}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,20}")
_NAMES = frozenset(name for command in COMMANDS for name in (command.name, *command.aliases))


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as Slack takes it."""

    text: str
    """For notifications and screen readers."""
    blocks: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What one page of an answer holds at most."""

    blocks: int
    chars: int
    """In all blocks, in UTF-16 units."""


MESSAGE_LIMITS = PageLimits(PAGE_BLOCKS, MESSAGE_CHARS)


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What rendering depends on besides the message."""

    command: str = "/outage"
    """The slash command that commands are typed after; ``""``: they are typed alone."""
    private: bool = False
    """Only the person who asked sees it, so that a mention of somebody pings nobody."""

    def as_typed(self, text: str) -> str:
        """A command with its slash command before it; other code unchanged."""
        return f"{self.command} {text}" if self.command and text.split(" ", 1)[0] in _NAMES else text


@lru_cache(maxsize=MAX_CACHED_CARDS)
def card(message: Message, context: RenderContext) -> Rendered:
    """A card as one message: what does not fit is replaced by a line that says so, and by a button that opens all."""
    has_all = any(one.command == message.full_command for one in message.buttons)
    rest = [Button(SHOW_ALL, message.full_command, Opens.MODAL)] if message.full_command and not has_all else []
    tail = _row((*rest, *message.buttons))
    is_over = message.kind is MessageKind.CARD and bool(message.subtitle)
    head = [section(heading(message, context)), *(() if is_over else _mention(message))]
    body = [*head, *_body(message, context, QUOTE_CHARS)]
    if message.kind in COMPACT_KINDS:
        body = _joined(body)
    body += _footer(message, context)
    pages = list(_packed(body, PAGE_BLOCKS, MESSAGE_CHARS - _weight(tail)))
    shown = pages[0]
    if len(pages) > 1:
        shown = [*shown, note(f"There is more: {_rest_hint(message)}")]
    elif not any(_is_cut(block, QUOTE_CHARS) for block in message.blocks):
        tail = _row(message.buttons)
    return Rendered(fallback(message), (*shown, *tail))


def answer(
    messages: Sequence[Message], context: RenderContext, limits: PageLimits = MESSAGE_LIMITS
) -> tuple[Rendered, ...]:
    """The pages of an uncut answer: at least one."""
    blocks: list[Json] = []
    for number, message in enumerate(messages):
        blocks += [{"type": "divider"}] if number else []
        blocks += [section(heading(message, context)), *_mention(message), *_body(message, context, None)]
        blocks += [*_footer(message, context), *_buttons(message.buttons, first=number * MAX_BUTTONS)]
    text = cut_fallback("\n".join(one_line(message.summary[: 2 * TEXT_CHARS]) for message in messages))
    pages = list(_packed(blocks, limits.blocks, limits.chars)) or [[section("…")]]
    return tuple(Rendered(text, tuple(page)) for page in pages)


def fallback(message: Message) -> str:
    """What a notification shows and a screen reader says."""
    is_news = message.kind in COMPACT_KINDS and message.tone in DOTS
    dot = f"{DOTS[message.tone]} " if is_news else ""
    return cut_fallback(dot + one_line(message.summary[: 2 * TEXT_CHARS]))


def cut_fallback(text: str) -> str:
    return escape(without_emoji(cut(text, TEXT_CHARS))) or "…"


def heading(message: Message, context: RenderContext) -> str:
    """The title in bold, linked to its page, after the colour of its state, and what goes on after it. A coloured bar
    would need attachments, which Slack folds away behind "Show more" and calls legacy."""
    title = cut(one_line((message.title or message.summary)[: 2 * TITLE_CHARS]), TITLE_CHARS) or "…"
    has_dot = title.startswith(tuple(DOTS.values()))
    dot = f"{DOTS[message.tone]} " if message.tone in DOTS and not has_dot else ""
    url = web_url(message.url) if message.url else None
    rest = spans(message.subtitle, context, SUBTITLE_CHARS)
    rest = f" · {rest}" if rest.strip() else ""
    if url is None:
        return dot + (struck(title) if message.struck else strong(title)) + rest
    mark = "~" if message.struck else "*"
    return f"{dot}{mark}<{url}|{literal(title).replace(mark, '')}>{mark}{rest}"


def spans(line: Line, context: RenderContext, limit: int) -> str:
    """One line of spans, at most ``limit`` units long."""
    parts: list[str] = []
    room = limit
    for span in line:
        if isinstance(span, (str, Strong, Emphasis, Code, Struck, Link)):
            span = _excerpt(span, room)
        part = _span(span, context)
        if units(part) > room:
            parts.append(literal(cut(one_line(_span_text(span)), room)) if room else "")
            break
        parts.append(part)
        room -= units(part)
    return "".join(parts)


def _excerpt(span: str | Strong | Emphasis | Code | Struck | Link, room: int) -> Any:
    """Cuts a text far longer than what is shown of it before it is worked on."""
    text = span if isinstance(span, str) else span.text
    if len(text) <= room:
        return span
    short = f"{text[:room]}…"
    return short if isinstance(span, str) else replace(span, text=short)


def _span(span: Any, context: RenderContext) -> str:
    match span:
        case str():
            return literal(without_pings(safe(span)))
        case Strong(text=text):
            return strong(safe(text))
        case Emphasis(text=text):
            return emphasis(safe(text))
        case Struck(text=text):
            return struck(safe(text))
        case Code(text=text):
            return code(context.as_typed(without_pings(text)))
        case Link(text=text, url=url):
            return link(text, url)
        case Moment(at=at, style=style):
            return moment(at, style)
        case Person(id=id, before=before, name=name) if _USER.fullmatch(id):
            # For all to read it would ping, and an id says nothing to people.
            named = literal(safe(before.replace("\n", " ")))
            if context.private:
                return f"{named}<@{id}>"
            return f"{named}{strong(safe(one_line(name)))}" if name else "" if before else "somebody"
        case Person(id=id, before=before):
            return literal(without_pings(safe(f"{before}{id}")))
        case ChannelMention(id=id):
            return f"<#{id}>" if _CHANNEL.fullmatch(id) else literal(safe(id))
        case _:
            raise TypeError(f"{span!r} is no span")


def _span_text(span: Any) -> str:
    return plain_text((span,))


def moment(at: datetime, style: Style) -> str:
    """Shown in each reader's own zone; the text after ``|`` is for clients too old to."""
    return f"<!date^{int(at.timestamp())}^{_DATES[style]}|{at:%Y-%m-%d %H:%M} UTC>"


# --- blocks ----------------------------------------------------------------------------------------------------------


def _mention(message: Message) -> list[Json]:
    text = mention(cut(message.mention, FIELD_CHARS // 2)) if message.mention else ""
    return [section(text)] if text else []


def _body(message: Message, context: RenderContext, quote_chars: int | None) -> Iterator[Json]:
    for block in message.blocks:
        yield from _rendered(block, message, context, quote_chars)


def _rendered(block: Block, message: Message, context: RenderContext, quote_chars: int | None) -> Iterator[Json]:
    match block:
        case Paragraph(line=line):
            text = spans(line, context, SECTION_CHARS)
            if text.strip():
                yield section(text)
        case Items(lines=lines):
            yield from _sections(f"• {spans(line, context, SECTION_CHARS - 2)}" for line in lines)
        case Fields(pairs=pairs):
            fields = [_field(name, line, context) for name, line in pairs]
            for at in range(0, len(fields), MAX_FIELDS):
                yield {"type": "section", "fields": fields[at : at + MAX_FIELDS]}
        case Quote(text=text, struck=is_struck):
            is_uncut = not _is_cut(block, quote_chars)
            shown = text if is_uncut else f"{text[:quote_chars].rstrip()}…"
            quoted = [f"> {line}" for line in (struck_lines if is_struck else vendor_lines)(shown)]
            if not is_uncut:
                quoted.append(f"> _cut here_ · {_rest_hint(message)}")
            if any(line.strip("> ") for line in quoted):
                yield from _sections(iter(quoted))
        case _:
            assert_never(block)


def _is_cut(block: Block, quote_chars: int | None) -> bool:
    return isinstance(block, Quote) and quote_chars is not None and len(block.text) > quote_chars


def _rest_hint(message: Message) -> str:
    if message.url:
        return link("the whole text", message.url)
    return "press the button below" if message.full_command else "ask for the incident"


def _field(name: str, line: Line, context: RenderContext) -> Json:
    head = strong(cut(one_line(name[:FIELD_CHARS]), FIELD_CHARS // 10)) or "…"
    return mrkdwn(f"{head}\n{spans(line, context, FIELD_CHARS - units(head) - 1) or '–'}")  # noqa: RUF001


def _footer(message: Message, context: RenderContext) -> Iterator[Json]:
    text = spans(message.footer, context, CONTEXT_CHARS)
    if text.strip():
        yield note(text)


def _buttons(buttons: Sequence[Button], first: int = 0) -> list[Json]:
    elements = [
        button(
            f"{_ACTIONS[one.opens]}:{first + number}",
            label(one.label or one.command),
            safe(one.command),
            label(one.confirm, CONFIRM_CHARS) if one_line(one.confirm) else "",
        )
        for number, one in enumerate(buttons[:MAX_BUTTONS])
        if len(one.command) <= VALUE_CHARS and units(safe(one.command)) <= VALUE_CHARS and one_line(one.command)
    ]
    while _weight(elements) > BUTTONS_CHARS:
        elements.pop()
    return [actions(elements)] if elements else []


def _row(buttons: Sequence[Button]) -> list[Json]:
    """The buttons in one row: those of a card that are less common in a menu at its end."""
    secondary = [one for one in buttons if one.is_secondary]
    if not secondary:
        return _buttons(buttons)
    row = _buttons([one for one in buttons if not one.is_secondary][:ROW_BUTTONS])
    unique = {choice["value"]: choice for one in secondary if one_line(one.command) and (choice := menu_choice(one))}
    choices = [choice for value, choice in unique.items() if units(value) <= CHOICE_CHARS][:MAX_MENU]
    menu = [{"type": "overflow", "action_id": f"{ACTION_MENU}:0", "options": choices}] if choices else []
    elements = [*(row[0]["elements"] if row else ()), *menu]
    return [actions(elements)] if elements else []


def menu_choice(one: Button) -> Json:
    return {"text": plain(label(one.label)), "value": safe(f"{_ACTIONS[one.opens]} {one.command}")}


def parse_choice(value: str) -> tuple[str, str]:
    """From the value of a menu's choice: the action of a button, and its command."""
    action, _, command = value.partition(" ")
    return action, command


def _joined(blocks: Sequence[Json]) -> list[Json]:
    """Sections of text that fit into one become one: less space between the lines of a card."""
    joined: list[Json] = []
    for block in blocks:
        above = joined[-1] if joined else {}
        if "text" in above and "text" in block:
            text = f"{above['text']['text']}\n{block['text']['text']}"
            if units(text) <= SECTION_CHARS:
                joined[-1] = section(text)
                continue
        joined.append(block)
    return joined


def label(text: str, limit: int = LABEL_CHARS) -> str:
    """One line of plain text, never empty, at most ``limit`` units long."""
    shortened = one_line(text[:VALUE_CHARS])[: limit + 1] or "…"
    while units(shortened) > limit:
        shortened = f"{shortened[:-2]}…"
    return shortened


def _sections(lines: Iterator[str]) -> Iterator[Json]:
    """Lines, as many in a section as fit."""
    pending: list[str] = []
    room = SECTION_CHARS
    for line in lines:
        if units(line) + 1 > room and pending:
            yield section("\n".join(pending))
            pending, room = [], SECTION_CHARS
        pending.append(line)
        room -= units(line) + 1
    if pending:
        yield section("\n".join(pending))


def _packed(blocks: Sequence[Json], max_blocks: int, max_chars: int) -> Iterator[list[Json]]:
    page: list[Json] = []
    room = max_chars
    for block in blocks:
        weight = _weight([block])
        if page and (len(page) == max_blocks or weight > room):
            yield page
            page, room = [], max_chars
        page.append(block)
        room -= weight
    if page:
        yield page


def _weight(blocks: Sequence[Json]) -> int:
    """Units of text in these blocks."""
    return sum(units(str(block)) for block in blocks)
