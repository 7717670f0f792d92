"""HTTP mode over a real port: signatures, installations of teams and organisations, and their end."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from slack_sdk.oauth.installation_store import Installation
from structlog.testing import capture_logs

from bot.adapters.slack.api.install import InstallationStore
from bot.adapters.slack.options import ConnectionMode
from bot.adapters.slack.platform import Slack
from bot.delivery.port import Undeliverable
from bot.domain import Channel
from bot.message import Message
from bot.threads import Threads
from tests.adapters.slack.api.server import served
from tests.adapters.slack.judge import answer_problems
from tests.adapters.slack.rig import SEAL, Rig, event, in_view, pressed, rig, sent_off, slash, typed_in
from tests.adapters.slack.workspace import BOT_USER

T = TypeVar("T")

# slack_sdk logs in to oauth.v2.access by it: https://github.com/slackapi/python-slack-sdk
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


def test_a_token_that_was_looked_up_while_the_app_was_installed_again_is_not_kept(one: Rig) -> None:
    looked_up, installed_again = asyncio.Event(), asyncio.Event()

    class Slow(Threads):
        """Its first answer arrives once the app is installed again."""

        async def __call__(self, call: Callable[[], T]) -> T:
            answer = await super().__call__(call)
            if not looked_up.is_set():
                looked_up.set()
                await installed_again.wait()
            return answer

    async def story() -> None:
        installations = InstallationStore("1.2", one.store.engine, Slow(2), lambda: 0.0, SEAL)
        await one.threads(installations._store.create_tables)
        await one.threads(lambda: installations._store.save(installation("xoxb-old")))
        looking = asyncio.create_task(installations.of_workspace("T2"))
        await looked_up.wait()
        await installations.async_save(installation("xoxb-new"))
        installed_again.set()
        await looking
        found = await installations.of_workspace("T2")
        assert found
        assert found.token == "xoxb-new"

    asyncio.run(story())


def installation(token: str) -> Installation:
    at = 1.0 if token == "xoxb-old" else 2.0
    return Installation(app_id="A1", user_id="U1", team_id="T2", bot_token=token, bot_id="B1", installed_at=at)


class Web:
    """A browser and Slack, both talking to the bot's port."""

    def __init__(self, pool: aiohttp.ClientSession, port: int, app: Slack) -> None:
        self.pool = pool
        self.app = app
        self._base = f"http://127.0.0.1:{port}"

    async def post(self, body: str, *, age_s: float = 0, secret: str = "secret", kind: str = "form") -> tuple[int, Any]:
        at = str(int(time.time() - age_s))
        mac = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        types = {"form": "application/x-www-form-urlencoded", "json": "application/json"}
        headers = {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={mac}",
            "Content-Type": types[kind],
        }
        async with self.pool.post(f"{self._base}/slack/events", data=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text

    async def form(self, body: dict[str, Any], **how: Any) -> tuple[int, Any]:
        return await self.post(urlencode(body), **how)

    async def event(self, body: dict[str, Any]) -> tuple[int, Any]:
        return await self.post(json.dumps(body), kind="json")

    async def begin(self, code: str) -> tuple[str, dict[str, str]]:
        """Where the browser goes once Slack has asked, and its cookie, which is for https only and carried by hand."""
        async with self.pool.get(f"{self._base}/slack/install") as page:
            found = re.search(r'href="([^"]+/oauth/v2/authorize[^"]+)"', await page.text())
            assert found
            query = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)
            set_cookie = page.headers["Set-Cookie"].split(";")[0]
        assert query["client_id"] == ["1.2"]
        assert "chat:write" in query["scope"][0]
        return urlencode({"code": code, "state": query["state"][0]}), {"Cookie": set_cookie}

    async def install(self, code: str, *, cookie: bool = True) -> int:
        """Through the pages, as a browser does."""
        back, headers = await self.begin(code)
        url = f"{self._base}/slack/oauth_redirect?{back}"
        async with self.pool.get(url, headers=headers if cookie else {}) as done:
            return done.status


def browse(one: Rig, work: Callable[[Web], Awaitable[None]]) -> None:
    async def within(app: Slack) -> None:
        async with (
            served(app) as port,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as pool,
        ):
            await work(Web(pool, port, app))

    one.use(within)


def test_windows_and_forms_work_as_over_a_socket(one: Rig) -> None:
    async def work(web: Web) -> None:
        assert await web.install("T1") == 200

        async def send(body: dict[str, Any]) -> Any:
            status, answer = await web.form({"payload": json.dumps(body)})
            assert status == 200
            one.slack.problems += answer_problems(body, answer if isinstance(answer, dict) else {"text": answer})
            return answer

        await send(pressed("form:0", "subscribe", one.slack.response_url))
        await asyncio.to_thread(one.slack.wait_for, lambda: one.slack.stack)
        found = await send(typed_in(one.slack.view, "pick:vendor", "githu"))
        assert found["options"][0]["value"] == "github"
        await send(in_view(one.slack.view, "pick:vendor", vendor="github"))
        await asyncio.to_thread(one.slack.wait_for, lambda: len(one.slack.view["blocks"]) > 2)
        refused = await send(sent_off(one.slack.view, other="dyspatch"))
        assert refused["response_action"] == "errors"
        assert await send(sent_off(one.slack.view)) == ""
        assert len(one.slack.shown()) == 1

    browse(one, work)


def test_only_what_slack_signed_just_now_is_answered(one: Rig) -> None:
    async def work(web: Web) -> None:
        assert await web.install("T1") == 200
        status, answer = await web.form(slash("/outage", "dyspatch"))
        assert (status, answer["response_type"]) == (200, "ephemeral")
        assert (await web.form(slash("/outage", "dyspatch"), secret="other"))[0] == 401
        assert (await web.form(slash("/outage", "dyspatch"), age_s=360))[0] == 401
        status, challenge = await web.event({"type": "url_verification", "challenge": "c", "token": "t"})
        assert (status, challenge["challenge"]) == (200, "c")
        status, _ = await web.form({"payload": json.dumps(pressed("run:0", "list", one.slack.response_url))})
        assert status == 200
        async with web.pool.get(f"{web._base}/healthz") as health:
            assert await health.text() == "ok\n"

    browse(one, work)
    assert [r.command for r in one.asked] == ["status", "list"]


def test_workspaces_install_by_themselves_and_each_is_called_with_its_own_token(one: Rig) -> None:
    async def work(web: Web) -> None:
        assert await web.install("T1") == 200
        assert await web.install("T2") == 200
        for team in ("T1", "T2"):
            status, _ = await web.form(slash("/subscribe", "github", team_id=team, channel=f"C{team}"))
            assert status == 200
            await web.app.adapter.post(Channel("slack", team, f"C{team}"), Message("hello"), "k")
        with pytest.raises(Undeliverable):
            await web.app.adapter.post(Channel("slack", "T3", "C1"), Message("hello"), "k")

    browse(one, work)
    assert [r.channel.workspace for r in one.asked] == ["T1", "T2"]
    posts = one.slack.called("chat.postMessage")
    greeted = [c for c in posts if "Lookout is installed" in c.args["text"]]
    assert {(c.token, c.args["channel"]) for c in greeted} == {("xoxb-T1", "U1"), ("xoxb-T2", "U1")}
    assert [c.token for c in posts if c not in greeted] == ["xoxb-T1", "xoxb-T2"]
    assert one.back == ["T1", "T2"]


def test_an_organisations_installation_serves_its_workspaces_and_a_workspaces_own_comes_first(one: Rig) -> None:
    async def work(web: Web) -> None:
        assert await web.install("E1") == 200
        grid = {"enterprise_id": "E1", "channel": "C9"}
        await web.form(slash("/outage", "list", team_id="T7", is_enterprise_install="true", **grid))
        await web.form(slash("/outage", "list", team_id="T8", is_enterprise_install="false", **grid))
        await web.app.adapter.post(Channel("slack", "E1", "C9"), Message("hello"), "k")
        assert await web.install("T8") == 200
        await web.form(slash("/outage", "list", team_id="T8", is_enterprise_install="false", **grid))

    browse(one, work)
    assert [r.channel.workspace for r in one.asked] == ["E1", "E1", "T8"]
    assert one.slack.called("chat.postMessage")[0].token == "xoxb-E1"


def test_an_uninstalled_workspace_is_forgotten_and_comes_back_by_installing_again(one: Rig) -> None:
    async def work(web: Web) -> None:
        await web.install("T1")
        await web.install("T2")
        for team in ("T1", "T2"):
            await web.app.adapter.post(Channel("slack", team, "C1"), Message("hello"), "k")
        gone = event("tokens_revoked", id="Ev1", tokens={"oauth": [], "bot": [BOT_USER]})
        assert await web.event(gone) == (200, "")
        assert await web.event(event("app_uninstalled", id="Ev2")) == (200, "")
        for _ in range(2):
            assert await one.heard.get() == "T1"
        with pytest.raises(Undeliverable) as lost:
            await web.app.adapter.post(Channel("slack", "T1", "C1"), Message("hello"), "k")
        assert lost.value.whole_workspace
        await web.app.adapter.post(Channel("slack", "T2", "C1"), Message("hello"), "k")
        _, answer = await web.form(slash("/outage", "list"))
        assert "install me again" in str(answer)
        await web.install("T1")
        await web.app.adapter.post(Channel("slack", "T1", "C1"), Message("hello"), "k")

    browse(one, work)
    assert one.left == ["T1", "T1"]
    assert one.back == ["T1", "T2", "T1"]


def test_an_installation_that_this_browser_did_not_begin_is_refused(one: Rig) -> None:
    async def work(web: Web) -> None:
        assert await web.install("T1", cookie=False) == 400
        async with web.pool.get(f"{web._base}/slack/oauth_redirect?error=access_denied") as denied:
            assert denied.status == 200

    browse(one, work)
    assert one.back == []
    assert not one.slack.called("oauth.v2.access")


def test_a_token_in_the_settings_serves_one_workspace_without_any_installation(one: Rig) -> None:
    async def work(web: Web) -> None:
        status, answer = await web.form(slash("/outage", "dyspatch"))
        assert (status, answer["response_type"]) == (200, "ephemeral")
        async with web.pool.get(f"{web._base}/slack/install") as page:
            assert page.status == 404

    one.options = type(one.options)(
        **{
            name: getattr(one.options, name)
            for name in ("mode", "bot_token", "signing_secret", "api_url", "host", "port")
        }
    )
    browse(one, work)
