from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.context import CommandContext
from bot.commands.dispatch import answer
from bot.commands.request import Request
from bot.domain import ChannelState, Component, Filter, Health, IncidentKind, Level, Phase, Slug
from bot.store.values import Release
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, Talk, ago, incident, said
from tests.text import read

PARTS = (
    *GITHUB_PARTS,
    Component("e1", "EC2 (us-east-1)", Level.OPERATIONAL, group="Compute", region="us-east-1"),
    Component("e2", "EC2 (us-west-1)", Level.OPERATIONAL, group="Compute", region="us-west-1"),
)
DOWN = incident("github", "down1234", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("c1",))
UNKNOWN = "What comes in a month is not known yet."


def filter_of(talk: Talk, slug: str) -> Filter | None:
    held = {
        listed.subscription.vendor: listed.subscription for listed in talk.store.channels.subscriptions(talk.channel)
    }
    return held[Slug(slug)].filter if Slug(slug) in held else None


def test_list_everywhere_pages_through_the_workspace_s_channels(talk: Talk) -> None:
    assert talk.say("list everywhere") == "No channel of this workspace subscribes to anything yet."
    talk.say("subscribe github aws")
    here = talk.channel
    for number in range(25):
        talk.channel = replace(here, id=f"z{number:02}")
        talk.say("subscribe dyspatch")
    talk.channel = replace(here, workspace="elsewhere")
    talk.say("subscribe mailjet")
    talk.channel = here
    lines = talk.say("list everywhere").splitlines()
    assert lines[:3] == [
        "Channels of this workspace that subscribe to something",
        "- ops — 2 vendors: AWS and GitHub",
        "- z00 — 1 vendor: Dyspatch",
    ]
    assert lines[-1] == "[Next page: list everywhere after z23]"
    assert talk.say("list everywhere after z23").splitlines() == [
        "More channels of this workspace that subscribe to something",
        "- z24 — 1 vendor: Dyspatch",
    ]
    assert "Only people who can" in talk.say("list everywhere", may_manage=False)


def test_several_are_subscribed_and_each_is_reported(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.reading("dyspatch")
    reply = talk.ask("subscribe github dyspatch zzzzzzz")
    assert reply.public
    assert talk.say("subscribe github dyspatch zzzzzzz").splitlines() == [
        "Subscribed to GitHub and Dyspatch.",
        f"- GitHub — every incident. Now: 🟠 partial outage; open: “Pushes fail”. {UNKNOWN}",
        f"- Dyspatch — every incident. Now: 🟢 operational. {UNKNOWN}",
        "Not subscribed",
        "- I don't know “zzzzzzz”.",
        "- Check the spelling, or add its status page: subscribe https://status.example.com.",
        "Planned maintenance is off; add maintenance:on to include it.",
    ]
    assert filter_of(talk, "github") == filter_of(talk, "dyspatch") == Filter()


def test_nothing_good_is_private_and_offers_near_names_with_the_filter(talk: Talk) -> None:
    reply = talk.ask("subscribe githb severity:critical")
    assert not reply.public
    assert reply.messages[0].summary == "Nothing was subscribed."
    assert [b.command for b in reply.messages[0].buttons] == ["subscribe github severity:critical+"]


def test_the_filter_typed_is_the_filter_in_force(talk: Talk) -> None:
    talk.reading("github", PARTS)
    text = talk.say(
        'subscribe github component:“API Requests” component:!Actions severity:major+ maintenance:on match:"push"'
    )
    assert text.splitlines()[1] == (
        "Component API Requests, not Actions, partial outage or worse, only with “push” in its texts, planned "
        f"maintenance too. Now: 🟢 operational. {UNKNOWN}"
    )
    assert "Planned maintenance is off" not in text
    assert filter_of(talk, "github") == Filter(
        components=("API Requests",),
        excluded=("Actions",),
        min_level=Level.PARTIAL_OUTAGE,
        maintenance="on",
        match="push",
    )


def test_what_is_echoed_can_be_typed_again(talk: Talk) -> None:
    talk.reading("github", PARTS)
    talk.say('subscribe github component:"Git *" severity:minor+ mention:@oncall')
    before = talk.store.channels.subscriptions(talk.channel)
    echoed = talk.say("list").splitlines()[1]
    talk.now = NOW + timedelta(minutes=5)
    again = talk.say(echoed[echoed.index("subscribe ") :])
    assert again.startswith("Already subscribed to GitHub.")
    assert talk.store.channels.subscriptions(talk.channel) == before


def test_subscribing_again_replaces(talk: Talk) -> None:
    talk.reading("github", PARTS)
    talk.say("subscribe github")
    talk.now = NOW + timedelta(minutes=5)
    text = talk.say("subscribe github severity:critical")
    assert text.splitlines()[:2] == [
        "Subscription changed: GitHub.",
        f"Major outage (was: every incident). Now: 🟢 operational. {UNKNOWN}",
    ]
    assert filter_of(talk, "github") == Filter(min_level=Level.MAJOR_OUTAGE)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("us-east-1", Filter(regions=("us-east-1",))),
        ("webhooks", Filter(components=("webhooks",))),
        ("compute", Filter(components=("compute",))),
        ("git operations", Filter(components=("git operations",))),
        ("requests", Filter(components=("API Requests",))),
        ("actions", Filter(components=("actions",))),
        ("us-east-1 webhooks", Filter(regions=("us-east-1",), components=("webhooks",))),
    ],
)
def test_a_second_word_is_a_component_or_a_region(talk: Talk, words: str, wanted: Filter) -> None:
    talk.reading("github", PARTS)
    talk.say(f"subscribe github {words}")
    assert filter_of(talk, "github") == wanted


def test_a_word_that_fits_several_components_is_not_guessed(talk: Talk) -> None:
    talk.reading("github", PARTS)
    text = talk.say("subscribe github us")
    assert "- GitHub: “us” fits 2 components: Compute / EC2 (us-east-1) and Compute / EC2 (us-west-1)." in text
    assert 'component:"*us*"' in text
    assert filter_of(talk, "github") is None


def test_an_unknown_component_names_the_nearest(talk: Talk) -> None:
    talk.reading("github", PARTS)
    text = talk.say("subscribe github component:Webhoks")
    assert "GitHub has no component or region “Webhoks”. Did you mean Webhooks? See components github." in text
    assert filter_of(talk, "github") is None
    assert "GitHub has no region “mars”. It has us-east-1 and us-west-1." in talk.say("subscribe github region:mars")


def test_one_vendors_missing_component_does_not_hold_up_another(talk: Talk) -> None:
    talk.reading("github", PARTS)
    talk.reading("gitlab", (Component("p", "Pages", Level.OPERATIONAL),))
    talk.say("subscribe github gitlab component:Pages")
    assert filter_of(talk, "github") is None
    assert filter_of(talk, "gitlab") == Filter(components=("Pages",))


def test_components_of_a_page_never_read_are_looked_up_first(talk: Talk) -> None:
    reply = talk.ask("subscribe aws us-east-1")
    assert reply.unread == ("aws",)
    assert filter_of(talk, "aws") is None
    talk.reading("aws", PARTS)
    talk.say("subscribe aws us-east-1")
    assert filter_of(talk, "aws") == Filter(regions=("us-east-1",))


def test_a_page_that_cannot_be_read_can_be_subscribed_unseen(talk: Talk) -> None:
    talk.unreadable("aws", "The page answers 503", ago(hours=1))
    text = talk.say("subscribe aws lambda")
    assert 'To take it unseen: subscribe aws component:"lambda".' in text
    assert "Now: 🟣 unknown, its page can't be read." in talk.say('subscribe aws component:"lambda"')
    assert filter_of(talk, "aws") == Filter(components=("lambda",))


def test_a_word_that_is_neither_vendor_nor_component_holds_only_its_vendor_up(talk: Talk) -> None:
    talk.reading("github", PARTS)
    text = talk.say("subscribe gitlab github qqqqqq")
    assert text.startswith("Subscribed to GitLab.")
    assert "GitHub has no component or region “qqqqqq”." in text
    assert filter_of(talk, "github") is None


def test_a_page_without_components_or_regions_says_what_the_filter_cannot_do(talk: Talk) -> None:
    talk.reading("feedly", level=None)
    text = talk.say("subscribe feedly component:API region:eu")
    assert "The page of Feedly lists no components, so every incident passes that part of the filter." in text
    assert "The page of Feedly tells no regions, so every incident passes that part of the filter." in text


def test_a_vendor_that_nobody_reads_says_so(talk: Talk) -> None:
    assert "Shady is not read regularly, so do not wait for news" in talk.say("subscribe shady")


def test_a_pasted_address_is_a_vendor_or_one_to_be_looked_at(talk: Talk) -> None:
    assert talk.say("subscribe https://status.github.example/incidents/1").startswith("Subscribed to GitHub.")
    reply = talk.ask("subscribe github https://status.nobody.example status.noone.example/x, node.js githb.example")
    assert reply.unknown_pages == ("https://status.nobody.example", "https://status.noone.example/x", "https://node.js")
    text = talk.say("subscribe https://status.nobody.example")
    assert text.endswith("https://status.nobody.example is being looked at: ask again in a moment.")
    assert talk.say("status https://status.nobody.example").endswith("subscribe https://status.nobody.example.")


def test_what_was_looked_at_in_vain_is_told_and_not_looked_at_again(talk: Talk) -> None:
    url = "https://status.nobody.example"
    desk = CommandContext(talk.store, CATALOG, NOW, {url: "There is nothing."})
    reply = answer(Request("subscribe", url, talk.channel, "ana"), desk)
    assert read(reply.messages) == "Nothing was subscribed.\n- There is nothing."
    assert reply.unknown_pages == ()


def test_only_what_passes_the_filter_is_told_as_open(talk: Talk) -> None:
    work = replace(DOWN, id="m1", title="Upgrade", kind=IncidentKind.MAINTENANCE, phase=Phase.IN_PROGRESS)
    talk.reading("github", GITHUB_PARTS, [DOWN, work])
    assert "open: “Pushes fail”." in talk.say("subscribe github")
    assert "open:" not in talk.say("subscribe github webhooks")
    assert "Upgrade" in talk.say("subscribe github maintenance:on")


def test_a_wrong_filter_is_one_sentence(talk: Talk) -> None:
    assert talk.say("subscribe github severity:huge").startswith("There is no severity “huge”; use minor, major or")
    assert talk.say("subscribe github --days 30").startswith("“")
    assert filter_of(talk, "github") is None


def test_bare_commands_show_how_they_are_typed(talk: Talk) -> None:
    assert "subscribe <vendor|url>… [filters]" in talk.say("subscribe")
    talk.say("subscribe github")
    assert talk.say("unsubscribe").endswith("[GitHub: unsubscribe github]\n[Fill in a form: unsubscribe]")


def test_unsubscribing_reports_each(talk: Talk) -> None:
    talk.say("subscribe github gitlab dyspatch")
    reply = talk.ask("unsubscribe github aws zzzzzzz")
    assert reply.public
    assert talk.say("unsubscribe gitlab aws zzzzzzz").splitlines() == [
        "Unsubscribed from GitLab.",
        "- This channel does not subscribe to AWS.",
        "- I don't know “zzzzzzz”.",
        "1 subscription left here. To undo: subscribe gitlab",
    ]
    undone = "Nothing is left here. To undo: subscribe dyspatch"
    assert talk.say("unsubscribe all") == f"Unsubscribed from Dyspatch.\n{undone}"
    assert not talk.ask("unsubscribe all").public


def test_a_part_cannot_be_unsubscribed_by_ending_the_whole(talk: Talk) -> None:
    talk.say("subscribe github")
    assert "GitHub stands: to drop a part of it" in talk.say("unsubscribe github frobnicator"), "it was never read"
    talk.reading("github", GITHUB_PARTS)
    assert "GitHub stands: to drop a part of it" in talk.say("unsubscribe github webhooks")
    assert filter_of(talk, "github") == Filter()


def test_of_several_that_cannot_be_read_each_is_named(talk: Talk) -> None:
    for slug in ("github", "gitlab"):
        talk.unreadable(slug, f"status.{slug}.example does not resolve.", NOW)
    text = talk.say("subscribe github gitlab")
    for name, slug in (("GitHub", "github"), ("GitLab", "gitlab")):
        assert f"- Nothing comes of {name} until its page can be read: status.{slug}.example does not" in text


def test_a_word_that_nobody_knows_is_named_and_ends_nothing_before_it(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    talk.say("subscribe gitlab github")
    assert talk.say("unsubscribe gitlab github frobnicator").splitlines() == [
        "Unsubscribed from GitLab.",
        "- GitHub stands, as I don't know “frobnicator”. To end it: unsubscribe github",
        "1 subscription left here. To undo: subscribe gitlab",
    ]
    assert filter_of(talk, "github") == Filter()


def test_the_list_tells_who_when_what_and_the_last_post(talk: Talk) -> None:
    talk.ask("subscribe github severity:critical", user="ben")
    talk.reading("github", GITHUB_PARTS, [replace(DOWN, level=Level.MAJOR_OUTAGE)])
    talk.ask("subscribe dyspatch")
    assert talk.post() == 1
    talk.now = NOW + timedelta(minutes=3)
    assert talk.say("list").splitlines() == [
        "This channel subscribes to 2 vendors.",
        "- Dyspatch — every incident · by ana · since 2026-09-14 · nothing posted yet",
        "- GitHub — major outage · by ben · since 2026-09-14 · last post 3 min ago · "
        "subscribe github severity:critical+",
        "(Mode thread+key, time zone UTC · settings changes them)",
    ]


def test_the_list_says_what_of_a_filter_the_page_does_not_list(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    talk.say("subscribe github component:Actions")
    assert "lists nothing called" not in talk.say("list")
    talk.reading("github", (Component("x1", "Runners", Level.OPERATIONAL),))
    assert "the page lists nothing called “Actions”" in talk.say("list")


@pytest.mark.parametrize("line", ["subscribe github", "subscribe github severity:major+", "settings mode=flat"])
def test_a_channel_that_was_given_up_comes_back_when_somebody_changes_what_it_gets(talk: Talk, line: str) -> None:
    talk.ask("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    (lane,) = talk.store.cards.lease_channels(["console"], NOW, 1, 60)
    talk.store.cards.commit(
        [Release(lane, state=ChannelState(Health.SUSPENDED, "It is read-only.", NOW, 4, subscriber_notified=True))]
    )
    talk.ask("subscribe githb")
    talk.ask("settings mode=loud")
    assert talk.store.channels.state(lane.channel).health is Health.SUSPENDED
    talk.ask(line)
    assert talk.store.channels.state(lane.channel) == ChannelState()


def test_the_list_says_why_nothing_arrives(talk: Talk) -> None:
    talk.ask("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    (lane,) = talk.store.cards.lease_channels(["console"], NOW, 1, 60)
    state = ChannelState(
        Health.SUSPENDED, "The channel is private: type /invite @lookout there.", ago(hours=2), 3, True
    )
    talk.store.cards.commit([Release(lane, state=state)])
    assert talk.say("list").splitlines()[:2] == [
        "This channel subscribes to 1 vendor. It cannot be posted to now.",
        "Updates are on hold: I cannot post here (2 h). The channel is private: type /invite @lookout there.",
    ]


def test_a_region_with_brackets_in_its_name_is_known_by_it(talk: Talk) -> None:
    talk.reading("aws", (Component("f1", "Queue", Level.OPERATIONAL, region="EU [Frankfurt]"), *PARTS))
    talk.say('subscribe aws region:"eu [frankfurt]"')
    assert filter_of(talk, "aws") == Filter(regions=("eu [frankfurt]",))
    talk.say("subscribe aws region:EU*")
    assert filter_of(talk, "aws") == Filter(regions=("EU*",))
    assert "has no region “EU [Frank”" in talk.say('subscribe aws region:"EU [Frank"')


def test_many_vendors_at_once_are_one_summary(talk: Talk) -> None:
    talk.reading("gitlab", level=Level.DEGRADED)
    text = talk.say("subscribe github gitlab bitbucket dyspatch mailjet postmark aws severity:major+")
    assert text.splitlines() == [
        "Subscribed to GitHub, GitLab, Bitbucket, Dyspatch, Mailjet, Postmark and AWS.",
        "Partial outage or worse. Problems now: GitLab (degraded performance); not known: GitHub, Bitbucket, Dyspatch "
        f"and 3 more. {UNKNOWN}",
        "Planned maintenance is off; add maintenance:on to include it.",
    ]


def test_of_many_vendors_those_that_cannot_be_read_are_named_in_one_line(talk: Talk) -> None:
    for slug in ("github", "gitlab", "bitbucket", "dyspatch"):
        talk.unreadable(slug, f"status.{slug}.example does not resolve.", talk.now)
    text = talk.say("subscribe github gitlab bitbucket dyspatch mailjet postmark aws")
    assert "Nothing comes of GitHub, GitLab, Bitbucket and Dyspatch until their pages can be read." in text
    assert "does not resolve" not in text


def test_what_was_unsubscribed_can_be_brought_back_by_the_lines_shown(talk: Talk) -> None:
    talk.reading("github", PARTS)
    talk.say('subscribe github component:"Actions" mention:@oncall')
    talk.say("subscribe aws dyspatch")
    before = talk.store.channels.subscriptions(talk.channel)
    lines = [line.removeprefix("- ") for line in talk.say("unsubscribe all").splitlines() if "subscribe " in line]
    assert lines == ["subscribe aws dyspatch", 'subscribe github component:"Actions" mention:@oncall']
    for line in lines:
        talk.say(line)
    again = talk.store.channels.subscriptions(talk.channel)
    assert [(h.subscription.vendor, h.subscription.filter) for h in again] == [
        (h.subscription.vendor, h.subscription.filter) for h in before
    ]
