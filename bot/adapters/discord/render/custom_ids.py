"""Custom ids of buttons and forms: an action and a command, so that they still work after a restart. Pure.

A custom id begins with its action and a colon: ``run:incident github/abc``.
https://discord.com/developers/docs/components/reference#anatomy-of-a-component-custom-id
"""

from __future__ import annotations

from bot.adapters.discord.render.markdown import units
from bot.adapters.plain_text import one_line
from bot.domain import digest
from bot.message import Button, Opens

MAX_CUSTOM_ID = 100
"""UTF-16 units."""
RUN = "run"
"""Runs the command; the answer is private unless it changes something."""
SHARE = "share"
"""Runs the command; the answer is public."""
FORM = "form"
"""Shows the command's form, and is that form's own custom id."""
FORM_AGAIN = "again"
"""The same with the draft that was filled in before."""
DIGEST_PREFIX = "#"
"""Before the digest of a command that is too long."""


def custom_id(action: str, command: str) -> str:
    """At most :data:`MAX_CUSTOM_ID` long. A longer command is :func:`digested`, and the caller stores it by that."""
    command = one_line(command)
    full = f"{action}:{command}"
    return full if units(full) <= MAX_CUSTOM_ID else f"{action}:{digested(command)}"


def action_of(button: Button) -> str:
    return FORM if button.opens is Opens.FORM else RUN


def digested(command: str) -> str:
    """``#1f0c…``"""
    return f"{DIGEST_PREFIX}{digest(one_line(command))}"


def command_of(custom_id: str, action: str) -> str | None:
    """The command, or its :func:`digested` form; ``None`` for another action."""
    found, colon, command = custom_id.partition(":")
    return command if found == action and colon else None
