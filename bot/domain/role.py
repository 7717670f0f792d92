"""Roles: what a process that runs the bot does. Several processes on one database may share them out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum


class Role(StrEnum):
    POLL = "poll"
    """Reads the pages, and lets go of what is old."""
    DELIVER = "deliver"
    """Posts: cards, boards, digests, notices."""
    SLACK = "slack"
    """Listens to Slack: commands, buttons, the Home tab."""
    DISCORD = "discord"
    """Listens to Discord."""
    WEB = "web"
    """Serves pages, feeds, dashboards and the HTTP API."""


ALL_ROLES = frozenset(Role)


class UnknownRole(ValueError):
    """The message names the word and what it may have been meant for."""


def parse_roles(words: Iterable[str]) -> frozenset[Role]:
    """Raises :class:`UnknownRole`, also where there is no word."""
    named = [word.strip().lower() for word in words if word.strip()]
    names = [role.value for role in Role]
    for word in named:
        if word not in names:
            close = get_close_matches(word, names, 1, cutoff=0.4)
            nearest = f", the nearest is {close[0]}" if close else ""
            raise UnknownRole(f"“{word}” is no role{nearest}: write some of {', '.join(names)}")
    if not named:
        raise UnknownRole(f"no role is named: write some of {', '.join(names)}")
    return frozenset(map(Role, named))


def in_order(roles: Iterable[Role]) -> tuple[Role, ...]:
    """As they are listed everywhere."""
    given = set(roles)
    return tuple(role for role in Role if role in given)
