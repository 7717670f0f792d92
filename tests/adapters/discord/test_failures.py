"""Discord's errors, one by one, through real delivery and a real store: what the channel, the subscriber and the store
see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
from structlog.testing import capture_logs

from bot.adapters.discord.api.errors import (
    DiscordFailure,
    NoHistory,
    NoThread,
    ThreadExists,
    UnknownChannel,
    delivery_error,
    translate,
)
from bot.delivery.port import MessageGone, MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Health, Phase
from tests.adapters.discord.fake import HERE, FakeDiscord, refusal
from tests.adapters.discord.server import ANN, NEIGHBOUR, Server
from tests.databases import sqlite
from tests.delivery.story import incident, story


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(name="server")
def _server(tmp_path: Path) -> Iterator[Server]:
    with story(sqlite(tmp_path)) as told:
        told.subscribe(HERE, by=ANN)
        yield Server(told, FakeDiscord())


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (404, 10003, "deleted"),
        (403, 50001, "View Channel"),
        (403, 50013, "Send Messages"),
        (403, 0, "View Channel"),
        (400, 50008, "another one"),
        (400, 40067, "tag"),
    ],
)
def test_a_channel_that_refuses_is_suspended_after_an_hour_and_its_subscriber_told_once(
    server: Server, status: int, code: int, remedy: str
) -> None:
    server.discord.trouble("POST", f"/channels/{HERE.id}/messages", refusal(status, code), times=20)
    server.open("one")
    server.deliver()
    assert server.health() == Health.DEGRADED, "an error of Discord's own looks the same"
    assert server.direct.count("Updates on hold") == 1
    for _ in range(4):
        server.turn(minutes=31)
        server.deliver()
    assert server.health() == Health.SUSPENDED
    assert remedy in server.reason
    assert server.direct.count("Updates on hold") == 1
    assert remedy in server.direct
    tries = len(server.discord.requests)
    server.turn(hours=24)
    server.deliver()
    assert len(server.discord.requests) == tries, "refusals are not collected"
    server.discord._troubles.clear()
    assert server.told.store.channels.mark_recovered(HERE)
    server.deliver()
    assert server.channel.count("> one") == 1
    assert server.health() == Health.ACTIVE


def test_a_server_that_the_bot_is_not_in_suspends_all_its_channels(server: Server) -> None:
    server.told.subscribe(NEIGHBOUR, by=ANN)
    server.discord.places[NEIGHBOUR.id] = server.discord.places[HERE.id]
    server.discord.trouble("POST", "/messages", refusal(404, 10004), times=20)
    server.open("one")
    server.deliver()
    assert len(server.discord.requests) <= 2
    states = [server.told.store.channels.state(where) for where in (HERE, NEIGHBOUR)]
    assert {state.health for state in states} == {Health.DEGRADED}
    assert all("invite me again" in (state.reason or "") for state in states)


@pytest.mark.parametrize(
    ("error", "after_s"),
    [
        (refusal(429, 20016), 900),
        (refusal(400, 20016), 30),
        (refusal(400, 20022), 60),
        (refusal(400, 20028), 30),
        (refusal(400, 20029), 30),
        (refusal(400, 30046), 300),
        (refusal(400, 130000), 30),
        (refusal(503, 130000), 30),
        (refusal(401), 600),
        (discord.RateLimited(47.0), 47),
    ],
)
def test_what_is_too_fast_is_sent_later_and_nobody_is_to_blame(server: Server, error: Exception, after_s: int) -> None:
    server.discord.trouble("POST", f"/channels/{HERE.id}/messages", error)
    server.open("one")
    server.deliver()
    server.turn(seconds=after_s - 1)
    server.deliver()
    assert server.channel == ""
    assert server.health() == Health.ACTIVE
    server.turn(seconds=2)
    server.deliver()
    assert server.channel.count("> one") == 1
    assert server.direct == ""


def test_an_edit_of_an_old_message_waits_and_the_newest_state_wins(server: Server) -> None:
    server.open("one")
    server.deliver()
    server.discord.trouble("PATCH", "", refusal(400, 30046))
    start = server.told.clock()
    server.turn(hours=2)
    server.told.record(incident("i1", start, "one", "two"))
    server.deliver()
    server.told.record(incident("i1", start, "one", "two", "three", phase=Phase.RESOLVED))
    server.deliver()
    server.turn(seconds=301)
    server.deliver()
    assert "is back" in server.channel.splitlines()[0]
    assert len([r for r in server.discord.requests if r.method == "PATCH"]) == 2


def test_a_message_that_discord_refuses_is_sent_as_its_bare_summary(server: Server) -> None:
    errors = {"embeds": {"0": {"title": {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH", "message": "too long"}]}}}}
    server.discord.trouble("POST", f"/channels/{HERE.id}/messages", refusal(400, 50035, errors))
    server.open("one")
    with capture_logs() as logs:
        server.deliver()
    assert "Trouble i1" in server.channel
    assert "> one" not in server.channel
    assert server.health() == Health.ACTIVE
    assert [entry["error"] for entry in logs if entry["event"] == "delivery.message_rejected"] == [
        "50035 code 50035\nIn embeds.0.title: too long embeds.0.title"
    ]


def test_a_deleted_card_is_posted_anew_with_the_next_news(server: Server) -> None:
    start = server.told.clock()
    server.open("one")
    server.deliver()
    server.discord.places[HERE.id].messages.clear()
    server.turn(minutes=5)
    server.told.record(incident("i1", start, "one", "two"))
    server.deliver()
    assert "two" in server.channel
    assert server.health() == Health.ACTIVE


def test_a_thread_that_exists_is_taken(server: Server) -> None:
    start = server.told.clock()
    server.open("one")
    server.deliver()
    server.told.record(incident("i1", start, "one", "two"))
    server.deliver()
    server.told.record(incident("i1", start, "one", "two", "three"))
    server.deliver()
    (thread,) = set(server.discord.places) - {HERE.id}
    assert [text.splitlines()[1] for text in server.discord.texts(thread)] == ["> one", "> two", "> three"]


@pytest.mark.parametrize(
    ("ending", "code"),
    [("/threads", 160006), ("/threads", 160007), ("/threads", 50024), ("/messages", 160005), ("/messages", 50083)],
)
def test_a_thread_that_cannot_be_used_leaves_the_updates_in_the_channel(server: Server, ending: str, code: int) -> None:
    start = server.told.clock()
    server.open("one")
    server.deliver()
    server.discord.trouble("POST", ending, refusal(400, code))
    server.told.record(incident("i1", start, "one", "two"))
    server.deliver()
    assert "> one" in server.discord.texts(HERE.id)[1]
    assert "Acme: Trouble i1" in server.discord.texts(HERE.id)[1]
    assert server.health() == Health.ACTIVE


@pytest.mark.parametrize("status", [500, 502, 503, 504, 524])
@pytest.mark.parametrize("after", [False, True], ids=["lost request", "lost answer"])
def test_what_may_have_been_sent_is_sent_once(server: Server, status: int, after: bool) -> None:
    server.discord.trouble("POST", f"/channels/{HERE.id}/messages", refusal(status), after=after)
    server.open("one")
    server.deliver()
    server.turn(seconds=10)
    server.deliver()
    assert server.channel.count("> one") == 1
    assert server.direct == ""


@pytest.mark.parametrize("after", [False, True], ids=["lost request", "lost answer"])
def test_half_an_hour_later_the_channel_is_read_first(server: Server, after: bool) -> None:
    server.discord.trouble("POST", f"/channels/{HERE.id}/messages", OSError("cut"), after=after)
    server.open("one")
    server.deliver()
    server.turn(minutes=30)
    server.discord.forget_nonces()
    server.deliver()
    assert server.channel.count("> one") == 1


# --- the table by itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (DiscordFailure(404, 10003), UnknownChannel),
        (DiscordFailure(404, 10004), Undeliverable),
        (DiscordFailure(403, 50001), Undeliverable),
        (DiscordFailure(403, 50013), Undeliverable),
        (DiscordFailure(404, 10008), MessageGone),
        (DiscordFailure(400, 160004), ThreadExists),
        (DiscordFailure(400, 50083), NoThread),
        (DiscordFailure(400, 160005), NoThread),
        (DiscordFailure(400, 160006), NoThread),
        (DiscordFailure(400, 160007), NoThread),
        (DiscordFailure(400, 50024), NoThread),
        (DiscordFailure(400, 50035), MessageRejected),
        (DiscordFailure(400, 50035, "", ("message_reference",)), MessageGone),
        (DiscordFailure(403, 160002), NoHistory),
        (DiscordFailure(400, 30046), RetryLater),
        (DiscordFailure(429, 20016), RetryLater),
        (DiscordFailure(429, 20022), RetryLater),
        (DiscordFailure(429, 20028), RetryLater),
        (DiscordFailure(429, 20029), RetryLater),
        (DiscordFailure(503, 130000), RetryLater),
        (DiscordFailure(401), RetryLater),
        (DiscordFailure(502), OutcomeUnknown),
        (DiscordFailure(418, 1), MessageRejected),
    ],
)
def test_the_table(failure: DiscordFailure, kind: type[Exception]) -> None:
    assert type(delivery_error(failure, "1/2")) is kind


def test_no_connection_is_no_doubt() -> None:
    assert isinstance(translate(OSError("reset"), "r"), OutcomeUnknown)
    assert isinstance(translate(discord.RateLimited(3)), RetryLater)
