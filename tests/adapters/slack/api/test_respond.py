"""Answers that meet trouble: what surely did not arrive is sent again, and nothing public is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.adapters.slack.rig import OPS, Rig, event, pressed, rig
from tests.adapters.slack.workspace import BOT_USER, CHANNEL, Fault

SOON = {"Retry-After": "0.01"}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        one.slack.messages[CHANNEL] |= {"1.1": {"ts": "1.1"}}
        yield one


def press(one: Rig, line: str) -> int:
    """How many answers came of it."""
    one.slack.answers.clear()
    one.send(pressed("run:0", line, one.slack.response_url))
    return len(one.slack.answers)


def test_a_throttled_answer_is_sent_again(one: Rig) -> None:
    one.slack.fail(Fault("answers", status=429, headers=SOON), Fault("answers", "ratelimited", headers=SOON))
    assert press(one, "status github") == 1


def test_an_answer_that_slack_refuses_is_said_plainly(one: Rig) -> None:
    one.slack.fail(Fault("answers", "invalid_blocks"))
    assert press(one, "status github") == 1
    assert "blocks" not in one.slack.answers[0]
    assert one.slack.answers[0]["text"]


def test_what_may_have_arrived_is_sent_again_only_if_nobody_else_sees_it(one: Rig) -> None:
    one.slack.fail(Fault("answers", cut=True, after=True))
    assert press(one, "status github") == 2
    one.slack.fail(Fault("answers", cut=True, after=True))
    assert press(one, "subscribe github") == 1


def test_an_answer_that_is_never_taken_is_given_up(one: Rig) -> None:
    one.slack.fail(Fault("answers", status=429, headers=SOON, times=9))
    assert press(one, "status github") == 0
    one.slack.fail(Fault("answers", "expired_url", status=404))
    assert press(one, "status github") == 0


@pytest.mark.parametrize(
    "fault", [Fault("chat.postMessage", status=429, headers=SOON), Fault("chat.postMessage", "invalid_blocks")]
)
def test_a_mention_is_answered_although_slack_is_busy_or_refuses_the_form(one: Rig, fault: Fault) -> None:
    one.slack.fail(fault)
    one.send(event("app_mention", ts="1.1", channel=CHANNEL, user="U1", text=f"<@{BOT_USER}> status github"))
    (_, answer) = one.slack.shown()
    assert answer["text"]
    assert one.reached == [OPS]


def test_an_answer_that_cannot_be_posted_is_no_sign_of_life(one: Rig) -> None:
    one.slack.fail(Fault("chat.postMessage", "restricted_action"))
    one.send(event("app_mention", ts="1.1", channel=CHANNEL, user="U1", text=f"<@{BOT_USER}> status github"))
    assert one.reached == []
