"""The Home tab: what each person sees of their workspace, when it is published, and that no text breaks it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.adapters.slack.api.visibility import MAX_LOOKUPS, MEMBERSHIP_TTL_S, PUBLIC_TTL_S, ChannelVisibility
from bot.adapters.slack.interactions.home_tab import MAX_VIEWERS as VIEWERS_OF_ONE
from bot.adapters.slack.interactions.home_tab import VIEWER_TTL_S, HomeTab
from bot.adapters.slack.platform import Slack
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
from bot.routing import route
from bot.wording.home import Visibility, home
from tests.adapters.slack.judge import home_problems, texts
from tests.adapters.slack.render.test_message import HEAVY, NASTY, URLS
from tests.adapters.slack.rig import Rig, be_patient, dispatch, home_opened, in_view, rig, slash
from tests.adapters.slack.workspace import BOT_USER, CHANNEL, TEAM, Fault
from tests.commands.talk import NOW, Talk, ago, incident, said, vendor

SECRET = "C9SECRET"
PUBLIC = "C2PUBLIC"


@pytest.fixture(name="logs", autouse=True)
def _logs() -> Iterator[list[Any]]:
    with capture_logs() as logs:
        yield logs


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        yield one


def subscribe(one: Rig, channel: str, *slugs: str, workspace: str = TEAM, **more: Any) -> None:
    for slug in slugs:
        wish = Subscription(
            Channel("slack", workspace, channel), Slug(slug), more.get("filter", Filter()), "U1", NOW, None
        )
        one.store.channels.subscribe(wish, route)


def outage(one: Rig, slug: str = "github", id: str = "i1", title: str = "Actions are down", **more: Any) -> None:
    trouble = incident(slug, id, title, ago(hours=1), said(1, ago(minutes=20), "We look into it."))
    Talk(one.store).reading(slug, incidents=[replace(trouble, **more)])


def seen(one: Rig, user: str = "U1") -> str:
    return "\n".join(texts(one.slack.homes[user]["blocks"]))


def buttons(shown: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Action id to label and value."""
    found = [element for block in shown["blocks"] for element in block.get("elements", [])]
    found += [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    return {e["action_id"]: (e["text"]["text"], e["value"]) for e in found if e["type"] == "button"}


def pick(shown: dict[str, Any], label: str, among: str = "") -> tuple[str, str]:
    """Action id and value of the first button that is labelled so, and whose value holds this."""
    return next((id, value) for id, (text, value) in buttons(shown).items() if text == label and among in value)


# --- what is seen ----------------------------------------------------------------------------------------------------


def test_who_has_nothing_subscribed_reads_what_to_do_next(one: Rig) -> None:
    one.send(home_opened())
    text = seen(one)
    assert "No channel of this workspace subscribes to anything yet." in text
    for typed in ("`/outage subscribe github`", "`/invite @lookout`", "`/outage status dyspatch`"):
        assert typed in text
    shown = one.slack.homes["U1"]
    assert pick(shown, "Subscribe…") == ("home:fill:head:0", "- subscribe")
    assert pick(shown, "Help") == ("home:press:head:1", "- help")


def test_the_home_shows_vendors_worst_first_what_is_open_and_who_hears_of_it(one: Rig) -> None:
    subscribe(one, CHANNEL, "aws", "github")
    subscribe(one, CHANNEL, "dyspatch", filter=Filter(components=("Mail",)))
    Talk(one.store).reading("aws")
    Talk(one.store).reading("dyspatch")
    outage(one)
    one.send(home_opened())
    text = seen(one)
    assert "1 of this workspace's 3 vendors has problems: GitHub (partial outage)." in text
    assert "1 channel subscribed to 3 vendors, 1 incident open." in text
    assert "🟠 *<https://status.github.example|GitHub>* — *partial outage* since " in text
    assert text.index("|GitHub>* — ") < text.index("|AWS>* — ") < text.index("|Dyspatch>* — ")
    assert "operational since <!date^" in text
    assert "read <!date^" in text
    assert "GitHub: Actions are down>* — investigating, partial outage · since <!date^" in text
    assert f"told to <#{CHANNEL}>" in text
    assert "{ago}|2026-09-14 11:40 UTC>: “We look into it.”" in text
    assert f"<#{CHANNEL}> — 3 vendors: GitHub, AWS and Dyspatch (component Mail)" in text
    shown = one.slack.homes["U1"]
    assert pick(shown, "Timeline")[1] == "- incident github/i1"
    assert pick(shown, "Status")[1] == "- status github"
    assert pick(shown, "Details")[1] == f"{CHANNEL} list"
    assert pick(shown, "Unsubscribe…")[1] == f"{CHANNEL} unsubscribe"
    assert pick(shown, "Subscribe…", CHANNEL)[0].startswith("home:fill:")


def test_a_channel_in_trouble_says_why_and_what_to_do(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.store.workspaces.drop_channel(
        Channel("slack", TEAM, CHANNEL), "I am not in the channel. Type /invite @lookout.", NOW
    )
    one.send(home_opened())
    assert "1 channel that cannot be posted to" in seen(one)
    assert "*Updates are on hold: I cannot post there* since <!date^" in seen(one)
    assert "Type /invite @lookout." in seen(one)


def test_a_page_that_cannot_be_read_is_unknown_and_a_level_that_nobody_tells_is_none(one: Rig) -> None:
    subscribe(one, CHANNEL, "github", "feedly", "gitlab", "aws")
    talk = Talk(one.store)
    talk.reading("github", at=ago(hours=5))
    talk.unreadable("github", "The page answers 503", ago(hours=4))
    talk.reading("feedly", level=None)
    talk.reading("gitlab", at=ago(hours=3))
    one.send(home_opened())
    text = seen(one)
    assert "🟣 *<https://status.github.example|GitHub>* — unknown: cannot be read since <!date^" in text
    assert ", operational before · read <!date^" in text
    assert "🟣 *<https://status.feedly.example|Feedly>* — gives no level" in text
    assert "🟣 *<https://status.gitlab.example|GitLab>* — unknown: not read lately, operational before" in text
    assert "🟣 *<https://status.aws.example|AWS>* — not read yet" in text
    assert "🟢" not in text


def test_maintenances_are_shown_only_where_a_channel_hears_of_them(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    subscribe(one, CHANNEL, "gitlab", filter=Filter(maintenance="on"))
    for slug in ("github", "gitlab"):
        planned = {"kind": IncidentKind.MAINTENANCE, "phase": Phase.SCHEDULED, "started": NOW + timedelta(hours=9)}
        outage(one, slug, "m1", f"Upgrade of {slug}", **planned)
    one.send(home_opened())
    assert "GitLab: Upgrade of gitlab>* — maintenance scheduled · from <!date^" in seen(one)
    assert "Upgrade of github" not in seen(one)


# --- who may see what ------------------------------------------------------------------------------------------------


def test_a_private_channel_is_seen_by_its_members_alone_its_vendors_and_incidents_too(one: Rig) -> None:
    one.slack.members = {CHANNEL: ["U1", "U2"], SECRET: ["U2", BOT_USER], PUBLIC: [], "C8ALONE": ["U1"]}
    one.slack.private = {SECRET, "C8ALONE"}
    subscribe(one, CHANNEL, "github")
    subscribe(one, SECRET, "dyspatch")
    subscribe(one, PUBLIC, "aws")
    subscribe(one, "C8ALONE", "mailjet")
    subscribe(one, "G7OLD", "postmark")
    outage(one, "dyspatch", title="Merger servers are down")
    one.send(home_opened("U1"), home_opened("U2", id="Ev1") | {"event_id": "Ev1"})
    mine, theirs = seen(one, "U1"), seen(one, "U2")
    for text in (mine, theirs):
        assert f"<#{CHANNEL}> — 1 vendor: GitHub" in text
        assert f"<#{PUBLIC}> — 1 vendor: AWS" in text
        assert not any(word in text for word in ("C8ALONE", "Mailjet", "G7OLD", "Postmark"))
    assert not any(word in repr(one.slack.homes["U1"]) for word in (SECRET, "yspatch", "Merger"))
    assert "Not shown: 3 more channels that you are not in." in mine
    assert f"<#{SECRET}> — 1 vendor: Dyspatch" in theirs
    assert "Merger servers are down>* — investigating, partial outage · since <!date^" in theirs
    assert f"told to <#{SECRET}>" in theirs


def test_direct_messages_are_seen_by_their_own_person_and_not_even_counted_for_others(one: Rig) -> None:
    subscribe(one, "DU1", "github")
    one.send(home_opened("U1"), home_opened("U2") | {"event_id": "Ev1"})
    assert "Your direct messages with me — 1 vendor: GitHub" in seen(one, "U1")
    assert "No channel of this workspace subscribes to anything yet." in seen(one, "U2")
    assert "more channel" not in seen(one, "U2")


def test_other_workspaces_are_other_worlds(one: Rig) -> None:
    subscribe(one, CHANNEL, "github", workspace="T2")
    one.send(home_opened())
    assert "GitHub>" not in seen(one)
    assert "subscribes to anything yet" in seen(one)


def test_without_a_word_from_slack_nothing_is_shown_that_may_be_private(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.slack.fail(Fault("users.conversations", status=429, headers={"Retry-After": "9"}))
    one.slack.fail(Fault("conversations.info", cut=True))
    one.send(home_opened())
    assert "GitHub>" not in seen(one)
    assert "Whether you may see 1 more channel is still being looked up." in seen(one)


def test_a_missing_scope_leaves_the_public_channels(one: Rig) -> None:
    one.slack.scopes.discard("groups:read")
    one.slack.members[SECRET] = ["U1", BOT_USER]
    one.slack.private = {SECRET}
    subscribe(one, CHANNEL, "github")
    subscribe(one, SECRET, "aws")
    one.send(home_opened())
    assert f"<#{CHANNEL}> — 1 vendor: GitHub" in seen(one)
    assert SECRET not in seen(one)


def test_an_organisations_teams_do_not_see_each_others_public_channels(one: Rig) -> None:
    one.slack.teams = {"xoxb-good": {"enterprise_id": "E1", "is_enterprise_install": True}}
    one.slack.members = {CHANNEL: ["U1"], PUBLIC: []}
    subscribe(one, CHANNEL, "github", workspace="E1")
    subscribe(one, PUBLIC, "aws", workspace="E1")
    one.send(home_opened(team="T7", enterprise_id="E1", is_enterprise_install=True))
    assert f"<#{CHANNEL}> — 1 vendor: GitHub" in seen(one)
    assert "AWS" not in seen(one)
    (asked,) = one.slack.called("users.conversations")
    assert asked.args["team_id"] == "T7"
    assert one.slack.called("conversations.info") == []


def test_many_channels_are_looked_up_a_few_at_a_time_and_remembered(one: Rig) -> None:
    ids = [f"C{number:03}" for number in range(2 * MAX_LOOKUPS + 5)]
    one.slack.members = {id: [] for id in ids}
    for id in ids:
        subscribe(one, id, "github")
    clock = [0.0]

    async def open_it(app: Slack) -> list[tuple[int, int]]:
        sights = ChannelVisibility(app.calls, lambda: clock[0])
        told = []
        for _ in range(4):
            sight = await sights.of(TEAM, "U1", ids, team=None, direct=None)
            told.append((len(sight.channels), sight.unasked))
        assert len(one.slack.called("users.conversations")) == 1
        clock[0] += MEMBERSHIP_TTL_S
        await sights.of(TEAM, "U1", ids, team=None, direct=None)
        assert len(one.slack.called("users.conversations")) == 2
        assert len(one.slack.called("conversations.info")) == len(ids)
        clock[0] += PUBLIC_TTL_S
        await sights.of(TEAM, "U1", ids, team=None, direct=None)
        assert len(one.slack.called("conversations.info")) == len(ids) + MAX_LOOKUPS
        return told

    assert one.use(open_it) == [(20, 25), (40, 5), (45, 0), (45, 0)]


def test_somebody_in_many_channels_is_asked_about_to_the_end(one: Rig) -> None:
    one.slack.page_size = 2
    one.slack.members = {f"C{number}": ["U1", BOT_USER] for number in range(5)}
    one.slack.private = set(one.slack.members)
    subscribe(one, "C4", "github")
    one.send(home_opened())
    assert "<#C4> — 1 vendor: GitHub" in seen(one)


# --- pages and buttons -----------------------------------------------------------------------------------------------


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


def test_turning_a_page_publishes_it_for_the_one_who_turned(one: Rig) -> None:
    one.slack.members = {f"C{number:02}": ["U1"] for number in range(CHANNELS_PER_PAGE + 1)}
    for id in one.slack.members:
        subscribe(one, id, "github")
    one.send(home_opened())
    assert f"<#C{CHANNELS_PER_PAGE:02}>" not in seen(one)
    action, value = pick(one.slack.homes["U1"], "Page 2 of 2 ›")  # noqa: RUF001
    one.send(in_view(one.slack.homes["U1"], action, value))
    assert f"<#C{CHANNELS_PER_PAGE:02}>" in seen(one)
    assert "<#C00>" not in seen(one)
    action, value = pick(one.slack.homes["U1"], "‹ Back")  # noqa: RUF001
    one.send(in_view(one.slack.homes["U1"], action, value))
    assert "<#C00>" in seen(one)


def test_a_turned_page_still_knows_the_direct_messages_after_a_restart(one: Rig) -> None:
    subscribe(one, "DU1", "github")
    one.send(home_opened())
    one.send(in_view(one.slack.homes["U1"], *pick(one.slack.homes["U1"], "Refresh")))
    assert "Your direct messages with me" in seen(one)


def test_a_button_is_answered_in_a_window_for_the_channel_that_it_names(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.send(home_opened())
    shown = one.slack.homes["U1"]
    one.send(*(in_view(shown, *pick(shown, label)) for label in ("Status", "Details")))
    assert [(r.command, r.text, r.channel.id) for r in one.asked] == [("status", "github", ""), ("list", "", CHANNEL)]
    status, listed = ("\n".join(texts(window["blocks"])) for window in one.slack.views.values())
    assert "GitHub" in status
    assert "This channel subscribes to 1 vendor." in listed
    one.send(in_view(one.slack.view, *pick(one.slack.view, "Share")))
    assert "This channel subscribes to 1 vendor." in one.slack.shown()[-1]["text"]


def test_what_is_pressed_in_a_channels_window_counts_there_and_comes_back_to_the_home(one: Rig) -> None:
    subscribe(one, CHANNEL, "github", "aws")

    async def unsubscribe(app: Slack) -> None:
        run = asyncio.create_task(app.home_tab.run())
        await dispatch(app, home_opened())
        shown = one.slack.homes["U1"]
        await dispatch(app, in_view(shown, *pick(shown, "Unsubscribe…")))
        await dispatch(app, in_view(one.slack.view, *pick(one.slack.view, "GitHub")))
        await asyncio.to_thread(one.slack.wait_for, lambda: "|GitHub>" not in seen(one))
        run.cancel()

    one.use(unsubscribe, home_refresh_s=0.0)
    assert one.store.channels.vendors(Channel("slack", TEAM, CHANNEL)) == ("aws",)


def test_a_form_is_for_the_channel_that_its_button_names_or_lets_choose_one(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.send(home_opened())
    shown = one.slack.homes["U1"]
    one.send(in_view(shown, *pick(shown, "Subscribe…", CHANNEL)), in_view(shown, *pick(shown, "Subscribe…", "- ")))
    of_channel, of_any = one.slack.views.values()
    assert [[block["block_id"] for block in view["blocks"]] for view in (of_channel, of_any)] == [
        ["vendor"],
        ["channel", "vendor"],
    ]


def test_a_button_that_names_no_channel_changes_nothing(one: Rig) -> None:
    one.send(home_opened())
    one.send(in_view(one.slack.homes["U1"], "home:press:head:0", "- subscribe github"))
    assert one.asked == []
    assert "is for a channel" in "\n".join(texts(one.slack.view["blocks"]))


# --- publishing ------------------------------------------------------------------------------------------------------


def test_the_hash_that_the_person_has_before_them_goes_along(one: Rig) -> None:
    one.send(home_opened())
    one.send(home_opened(view=one.slack.homes["U1"]))
    first, second = one.slack.called("views.publish")
    assert "hash" not in first.args
    assert second.args["hash"]


def test_who_was_overtaken_publishes_once_more_from_fresh_facts(one: Rig) -> None:
    async def overtaken(app: Slack) -> None:
        await dispatch(app, home_opened())
        stale = {**one.slack.homes["U1"], "hash": "1.old"}
        subscribe(one, CHANNEL, "github")
        await dispatch(app, home_opened(view=stale) | {"event_id": "Ev1"})

    one.use(overtaken)
    assert ["hash" in call.args for call in one.slack.called("views.publish")] == [False, True, False]
    assert "|GitHub>" in seen(one)


def test_a_home_tab_that_is_off_is_told_once_and_disturbs_nothing(one: Rig, logs: list[Any]) -> None:
    one.slack.home_enabled = False

    async def open_it(app: Slack) -> None:
        for number in range(3):
            await dispatch(app, home_opened() | {"event_id": f"Ev{number}"})

    one.use(open_it)
    assert [entry["event"] for entry in logs if entry["log_level"] in {"warning", "error"}] == ["slack.home_tab_off"]


def test_the_messages_tab_is_no_home(one: Rig) -> None:
    one.send(home_opened(tab="messages"))
    assert one.slack.homes == {}


def test_a_store_that_fails_ends_in_the_log(one: Rig, logs: list[Any]) -> None:
    async def opened(app: Slack) -> None:
        one.store.close()
        one.threads.close()
        await one.put(app, home_opened())

    one.use(opened)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["slack.home_failed"]


class Watched:
    """A Home tab of the app with a clock of its own, and a minute between two looks."""

    def __init__(
        self, one: Rig, app: Slack, standing: Callable[[str], Awaitable[WorkspaceState]] | None = None
    ) -> None:
        self.one = one
        self.seconds = 0.0

        async def no(*_: Any) -> None: ...

        def clock() -> float:
            return self.seconds

        sights = ChannelVisibility(app.calls, clock)
        self.home = HomeTab(
            standing or one.workspace_state,
            app.calls,
            sights,
            one.threads,
            RenderContext(),
            no,
            no,
            lambda: NOW,
            clock,
            60,
        )
        app.home_tab = self.home
        app.app._async_listeners.clear()
        self.home.register(app.app)
        app.listeners.register_rest(app.app)
        be_patient(app)
        self.app = app
        self.events = 0

    async def open(self, user: str = "U1") -> None:
        self.events += 1
        await dispatch(self.app, home_opened(user) | {"event_id": f"Ev{self.events}"})

    async def after(self, seconds: float, *, woken: bool = True) -> int:
        """How often something was asked to be published by then."""
        before = len(self.one.slack.called("views.publish"))
        self.seconds += seconds
        if woken:
            self.home.wake()
        await self.home.refresh()
        return len(self.one.slack.called("views.publish")) - before


def test_a_home_that_takes_long_to_make_holds_nobody_up(one: Rig) -> None:
    begun, others = threading.Event(), threading.Event()

    class Slow(tuple[PageState, ...]):
        def __iter__(self) -> Iterator[PageState]:
            begun.set()
            assert others.wait(60)
            return super().__iter__()

    async def standing(_: str) -> WorkspaceState:
        return WorkspaceState((), Slow(), {}, {})

    async def story(app: Slack) -> None:
        opening = asyncio.create_task(Watched(one, app, standing).open())
        await asyncio.to_thread(begun.wait)
        others.set()
        await opening

    one.use(story)
    assert "U1" in one.slack.homes


def test_news_reach_who_looks_within_a_minute_and_what_is_no_news_does_not(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    Talk(one.store).reading("github", at=ago(minutes=2))

    async def look_on(app: Slack) -> None:
        watched = Watched(one, app)
        assert await watched.after(60) == 0
        await watched.open()
        assert await watched.after(60) == 0
        Talk(one.store).reading("github", at=ago(minutes=1))
        assert await watched.after(60) == 0
        outage(one)
        assert await watched.after(60) == 1
        assert "Actions are down" in seen(one)
        outage(one, title="Actions are slow")
        assert await watched.after(59) == 0
        assert await watched.after(1) == 1
        assert "Actions are slow" in seen(one)
        outage(one, title="Actions are slower")
        assert await watched.after(VIEWER_TTL_S) == 0

    one.use(look_on)


def test_a_limit_that_slack_sets_is_kept_and_the_rest_comes_later(one: Rig) -> None:
    subscribe(one, CHANNEL, "github")
    one.slack.members[CHANNEL] += ["U2", "U3"]
    seconds = [0.0]
    one.clock = lambda: seconds[0]

    async def look_on(app: Slack) -> None:
        watched = Watched(one, app)
        for user in ("U1", "U2", "U3"):
            await watched.open(user)
        outage(one)
        one.slack.fail(Fault("views.publish", status=429, skip=1, headers={"Retry-After": "30"}))
        assert await watched.after(60) == 2
        assert "Actions are down" in seen(one, "U3")
        assert "Actions are down" not in seen(one, "U1")
        seconds[0] += 30
        assert await watched.after(1, woken=False) == 0
        assert await watched.after(59, woken=False) == 2
        assert "Actions are down" in seen(one, "U1")

    one.use(look_on)


def test_an_installation_that_is_gone_is_asked_no_more(one: Rig) -> None:
    async def look_on(app: Slack) -> None:
        watched = Watched(one, app)
        for user in ("U1", "U2"):
            await watched.open(user)
        subscribe(one, CHANNEL, "github")
        one.slack.fail(Fault("views.publish", "token_revoked"))
        assert await watched.after(60) == 1
        assert await watched.after(60) == 0

    one.use(look_on)


def test_of_one_workspace_only_so_many_people_are_kept_up_to_date(one: Rig) -> None:
    one.slack.members[CHANNEL] = [f"U{number}" for number in range(VIEWERS_OF_ONE + 3)]
    subscribe(one, CHANNEL, "github")

    async def look_on(app: Slack) -> None:
        watched = Watched(one, app)
        for user in one.slack.members[CHANNEL]:
            await watched.open(user)
        outage(one)
        assert await watched.after(60) == VIEWERS_OF_ONE
        assert "Actions are down" not in seen(one, "U0")

    one.use(look_on)


def test_a_change_that_somebody_makes_is_seen(one: Rig) -> None:
    async def running(app: Slack) -> None:
        run = asyncio.create_task(app.home_tab.run())
        await dispatch(app, home_opened())
        await asyncio.to_thread(one.slack.wait_for, lambda: "U1" in one.slack.homes)
        answer = await app.app.async_dispatch(_command("/subscribe", "github"))
        assert answer.status == 200
        await asyncio.to_thread(one.slack.wait_for, lambda: "|GitHub>" in seen(one))
        run.cancel()

    one.use(running, home_refresh_s=0.0)


def _command(word: str, text: str) -> Any:
    from slack_bolt.request.async_request import AsyncBoltRequest

    return AsyncBoltRequest(mode="socket_mode", body=slash(word, text))


# --- any text at all -------------------------------------------------------------------------------------------------


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
