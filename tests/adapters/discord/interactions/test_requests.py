"""Every request that the bot can make is one that Discord takes, and pings nobody, whatever vendors write."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.adapters.discord.api.permissions import ALL_FLAGS, EMBED_LINKS, THREAD_FLAGS, ChannelKind
from bot.adapters.discord.interactions.commands import choices
from bot.commands.command import Argument
from bot.commands.complete import Choice
from bot.commands.request import Reply
from bot.commands.table import COMMANDS
from bot.message import Message, Tone
from tests.adapters.discord.fake import HERE, FakeDiscord
from tests.adapters.discord.hostile import cards, messages, texts, told
from tests.adapters.discord.sim import FakeEvents, discord_of
from tests.adapters.discord.spec import complaints, judged, needs_spec

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
ONCALL = "5"
ARGUMENTS = [argument for command in COMMANDS for argument in command.arguments]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@settings(max_examples=15, deadline=None)
@given(
    cards,
    told,
    st.sampled_from(ChannelKind),
    st.sampled_from([ALL_FLAGS, ALL_FLAGS & ~EMBED_LINKS, ALL_FLAGS & ~THREAD_FLAGS, 0]),
    st.booleans(),
)
def test_a_card_its_updates_and_its_changes(
    card: Message, update: Message, kind: ChannelKind, granted: int, named: bool
) -> None:
    """The fake holds each request against Discord's description; an embed that it drops must not be all there is."""

    async def story() -> None:
        discord = FakeDiscord(kind)
        discord.granted = granted
        discord.tags = [(tone.value, str(number)) for number, tone in enumerate(Tone, 11)]
        chat = discord.adapter()
        mention = "@oncall" if named else None
        root = await chat.post(HERE, replace(card, mention=mention), "k1")
        ref = await chat.reply(HERE, root, replace(update, mention=mention), "k2", broadcast=True)
        await chat.edit(HERE, root, update, "k3")
        await chat.edit(HERE, ref, card, "k4")
        await chat.notify_user(HERE, "55", update)
        for place in discord.places:
            assert all(discord.texts(place)), "a message that shows nothing"
        allowed = {ONCALL} if named else set()
        for body in (request.json.get("message", request.json) for request in discord.requests if request.json):
            if "allowed_mentions" in body:
                given = body["allowed_mentions"]
                assert given["parse"] == []
                assert {*given["roles"], *given["users"]} <= allowed

    asyncio.run(story())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=40), st.sampled_from(ARGUMENTS))
def test_completions(offered: list[tuple[str, str]], argument: Argument) -> None:
    shown = [choice._asdict() for choice in choices([Choice(*one) for one in offered], argument)]
    assert not complaints("POST", CALLBACK, {"type": 8, "data": {"choices": shown}})


@settings(max_examples=4, deadline=None)
@given(st.lists(st.one_of(cards, messages), min_size=1, max_size=3), st.booleans())
def test_answers_to_commands_and_buttons(answer: list[Message], public: bool) -> None:
    async def story() -> None:
        async with discord_of(FakeEvents(Reply(tuple(answer), public=public))) as env:
            channel = env.create_guild().create_text_channel("general")
            alice = env.guild.add_member(env.create_user("alice"))
            await env.settle()
            asked = await alice.slash(channel, "status", vendor="acme")
            shown = [one for one in (asked.response, *asked.followups) if one and one.components]
            buttons = [
                (message, button) for message in shown for row in message.components for button in row["components"]
            ]
            # Those that lead to an address come to nobody.
            pressable = [(message, button["custom_id"]) for message, button in buttons if "custom_id" in button]
            if pressable:
                await alice.click(pressable[-1][0], custom_id=pressable[-1][1])
            requests = [one for one in env.http_requests if "/interactions/" in one.path or "/webhooks/" in one.path]
            assert requests
            for one in requests:
                assert not judged(one.method, one.path, one.params or {}, one.json), one

    asyncio.run(story())


@needs_spec
def test_a_request_is_judged_as_it_was_sent() -> None:
    assert judged("POST", "/channels/1/message", {}, {}) == ["no such path: /channels/1/message"]
    assert judged("PUT", "/channels/1/messages", {}, {}) == ["no PUT of /channels/{channel_id}/messages"]
    assert judged("GET", "/channels/1/messages", {"limit": "1", "newest": "1"}, None) == ["no such parameter: newest"]
    assert judged("POST", "/channels/1/threads", {}, None) == ["no body"]
