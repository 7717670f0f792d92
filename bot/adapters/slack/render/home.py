"""The Home tab as Slack takes it: a workspace's dashboard on at most 100 blocks, its long lists paged. Pure.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from bot.adapters.plain_text import one_line
from bot.adapters.slack.render.blocks import Json, actions, button, section
from bot.adapters.slack.render.message import VALUE_CHARS, Voice, answer, heading, spans
from bot.adapters.slack.render.mrkdwn import cut, safe, size
from bot.domain import Channel
from bot.message import Button, Message, Opens, Paragraph
from bot.wording.home import Home

VIEW_BLOCKS = 100
"""In one Home. https://docs.slack.dev/reference/views/home-tab-views"""
VIEW_BYTES = 250_000
"""https://docs.slack.dev/reference/methods/views.publish#errors: view_too_large"""

INCIDENTS = 10
VENDORS = 25
CHANNELS = 12
"""On one page of each list: with two blocks a channel and what stands around, fewer than ``VIEW_BLOCKS``."""
LINE_CHARS = 250
CHANNEL_CHARS = 600
NAME_CHARS = 100
HEADING_BYTES = 1_000
"""A name with its address that is longer is cut and shown without its link."""
BUTTON_BYTES = 500
"""A button that is longer is left out. With all of these at their longest, a Home is under ``VIEW_BYTES``."""

PRESS = "home:press"
"""The action id of buttons that stand for a command begins with this."""
FILL = "home:fill"
"""The same where the command's arguments are to be filled in."""
TURN = "home:turn"
"""The same for buttons that show another page of a list, or the Home anew."""
NOWHERE = "-"

Pages = tuple[int, int, int]
"""Which page of incidents, vendors and channels is shown, numbered from 0."""
FIRST: Pages = (0, 0, 0)


def turned(value: str) -> Pages:
    """What a button of ours carries; of anything else, the first pages."""
    numbers = [int(word) if word.isdecimal() and len(word) < 5 else 0 for word in value.split()]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else FIRST


def pressed(value: str) -> tuple[str, str]:
    """The channel that a button is meant for, ``""`` for none, and its line."""
    channel, _, line = value.partition(" ")
    return ("" if channel == NOWHERE else channel), line


def view(home: Home, pages: Pages, voice: Voice) -> Json:
    """For ``views.publish``. A page that there is no more gives way to the last one."""
    voice = replace(voice, private=True)
    lists: tuple[tuple[str, Sequence[tuple[Channel | None, Message]], int, int], ...] = (
        ("Incidents", [(None, message) for message in home.incidents], INCIDENTS, LINE_CHARS),
        ("Vendors, worst first", [(None, message) for message in home.vendors], VENDORS, LINE_CHARS),
        ("Channels", home.channels, CHANNELS, CHANNEL_CHARS),
    )
    lasts = [max(0, -(-len(entries) // most) - 1) for _, entries, most, _ in lists]
    at = [min(page, last) for page, last in zip(pages, lasts, strict=True)]
    blocks = list(answer([replace(home.head, buttons=())], voice)[0].blocks)
    again = button(f"{TURN}:same", "Refresh", _carried(at))
    blocks.append(actions([*_buttons(home.head.buttons, None, "head"), again]))
    for which, (title, entries, most, chars) in enumerate(lists):
        if not entries:
            continue
        blocks += [{"type": "divider"}, section(f"*{title}* · {len(entries):,}")]
        first = at[which] * most
        for number, (channel, message) in enumerate(entries[first : first + most]):
            blocks += _entry(message, channel, voice, chars, f"{which}:{number}")
        blocks += _pager(which, at, lasts[which])
    return {"type": "home", "blocks": blocks}


def _entry(message: Message, channel: Channel | None, voice: Voice, chars: int, name: str) -> list[Json]:
    """One section; its button beside it, or its buttons below."""
    lines = [spans(block.line, voice, chars) for block in message.blocks if isinstance(block, Paragraph)]
    lines = [line for line in lines if line.strip()]
    if message.footer:
        small = spans(message.footer, voice, LINE_CHARS)
        lines = [f"{lines[0]} · {small}", *lines[1:]] if lines else [small]
    if message.title is not None:
        lines = [" — ".join([_title(message), *lines[:1]]), *lines[1:]]
    text = section("\n".join(lines) or "…")
    buttons = _buttons(message.buttons, channel, name)
    if len(buttons) == 1:
        return [text | {"accessory": buttons[0]}]
    return [text, actions(buttons)] if buttons else [text]


def _title(message: Message) -> str:
    linked = heading(message)
    if _bytes(linked) <= HEADING_BYTES:
        return linked
    return heading(replace(message, title=cut(one_line(message.summary[: 2 * NAME_CHARS]), NAME_CHARS), url=None))


def _pager(which: int, at: Sequence[int], last: int) -> list[Json]:
    elements = []
    for step, label in ((-1, "‹ Back"), (1, f"Page {at[which] + 2} of {last + 1} ›")):  # noqa: RUF001
        page = at[which] + step
        if 0 <= page <= last:
            carried = _carried([*at[:which], page, *at[which + 1 :]])
            elements.append(button(f"{TURN}:{which}:{step}", label, carried))
    return [actions(elements)] if elements else []


def _carried(pages: Sequence[int]) -> str:
    return " ".join(map(str, pages))


def _buttons(buttons: Sequence[Button], channel: Channel | None, name: str) -> list[Json]:
    made = [
        button(
            f"{FILL if one.opens is Opens.FORM else PRESS}:{name}:{number}",
            one.label,
            safe(f"{channel.id if channel else NOWHERE} {one.command}"),
        )
        for number, one in enumerate(buttons)
    ]
    return [one for one in made if size(one["value"]) <= VALUE_CHARS and _bytes(one) <= BUTTON_BYTES]


def _bytes(part: object) -> int:
    return len(json.dumps(part))
