"""What a chat platform wants served over HTTP. The app serves it with its own pages, on one server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


@dataclass(frozen=True, slots=True)
class Served:
    """``app`` answers all paths that begin with ``prefix``."""

    app: AsgiApp
    prefix: str
    """``/slack/``"""
    host: str
    port: int
    """A port where it is served alone, too; 0: none."""
    settings: str
    """The names of the settings of host and port, for a sentence."""
