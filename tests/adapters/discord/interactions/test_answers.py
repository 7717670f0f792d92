"""Commands, buttons and completions, from a member's fingers to what the member sees, on simcord."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import discord
import pytest
import simcord
from simcord.backend.errors import SetupError
from structlog.testing import capture_logs

from bot.adapters.memory import OwnMemory
from bot.adapters.posting_check import PostingCheck
from bot.commands.complete import Choice
from bot.commands.request import Reply
from bot.domain import Channel
from bot.message import Button, Message, Quote
from bot.wording.errors import error_message
from tests.adapters.discord.sim import FakeEvents, discord_of

CHANGED = Reply((Message("Subscribed.", title="Subscribed."),), public=True)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def server(env: simcord.Env, **permissions: bool) -> tuple[Any, Any]:
    """A text channel, and a member with these permissions."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    alice = guild.add_member(env.create_user("alice"))
    if permissions:
        alice = guild.add_member(
            env.create_user("bob"), roles=[guild.create_role("r", permissions=discord.Permissions(**permissions))]
        )
    await env.settle()
    return channel, alice


def titles(result: Any) -> list[str]:
    messages = [result.response, *result.followups]
    return [message.embeds[0].title for message in messages if message]


def test_a_look_up_is_for_its_asker_and_can_be_shared() -> None:
    async def story() -> None:
        events = FakeEvents(Reply((Message("No — up.", title="🟢 GitHub is operational."),)))
        async with discord_of(events) as env:
            channel, alice = await server(env)
            result = await alice.slash(channel, "status", vendor="github")
            asked = events.asked[-1]
            assert (asked.command, asked.text, asked.channel.id) == ("status", "github", str(channel.id))
            assert (asked.channel.workspace, asked.user) == (str(channel.guild.id), str(alice.id))
            assert titles(result) == ["🟢 GitHub is operational."]
            assert result.response.ephemeral
            shared = await alice.click(result.response, label="Share")
            assert not shared.response.ephemeral
            assert titles(shared) == ["🟢 GitHub is operational."]
            assert (events.asked[-1].command, events.asked[-1].text) == ("status", "github")
            assert shared.response.components == []

    run(story())


def test_a_refusal_is_not_offered_to_be_shared() -> None:
    async def story() -> None:
        async with discord_of(
            FakeEvents(Reply((error_message("“githb” is no vendor's name in the catalog."),)))
        ) as env:
            channel, alice = await server(env)
            result = await alice.slash(channel, "status", vendor="githb")
            assert result.response.components == []

    run(story())


def test_a_change_is_for_everybody() -> None:
    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            channel, alice = await server(env, manage_guild=True)
            result = await alice.slash(
                channel, "subscribe", vendor="github", component="Git Operations", severity="major"
            )
            assert events.asked[-1].text == 'github component:"Git Operations" severity:major'
            assert events.asked[-1].may_manage
            assert not result.response.ephemeral

    run(story())


def test_members_do_not_see_what_changes_something() -> None:
    async def story() -> None:
        async with discord_of(FakeEvents()) as env:
            channel, alice = await server(env)
            assert "status" in alice.available_commands(channel)
            assert "subscribe" not in alice.available_commands(channel)
            with pytest.raises(SetupError, match="not visible"):
                await alice.slash(channel, "subscribe", vendor="github")

    run(story())


def test_admins_can_give_a_command_to_others() -> None:
    """Discord lets them through; the check again in the code asks it who was let through."""

    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            channel, alice = await server(env)
            command = env.backend.find_command("subscribe", None)
            assert command
            env.guild.set_command_permissions(int(command["id"]), {alice: True})
            await alice.slash(channel, "subscribe", vendor="github")
            assert events.asked[-1].may_manage
            env.inject_error("GET", "*/permissions", status=404, code=10066)
            await alice.slash(channel, "subscribe", vendor="github")
            assert not events.asked[-1].may_manage, "what Discord does not confirm is not allowed"

    run(story())


def test_what_finds_no_room_in_an_answer_is_counted_and_its_end_is_shown() -> None:
    async def story() -> None:
        parts = [Message(f"part {n}", title=f"part {n}", url="https://status.acme.test/i1") for n in range(1, 14)]
        async with discord_of(FakeEvents(Reply(tuple(parts)))) as env:
            channel, alice = await server(env)
            result = await alice.slash(channel, "incident", id="acme/i1")
            shown = titles(result)
            assert len(shown) == 10
            assert shown[-3:] == ["part 8", "4 messages are left out here.", "part 13"]
            assert "https://status.acme.test/i1" in result.followups[-2].embeds[0].description

    run(story())


def test_whoever_was_given_the_board_need_not_say_on() -> None:
    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            channel, alice = await server(env)
            command = env.backend.find_command("board", None)
            assert command
            env.guild.set_command_permissions(int(command["id"]), {alice: True})
            await alice.slash(channel, "board")
            assert (events.asked[-1].text, events.asked[-1].may_manage) == ("", True)

    run(story())


def test_a_button_runs_its_command_for_whoever_presses_it() -> None:
    async def story() -> None:
        events = FakeEvents(Reply((Message("s", title="t", buttons=(Button("Subscribe", "subscribe github"),)),)))
        async with discord_of(events) as env:
            channel, alice = await server(env)
            result = await alice.slash(channel, "status", vendor="github")
            await alice.click(result.response, label="Subscribe")
            asked = events.asked[-1]
            assert (asked.command, asked.text, asked.may_manage) == ("subscribe", "github", False)
            _, bob = await server(env, manage_channels=True)
            result = await bob.slash(_, "status", vendor="github")
            await bob.click(result.response, label="Subscribe")
            assert events.asked[-1].may_manage

    run(story())


def test_a_button_whose_command_is_too_long_says_so_after_a_restart() -> None:
    async def story() -> None:
        command = "incident github/" + "x" * 100
        events = FakeEvents(Reply((Message("s", title="t", buttons=(Button("Timeline", command),)),)))
        async with discord_of(events) as env:
            channel, alice = await server(env)
            result = await alice.slash(channel, "status", vendor="github")
            await alice.click(result.response, label="Timeline")
            assert events.asked[-1].text == "github/" + "x" * 100
            bot: Any = env.bot
            bot.answers._memory = OwnMemory()
            forgotten = await alice.click(result.response, label="Timeline")
            assert titles(forgotten) == ["This button is too old."]

    run(story())


def test_a_long_answer_goes_on_in_further_messages() -> None:
    async def story() -> None:
        text = "\n".join(f"line {n}" for n in range(800))
        events = FakeEvents(Reply((Message("s", title="t", blocks=(Quote(text),)), Message("u", title="u"))))
        async with discord_of(events) as env:
            channel, alice = await server(env)
            result = await alice.slash(channel, "incident", id="github/abc")
            assert len(result.followups) >= 3
            assert all(message.ephemeral for message in result.followups)
            told = "\n".join(m.embeds[0].description or "" for m in [result.response, *result.followups])
            assert [n for n in range(800) if f"> line {n}\n" not in told + "\n"] == []
            assert result.followups[-1].components

    run(story())


@pytest.mark.parametrize(("reply", "vendor"), [(CHANGED, "github"), (Reply((Message("no", title="No."),)), "githob")])
def test_a_slow_answer_is_promised_first_and_shown_to_whom_it_is_for(reply: Reply, vendor: str) -> None:
    async def story() -> None:
        events = FakeEvents(reply, slow_s=0.1)
        async with discord_of(events) as env:
            channel, alice = await server(env, manage_guild=True)

            bot: Any = env.bot
            bot.answers.defer_s = 0.01
            result = await alice.slash(channel, "subscribe", vendor=vendor)
            await env.advance_time(5)
            callback = next(r for r in env.http_requests if r.path.endswith("/callback"))
            assert callback.json
            assert callback.json["type"] == 5, "a promise"
            shown = [message for message in (result.response, *result.followups) if message]
            assert [message.embeds[0].title for message in shown] == [reply.messages[0].title]
            assert shown[0].ephemeral is not reply.public

    run(story())


def test_missing_permissions_are_told_by_name_when_somebody_subscribes() -> None:
    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            _, alice = await server(env, manage_guild=True)
            me = env.guild.me
            assert me
            mute = discord.PermissionOverwrite(send_messages=False, create_public_threads=False)
            channel = env.guild.create_text_channel("quiet", overwrites={me: mute})
            await env.settle()
            result = await alice.slash(channel, "subscribe", vendor="github")
            assert titles(result) == ["Subscribed.", "I can't post in this channel yet."]
            named = result.followups[0].embeds[0].description
            assert "**Send Messages**" in named
            assert "**Create Public Threads**" in named
            assert "View Channel" not in named

    run(story())


@pytest.mark.parametrize("kind", ["text", "news"])
def test_who_publishes_where_nobody_can_follow_hears_what_it_needs(kind: str) -> None:
    async def story() -> None:
        async with discord_of(FakeEvents(CHANGED)) as env:
            channel, alice = await server(env, manage_guild=True)
            if kind == "news":
                channel = env.guild.create_news_channel("news")
                await env.settle()
            result = await alice.slash(channel, "settings", publish="on")
            needed = ["Nobody can follow this channel yet."] if kind == "text" else []
            assert titles(result) == ["Subscribed.", *needed]

    run(story())


def test_a_thread_that_is_subscribed_itself_lacks_what_threads_need() -> None:
    async def story() -> None:
        async with discord_of(FakeEvents(CHANGED)) as env:
            bot: Any = env.bot
            channel, alice = await server(env, manage_guild=True)
            me = env.guild.me
            assert me
            lacking = discord.PermissionOverwrite(send_messages=True, send_messages_in_threads=False)
            quiet = env.guild.create_text_channel("quiet", overwrites={me: lacking})
            env.backend.create_thread(quiet.id, "on call", me.id)
            await env.settle()
            (thread,) = quiet.threads
            told = await alice.slash(channel, "subscribe", vendor="github", channel=thread)
            assert titles(told) == ["Subscribed.", "I can't post in this channel yet."]
            assert "**Send Messages in Threads**" in told.followups[0].embeds[0].description
            await bot.calls("PATCH", "/channels/{channel_id}", str(thread.id), json={"archived": True})
            await env.settle()
            archived = await alice.slash(channel, "subscribe", vendor="github", channel=thread)
            assert titles(archived) == ["Subscribed.", "I can't post in this channel yet."], "asked of Discord"
            assert "Send Messages in Threads" in archived.followups[0].embeds[0].description

    run(story())


def test_a_channel_that_the_gateway_does_not_tell_of_is_looked_up_when_somebody_subscribes_it() -> None:
    async def story() -> None:
        async with discord_of(FakeEvents(CHANGED)) as env:
            bot: Any = env.bot
            channel, alice = await server(env, manage_guild=True)
            env.backend.create_thread(channel.id, "on call", env.guild.me.id)  # type: ignore[union-attr]
            await env.settle()
            (thread,) = channel.threads
            await bot.calls("PATCH", "/channels/{channel_id}", str(thread.id), json={"archived": True})
            await env.settle()
            fine = await alice.slash(channel, "subscribe", vendor="github", channel=thread)
            assert titles(fine) == ["Subscribed."], "a post opens an archived thread"
            env.inject_error("GET", f"/channels/{thread.id}", status=403, code=50001, message="Missing Access")
            told = await alice.slash(channel, "subscribe", vendor="github", channel=thread)
            assert titles(told) == ["Subscribed.", "I can't post in this channel yet."]
            assert "Give me View Channel" in told.followups[0].embeds[0].description
            env.inject_error("GET", f"/channels/{thread.id}", status=500, times=None)
            unknown = await alice.slash(channel, "subscribe", vendor="github", channel=thread)
            assert titles(unknown) == ["Subscribed."], "what Discord does not say warns nobody"

    run(story())


def test_what_discord_says_too_late_follows_the_answer() -> None:
    async def story() -> None:
        async def obstacle(_: Channel) -> str:
            await asyncio.sleep(3)  # In simcord's time.
            return "Give me View Channel there."

        async with discord_of(FakeEvents(CHANGED)) as env:
            bot: Any = env.bot
            bot.answers.posting_check = PostingCheck(obstacle)
            channel, alice = await server(env, manage_guild=True)
            env.backend.create_thread(channel.id, "on call", env.guild.me.id)  # type: ignore[union-attr]
            await env.settle()
            (thread,) = channel.threads
            await bot.calls("PATCH", "/channels/{channel_id}", str(thread.id), json={"archived": True})
            await env.settle()
            told = await alice.slash(channel, "subscribe", vendor="github", channel=thread)
            await env.advance_time(5)
            assert titles(told) == ["Subscribed.", "I can't post in this channel yet."]
            assert (told.response.ephemeral, told.followups[0].ephemeral) == (False, True)

    run(story())


def test_that_a_board_cannot_be_pinned_is_told_when_it_is_put_up_and_no_more_when_it_is_taken_down() -> None:
    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            _, alice = await server(env, manage_guild=True)
            me = env.guild.me
            assert me
            channel = env.guild.create_text_channel(
                "quiet", overwrites={me: discord.PermissionOverwrite(pin_messages=False)}
            )
            await env.settle()
            result = await alice.slash(channel, "board", switch="on")
            assert (events.asked[-1].command, events.asked[-1].text) == ("board", "on")
            assert titles(result) == ["Subscribed.", "I'm missing a permission here: Pin Messages."]
            assert "**Pin Messages**" in result.followups[0].embeds[0].description
            assert titles(await alice.slash(channel, "board", switch="off")) == ["Subscribed."]
            assert titles(await alice.slash(channel, "subscribe", vendor="github")) == ["Subscribed."]

    run(story())


def test_roles_that_nobody_may_ping_are_named_when_somebody_subscribes() -> None:
    async def story() -> None:
        async with discord_of(FakeEvents(CHANGED)) as env:
            _, alice = await server(env, manage_guild=True)
            me = env.guild.me
            assert me
            lacking = discord.PermissionOverwrite(mention_everyone=False)
            channel = env.guild.create_text_channel("incidents", overwrites={me: lacking})
            quiet = env.guild.create_role("quiet")
            loud = env.guild.create_role("loud", mentionable=True)
            await env.settle()
            told = await alice.slash(channel, "subscribe", vendor="github", mention=quiet)
            assert titles(told) == ["Subscribed.", "I can show this mention, but it pings nobody yet."]
            assert f"<@&{quiet.id}>" in told.followups[0].embeds[0].description
            fine = await alice.slash(channel, "subscribe", vendor="github", mention=loud)
            assert titles(fine) == ["Subscribed."]

    run(story())


def test_a_mention_that_would_ping_nobody_is_refused_when_it_is_typed() -> None:
    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            channel, alice = await server(env, manage_guild=True)
            await env.settle()
            told = await alice.slash(channel, "subscribe", vendor="github mention:@nosuchhandle")
            assert titles(told) == [
                "“\\@nosuchhandle” is not a Discord user or role, so it would ping nobody. "
                "Choose it in the list that Discord offers after \\@."
            ]
            assert told.response.ephemeral
            everyone = await alice.slash(channel, "subscribe", vendor="github mention:@here")
            assert titles(everyone) == ["I never mention everyone. Choose roles or people."]
            assert events.asked == []

    run(story())


def test_another_channel_can_be_subscribed_by_who_manages_that_one() -> None:
    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            channel, alice = await server(env, manage_guild=True)
            forum = env.guild.create_forum_channel("incidents")
            await env.settle()
            result = await alice.slash(channel, "subscribe", vendor="github", channel=forum)
            assert events.asked[-1].channel.id == str(forum.id)
            assert events.asked[-1].may_manage
            assert titles(result)[0] == "Subscribed."
            assert result.response.embeds[0].description == f"About <#{forum.id}>:"
            here = await alice.slash(channel, "subscribe", vendor="github", channel=channel)
            assert here.response.embeds[0].description is None

    run(story())


def test_what_is_asked_about_another_channel_is_not_shared_as_if_it_were_about_this_one() -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            channel, alice = await server(env)
            other = env.guild.create_text_channel("other")
            await env.settle()
            assert (await alice.slash(channel, "list")).response.components
            assert (await alice.slash(channel, "list", channel=other)).response.components == []

    run(story())


def test_no_button_acts_on_another_channel_than_was_asked_about() -> None:
    async def story() -> None:
        buttons = (Button("Take it down", "board off"), Button("GitHub", "status github"), Button("Next", "list --2"))
        events = FakeEvents(Reply((Message("s", title="t", buttons=buttons),)))
        async with discord_of(events) as env:
            channel, alice = await server(env, manage_guild=True)
            other = env.guild.create_text_channel("other")
            await env.settle()
            result = await alice.slash(channel, "board", channel=other)
            (row,) = result.response.components
            assert [button["label"] for button in row["components"]] == ["GitHub"]

    run(story())


def test_a_thread_stands_for_its_channel() -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            channel, alice = await server(env)
            env.backend.create_thread(channel.id, "Acme — API errors", alice.id)
            await env.settle()
            (thread,) = channel.threads
            await alice.slash(thread, "why")
            assert events.asked[-1].channel.id == str(channel.id)

    run(story())


def test_direct_messages_are_their_readers_own() -> None:
    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            user = env.create_user("carol")
            await env.settle()
            result = await user.slash("subscribe", vendor="github")
            asked = events.asked[-1]
            assert (asked.channel.workspace, asked.may_manage) == (f"@me/{asked.channel.id}", True)
            assert titles(result) == ["Subscribed."]

    run(story())


def test_a_direct_message_is_a_place_of_its_own() -> None:
    """Whoever may manage a workspace sees all its channels and its own pages: here that is one conversation."""

    async def story() -> None:
        events = FakeEvents(CHANGED)
        async with discord_of(events) as env:
            carol, dave = env.create_user("carol"), env.create_user("dave")
            await env.settle()
            for user in (carol, dave):
                await user.slash("list", where="everywhere")
            one, other = events.asked
            assert one.channel.workspace != other.channel.workspace

    run(story())


def test_completions_come_from_what_is_known() -> None:
    async def story() -> None:
        events = FakeEvents(offered=[Choice("GitHub", "github"), Choice("x" * 300, "toolong" * 30)])
        async with discord_of(events) as env:
            channel, alice = await server(env, manage_guild=True)
            assert await alice.autocomplete(channel, "status", "vendor", "git") == [
                {"name": "GitHub", "value": "github"}
            ]
            asked = events.typing[-1]
            assert (asked.command, asked.prefix, asked.channel.id) == ("status", "git", str(channel.id))
            await alice.autocomplete(channel, "subscribe", "component", "act", vendor="github")
            assert dict(events.typing[-1].given) == {"vendor": "github"}
            forum = env.guild.create_forum_channel("incidents")
            await env.settle()
            await alice.autocomplete(channel, "unsubscribe", "vendor", "", channel=forum)
            assert events.typing[-1].channel.id == str(forum.id)

    run(story())
