"""Discord as a platform of the app: signing in, being refused, stopping; and one incident from a page to a thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from aiohttp import web
from discord.http import Route
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.api.internals import API_URL
from bot.adapters.discord.options import SetupError
from bot.adapters.discord.platform import Discord
from bot.adapters.reconnect import Pacing
from bot.catalog import Catalog
from bot.cli.main import cli
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle
from bot.commands.request import Reply, Request
from bot.delivery.port import RetryLater
from bot.delivery.worker import Delivery
from bot.domain import Channel, Phase
from bot.message import Message
from tests.adapters.discord.gateway import Gateway, answer, event, gateway, interaction
from tests.adapters.discord.sim import FakeEvents, discord_of
from tests.databases import sqlite
from tests.delivery.story import ACME, Story, incident, story


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[Discord]:
    """A Discord that answers every call like this, as a platform of the app."""

    async def handle_(_: web.Request) -> web.Response:
        return web.json_response({"message": "no", "code": 0}, status=status)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle_)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    platform = Discord("token", FakeEvents(), time.monotonic, url)
    try:
        yield platform
    finally:
        await platform.aclose()
        await runner.cleanup()
        Route.BASE = API_URL


def test_a_wrong_token_is_refused_with_the_variables_name() -> None:
    async def story_() -> None:
        async with answering(401) as platform:
            with pytest.raises(SetupError, match="LOOKOUT_DISCORD_TOKEN"):
                await platform.check()

    run(story_())


def test_that_discord_is_away_is_no_error_and_it_can_be_stopped() -> None:
    async def story_() -> None:
        stop = asyncio.Event()
        async with answering(503) as platform:
            await platform.check()
            running = asyncio.create_task(platform.run(stop))
            await asyncio.sleep(0)
            assert not running.done()
            stop.set()
            await running

    run(story_())


@dataclass
class Pauses:
    """Waits nothing, and remembers what it was asked to."""

    asked: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 (it looks at what discord.py keeps)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def connecting(there: Gateway, pauses: Pauses) -> AsyncIterator[Discord]:
    stop = asyncio.Event()
    platform = Discord(
        "token", FakeEvents(), time.monotonic, there.url, Pacing(time.monotonic, pauses.sleep, lambda: 0.0)
    )
    try:
        await platform.check()
        running = asyncio.create_task(platform.run(stop))
        yield platform
        stop.set()
        await running
    finally:
        await platform.aclose()
        Route.BASE = API_URL


@pytest.mark.parametrize(
    "frame",
    [
        event("GUILD_CREATE", {"unavailable": False}),
        event("INTERACTION_CREATE", {"id": "1", "type": 2}),
        "no JSON at all",
    ],
)
def test_a_payload_that_discord_py_cannot_parse_costs_one_connection(frame: object) -> None:
    async def story_() -> None:
        pauses = Pauses()
        async with gateway() as there:
            there.frames = [[frame]]
            async with connecting(there, pauses) as platform:
                await _until(lambda: there.sessions == 2)
                assert pauses.asked == [10.0]
                assert await platform.client.calls("GET", "/users/@me"), "calls go through the new connection"

    run(story_())


def test_a_429_at_login_is_waited_out_as_long_as_discord_says() -> None:
    async def story_() -> None:
        pauses = Pauses()
        limited = {"message": "limited", "retry_after": 47.5, "global": False}
        async with gateway() as there:
            there.logins = [lambda: answer(429, limited, Via="1.1 google"), lambda: answer(429, "no JSON")]
            async with connecting(there, pauses) as platform:
                with pytest.raises(RetryLater):
                    await platform.adapter.notify_user(Channel("discord", "1", "2"), "3", Message("hello"))
                await _until(lambda: there.sessions == 1)
                assert there.asked == 3, "not asked before its time"
                assert pauses.asked == [47.5, 900.0], "the second is no answer of Discord's: the address is banned"

    run(story_())


def _without_channel() -> dict[str, Any]:
    frame = interaction()
    del frame["d"]["channel_id"], frame["d"]["channel"]
    return frame


@pytest.mark.parametrize("frame", [_without_channel(), interaction(channel={"id": "7", "type": 999})])
def test_an_interaction_without_a_channel_is_refused_with_a_sentence(frame: Any) -> None:
    async def story_() -> None:
        async with gateway() as there:
            there.frames = [[frame]]
            async with connecting(there, Pauses()) as platform:
                await _until(lambda: bool(there.answers))
                assert "which channel" in str(there.answers[0]["data"]["embeds"][0]["title"])
                events: Any = platform.client._events
                assert events.asked == []

    run(story_())


@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_that_discord_refuses_is_given_plainly(times: int) -> None:
    async def story_() -> None:
        async with gateway() as there:
            there.frames = [[interaction()]]
            wrong = {"message": "Invalid Form Body", "code": 50035, "errors": {}}
            there.refusals = [lambda: answer(400, wrong)] * times
            async with connecting(there, Pauses()):
                await _until(lambda: len(there.answers) == times + 1)
                said = there.answers[-1]["data"]
                assert not said.get("embeds")
                assert ("Fine" if times == 1 else "does not take my answer") in said["content"]

    run(story_())


def test_a_token_that_is_refused_later_stops_the_bot() -> None:
    async def story_() -> None:
        async with answering(503) as platform:
            await platform.check()
            platform.client.calls.token_refused.set()
            with pytest.raises(SetupError, match="LOOKOUT_DISCORD_TOKEN"):
                await platform.run(asyncio.Event())

    run(story_())


def test_the_invitation_is_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOKOUT_DISCORD_TOKEN", raising=False)
    printed = CliRunner().invoke(cli, ["discord-invite", "--application", "42"])
    assert printed.output.startswith("https://discord.com/oauth2/authorize?client_id=42&")
    assert "Embed Links: " in printed.output
    refused = CliRunner().invoke(cli, ["discord-invite"])
    assert refused.exit_code == 2
    assert "LOOKOUT_DISCORD_TOKEN" in refused.output


def test_from_a_command_to_a_thread_and_its_end(tmp_path: Path) -> None:
    """A member subscribes; the incident opens, goes on and ends; the member presses a button of its card."""

    async def live(told: Story) -> None:
        events = FakeEvents()

        async def answer(request: Request) -> Reply:
            return handle(request, CommandContext(told.store, Catalog([ACME]), told.clock()))

        events.answer = answer  # type: ignore[method-assign]
        async with discord_of(events) as env:
            guild: Any = env.create_guild()
            channel = guild.create_text_channel("incidents")
            boss = guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))
            alice = guild.add_member(env.create_user("alice"), roles=[boss])
            await env.settle()
            result: Any = await alice.slash(channel, "subscribe", vendor="acme", maintenance="on")
            assert "Subscribed to Acme" in result.response.embeds[0].title

            bot: Any = env.bot
            adapter = DiscordAdapter(bot.calls, bot.guild_cache, time.monotonic)
            delivery = Delivery(told.store, [adapter], told.threads, told.clock, linger_s=0.001)
            start = told.clock()
            texts = ["It is slow.", "We found it.", "All is well."]
            for count, phase in ((1, Phase.INVESTIGATING), (2, Phase.IDENTIFIED), (3, Phase.RESOLVED)):
                told.record(incident("i1", start, *texts[:count], phase=phase))
                await delivery.run_until_quiet()
                told.clock.turn(minutes=1)
            card, news = sorted(
                (m for m in channel.history() if "is back after 2 min" in m.content), key=lambda m: m.id
            )
            assert news.reference.message_id == card.id, "an edit notifies nobody: the end is a line of its own"
            (thread,) = channel.threads
            assert thread.name == "Acme: Trouble i1"
            updates = [m.content.splitlines()[1] for m in thread.history() if ">" in m.content]
            assert updates == ["> It is slow.", "> We found it.", "> All is well."]
            timeline: Any = await alice.click(card, label="Timeline")
            assert "It is slow." in timeline.response.embeds[0].description
            assert timeline.response.ephemeral
            assert told.clock() - start == timedelta(minutes=3)

    with story(sqlite(tmp_path)) as told:
        run(live(told))


def test_a_board_from_its_command_to_its_end(tmp_path: Path) -> None:
    async def live(told: Story) -> None:
        events = FakeEvents()

        async def answer(request: Request) -> Reply:
            return handle(request, CommandContext(told.store, Catalog([ACME]), told.clock()))

        events.answer = answer  # type: ignore[method-assign]
        async with discord_of(events) as env:
            guild: Any = env.create_guild()
            channel = guild.create_text_channel("status")
            boss = guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))
            alice = guild.add_member(env.create_user("alice"), roles=[boss])
            await env.settle()
            bot: Any = env.bot
            adapter = DiscordAdapter(bot.calls, bot.guild_cache, time.monotonic)
            delivery = Delivery(told.store, [adapter], told.threads, told.clock, linger_s=0.001)

            def boards() -> list[Any]:
                found = [m for m in channel.history() if m.embeds and m.embeds[0].footer.text]
                return [m for m in found if "the vendors' own status pages" in m.embeds[0].footer.text]

            await alice.slash(channel, "subscribe", vendor="acme")
            result: Any = await alice.slash(channel, "board")
            assert result.response.embeds[0].title == "This channel gets a board."
            assert not result.response.ephemeral
            told.record()
            await delivery.run_until_quiet()
            (board,) = boards()
            assert board.embeds[0].title == "Acme: degraded performance."
            assert board.pinned
            assert "Oldest reading: <t:" in board.embeds[0].description

            told.clock.turn(minutes=1)
            told.record(incident("i1", told.clock(), "It is slow."))
            await delivery.run_until_quiet()
            (board,) = boards()
            line = board.embeds[0].description.splitlines()[0]
            assert line.startswith("- 🟡 **degraded performance** · [Acme](https://status.acme.test), began <t:")
            assert line.endswith(":R>: [Trouble i1](https://status.acme.test)")

            stands: Any = await alice.slash(channel, "board")
            assert stands.response.ephemeral
            await alice.click(stands.response, label="Take it down")
            await delivery.run_until_quiet()
            assert boards() == []
            assert [
                m for m in channel.history() if "This board was taken down." in str([e.to_dict() for e in m.embeds])
            ]

    with story(sqlite(tmp_path)) as told:
        run(live(told))
