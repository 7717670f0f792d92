"""The parts of Block Kit that are used everywhere. Pure.

https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.adapters.plain_text import one_line

Json = dict[str, Any]


def mrkdwn(text: str) -> Json:
    # verbatim: Slack links no bare addresses and reads no bare @names in it.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str) -> Json:
    """One line of it."""
    return {"type": "plain_text", "text": one_line(text) or "…", "emoji": False}


def section(text: str) -> Json:
    """``text``: mrkdwn."""
    return {"type": "section", "text": mrkdwn(text)}


def note(text: str) -> Json:
    """``text``: mrkdwn, in small print."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def actions(elements: Sequence[Json]) -> Json:
    return {"type": "actions", "elements": list(elements)}


CONFIRM_CHARS = 300
"""https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object"""


def button(action: str, label: str, value: str, confirm: str = "") -> Json:
    """``confirm``: what Slack asks before it reports the press, at most :data:`CONFIRM_CHARS`."""
    made: Json = {"type": "button", "action_id": action, "text": plain(label), "value": value}
    if confirm:
        made["confirm"] = {
            "title": plain("Are you sure?"),
            "text": plain(confirm),
            "confirm": plain("Yes"),
            "deny": plain("No"),
        }
    return made
