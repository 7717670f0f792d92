"""The Home tab as Block Kit: everything on its pages, within Slack's limits, and no text breaks it or pings."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.render.home import (
    CHANNELS_PER_PAGE,
    FIRST_PAGES,
    INCIDENTS_PER_PAGE,
    SERVICES_SHOWN,
    VENDORS_PER_PAGE,
    home_view,
)
from bot.adapters.slack.render.message import RenderContext
from bot.domain import (
    Channel,
    ChannelState,
    ChannelSubscriptions,
    Dependency,
    Filter,
    Health,
    Level,
    PageState,
    Service,
    ServiceState,
    Slug,
    Snapshot,
    Subscription,
    Unreadable,
    WorkspaceState,
)
from bot.wording.home import Visibility, home
from tests.adapters.slack.homes import buttons
from tests.adapters.slack.judge import home_problems
from tests.adapters.slack.render.test_message import HEAVY, NASTY, URLS
from tests.adapters.slack.workspace import TEAM
from tests.commands.talk import NOW, ago, incident, said, vendor


def standing(vendors: int, channels: int, incidents: int) -> WorkspaceState:
    """Synthetic, of any size: every channel subscribes to every vendor."""
    slugs = [f"v{number:03}" for number in range(vendors)]
    ids = [f"C{number:03}" for number in range(channels)]
    open_ = [incident("v000", f"i{number}", f"Outage {number}", ago(hours=number + 1)) for number in range(incidents)]
    rosters = []
    for id in ids:
        where = Channel("slack", TEAM, id)
        wishes = tuple(Subscription(where, Slug(slug), Filter(), "U1", NOW) for slug in slugs)
        rosters.append(ChannelSubscriptions(where, ChannelState(), wishes))
    states = [
        PageState(
            vendor(slug, f"Vendor {slug}"),
            Snapshot(Slug(slug), Level.OPERATIONAL, "", (), tuple(open_) if slug == "v000" else (), NOW),
            NOW,
            None,
            60,
        )
        for slug in slugs
    ]
    return WorkspaceState(tuple(rosters), tuple(states), {}, {})


def test_hundreds_of_everything_are_paged_and_nothing_is_lost() -> None:
    whole = standing(300, 200, 45)
    made = home(whole, Visibility(frozenset(r.channel.id for r in whole.channels)), NOW)
    for which, (name, total, most) in enumerate(
        [("Outage ", 45, INCIDENTS_PER_PAGE), ("|Vendor v", 300, VENDORS_PER_PAGE), ("<#C", 200, CHANNELS_PER_PAGE)]
    ):
        found, pages, turns = 0, FIRST_PAGES, 0
        while True:
            shown = home_view(made, pages, RenderContext())
            assert not list(home_problems(shown))
            assert len(shown["blocks"]) <= 80
            sections = [b["text"]["text"] for b in shown["blocks"] if b["type"] == "section"]
            found += sum(name in text and (which != 1 or " — operational" in text) for text in sections)
            further = buttons(shown).get(f"home:turn:{which}:1")
            if not further:
                break
            numbers = [int(word) for word in further[1].split()]
            assert numbers[which] == pages[which] + 1
            assert sum(numbers) == sum(pages) + 1
            pages, turns = (numbers[0], numbers[1], numbers[2]), turns + 1
        assert (found, turns) == (total, -(-total // most) - 1)
    assert home_view(made, (99, 99, 99), RenderContext()) == home_view(made, (4, 11, 16), RenderContext())


@HEAVY
@given(
    names=st.lists(NASTY, min_size=1, max_size=VENDORS_PER_PAGE),
    title=NASTY,
    text=NASTY,
    url=URLS,
    id=NASTY,
    reason=NASTY,
    match=NASTY,
    rooms=st.integers(1, CHANNELS_PER_PAGE),
)
def test_no_text_breaks_a_home_or_pings(
    names: list[str], title: str, text: str, url: str, id: str, reason: str, match: str, rooms: int
) -> None:
    whole = standing(len(names), rooms, 0)
    trouble = incident("v000", id, title, ago(hours=1), said(1, ago(minutes=2), text), url=url)
    states = []
    for number, (state, name) in enumerate(zip(whole.states, names, strict=True)):
        snapshot = Snapshot(state.vendor.slug, Level.MAJOR_OUTAGE, "", (), (trouble,) * INCIDENTS_PER_PAGE, NOW)
        called = vendor(state.vendor.slug, name, human_url=url)
        states.append(PageState(called, None if number % 3 == 2 else snapshot, NOW, None, 60))
    rosters = [
        ChannelSubscriptions(
            r.channel,
            ChannelState(Health.SUSPENDED, reason, NOW),
            tuple(Subscription(r.channel, s.vendor, Filter(match=match), "U1", NOW) for s in r.subscriptions),
        )
        for r in whole.channels
    ]
    heard = {(Slug("v000"), id): frozenset(r.channel.id for r in rosters)}
    made = home(
        WorkspaceState(tuple(rosters), tuple(states), {}, heard),
        Visibility(frozenset(r.channel.id for r in rosters), hidden=3, unasked=2),
        NOW,
    )
    assert list(home_problems(home_view(made, FIRST_PAGES, RenderContext()))) == []


def test_the_longest_home_there_can_be_is_under_slacks_limit() -> None:
    """Every character at its most bytes, every list full."""
    whole = standing(VENDORS_PER_PAGE, CHANNELS_PER_PAGE, 0)
    wide = "ü" * 5_000
    trouble = incident("v000", "i" * 90, wide, ago(hours=1), said(1, ago(minutes=2), wide))
    states = [
        PageState(
            vendor(s.vendor.slug, wide, human_url="https://s.test/" + "a" * 1_900),
            Snapshot(s.vendor.slug, Level.MAJOR_OUTAGE, "", (), (trouble,) * INCIDENTS_PER_PAGE, NOW),
            NOW,
            Unreadable(wide, NOW) if number % 2 else None,
            60,
        )
        for number, s in enumerate(whole.states)
    ]
    rosters = [
        ChannelSubscriptions(r.channel, ChannelState(Health.SUSPENDED, wide, NOW), r.subscriptions)
        for r in whole.channels
    ]
    others = tuple(replace(s, vendor=replace(s.vendor, slug=Slug(f"other{n}"))) for n, s in enumerate(states[:9]))
    needs = tuple(Dependency(s.vendor.slug, Filter()) for s in others)
    services = tuple(
        ServiceState(Service(f"{n}{'ü' * 38}", needs, "U1", NOW), others) for n in range(SERVICES_SHOWN + 1)
    )
    made = home(
        WorkspaceState(tuple(rosters), tuple(states), {}, {}, {"": services}),
        Visibility(frozenset(r.channel.id for r in rosters)),
        NOW,
    )
    assert len(made.services) > SERVICES_SHOWN
    assert list(home_problems(home_view(made, FIRST_PAGES, RenderContext()))) == []
