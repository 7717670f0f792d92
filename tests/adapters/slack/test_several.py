"""Two processes that listen to Slack on one database: any of them answers any request, and each is answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.options import ConnectionMode, SlackOptions
from bot.app.store_memory import StoreMemory
from bot.store import Store
from bot.threads import Threads
from tests.adapters.slack.api.server import served
from tests.adapters.slack.api.test_http import Web
from tests.adapters.slack.api.test_socket import envelope
from tests.adapters.slack.rig import (
    GUARD_S,
    PATIENT,
    Rig,
    dispatch,
    event,
    in_view,
    pressed,
    sent_off,
    slash,
    typed_in,
)
from tests.adapters.slack.workspace import APP_TOKEN, BOT_TOKEN, BOT_USER, CHANNEL, FakeSlack
from tests.commands.talk import CATALOG, NOW
from tests.databases import Postgres
from tests.store.test_processes import identity

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@contextmanager
def pair(postgres: Postgres, **options: Any) -> Iterator[tuple[Rig, Rig]]:
    with postgres.database() as url, FakeSlack() as slack:
        basis = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "signing_secret": "secret", "api_url": slack.url}
        settings = SlackOptions(**{"mode": ConnectionMode.SOCKET, "deadlines": PATIENT, **basis, **options})
        both = []
        for name in ("one", "two"):
            store, threads = Store(url, identity(name)), Threads(2)
            store.pages.sync_catalog(list(CATALOG), NOW, 0)
            both.append(Rig(slack, store, threads, settings))
        try:
            yield both[0], both[1]
        finally:
            for rig in both:
                rig.threads.close()
                rig.store.close()


def together(one: Rig, two: Rig, work: Callable[[Any, Any], Coroutine[Any, Any, None]]) -> None:
    """``work`` with the apps of both."""

    async def within() -> None:
        for rig in (one, two):
            rig.memory = StoreMemory(rig.store, rig.threads, lambda: NOW)
        async with asyncio.timeout(GUARD_S), one.app() as a, two.app() as b:
            await work(a, b)

    asyncio.run(within())


def test_an_envelope_that_comes_again_to_another_process_gets_the_answer_of_the_first(postgres: Postgres) -> None:
    with pair(postgres) as (one, two):
        slack = one.slack

        async def work(a: Any, b: Any) -> None:
            stop, running = asyncio.Event(), []
            for app in (a, b):
                connected = slack.connections
                running.append(asyncio.create_task(app.run(stop)))
                await asyncio.to_thread(slack.wait_for, lambda before=connected: slack.connections > before)  # type: ignore[misc]
            asking = envelope("e1", "slash_commands", slash("/subscribe", "github"))
            said = {"channel": CHANNEL, "user": "U1", "text": f"<@{BOT_USER}> status github", "ts": "1.1"}
            heard = envelope("e2", "events_api", event("app_mention", id="Ev1", **said))
            for frame in (asking, heard):
                await asyncio.to_thread(slack.send, frame, socket=0)
            await asyncio.to_thread(slack.wait_for, lambda: len(slack.acks) == 2 and slack.called("chat.postMessage"))
            for frame in (asking, {**heard, "envelope_id": "e3"}):
                await asyncio.to_thread(slack.send, {**frame, "retry_attempt": 1}, socket=1)
            await asyncio.to_thread(slack.wait_for, lambda: len(slack.acks) == 4)
            stop.set()
            await asyncio.gather(*running)

        together(one, two, work)
        commands = [ack for ack in slack.acks if ack["envelope_id"] == "e1"]
        assert [ack["socket"] for ack in commands] == [0, 1]
        assert commands[0]["payload"] == commands[1]["payload"]
        assert len(one.asked) == 2
        assert two.asked == []
        assert len(slack.called("chat.postMessage")) == 1


def test_a_command_that_a_balancer_gives_to_two_processes_runs_once(postgres: Postgres) -> None:
    with pair(postgres) as (one, two):

        async def work(a: Any, b: Any) -> None:
            body = slash("/subscribe", "github")
            await dispatch(a, body)
            assert await dispatch(b, body) == {"text": ""}
            mention = {"channel": "D1", "channel_type": "im", "user": "U1", "text": f"<@{BOT_USER}> list", "ts": "9.9"}
            await dispatch(a, event("message", id="Ev1", **mention))
            await dispatch(b, event("app_mention", id="Ev2", **mention))

        together(one, two, work)
        assert [request.command for request in one.asked] == ["subscribe", "list"]
        assert two.asked == []


def test_a_form_goes_on_in_another_process_than_it_began_in(postgres: Postgres) -> None:
    with pair(postgres) as (one, two):
        slack = one.slack

        async def work(a: Any, b: Any) -> None:
            await dispatch(a, pressed("form:0", "subscribe", slack.response_url))
            found = await dispatch(b, typed_in(slack.view, "pick:vendor", "githu"))
            assert found["options"][0]["value"] == "github"
            await dispatch(a, in_view(slack.view, "pick:vendor", vendor="github"))
            assert await dispatch(b, sent_off(slack.view)) == {"text": ""}
            await dispatch(a, pressed("form:0", "components", slack.response_url))
            chosen = in_view(slack.view, "argument:vendor", vendor="github")
            await dispatch(a, chosen)
            assert await two.memory.recall(f"chosen {slack.view['id']}") == "github"  # type: ignore[union-attr]

        together(one, two, work)
        assert [request.command for request in two.asked] == ["subscribe"]


def test_an_installation_that_began_in_one_process_ends_in_another_and_only_once(postgres: Postgres) -> None:
    with pair(postgres, mode=ConnectionMode.HTTP, client_id="1.2", client_secret="s", host="127.0.0.1", port=0) as both:
        one, two = both

        async def work(a: Any, b: Any) -> None:
            jar = aiohttp.DummyCookieJar()
            async with served(a) as first, served(b) as second, aiohttp.ClientSession(cookie_jar=jar) as pool:
                web, other = Web(pool, first, a), Web(pool, second, b)
                back, headers = await web.begin("T1")
                for expected in (200, 401):
                    url = f"{other._base}/slack/oauth_redirect?{back}"
                    async with pool.get(url, headers=headers) as done:
                        assert done.status == expected
                async with pool.get(f"{web._base}/slack/oauth_redirect?{back}", headers=headers) as again:
                    assert again.status == 401
                status, answer = await web.form(slash("/outage", "dyspatch"))
                assert (status, answer["response_type"]) == (200, "ephemeral")

        together(one, two, work)
        assert (one.back, two.back) == ([], ["T1"])


def test_a_token_that_another_process_has_replaced_is_taken_when_the_old_one_is_refused(postgres: Postgres) -> None:
    with pair(postgres, mode=ConnectionMode.HTTP, client_id="1.2", client_secret="s", host="127.0.0.1", port=0) as both:
        one, two = both
        slack = one.slack

        async def work(a: Any, b: Any) -> None:
            jar = aiohttp.DummyCookieJar()
            async with served(a) as first, served(b), aiohttp.ClientSession(cookie_jar=jar) as pool:
                web = Web(pool, first, a)
                await web.install("T1")
                await b.calls("T1", "chat.postMessage", {"channel": "C1", "text": "before"})
                del slack.teams["xoxb-T1"]
                slack.renewed["T1"] = "xoxb-T1-again"
                await web.install("T1")
                await b.calls("T1", "chat.postMessage", {"channel": "C1", "text": "after"})

        together(one, two, work)
        tokens = [call.token for call in slack.called("chat.postMessage") if call.args["channel"] == "C1"]
        assert tokens == ["xoxb-T1", "xoxb-T1", "xoxb-T1-again"]
