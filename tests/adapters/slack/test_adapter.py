"""The port on Slack: the contract of all adapters, and what is Slack's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.adapter import SlackAdapter
from bot.adapters.slack.api.calls import Calls, session, web_client
from bot.adapters.slack.api.rate_limit import BURST, RateLimiter
from bot.adapters.slack.api.tokens import SingleWorkspace, WorkspaceToken
from bot.adapters.slack.render.message import RenderContext
from bot.delivery.port import LookupUnsupported, MessageGone, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Channel
from bot.message import Message, Tone
from tests.adapters.contract import AdapterContract, Seat, message
from tests.adapters.slack.workspace import BOT_TOKEN, BOT_USER, CHANNEL, TEAM, FakeSlack, Fault

OPS = Channel("slack", TEAM, CHANNEL)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TENANT = SingleWorkspace(WorkspaceToken(TEAM, BOT_TOKEN, BOT_USER))


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def adapter(client: AsyncWebClient, clock: Seconds | None = None) -> SlackAdapter:
    pace = RateLimiter(clock or Seconds())
    return SlackAdapter(Calls(client, TENANT, pace), RenderContext(), pace, lambda: NOW)


class Fleeting:
    """A pool that lasts for one call: these adapters outlive their event loops."""

    @asynccontextmanager
    async def post(self, url: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        async with aiohttp.ClientSession() as pool, pool.post(url, **options) as response:
            yield response


class TestSlack(AdapterContract):
    @contextmanager
    def seat(self) -> Iterator[Seat]:
        def fresh() -> SlackAdapter:
            return adapter(web_client(cast(aiohttp.ClientSession, Fleeting()), workspace.url), Hasty())

        with FakeSlack() as workspace:
            yield Seat(fresh(), OPS, workspace.screen, fresh)

    def unknown_ref(self, ref: str) -> str:
        return f"{ref}1"


class Hasty(Seconds):
    """Time enough between any two messages."""

    def __call__(self) -> float:
        self.now += 10
        return self.now


def talk(slack: FakeSlack, words: Any, clock: Seconds | None = None) -> Any:
    """Let ``words(adapter)`` talk to it over one pool of connections."""

    async def within() -> Any:
        async with asyncio.timeout(60), session(slack.url) as pool:
            return await words(adapter(web_client(pool, slack.url), clock or Hasty()))

    return asyncio.run(within())


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as one:
        yield one


def test_a_message_goes_out_with_its_key_a_fallback_and_no_unfurling(slack: FakeSlack) -> None:
    talk(slack, lambda chat: chat.post(OPS, Message("Major outage · Acme", Tone.MAJOR, "Major outage · Acme"), "k1"))
    sent = slack.called("chat.postMessage")[0]
    assert sent.token == BOT_TOKEN
    assert sent.args["metadata"] == {"event_type": "lookout_act", "event_payload": {"key": "k1"}}
    assert sent.args["text"] == "Major outage · Acme"
    assert (sent.args["unfurl_links"], sent.args["unfurl_media"]) == (False, False)
    assert "thread_ts" not in sent.args


def test_a_reply_goes_under_its_root_and_to_the_channel_only_when_told(slack: FakeSlack) -> None:
    async def words(chat: SlackAdapter) -> str:
        root = await chat.post(OPS, message("root"), "k1")
        await chat.reply(OPS, root, message("quiet"), "k2", broadcast=False)
        await chat.reply(OPS, root, message("loud"), "k3", broadcast=True)
        return root

    root = talk(slack, words)
    _, quiet, loud = slack.called("chat.postMessage")
    assert (quiet.args["thread_ts"], quiet.args.get("reply_broadcast")) == (root, None)
    assert (loud.args["thread_ts"], loud.args["reply_broadcast"]) == (root, True)


def test_an_edit_keeps_the_key_that_the_message_was_sent_with(slack: FakeSlack) -> None:
    async def words(chat: SlackAdapter) -> Any:
        root = await chat.post(OPS, message("root"), "k1")
        await chat.edit(OPS, root, message("edited"), "e1")
        return root, await chat.find(OPS, "k1"), await chat.find(OPS, "e1")

    root, found, edit = talk(slack, words)
    assert (found, edit) == (root, None)


def test_a_connection_cut_after_slack_took_the_message_is_uncertain_and_leaves_one_copy(slack: FakeSlack) -> None:
    async def words(chat: SlackAdapter) -> str | None:
        slack.fail(Fault("chat.postMessage", cut=True, after=True))
        with pytest.raises(OutcomeUnknown):
            await chat.post(OPS, message("once"), "k1")
        return await chat.find(OPS, "k1")

    found = talk(slack, words)
    assert [m["ts"] for m in slack.shown()] == [found]


def test_a_reply_of_an_earlier_process_is_found_in_its_thread(slack: FakeSlack) -> None:
    async def before(chat: SlackAdapter) -> str:
        await chat.post(OPS, message("another"), "k0")
        root = await chat.post(OPS, message("root"), "k1")
        return await chat.reply(OPS, root, message("reply"), "k2", broadcast=False)

    reply = talk(slack, before)
    assert talk(slack, lambda chat: chat.find(OPS, "k2")) == reply


def test_history_is_read_page_by_page_and_given_up_after_some(slack: FakeSlack) -> None:
    async def before(chat: SlackAdapter) -> str:
        first = await chat.post(OPS, message("first"), "k1")
        for number in range(4):
            await chat.post(OPS, message("more"), f"m{number}")
        return first

    first = talk(slack, before)
    slack.page_size = 2
    assert talk(slack, lambda chat: chat.find(OPS, "k1")) == first
    slack.page_size = 1
    slack.messages[CHANNEL]["0"] = {"ts": "0", "text": "somebody's"}
    with pytest.raises(LookupUnsupported):
        talk(slack, lambda chat: chat.find(OPS, "unknown"))


def test_without_the_scope_or_the_pages_nobody_can_tell(slack: FakeSlack) -> None:
    slack.scopes.discard("channels:history")
    with pytest.raises(LookupUnsupported):
        talk(slack, lambda chat: chat.find(OPS, "k1"))
    slack.scopes.add("channels:history")
    slack.fail(Fault("conversations.history", "not_in_channel"))
    with pytest.raises(LookupUnsupported):
        talk(slack, lambda chat: chat.find(OPS, "k1"))
    slack.fail(Fault("conversations.history", "token_revoked"))
    with pytest.raises(Undeliverable):
        talk(slack, lambda chat: chat.find(OPS, "k1"))


def test_a_look_back_that_is_slowed_down_at_its_second_page_is_given_up(slack: FakeSlack) -> None:
    async def words(chat: SlackAdapter) -> None:
        for number in range(3):
            await chat.post(OPS, message("more"), f"m{number}")
        slack.page_size = 2
        slack.fail(Fault("conversations.history", status=429, skip=1))
        with pytest.raises(LookupUnsupported):
            await chat.find(OPS, "m0")
        slack.fail(Fault("conversations.history", status=429, headers={"Retry-After": "60"}))
        with pytest.raises(RetryLater):
            await chat.find(OPS, "m0")

    talk(slack, words)


def test_a_429_closes_its_method_for_its_workspace_alone(slack: FakeSlack) -> None:
    clock = Seconds()

    async def words(chat: SlackAdapter) -> None:
        root = await chat.post(OPS, message("root"), "k1")
        slack.fail(Fault("chat.postMessage", status=429, headers={"Retry-After": "30"}))
        for left in (30, 20):
            with pytest.raises(RetryLater) as later:
                await chat.post(OPS, message("x"), "k2")
            assert later.value.delay_s == left
            assert not later.value.whole_workspace
            clock.now += 10
        await chat.edit(OPS, root, message("edited"), "e1")
        clock.now += 10
        await chat.post(OPS, message("x"), "k2")

    talk(slack, words, clock)
    assert len(slack.called("chat.postMessage")) == 3


def test_a_channel_gets_a_burst_and_then_a_message_a_second(slack: FakeSlack) -> None:
    clock = Seconds()

    async def words(chat: SlackAdapter) -> None:
        for number in range(BURST):
            await chat.post(OPS, message("x"), f"k{number}")
        with pytest.raises(RetryLater) as later:
            await chat.post(OPS, message("x"), "more")
        assert later.value.delay_s == 1
        await chat.post(Channel("slack", TEAM, "C2"), message("x"), "elsewhere")
        clock.now += 1
        await chat.post(OPS, message("x"), "more")

    talk(slack, words, clock)


def test_one_person_is_told_by_direct_message(slack: FakeSlack) -> None:
    talk(slack, lambda chat: chat.notify_user(OPS, "U7", message("trouble")))
    assert [m["channel"] for m in slack.shown("DU7")] == ["DU7"]
    assert "metadata" not in slack.shown("DU7")[0]
    slack.scopes.discard("im:write")
    talk(slack, lambda chat: chat.notify_user(OPS, "U8", message("trouble")))
    assert len(slack.shown("U8")) == 1


def test_a_workspace_without_an_installation_is_lost_as_a_whole(slack: FakeSlack) -> None:
    with pytest.raises(Undeliverable) as lost:
        talk(slack, lambda chat: chat.post(Channel("slack", "T404", "C1"), message("x"), "k1"))
    assert lost.value.whole_workspace
    assert "install me" in lost.value.reason
    assert slack.calls == []


def test_nobody_listening_is_worth_another_try_and_a_strange_answer_is_not(slack: FakeSlack) -> None:
    async def nowhere() -> None:
        url = "http://127.0.0.1:9/api/"
        async with session(url) as pool:
            await adapter(web_client(pool, url)).post(OPS, message("x"), "k1")

    with pytest.raises(RetryLater):
        asyncio.run(nowhere())
    slack.fail(Fault("chat.postMessage", status=200))
    with pytest.raises(OutcomeUnknown):
        talk(slack, lambda chat: chat.post(OPS, message("x"), "k1"))


def test_what_was_deleted_is_gone(slack: FakeSlack) -> None:
    async def words(chat: SlackAdapter) -> None:
        root = await chat.post(OPS, message("root"), "k1")
        slack.messages[CHANNEL].clear()
        for act in (
            chat.edit(OPS, root, message("x"), "e1"),
            chat.reply(OPS, root, message("x"), "r", broadcast=False),
        ):
            with pytest.raises(MessageGone) as gone:
                await act
            assert gone.value.ref == root

    talk(slack, words)
