"""The whole bot against a Discord that nobody here wrote, over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Coroutine
from pathlib import Path
from threading import Event
from typing import Any

from bot.domain import Health
from tests.servers import Reply
from tests.wire.discord.proxy import Break, limited
from tests.wire.discord.stage import Stage, stage

MESSAGES = r"/channels/{}/messages"


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def opened(told: Stage) -> tuple[Any, str]:
    """The channel is subscribed, an incident has had two updates: its card, and its thread, which has both."""
    await told.subscribe()
    told.page.say("investigating", "We look into it.")
    (card,) = await told.until(lambda: told.messages(told.here))
    told.page.say("identified", "We found it.")
    (thread,) = await told.until(lambda: told.twin.do("threads", channelId=told.here))
    id = told.proxy.shown(thread)["id"]
    await told.until(lambda: grown(told, id, 2))
    return card, id


def test_from_the_login_to_the_end_of_an_incident_and_a_second_life(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path) as told:
            async with told.bot():
                begun = [f"{one.method} {re.sub(r'[0-9]{9,}', 'N', one.path)}" for one in told.proxy.requests]
                assert begun[:4] == [
                    "GET /users/@me",
                    "GET /oauth2/applications/@me",
                    "GET /applications/N/commands",
                    "PUT /applications/N/commands",
                ]
                assert told.proxy.sessions == ["identify"]
                assert "Acme" in (await told.subscribe())["embeds"][0]["title"]

                begun_with = len(told.proxy.requests)
                told.page.say("investigating", "We look into it.")
                (card,) = await told.until(lambda: told.messages(told.here))
                assert card["content"] == "🟠 **Acme** is partly down: Slow invoices"
                assert "Partial outage" in card["embeds"][0]["description"]
                told.page.say("identified", "We found it.")
                await told.until(lambda: shows(told, "We found it."))
                told.page.say("resolved", "All is well.")
                await told.until(lambda: shows(told, "is back after"))
                (thread,) = told.proxy.shown(await told.twin.do("threads", channelId=told.here))
                assert (thread["id"], thread["name"]) == (card["id"], "Acme: Slow invoices")
                quoted = ["> We look into it.", "> We found it.", "> All is well."]
                assert await told.texts(thread["id"]) == [*quoted, ""]
                card, line = await told.messages(told.here)
                (*_, end) = await told.messages(thread["id"])
                assert ["**Acme** is back after" in one["content"] for one in (card, line, end)] == [True] * 3
                assert (card["embeds"], line["message_reference"]["message_id"]) == ([], card["id"])
                sent = [f"{one.method} {one.path}" for one in told.proxy.requests[begun_with:]]
                post = f"POST /channels/{told.here}/messages"
                edit = f"PATCH /channels/{told.here}/messages/{card['id']}"
                reply = f"POST /channels/{card['id']}/messages"
                identified = [f"{post}/{card['id']}/threads", reply, reply, edit]
                resolved = [reply, reply, post, edit]
                assert sent == [post, *identified, *resolved], "as few requests as can be"
            async with told.bot():
                puts = told.proxy.sent("PUT", "/applications/.*/commands")
                assert len(puts) == 1, "Discord shows them already"
                (timeline,) = await told.press(card, "Timeline")
                assert "We look into it." in timeline.body["data"]["embeds"][0]["description"]
                assert timeline.body["data"]["flags"] == 64

    run(story())


async def shows(told: Stage, text: str) -> bool:
    """The card does, which is edited last."""
    card, *_ = await told.messages(told.here)
    return text in card["content"] + str(card["embeds"])


def test_what_somebody_types_is_completed_and_what_takes_long_is_promised(tmp_path: Path) -> None:
    async def story() -> None:
        held = Event()
        async with stage(tmp_path) as told:
            quick = told.server.take("/api/v2/summary.json", {}).body
            told.server.say("/api/v2/summary.json", Reply(quick, hold=held))
            told.server.say("/slow", Reply(hold=held))
            async with told.bot():
                typed = {"name": "vendor", "type": 3, "value": "acm", "focused": True}
                data = {"id": "1", "name": "status", "type": 1, "options": [typed]}
                asked = await told.twin.do("type", channelId=told.here, data=data)
                (completed,) = await told.answers(asked, 1)
                assert completed.body == {"type": 8, "data": {"choices": [{"name": "Acme", "value": "acme"}]}}

                promise, answer = await told.slash("status", vendor="acme", calls=2)
                assert promise.body == {"type": 5, "data": {"flags": 64}}
                assert answer.path.endswith("/messages/@original")
                assert answer.body["embeds"]

                promise, *answers = await told.slash("subscribe", vendor=f"{told.page.url}/slow", calls=4)
                assert promise.body["type"] == 5
                assert [one.method for one in answers] == ["PATCH", "POST", "DELETE"]
                assert answers[1].body["flags"] == 64, "the promise was for all to see, the refusal is not"
                held.set()

    run(story())


def test_whatever_a_call_meets_every_update_is_told_once_and_in_order(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path) as told, told.bot() as life:
            _, thread = await opened(told)
            there = MESSAGES.format(thread)
            faults = [
                limited(there, 0.3),
                limited(there, 1.5),
                limited(there, 1.5, scope="global"),
                limited(there, 1.5, scope="shared"),
                Break("POST", there, 500),
                Break("POST", there, 502, when="after"),
                Break("POST", there, 503),
                Break("POST", there, 503, when="after"),
                Break("POST", there, 0),
                Break("POST", there, 0, when="after"),
            ]
            expected = ["> We look into it.", "> We found it."]
            for number, fault in enumerate(faults):
                told.proxy.breaks = [fault]
                told.page.say("monitoring", f"Still at it: {number}.")
                expected.append(f"> Still at it: {number}.")
                await told.until(lambda: grown(told, thread, len(expected)))
                assert told.proxy.breaks == [], f"{fault} was not met"
            assert await told.texts(thread) == expected
            sent = told.proxy.sent("POST", there)
            assert len({one.body["nonce"] for one in sent}) == len(expected), "tried again under the same nonce"
            assert len(await told.messages(told.here)) == 1
            assert told.state(told.here).health is Health.ACTIVE
            assert life.process.returncode is None

    run(story())


async def grown(told: Stage, thread: str, count: int) -> bool:
    return len(await told.texts(thread)) >= count


def test_a_card_that_was_taken_while_the_bot_was_killed_is_there_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path) as told:
            async with told.bot() as life:
                await told.subscribe()
                told.proxy.breaks = [Break("POST", MESSAGES.format(told.here), 0, when="after")]
                told.page.say("investigating", "We look into it.")
                await told.proxy.until(lambda: told.proxy.sent("POST", MESSAGES.format(told.here)))
                await life.stop(signal.SIGKILL)
            assert len(await told.messages(told.here)) == 1
            async with told.bot():
                told.page.say("identified", "We found it.")
                (card,) = await told.until(lambda: told.messages(told.here))
                await told.until(lambda: grown(told, card["id"], 2))
                assert await told.texts(card["id"]) == ["> We look into it.", "> We found it."]
                assert len(await told.messages(told.here)) == 1
                assert told.proxy.sent("GET", MESSAGES.format(told.here)), "it was looked for"

    run(story())


def test_a_broken_connection_is_resumed_and_nothing_that_was_asked_is_lost(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path) as told, told.bot():
            await told.proxy.drop()
            (answer,) = await told.slash("status", vendor="acme")
            assert told.proxy.sessions == ["identify", "resume"]
            assert answer.body["type"] == 4
            told.proxy.resumes = False
            await told.proxy.drop()
            await told.proxy.until(lambda: told.proxy.sessions[2:] == ["refused", "identify"])
            (answer,) = await told.slash("status", vendor="acme")
            assert answer.body["type"] == 4

    run(story())


def test_an_outage_of_discords_is_told_from_a_removal_and_a_deleted_channel_is_found_later(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path) as told:
            async with told.bot() as life:
                await told.subscribe()
                await told.proxy.tell("GUILD_DELETE", {"id": told.twin.guild, "unavailable": True})
                told.page.say("investigating", "We look into it.")
                await life.says("delivery.retry_later")
                assert told.state(told.here).health is Health.ACTIVE
                assert not told.proxy.sent("POST", MESSAGES.format(told.here))
                await told.proxy.tell("GUILD_DELETE", {"id": told.twin.guild})
                await life.says("discord.guild_left")
                await told.until(lambda: health(told, Health.SUSPENDED))
            async with told.bot():
                await told.until(lambda: health(told, Health.ACTIVE))
            other, told.twin.channels[:] = told.here, told.twin.channels[::-1]
            async with told.bot():
                await told.subscribe()
            await told.twin.do("dismiss", channelId=other)
            async with told.bot() as life:
                await life.says("discord.channel_gone")
            assert "subscribe in another" in (told.state(other).reason or "")
            assert told.state(told.here).health is Health.ACTIVE

    run(story())


async def health(told: Stage, wanted: Health) -> bool:
    return told.state(told.here).health is wanted


def test_a_token_that_is_refused_ends_it_with_a_sentence(tmp_path: Path) -> None:
    async def story() -> None:
        refused = {"message": "401: Unauthorized", "code": 0}
        async with stage(tmp_path) as told:
            told.proxy.breaks = [Break("GET", "/users/@me", 401, refused)]
            async with told.bot(ready=False) as life:
                await life.says("Discord does not take this token")
                assert await life.process.wait() == 1
            async with told.bot() as life:
                await told.proxy.drop(4004)
                await life.says("Discord does not take this token")
            async with told.bot() as life:
                await told.subscribe()
                told.proxy.breaks = [Break("POST", MESSAGES.format(told.here), 401, refused)]
                told.page.say("investigating", "We look into it.")
                await life.says("Discord does not take this token")
            assert not told.proxy.breaks
            assert told.state(told.here).health is Health.ACTIVE, "no channel is to blame"

    run(story())


def test_a_hostile_page_breaks_nothing_and_pings_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path) as told, told.bot():
            await told.subscribe()
            title = "@everyone <@&123456789012345678> \u202e" + "x" * 300
            told.page.say("investigating", "@here https://discord.gg/abc ||**" + "word " * 8_000, title)
            (card,) = await told.until(lambda: told.messages(told.here))
            told.page.say("identified", "# <@123456789012345678>\n" + "\u0301" * 500 + "😀" * 9_000, title)
            await told.until(lambda: grown(told, card["id"], 3))
            asked = [one.body for one in told.proxy.requests if one.body and "embeds" in one.body]
            assert asked
            assert all(body["allowed_mentions"]["parse"] == [] for body in asked)

    run(story())
