"""A modal's data as discord.py's objects, which it takes."""

from __future__ import annotations

from typing import Any

import discord

from bot.adapters.discord.render.components import Body
from bot.adapters.discord.render.modal_parts import MENTIONABLE_SELECT, STRING_SELECT, TEXT_DISPLAY

Component = discord.ui.Select[Any] | discord.ui.MentionableSelect[Any] | discord.ui.TextInput[Any]


def as_modal(data: Body) -> discord.ui.Modal:
    """Stopped: it is sent, but not kept to wait for its answer, which may come to another process."""
    modal = discord.ui.Modal(title=data["title"], custom_id=data["custom_id"], timeout=None)
    for one in data["components"]:
        if one["type"] == TEXT_DISPLAY:
            modal.add_item(discord.ui.TextDisplay(one["content"]))
        else:
            component = _component(one["component"])
            modal.add_item(discord.ui.Label(text=one["label"], description=one["description"], component=component))
    modal.stop()
    return modal


def _component(data: Body) -> Component:
    if data["type"] == STRING_SELECT:
        options = [discord.SelectOption(**option) for option in data["options"]]
        return discord.ui.Select(options=options, **_range(data))
    if data["type"] == MENTIONABLE_SELECT:
        defaults = [
            discord.SelectDefaultValue(id=int(one["id"]), type=discord.SelectDefaultValueType(one["type"]))
            for one in data.get("default_values", ())
        ]
        return discord.ui.MentionableSelect(default_values=defaults, **_range(data))
    return discord.ui.TextInput(
        custom_id=data["custom_id"],
        style=discord.TextStyle(data["style"]),
        required=data["required"],
        max_length=data["max_length"],
        placeholder=data["placeholder"],
        default=data.get("value"),
    )


def _range(data: Body) -> dict[str, Any]:
    return {
        "custom_id": data["custom_id"],
        "required": data["required"],
        "min_values": data.get("min_values", 1),
        "max_values": data.get("max_values", 1),
    }
