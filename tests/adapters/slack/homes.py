"""What stands on people's Home tabs: what a workspace subscribes to, and what each person reads and presses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain import Channel, Filter, Slug, Subscription
from bot.routing import route
from tests.adapters.slack.judge import texts
from tests.adapters.slack.rig import Rig
from tests.adapters.slack.workspace import TEAM
from tests.commands.talk import NOW, Talk, ago, incident, said

SECRET = "C9SECRET"
PUBLIC = "C2PUBLIC"


def subscribe(one: Rig, channel: str, *slugs: str, workspace: str = TEAM, **more: Any) -> None:
    for slug in slugs:
        wish = Subscription(
            Channel("slack", workspace, channel), Slug(slug), more.get("filter", Filter()), "U1", NOW, None
        )
        one.store.channels.subscribe(wish, route)


def outage(one: Rig, slug: str = "github", id: str = "i1", title: str = "Actions are down", **more: Any) -> None:
    trouble = incident(slug, id, title, ago(hours=1), said(1, ago(minutes=20), "We look into it."))
    Talk(one.store).reading(slug, incidents=[replace(trouble, **more)])


def seen(one: Rig, user: str = "U1") -> str:
    return "\n".join(texts(one.slack.homes[user]["blocks"]))


def buttons(shown: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Action id to label and value."""
    found = [element for block in shown["blocks"] for element in block.get("elements", [])]
    found += [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    return {e["action_id"]: (e["text"]["text"], e["value"]) for e in found if e["type"] == "button"}


def pick(shown: dict[str, Any], label: str, among: str = "") -> tuple[str, str]:
    """Action id and value of the first button that is labelled so, and whose value holds this."""
    return next((id, value) for id, (text, value) in buttons(shown).items() if text == label and among in value)
