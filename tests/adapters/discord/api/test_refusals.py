"""What is seen of refusals that meet no post: of edits, direct messages, answers to commands; and of very many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from structlog.testing import capture_logs

from bot.adapters.discord.api.permissions import ChannelKind
from bot.adapters.discord.api.rate_limit import WINDOW_S, RateLimiter
from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle
from bot.commands.request import Reply, Request
from bot.domain import Channel, Health, Phase
from tests.adapters.discord.fake import HERE, SERVER, FakeDiscord, Place, refusal
from tests.adapters.discord.server import ANN, Server
from tests.adapters.discord.sim import FakeEvents, channel_of, discord_of
from tests.databases import sqlite
from tests.delivery.story import ACME, incident, story


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(name="server")
def _server(tmp_path: Path) -> Iterator[Server]:
    with story(sqlite(tmp_path)) as told:
        told.subscribe(HERE, by=ANN)
        yield Server(told, FakeDiscord())


def two_updates(server: Server) -> str:
    """A card with one update in its thread; the thread."""
    start = server.told.clock()
    server.open("one")
    server.deliver()
    server.told.record(incident("i1", start, "one", "two"))
    server.deliver()
    (thread,) = set(server.discord.places) - {HERE.id}
    return thread


@pytest.mark.parametrize("locked", [False, True], ids=["archived", "locked"])
def test_a_text_that_changes_in_a_closed_thread(server: Server, locked: bool) -> None:
    """50083: an archived thread is opened; a locked one keeps what it shows, and what is new goes to the channel."""
    start = server.told.clock()
    thread = two_updates(server)
    server.discord.places[thread].archived = True
    server.discord.places[thread].locked = locked
    server.told.record(incident("i1", start, "one", "two, put right"))
    server.deliver()
    assert ("> two, put right" in "\n".join(server.discord.texts(thread))) is not locked
    assert "two, put right" in server.channel, "the card shows the newest text in any case"
    server.told.record(incident("i1", start, "one", "two, put right", "three"))
    server.deliver()
    assert "> three" in ("\n".join(server.discord.texts(HERE.id if locked else thread)))
    assert server.health() is Health.ACTIVE
    assert server.direct == ""


def test_a_deleted_thread_is_made_anew_for_the_next_update(server: Server) -> None:
    """10003 of a thread is not the channel's."""
    start = server.told.clock()
    thread = two_updates(server)
    del server.discord.places[thread]
    server.told.record(incident("i1", start, "one", "two", "three"))
    server.deliver()
    assert [text.splitlines()[1] for text in server.discord.texts(thread)] == ["> three"]
    assert server.health() is Health.ACTIVE


def test_a_message_that_is_refused_plain_too_counts_as_shown(server: Server) -> None:
    """50035 twice: never a loop, and the next news is told."""
    start = server.told.clock()
    server.discord.trouble("POST", f"/channels/{HERE.id}/messages", refusal(400, 50035), times=2)
    server.open("one")
    with capture_logs() as logs:
        server.deliver()
    assert [one["event"] for one in logs if one["log_level"] == "error"] == [
        "delivery.message_rejected",
        "delivery.summary_rejected",
    ]
    assert server.channel == ""
    assert len(server.discord.requests) == 2
    server.told.record(incident("i1", start, "one", "two"))
    server.deliver()
    assert "> two" in server.channel
    assert server.health() is Health.ACTIVE


def test_a_forum_that_wants_a_tag_says_so(tmp_path: Path) -> None:
    """40067"""
    with story(sqlite(tmp_path)) as told:
        told.subscribe(HERE, by=ANN)
        server = Server(told, FakeDiscord(ChannelKind.FORUM))
        server.discord.trouble("POST", "/threads", refusal(400, 40067), times=9)
        server.open("one")
        for _ in range(5):
            server.deliver()
            server.turn(minutes=31)
        assert server.health() is Health.SUSPENDED
        assert "add a tag" in server.reason
        assert "add a tag" in server.direct


@pytest.mark.parametrize("where", ["/users/@me/channels", "/channels/7/messages"])
def test_a_subscriber_who_takes_no_direct_messages_is_not_asked_twice(server: Server, where: str) -> None:
    """50007: the reason stays on record, for ``list`` and ``lookout doctor``."""
    server.discord.trouble("POST", f"/channels/{HERE.id}/messages", refusal(403, 50013), times=20)
    server.discord.trouble("POST", where, refusal(403, 50007))
    server.open("one")
    for _ in range(5):
        server.deliver()
        server.turn(minutes=31)
    assert server.health() is Health.SUSPENDED
    assert "Send Messages" in server.reason
    assert server.direct == ""
    asked = [one for one in server.discord.requests if one.path == where]
    assert len(asked) == 1


def test_refusals_stop_before_discord_bans_the_address(server: Server) -> None:
    """Each 403 counts, of whatever channel. Channels that are not asked meanwhile lose nothing."""
    most = 25
    server.discord.limiter = RateLimiter(lambda: server.discord.clock, 10**9, max_refused=most)
    many = [HERE, *(Channel("discord", SERVER, str(3000000000000001000 + number)) for number in range(60))]
    server.told.subscribe(*many[1:], by=ANN)
    for one in many:
        server.discord.places.setdefault(one.id, Place())
    server.discord.trouble("POST", "/messages", refusal(403, 50001), times=100)
    server.open("one")
    asked = []
    while server.discord._troubles:
        before = len(server.discord.requests)
        server.deliver(max_channels=1)
        # To open a direct message is not refused; the message itself is.
        asked.append(sum(one.path != "/users/@me/channels" for one in server.discord.requests[before:]))
        server.turn(seconds=WINDOW_S + 1)
    assert asked == [25, 25, 25, 25]
    assert {server.told.store.channels.state(one).health for one in many} == {Health.ACTIVE, Health.DEGRADED}
    for _ in range(3):
        server.deliver(max_channels=1)
        server.turn(minutes=31)
    assert [one for one in many if len(server.discord.texts(one.id)) != 1] == []


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060)])
def test_an_answer_that_comes_too_late_changes_nothing_of_what_was_done(tmp_path: Path, status: int, code: int) -> None:
    """10062, 40060: it is logged, and not tried again."""

    async def live() -> None:
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
            env.inject_error("POST", "/interactions/*/*/callback", status=status, code=code, times=None)
            with capture_logs() as logs:
                await alice.slash(channel, "subscribe", vendor="acme")
            assert [one["event"] for one in logs if one["log_level"] == "warning"] == ["discord.interaction_expired"]
            assert len([one for one in env.http_requests if one.path.endswith("/callback")]) == 1
            assert [one.subscription.vendor for one in told.store.channels.subscriptions(channel_of(channel))] == [
                "acme"
            ]

    with story(sqlite(tmp_path)) as told:
        asyncio.run(live())


def test_the_end_of_an_incident_is_told_after_a_card_could_not_be_edited(server: Server) -> None:
    """10008 for the card's edit alone: the thread goes on, and no second card is posted until there is news."""
    start = server.told.clock()
    thread = two_updates(server)
    server.discord.trouble("PATCH", "", refusal(404, 10008))
    server.told.record(incident("i1", start, "one", "two", "three", phase=Phase.RESOLVED))
    server.deliver()
    assert "> three" in "\n".join(server.discord.texts(thread))
    assert server.health() is Health.ACTIVE
