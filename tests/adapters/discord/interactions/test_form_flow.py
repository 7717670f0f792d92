"""Forms, from the press of a button to the subscription in the store, on simcord and across restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from structlog.testing import capture_logs

from bot.commands import complete, forms
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle
from bot.commands.request import Reply, Request
from bot.domain import Channel, Slug
from bot.message import Button, Message, Opens
from bot.store import Store
from tests.adapters.discord.sim import FakeEvents, channel_of, discord_of, lookout
from tests.adapters.discord.spec import complaints
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, Talk
from tests.databases import sqlite

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
CARD = Reply(
    (
        Message(
            "Major outage · GitHub",
            title="Major outage · GitHub",
            buttons=(
                Button("Timeline", "incident github/abc", Opens.MODAL),
                Button("Filter", "subscribe github", Opens.FORM),
            ),
        ),
    )
)


EVERYTHING = {"severity": ["all"], "maintenance": ["off"]}


class Open(FakeEvents):
    """The app with its real commands on a real store; ``/status`` gives a card."""

    def __init__(self, store: Store) -> None:
        super().__init__(CARD)
        self.store = store

    async def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.reply if request.command == "status" else handle(request, self._context())

    async def complete(self, request: complete.CompletionRequest) -> Sequence[complete.Choice]:
        return complete.complete(request, self._context())

    async def form(self, channel: Channel, vendor: Slug) -> forms.SubscribeForm | None:
        await asyncio.sleep(self.slow_s)
        return forms.subscribe_form(channel, vendor, self._context())

    async def check(self, channel: Channel, submitted: forms.SubmittedForm) -> forms.CheckedForm:
        return forms.check_form(channel, submitted, self._context())

    def _context(self) -> CommandContext:
        return CommandContext(self.store, CATALOG, NOW)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def events(tmp_path: Path) -> Iterator[Open]:
    store = Store(sqlite(tmp_path))
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    Talk(store).reading("github", GITHUB_PARTS)
    yield Open(store)
    store.close()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def scene(env: simcord.Env, **permissions: bool) -> tuple[Any, Any]:
    """A text channel and a member of its server with these permissions."""
    guild = env.create_guild()
    channel = guild.create_text_channel("incidents")
    roles = [guild.create_role("r", permissions=discord.Permissions(**permissions))] if permissions else []
    member = guild.add_member(env.create_user("bob"), roles=roles)
    await env.settle()
    return channel, member


async def pressed(member: Any, channel: Any, label: str = "Filter") -> Any:
    """The member asks for a card and presses one of its buttons."""
    return await member.click((await member.slash(channel, "status", vendor="github")).response, label=label)


def component(shown: Any, field: str) -> Any:
    inner = [one["component"] for one in shown.modal["components"] if "component" in one]
    return next(one for one in inner if one["custom_id"] == field)


def held(events: Open, channel: Any) -> list[str]:
    talk = Talk(events.store, channel=channel_of(channel))
    return [line for line in talk.say("list").splitlines() if line.startswith("- ")]


def title(result: Any) -> str:
    return str(result.response.embeds[0].title)


def test_a_form_subscribes_for_everybody_to_see(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            oncall = env.guild.create_role("oncall")
            shown = await pressed(bob, channel)
            assert shown.modal["title"] == "Subscribe to GitHub"
            (actions,) = [o["value"] for o in component(shown, "parts")["options"] if o["label"] == "Actions"]
            done = await bob.submit_modal(
                shown,
                {"parts": [actions], "severity": ["major"], "maintenance": ["on"], "mention": [oncall], "other": ""},
            )
            assert title(done) == "Subscribed to GitHub."
            assert not done.response.ephemeral
            assert f"mentions <@&{oncall.id}> at degraded performance or worse" in done.response.embeds[0].description
            assert events.asked[-1].text == (
                f'github component:"Actions" severity:major+ maintenance:on mention:<@&{oncall.id}>'
            )
            assert events.asked[-1].user == str(bob.id)
            callbacks: Any = [r.json for r in env.http_requests if r.path.endswith("/callback")]
            (sent,) = [body for body in callbacks if body["type"] == 9]
            assert not complaints("POST", CALLBACK, sent)
            again = await pressed(bob, channel)
            assert again.modal["title"] == "Change GitHub"
            assert [o["label"] for o in component(again, "parts")["options"] if o.get("default")] == ["Actions"]
            (mentioned,) = component(again, "mention")["default_values"]
            assert (mentioned["type"], str(mentioned["id"])) == ("role", str(oncall.id))

    run(story())


def test_nobody_is_left_with_the_hope_that_everyone_will_be_mentioned(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            everyone = env.guild.default_role
            wrong = await bob.submit_modal(await pressed(bob, channel), {**EVERYTHING, "mention": [everyone]})
            assert "I never mention everyone." in wrong.response.embeds[0].description
            typed = await bob.slash(channel, "subscribe", vendor="github", mention=everyone)
            assert title(typed) == "I never mention everyone. Choose roles or people."
            assert typed.response.ephemeral
            assert held(events, channel) == []

    run(story())


def test_what_is_wrong_is_told_to_its_writer_and_nothing_typed_is_lost(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            typed = {"severity": ["critical"], "maintenance": ["off"], "other": 'component:"Actoins"'}
            wrong = await bob.submit_modal(await pressed(bob, channel), typed)
            assert title(wrong) == "Nothing is changed yet."
            assert wrong.response.ephemeral
            assert "Did you mean" in wrong.response.embeds[0].description
            assert held(events, channel) == []
            again = await bob.click(wrong.response, label="Fill it in again")
            assert component(again, "other")["value"] == 'component:"Actoins"'
            assert [o["value"] for o in component(again, "severity")["options"] if o["default"]] == ["critical"]
            fresh = await pressed(bob, channel)
            assert "value" not in component(fresh, "other"), "a card's form shows what is in force"
            done = await bob.submit_modal(again, {**typed, "other": 'component:"Actions"'})
            assert title(done) == "Subscribed to GitHub."
            empty = await bob.click(wrong.response, label="Fill it in again")
            assert component(empty, "other").get("value") is None, "what was carried out is not kept"

    run(story())


def test_forms_and_buttons_outlive_a_restart(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            card = (await bob.slash(channel, "status", vendor="github")).response
            shown = await bob.click(card, label="Filter")
            wrong = await bob.submit_modal(
                await bob.click(card, label="Filter"), {"severity": ["all"], "maintenance": ["off"], "other": "no"}
            )
            after = Open(events.store)
            await env.restart_bot(lookout(after))
            done = await bob.submit_modal(shown, {"severity": ["minor"], "maintenance": ["off"]})
            assert title(done) == "Subscribed to GitHub."
            assert len(held(after, channel)) == 1
            again = await bob.click(wrong.response, label="Fill it in again")
            assert [o["value"] for o in component(again, "severity")["options"] if o["default"]] == ["minor"]
            done = await bob.submit_modal(again, EVERYTHING)
            assert title(done) == "Subscription changed: GitHub."
            await bob.click(card, label="Timeline")
            assert (after.asked[-1].command, after.asked[-1].text) == ("incident", "github/abc")

    run(story())


def test_a_form_is_for_those_who_may_subscribe(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env)
            refused = await pressed(bob, channel)
            assert refused.modal is None
            assert title(refused) == "Only people who can manage this channel can subscribe here."
            assert refused.response.ephemeral
            command = env.backend.find_command("subscribe", None)
            assert command
            env.guild.set_command_permissions(int(command["id"]), {bob: True})
            shown = await pressed(bob, channel)
            assert shown.modal, "the server's admins let bob use the command"
            env.guild.set_command_permissions(int(command["id"]), {bob: False})
            refused = await bob.submit_modal(shown, EVERYTHING)
            assert title(refused) == "Only people who can manage this channel can subscribe here."
            assert held(events, channel) == []

    run(story())


def test_missing_permissions_are_told_by_a_form_too(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            _, bob = await scene(env, manage_guild=True)
            me = env.guild.me
            assert me
            lacking = discord.PermissionOverwrite(send_messages=False, mention_everyone=False)
            quiet = env.guild.create_text_channel("quiet", overwrites={me: lacking})
            oncall = env.guild.create_role("oncall")
            await env.settle()
            done = await bob.submit_modal(await pressed(bob, quiet), {**EVERYTHING, "mention": [oncall]})
            assert {told.embeds[0].title for told in done.followups} == {
                "I can't post in this channel yet.",
                "I can show this mention, but it pings nobody yet.",
            }

    run(story())


def test_a_form_that_discord_does_not_take_is_asked_in_words(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            card = (await bob.slash(channel, "status", vendor="github")).response
            env.inject_error("POST", "*/callback", status=400, code=50035)
            shown = await bob.click(card, label="Filter")
            assert component(shown, "mention")["type"] == 4, "the list to choose from is left out"
            env.inject_error("POST", "*/callback", status=400, code=50035)
            env.inject_error("POST", "*/callback", status=400, code=50035)
            told = await bob.click(card, label="Filter")
            assert title(told) == "Discord does not take this form."
            assert "/subscribe vendor:github" in told.response.embeds[0].description

    run(story())


def test_a_form_that_takes_too_long_says_so(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            card = (await bob.slash(channel, "status", vendor="github")).response
            events.slow_s = 60.0
            env.bot.answers.forms.of_subscription.open_s = 0.01  # type: ignore[attr-defined]
            told = await bob.click(card, label="Filter")
            assert title(told) == "The form takes too long to open. Press again in a moment."

    run(story())


def test_a_vendor_that_is_no_more_is_said(events: Open) -> None:
    async def story() -> None:
        events.reply = Reply((Message("s", title="t", buttons=(Button("Filter", "subscribe nobody", Opens.FORM),)),))
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            told = await pressed(bob, channel)
            assert title(told) == "There is no such vendor any more. Choose again."

    run(story())


def test_a_form_in_direct_messages(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            user = env.create_user("carol")
            await env.settle()
            card: Any = (await user.slash("status", vendor="github")).response
            done: Any = await user.submit_modal(await user.click(card, label="Filter"), EVERYTHING)
            assert title(done) == "Subscribed to GitHub."

    run(story())


def test_buttons_in_a_thread_that_subscribes_by_itself_are_about_it(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            env.backend.create_thread(channel.id, "GitHub alone", bob.id)
            await env.settle()
            (thread,) = channel.threads
            card = (await bob.slash(thread, "status", vendor="github")).response
            await bob.submit_modal(await bob.click(card, label="Filter"), EVERYTHING)
            assert events.asked[-1].channel == channel_of(channel), "a thread stands for its channel"
            events.known = [Channel("discord", str(channel.guild.id), str(thread.id))]
            looks = events.looks
            await bob.click(card, label="Timeline")
            assert events.asked[-1].channel == events.known[0]
            assert events.looks == looks, "nor is a look at every channel needed for that"

    run(story())


def test_a_server_that_the_bot_is_not_in_is_answered_politely(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            card = (await bob.slash(channel, "status", vendor="github")).response
            env.backend.emit("GUILD_DELETE", {"id": str(channel.guild.id)})
            await env.settle()
            told = await bob.click(card, label="Filter")
            assert title(told) == "/subscribe needs me in this server."
            assert "oauth2/authorize" in told.response.embeds[0].description
            await bob.click(card, label="Timeline")
            assert events.asked[-1].command == "incident"

    run(story())
