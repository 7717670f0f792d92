"""Updates that say the same again, shown once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
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
    runs = (list(run) for _, run in groupby(updates, key=lambda update: (update.phase, update.text)))
    return [Said(run[0], len(run), run[-1], any(update.edited for update in run)) for run in runs]
