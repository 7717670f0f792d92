"""Slack's errors, code by code, through delivery and a real store: what channel, subscriber and store see of each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.adapter import SlackAdapter
from bot.adapters.slack.api.calls import Calls, session, web_client
from bot.adapters.slack.api.errors import CHANNEL_ERRORS, INSTALLATION_ERRORS, TRANSIENT
from bot.adapters.slack.api.rate_limit import RateLimiter
from bot.adapters.slack.api.tokens import WorkspaceToken
from bot.adapters.slack.render.message import RenderContext
from bot.delivery.worker import Delivery
from bot.domain import Channel, Health
from tests.adapters.slack.seen import OPS, OTHER, START, Seen, watching
from tests.adapters.slack.workspace import BOT_USER, Fault
from tests.delivery.story import incident


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    with watching(tmp_path) as seen:
        yield seen


@pytest.mark.parametrize("code", sorted({*CHANNEL_ERRORS} - {"cannot_dm_bot", "user_not_found", "user_disabled"}))
def test_an_unusable_channel_is_suspended_its_subscriber_told_once_and_mended_by_an_invitation(
    seen: Seen, code: str
) -> None:
    seen.slack.fail(Fault("chat.postMessage", code, channel=OPS.id, times=4))
    seen.open("one")
    assert seen.told == []
    for wait in (0, 10, 20, 30):
        seen.told_by.clock.turn(minutes=wait)
        seen.deliver()
        assert len(seen.told) == 1, "at once, and once"
    assert (seen.health, seen.reason) == (Health.SUSPENDED, CHANNEL_ERRORS[code])
    assert seen.posts == 0
    assert len(seen.told) == 1
    assert CHANNEL_ERRORS[code].split(".")[0].replace("&", "&amp;") in seen.told[0]
    calls = len(seen.slack.calls)
    seen.told_by.clock.turn(hours=5)
    seen.deliver()
    assert len(seen.slack.calls) == calls
    assert seen.told_by.store.channels.mark_recovered(OPS)
    seen.deliver()
    assert (seen.health, seen.posts, len(seen.told)) == (Health.ACTIVE, 1, 1)


@pytest.mark.parametrize("code", [*INSTALLATION_ERRORS, "missing_scope"])
def test_a_dead_installation_stops_every_channel_of_its_workspace(seen: Seen, code: str) -> None:
    seen.told_by.subscribe(OTHER, by="U7")
    seen.slack.fail(Fault("chat.*", code, times=100), Fault("conversations.open", code, times=100))
    seen.open("one")
    seen.deliver(max_channels=1)
    first = len(seen.slack.calls)
    for wait in (10, 20, 30):
        seen.told_by.clock.turn(minutes=wait)
        seen.deliver(max_channels=1)
    assert seen.posts == 0
    assert first == 1
    assert seen.health is Health.SUSPENDED
    assert "install me again" in seen.reason or "admin" in seen.reason


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited", *TRANSIENT, "message_limit_exceeded"])
def test_passing_trouble_delays_and_tells_nobody(seen: Seen, code: str) -> None:
    seen.slack.fail(Fault("chat.postMessage", code, headers={"Retry-After": "3"}))
    seen.open("one")
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (0, Health.ACTIVE, [])
    seen.told_by.clock.turn(minutes=11)
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (1, Health.ACTIVE, [])


@pytest.mark.parametrize(
    "fault",
    [
        Fault("chat.postMessage", "fatal_error"),
        Fault("chat.postMessage", "internal_error"),
        Fault("chat.postMessage", status=500),
        Fault("chat.postMessage", status=503),
        Fault("chat.postMessage", cut=True),
    ],
    ids=lambda f: f.error or str(f.status if not f.cut else "cut"),
)
@pytest.mark.parametrize("after", [False, True])
def test_an_uncertain_post_ends_as_one_copy_where_history_can_be_read(seen: Seen, fault: Fault, after: bool) -> None:
    seen.slack.fail(Fault(**{**fault.__dict__, "after": after, "headers": {}, "body": {}}))
    seen.open("one")
    seen.deliver()
    assert seen.posts == after
    seen.told_by.clock.turn(minutes=1)
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (1, Health.ACTIVE, [])


@pytest.mark.parametrize("after", [False, True])
def test_without_history_an_uncertain_root_is_not_repeated_and_an_uncertain_reply_is(seen: Seen, after: bool) -> None:
    seen.slack.scopes.discard("channels:history")
    seen.slack.fail(Fault("chat.postMessage", cut=True, after=after))
    seen.open("one")
    for _ in range(2):
        seen.deliver()
        seen.told_by.clock.turn(minutes=1)
    assert seen.posts == after
    seen.open("one", "two")
    seen.deliver()
    root = seen.posts
    assert root == after + 1
    seen.slack.fail(Fault("chat.postMessage", cut=True, after=after))
    seen.open("one", "two", "three")
    for _ in range(2):
        seen.deliver()
        seen.told_by.clock.turn(minutes=1)
    assert seen.posts == root + 2 + after, "what the root is to drop, perhaps twice, and the new text"


@pytest.mark.parametrize("code", ["invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"])
def test_a_bug_of_ours_still_shows_the_plain_line(seen: Seen, code: str) -> None:
    seen.slack.fail(Fault("chat.postMessage", code))
    seen.open("one")
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (1, Health.ACTIVE, [])
    assert "Trouble i1" in seen.slack.shown()[0]["text"]


@pytest.mark.parametrize("code", ["no_text", "too_many_attachments"])
def test_what_is_refused_twice_is_given_up_and_the_next_news_arrives(seen: Seen, code: str) -> None:
    seen.slack.fail(Fault("chat.postMessage", code, times=2))
    seen.open("one")
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (0, Health.ACTIVE, [])
    seen.open("one", "two")
    seen.deliver()
    assert seen.posts == 1


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"])
def test_a_root_that_cannot_be_edited_is_followed_by_a_new_one_at_the_next_news(seen: Seen, code: str) -> None:
    seen.open("one")
    seen.deliver()
    seen.slack.fail(Fault("chat.update", code))
    seen.open("one", "two")
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (3, Health.ACTIVE, [])
    seen.open("one", "two", "three")
    seen.deliver()
    roots = [m for m in seen.slack.shown() if "thread_ts" not in m]
    assert len(roots) == 2
    assert seen.health is Health.ACTIVE


def test_a_locked_thread_gets_a_new_root(seen: Seen) -> None:
    seen.open("one")
    seen.deliver()
    seen.slack.fail(Fault("chat.postMessage", "restricted_action_thread_locked"))
    seen.open("one", "two")
    seen.deliver()
    assert len([m for m in seen.slack.shown() if "thread_ts" not in m]) == 2
    assert seen.health is Health.ACTIVE


@pytest.mark.parametrize("body", ["json", "html"])
def test_a_429_by_status_alone_delays_and_tells_nobody(seen: Seen, body: str) -> None:
    error = "ratelimited" if body == "json" else ""
    seen.slack.fail(Fault("chat.postMessage", error, status=429, headers={"Retry-After": "3"}))
    seen.open("one")
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (0, Health.ACTIVE, [])
    seen.told_by.clock.turn(seconds=4)
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (1, Health.ACTIVE, [])


def test_a_call_that_is_never_answered_is_looked_up_and_not_repeated(seen: Seen) -> None:
    seen.slack.fail(Fault("chat.postMessage", silent=True, after=True))
    seen.open("one")
    seen.deliver(call_s=0.2)
    seen.told_by.clock.turn(minutes=1)
    seen.deliver()
    assert (seen.posts, seen.health, seen.told) == (1, Health.ACTIVE, [])


def test_a_missing_scope_is_named_to_whoever_lists(seen: Seen) -> None:
    seen.slack.fail(Fault("chat.postMessage", "missing_scope", body={"needed": "chat:write", "provided": "commands"}))
    seen.open("one")
    seen.deliver()
    assert (seen.posts, seen.health) == (0, Health.DEGRADED)
    assert "scope chat:write" in seen.reason
    assert seen.reason.endswith("install me again.")


WORTH_AGAIN = ("ratelimited", "rate_limited", *TRANSIENT, "message_limit_exceeded", "fatal_error", "internal_error")


@pytest.mark.parametrize("code", WORTH_AGAIN)
def test_an_edit_that_meets_trouble_is_made_later_and_tells_nobody(seen: Seen, code: str) -> None:
    seen.open("one")
    seen.deliver()
    seen.slack.fail(Fault("chat.update", code))
    seen.open("one", "two")
    seen.deliver()
    assert "two" not in str(seen.slack.shown()[0]["blocks"])
    seen.told_by.clock.turn(minutes=11)
    seen.deliver()
    assert "two" in str(seen.slack.shown()[0]["blocks"])
    assert (seen.posts, seen.health, seen.told) == (3, Health.ACTIVE, [])


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "not_in_channel", "restricted_action"])
def test_an_edit_in_a_lost_channel_suspends_it_and_back_it_shows_the_newest(seen: Seen, code: str) -> None:
    seen.open("one")
    seen.deliver()
    seen.slack.fail(Fault("chat.(update|postMessage)", code, channel=OPS.id, times=4))
    seen.open("one", "two")
    for wait in (0, 10, 20, 30):
        seen.told_by.clock.turn(minutes=wait)
        seen.deliver()
    assert (seen.posts, seen.health, len(seen.told)) == (1, Health.SUSPENDED, 1)
    assert seen.told_by.store.channels.mark_recovered(OPS)
    seen.deliver()
    assert "two" in str(seen.slack.shown()[0]["blocks"])
    assert (seen.health, len(seen.told)) == (Health.ACTIVE, 1)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
def test_an_edit_that_slack_refuses_shows_the_plain_line(seen: Seen, code: str) -> None:
    seen.open("one")
    seen.deliver()
    seen.slack.fail(Fault("chat.update", code))
    seen.open("one", "two")
    seen.deliver()
    assert "two" not in str(seen.slack.shown()[0]["blocks"])
    assert "Trouble i1" in seen.slack.shown()[0]["text"]
    assert (seen.posts, seen.health, seen.told) == (3, Health.ACTIVE, [])


RESTRICTED = sorted(code for code in CHANNEL_ERRORS if code.startswith("restricted_action"))


def suspended(seen: Seen, code: str) -> None:
    seen.slack.fail(Fault("chat.postMessage", code, channel=OPS.id, times=4))
    seen.open("one")
    for wait in (0, 10, 20, 30):
        seen.told_by.clock.turn(minutes=wait)
        seen.deliver()
    assert (seen.health, len(seen.told)) == (Health.SUSPENDED, 1)


@pytest.mark.parametrize("code", RESTRICTED)
def test_a_restricted_channel_is_tried_once_more_when_an_answer_got_through(seen: Seen, code: str) -> None:
    suspended(seen, code)
    seen.slack.fail(Fault("chat.postMessage", code))
    assert seen.told_by.store.channels.try_again(OPS)
    seen.deliver()
    assert (seen.posts, seen.health, seen.reason, len(seen.told)) == (0, Health.SUSPENDED, CHANNEL_ERRORS[code], 1)
    assert seen.told_by.store.channels.try_again(OPS)
    seen.deliver()
    assert (seen.posts, seen.health, len(seen.told)) == (1, Health.ACTIVE, 1)
    assert not seen.told_by.store.channels.try_again(OPS)


@dataclass(frozen=True)
class Teams:
    """Each workspace with its own token, ``xoxb-T1``."""

    async def of_workspace(self, workspace: str) -> WorkspaceToken | None:
        return WorkspaceToken(workspace, f"xoxb-{workspace}", BOT_USER)

    async def for_request(self, enterprise: str | None, team: str | None, *, org: bool) -> WorkspaceToken | None:
        return await self.of_workspace(team or "")

    async def has_changed(self, token: WorkspaceToken) -> bool:
        return False


def test_a_throttled_workspace_slows_no_other_and_every_channel_is_told_in_order(seen: Seen) -> None:
    teams = [f"T{number}" for number in range(2, 7)]
    seen.slack.teams |= {f"xoxb-{team}": {"team_id": team} for team in teams}
    channels = [Channel("slack", team, f"{team}C{number}") for team in teams for number in range(3)]
    seen.told_by.subscribe(*channels, by="U7")
    slow = "xoxb-T2"
    limited = Fault("chat.postMessage", status=429, token=slow, times=99, headers={"Retry-After": "30"})
    seen.slack.fail(limited)
    texts = ("first word", "second word", "third word")

    async def within() -> None:
        async with session(seen.slack.url) as pool:
            client, pace, t = web_client(pool, seen.slack.url), RateLimiter(seen.clock), seen.told_by
            chat = SlackAdapter(Calls(client, Teams(), pace), RenderContext(), pace, lambda: START)
            for count in range(1, 4):
                t.record(incident("i1", START, *texts[:count]))
                await Delivery(t.store, [chat], t.threads, t.clock, linger_s=0.001).run_until_quiet()
            assert not any(seen.slack.shown(channel.id) for channel in channels[:3])
            limited.token = "nobody"
            t.clock.turn(minutes=1)
            await Delivery(t.store, [chat], t.threads, t.clock, linger_s=0.001).run_until_quiet()

    asyncio.run(within())
    for channel in channels:
        said = [str(message["blocks"]) for message in seen.slack.shown(channel.id)[1:]]
        assert [text in shown for text, shown in zip(texts, said, strict=True)] == [True] * 3
    assert {seen.told_by.store.channels.state(channel).health for channel in channels} == {Health.ACTIVE}


def test_a_channel_under_another_id_is_looked_up_once_and_told_there(seen: Seen) -> None:
    seen.slack.renamed[OPS.id] = "C77"
    seen.slack.members["C77"] = ["U1"]
    seen.slack.fail(Fault("chat.postMessage", "channel_not_found", channel=OPS.id, times=9))
    store = seen.told_by.store

    async def move(old: Channel, new: Channel) -> None:
        assert store.workspaces.move_channel(old, new)

    def with_events(slack: SlackAdapter) -> SlackAdapter:
        slack._on_moved = move
        return slack

    seen.open("one")
    seen.deliver(with_events)
    seen.told_by.clock.turn(minutes=1)
    seen.deliver(with_events)
    moved = Channel("slack", OPS.workspace, "C77")
    assert [s.subscription.vendor for s in store.channels.subscriptions(moved)]
    assert not store.channels.subscriptions(OPS)
    assert len(seen.slack.shown("C77")) == 1
    assert seen.told == []
    assert len(seen.slack.called("conversations.info")) == 1
