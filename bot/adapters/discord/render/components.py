"""Buttons in rows. Pure. https://discord.com/developers/docs/components/reference"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.adapters.discord.render.custom_ids import action_of, custom_id
from bot.adapters.discord.render.markdown import cut, is_blank, link_url
from bot.adapters.discord.render.marks import Mark
from bot.adapters.plain_text import one_line
from bot.message import Button, Link

Body = dict[str, Any]

MAX_LABEL = 80
MAX_ROW_BUTTONS = 5
MAX_BUTTONS = 25
EMPTY_TEXT = "—"
SECONDARY_STYLE, LINK_STYLE = 2, 5


def components(buttons: Sequence[Button], mark: Mark | None = None) -> list[Body]:
    """Rows of buttons; of two with the same custom id the first. The first one carries the mark."""
    unique = {custom_id(action_of(button), button.command): button for button in reversed(buttons)}
    bodies = [
        button_body(custom_id(action_of(button), button.command, None if number else mark), button.label)
        for number, button in enumerate([*reversed(unique.values())][:MAX_BUTTONS])
    ]
    return [action_row(bodies[at : at + MAX_ROW_BUTTONS]) for at in range(0, len(bodies), MAX_ROW_BUTTONS)]


def single_row(buttons: Sequence[Button], page: Link | None, mark: Mark | None) -> list[Body]:
    """One row, at whose end a button leads to a page: what fits a phone's width."""
    url = link_url(page.url) if page else None
    last = [{"type": 2, "style": LINK_STYLE, "label": "Status page", "url": url}] if url else []
    rows = components(buttons[: MAX_ROW_BUTTONS - len(last)], mark)
    bodies = [*(rows[0]["components"] if rows else ()), *last]
    return [action_row(bodies)] if bodies else []


def action_row(buttons: Sequence[Body]) -> Body:
    return {"type": 1, "components": list(buttons)}


def button_body(custom_id: str, label: str) -> Body:
    label = cut(one_line(label), MAX_LABEL)
    return {
        "type": 2,
        "style": SECONDARY_STYLE,
        "label": EMPTY_TEXT if is_blank(label) else label,
        "custom_id": custom_id,
    }
