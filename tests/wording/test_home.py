"""A workspace's dashboard: what is news in it, and in which order it tells what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain import (
    Channel,
    ChannelState,
    ChannelSubscriptions,
    Dependency,
    Filter,
    Health,
    Incident,
    IncidentKind,
    Level,
    PageState,
    Phase,
    Service,
    ServiceState,
    Slug,
    Snapshot,
    Subscription,
    Unreadable,
    WorkspaceState,
)
from bot.message import Opens, plain_text
from bot.wording.home import NAMES, Home, Visibility, home
from tests.commands.talk import NOW, ago, incident, said, vendor
from tests.text import read

OPS, DEV = Channel("slack", "T1", "C1"), Channel("slack", "T1", "C2")
BOTH = Visibility(frozenset({"C1", "C2"}))


def state(
    slug: str = "github",
    level: Level | None = Level.OPERATIONAL,
    *incidents: Incident,
    read_at: datetime = NOW,
    unreadable: Unreadable | None = None,
) -> PageState:
    snapshot = Snapshot(Slug(slug), level, "", (), incidents, read_at)
    return PageState(vendor(slug, slug.title()), snapshot, read_at, unreadable, 60)


def roster(
    channel: Channel, *slugs: str, health: ChannelState | None = None, wanted: Filter | None = None
) -> ChannelSubscriptions:
    wishes = [Subscription(channel, Slug(slug), wanted or Filter(), "U1", ago(days=9)) for slug in slugs]
    return ChannelSubscriptions(channel, health or ChannelState(), tuple(wishes))


def workspace(
    rosters: Sequence[ChannelSubscriptions], states: Sequence[PageState], *heard: tuple[str, str, str]
) -> WorkspaceState:
    """``heard``: vendor, id of the incident, id of the channel."""
    hearing = {(Slug(slug), id): frozenset(c for s, i, c in heard if (s, i) == (slug, id)) for slug, id, _ in heard}
    since = {s.vendor.slug: ago(days=2) for s in states}
    return WorkspaceState(tuple(rosters), tuple(states), since, hearing)


TROUBLE = incident("github", "i1", "Actions are down", ago(hours=1), said(1, ago(minutes=5), "We look into it."))
QUIET = workspace([roster(OPS, "github", "aws")], [state(), state("aws")])


def titles(messages: Sequence[object]) -> list[str]:
    return [str(getattr(message, "title", "")) for message in messages]


# --- what is news ----------------------------------------------------------------------------------------------------


def test_time_that_goes_by_and_readings_without_news_are_no_news() -> None:
    later = NOW + timedelta(minutes=5)
    read_again = workspace(QUIET.channels, [state(read_at=later), state("aws", read_at=later)])
    dark = Unreadable("The page answers 503", ago(hours=3))
    gone = workspace([roster(OPS, "github")], [state(read_at=ago(hours=4), unreadable=dark)])
    assert home(QUIET, BOTH, NOW).digest == home(QUIET, BOTH, later).digest == home(read_again, BOTH, later).digest
    assert home(gone, BOTH, NOW).digest == home(gone, BOTH, later).digest


@pytest.mark.parametrize(
    "changed",
    [
        workspace(QUIET.channels, [state(level=Level.MAJOR_OUTAGE), state("aws")]),
        workspace(QUIET.channels, [state("github", Level.OPERATIONAL, TROUBLE), state("aws")]),
        workspace(QUIET.channels, [state(unreadable=Unreadable("It answers 503", NOW)), state("aws")]),
        workspace(QUIET.channels, [state(read_at=ago(hours=4)), state("aws")]),
        workspace([roster(OPS, "github")], QUIET.states),
        workspace([*QUIET.channels, roster(DEV, "github")], QUIET.states),
        workspace([roster(OPS, "github", "aws", wanted=Filter(min_level=Level.DEGRADED))], QUIET.states),
        workspace(
            [roster(OPS, "github", "aws", health=ChannelState(Health.DEGRADED, "It is private.", NOW))], QUIET.states
        ),
        replace(QUIET, since={Slug("github"): NOW}),
    ],
)
def test_anything_else_is(changed: WorkspaceState) -> None:
    assert home(changed, BOTH, NOW).digest != home(QUIET, BOTH, NOW).digest


@pytest.mark.parametrize(
    "moved",
    [
        replace(TROUBLE, title="Actions are slow"),
        replace(TROUBLE, phase=Phase.MONITORING),
        replace(TROUBLE, level=Level.DEGRADED),
        replace(TROUBLE, updates=(*TROUBLE.updates, said(2, NOW, "A fix is under way."))),
    ],
)
def test_an_incident_that_moves_is_news(moved: Incident) -> None:
    def shown(one: Incident) -> Home:
        whole = workspace([roster(OPS, "github")], [state("github", Level.PARTIAL_OUTAGE, one)])
        return home(whole, BOTH, NOW)

    assert shown(moved).digest != shown(TROUBLE).digest


def test_who_begins_to_hear_of_an_incident_is_news() -> None:
    states = [state("github", Level.PARTIAL_OUTAGE, TROUBLE)]
    rosters = [roster(OPS, "github"), roster(DEV, "github")]
    alone = home(workspace(rosters, states, ("github", "i1", "C1")), BOTH, NOW)
    both = home(workspace(rosters, states, ("github", "i1", "C1"), ("github", "i1", "C2")), BOTH, NOW)
    assert alone.digest != both.digest
    assert "told to C1, C2" in read(both.incidents)


# --- what it tells ---------------------------------------------------------------------------------------------------


def test_vendors_stand_worst_first_and_what_nobody_can_tell_before_what_is_green() -> None:
    levels = {
        "ok": Level.OPERATIONAL,
        "dark": None,
        "works": Level.MAINTENANCE,
        "slow": Level.DEGRADED,
        "down": Level.MAJOR_OUTAGE,
    }
    whole = workspace([roster(OPS, *levels)], [state(slug, level) for slug, level in levels.items()])
    assert titles(home(whole, BOTH, NOW).vendors) == ["Down", "Slow", "Works", "Dark", "Ok"]


def test_incidents_that_a_channel_hears_of_come_first_then_the_worst_then_the_newest() -> None:
    def one(id: str, level: Level, hours: float, **more: object) -> Incident:
        return replace(incident("github", id, id, ago(hours=hours)), level=level, **more)  # type: ignore[arg-type]

    planned = {"kind": IncidentKind.MAINTENANCE, "phase": Phase.SCHEDULED}
    incidents = [
        one("unheard", Level.MAJOR_OUTAGE, 1),
        one("next week", Level.MAINTENANCE, -99, **planned),
        one("tomorrow", Level.MAINTENANCE, -9, **planned),
        one("nobody asked", Level.MAINTENANCE, -1, **planned),
        one("old", Level.DEGRADED, 9),
        one("new", Level.DEGRADED, 2),
        one("worst", Level.PARTIAL_OUTAGE, 20),
    ]
    heard = [("github", i.id, "C1") for i in incidents if i.id not in {"unheard", "nobody asked"}]
    whole = workspace([roster(OPS, "github")], [state("github", Level.PARTIAL_OUTAGE, *incidents)], *heard)
    made = home(whole, BOTH, NOW)
    assert titles(made.incidents) == [
        f"Github: {name}" for name in ("worst", "new", "old", "unheard", "tomorrow", "next week")
    ]
    assert "no channel has asked for it" in read(made.incidents[3])
    assert "4 incidents open, 2 maintenances." in read(made.head)


def test_a_channel_names_its_vendors_what_narrows_them_and_how_many_more_there_are() -> None:
    slugs = [f"v{number:02}" for number in range(NAMES + 2)]
    whole = workspace(
        [roster(OPS, *slugs, wanted=Filter(regions=("eu",)))],
        [state(slug, Level.MAJOR_OUTAGE if slug == "v07" else Level.OPERATIONAL) for slug in slugs],
    )
    ((channel, message),) = home(whole, BOTH, NOW).channels
    assert channel == OPS
    assert "C1 — 10 vendors: V07 (region eu), V00 (region eu), " in read(message)
    assert read(message).splitlines()[1].endswith("and 2 more")
    assert [(b.label, b.command, b.opens) for b in message.buttons] == [
        ("Details", "list", Opens.MODAL),
        ("Subscribe…", "subscribe", Opens.FORM),
        ("Unsubscribe…", "unsubscribe", Opens.MODAL),
    ]


def test_what_is_muted_says_so() -> None:
    muted = Subscription(OPS, Slug("github"), Filter(), "U1", NOW, muted_until=NOW + timedelta(hours=1))
    whole = workspace([ChannelSubscriptions(OPS, ChannelState(), (muted,))], [state()])
    assert "Github (muted)" in read(home(whole, BOTH, NOW).channels[0][1])


def test_what_is_out_of_sight_is_counted_and_not_named() -> None:
    rosters = [roster(OPS, "github"), roster(DEV, "aws")]
    whole = workspace(rosters, [state("github", Level.PARTIAL_OUTAGE, TROUBLE), state("aws")], ("github", "i1", "C2"))
    made = home(whole, Visibility(frozenset({"C1"}), hidden=1), NOW)
    text = read([made.head, *made.incidents, *made.vendors, *(message for _, message in made.channels)])
    assert "Not shown: 1 more channel that you are not in." in text
    assert "Aws" not in text
    assert "C2" not in text


def test_nothing_in_sight_is_a_first_run() -> None:
    empty = workspace([], [])
    assert "No channel of this workspace subscribes to anything yet." in read(
        home(empty, Visibility(frozenset()), NOW).head
    )
    others = home(QUIET, Visibility(frozenset(), hidden=1), NOW)
    assert "No channel of yours subscribes to anything yet." in read(others.head)
    assert not others.vendors
    assert not others.channels
    assert [button.opens for button in others.head.buttons] == [Opens.FORM, Opens.MODAL]
    assert plain_text(others.head.footer).startswith("As of ")


def test_services_stand_before_the_vendors_that_none_of_them_needs() -> None:
    trouble = incident("github", "i1", "Slow", ago(hours=1), said(1, ago(hours=1), "We look."))
    github, gitlab, aws = state("github", Level.PARTIAL_OUTAGE, trouble), state("gitlab"), state("aws")
    made = workspace([roster(OPS, "github", "gitlab", "aws")], [github, gitlab, aws])

    def service(name: str, *states: PageState) -> ServiceState:
        needs = tuple(Dependency(one.vendor.slug, Filter()) for one in states)
        return ServiceState(Service(name, needs, "U1", NOW), states)

    standing = {"": (service("build", gitlab), service("checkout", gitlab, github)), "D1": (service("mine", aws),)}
    made = replace(made, services=standing)
    shown = home(made, BOTH, NOW)
    assert [read(message).splitlines() for message in shown.services] == [
        [
            "checkout",
            "partial outage",
            "🟠 Github: partial outage since 2026-09-14 11:00, 🟢 Gitlab",
            "[Details: services checkout]",
        ],
        ["build", "operational", "🟢 Gitlab", "[Details: services build]"],
    ]
    assert [message.title for message in shown.vendors] == ["Aws"]
    hers = home(made, replace(BOTH, channels=BOTH.channels | {"D1"}, direct="D1"), NOW)
    assert [message.title for message in hers.services] == ["checkout", "build", "mine"]
    assert hers.digest != shown.digest
    assert home(replace(made, channels=()), BOTH, NOW).services == shown.services, "before anything is subscribed"
