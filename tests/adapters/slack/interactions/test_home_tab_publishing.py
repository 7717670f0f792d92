"""When the Home tab is published: opened, overtaken, kept up to date for those who look, within Slack's limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from bot.adapters.slack.api.visibility import ChannelVisibility
from bot.adapters.slack.interactions.home_tab import MAX_VIEWERS as VIEWERS_OF_ONE
from bot.adapters.slack.interactions.home_tab import VIEWER_TTL_S, HomeTab
from bot.adapters.slack.platform import Slack
from bot.adapters.slack.render.message import RenderContext
from bot.domain import PageState, WorkspaceState
from tests.adapters.slack.homes import outage, seen, subscribe
from tests.adapters.slack.rig import Rig, be_patient, dispatch, home_opened, slash
from tests.adapters.slack.workspace import CHANNEL, Fault
from tests.commands.talk import NOW, Talk, ago


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
