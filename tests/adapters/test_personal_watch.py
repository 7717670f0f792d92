"""One person's own watch: in direct messages the same commands make a list that nobody else sees, through each door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.platform import Slack
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle
from bot.commands.request import Reply, Request
from bot.delivery.worker import Delivery
from bot.domain import Channel
from bot.store import Store
from tests.adapters.discord.sim import FakeEvents, discord_of
from tests.adapters.slack.judge import texts
from tests.adapters.slack.rig import OPS, Rig, event, pressed, rig, slash
from tests.adapters.slack.workspace import TEAM
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, Talk, ago, incident, said
from tests.databases import sqlite
from tests.text import read

ADA, BOB = Channel("slack", TEAM, "D1"), Channel("slack", TEAM, "D2")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def heard(store: Store, channel: Channel) -> list[str]:
    return list(store.channels.vendors(channel))


def services(store: Store, channel: Channel) -> list[str]:
    return [one.name for one in store.services.of(channel)]


# --- Slack -----------------------------------------------------------------------------------------------------------


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        Talk(one.store).reading("github", GITHUB_PARTS)
        yield one


def tell(one: Rig, *lines: str, channel: Channel = ADA, user: str = "U1") -> list[str]:
    """What somebody writes to the bot in direct messages, and what it answers there."""
    before = len(one.slack.called("chat.postMessage"))
    said = {"channel": channel.id, "channel_type": "im", "user": user}
    number = len(one.asked)
    one.send(
        *(
            event("message", id=f"Ev{number + n}", ts=f"{number + n}.1", text=line, **said)
            for n, line in enumerate(lines)
        )
    )
    posts = one.slack.called("chat.postMessage")[before:]
    assert {post.args["channel"] for post in posts} == {channel.id}
    return ["\n".join(texts(post.args["blocks"])) for post in posts]


def test_who_writes_to_the_bot_in_slack_has_a_list_of_their_own(one: Rig) -> None:
    asked, subscribed, defined = tell(
        one, "tell me when gitlab is down", "subscribe gitlab", "service mine = github component:Actions"
    )
    assert "GitLab?" in asked
    assert "Subscribed to GitLab." in subscribed
    assert "Service mine runs on GitHub (component Actions)." in defined
    tell(one, "subscribe service:mine severity:major+", "service theirs = github", "service remove theirs")
    assert heard(one.store, ADA) == ["github", "gitlab"]
    (listed,) = one.send(slash("/outage", "list", channel="D1"))
    assert "1 vendor and 1 service" in "\n".join(texts(listed["blocks"]))
    stands, trouble = tell(one, "services", "is it us?")
    assert "Your 1 service: none with a vendor in trouble." in stands
    assert "The one vendor behind mine reports no trouble" in trouble
    for elsewhere in (BOB, OPS):
        assert heard(one.store, elsewhere) == []
        assert services(one.store, elsewhere) == []
    (nothing,) = tell(one, "services", channel=BOB, user="U2")
    assert "You have no services yet." in nothing


def test_a_workspaces_services_and_a_persons_do_not_mix(one: Rig) -> None:
    one.send(slash("/outage", "service checkout = gitlab"))
    (nothing, unknown) = tell(one, "services", "subscribe service:checkout")
    assert "You have no services yet." in nothing
    assert "No service is called “checkout”." in unknown
    tell(one, "service checkout = github")
    assert [one.store.services.of(where)[0].vendors for where in (OPS, ADA)] == [("gitlab",), ("github",)]


def test_what_a_person_watches_is_told_to_them_alone_and_says_what_of_theirs_it_hits(one: Rig) -> None:
    one.send(slash("/outage", "service checkout = github"), slash("/subscribe", "gitlab"))
    tell(one, "service mine = github component:Actions", "subscribe service:mine")
    other = incident(
        "github", "i1", "Webhooks are late", ago(minutes=9), said(1, ago(minutes=9), "We look."), components=("c4",)
    )
    hit = incident(
        "github", "i2", "Actions are late", ago(minutes=3), said(2, ago(minutes=3), "We look."), components=("c2",)
    )
    Talk(one.store).reading("github", GITHUB_PARTS, [other, hit])
    before = len(one.slack.called("chat.postMessage"))

    async def deliver(app: Slack) -> None:
        delivery = Delivery(one.store, [app.adapter], one.threads, lambda: NOW, linger_s=0.005)
        await delivery.run_until_quiet()

    one.use(deliver)
    cards = one.slack.called("chat.postMessage")[before:]
    assert [card.args["channel"] for card in cards] == ["D1"]
    shown = "\n".join(texts(cards[0].args["blocks"]))
    assert "Actions are late" in shown
    assert "Hits: mine" in shown
    assert "checkout" not in shown
    (over,) = tell(one, "unsubscribe all")
    assert "Unsubscribed from service mine." in over
    assert heard(one.store, ADA) == []


def test_a_button_pressed_in_direct_messages_is_about_them(one: Rig) -> None:
    tell(one, "tell me about gitlab")
    one.send(pressed("run:0", "subscribe gitlab", one.slack.response_url, channel="D1"))
    assert (heard(one.store, ADA), heard(one.store, OPS)) == (["gitlab"], [])


# --- Discord ---------------------------------------------------------------------------------------------------------


@dataclass
class Answering(FakeEvents):
    """The bot behind Discord with its commands on a store."""

    store: Store | None = None
    replies: list[Reply] = field(default_factory=list)

    async def answer(self, request: Request) -> Reply:
        assert self.store is not None
        self.asked.append(request)
        self.replies.append(handle(request, CommandContext(self.store, CATALOG, NOW)))
        return self.replies[-1]


def test_who_writes_to_the_bot_in_discord_has_a_list_of_their_own(tmp_path: Path) -> None:
    store = Store(sqlite(tmp_path))
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    Talk(store).reading("github", GITHUB_PARTS)

    async def story() -> None:
        events = Answering(store=store)

        async def typed(user: Any, command: str, **options: str) -> str:
            await user.slash(command, **options)
            return read(events.replies[-1].messages)

        async with discord_of(events) as env:
            ada, bob = env.create_user("ada"), env.create_user("bob")
            await env.settle()
            assert "Subscribed to GitLab." in await typed(ada, "subscribe", vendor="gitlab")
            defined = await typed(ada, "service", name="mine", needs="github component:Actions", owner="me")
            assert "Service mine runs on GitHub (component Actions)." in defined
            assert "Subscribed to service mine." in await typed(ada, "subscribe", vendor="service:mine")
            assert "1 vendor and 1 service" in await typed(ada, "list")
            assert "Your 1 service: none with a vendor in trouble." in await typed(ada, "services")
            assert "reports no trouble" in await typed(ada, "services", name="trouble")
            adas = events.asked[-1].channel
            assert "You have no services yet." in await typed(bob, "services")
            bobs = events.asked[-1].channel
            assert (heard(store, adas), heard(store, bobs)) == (["github", "gitlab"], [])
            assert (services(store, adas), services(store, bobs)) == (["mine"], [])
            assert "Unsubscribed from GitLab and service mine." in await typed(ada, "unsubscribe", vendor="all")
            assert "Service mine is no more." in await typed(ada, "service", name="mine", remove="on")
            assert (heard(store, adas), services(store, adas)) == ([], [])

    try:
        asyncio.run(story())
    finally:
        store.close()
