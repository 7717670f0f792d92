"""Whom a channel wants to be mentioned: what of a typed text Slack pings. Pure.

https://docs.slack.dev/messaging/formatting-message-text#mentioning-users
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.adapters.plain_text import one_line
from bot.adapters.slack.render.mrkdwn import literal, safe
from bot.domain import Mention
from bot.wording.errors import pings_nobody

MENTION = re.compile(
    r"<(?P<to>@(?P<id>[UW][A-Z0-9]{1,20})|!subteam\^S[A-Z0-9]{1,20}|!(?P<all>here|channel|everyone))"
    r"(?:\|@?(?P<name>[^<>|]{1,80}))?>"
    r"|(?<![\w@])@(?P<typed>here|channel|everyone)\b"
)
_NAMED = re.compile(r"<[^<>|]*\|([^<>]+)>")
MAX_GROUPS = 20
"""In a select; a card's line has no room for more."""
_BETWEEN = re.compile(r"[\s,;&+]+|\band\b")


@dataclass(frozen=True, slots=True)
class MentionTargets:
    """Whom a mention pings, for selects."""

    users: tuple[str, ...]
    """Their ids, each once."""
    groups: Mapping[str, str]
    """Slack's spelling, with the name to show."""


def mention_targets(typed: str) -> MentionTargets:
    users: dict[str, None] = {}
    groups: dict[str, str] = {}
    for found in MENTION.finditer(typed):
        if found["id"]:
            users[found["id"]] = None
        elif everybody := found["all"] or found["typed"]:
            groups[f"<!{everybody}>"] = f"@{everybody}"
        elif len(groups) < MAX_GROUPS:
            name = one_line(safe(found["name"] or "")).strip()
            groups[f"<{found['to']}|@{name}>" if name else f"<{found['to']}>"] = f"@{name}" if name else "A user group"
    return MentionTargets(tuple(users), groups)


def mention(typed: str) -> str:
    """The mentions that a user configured, as Slack takes them; anything else as plain text."""
    parts, at = [], 0
    for found in MENTION.finditer(typed):
        parts += [literal(one_line(typed[at : found.start()])), f"<{found['to'] or '!' + found['typed']}>"]
        at = found.end()
    return " ".join(part for part in [*parts, literal(one_line(typed[at:]))] if part)


def without_pings(text: str) -> str:
    """``@oncall`` for ``<!subteam^S1|@oncall>``: mentions as text that does not ping, and shows no id."""
    return MENTION.sub(lambda found: f"@{_name(found)}", text)


def _name(found: re.Match[str]) -> str:
    unnamed = "somebody" if found["id"] else "group"
    return found["name"] or found["all"] or found["typed"] or unnamed


def unpingable(typed: str) -> str | None:
    """Why not all of a typed mention would ping somebody; ``None`` where it would."""
    rest = _BETWEEN.sub(" ", MENTION.sub(" ", Mention.parse(typed).target)).strip()
    if not rest:
        return None
    remedy = "Pick it from the list Slack offers while you type @."
    return pings_nobody(_NAMED.sub(r"\1", rest), "Slack user or group", remedy)
