"""Products that people name in place of their vendor, and what a vendor does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalog import Catalog, Facts, Product
from bot.commands.parts import resolve_filter
from bot.commands.vendors import UnmatchedWords
from bot.domain import Component, Filter, Level, PageState, Slug, Unreadable
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, Talk, ago, incident, said, vendor

OFFICE = vendor("office", "Office")
CLOUD = vendor("cloud", "Cloud", kind="aws")
FACTS = {
    Slug("office"): Facts(
        "documents, mail and chat",
        "office-suite",
        (Product("Meetings", "Office Meetings"), Product("Mail", "Mailbox Online"), Product("Paper")),
    ),
    Slug("cloud"): Facts("", "iaas", (Product("S3", "Simple Storage"),)),
    Slug("github"): Facts("Git hosting", "source-control", (Product("Actions", "Actions"),)),
    Slug("bitbucket"): Facts("more Git hosting", "source-control"),
}
PARTS = (
    Component("m1", "Meetings", Level.PARTIAL_OUTAGE),
    Component("m2", "Mailbox Online (Europe)", Level.OPERATIONAL, group="Mail servers"),
    Component("m3", "Mailbox Online (Asia)", Level.DEGRADED, group="Mail servers"),
    Component("m4", "Drive", Level.OPERATIONAL),
)


@pytest.fixture
def office(talk: Talk) -> Talk:
    talk.catalog = Catalog([*CATALOG, OFFICE, CLOUD], facts=FACTS)
    talk.store.pages.sync_catalog(list(talk.catalog), NOW, 0)
    talk.reading("office", PARTS)
    return talk


def test_a_muted_product_is_all_of_its_vendor_and_that_is_said(office: Talk) -> None:
    office.say("subscribe office")
    assert office.say("mute mail 1h").splitlines()[:2] == [
        "Muted Office for 1 h.",
        "Mail cannot be muted by itself, so this is all of Office.",
    ]
    assert "by itself" not in office.say("mute office 1h")


def filter_of(talk: Talk, slug: str) -> Filter:
    (listed,) = [s for s in talk.store.channels.subscriptions(talk.channel) if s.subscription.vendor == slug]
    return listed.subscription.filter


@pytest.mark.parametrize("line", ["status meetings", "meetings", "is meetings down?", "status office meetings"])
def test_a_product_is_answered_about_before_its_vendor(office: Talk, line: str) -> None:
    assert office.say(line).splitlines()[:3] == [
        "🟠 Meetings (Office) has a partial outage.",
        "🟠 Office has a partial outage.",
        "Level: Partial outage",
    ]


def test_a_product_of_several_parts_lists_them(office: Talk) -> None:
    text = office.say("status mail")
    assert text.startswith("🟡 Mail (Office) has degraded performance.\n🟠 Office has a partial outage.\n")
    assert "With “Mail”: 1 degraded performance, 1 operational\n- 🟢 Mail servers / Mailbox Online (Europe)" in text


def test_incidents_of_a_green_product_are_not_a_plain_no(office: Talk) -> None:
    slow = incident("office", "i1", "Slow", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("m1",))
    office.reading("office", [replace(part, level=Level.OPERATIONAL) for part in PARTS], [replace(slow, level=None)])
    assert office.say("status meetings").startswith("🟢 Meetings (Office) is operational, with 1 open incident.")
    assert office.say("status mail").startswith("🟢 Mail (Office) is operational.")


@pytest.mark.parametrize("line", ["components mail", "components office mail", "components mailbox of office"])
def test_components_of_a_product_are_its_parts(office: Talk, line: str) -> None:
    text = office.say(line)
    assert "Mailbox Online (Europe)" in text
    assert "Meetings" not in text
    assert "Drive" in office.say("components paper")


@pytest.mark.parametrize(
    ("subscribed", "typed", "ends"),
    [
        ("meetings", "meetings", True),
        ("meetings", "mail", False),
        ("meetings mail", "meetings", False),
        ("office", "meetings", False),
        ("paper", "paper", True),
        ("meetings", "office", True),
    ],
)
def test_a_product_ends_what_is_subscribed_of_it_alone(office: Talk, subscribed: str, typed: str, ends: bool) -> None:
    office.say(f"subscribe {subscribed}")
    text = office.say(f"unsubscribe {typed}")
    assert bool(office.store.channels.vendors(office.channel)) is not ends
    if not ends:
        assert "Office stands: to drop a part of it, subscribe again with the parts you want." in text


def test_a_product_that_the_page_does_not_list_is_said_so(office: Talk) -> None:
    lines = office.say("status paper").splitlines()
    assert lines[:2] == [
        "🟠 Office has a partial outage.",
        "The page of Office has no part called Paper, so this is all of Office.",
    ]


def test_a_page_that_lists_what_is_affected_reports_nothing_about_the_rest(office: Talk) -> None:
    office.reading("cloud", [Component("q1", "Queues", Level.MAJOR_OUTAGE)])
    assert office.say("status s3").startswith("🟢 Cloud reports nothing about S3.\n🔴 Cloud has a major outage.\n")
    office.reading("cloud", [Component("s3-north", "Amazon Simple Storage", Level.MAJOR_OUTAGE, region="north")])
    assert office.say("status s3").startswith("🔴 S3 (Cloud) has a major outage.\n")


def test_what_was_read_long_ago_says_nothing_about_a_product(office: Talk) -> None:
    office.reading("office", PARTS, at=ago(hours=3))
    assert office.say("status meetings").startswith("🟣 Unknown: Office's status page has not been read")


@pytest.mark.parametrize(
    ("line", "components"),
    [
        ("subscribe meetings", ("Meetings",)),
        ("subscribe mail", ("Mailbox Online (Europe)", "Mailbox Online (Asia)")),
        ("subscribe office mail meetings", ("Mailbox Online (Europe)", "Mailbox Online (Asia)", "Meetings")),
        ("subscribe office drive", ("drive",)),
        ("subscribe office", ()),
        ("subscribe paper", ()),
    ],
)
def test_subscribing_a_product_sets_the_filter(office: Talk, line: str, components: tuple[str, ...]) -> None:
    text = office.say(line)
    assert text.startswith("Subscribed to Office.")
    assert sorted(filter_of(office, "office").components) == sorted(components)
    note = "The page of Office has no part called Paper, so this is all of Office."
    assert (note in text) == ("paper" in line)


def test_subscribing_a_product_that_may_come_asks_for_its_names(office: Talk) -> None:
    office.reading("cloud", [Component("q1", "Queues", Level.MAJOR_OUTAGE)])
    office.say("subscribe s3")
    assert filter_of(office, "cloud") == Filter(components=("*Simple Storage*", "*S3*"))


def test_github_actions_is_a_part_of_github(office: Talk) -> None:
    office.reading("github", GITHUB_PARTS)
    office.say("subscribe github actions")
    assert filter_of(office, "github") == Filter(components=("Actions",))


def test_a_product_of_a_page_that_cannot_be_read_is_all_of_its_vendor() -> None:
    state = PageState(OFFICE, None, None, Unreadable("It answers 503", NOW), None)
    words = [UnmatchedWords("paper", OFFICE.slug, repeated=True, product=Product("Paper"))]
    resolved = resolve_filter(Filter(), words, state)
    assert (resolved.filter, resolved.problems) == (Filter(), ())
    assert "cannot be read now to find Paper on it" in str(resolved.notes)


def test_status_says_what_a_vendor_does(office: Talk) -> None:
    assert "\nWhat it is: Documents, mail and chat\n" in office.say("status office")
    office.reading("cloud")
    assert "What it is" not in office.say("status cloud")


def test_alternatives_say_what_each_does_the_same_ones_first(office: Talk) -> None:
    office.reading("gitlab")
    office.reading("bitbucket")
    assert office.say("alternatives github").splitlines()[:4] == [
        "Instead of GitHub: Bitbucket and GitLab.",
        "- 🟢 operational · Bitbucket (read 40 s ago) — more Git hosting",
        "- 🟢 operational · GitLab (read 40 s ago)",
        "Now: 🟣 GitHub — unknown: not read yet",
    ]
