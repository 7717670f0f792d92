"""Whom a service wants mentioned is so about what hits it, beside whatever else the channel hears of the vendor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.domain import Component, Dependency, Filter, FollowedService, Level, Service, Snapshot, Subscription
from bot.routing import route
from bot.store.values import PollOutcome, Recording
from tests.delivery.story import ACME, Story, channel, incident, story

A = channel("a")
API, WEB = Component("c1", "API", Level.OPERATIONAL), Component("c2", "Web", Level.OPERATIONAL)


@pytest.fixture(name="told")
def _told(database_url: str) -> Iterator[Story]:
    """The channel hears of all of the vendor and mentions nobody; a service needs one part of it."""
    with capture_logs(), story(database_url) as told:
        now = told.clock()
        seen = Snapshot(ACME.slug, None, "", (API, WEB), (), now)
        told.store.records.record(Recording(seen, PollOutcome(ACME.slug, now, 60, read_at=now)), route)
        told.store.channels.subscribe(Subscription(A, ACME.slug, Filter(), "ann", now), route)
        needs = (Dependency(ACME.slug, Filter(components=("API",))),)
        told.store.services.define(A, Service("checkout", needs, "ann", now), route)
        yield told


def follow(told: Story) -> None:
    wish = FollowedService("checkout", Filter(), "ann", told.clock(), "@checkout")
    told.store.services.follow(A, wish, route)


def begins(told: Story, name: str, part: Component) -> None:
    told.record(replace(incident(name, told.clock(), "Hm."), components=(part.id,)))
    told.deliver()


def mentions(told: Story) -> list[str | None]:
    return [call.message.mention for call in told.chat.sent(A) if call.verb != "edit"]


def test_what_hits_the_service_mentions_and_what_does_not_mentions_nobody(told: Story) -> None:
    follow(told)
    begins(told, "web", WEB)
    begins(told, "api", API)
    assert mentions(told) == [None, "@checkout"]


def test_what_was_bad_when_it_was_followed_is_no_news(told: Story) -> None:
    begins(told, "api", API)
    follow(told)
    told.record(replace(incident("api", told.clock(), "Hm.", "Still."), components=(API.id,)))
    told.deliver()
    assert set(mentions(told)) == {None}


def test_whom_the_subscription_mentions_counts_alone(told: Story) -> None:
    follow(told)
    told.store.channels.subscribe(Subscription(A, ACME.slug, Filter(), "ann", told.clock(), "@all"), route)
    begins(told, "api", API)
    begins(told, "web", WEB)
    assert mentions(told) == ["@all", "@all"]


def test_each_of_two_services_mentions_whom_it_does_where_nothing_was_typed(told: Story) -> None:
    told.store.channels.unsubscribe(A, [ACME.slug])
    for name, part in (("checkout", API), ("shop", WEB)):
        needs = (Dependency(ACME.slug, Filter(components=(part.id,))),)
        told.store.services.define(A, Service(name, needs, "ann", told.clock()), route)
        told.store.services.follow(A, FollowedService(name, Filter(), "ann", told.clock(), f"@{name}"), route)
    begins(told, "web", WEB)
    begins(told, "api", API)
    assert mentions(told) == ["@shop", "@checkout"]


def test_what_is_open_at_the_first_sight_of_a_page_is_no_news(database_url: str) -> None:
    with capture_logs(), story(database_url) as told:
        now = told.clock()
        told.store.services.define(A, Service("checkout", (Dependency(ACME.slug, Filter()),), "ann", now), route)
        told.subscribe(A)
        follow(told)
        told.record(replace(incident("api", now, "Hm."), components=(API.id,)))
        told.record(replace(incident("api", now, "Hm.", "Still."), components=(API.id,)))
        told.deliver()
        assert set(mentions(told)) == {None}
