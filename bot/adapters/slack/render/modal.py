"""An answer in a window of its own, as one of Slack's modal views. Pure; opens nothing.

A view keeps the channel that it came from in its ``private_metadata``: the buttons in it act there.
https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.adapters.slack.render.blocks import Json, note, plain
from bot.adapters.slack.render.message import Room, Voice, label
from bot.adapters.slack.render.reply import READING, PageRequest, shown
from bot.commands.request import Reply

TITLE_CHARS = 24
"""Of a view's title and of the labels of its two buttons."""
CALLBACK = "sheet"
"""The callback id of views that show an answer."""
ROOM = Room(blocks=100 - 4, chars=40_000)
"""A view takes 100 blocks and 250 kB; a unit of text is up to 6 bytes of JSON.
https://docs.slack.dev/reference/methods/views.open#errors"""

_TITLES = {"incident": "Timeline"}


def answer_modal(
    reply: Reply, asked: PageRequest, voice: Voice, channel: str, page: int = 0, *, told: str = ""
) -> Json:
    """``channel``: where it came from, ``""`` for nowhere: then it cannot be shared. ``told``: what became of telling
    the channel, as mrkdwn; it takes the place of the button to share."""
    shareable = bool(channel) and not told
    rendered = shown(reply, asked, replace(voice, private=True), page, shareable=shareable, room=ROOM)
    return view(_title(asked), [*([note(told)] if told else []), *rendered.blocks], channel)


def loading(asked: PageRequest, channel: str) -> Json:
    return view(_title(asked), [{"type": "section", "text": plain(READING)}], channel)


def view(title: str, blocks: list[Json], metadata: str, *, callback: str = CALLBACK, submit: str = "") -> Json:
    """``submit``: the label of the button that sends its inputs off; a view with inputs has to have one."""
    made: dict[str, Any] = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title),
        "close": plain("Cancel" if submit else "Close"),
        "private_metadata": metadata,
        "blocks": blocks,
    }
    return made | {"submit": plain(submit)} if submit else made


def _title(asked: PageRequest) -> str:
    return label(_TITLES.get(asked.command, asked.command.capitalize()), TITLE_CHARS)
