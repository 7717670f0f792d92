"""Updates that say the same again, shown once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.web.vendor_page import ShownUpdate


class Said(NamedTuple):
    newest: ShownUpdate
    times: int
    first: ShownUpdate
    edited: bool
    """One of them was."""


def said(updates: Sequence[ShownUpdate]) -> list[Said]:
    """``updates``: newest first, as what comes of it. One joins those next to it that have its phase and text."""
    told: list[Said] = []
    for update in updates:
        newer = told[-1] if told else None
        if newer and (newer.newest.phase, newer.newest.text) == (update.phase, update.text):
            told[-1] = Said(newer.newest, newer.times + 1, update, newer.edited or update.edited)
        else:
            told.append(Said(update, 1, update, update.edited))
    return told
