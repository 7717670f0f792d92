"""What somebody who is still typing is offered."""

from __future__ import annotations

from bot.catalog import Catalog
from bot.commands.command import ArgumentKind
from bot.commands.complete import MAX_CHOICES, Choice, CompletionRequest, complete
from bot.commands.context import CommandContext
from bot.domain import Component, Level
from tests.commands.talk import OPS, Talk, ago, incident, said


def offered(talk: Talk, takes: ArgumentKind, typed: str, command: str = "status", **given: str) -> list[str]:
    return [c.value for c in complete(CompletionRequest(command, takes, typed, OPS, given), context(talk))]


def context(talk: Talk) -> CommandContext:
    return CommandContext(talk.store, talk.catalog, talk.now)


def test_vendors_by_name_alias_product_and_near_miss(talk: Talk) -> None:
    assert complete(CompletionRequest("status", ArgumentKind.VENDOR, "git", OPS), context(talk))[0] == Choice(
        "GitHub", "github"
    )
    assert complete(CompletionRequest("status", ArgumentKind.VENDOR, "amazon", OPS), context(talk)) == (
        Choice("AWS — amazon web services", "amazon web services"),
    )
    assert offered(talk, ArgumentKind.VENDOR, "dyspach") == ["dyspatch"]
    assert offered(talk, ArgumentKind.VENDOR, "")


def test_what_can_be_unsubscribed_is_what_is_subscribed(talk: Talk) -> None:
    assert offered(talk, ArgumentKind.VENDOR, "", "unsubscribe") == []
    talk.say("subscribe github aws")
    assert offered(talk, ArgumentKind.VENDOR, "", "unsubscribe") == ["aws", "github", "all"]
    assert offered(talk, ArgumentKind.VENDOR, "hub", "unsubscribe") == ["github"]


def test_an_address_is_completed_too(talk: Talk) -> None:
    assert offered(talk, ArgumentKind.VENDOR, "https://status.github.example/incidents", "status") == ["github"]


def test_what_can_be_muted_and_unmuted(talk: Talk) -> None:
    talk.reading("github", (), [incident("github", "one", "Git is slow", ago(hours=3), said(1, ago(hours=3), "Slow."))])
    talk.say("subscribe github aws")
    assert offered(talk, ArgumentKind.INCIDENT, "", "mute") == ["github/one", "aws", "github"]
    assert offered(talk, ArgumentKind.INCIDENT, "", "why") == ["github/one", "aws", "github"]
    assert offered(talk, ArgumentKind.INCIDENT, "", "unmute") == []
    talk.say("mute github 1h")
    assert offered(talk, ArgumentKind.INCIDENT, "", "unmute") == ["github", "all"]


def test_a_vendor_that_left_the_catalog_can_still_be_unsubscribed(talk: Talk) -> None:
    talk.say("subscribe github aws")
    talk.catalog = Catalog([vendor for vendor in talk.catalog if vendor.slug != "github"])
    assert offered(talk, ArgumentKind.VENDOR, "", "unsubscribe") == ["aws", "github", "all"]


def test_parts_of_the_vendor_that_was_given(talk: Talk) -> None:
    parts = tuple(Component(f"c{n}", f"Part {n}", Level.OPERATIONAL, group="API") for n in range(40))
    talk.reading("github", (*parts, Component("x", "Actions", Level.OPERATIONAL, region="eu-west-1")))
    assert offered(talk, ArgumentKind.COMPONENT, "act", "subscribe", vendor="GitHub") == ["Actions"]
    assert offered(talk, ArgumentKind.COMPONENT, "api", "subscribe", vendor="github")[0].startswith("API")
    assert len(offered(talk, ArgumentKind.COMPONENT, "", "subscribe", vendor="github")) == MAX_CHOICES
    assert offered(talk, ArgumentKind.COMPONENT, "act", "subscribe") == []
    assert offered(talk, ArgumentKind.COMPONENT, "act", "subscribe", vendor="aws") == []
    assert offered(talk, ArgumentKind.REGION, "", "subscribe", vendor="github") == ["eu-west-1"]


def test_zones_and_spans(talk: Talk) -> None:
    assert offered(talk, ArgumentKind.ZONE, "new york") == ["America/New_York"]
    assert "1h" in offered(talk, ArgumentKind.SPAN, "")
    assert offered(talk, ArgumentKind.TEXT, "x") == []


def test_incidents_open_at_this_channels_vendors_the_newest_first(talk: Talk) -> None:
    older = incident("github", "one", "Git is slow", ago(hours=3), said(1, ago(hours=3), "Slow."))
    newer = incident("github", "two", "Actions fail", ago(hours=1), said(2, ago(hours=1), "They fail."))
    talk.reading("github", (), [older, newer])
    assert offered(talk, ArgumentKind.INCIDENT, "", "incident") == []
    talk.say("subscribe github")
    assert offered(talk, ArgumentKind.INCIDENT, "", "incident") == ["github/two", "github/one"]
    assert offered(talk, ArgumentKind.INCIDENT, "slow", "incident") == ["github/one"]
