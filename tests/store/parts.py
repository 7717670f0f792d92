"""A store that goes over its channels in parts, and a process that is killed after the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.domain import Channel
from bot.store import Store
from bot.store.values import Recording
from tests.store.given import Route, catalog, reading, subscribe

CHANNELS = [Channel("list", "T1", f"c{number}") for number in range(7)]
AT_ONCE = 2


class Killed(Exception):
    """The process ends here."""


@contextmanager
def in_parts(url: str) -> Iterator[Store]:
    """All channels subscribe to Acme, which was read once and is well."""
    opened = Store(url, channels_at_once=AT_ONCE)
    catalog(opened)
    for channel in CHANNELS:
        subscribe(opened, channel, minutes=-9)
    opened.records.record(reading(minutes=-1), Route())
    yield opened
    opened.close()


def kill_after_the_first_part(store: Store, recording: Recording, route: Route | None = None) -> None:
    def kill(_: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        store.records.record(recording, route or Route(), kill)


def finish(store: Store, route: Route | None = None) -> int:
    """As many parts as there may be, some of them of channels that have it already."""
    return sum(store.records.go_on(route or Route()) for _ in range(2 * len(CHANNELS)))
