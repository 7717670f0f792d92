"""A reply as what Slack shows: pages of it, with buttons to turn them and to share a private one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.render.blocks import Json, actions, button, note
from bot.adapters.slack.render.message import MESSAGE, VALUE_CHARS, Rendered, Room, Voice, answer
from bot.adapters.slack.render.mrkdwn import safe
from bot.commands.help import command_named
from bot.commands.request import Reply
from bot.commands.table import COMMANDS

PAGE = "page"
"""The action id of buttons that turn pages begins with this."""
SHARE = "share"

READING = "Still reading the status page; the answer follows."


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A line that can be asked again: ``status dyspatch``."""

    command: str
    text: str

    @property
    def line(self) -> str:
        return safe(f"{self.command} {self.text}").strip()

    @property
    def looks_up(self) -> bool:
        """Asking it again changes nothing."""
        command = command_named(self.command, COMMANDS)
        return command is not None and not command.public


def shown(
    reply: Reply, asked: PageRequest, voice: Voice, page: int = 0, *, shareable: bool = True, room: Room = MESSAGE
) -> Rendered:
    """The page of the answer, numbered from 0, or the last one if there are fewer by now. Up to two blocks more than
    the ``room``."""
    pages = answer(reply.messages, voice, room)
    page = min(max(page, 0), len(pages) - 1)
    elements: list[Json] = []
    repeatable = asked.looks_up and len(f"0000 {asked.line}") <= VALUE_CHARS // 2
    if repeatable and page > 0:
        elements.append(button(f"{PAGE}:back", "‹ Back", f"{page - 1} {asked.line}"))  # noqa: RUF001
    if repeatable and page + 1 < len(pages):
        elements.append(button(f"{PAGE}:next", f"Page {page + 2} of {len(pages)} ›", f"{page + 1} {asked.line}"))  # noqa: RUF001
    if repeatable and shareable and reply.shareable:
        elements.append(button(SHARE, "Share", f"{page} {asked.line}"))
    below: list[Json] = [actions(elements)] if elements else []
    if len(pages) > page + 1 and not repeatable:
        below.append(note(f"Page {page + 1} of {len(pages)}: ask for less to see the rest."))
    return Rendered(pages[page].text, (*pages[page].blocks, *below))


def payload(rendered: Rendered, *, public: bool, replace: bool = False) -> dict[str, Any]:
    """For an acknowledgement or a ``response_url``. ``replace``: the message whose button was pressed."""
    return {
        "response_type": "in_channel" if public else "ephemeral",
        "replace_original": replace,
        "text": rendered.text,
        "blocks": list(rendered.blocks),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def posted(rendered: Rendered, channel: str) -> dict[str, Any]:
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


def turned(value: str) -> tuple[int, str]:
    """Page and line that a button of ours carries."""
    number, _, line = value.partition(" ")
    return (int(number) if number.isdecimal() and len(number) < 5 else 0), line
