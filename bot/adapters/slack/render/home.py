"""The Home tab as Slack takes it: a workspace's dashboard on at most 100 blocks, its long lists paged. Pure.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from bot.adapters.plain_text import one_line
from bot.adapters.slack.render.blocks import Json, actions, button, section
from bot.adapters.slack.render.message import VALUE_CHARS, RenderContext, answer, heading, spans
from bot.adapters.slack.render.mrkdwn import cut, safe, units
from bot.domain import Channel
from bot.message import Button, Message, Opens, Paragraph
from bot.wording.home import Home

MAX_BLOCKS = 100
"""In one Home tab. https://docs.slack.dev/reference/views/home-tab-views"""
MAX_BYTES = 250_000
"""https://docs.slack.dev/reference/methods/views.publish#errors: view_too_large"""

INCIDENTS_PER_PAGE = 10
VENDORS_PER_PAGE = 25
CHANNELS_PER_PAGE = 12
SERVICES_SHOWN = 10
"""On one page of each list: with two blocks a channel and what is around, fewer than ``MAX_BLOCKS``."""
LINE_CHARS = 250
CHANNEL_CHARS = 600
SERVICE_CHARS = 500
NAME_CHARS = 100
HEADING_BYTES = 1_000
"""A name with its address that is longer is cut and shown without its link."""
BUTTON_BYTES = 500
"""A longer button is left out. With everything at its longest, a Home is under ``MAX_BYTES``."""

HOME_RUN = "home:press"
"""The action id of buttons that stand for a command begins with this."""
HOME_FORM = "home:fill"
"""The same for buttons that open the form to subscribe."""
HOME_PAGE = "home:turn"
"""The same for buttons that show another page of a list, or refresh the Home."""
NO_CHANNEL = "-"

Pages = tuple[int, int, int]
"""Which page of incidents, vendors and channels is shown, numbered from 0."""
FIRST_PAGES: Pages = (0, 0, 0)


def parse_pages(value: str) -> Pages:
    """From a button's value; the first pages for anything else."""
    numbers = [int(word) if word.isdecimal() and len(word) < 5 else 0 for word in value.split()]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else FIRST_PAGES


def parse_button(value: str) -> tuple[str, str]:
    """From a button's value: the id of the channel that it is for, ``""`` for none, and the command line."""
    channel, _, line = value.partition(" ")
    return ("" if channel == NO_CHANNEL else channel), line


def home_view(home: Home, pages: Pages, context: RenderContext) -> Json:
    """For ``views.publish``. In place of a page that does not exist any more: the last one."""
    context = replace(context, private=True)
    lists: tuple[tuple[str, Sequence[tuple[Channel | None, Message]], int, int], ...] = (
        ("Incidents", [(None, message) for message in home.incidents], INCIDENTS_PER_PAGE, LINE_CHARS),
        ("Vendors, worst first", [(None, message) for message in home.vendors], VENDORS_PER_PAGE, LINE_CHARS),
        ("Channels", home.channels, CHANNELS_PER_PAGE, CHANNEL_CHARS),
    )
    last_pages = [max(0, -(-len(entries) // per_page) - 1) for _, entries, per_page, _ in lists]
    current = [min(page, last) for page, last in zip(pages, last_pages, strict=True)]
    blocks = list(answer([replace(home.head, buttons=())], context)[0].blocks)
    refresh = button(f"{HOME_PAGE}:same", "Refresh", _pages_value(current))
    blocks.append(actions([*_buttons(home.head.buttons, None, "head"), refresh]))
    blocks += _services(home.services, context)
    for which, (title, entries, per_page, chars) in enumerate(lists):
        if not entries:
            continue
        blocks += [{"type": "divider"}, section(f"*{title}* · {len(entries):,}")]
        first = current[which] * per_page
        for number, (channel, message) in enumerate(entries[first : first + per_page]):
            blocks += _entry(message, channel, context, chars, f"{which}:{number}")
        blocks += _pager(which, current, last_pages[which])
    return {"type": "home", "blocks": blocks}


def _services(services: Sequence[Message], context: RenderContext) -> list[Json]:
    """They are few, and the worst come first: no pages."""
    if not services:
        return []
    more = f" · the worst {SERVICES_SHOWN}" if len(services) > SERVICES_SHOWN else ""
    blocks = [{"type": "divider"}, section(f"*Services* · {len(services):,}{more}")]
    for number, message in enumerate(services[:SERVICES_SHOWN]):
        blocks += _entry(message, None, context, SERVICE_CHARS, f"service:{number}")
    return blocks


def _entry(message: Message, channel: Channel | None, context: RenderContext, chars: int, name: str) -> list[Json]:
    """One section; its button beside it, or its buttons below."""
    lines = [spans(block.line, context, chars) for block in message.blocks if isinstance(block, Paragraph)]
    lines = [line for line in lines if line.strip()]
    if message.footer:
        small = spans(message.footer, context, LINE_CHARS)
        lines = [f"{lines[0]} · {small}", *lines[1:]] if lines else [small]
    if message.title is not None:
        lines = [" — ".join([_title(message, context), *lines[:1]]), *lines[1:]]
    text = section("\n".join(lines) or "…")
    buttons = _buttons(message.buttons, channel, name)
    if len(buttons) == 1:
        return [text | {"accessory": buttons[0]}]
    return [text, actions(buttons)] if buttons else [text]


def _title(message: Message, context: RenderContext) -> str:
    linked = heading(message, context)
    if _bytes(linked) <= HEADING_BYTES:
        return linked
    shortened = cut(one_line(message.summary[: 2 * NAME_CHARS]), NAME_CHARS)
    return heading(replace(message, title=shortened, url=None), context)


def _pager(which: int, current: Sequence[int], last: int) -> list[Json]:
    elements = []
    for step, label in ((-1, "‹ Back"), (1, f"Page {current[which] + 2} of {last + 1} ›")):  # noqa: RUF001
        page = current[which] + step
        if 0 <= page <= last:
            value = _pages_value([*current[:which], page, *current[which + 1 :]])
            elements.append(button(f"{HOME_PAGE}:{which}:{step}", label, value))
    return [actions(elements)] if elements else []


def _pages_value(pages: Sequence[int]) -> str:
    return " ".join(map(str, pages))


def _buttons(buttons: Sequence[Button], channel: Channel | None, name: str) -> list[Json]:
    rendered = [
        button(
            f"{HOME_FORM if spec.opens is Opens.FORM else HOME_RUN}:{name}:{number}",
            spec.label,
            safe(f"{channel.id if channel else NO_CHANNEL} {spec.command}"),
        )
        for number, spec in enumerate(buttons)
    ]
    return [spec for spec in rendered if units(spec["value"]) <= VALUE_CHARS and _bytes(spec) <= BUTTON_BYTES]


def _bytes(part: object) -> int:
    return len(json.dumps(part))
