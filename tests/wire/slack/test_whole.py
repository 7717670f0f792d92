"""The whole bot as a process, from a typed command to the edited card, in both modes, through the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.wire.slack.proxy import TEAMS
from tests.wire.slack.stage import HttpStage, SocketStage, Stage, over_http, over_sockets, read

TOLD = ("Invoices are slow.", "A queue is stuck.", "All invoices are out.")


async def follow(stage: Stage, channel: str, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Subscribe, and follow an incident from its first word to its end."""
    driver, page = stage.driver, stage.page
    answer = await driver.slash("/subscribe", "acme", channel)
    assert answer["response_type"] == "in_channel"
    page.say("investigating", TOLD[0])
    (root,) = await stage.seen(channel, TOLD[0])
    assert root["metadata"]["event_type"] == "lookout_act"
    await meanwhile()
    page.say("identified", TOLD[1])
    await stage.seen(channel, TOLD[0], TOLD[1])
    looked_up = await driver.slash("/outage", "acme", channel)
    assert looked_up["response_type"] == "ephemeral"
    assert "Slow invoices" in read(looked_up)
    page.say("resolved", TOLD[2])
    root, *replies = await stage.ended(channel)
    said = (*TOLD, "resolved after")
    assert [words in read(reply) for words, reply in zip(said, replies, strict=True)] == [True] * len(said)
    assert {reply["thread_ts"] for reply in replies} == {root["ts"]}
    sent = [call.args for call in stage.proxy.called("chat.postMessage") if call.args["channel"] == channel]
    assert ["reply_broadcast" in args for args in sent] == [False] * len(TOLD) + [False, True], "the end is for all"


def test_socket_mode_with_new_sockets_in_the_middle(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: SocketStage) -> None:
        async def reconnect() -> None:
            await stage.link.refresh()
            await stage.link.cut()
            await stage.link.until_opened(3)

        await follow(stage, await stage.proxy.channel("whole-socket"), reconnect)

    over_sockets(workspaces, tmp_path, story)


def test_http_mode_with_two_workspaces_that_install_themselves(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: HttpStage) -> None:
        proxy = stage.proxy
        assert [await stage.browser.install(0), await stage.browser.install(1)] == [200, 200]
        here, there = await proxy.channel("whole-http"), await proxy.channel("whole-http", 1)
        answer = await stage.driver.slash("/subscribe", "acme", there, workspace=1)
        assert answer["response_type"] == "in_channel"

        async def install_again() -> None:
            assert await stage.browser.install(0) == 200

        await follow(stage, here, install_again)
        await stage.ended(there, 1)
        teams = {call.token: call.team for call in proxy.called("chat.postMessage")}
        assert sorted(teams.values()) == [TEAMS[0], TEAMS[0], TEAMS[1]]

    over_http(workspaces, tmp_path, story)
