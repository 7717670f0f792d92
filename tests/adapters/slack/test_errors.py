"""Slack's errors, code by code: what each means, and what channel, subscriber and store see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.calls import session, web_client
from bot.adapters.slack.errors import CHANNEL, INSTALLATION, LOST_MESSAGE, OUR_BUG, TRANSIENT, Failure, meaning
from bot.delivery.port import Gone, Refused, RetryLater, Uncertain, Undeliverable
from bot.delivery.worker import Delivery
from bot.domain import Channel
from bot.store.values import Health
from tests.adapters.slack.judge import METHODS, reference
from tests.adapters.slack.test_adapter import Hasty, adapter
from tests.adapters.slack.workspace import CHANNEL as OPS_ID
from tests.adapters.slack.workspace import TEAM, FakeSlack, Fault
from tests.delivery.story import Story, incident, story
from tests.fakes import Clock

OPS = Channel("slack", TEAM, OPS_ID)
OTHER = Channel("slack", TEAM, "C2")


# --- the table ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited"])
def test_too_fast(code: str) -> None:
    found = meaning(Failure(code, retry_after_s=7))
    assert isinstance(found, RetryLater)
    assert (found.delay_s, found.whole_workspace) == (7, False)


def test_a_429_without_a_word_waits_all_the_same_and_never_for_days() -> None:
    assert isinstance(meaning(Failure(status=429)), RetryLater)
    endless = meaning(Failure(status=429, retry_after_s=1e9))
    assert isinstance(endless, RetryLater)
    assert endless.delay_s <= 3600


@pytest.mark.parametrize("code", TRANSIENT)
def test_passing_trouble_is_tried_again(code: str) -> None:
    assert isinstance(meaning(Failure(code, status=503)), RetryLater)


def test_a_workspace_over_its_quota_waits_as_a_whole() -> None:
    found = meaning(Failure("message_limit_exceeded"))
    assert isinstance(found, RetryLater)
    assert found.whole_workspace


@pytest.mark.parametrize(
    "failed",
    [Failure("fatal_error"), Failure("internal_error"), Failure(status=500), Failure("x", status=502), Failure()],
)
def test_what_may_have_been_done_is_uncertain(failed: Failure) -> None:
    assert isinstance(meaning(failed, "1.1"), Uncertain)


@pytest.mark.parametrize("code", CHANNEL)
def test_a_channel_that_cannot_be_used_is_told_with_its_remedy(code: str) -> None:
    found = meaning(Failure(code), "1.1")
    assert isinstance(found, Undeliverable)
    assert not found.whole_workspace
    assert found.reason.endswith(".")


@pytest.mark.parametrize("code", INSTALLATION)
def test_a_dead_token_loses_the_workspace(code: str) -> None:
    found = meaning(Failure(code), "1.1")
    assert isinstance(found, Undeliverable)
    assert found.whole_workspace


def test_a_missing_scope_is_named() -> None:
    found = meaning(Failure("missing_scope", needed="chat:write"))
    assert isinstance(found, Undeliverable)
    assert found.whole_workspace
    assert "chat:write" in found.reason


@pytest.mark.parametrize("code", OUR_BUG)
def test_a_bug_of_ours_is_refused(code: str) -> None:
    assert isinstance(meaning(Failure(code)), Refused)


@pytest.mark.parametrize("code", LOST_MESSAGE)
def test_a_lost_message_is_gone(code: str) -> None:
    found = meaning(Failure(code), "1.1")
    assert isinstance(found, Gone)
    assert found.ref == "1.1"


def test_an_unknown_refusal_is_told_as_it_is() -> None:
    found = meaning(Failure("brand_new_error"))
    assert isinstance(found, Undeliverable)
    assert "brand_new_error" in found.reason


@pytest.mark.skipif(not METHODS.is_dir(), reason="Slack's method reference is not beside this checkout")
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_every_code_that_slack_documents_means_something(method: str) -> None:
    known = reference(method)
    assert known
    assert all(meaning(Failure(code), "1.1") for code in known["errors"])


# --- through delivery and store --------------------------------------------------------------------------------------


@dataclass
class Seen:
    """``posts``: what stands in the channel. ``told``: what the subscriber got. ``calls``: chat.postMessage to it."""

    slack: FakeSlack
    told_by: Story
    clock: Hasty = field(default_factory=Hasty)

    def deliver(self, **options: Any) -> None:
        async def within() -> None:
            async with session() as pool:
                chat = adapter(web_client(pool, self.slack.url), self.clock)
                t = self.told_by
                await Delivery(t.store, [chat], t.threads, t.clock, linger_s=0.001, **options).run_until_quiet()

        asyncio.run(within())

    def open(self, *texts: str) -> None:
        self.told_by.record(incident("i1", START, *texts))

    @property
    def posts(self) -> int:
        return len(self.slack.shown(OPS_ID))

    @property
    def told(self) -> list[str]:
        return [str(m["blocks"]) for m in self.slack.shown("DU7")]

    @property
    def health(self) -> Health:
        return self.told_by.store.channels.state(OPS).health

    @property
    def reason(self) -> str:
        return self.told_by.store.channels.state(OPS).reason or ""


START = Clock().now


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    with FakeSlack() as slack, story(tmp_path) as told:
        told.record()
        told.subscribe(OPS, by="U7")
        yield Seen(slack, told)


@pytest.mark.parametrize("code", sorted({*CHANNEL} - {"cannot_dm_bot", "user_not_found", "user_disabled"}))
def test_an_unusable_channel_is_suspended_its_subscriber_told_once_and_mended_by_an_invitation(
    seen: Seen, code: str
) -> None:
    seen.slack.fail(Fault("chat.postMessage", code, times=4))
    seen.open("one")
    for wait in (0, 10, 20, 30):
        seen.told_by.clock.turn(minutes=wait)
        assert seen.told == []
        seen.deliver()
    assert (seen.health, seen.reason) == (Health.SUSPENDED, CHANNEL[code])
    assert seen.posts == 0
    assert len(seen.told) == 1
    assert CHANNEL[code].split(".")[0].replace("&", "&amp;") in seen.told[0]
    calls = len(seen.slack.calls)
    seen.told_by.clock.turn(hours=5)
    seen.deliver()
    assert len(seen.slack.calls) == calls
    assert seen.told_by.store.channels.revive(OPS)
    seen.deliver()
    assert (seen.health, seen.posts, len(seen.told)) == (Health.ACTIVE, 1, 1)


@pytest.mark.parametrize("code", [*INSTALLATION, "missing_scope"])
def test_a_dead_installation_stops_every_channel_of_its_workspace(seen: Seen, code: str) -> None:
    seen.told_by.subscribe(OTHER, by="U7")
    seen.slack.fail(Fault("chat.*", code, times=100), Fault("conversations.open", code, times=100))
    seen.open("one")
    seen.deliver(lanes=1)
    first = len(seen.slack.calls)
    for wait in (10, 20, 30):
        seen.told_by.clock.turn(minutes=wait)
        seen.deliver(lanes=1)
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
    assert seen.posts == root + 1 + after


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
    assert (seen.posts, seen.health, seen.told) == (2, Health.ACTIVE, [])
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
