"""A form to subscribe is a typed line with places in it: what it shows is the filter, what it sends off is typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands.context import CommandContext
from bot.commands.forms import SEVERITIES, CheckedForm, Field, SubmittedForm, SubscribeForm, check_form, subscribe_form
from bot.commands.subscriptions import subscribe_arguments
from bot.domain import Channel, Component, Filter, Level, Mode, Slug
from bot.store.values import OwnPage
from tests.commands.talk import CATALOG, GITHUB_PARTS, Talk

GITHUB_VENDOR = next(vendor for vendor in CATALOG if vendor.slug == "github")
GITHUB = Slug("github")
PARTS = (
    *GITHUB_PARTS,
    Component("e1", "Runners", Level.OPERATIONAL, group="Europe", region="eu-1"),
    Component("e2", 'The "big" ones', Level.OPERATIONAL, group="Europe", region="eu-2"),
)


def context(talk: Talk) -> CommandContext:
    return CommandContext(talk.store, CATALOG, talk.now)


def blank(talk: Talk, slug: str = "github") -> SubscribeForm:
    found = subscribe_form(talk.channel, Slug(slug), context(talk))
    assert found is not None
    return found


def fill(talk: Talk, **more: object) -> CheckedForm:
    return check_form(talk.channel, replace(SubmittedForm(GITHUB), **more), context(talk))  # type: ignore[arg-type]


def keys(talk: Talk, *names: str) -> tuple[str, ...]:
    return tuple(part.key for part in blank(talk).parts if part.name in names)


def sent_off(shown: SubscribeForm) -> SubmittedForm:
    """The form as it opens, sent off untouched."""
    return SubmittedForm(
        shown.vendor.slug,
        tuple(part.key for part in shown.chosen),
        shown.severity,
        shown.maintenance,
        shown.other,
        shown.mention,
        shown.mode,
    )


def run(talk: Talk, checked: CheckedForm) -> None:
    assert not checked.problems
    for command, text in checked.lines:
        talk.say(f"{command} {text}")


def held(talk: Talk) -> tuple[Filter, str | None]:
    (listed,) = talk.store.channels.subscriptions(talk.channel)
    return listed.subscription.filter, listed.subscription.mention


def test_a_page_of_another_workspace_opens_no_form_and_takes_none(talk: Talk) -> None:
    elsewhere = Channel(talk.channel.platform, "another", "ops")
    url = "https://status.secret.example"
    added = OwnPage(elsewhere, url, "Secret", "statuspage", url, url, "eve", talk.now)
    slug = talk.store.own.add(added, 5)
    assert slug is not None
    talk.reading(slug, PARTS)
    theirs = CommandContext(talk.store, CATALOG.plus(talk.store.own.of(elsewhere)), talk.now)
    assert subscribe_form(elsewhere, slug, theirs) is not None
    assert subscribe_form(talk.channel, slug, context(talk)) is None
    refused = check_form(talk.channel, SubmittedForm(slug), context(talk))
    assert (refused.lines, list(refused.problems)) == ((), [Field.VENDOR])
    assert "Secret" not in str(refused)
    assert "Secret" not in talk.say(f"subscribe {slug}") + talk.say(f"status {slug}") + talk.say(f"mute {slug} 1h")


def test_it_offers_groups_before_parts_and_nothing_of_a_page_never_read(talk: Talk) -> None:
    assert not blank(talk).read
    assert blank(talk).parts == ()
    talk.reading("github", PARTS)
    assert [part.name for part in blank(talk).parts] == [
        "Europe",
        "Git Operations",
        "Actions",
        "API Requests",
        "Webhooks",
        "Europe / Runners",
        'Europe / The "big" ones',
    ]
    assert subscribe_form(talk.channel, Slug("nobody"), context(talk)) is None


def test_it_shows_what_the_channel_has(talk: Talk) -> None:
    talk.reading("github", PARTS)
    assert not blank(talk).subscribed
    talk.say(
        'subscribe github component:"Actions" component:"Europe / *" component:!"Webhooks" region:eu-1 '
        'severity:major+ maintenance:on match:"log in" mention:@oncall@major'
    )
    talk.say("settings mode=flat")
    shown = blank(talk)
    assert shown.subscribed
    assert [part.name for part in shown.chosen] == ["Actions"]
    assert shown.severity == "major"
    assert shown.maintenance
    assert shown.other == 'component:"Europe / *" component:!"Webhooks" region:eu-1 match:"log in"'
    assert shown.mention == "@oncall@major"
    assert shown.mode is Mode.FLAT


def test_what_is_filled_in_is_a_typed_line(talk: Talk) -> None:
    talk.reading("github", PARTS)
    filled = fill(
        talk,
        parts=keys(talk, "Europe", 'Europe / The "big" ones'),
        severity="critical",
        other="region:eu-2",
        mention="@on call",
        mode=Mode.EDIT,
    )
    assert filled.lines == (
        (
            "subscribe",
            'github component:"Europe" component:"Europe / The \\"big\\" ones" region:eu-2 severity:critical+ '
            'mention:"@on call"',
        ),
        ("settings", "mode=edit"),
    )
    run(talk, filled)
    assert held(talk)[0].components == ("Europe", 'Europe / The "big" ones')
    assert fill(talk, mode=Mode.EDIT).lines == (("subscribe", "github"),)


@pytest.mark.parametrize(
    ("filled", "place", "problem"),
    [
        ({"vendor": Slug("nobody")}, Field.VENDOR, "There is no such vendor any more. Choose again."),
        ({"parts": ("0" * 16,)}, Field.PARTS, "There is no such part any more. Choose again."),
        ({"other": 'component:"Actoins"'}, Field.OTHER, "no component"),
        ({"other": 'component:"Actions'}, Field.OTHER, "Close the quote after “component:”."),
        ({"other": "severity:major"}, Field.OTHER, "“severity:” does not belong here."),
        ({"other": "dyspatch"}, Field.OTHER, "Only filters belong here"),
        ({"other": "eu-1"}, Field.OTHER, "Only filters belong here"),
        ({"mention": "@oncall@operational"}, Field.MENTION, "Mention at minor, major or critical"),
    ],
)
def test_each_problem_is_told_at_its_place(talk: Talk, filled: dict[str, object], place: Field, problem: str) -> None:
    talk.reading("github", PARTS)
    checked = fill(talk, **filled)
    assert checked.lines == ()
    assert list(checked.problems) == [place]
    assert problem in checked.problems[place]


def test_several_problems_are_told_at_once(talk: Talk) -> None:
    talk.reading("github", PARTS)
    assert set(fill(talk, other="dyspatch", mention="@a@operational").problems) == {Field.OTHER, Field.MENTION}


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)
filters = st.builds(
    Filter,
    components=st.lists(st.sampled_from(["Actions", "Europe", "Europe / *", "c1"]), unique=True).map(tuple),
    excluded=st.sampled_from([(), ("Webhooks",), ("Web*",)]),
    regions=st.sampled_from([(), ("eu-1",), ("eu-*",)]),
    min_level=st.sampled_from([None, *(Level.DEGRADED, Level.PARTIAL_OUTAGE, Level.MAJOR_OUTAGE)]),
    maintenance=st.sampled_from([None, "on", "digest"]),
    match=st.none() | texts,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(wanted=filters, mention=st.none() | st.sampled_from(["@oncall", "@on call@major", "<!subteam^S1|@sre>"]))
def test_a_form_sent_off_as_it_opened_changes_nothing(talk: Talk, wanted: Filter, mention: str | None) -> None:
    talk.reading("github", PARTS)
    talk.say(f"subscribe {subscribe_arguments(GITHUB_VENDOR, wanted, mention)}")
    before, whom = held(talk)
    run(talk, check_form(talk.channel, sent_off(blank(talk)), context(talk)))
    after, still = held(talk)
    assert set(after.components) == set(before.components)
    assert replace(after, components=()) == replace(before, components=())
    assert still == whom


def test_severities_are_those_that_can_be_typed(talk: Talk) -> None:
    for severity in SEVERITIES:
        run(talk, fill(talk, severity=severity))
        assert blank(talk).severity == severity
