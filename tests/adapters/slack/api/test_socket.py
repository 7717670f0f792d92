"""Socket Mode over a real WebSocket: answers, redeliveries, cut connections, a new socket before the old one goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.api.socket import SocketMode
from bot.adapters.slack.options import SlackOptionsError
from bot.adapters.slack.platform import Slack
from tests.adapters.slack.rig import OPS, Rig, event, pressed, rig, sent_off, slash, typed_in
from tests.adapters.slack.workspace import TEAM, Fault


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        yield one


def envelope(id: str, kind: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    accepts = kind == "slash_commands" or payload.get("type") in {"block_suggestion", "view_submission"}
    return {"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": accepts, **more}


def connected(one: Rig, work: Callable[[], None]) -> None:
    """``work``, on a thread, while the bot is connected; then the bot is stopped."""

    async def within(app: Slack) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        try:
            await asyncio.to_thread(lambda: one.slack.wait_for(lambda: one.slack.connections))
            await asyncio.to_thread(work)
        finally:
            stop.set()
            await running

    one.use(within)


def acks(one: Rig, count: int) -> list[dict[str, Any]]:
    one.slack.wait_for(lambda: len(one.slack.acks) >= count)
    return one.slack.acks


def test_a_command_is_answered_in_its_acknowledgement_and_an_event_without_words(one: Rig) -> None:
    def work() -> None:
        one.slack.send(envelope("e1", "slash_commands", slash("/outage", "dyspatch")))
        assert [a["envelope_id"] for a in acks(one, 1)] == ["e1"]
        said = {"channel": "D1", "channel_type": "im", "user": "U1", "text": "dyspatch", "ts": "1.1"}
        one.slack.send(envelope("e2", "events_api", event("message", **said)))
        one.slack.wait_for(lambda: one.slack.called("chat.postMessage"))
        acks(one, 2)

    connected(one, work)
    command, heard = one.slack.acks
    assert command["payload"]["response_type"] == "ephemeral"
    assert command["payload"]["blocks"]
    assert "payload" not in heard


def test_a_search_in_a_form_and_the_form_itself_are_answered_in_the_acknowledgement(one: Rig) -> None:
    def work() -> None:
        one.slack.send(envelope("e1", "interactive", pressed("form:0", "subscribe github", one.slack.response_url)))
        one.slack.wait_for(lambda: one.slack.stack)
        for number, body in enumerate(
            [
                typed_in(one.slack.view, "pick:vendor", "githu"),
                sent_off(one.slack.view, other="dyspatch"),
                sent_off(one.slack.view),
            ]
        ):
            one.slack.send(envelope(f"f{number}", "interactive", body))
            acks(one, number + 2)

    connected(one, work)
    found, wrong, closed = one.slack.acks[1:]
    assert found["payload"]["options"][0]["value"] == "github"
    assert wrong["payload"]["response_action"] == "errors"
    assert "payload" not in closed
    assert [s.subscription.vendor for s in one.store.channels.subscriptions(OPS)] == ["github"]


def test_an_envelope_delivered_again_gets_the_same_answer_and_runs_once(one: Rig) -> None:
    again = envelope("e1", "slash_commands", slash("/subscribe", "github"))

    def work() -> None:
        one.slack.send(again, {**again, "retry_attempt": 1, "retry_reason": "timeout"})
        acks(one, 2)

    connected(one, work)
    first, second = one.slack.acks
    assert first["payload"] == second["payload"]
    assert len(one.asked) == 1


def test_a_new_socket_is_open_before_the_old_one_goes_and_both_are_heard(one: Rig) -> None:
    def work() -> None:
        one.slack.send({"type": "disconnect", "reason": "refresh_requested"})
        one.slack.wait_for(lambda: one.slack.connections == 2)
        one.slack.send(envelope("old", "slash_commands", slash("/outage", "github")), socket=0)
        one.slack.send(envelope("new", "slash_commands", slash("/outage", "github")), socket=1)
        acks(one, 2)

    connected(one, work)
    assert {(a["envelope_id"], a["socket"]) for a in one.slack.acks} == {("old", 0), ("new", 1)}


def test_a_cut_connection_is_replaced_and_what_was_on_it_is_answered_when_it_comes_again(one: Rig) -> None:
    asking = envelope("e1", "slash_commands", slash("/subscribe", "github"))

    def work() -> None:
        for number in range(1, 4):
            one.slack.cut()
            one.slack.wait_for(lambda number=number: one.slack.connections == number + 1)  # type: ignore[misc]
        one.slack.send(asking)
        one.slack.cut()
        one.slack.wait_for(lambda: one.slack.connections == 5)
        one.slack.send(asking)
        one.slack.wait_for(lambda: any(a["socket"] == 4 for a in one.slack.acks))

    connected(one, work)
    assert len(one.asked) == 1


def test_each_try_to_connect_takes_a_fresh_address_and_trouble_passes(one: Rig) -> None:
    def work() -> None:
        one.slack.fail(Fault("apps.connections.open", status=500), Fault("apps.connections.open", "ratelimited"))
        one.slack.cut()
        one.slack.wait_for(lambda: one.slack.connections == 2)

    connected(one, work)
    # One to look whether the token is good, one to connect, two that failed, one that did not.
    assert len(one.slack.called("apps.connections.open")) == 5


def test_frames_that_make_no_sense_are_passed_over(one: Rig) -> None:
    def work() -> None:
        one.slack.send("not json", "[1]", {"type": "brand_new"}, {"type": "slash_commands"})
        one.slack.send(envelope("e0", "events_api", {}), envelope("e1", "slash_commands", slash("/outage", "github")))
        one.slack.wait_for(lambda: any(a["envelope_id"] == "e1" for a in one.slack.acks))

    connected(one, work)


@pytest.mark.parametrize(
    ("changes", "variable"),
    [({"bot_token": "xoxb-bad"}, "LOOKOUT_SLACK_BOT_TOKEN"), ({"app_token": "xapp-bad"}, "LOOKOUT_SLACK_APP_TOKEN")],
)
def test_a_wrong_token_is_named_at_the_start(one: Rig, changes: dict[str, str], variable: str) -> None:
    with pytest.raises(SlackOptionsError, match=rf"{variable} \(invalid_auth\)"):
        one.send(**changes)


def test_slack_being_away_at_the_start_keeps_nothing_from_starting(one: Rig) -> None:
    one.slack.fail(Fault("auth.test", status=500), Fault("apps.connections.open", cut=True))

    def work() -> None:
        assert one.slack.connections == 1

    connected(one, work)
    assert len(one.slack.called("auth.test")) == 2
    assert one.back == [TEAM]


def test_pauses_grow_and_a_part_of_them_is_left_to_chance() -> None:
    class Away:
        tries = 0

        async def apps_connections_open(self, app_token: str) -> None:
            self.tries += 1
            if self.tries == 3:
                stop.set()
            raise ConnectionError("away")

    async def story() -> list[float]:
        jitter = iter((0.2, -0.9, 1.0)).__next__
        async with aiohttp.ClientSession() as pool:
            socket = SocketMode(None, Away(), pool, "xapp-1", None, jitter)  # type: ignore[arg-type]
            with capture_logs() as logs:
                await socket.run(stop)
        return [line["retry_in_s"] for line in logs]

    stop = asyncio.Event()
    assert asyncio.run(story()) == [0.3, 0.05, 2.0]
