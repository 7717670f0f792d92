"""Both chat platforms, built from the settings by the app, and what becomes of all that they ask and report.

Slack talks to a fake workspace, Discord to one in memory; store, commands and poller are the real ones. Beside each
channel stands one of the other platform with the same ids: nothing that is reported of the one may touch it.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from pydantic import SecretStr
from rich.console import Console
from structlog.testing import capture_logs

from bot import routing
from bot.adapters.discord.api.errors import CHANNEL_DELETED, NOT_IN_SERVER
from bot.adapters.discord.platform import Discord
from bot.adapters.slack.api.errors import INSTALL_REMEDY
from bot.adapters.slack.platform import Slack
from bot.app.run import App
from bot.catalog import Catalog
from bot.config import Settings
from bot.domain import Channel, Filter, Health, Slug, Subscription, Vendor
from bot.message import Button, Message, Opens
from tests.adapters.slack.judge import texts
from tests.adapters.slack.rig import (
    be_patient,
    dispatch,
    event,
    home_opened,
    in_view,
    pressed,
    sent_off,
    slash,
    typed_in,
)
from tests.adapters.slack.workspace import APP_TOKEN, BOT_TOKEN, BOT_USER, CHANNEL, TEAM, FakeSlack
from tests.fakes import Clock
from tests.servers import PageServer
from tests.wire.page import Page

ACME, OTHER = Slug("acme"), Slug("other")
REASON = "I may not post here."
GONE = "987654321098765432"
"""A channel, or a server, that Discord does not have."""
DEADLINE_S = 60


@dataclass
class Bot:
    app: App
    slack: Slack
    discord: Discord
    workspace: FakeSlack

    def add(self, *channels: Channel, vendor: Slug = ACME) -> None:
        """Channels that subscribe to a vendor."""
        for channel in channels:
            subscription = Subscription(channel, vendor, Filter(), "U1", self.app.now())
            self.app.store.channels.subscribe(subscription, routing.route)

    def suspend(self, *channels: Channel, reason: str = REASON) -> None:
        self.add(*channels)
        for channel in channels:
            self.app.store.workspaces.drop_channel(channel, reason, self.app.now())

    def health(self, channel: Channel) -> Health:
        return self.app.store.channels.state(channel).health

    def reason(self, channel: Channel) -> str | None:
        return self.app.store.channels.state(channel).reason

    def vendors(self, channel: Channel) -> tuple[Slug, ...]:
        return self.app.store.channels.vendors(channel)


@asynccontextmanager
async def built(folder: Path, workspace: FakeSlack, page: Page) -> AsyncIterator[Bot]:
    settings = Settings(
        database_url=f"sqlite:///{folder / 'lookout.db'}",
        fetch_allow_hosts=("127.0.0.1",),
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_api_url=workspace.url,
        discord_token=SecretStr("token"),
    )
    app = App(settings, Console(file=io.StringIO()), Clock())
    app.catalog = Catalog(
        Vendor(slug, slug.title(), page.url, page.url, "Cloud", "Hosting", kind="statuspage") for slug in (ACME, OTHER)
    )
    app.store.pages.sync_catalog(tuple(app.catalog), app.now(), 0)
    parts = app.build()
    slack, discord_ = parts.platforms
    assert isinstance(slack, Slack)
    assert isinstance(discord_, Discord)
    be_patient(slack)
    discord_.client.shard_count = 1
    try:
        await app.add_readers(parts).poller.read_now(ACME)
        yield Bot(app, slack, discord_, workspace)
    finally:
        await parts.aclose()
        app.close()


Live = Callable[[Callable[[Bot], Awaitable[None]]], None]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """Runs a story with the bot."""

    def run(story: Callable[[Bot], Awaitable[None]]) -> None:
        async def within() -> None:
            async with asyncio.timeout(DEADLINE_S), built(tmp_path, workspace, page) as bot:
                await story(bot)

        asyncio.run(within())

    with FakeSlack() as workspace, PageServer() as server, capture_logs():
        page = Page(server)
        yield run


# --- Slack -----------------------------------------------------------------------------------------------------------

HERE, ASIDE = Channel("slack", TEAM, CHANNEL), Channel("slack", TEAM, "C2")
NAMESAKE = Channel("discord", TEAM, CHANNEL)


def test_slack_commands_are_answered(live: Live) -> None:
    async def story(bot: Bot) -> None:
        await bot.slack.check()
        answer = await dispatch(bot.slack, slash("/outage", "status acme"))
        assert "Acme is operational." in "\n".join(texts(answer["blocks"]))

    live(story)


def test_a_slack_form_completes_shows_a_vendor_is_checked_and_carried_out(live: Live) -> None:
    async def story(bot: Bot) -> None:
        await bot.slack.check()
        workspace = bot.workspace
        await dispatch(bot.slack, pressed("form:0", "subscribe", workspace.response_url))
        found = await dispatch(bot.slack, typed_in(workspace.view, "pick:vendor", "acm"))
        assert [option["value"] for option in found["options"]] == [ACME]
        await dispatch(bot.slack, in_view(workspace.view, "pick:vendor", vendor="acme"))
        (parts,) = [b["element"] for b in workspace.view["blocks"] if b.get("block_id", "").startswith("parts")]
        assert [option["text"]["text"] for option in parts["options"]] == ["API"]
        refused = await dispatch(bot.slack, sent_off(workspace.view, other="nonsense:"))
        assert refused["response_action"] == "errors"
        await dispatch(bot.slack, sent_off(workspace.view, severity="major"))
        assert bot.vendors(HERE) == (ACME,)

    live(story)


def test_a_slack_home_shows_its_own_workspace(live: Live) -> None:
    async def story(bot: Bot) -> None:
        bot.add(HERE)
        bot.add(NAMESAKE, vendor=OTHER)
        await bot.slack.check()
        await dispatch(bot.slack, home_opened())
        shown = "\n".join(texts(bot.workspace.homes["U1"]["blocks"]))
        assert ("Acme" in shown, "Other" in shown) == (True, False)

    live(story)


def test_an_invitation_to_a_slack_channel_makes_it_active(live: Live) -> None:
    async def story(bot: Bot) -> None:
        bot.suspend(HERE, ASIDE, NAMESAKE)
        await bot.slack.check()
        await dispatch(bot.slack, event("member_joined_channel", user=BOT_USER, channel=CHANNEL))
        assert [bot.health(one) for one in (HERE, ASIDE, NAMESAKE)] == [
            Health.ACTIVE,
            Health.SUSPENDED,
            Health.SUSPENDED,
        ]

    live(story)


def test_an_answer_in_a_slack_channel_that_was_given_up_gives_it_another_try(live: Live) -> None:
    async def story(bot: Bot) -> None:
        bot.suspend(HERE, ASIDE, NAMESAKE)
        await bot.slack.check()
        text = f"<@{BOT_USER}> status acme"
        bot.workspace.messages[CHANNEL]["1.1"] = {"ts": "1.1", "text": text}
        await dispatch(bot.slack, event("app_mention", user="U1", channel=CHANNEL, ts="1.1", text=text))
        assert [bot.health(one) for one in (HERE, ASIDE, NAMESAKE)] == [
            Health.DEGRADED,
            Health.SUSPENDED,
            Health.SUSPENDED,
        ]

    live(story)


def test_a_slack_workspace_that_uninstalls_the_bot_is_suspended_with_its_reason(live: Live) -> None:
    async def story(bot: Bot) -> None:
        bot.add(HERE, ASIDE, NAMESAKE)
        await bot.slack.check()
        await dispatch(bot.slack, event("app_uninstalled"))
        reason = f"I was uninstalled from this workspace. {INSTALL_REMEDY}"
        assert [(bot.health(one), bot.reason(one)) for one in (HERE, ASIDE)] == [(Health.SUSPENDED, reason)] * 2
        assert bot.health(NAMESAKE) is Health.ACTIVE

    live(story)


def test_a_slack_token_that_works_again_revives_what_a_lost_one_suspended_and_nothing_else(live: Live) -> None:
    async def story(bot: Bot) -> None:
        bot.suspend(HERE, NAMESAKE, reason=f"My token was revoked. {INSTALL_REMEDY}")
        bot.suspend(ASIDE)
        await bot.slack.check()
        assert [bot.health(one) for one in (HERE, ASIDE, NAMESAKE)] == [
            Health.ACTIVE,
            Health.SUSPENDED,
            Health.SUSPENDED,
        ]

    live(story)


# --- Discord ---------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A server on Discord with one channel and a member who may manage it."""

    env: simcord.Env
    guild: Any
    text: Any
    member: Any

    @property
    def here(self) -> Channel:
        return self.channel(str(self.text.id))

    @property
    def namesake(self) -> Channel:
        """Of Slack, with the same ids."""
        return Channel("slack", self.here.workspace, self.here.id)

    def channel(self, id: str) -> Channel:
        return Channel("discord", str(self.guild.id), id)

    async def when(self, something: Callable[[], object]) -> None:
        """It happens, and all that the bot does about it is done."""
        before = asyncio.all_tasks()
        something()
        while follow := asyncio.all_tasks() - before:
            await asyncio.wait(follow)

    async def when_noticed(self, event: str, *args: Any) -> None:
        """One of discord.py's events."""
        bot: Any = self.env.bot
        await self.when(lambda: bot.dispatch(event, *args))


@asynccontextmanager
async def server(bot: Bot) -> AsyncIterator[Server]:
    async with simcord.run(bot.discord.client) as env:
        guild: Any = env.create_guild()
        text = guild.create_text_channel("incidents")
        roles = [guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))]
        member = guild.add_member(env.create_user("alice"), roles=roles)
        await env.settle()
        yield Server(env, guild, text, member)


async def posted(bot: Bot, place: Any) -> Any:
    """A message with a card's button, as delivery posts it."""
    message = Message("Trouble", title="Trouble", buttons=(Button("Filter", f"subscribe {ACME}", Opens.FORM),))
    ref = await bot.discord.adapter.post(Channel("discord", str(place.guild.id), str(place.id)), message, "key")
    (found,) = [one for one in place.history() if str(one.id) in ref]
    return found


def test_discord_commands_are_answered_and_completed(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            choices = await at.member.autocomplete(at.text, "status", "vendor", "acm")
            assert [choice["value"] if isinstance(choice, dict) else choice.value for choice in choices] == [ACME]
            result = await at.member.slash(at.text, "status", vendor="acme")
            assert "operational" in result.response.embeds[0].title

    live(story)


def test_a_discord_form_shows_a_vendor_is_checked_and_carried_out(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            card, filled = await posted(bot, at.text), {"severity": ["all"], "maintenance": ["off"]}
            shown = await at.member.click(card, label="Filter")
            assert shown.modal["title"] == "Subscribe to Acme"
            await at.member.submit_modal(shown, {**filled, "other": "nonsense:"})
            assert bot.vendors(at.here) == ()
            await at.member.submit_modal(await at.member.click(card, label="Filter"), filled)
            assert bot.vendors(at.here) == (ACME,)
            assert bot.vendors(at.namesake) == ()

    live(story)


def test_a_discord_thread_that_subscribes_by_itself_does_not_stand_for_its_channel(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            at.env.backend.create_thread(at.text.id, "Acme alone", at.member.id)
            await at.env.settle()
            (thread,) = at.text.threads
            card = await posted(bot, thread)
            assert (await at.member.click(card, label="Filter")).modal["title"] == "Subscribe to Acme"
            bot.add(at.channel(str(thread.id)))
            assert (await at.member.click(card, label="Filter")).modal["title"] == "Change Acme"

    live(story)


def test_what_discord_lost_while_the_bot_was_away_is_suspended(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            deleted, left = at.channel(GONE), Channel("discord", GONE, "1")
            of_slack = Channel("slack", at.here.workspace, GONE), Channel("slack", GONE, "1")
            bot.add(at.here, deleted, left, *of_slack)
            await at.when_noticed("ready")
            assert (bot.health(deleted), bot.reason(deleted)) == (Health.SUSPENDED, CHANNEL_DELETED)
            assert (bot.health(left), bot.reason(left)) == (Health.SUSPENDED, NOT_IN_SERVER)
            assert {bot.health(one) for one in (at.here, *of_slack)} == {Health.ACTIVE}

    live(story)


def test_a_discord_channel_that_can_be_posted_to_again_is_active(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            bot.suspend(at.here, at.namesake)
            await at.when_noticed("ready")
            assert (bot.health(at.here), bot.health(at.namesake)) == (Health.ACTIVE, Health.SUSPENDED)

    live(story)


def test_a_deleted_discord_channel_is_suspended_alone(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            other = at.channel(str(at.guild.create_text_channel("other").id))
            bot.add(at.here, other, at.namesake)
            await at.when(lambda: at.env.backend.delete_channel(at.text.id))
            assert (bot.health(at.here), bot.reason(at.here)) == (Health.SUSPENDED, CHANNEL_DELETED)
            assert {bot.health(one) for one in (other, at.namesake)} == {Health.ACTIVE}

    live(story)


def test_a_discord_server_that_removes_the_bot_is_suspended_with_its_reason(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            bot.add(at.here, at.channel(GONE), at.namesake)
            await at.when(lambda: at.env.backend.emit("GUILD_DELETE", {"id": str(at.guild.id)}))
            suspended = [(bot.health(one), bot.reason(one)) for one in (at.here, at.channel(GONE))]
            assert suspended == [(Health.SUSPENDED, NOT_IN_SERVER)] * 2
            assert bot.health(at.namesake) is Health.ACTIVE

    live(story)


def test_a_discord_server_that_invites_the_bot_again_is_active_whatever_suspended_it(live: Live) -> None:
    async def story(bot: Bot) -> None:
        async with server(bot) as at:
            # Channels that Discord does not show: nothing else makes them active.
            first, second = at.channel(GONE), at.channel("987654321098765433")
            of_slack = Channel("slack", at.here.workspace, GONE)
            bot.suspend(first, of_slack, reason=NOT_IN_SERVER)
            bot.suspend(second)
            client: Any = at.env.bot
            await at.when_noticed("guild_join", client.get_guild(at.guild.id))
            assert [bot.health(one) for one in (first, second, of_slack)] == [
                Health.ACTIVE,
                Health.ACTIVE,
                Health.SUSPENDED,
            ]

    live(story)
