"""Boards on Discord, through real delivery and a real store: what the channel sees, with which requests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.discord.api.permissions import ALL_FLAGS, EMBED_LINKS
from bot.delivery.worker import Delivery
from bot.domain import Board
from tests.adapters.discord.fake import HERE, FakeDiscord, refusal
from tests.databases import sqlite
from tests.delivery.story import Story, story

MESSAGES = f"/channels/{HERE.id}/messages"


@dataclass
class Server:
    told: Story
    discord: FakeDiscord

    def deliver(self, **span: float) -> list[str]:
        """The requests that a process makes, started after this time."""
        before = len(self.discord.requests)
        self.told.clock.turn(**span)
        self.discord.clock += timedelta(**span).total_seconds()
        chat = self.discord.adapter()
        delivery = Delivery(self.told.store, [chat], self.told.threads, self.told.clock, linger_s=0.001)
        asyncio.run(delivery.run_until_quiet())
        return self.discord.sent()[before:]

    @property
    def board(self) -> Board:
        board = self.told.store.boards.of(HERE)
        assert board
        return board

    @property
    def titles(self) -> list[str]:
        return [text.partition("\n")[0] for text in self.discord.texts(HERE.id)]


@pytest.fixture(name="server")
def _server(tmp_path: Path) -> Iterator[Server]:
    with capture_logs(), story(sqlite(tmp_path)) as told:
        told.record()
        told.subscribe(HERE, by="123456789012345678")
        told.store.boards.put_up(HERE, "1", told.clock())
        yield Server(told, FakeDiscord())


def test_it_takes_a_request_to_post_one_to_pin_and_one_for_each_edit(server: Server) -> None:
    assert [request.split()[0] for request in server.deliver()] == ["POST", "PUT"]
    assert server.discord.pinned == [server.board.ref.partition("/")[2]]  # type: ignore[union-attr]
    assert server.deliver(minutes=5) == []
    assert [request.split()[0] for request in server.deliver(minutes=5)] == ["PATCH"]


def test_after_a_502_and_a_long_stop_it_is_found_by_its_mark(server: Server) -> None:
    server.discord.trouble("POST", MESSAGES, refusal(502), after=True)
    server.deliver()
    server.discord.forget_nonces()
    server.deliver(minutes=30)
    assert len(server.titles) == 1
    assert server.board.ref == f"{HERE.id}/{next(iter(server.discord.places[HERE.id].messages))}"


def test_a_moved_one_is_not_taken_for_the_one_it_made_room_for(server: Server) -> None:
    server.deliver()
    server.told.store.boards.put_up(HERE, "1", server.told.clock())
    server.discord.trouble("POST", MESSAGES, refusal(502))
    server.deliver()
    server.discord.forget_nonces()
    server.deliver(minutes=30)
    assert server.titles == ["**This board has moved down.**", "Acme: degraded performance."]
    assert server.deliver(minutes=10) == [f"PATCH {MESSAGES}/{server.board.ref.partition('/')[2]}"]  # type: ignore[union-attr]


@pytest.mark.parametrize(("code", "wait_s"), [(30046, 300), (20022, 60)])
def test_limits_of_edits_are_waited_out(server: Server, code: int, wait_s: int) -> None:
    server.deliver()
    server.discord.trouble("PATCH", "", refusal(400, code))
    assert len(server.deliver(minutes=10)) == 1
    assert server.deliver(seconds=wait_s - 1) == []
    assert len(server.deliver(seconds=1)) == 1
    assert server.board.error is None


def test_a_deleted_message_is_posted_anew(server: Server) -> None:
    server.deliver()
    server.discord.places[HERE.id].messages.clear()
    assert [request.split()[0] for request in server.deliver(minutes=10)] == ["PATCH", "POST", "PUT"]
    assert len(server.titles) == 1


@pytest.mark.parametrize(("status", "code", "said"), [(403, 50013, "Send Messages"), (404, 10003, "deleted")])
def test_a_channel_that_refuses_it_says_why_and_is_not_lost(server: Server, status: int, code: int, said: str) -> None:
    server.discord.trouble("POST", MESSAGES, refusal(status, code))
    server.deliver()
    assert said in (server.board.error or "")
    assert server.told.store.channels.unhealthy() == ()
    assert server.deliver(minutes=59) == []
    server.deliver(minutes=1)
    assert server.board.error is None
    assert len(server.titles) == 1


def test_what_discord_refuses_is_sent_in_plain_words(server: Server) -> None:
    server.discord.trouble("POST", MESSAGES, refusal(400, 50035))
    server.deliver()
    assert server.titles == ["**Acme: degraded performance.**"]


def test_that_it_cannot_be_pinned_is_no_trouble(server: Server) -> None:
    server.discord.trouble("PUT", "", refusal(400, 30003))
    server.deliver()
    assert server.discord.pinned == []
    assert server.board.error is None
    assert server.deliver(minutes=5) == []


def test_without_embeds_it_is_text(server: Server) -> None:
    server.discord.granted = ALL_FLAGS & ~EMBED_LINKS
    server.deliver()
    (message,) = server.discord.places[HERE.id].messages.values()
    assert message["content"].startswith("🟡 **Acme: degraded performance.**\n- 🟡 **degraded performance** · [Acme]")
