"""The watchdog is pinged while all is well, and hears nothing while it is not."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from bot.app.watchdog_ping import WatchdogPing
from bot.monitor.responses import Answer, FetchFailed, FetchFailure
from bot.store.values import Validator

URL = "https://watchdog.example/ping/secret"


class Watchdog:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = False

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        self.asked.append(url)
        return FetchFailed(FetchFailure.HTTP_STATUS, f"{url} answers with 500." if self.refuses else "no body")


def test_a_ping_a_turn_while_all_is_well() -> None:
    watchdog, well = Watchdog(), [True, False, True]

    async def is_well() -> bool:
        return well.pop(0)

    async def turns() -> None:
        ping = WatchdogPing(URL, watchdog, is_well)
        for _ in range(3):
            await ping.ping()

    asyncio.run(turns())
    assert watchdog.asked == [URL, URL]


def test_a_watchdog_that_cannot_be_reached_is_logged_once_and_its_address_never() -> None:
    watchdog = Watchdog()
    watchdog.refuses = True

    async def is_well() -> bool:
        return True

    async def turns() -> None:
        ping = WatchdogPing(URL, watchdog, is_well)
        for _ in range(3):
            await ping.ping()

    with capture_logs() as logs:
        asyncio.run(turns())
    assert [entry["event"] for entry in logs] == ["watchdog.ping_failed"]
    assert "secret" not in str(logs)


def test_it_ends_at_once_when_the_bot_stops() -> None:
    async def is_well() -> bool:
        return True

    async def stopped() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(WatchdogPing(URL, Watchdog(), is_well).run(stop))
        await asyncio.sleep(0)
        stop.set()
        await asyncio.wait_for(running, 5)

    asyncio.run(stopped())
