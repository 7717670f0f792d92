from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.delivery.health import after_failure
from bot.domain import ChannelState, Health

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_three_tries_in_an_hour_follow_the_first_failure_and_then_the_channel_is_suspended() -> None:
    state, now, seen = ChannelState(), T0, []
    while True:
        setback = after_failure(state, "Invite me.", now)
        state = setback.state
        seen.append((state.health, setback.notify_subscriber))
        if setback.not_before is None:
            break
        assert setback.not_before > now
        now = setback.not_before
    notified = [True, False, False, False]
    assert seen == list(zip([Health.DEGRADED] * 3 + [Health.SUSPENDED], notified, strict=True))
    assert now - T0 == timedelta(hours=1)
    assert state == ChannelState(Health.SUSPENDED, "Invite me.", now, 4, subscriber_notified=True)


def test_where_the_whole_workspace_is_gone_nobody_is_told_before_it_lasts() -> None:
    state, now, notified = ChannelState(), T0, []
    for _ in range(4):
        setback = after_failure(state, "Install me.", now, whole_workspace=True)
        state, now = setback.state, setback.not_before or now
        notified.append(setback.notify_subscriber)
    assert notified == [False, False, False, True]


def test_a_degraded_channel_remembers_since_when_and_the_newest_reason() -> None:
    first = after_failure(ChannelState(), "Invite me.", T0).state
    again = after_failure(first, "Give me the right to post.", T0 + timedelta(minutes=10)).state
    assert (again.since, again.reason, again.tries) == (T0, "Give me the right to post.", 2)


def test_a_suspended_channel_that_fails_again_tells_nobody_twice() -> None:
    suspended = ChannelState(Health.SUSPENDED, "Invite me.", T0, 4, subscriber_notified=True)
    setback = after_failure(suspended, "Invite me.", T0 + timedelta(days=1))
    assert setback.state.health is Health.SUSPENDED
    assert setback.state.since == T0
    assert not setback.notify_subscriber
    assert setback.not_before is None
