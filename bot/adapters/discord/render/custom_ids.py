"""Custom ids of buttons and forms: an action and a command, so that they still work after a restart. Pure.

A custom id begins with its action and a colon, ``run:incident github/abc``; that of a message's first button has the
mark of the message's act between them: ``run@1f0c22ab:incident github/abc``.
https://discord.com/developers/docs/components/reference#anatomy-of-a-component-custom-id
"""

from __future__ import annotations

from bot.adapters.discord.render.markdown import units
from bot.adapters.discord.render.marks import Mark
from bot.adapters.plain_text import one_line
from bot.domain import digest
from bot.message import Button, Opens

MAX_CUSTOM_ID = 100
"""UTF-16 units."""
MARK_CHARS = len("@12345678.100.100")
"""Room for the mark of an act."""
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


def custom_id(action: str, command: str, mark: Mark | None = None) -> str:
    """At most :data:`MAX_CUSTOM_ID` long, with an act's mark or without. A longer command is :func:`digested`, and the
    caller stores it by that."""
    command = one_line(command)
    marked = f"{action}@{mark}" if mark else action
    fits = units(f"{action}:{command}") <= MAX_CUSTOM_ID - MARK_CHARS
    return f"{marked}:{command if fits else digested(command)}"


def action_of(button: Button) -> str:
    return FORM if button.opens is Opens.FORM else RUN


def digested(command: str) -> str:
    """``#1f0c…``"""
    return f"{DIGEST_PREFIX}{digest(one_line(command))}"


def command_of(custom_id: str, action: str) -> str | None:
    """The command, or its :func:`digested` form; ``None`` for another action."""
    found, colon, command = custom_id.partition(":")
    return command if found.partition("@")[0] == action and colon else None
