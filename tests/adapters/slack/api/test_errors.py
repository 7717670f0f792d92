"""Slack's errors, code by code: what each means."""

from __future__ import annotations

import pytest

from bot.adapters.slack.api.errors import (
    CHANNEL_ERRORS,
    INSTALLATION_ERRORS,
    INVALID_REQUEST,
    MESSAGE_GONE,
    TRANSIENT,
    SlackFailure,
    delivery_error,
)
from bot.delivery.port import MessageGone, MessageRejected, OutcomeUnknown, RetryLater, Undeliverable
from tests.adapters.slack.judge import reference
from tests.shelf import needs


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited"])
def test_too_fast(code: str) -> None:
    found = delivery_error(SlackFailure(code, retry_after_s=7))
    assert isinstance(found, RetryLater)
    assert (found.delay_s, found.whole_workspace) == (7, False)


def test_a_429_without_a_word_waits_all_the_same_and_never_for_days() -> None:
    assert isinstance(delivery_error(SlackFailure(status=429)), RetryLater)
    endless = delivery_error(SlackFailure(status=429, retry_after_s=1e9))
    assert isinstance(endless, RetryLater)
    assert endless.delay_s <= 3600


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_passing_trouble_is_tried_again(code: str) -> None:
    assert isinstance(delivery_error(SlackFailure(code, status=503)), RetryLater)


def test_a_workspace_over_its_quota_waits_as_a_whole() -> None:
    found = delivery_error(SlackFailure("message_limit_exceeded"))
    assert isinstance(found, RetryLater)
    assert found.whole_workspace


@pytest.mark.parametrize(
    "failed",
    [
        SlackFailure("fatal_error"),
        SlackFailure("internal_error"),
        SlackFailure(status=500),
        SlackFailure("x", status=502),
        SlackFailure(),
    ],
)
def test_what_may_have_been_done_is_uncertain(failed: SlackFailure) -> None:
    assert isinstance(delivery_error(failed, "1.1"), OutcomeUnknown)


@pytest.mark.parametrize("code", sorted(CHANNEL_ERRORS))
def test_a_channel_that_cannot_be_used_is_told_with_its_remedy(code: str) -> None:
    found = delivery_error(SlackFailure(code), "1.1")
    assert isinstance(found, Undeliverable)
    assert not found.whole_workspace
    assert found.reason.endswith(".")


@pytest.mark.parametrize("code", sorted(INSTALLATION_ERRORS))
def test_a_dead_token_loses_the_workspace(code: str) -> None:
    found = delivery_error(SlackFailure(code), "1.1")
    assert isinstance(found, Undeliverable)
    assert found.whole_workspace


def test_a_missing_scope_is_named() -> None:
    found = delivery_error(SlackFailure("missing_scope", needed_scope="chat:write"))
    assert isinstance(found, Undeliverable)
    assert found.whole_workspace
    assert "chat:write" in found.reason


@pytest.mark.parametrize("code", sorted(INVALID_REQUEST))
def test_a_bug_of_ours_is_refused(code: str) -> None:
    assert isinstance(delivery_error(SlackFailure(code)), MessageRejected)


@pytest.mark.parametrize("code", sorted(MESSAGE_GONE))
def test_a_lost_message_is_gone(code: str) -> None:
    found = delivery_error(SlackFailure(code), "1.1")
    assert isinstance(found, MessageGone)
    assert found.ref == "1.1"


def test_an_unknown_refusal_is_told_as_it_is() -> None:
    found = delivery_error(SlackFailure("brand_new_error"))
    assert isinstance(found, Undeliverable)
    assert "brand_new_error" in found.reason


@needs("specs/slack_methods/methods")
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_every_code_that_slack_documents_means_something(method: str) -> None:
    known = reference(method)
    assert known
    assert all(delivery_error(SlackFailure(code), "1.1") for code in known["errors"])
