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


def button(action: str, label: str, value: str) -> Json:
    return {"type": "button", "action_id": action, "text": plain(label), "value": value}
