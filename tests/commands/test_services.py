"""``service`` and ``services``: what the teams run, on what, and how it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.commands.command import ArgumentKind
from bot.commands.complete import CompletionRequest, complete
from bot.commands.context import CommandContext
from bot.commands.dispatch import answer
from bot.commands.forms import subscribe_form
from bot.commands.request import Request
from bot.domain import Channel, Component, Filter, Level, Slug
from bot.message import Items, Person
from tests.commands.talk import GITHUB_PARTS, Talk, ago, incident, said
from tests.text import read as read_text

AWS_PARTS = (
    Component("rds-eu", "RDS", Level.OPERATIONAL, region="eu-west-1"),
    Component("rds-us", "RDS", Level.OPERATIONAL, region="us-east-1"),
    Component("s3-eu", "S3", Level.OPERATIONAL, region="eu-west-1"),
)
DEFINITION = 'checkout = github, aws region:eu-west-1 component:"RDS*", gitlab'


@pytest.fixture
def read(talk: Talk) -> Talk:
    """With the pages read."""
    talk.reading("github", GITHUB_PARTS)
    talk.reading("gitlab")
    talk.reading("aws", AWS_PARTS)
    return talk


def needs(talk: Talk, name: str) -> list[tuple[str, Filter]]:
    [found] = [one for one in talk.store.services.of(talk.channel) if one.name == name]
    return [(d.vendor, d.filter) for d in found.dependencies]


def test_a_service_is_defined_vendor_by_vendor(read: Talk) -> None:
    reply = read.ask(f"service {DEFINITION}")
    assert reply.public
    assert needs(read, "checkout") == [
        ("github", Filter()),
        ("aws", Filter(components=("RDS*",), regions=("eu-west-1",))),
        ("gitlab", Filter()),
    ]
    assert reply.messages[0].title == (
        "Service checkout runs on GitHub, AWS (component RDS*, region eu-west-1) and GitLab."
    )


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("github gitlab", [("github", Filter()), ("gitlab", Filter())]),
        ("github and gitlab", [("github", Filter()), ("gitlab", Filter())]),
        ("GitHub;gitlab", [("github", Filter()), ("gitlab", Filter())]),
        ("github, github", [("github", Filter())]),
        ("gitlab aws region:eu-west-1 github", [
            ("gitlab", Filter()), ("aws", Filter(regions=("eu-west-1",))), ("github", Filter()),
        ]),
        ("aws region:eu-west-1, component:RDS", [("aws", Filter(components=("RDS",), regions=("eu-west-1",)))]),
        ("aws component:RDS us-east-1", [("aws", Filter(components=("RDS",), regions=("us-east-1",)))]),
        ("aws component:RDS, aws component:S3", [
            ("aws", Filter(components=("RDS",))), ("aws", Filter(components=("S3",))),
        ]),
        ("github component:!Webhooks component:“Actions”", [
            ("github", Filter(components=("Actions",), excluded=("Webhooks",))),
        ]),
        ("aws eu-west-1", [("aws", Filter(regions=("eu-west-1",)))]),
        ("github webhooks", [("github", Filter(components=("webhooks",)))]),
    ],
)  # fmt: skip
def test_how_it_can_be_typed(read: Talk, typed: str, wanted: list[tuple[str, Filter]]) -> None:
    for line in (f"service it = {typed}", f"service it: {typed}", f"service “it” = {typed}", f"service it={typed}"):
        assert read.ask(line).public, line
        assert needs(read, "it") == wanted
        read.say("service remove it")


def test_again_it_is_replaced_and_the_old_definition_echoed(read: Talk) -> None:
    read.say(f"service {DEFINITION} owner:@payments")
    assert read.say("service Checkout = github").splitlines() == [
        "Service Checkout changed: it runs on GitHub.",
        "Now: operational",
        "Owner: @payments",
        'Before: service checkout = github, aws component:"RDS*" region:eu-west-1, gitlab owner:@payments',
        "(Hear of just this: subscribe service:Checkout)",
        "[Subscribe here: subscribe service:Checkout]",
        "[All services: services]",
    ]
    assert [one.name for one in read.store.services.of(read.channel)] == ["Checkout"]
    before = read.replies[-1].messages[0]
    assert "defined so already" in read.say("service Checkout = github")
    old = next(span.text for block in before.blocks for span in getattr(block, "line", ()) if hasattr(span, "text"))
    assert read.ask(old).public, "what it was can be typed again"
    assert needs(read, "checkout")[1] == ("aws", Filter(components=("RDS*",), regions=("eu-west-1",)))


def test_an_owner_comes_and_goes(read: Talk) -> None:
    read.say("service checkout = github")
    assert "Owner: @payments" in read.say("service checkout owner:@payments")
    assert "Owner: Payments Team" in read.say('service checkout owner:"Payments Team"')
    assert "Owner: Payments Team" in read.say("service checkout owner=Payments Team")
    assert "Payments Team" in read.say("services")
    assert "has no owner now" in read.say("service checkout owner:none")
    assert "Owner" not in read.say("services")


def test_it_is_removed_and_can_be_brought_back(read: Talk) -> None:
    read.say(f"service {DEFINITION}")
    assert read.say("service remove checkout").splitlines() == [
        "Service checkout is no more.",
        'To undo: service checkout = github, aws component:"RDS*" region:eu-west-1, gitlab',
    ]
    assert read.store.services.of(read.channel) == ()
    assert "No service is called “checkout”." in read.say("service remove checkout")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("aws component:RSD", "AWS has no component or region “RSD”. Did you mean RDS?"),
        ("aws region:eu-west-9", "AWS has no region “eu-west-9”. It has eu-west-1 and us-east-1."),
        ("github component:Actoins", "no component or region “Actoins”. Did you mean Actions"),
        ("githb", "I don't know “githb”. Did you mean GitHub?"),
        ("zzzzqq", "“zzzzqq”."),
        ("github severity:major", "“severity:” does not belong here. You can give component, group, region."),
        ("bitbucket component:API", "its page is being read first"),
        ("", "Say what checkout runs on"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(read: Talk, typed: str, told: str) -> None:
    read.say("service checkout = gitlab")
    for needed in {typed, f"github, {typed}".strip(" ,")} if typed else {typed}:
        reply = read.ask(f"service checkout = {needed}")
        assert told in read.say(f"service checkout = {needed}")
        assert not reply.public
        assert needs(read, "checkout") == [("gitlab", Filter())]


def test_a_page_that_was_never_read_is_read_first(read: Talk) -> None:
    assert read.ask('service checkout = bitbucket component:"API"').unread == ("bitbucket",)


def test_an_address_is_looked_at(read: Talk) -> None:
    reply = read.ask("service intranet = https://status.intra.example")
    assert reply.unknown_pages == ("https://status.intra.example",)
    assert not reply.public


def test_a_name_is_what_people_call_it(read: Talk) -> None:
    assert read.ask('service "order intake" = github').public
    assert "order intake" in read.say("services")
    assert read.ask("service Order  Intake = gitlab").public
    assert needs(read, "Order Intake") == [("gitlab", Filter())]
    assert "at most 40 characters" in read.say(f"service {'x' * 41} = github")
    assert "letters or digits" in read.say("service *** = github")


def test_the_list_says_how_each_stands(read: Talk) -> None:
    read.say("service shop = gitlab")
    read.say("service build = github component:Actions")
    read.say("service hooks = github component:Webhooks owner:@hooks")
    parts = (GITHUB_PARTS[0], replace(GITHUB_PARTS[1], level=Level.PARTIAL_OUTAGE), *GITHUB_PARTS[2:])
    trouble = incident("github", "i1", "Actions are late", ago(minutes=30), said(1, ago(minutes=30), "We look."))
    read.reading("github", parts, [replace(trouble, components=("c2",))])
    assert read.say("services").splitlines() == [
        "This workspace's 3 services: 1 with a vendor in trouble: build.",
        '- 🟠 build — partial outage (GitHub since 11:30) · service build = github component:"Actions"',
        '- 🟢 hooks — operational · Owner: @hooks · service hooks = github component:"Webhooks" owner:@hooks',
        "- 🟢 shop — operational · service shop = gitlab",
        "(Oldest reading 40 s ago · from the vendors' own status pages)",
    ]
    assert read.say("services build").startswith("🟠 build: partial outage (GitHub)")
    assert "No service is called “biuld”. Did you mean build?" in read.say("services biuld")


def test_what_cannot_be_known_is_not_green(read: Talk) -> None:
    read.say("service shop = gitlab, bitbucket")
    assert "🟣 shop — unknown; not known: Bitbucket" in read.say("services")


def test_a_part_that_is_gone_is_told_in_the_list(read: Talk) -> None:
    read.say("service build = github component:Actions")
    read.reading("github", GITHUB_PARTS[2:])
    assert "not listed any more: “Actions”" in read.say("services")


def test_whose_vendors_have_trouble_is_one_line(read: Talk) -> None:
    read.say("service shop = gitlab, aws")
    read.say("service build = github component:Actions")
    calm = "None of the 3 vendors behind our 2 services reports trouble (oldest reading 40 s)."
    assert read.say("services trouble") == calm
    trouble = incident("github", "i1", "Webhooks are late", ago(minutes=30), said(1, ago(minutes=30), "We look."))
    read.reading("github", GITHUB_PARTS, [replace(trouble, components=("c4",))])
    assert read.say("services trouble") == calm, "no part of it that is needed"
    read.reading("github", GITHUB_PARTS, [replace(trouble, components=("c2",))])
    read.reading("gitlab", level=Level.DEGRADED, at=ago(minutes=5))
    assert read.say("services trouble") == (
        "It may be them: build (GitHub, partial outage since 11:30 UTC), "
        "shop (GitLab, degraded performance since 11:55 UTC)."
    )
    read.say("settings tz=Europe/Berlin")
    assert "since 13:30 CEST" in read.say("services trouble")


def test_what_nobody_knows_is_no_all_clear(talk: Talk) -> None:
    talk.say("service shop = gitlab, aws")
    assert talk.say("services trouble") == "Nobody can say now: the state of GitLab and AWS is not known."


def test_a_workspace_sees_its_own_services_and_a_person_theirs(read: Talk) -> None:
    here = Channel("slack", "T1", "C1")
    for channel, name in (
        (here, "checkout"),
        (Channel("slack", "T2", "C1"), "other"),
        (replace(here, id="D1"), "mine"),
    ):
        replace_channel(read, channel).say(f"service {name} = github")
    assert [one.name for one in read.store.services.of(replace(here, id="C2"))] == ["checkout"]
    assert [one.name for one in read.store.services.of(Channel("slack", "T2", "C9"))] == ["other"]
    assert [one.name for one in read.store.services.of(replace(here, id="D1"))] == ["mine"]
    assert read.store.services.of(replace(here, id="D2")) == ()


def replace_channel(talk: Talk, channel: Channel) -> Talk:
    talk.channel = channel
    return talk


def test_too_many_are_refused(read: Talk) -> None:
    for number in range(50):
        read.say(f"service s{number} = github")
    assert "There are 50 services" in read.say("service more = github")
    assert read.ask("service s7 = gitlab").public


def test_vendors_of_a_service_are_watched(read: Talk) -> None:
    def watched() -> set[str]:
        return {c.vendor.slug for c in read.store.pages.claim_due(read.now.replace(year=2027), 100, 60) if c.watched}

    read.say("service shop = gitlab, github")
    assert {"gitlab", "github"} <= watched()
    read.say("service shop = gitlab")
    assert "github" not in watched()


def test_an_owner_is_named_and_never_pinged(read: Talk) -> None:
    read.say("service shop = github owner:<!subteam^S1|@payments>")
    assert "Owner: @payments" in read.say("services")
    read.say("service shop owner:<@U1>")
    [block] = [b for b in read.ask("services").messages[0].blocks if isinstance(b, Items)]
    assert Person("U1") in block.lines[0]


# --- subscribed to ---------------------------------------------------------------------------------------------------


def heard(talk: Talk) -> dict[str, Filter]:
    return {one.subscription.vendor: one.subscription.filter for one in talk.store.channels.subscriptions(talk.channel)}


@pytest.mark.parametrize("typed", ["service:checkout", "service=Checkout", "service:“checkout”", "checkout"])
def test_a_channel_hears_of_exactly_what_the_service_needs(read: Talk, typed: str) -> None:
    read.say("service checkout = gitlab, aws region:eu-west-1 component:RDS")
    reply = read.ask(f"subscribe {typed} severity:major+")
    assert reply.public
    major = Filter(min_level=Level.PARTIAL_OUTAGE)
    rds = replace(major, components=("RDS",), regions=("eu-west-1",))
    assert heard(read) == {"gitlab": major, "aws": rds}
    assert read.say("list").splitlines()[:2] == [
        "This channel subscribes to 1 service.",
        "- Service checkout (GitLab and AWS (component RDS, region eu-west-1)) — partial outage or worse"
        " · by ana · since 2026-09-14 · subscribe service:checkout severity:major+",
    ]
    read.say("service checkout = github component:Actions")
    assert heard(read) == {"github": replace(major, components=("Actions",))}


def test_subscribed_anew_says_what_was(read: Talk) -> None:
    read.say("service checkout = gitlab")
    assert read.say("subscribe service:checkout").splitlines() == [
        "Subscribed to service checkout.",
        "- checkout — GitLab: every incident. Now: operational.",
        "If a service is defined anew, this follows.",
    ]
    assert "Subscription changed: service checkout." in read.say("subscribe service:checkout severity:major+")
    assert "(was: every incident)" in read_text(read.replies[-1].messages)
    assert "Already subscribed to service checkout." in read.say("subscribe service:checkout severity:major+")
    assert "mentions @oncall" in read.say("subscribe service:checkout mention:@oncall")


def test_a_vendor_and_a_service_in_one_line(read: Talk) -> None:
    read.say("service checkout = gitlab")
    said = read.say("subscribe github service:checkout")
    assert "Subscribed to GitHub." in said
    assert "Subscribed to service checkout." in said
    assert set(heard(read)) == {"github", "gitlab"}
    assert "This channel subscribes to 1 vendor and 1 service." in read.say("list")
    assert "No service is called “chekout”. Did you mean checkout?" in read.say("subscribe service:chekout")
    assert "leave out component and region" in read.say("subscribe service:checkout component:API")


def test_it_ends_as_it_began(read: Talk) -> None:
    read.say("service checkout = gitlab")
    read.say("service build = github")
    read.say("subscribe service:checkout service:build severity:major+")
    read.say("subscribe github")
    assert "GitLab comes here through service checkout: unsubscribe from that." in read.say("unsubscribe gitlab")
    said = read.say("unsubscribe service:checkout")
    assert "Unsubscribed from service checkout." in said
    assert "To undo: subscribe service:checkout severity:major+" in said
    assert set(heard(read)) == {"github"}
    assert "This channel does not subscribe to service checkout." in read.say("unsubscribe service:checkout")
    said = read.say("unsubscribe all")
    assert "Unsubscribed from GitHub and service build." in said
    assert heard(read) == {}


def test_the_form_and_why_tell_what_comes_through_a_service(read: Talk) -> None:
    read.say("service build = github component:Actions")
    read.say("subscribe service:build")
    form = subscribe_form(read.channel, Slug("github"), CommandContext(read.store, read.catalog, read.now))
    assert form is not None
    assert (form.subscribed, form.chosen) == (False, ())
    trouble = incident("github", "i1", "Actions are late", ago(minutes=30), said(1, ago(minutes=30), "We look."))
    read.reading("github", GITHUB_PARTS, [replace(trouble, components=("c2",))])
    assert "service build: component Actions · subscribe service:build" in read.say("why github/i1")


def test_how_it_is_to_be_told_goes_with_it(read: Talk) -> None:
    read.say("service build = github")
    read.say("subscribe service:build hold:5m")
    [listed] = read.store.channels.subscriptions(read.channel)
    assert listed.subscription.wishes.hold is not None
    assert "subscribe service:build hold:5m" in read.say("list")


def test_it_is_previewed_part_by_part(read: Talk) -> None:
    read.say("service build = github component:Actions, gitlab")
    said = read.say("preview service:build severity:major+")
    assert "GitHub and GitLab" in said.splitlines()[0]
    assert "[Subscribe: build: subscribe service:build severity:major+]" in said
    assert "No service is called “biuld”. Did you mean build?" in read.say("preview service:biuld")


def test_its_status_is_asked_for_like_a_vendors(read: Talk) -> None:
    read.say("service build = github component:Actions")
    parts = (GITHUB_PARTS[0], replace(GITHUB_PARTS[1], level=Level.PARTIAL_OUTAGE), *GITHUB_PARTS[2:])
    read.reading("github", parts)
    for typed in ("status service:build", "service:build", "status build", "is build down?", "service build"):
        assert read.say(typed).startswith("🟠 build: partial outage (GitHub)"), typed
    assert "- 🟠 GitHub (component Actions) — partial outage since 11:59" in read.say("status service:build")
    assert "No service is called “biuld”. Did you mean build?" in read.say("status service:biuld")
    both = read.ask("status service:build gitlab").messages
    assert [message.title for message in both] == ["🟠 build: partial outage (GitHub)", "🟢 GitLab is operational."]


def test_names_of_services_complete_where_vendors_do(read: Talk) -> None:
    read.say("service build = github")
    context = CommandContext(read.store, read.catalog, read.now)

    def offered(command: str, prefix: str, kind: ArgumentKind = ArgumentKind.VENDOR) -> list[str]:
        return [value for _, value in complete(CompletionRequest(command, kind, prefix, read.channel), context)]

    assert offered("subscribe", "bui")[0] == offered("status", "bui")[0] == "service:build"
    assert offered("unsubscribe", "") == []
    read.say("subscribe service:build")
    assert offered("unsubscribe", "")[0] == "service:build"
    assert offered("service", "b", ArgumentKind.SERVICE) == ["build"]
    assert offered("services", "", ArgumentKind.SERVICE) == ["build", "trouble"]


@pytest.mark.parametrize("line", ["service remove", "service remove:", "service remove:on", "service forget"])
def test_which_is_to_go_is_asked(read: Talk, line: str) -> None:
    assert read.say(line).startswith("Which service?\nType service <name> remove")


@pytest.mark.parametrize("line", ["service remove:checkout", "service delete:checkout", "service checkout remove:on"])
def test_it_is_removed_as_the_list_of_commands_has_it(read: Talk, line: str) -> None:
    read.say("service checkout = github")
    assert read.say(line).startswith("Service checkout is no more.")
    assert read.say(line).splitlines() == ["No service is called “checkout”.", "services lists them all."]


def test_a_missing_equals_sign_is_put_in(read: Talk) -> None:
    assert read.say("service checkout github, aws").endswith("To define it: service checkout = github, aws.")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("define service pay = github", "service pay = github"),
        ("add a service pay on github", "service pay = github"),
        ("create service pay github, aws", "service pay = github, aws"),
        ("new service pay: github", "service pay = github"),
        ("pay = github, aws", "service pay = github, aws"),
        ("add our pay service = github", "service pay = github"),
        ("remove service checkout", "service remove checkout"),
        ("delete our service checkout", "service remove checkout"),
        ("unsubscribe service checkout", "unsubscribe service:checkout"),
        ("subscribe service checkout severity:major+", "subscribe service:checkout severity:major+"),
    ],
)
def test_in_other_words_it_is_asked_about(read: Talk, line: str, command: str) -> None:
    read.say("service checkout = github")
    assert [button.command for button in read.ask(line).messages[0].buttons] == [command, "cancel"]


@pytest.mark.parametrize("line", ["list services", "show our services", "which services do we have?"])
def test_they_are_listed_in_other_words(read: Talk, line: str) -> None:
    read.say("service checkout = github")
    assert read.say(line).startswith("This workspace's 1 service")


def test_when_it_is_told_goes_with_a_service(read: Talk) -> None:
    read.say("service checkout = github")
    assert "every incident, only what is still open after 5 min" in read.say("subscribe service:checkout hold:5m")
    assert "reminded 1 h before" in read.say("subscribe service:checkout remind:1h")
    assert "reminded 1 h before" in read.say("list")
    [button] = read.ask("preview service:checkout hold:5m").messages[0].buttons
    assert button.command == "subscribe service:checkout hold:5m"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("service shop is github", "To define it: service shop = github."),
        ("service shop runs on github and aws", "To define it: service shop = github and aws."),
        ("services remove checkout", "Type service remove checkout to change one."),
        ("services shop = github", "Type service shop = github to change one."),
        ("service shop, api = github", "Define one service at a time, for example service checkout = stripe, aws."),
    ],
)
def test_what_was_nearly_right_is_said_right(read: Talk, line: str, answer: str) -> None:
    assert read.say(line).endswith(answer)


def test_reading_its_pages_meanwhile_does_not_make_it_defined_before(talk: Talk) -> None:
    first = talk.ask("service checkout = github")
    assert first.unread == ("github",)
    talk.reading("github", GITHUB_PARTS)
    context = CommandContext(talk.store, talk.catalog, talk.now)
    again = answer(Request("service", "checkout = github", talk.channel, "U1", again=True), context)
    assert again.messages[0].title == first.messages[0].title == "Service checkout runs on GitHub."


def test_what_a_service_was_is_told_though_pages_are_still_to_be_read(talk: Talk) -> None:
    talk.ask("service checkout = github")
    reply = talk.ask("service checkout = github, gitlab")
    assert "service checkout = github" in read_text(reply.messages[0])
    assert reply.unread == ()
