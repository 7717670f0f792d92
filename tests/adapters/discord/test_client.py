"""What the connection notices: commands to register, servers that go and come back, channels lost and mended."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import discord
import pytest
from structlog.testing import capture_logs

from bot.adapters.discord.api.guild_cache import GuildCache
from bot.adapters.discord.render.message import MentionTargets
from bot.delivery.port import RetryLater, Undeliverable
from bot.domain import Channel
from bot.message import Tone
from tests.adapters.discord.sim import FakeEvents, channel_of, discord_of, lookout


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_only_the_servers_intent_is_asked_for() -> None:
    async def story() -> None:
        assert lookout(FakeEvents()).intents == discord.Intents(guilds=True)

    run(story())


def test_commands_are_registered_once_and_again_when_they_differ() -> None:
    async def story() -> None:
        async with discord_of(FakeEvents()) as env:

            def puts() -> int:
                return len([r for r in env.http_requests if r.method == "PUT" and r.path.endswith("/commands")])

            assert puts() == 1
            await env.restart_bot(lookout(FakeEvents()))
            assert puts() == 1, "they are the same"
            ((_, command),) = [i for i in env.backend.commands[None].items() if i[0][0] == "status"]
            command["description"] = "something older"
            await env.restart_bot(lookout(FakeEvents()))
            assert puts() == 2

    run(story())


def test_an_event_that_fails_is_an_error_and_one_that_comes_while_the_bot_stops_is_none() -> None:
    async def story() -> None:
        with capture_logs() as logs:
            async with discord_of(FakeEvents()) as env:
                client: Any = env.bot
                await client.on_error("on_ready")
                await client.close()
                await client.on_error("on_ready")
        assert [line["log_level"] for line in logs if "discord_event" in line] == ["error", "debug"]

    run(story())


def test_a_removal_is_told_from_an_outage() -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            guild = env.create_guild()
            channel = guild.create_text_channel("general")
            await env.settle()
            guild_cache = GuildCache(env.bot)
            env.backend.emit("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
            await env.settle()
            assert not [event for event in events.reported if event[0] == "left"], "an outage of Discord's"
            with pytest.raises(RetryLater):
                guild_cache.check(channel_of(channel))
            env.backend.emit("GUILD_DELETE", {"id": str(guild.id)})
            await env.settle()
            assert events.reported[-1] == ("left", str(guild.id))
            with pytest.raises(Undeliverable) as gone:
                guild_cache.check(channel_of(channel))
            assert gone.value.whole_workspace

    run(story())


def test_a_server_that_invites_the_bot_again_is_told() -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            guild = env.create_guild()
            await env.settle()
            # simcord tells of a server that became available, as after an outage.
            env.bot.dispatch("guild_join", env.bot.get_guild(guild.id))
            await env.settle()
            assert events.reported == [("back", str(guild.id))]

    run(story())


def test_what_happened_while_away_is_found_after_the_start() -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            guild = env.create_guild()
            here = guild.create_text_channel("here")
            await env.settle()
            deleted = Channel("discord", str(guild.id), "987654321098765432")
            left = Channel("discord", "987654321098765431", "1")
            events.known = [channel_of(here), deleted, left, Channel("discord", "@me/5", "5")]
            events.reported.clear()
            await env.restart_bot(lookout(events))
            await env.settle()
            assert sorted(e for e in events.reported if e[0] != "back") == [
                ("gone", deleted.id),
                ("left", left.workspace),
            ]

    run(story())


def test_a_deleted_channel_is_lost_without_a_look_at_all_the_others() -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            guild = env.create_guild()
            channel = guild.create_text_channel("one")
            await env.settle()
            looks = events.looks
            env.backend.delete_channel(channel.id)
            await env.settle()
            assert [e for e in events.reported if e[0] == "gone"] == [("gone", str(channel.id))]
            assert events.looks == looks

    run(story())


def test_a_channel_that_refuses_for_another_reason_is_not_tried_again_for_a_new_name() -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            guild = env.create_guild()
            channel = guild.create_text_channel("members-12")
            role = guild.create_role("r")
            await env.settle()
            events.unwell = [channel_of(channel)]
            env.backend.edit_channel(channel.id, {"name": "members-13"})
            env.backend.edit_role(guild.id, role.id, {"name": "s"})
            await env.settle()
            assert not [e for e in events.reported if e[0] == "recovered"]

    run(story())


@pytest.mark.parametrize("how", ["channel", "role", "own roles"])
def test_a_channel_is_mended_by_permissions(how: str) -> None:
    async def story() -> None:
        events = FakeEvents()
        async with discord_of(events) as env:
            guild = env.create_guild()
            me = guild.me
            assert me
            mute = discord.PermissionOverwrite(send_messages=False)
            quiet = guild.create_text_channel("quiet", overwrites={me: mute})
            well = guild.create_text_channel("well")
            await env.settle()
            events.unwell = [channel_of(quiet)]
            env.backend.edit_channel(quiet.id, {"topic": "x"})
            await env.settle()
            assert not [e for e in events.reported if e[0] == "recovered"], "it cannot post there yet"
            events.unwell = [channel_of(well)]
            match how:
                case "channel":
                    env.backend.delete_overwrite(quiet.id, me.id)
                    events.unwell = [channel_of(quiet)]
                    env.backend.announce_channel_update(quiet.id)
                case "role":
                    env.backend.edit_role(guild.id, guild.default_role.id, {"permissions": str((1 << 10) | (1 << 11))})
                case "own roles":
                    # Discord sends this of the bot itself without the members intent; simcord does not.
                    env.bot.dispatch("member_update", me, me)
            await env.settle()
            assert ("recovered", events.unwell[0].id) in events.reported

    run(story())


def test_whom_somebody_meant() -> None:
    async def story() -> None:
        async with discord_of(FakeEvents()) as env:
            guild = env.create_guild()
            channel = guild.create_text_channel("general")
            oncall, on = guild.create_role("On Call"), guild.create_role("on")
            await env.settle()
            guild_cache, here = GuildCache(env.bot), channel_of(channel)
            assert guild_cache.mention_targets(here, None) == MentionTargets()
            assert guild_cache.mention_targets(here, f"<@&{oncall.id}>") == MentionTargets(roles=(oncall.id,))
            assert guild_cache.mention_targets(here, "<@123456789012345678>") == MentionTargets(
                users=(123456789012345678,)
            )
            assert guild_cache.mention_targets(here, "@on call") == MentionTargets(roles=(oncall.id,))
            assert guild_cache.mention_targets(here, "@on") == MentionTargets(roles=(on.id,))
            assert guild_cache.selectable_targets(here, "") == MentionTargets()
            assert guild_cache.selectable_targets(here, f"<@&{oncall.id}>@major") == MentionTargets(roles=(oncall.id,))
            assert guild_cache.selectable_targets(here, "<@&123456789012345678>") == MentionTargets(), "deleted"
            assert guild_cache.selectable_targets(here, "@nobody") == MentionTargets()
            assert guild_cache.unpingable_text(here, "@ON call, <@123456789012345678> and @on@major") == ""
            assert guild_cache.unpingable_text(here, "@on @Nobody@major") == "@Nobody"
            assert guild_cache.unpingable_text(here, "oncall") == "oncall"
            assert guild_cache.mention_targets(here, f"@everyone @here <@&{guild.id}> @onward") == MentionTargets()

    run(story())


def test_a_forum_has_tags() -> None:
    async def story() -> None:
        async with discord_of(FakeEvents()) as env:
            guild = env.create_guild()
            forum = guild.create_forum_channel("incidents")
            await env.settle()
            guild_cache = GuildCache(env.bot)
            assert guild_cache.tags_for(channel_of(forum), Tone.MAJOR) == []

    run(story())


def test_before_it_is_connected_nothing_is_denied() -> None:
    async def story() -> None:
        for workspace in ("123456789012345678", "@me/1"):
            with pytest.raises(RetryLater):
                lookout(FakeEvents()).guild_cache.check(Channel("discord", workspace, "1"))

    run(story())
