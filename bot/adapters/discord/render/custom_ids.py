"""What a button carries: a command, so that it still works after a restart. Pure.

A custom id begins with the word of its owner and a colon: ``run:incident github/abc``. Other owners take other words.
https://discord.com/developers/docs/components/reference#anatomy-of-a-component-custom-id
"""

from __future__ import annotations

from bot.adapters.discord.render.markdown import units
from bot.adapters.plain_text import one_line
from bot.domain import digest
from bot.message import Button, Opens

MAX_CUSTOM_ID = 100
RUN = "run"
"""Answers to whoever pressed it alone, unless the answer is a change."""
SHARE = "share"
"""Answers to the whole channel."""
FORM = "form"
"""Shows the form of the command, and is the form's own id."""
FORM_AGAIN = "again"
"""The same with what was filled in before."""
DIGEST_PREFIX = "#"
"""A command too long to be carried: what follows is its digest."""


def custom_id(action: str, command: str) -> str:
    """At most :data:`LIMIT` long. Whoever gives a longer command keeps it by :func:`short`."""
    command = one_line(command)
    full = f"{action}:{command}"
    return full if units(full) <= MAX_CUSTOM_ID else f"{action}:{digested(command)}"


def action_of(button: Button) -> str:
    return FORM if button.opens is Opens.FORM else RUN


def digested(command: str) -> str:
    """``#1f0c…``"""
    return f"{DIGEST_PREFIX}{digest(one_line(command))}"


def command_of(custom_id: str, action: str) -> str | None:
    """The command, or its :func:`short` form, ``None`` for a button of another owner."""
    found, colon, command = custom_id.partition(":")
    return command if found == action and colon else None
