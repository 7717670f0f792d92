"""Whatever a platform's library raises, it is connected anew, and the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from bot.adapters.reconnect import MAX_PAUSE_S, MIN_PAUSE_S, Pacing, pause_s, stay_connected
from bot.delivery.port import OutcomeUnknown, RetryLater


@dataclass
class Hours:
    """A clock that only waiting moves."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def pacing(self) -> Pacing:
        return Pacing(lambda: self.now, self.sleep, lambda: 0.0)


class Refused(Exception):
    pass


def connections(hours: Hours, *ends: Exception | float | None) -> list[str]:
    """One after another, each ended by an exception, or by itself after so many seconds; then stopped."""
    left, stop = list(ends), asyncio.Event()

    async def connect() -> None:
        if not left:
            stop.set()
            return
        match left.pop(0):
            case Exception() as error:
                raise error
            case float() as lasted:
                hours.now += lasted

    with capture_logs() as logs:
        asyncio.run(stay_connected("chat", connect, stop, hours.pacing, fatal=(Refused,)))
    assert not left
    return [str(line["error"]) for line in logs]


def test_the_pauses_grow_from_ten_seconds_to_five_minutes_and_are_spread() -> None:
    assert [pause_s(n, 0.0) for n in (1, 2, 3, 4, 5, 6, 5_000)] == [10, 20, 40, 80, 150, 150, 150]
    assert all(MIN_PAUSE_S <= pause_s(n, jitter) <= MAX_PAUSE_S for n in range(1, 40) for jitter in (0.0, 0.5, 1.0))
    assert pause_s(9, 1.0) == MAX_PAUSE_S


def test_whatever_ends_a_connection_there_is_another() -> None:
    hours = Hours()
    said = connections(hours, KeyError("id"), OutcomeUnknown("HTTP 503"), RetryLater(4_000), None)
    assert hours.waits == [10, 20, 4_000, 80]
    assert said == ["KeyError('id')", "HTTP 503", "rate limited: again in 4000 s", "the connection ended"]


def test_a_connection_that_was_good_for_long_begins_the_pauses_anew() -> None:
    hours = Hours()
    connections(hours, ValueError(), ValueError(), 7_200.0, ValueError())
    assert hours.waits == [10, 20, 10, 20]


def test_what_is_fatal_ends_it() -> None:
    with pytest.raises(Refused):
        connections(Hours(), ValueError(), Refused())


def test_a_stop_ends_a_pause() -> None:
    async def story(sleep: Callable[[float], asyncio.Future[None]]) -> None:
        stop = asyncio.Event()

        async def connect() -> None:
            asyncio.get_running_loop().call_soon(stop.set)
            raise OSError

        await asyncio.wait_for(stay_connected("chat", connect, stop, Pacing(lambda: 0.0, sleep)), 10)

    with capture_logs():
        asyncio.run(story(lambda _: asyncio.get_running_loop().create_future()))
