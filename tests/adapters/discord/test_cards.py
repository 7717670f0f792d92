"""Cards as they stand in every kind of channel: posted by delivery, their buttons pressed by a member, on simcord."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from simcord.results import to_discord_message
from structlog.testing import capture_logs

from bot.adapters.discord.adapter import DiscordAdapter
from bot.catalog import Catalog
from bot.commands import forms
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle
from bot.commands.request import Reply, Request
from bot.delivery.worker import Delivery
from bot.domain import Channel, Phase, Slug
from tests.adapters.discord.sim import FakeEvents, discord_of, lookout
from tests.databases import sqlite
from tests.delivery.story import ACME, Story, incident, story

KINDS = ("text", "news", "forum", "thread")


class Told(FakeEvents):
    """The app on the story's store."""

    def __init__(self, told: Story) -> None:
        super().__init__()
        self._told = told

    async def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        return handle(request, self._context())

    async def form(self, channel: Channel, vendor: Slug) -> forms.SubscribeForm | None:
        return forms.subscribe_form(channel, vendor, self._context())

    async def check(self, channel: Channel, submitted: forms.SubmittedForm) -> forms.CheckedForm:
        return forms.check_form(channel, submitted, self._context())

    def _context(self) -> CommandContext:
        return CommandContext(self._told.store, Catalog([ACME]), self._told.clock())


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def scene(env: simcord.Env, kind: str) -> tuple[Any, Any]:
    """A place of this kind, and somebody who may manage it."""
    guild: Any = env.create_guild()
    boss = guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))
    alice = guild.add_member(env.create_user("alice"), roles=[boss])
    match kind:
        case "text" | "thread":
            place = guild.create_text_channel("incidents")
        case "news":
            place = guild.create_news_channel("incidents")
        case _:
            place = guild.create_forum_channel("incidents")
            tags = [("Major", 1), ("Resolved", 2), ("Other", 3)]
            env.backend.get_channel(place.id).available_tags = [
                {"id": str(id), "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}
                for name, id in tags
            ]
            env.backend.announce_channel_update(place.id)
    await env.settle()
    if kind == "thread":
        env.backend.create_thread(place.id, "Acme alone", alice.id)
        await env.settle()
        (place,) = place.threads
    return place, alice


def messages(env: simcord.Env) -> list[Any]:
    every = {id: one for place in env.backend.messages.values() for id, one in place.items()}
    return [every[id] for id in sorted(every)]


def cards(env: simcord.Env) -> list[Any]:
    return [one for one in messages(env) if len(one.components) == 1]


def labels(message: Any) -> list[list[str]]:
    return [[button["label"] for button in row["components"]] for row in message.components]


def here(place: Any) -> Channel:
    return Channel("discord", str(place.guild.id), str(place.id))


@pytest.mark.parametrize("kind", KINDS)
def test_the_buttons_of_a_card_work_where_it_stands_and_after_a_restart(kind: str, tmp_path: Path) -> None:
    async def live(told: Story) -> None:
        events = Told(told)
        async with discord_of(events) as env:
            place, alice = await scene(env, kind)
            told.subscribe(here(place))
            events.known = [here(place)]
            told.record(incident("i1", told.clock(), "It is slow."))
            bot: Any = env.bot
            adapter = DiscordAdapter(bot.calls, bot.guild_cache, time.monotonic)
            await Delivery(told.store, [adapter], told.threads, told.clock, linger_s=0.001).run_until_quiet()
            (card,) = cards(env)
            assert labels(card) == [["Timeline", "Mute…", "I'm on it", "Filter", "Status page"]]
            again = Told(told)
            again.known = events.known
            await env.restart_bot(lookout(again))
            for label, public, says in (
                ("Timeline", False, "Trouble i1"),
                ("Mute…", False, "for how long"),
            ):
                result: Any = await alice.click(to_discord_message(env, card), label=label)
                assert result.response.ephemeral is not public
                assert says in result.response.embeds[0].title
                assert again.asked[-1].channel == here(place)
            muted: Any = await alice.click(result.response, label="until resolved")
            assert "until it's resolved" in muted.response.embeds[0].title
            shown: Any = await alice.click(to_discord_message(env, card), label="Filter")
            assert shown.modal["title"] == "Change Acme"
            done: Any = await alice.submit_modal(shown, {"severity": ["critical"], "maintenance": ["off"]})
            assert done.response.embeds[0].title == "Subscription changed: Acme."
            (listed,) = told.store.channels.subscriptions(here(place))
            assert listed.subscription.filter.min_level is not None

    with story(sqlite(tmp_path)) as told:
        run(live(told))


@pytest.mark.parametrize("kind", KINDS)
def test_an_incident_is_told_to_its_end_and_its_postmortem_in_full(kind: str, tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(2_500)]
    postmortem = "\n\n".join(" ".join(words[n : n + 50]) for n in range(0, len(words), 50))

    async def live(told: Story) -> None:
        async with discord_of(Told(told)) as env:
            place, _ = await scene(env, kind)
            told.subscribe(here(place))
            bot: Any = env.bot
            adapter = DiscordAdapter(bot.calls, bot.guild_cache, time.monotonic)
            delivery = Delivery(told.store, [adapter], told.threads, told.clock, linger_s=0.001)
            texts, start = ["It is slow.", "All is well.", postmortem], told.clock()
            for count, phase in ((1, Phase.INVESTIGATING), (2, Phase.RESOLVED), (3, Phase.POSTMORTEM)):
                told.record(incident("i1", start, *texts[:count], phase=phase))
                await delivery.run_until_quiet()
                told.clock.turn(minutes=1)
            (card,) = cards(env)
            assert card.content.startswith("✅ **Acme** is back: [Trouble i1](")
            said = [one.content for one in messages(env) if one is not card]
            told_words = " ".join(said).split()
            assert [word for word in words if told_words.count(word) != 1] == []
            published = [r.path for r in env.http_requests if r.path.endswith("/crosspost")]
            assert published == ([f"/channels/{place.id}/messages/{card.id}/crosspost"] if kind == "news" else [])
            if kind == "forum":
                (post,) = place.threads
                assert post.name == "Acme: Trouble i1"
                assert env.backend.get_channel(post.id).applied_tags == [2]

    with story(sqlite(tmp_path)) as told:
        run(live(told))
