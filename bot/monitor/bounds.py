"""How much one page may list. Pure."""

from __future__ import annotations

from typing import TypeVar

from bot.domain import Snapshot
from bot.monitor.provider import History, ParseFailed

Facts = TypeVar("Facts", Snapshot, History)

MAX_FACTS = 20_000
"""Components, incidents and updates of one reading: many times what pages list. Each is a row, written while nobody
else can write."""
MAX_ID_CHARS = 500
"""What is longer has no room in a PostgreSQL index, whose rows end at 2,704 bytes."""


def bounded(reading: Facts) -> Facts:
    """Raises :class:`ParseFailed` for a page that lists more than the store is to take in at once, or longer ids."""
    ids = [incident.id for incident in reading.incidents]
    ids += [update.id for incident in reading.incidents for update in incident.updates]
    if isinstance(reading, Snapshot):
        ids += [component.id for component in reading.components]
    if len(ids) > MAX_FACTS:
        raise ParseFailed(f"The page lists more than {MAX_FACTS:,} components, incidents and updates.")
    if max(map(len, ids), default=0) > MAX_ID_CHARS:
        raise ParseFailed(f"The page has an id of more than {MAX_ID_CHARS} characters.")
    return reading
