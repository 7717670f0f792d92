"""An answer as a modal view. Pure; opens nothing.

A view has the channel that it was opened from in its ``private_metadata``: the buttons in it act there.
https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.adapters.slack.render.blocks import Json, note, plain
from bot.adapters.slack.render.message import PageLimits, RenderContext, label
from bot.adapters.slack.render.reply import READING, PageRequest, reply_page
from bot.commands.request import Reply

TITLE_CHARS = 24
"""Of a view's title and of the labels of its two buttons."""
ANSWER_CALLBACK = "sheet"
"""The callback id of views that show an answer."""
MODAL_LIMITS = PageLimits(blocks=100 - 4, chars=40_000)
"""A view takes 100 blocks and 250 kB; a unit of text is up to 6 bytes of JSON.
https://docs.slack.dev/reference/methods/views.open#errors"""

_TITLES = {"incident": "Timeline"}


def answer_modal(
    reply: Reply, request: PageRequest, context: RenderContext, channel: str, page: int = 0, *, notice: str = ""
) -> Json:
    """``channel``: where it was opened from, ``""`` for nowhere: then it cannot be shared. ``notice``: whether the
    channel was notified of a change, as mrkdwn; it replaces the button to share."""
    shareable = bool(channel) and not notice
    rendered = reply_page(
        reply, request, replace(context, private=True), page, shareable=shareable, limits=MODAL_LIMITS
    )
    return modal_view(_title(request), [*([note(notice)] if notice else []), *rendered.blocks], channel)


def loading_modal(request: PageRequest, channel: str) -> Json:
    return modal_view(_title(request), [{"type": "section", "text": plain(READING)}], channel)


def modal_view(
    title: str, blocks: list[Json], metadata: str, *, callback: str = ANSWER_CALLBACK, submit: str = ""
) -> Json:
    """``submit``: the label of the button that sends its inputs off; a view with inputs has to have one."""
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title),
        "close": plain("Cancel" if submit else "Close"),
        "private_metadata": metadata,
        "blocks": blocks,
    }
    return view | {"submit": plain(submit)} if submit else view


def _title(request: PageRequest) -> str:
    return label(_TITLES.get(request.command, request.command.capitalize()), TITLE_CHARS)
