"""An Enterprise Grid organisation, and channels that workspaces share, with the real slack-bolt over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.slack.api.errors import ACCESS_REMEDY
from bot.adapters.slack.options import ConnectionMode
from bot.delivery.port import Undeliverable
from bot.domain import Channel, Filter, Health, Slug, Subscription
from bot.message import Message
from tests.adapters.slack.api.test_http import Web, browse
from tests.adapters.slack.rig import Rig, event, home_opened, rig, slash
from tests.adapters.slack.workspace import BOT_USER, Fault
from tests.commands.talk import NOW
from tests.store.given import Route

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    http = {"mode": ConnectionMode.HTTP, "client_id": "1.2", "client_secret": "s", "host": "127.0.0.1", "port": 0}
    with rig(tmp_path, **http) as one:
        yield one


def of_org(team: str, **more: Any) -> dict[str, Any]:
    return {"team_id": team, "enterprise_id": "E1", "is_enterprise_install": "true", **more}


def slack_channel(workspace: str, id: str) -> Channel:
    return Channel("slack", workspace, id)


def vendors(one: Rig, channel: Channel) -> set[str]:
    return set(one.store.channels.vendors(channel))


def test_an_organisation_installs_once_and_loses_no_more_than_what_it_takes_away(one: Rig) -> None:
    async def work(web: Web) -> None:
        assert await web.install("E1") == 200
        installations = web.app._installations
        assert installations
        bot = await installations.async_find_bot(enterprise_id="E1", team_id=None, is_enterprise_install=True)
        assert bot
        assert (bot.bot_token, bot.enterprise_id, bot.team_id) == ("xoxb-E1", "E1", None)

        # Two of its workspaces, and a channel that both have.
        for team, channel in (("T7", "C7"), ("T8", "C8"), ("T7", "C78")):
            status, _ = await web.form(slash("/subscribe", "github", channel=channel, **of_org(team)))
            assert status == 200
        status, answer = await web.form(slash("/outage", "list", channel="C78", **of_org("T8")))
        assert "GitHub" in str(answer)
        mention = {"channel": "C8", "user": "U8", "text": f"<@{BOT_USER}> list", "ts": "5.5"}
        heard = event("app_mention", id="Ev1", team=None, enterprise_id="E1", **mention)
        both = {"enterprise_id": "E1", "team_id": None, "user_id": "U8", "is_bot": True, "is_enterprise_install": True}
        assert await web.event({**heard, "authorizations": [both]}) == (200, "")
        opened = home_opened("U7", id="Ev2", team="T7", enterprise_id="E1", is_enterprise_install=True)
        assert await web.event({**opened, "authorizations": [{**both, "team_id": "T7"}]}) == (200, "")
        for where in ("C7", "C8"):
            await web.app.adapter.post(slack_channel("E1", where), Message("hello"), f"k{where}")

        # An admin takes one workspace away, and gives it back.
        one.slack.fail(Fault("chat.postMessage", "team_access_not_granted", channel="C8"))
        with pytest.raises(Undeliverable) as lost:
            await web.app.adapter.post(slack_channel("E1", "C8"), Message("hello"), "k2")
        assert lost.value.reason.endswith(ACCESS_REMEDY)
        assert not lost.value.whole_workspace, "the other workspaces are as they were"
        one.store.workspaces.drop_channel(slack_channel("E1", "C8"), lost.value.reason, NOW)
        one.store.workspaces.drop_channel(slack_channel("E1", "C7"), "The channel is archived.", NOW)
        granted = event("team_access_granted", id="Ev3", team=None, enterprise_id="E1", team_ids=["T8"])
        granted["is_enterprise_install"] = True
        one.returned.clear()
        assert await web.event(granted) == (200, "")
        await one.returned.wait()
        assert one.back == ["E1", "E1"]

        # A workspace with an installation of its own goes on with the channels that it had.
        assert await web.install("T8.E1") == 200
        await web.form(slash("/subscribe", "dyspatch", channel="C8", team_id="T8", enterprise_id="E1"))

        # The organisation uninstalls; that workspace's own installation stays.
        gone = event("app_uninstalled", id="Ev4", team=None, enterprise_id="E1")
        gone["is_enterprise_install"] = True
        assert await web.event(gone) == (200, "")
        assert await one.heard.get() == "E1"
        with pytest.raises(Undeliverable):
            await web.app.adapter.post(slack_channel("E1", "C7"), Message("hello"), "k3")
        await web.app.adapter.post(slack_channel("T8", "C9"), Message("hello"), "k4")

    browse(one, work)
    assert {request.channel.workspace for request in one.asked} == {"E1"}
    assert vendors(one, slack_channel("E1", "C8")) == {"github", "dyspatch"}
    assert one.store.channels.state(slack_channel("E1", "C8")).health is Health.ACTIVE
    assert one.store.channels.state(slack_channel("E1", "C7")).health is Health.SUSPENDED
    tokens = {str(call.args["channel"]): call.token for call in one.slack.called("chat.postMessage")}
    assert (tokens["C7"], tokens["C9"]) == ("xoxb-E1", "xoxb-T8")
    assert one.left == ["E1"]


def test_a_channel_that_two_workspaces_share_has_one_list_and_is_told_once(one: Rig) -> None:
    one.slack.members |= {"C1": ["U1"], "C5": ["U1"]}
    one.slack.shared["C1"] = {"is_ext_shared": True, "shared_team_ids": ["T1", "T2"]}

    async def work(web: Web) -> None:
        for team in ("T1", "T2"):
            assert await web.install(team) == 200
        for channel in ("C1", "C5"):
            await web.form(slash("/subscribe", "github", channel=channel, team_id="T1"))
            await web.form(slash("/subscribe", "dyspatch", channel=channel, team_id="T2"))
        _, answer = await web.form(slash("/outage", "list", channel="C1", team_id="T2"))
        assert "GitHub" in str(answer)
        _, answer = await web.form(slash("/outage", "list", channel="C5", team_id="T2"))
        assert "GitHub" not in str(answer), "the same id by chance is another channel"

    browse(one, work)
    assert vendors(one, slack_channel("T1", "C1")) == {"github", "dyspatch"}
    assert vendors(one, slack_channel("T2", "C1")) == set()
    assert vendors(one, slack_channel("T1", "C5")) == {"github"}
    assert vendors(one, slack_channel("T2", "C5")) == {"dyspatch"}
    assert len(one.slack.called("conversations.info")) <= 6, "remembered for a while"


def test_two_records_of_a_shared_channel_become_one_when_it_is_next_spoken_in(one: Rig) -> None:
    for team, vendor in (("T1", "github"), ("T2", "dyspatch")):
        here = Subscription(slack_channel(team, "C1"), Slug(vendor), Filter(), "U1", NOW)
        one.store.channels.subscribe(here, Route())
    one.slack.members["C1"] = ["U1"]
    one.slack.shared["C1"] = {"is_ext_shared": True, "connected_team_ids": ["T1"]}

    async def work(web: Web) -> None:
        for team in ("T1", "T2"):
            assert await web.install(team) == 200
        await web.form(slash("/outage", "list", channel="C1", team_id="T2"))

    browse(one, work)
    assert one.store.workspaces.channels("slack") == (slack_channel("T1", "C1"),)
    assert vendors(one, slack_channel("T1", "C1")) == {"github", "dyspatch"}
