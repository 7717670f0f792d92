"""A reply as what Slack shows: pages of it, with buttons to turn them and to share a private one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.render.blocks import Json, actions, button, note
from bot.adapters.slack.render.message import MESSAGE_LIMITS, VALUE_CHARS, PageLimits, RenderContext, Rendered, answer
from bot.adapters.slack.render.mrkdwn import safe
from bot.commands.help import command_named
from bot.commands.request import Reply
from bot.commands.table import COMMANDS

ACTION_PAGE = "page"
"""The action id of buttons that turn pages begins with this."""
ACTION_SHARE = "share"

READING = "Still reading the status page; the answer follows."


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A command line that a button can repeat: ``status dyspatch``."""

    command: str
    text: str

    @property
    def line(self) -> str:
        return safe(f"{self.command} {self.text}").strip()

    @property
    def looks_up(self) -> bool:
        """Whether repeating it changes nothing."""
        command = command_named(self.command, COMMANDS)
        return command is not None and not command.public


def reply_page(
    reply: Reply,
    request: PageRequest,
    context: RenderContext,
    page: int = 0,
    *,
    shareable: bool = True,
    limits: PageLimits = MESSAGE_LIMITS,
) -> Rendered:
    """The page of the answer, numbered from 0, or the last one if there are fewer by now. Up to two blocks more than
    the ``limits``."""
    pages = answer(reply.messages, context, limits)
    page = min(max(page, 0), len(pages) - 1)
    elements: list[Json] = []
    repeatable = request.looks_up and len(f"0000 {request.line}") <= VALUE_CHARS // 2
    if repeatable and page > 0:
        elements.append(button(f"{ACTION_PAGE}:back", "‹ Back", f"{page - 1} {request.line}"))  # noqa: RUF001
    if repeatable and page + 1 < len(pages):
        next_label = f"Page {page + 2} of {len(pages)} ›"  # noqa: RUF001
        elements.append(button(f"{ACTION_PAGE}:next", next_label, f"{page + 1} {request.line}"))
    if repeatable and shareable and reply.shareable:
        elements.append(button(ACTION_SHARE, "Share", f"{page} {request.line}"))
    below: list[Json] = [actions(elements)] if elements else []
    if len(pages) > page + 1 and not repeatable:
        below.append(note(f"Page {page + 1} of {len(pages)}: ask for less to see the rest."))
    return Rendered(pages[page].text, (*pages[page].blocks, *below))


def response_payload(rendered: Rendered, *, public: bool, replace: bool = False) -> dict[str, Any]:
    """For an acknowledgement or a ``response_url``. ``replace``: the message whose button was pressed."""
    return {
        "response_type": "in_channel" if public else "ephemeral",
        "replace_original": replace,
        "text": rendered.text,
        "blocks": list(rendered.blocks),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def post_args(rendered: Rendered, channel: str) -> dict[str, Any]:
    """For ``chat.postMessage``."""
    return {
        "channel": channel,
        "text": rendered.text,
        "blocks": list(rendered.blocks),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def with_note(rendered: Rendered, text: str) -> Rendered:
    """``text``: mrkdwn, in small print below."""
    return Rendered(rendered.text, (*rendered.blocks, note(text)))


def parse_page(value: str) -> tuple[int, str]:
    """From a button's value: the page, numbered from 0, and the command line."""
    number, _, line = value.partition(" ")
    return (int(number) if number.isdecimal() and len(number) < 5 else 0), line
