"""One call through discord.py's own HTTP client to a local server: limits, repeats, lost answers."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from aiohttp import web
from discord.http import Route
from structlog.testing import capture_logs

from bot.adapters.discord.api.calls import Calls, trace_config
from bot.adapters.discord.api.errors import UnknownChannel
from bot.adapters.discord.api.rate_limit import WINDOW_S, RateLimiter
from bot.delivery.port import DeliveryError, OutcomeUnknown, RetryLater

POST = "/channels/{channel_id}/messages"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


class Local:
    """Answers with what is lined up, then with an id. ``bodies``: what came."""

    def __init__(self) -> None:
        self.answers: list[Callable[[], web.Response]] = []
        self.bodies: list[Any] = []

    async def handle(self, request: web.Request) -> web.Response:
        if request.path.endswith("/users/@me"):
            return answer(200, {"id": "1", "username": "bot", "discriminator": "0", "avatar": None})
        self.bodies.append(await request.json())
        return self.answers.pop(0)() if self.answers else answer(200, {"id": "7"})


def answer(status: int, body: Any, **headers: str) -> web.Response:
    # discord.py reads JSON only where the header says exactly this.
    text = discord.utils._to_json(body)
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": "application/json", **headers})


@asynccontextmanager
async def calls_to(local: Local, limiter: RateLimiter) -> AsyncIterator[Calls]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", local.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    before, Route.BASE = Route.BASE, f"http://127.0.0.1:{port}"
    client = discord.Client(intents=discord.Intents.none(), http_trace=trace_config(limiter))
    try:
        await client.http.static_login("token")
        calls = Calls(client, limiter)
        yield calls
        calls.leave()
    finally:
        await client.http.close()
        await runner.cleanup()
        Route.BASE = before


def fast() -> RateLimiter:
    return RateLimiter(time.monotonic, 10**6)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_a_short_limit_is_waited_for_and_a_long_one_is_left_to_delivery() -> None:
    async def story() -> None:
        local = Local()
        async with calls_to(local, fast()) as calls:
            short = {"message": "limited", "retry_after": 0.01, "global": False}
            local.answers = [lambda: answer(429, short, Via="1.1 google")]
            assert (await calls("POST", POST, "5", json={"content": "x"}))["id"] == "7"
            assert len(local.bodies) == 2
            long = {**short, "retry_after": 47.5}
            local.answers = [lambda: answer(429, long, Via="1.1 google")]
            with pytest.raises(RetryLater) as later:
                await calls("POST", POST, "6", json={"content": "x"})
            assert later.value.delay_s == 47.5
            with pytest.raises(RetryLater):
                await calls("POST", POST, "6", json={"content": "x"})
            assert len(local.bodies) == 3, "not asked again before its time"
            local.answers = [lambda: answer(429, long)]
            with pytest.raises(RetryLater) as later:
                await calls("POST", POST, "7", json={"content": "x"})
            assert later.value.delay_s > 60, "Cloudflare's own refusal"

    run(story())


def bucket(remaining: int, reset_s: float) -> Callable[[], web.Response]:
    limits = {"Limit": "5", "Remaining": str(remaining), "Reset-After": str(reset_s), "Bucket": "b"}
    return lambda: answer(200, {"id": "7"}, **{f"X-RateLimit-{name}": value for name, value in limits.items()})


def test_a_bucket_is_used_up_and_then_left_alone_until_it_is_full_again() -> None:
    async def story() -> None:
        local = Local()
        async with calls_to(local, fast()) as calls:
            local.answers = [bucket(left, 5.0) for left in (4, 3, 2, 1, 0)]
            for _ in range(5):
                await calls("POST", POST, "5", json={})
            with pytest.raises(RetryLater) as later:
                await calls("POST", POST, "5", json={})
            assert 4 < later.value.delay_s <= 5
            assert len(local.bodies) == 5, "the sixth would only have been refused"
            await calls("POST", POST, "6", json={})
            assert len(local.bodies) == 6, "another channel has another bucket"
            local.answers = [bucket(0, 0.02)]
            await calls("POST", POST, "8", json={})
            await calls("POST", POST, "8", json={})
            assert len(local.bodies) == 8, "a short wait is waited"

    run(story())


def test_the_last_call_of_a_bucket_ends_with_its_answer() -> None:
    """discord.py's limiter waits for the bucket before it returns: an hour for the tenth publication."""

    async def story() -> None:
        local = Local()
        async with calls_to(local, fast()) as calls:
            local.answers = [bucket(0, 3_600.0)]
            async with asyncio.timeout(2):
                assert (await calls("POST", POST, "5", json={}))["id"] == "7"
                limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "3600"}
                local.answers = [lambda: answer(404, {"message": "Unknown Channel", "code": 10003}, **limits)]
                with pytest.raises(UnknownChannel):
                    await calls("POST", POST, "6", json={})

    run(story())


def test_calls_under_way_at_once_are_counted_before_their_answers() -> None:
    async def story() -> None:
        local = Local()
        async with calls_to(local, fast()) as calls:
            local.answers = [bucket(left, 5.0) for left in (2, 1, 0)]
            await calls("POST", POST, "5", json={})
            outcomes = await asyncio.gather(
                *(calls("POST", POST, "5", json={}) for _ in range(5)), return_exceptions=True
            )
            refused = [outcome for outcome in outcomes if isinstance(outcome, RetryLater)]
            assert (len(refused), len(local.bodies)) == (3, 3)

    run(story())


@pytest.mark.parametrize("named", ["", "soon", "-1", "nan", "inf", "9" * 400])
def test_headers_that_are_no_numbers_limit_nothing(named: str) -> None:
    async def story() -> None:
        local = Local()
        async with calls_to(local, fast()) as calls:
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "0.01"}
            local.answers = [lambda: answer(429, {"retry_after": named}, Via="1.1 google", **{"Retry-After": named})]
            with pytest.raises(Exception):  # noqa: B017, PT011 (discord.py waits for a text)
                await calls("POST", POST, "5", json={})
            local.answers = [lambda: answer(200, {"id": "7"}, **headers)]
            assert (await calls("POST", POST, "6", json={}))["id"] == "7"

    run(story())


def test_the_limit_over_all_servers_stops_every_channel_and_what_others_used_up_is_not_counted() -> None:
    async def story() -> None:
        local, now = Local(), [0.0]
        async with calls_to(local, RateLimiter(lambda: now[0], 10**9, max_refused=2)) as calls:
            limited = {"message": "limited", "retry_after": 3.0, "global": True}
            headers = {"Via": "1.1 google", "Retry-After": "3", "X-RateLimit-Global": "true"}
            local.answers = [lambda: answer(429, limited, **headers, **{"X-RateLimit-Scope": "global"})]
            for place in ("5", "6"):
                with pytest.raises(RetryLater) as later:
                    await calls("POST", POST, place, json={})
                assert later.value.delay_s == 3
            assert len(local.bodies) == 1
            now[0] += 3.1
            shared = {**headers, "X-RateLimit-Scope": "shared"}
            for _ in range(3):
                local.answers = [lambda: answer(429, {**limited, "global": False}, **shared)]
                with pytest.raises(RetryLater):
                    await calls("POST", POST, "5", json={})
                now[0] += 3.1
            assert await calls("POST", POST, "5", json={})

    run(story())


def test_what_nothing_protects_is_not_repeated() -> None:
    async def story() -> None:
        local = Local()
        async with calls_to(local, fast()) as calls:
            local.answers = [lambda: answer(502, {})]
            with pytest.raises(OutcomeUnknown):
                await calls("POST", POST, "5", json={"name": "post"}, once=True)
            assert len(local.bodies) == 1
            local.answers = [lambda: answer(502, {})]
            await calls("POST", POST, "5", json={"nonce": "k"})
            assert [body.get("nonce") for body in local.bodies[1:]] == ["k", "k"], "the nonce makes it one message"

    run(story())


def test_a_refused_token_ends_everything() -> None:
    async def story() -> None:
        local = Local()
        async with calls_to(local, fast()) as calls:
            local.answers = [lambda: answer(401, {"message": "401: Unauthorized", "code": 0})]
            with pytest.raises(RetryLater):
                await calls("POST", POST, "5", json={})
            assert calls.token_refused.is_set()

    run(story())


def test_a_refusal_is_raised_and_nothing_else_tells_of_it() -> None:
    """asyncio reports a task whose exception nobody took."""

    async def work() -> list[dict[str, Any]]:
        local, told = Local(), list[dict[str, Any]]()
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with calls_to(local, fast()) as calls:
            for status in (401, 403, 404):
                local.answers = [lambda: answer(status, {"code": 0, "message": "no"})]  # noqa: B023
                with pytest.raises(DeliveryError):
                    await calls("POST", POST, "1", json={})
        gc.collect()
        return told

    assert run(work()) == []


def test_refusals_stop_before_discord_bans_the_address() -> None:
    async def story() -> None:
        local, now = Local(), [0.0]
        async with calls_to(local, RateLimiter(lambda: now[0], 10**9, max_refused=3)) as calls:
            for _ in range(3):
                local.answers = [lambda: answer(403, {"message": "Missing Access", "code": 50001})]
                with pytest.raises(Exception, match="cannot see"):
                    await calls("POST", POST, "5", json={})
            with pytest.raises(RetryLater, match="ban"):
                await calls("POST", POST, "5", json={})
            assert len(local.bodies) == 3
            now[0] += WINDOW_S + 1
            assert await calls("POST", POST, "5", json={})

    run(story())


def test_no_more_requests_in_a_second_than_discord_takes() -> None:
    async def story() -> list[float]:
        loop = asyncio.get_running_loop()
        limiter, went = RateLimiter(loop.time, 200), []

        async def one() -> None:
            await limiter.acquire()
            went.append(loop.time())

        await asyncio.gather(*(one() for _ in range(100)))
        return went

    went = run(story())
    assert went[-1] - went[0] >= 99 / 200 * 0.95


def test_in_no_second_are_there_more_requests_than_discord_takes_however_late_the_machine_is() -> None:
    """Requests that were held up do not all go at once, together with those that are due."""

    async def story() -> list[float]:
        loop = asyncio.get_running_loop()
        limiter, went = RateLimiter(loop.time, 40, per_s=0.2), []

        async def one() -> None:
            await limiter.acquire()
            went.append(loop.time())

        waiting = asyncio.gather(*(one() for _ in range(120)))
        for _ in range(3):
            await asyncio.sleep(0.05)
            time.sleep(0.1)  # noqa: ASYNC251 (the machine does something else)
        await waiting
        return went

    went = run(story())
    assert max(sum(at <= later < at + 0.2 for later in went) for at in went) <= 40
