"""Signing in to dashboards: the real site, a real provider over HTTP, and a browser's cookies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from bot.domain import Channel, Slug, Workspace
from bot.keyring import Keyring
from bot.store import Store
from bot.threads import Threads
from bot.web.listening import address, listen
from bot.web.server import serve
from bot.web.signin.provider import Client, Provider
from bot.web.signin.routes import SigningIn
from bot.web.signin.sessions import Sessions
from tests.databases import sqlite
from tests.store.given import NOON, subscribe
from tests.web.openid import CLIENT, SECRET, OpenIdProvider, openid_provider, rsa_key
from tests.web.test_server import shipped, site_of

OURS, DIRECT = Channel("slack", "T1", "C-OURS"), Channel("slack", "T1", "D-ANA")
THEIRS = Channel("slack", "T2", "C-THEIRS")
PAGE = "/w/slack/T1/c/C-OURS"
HOURS = timedelta(hours=8)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(sqlite(tmp_path))
    github = shipped().get("github")
    assert github
    opened.pages.sync_catalog((github,), NOON, 0)
    for channel in (OURS, DIRECT, THEIRS):
        subscribe(opened, channel, slug=Slug("github"))
    yield opened
    opened.close()


@pytest.fixture
def openid() -> Iterator[OpenIdProvider]:
    with openid_provider() as provider:
        provider.clock = NOON.timestamp()
        yield provider


@dataclass
class House:
    """The site, for who signs in at ``openid``."""

    store: Store
    openid: OpenIdProvider
    keyring: Keyring
    now: list[datetime] = field(default_factory=lambda: [NOON])
    seconds: list[float] = field(default_factory=lambda: [0.0])
    domains: tuple[str, ...] = ("acme.example",)
    groups: tuple[str, ...] = ()
    is_secure: bool = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[httpx.AsyncClient]:
        """A browser that follows no redirect by itself."""
        threads, stop, listening = Threads(2), asyncio.Event(), listen("127.0.0.1", 20_400)
        url = address(listening)
        site = site_of(self.store, threads, stop)
        client = Client(self.openid.issuer, CLIENT, SECRET, self.domains, self.groups)

        def now() -> datetime:
            return self.now[0]

        signing_in = SigningIn(
            Provider(client, now, lambda: self.seconds[0]),
            Sessions(self.keyring, now, HOURS, self.is_secure),
            site.dashboards,
            self.store,
            threads,
            [Workspace("slack", "T1")],
            url,
        )
        serving = asyncio.create_task(serve(replace(site, signing_in=signing_in).app(), listening, stop))
        try:
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as browser:
                yield browser
        finally:
            stop.set()
            await serving
            threads.close()

    def play(self, story: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
        async def played() -> Any:
            async with self.open() as browser:
                return await story(browser)

        with capture_logs() as self.log:
            return asyncio.run(played())


@pytest.fixture
def house(store: Store, openid: OpenIdProvider, tmp_path: Path) -> House:
    return House(store, openid, Keyring("", tmp_path / "key"))


async def sign_in(browser: httpx.AsyncClient, to: str = PAGE) -> httpx.Response:
    """Follows the way to the provider and back; gives the answer that came back to."""
    there = await browser.get("/signin", params={"to": to})
    if there.status_code != 303:
        return there
    async with httpx.AsyncClient(trust_env=False) as other:
        back = await other.get(there.headers["location"])
    return await browser.get(back.headers["location"])


def test_who_signs_in_sees_the_dashboards_of_the_named_workspaces(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        asked = await browser.get(PAGE)
        assert (asked.status_code, asked.headers["location"]) == (303, "/signin?to=%2Fw%2Fslack%2FT1%2Fc%2FC-OURS")
        back = await sign_in(browser)
        assert (back.status_code, back.headers["location"]) == (303, PAGE)
        shown = {PAGE: "Slack, channel C-OURS", "/w/slack/T1": "Slack, all of T1", "/dashboards": PAGE}
        for path, shows in shown.items():
            page = await browser.get(path)
            assert page.status_code == 200
            assert shows in page.text
            assert "Sign out" in page.text
            assert page.headers["cache-control"] == "private, no-store"
            assert "noindex" in page.headers["x-robots-tag"]
            assert "THEIRS" not in page.text
            assert "D-ANA" not in page.text

    house.play(story)


CLOSED = ["/w/slack/T2", "/w/slack/T2/c/C-THEIRS", "/w/slack/T1/c/C-THEIRS", "/w/slack/T1/c/D-ANA", "/w/slack/T1/c/x"]


@pytest.mark.parametrize("path", CLOSED)
def test_other_workspaces_and_direct_messages_stay_closed(house: House, path: str) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        assert (await browser.get(PAGE)).status_code == 200
        assert (await browser.get(path)).status_code == 404
        assert (await browser.get(f"{path}/events")).status_code == 204

    house.play(story)


def test_cookies_are_set_for_signing_in_alone_and_closed_to_scripts(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        for path in ("/", "/v/github", PAGE, "/dashboards", "/static/style.css"):
            assert "set-cookie" not in (await browser.get(path)).headers
        back = await sign_in(browser)
        for cookie in back.headers.get_list("set-cookie"):
            assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {*cookie.split("; ")}
            assert "ana" not in cookie
        assert [*browser.cookies] == ["lookout-session"]
        assert "set-cookie" not in (await browser.get(PAGE)).headers

    house.play(story)


def test_over_https_cookies_go_nowhere_else(house: House) -> None:
    house.is_secure = True

    async def story(browser: httpx.AsyncClient) -> httpx.Response:
        return await browser.get("/signin")

    [cookie] = house.play(story).headers.get_list("set-cookie")
    assert cookie.startswith("__Host-lookout-signin=")
    assert "Secure" in cookie.split("; ")


def test_a_session_ends_after_its_time_and_by_signing_out(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        house.now[0] += HOURS - timedelta(seconds=1)
        assert (await browser.get(PAGE)).status_code == 200
        kept = browser.cookies["lookout-session"]
        house.now[0] += timedelta(seconds=1)
        assert (await browser.get(PAGE, headers={"cookie": f"lookout-session={kept}"})).status_code == 303
        assert (await browser.get(f"{PAGE}/events")).status_code == 204
        house.openid.clock = house.now[0].timestamp()
        await sign_in(browser)
        assert (await browser.get("/signout")).status_code == 405
        assert (await browser.post("/signout")).headers["location"] == "/"
        assert [*browser.cookies] == []
        assert (await browser.get(PAGE)).status_code == 303

    house.play(story)


def test_who_looks_is_told_that_the_session_is_over(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> list[str]:
        await sign_in(browser)
        seen = []
        async with browser.stream("GET", f"{PAGE}/events") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    house.now[0] += HOURS
                if line:
                    seen.append(line.partition(":")[0])
        return seen

    assert house.play(story) == ["data", "event", "data"]


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ({"email": "eve@evil.example"}, "eve@evil.example may not see the dashboards here."),
        ({"email": "eve@evil.example@acme.example.evil.example"}, "may not see"),
        ({"email_verified": False}, "no verified e-mail address"),
        ({"email_verified": None}, "no verified e-mail address"),
        ({"email_verified": "true"}, "no verified e-mail address"),
        ({"email": None}, "no verified e-mail address"),
        ({"nonce": "another"}, "not to be trusted"),
        ({"nonce": None}, "not to be trusted"),
        ({"iss": "https://evil.example"}, "not to be trusted"),
        ({"aud": "another"}, "not to be trusted"),
        ({"aud": [CLIENT, "another"]}, "not to be trusted"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "not to be trusted"),
        ({"exp": int(NOON.timestamp()) - 61}, "not to be trusted"),
        ({"exp": None}, "not to be trusted"),
        ({"iat": int(NOON.timestamp()) + 600}, "not to be trusted"),
        ({"sub": None}, "not to be trusted"),
    ],
)
def test_who_may_not_or_cannot_be_believed_stays_out(house: House, claims: dict[str, Any], text: str) -> None:
    house.openid.claims |= claims

    async def story(browser: httpx.AsyncClient) -> None:
        answer = await sign_in(browser)
        assert (answer.status_code, text in answer.text) == (403, True), answer.text
        assert '<a href="/signin">Begin anew</a>' in answer.text
        assert (await browser.get(PAGE)).status_code == 303

    house.play(story)
    assert [line["event"] for line in house.log] == ["signin.failed"]
    assert SECRET not in str(house.log)


@pytest.mark.parametrize("signed", ["none", "HS256"])
def test_a_token_that_the_provider_did_not_sign_is_none(house: House, signed: str) -> None:
    house.openid.signed = signed
    assert house.play(sign_in).status_code == 403


def test_a_token_of_a_key_that_is_not_published_is_none_and_a_new_key_is_found(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> list[int]:
        statuses = [(await sign_in(browser)).status_code]
        house.openid.key = rsa_key("k2")
        statuses.append((await sign_in(browser)).status_code)
        house.openid.published.append(house.openid.key)
        statuses.append((await sign_in(browser)).status_code)
        return statuses

    assert house.play(story) == [303, 403, 303]


def test_one_of_the_groups_is_enough(house: House) -> None:
    house.domains, house.groups = (), ("sre", "oncall")

    async def story(browser: httpx.AsyncClient) -> list[int]:
        statuses = []
        for groups in (["oncall", "all"], "sre", ["all"], None):
            house.openid.claims["groups"] = groups
            statuses.append((await sign_in(browser)).status_code)
        return statuses

    assert house.play(story) == [303, 303, 403, 403]


def test_a_code_is_good_once_in_the_browser_that_began_and_for_ten_minutes(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        there = await browser.get("/signin")
        async with httpx.AsyncClient(trust_env=False) as other:
            back = (await other.get(there.headers["location"])).headers["location"]
            strange = await other.get(back)
            assert (strange.status_code, "began in another browser" in strange.text) == (403, True)
        wrong = back.replace("state=", "state=x")
        assert (await browser.get(wrong)).status_code == 403
        kept = {"cookie": f"lookout-signin={browser.cookies['lookout-signin']}"}
        house.now[0] += timedelta(minutes=10)
        assert (await browser.get(back, headers=kept)).status_code == 403
        house.now[0] = NOON
        assert (await browser.get(back, headers=kept)).status_code == 303
        assert (await browser.get(back, headers=kept)).status_code == 403, "the provider takes a code once"

    house.play(story)


ELSEWHERE = ["https://evil.example/", "//evil.example", "/\\evil.example", "/w/../signout", "", "x" * 900]


@pytest.mark.parametrize("to", ELSEWHERE)
def test_the_way_back_leads_to_a_dashboard_of_ours(house: House, to: str) -> None:
    async def story(browser: httpx.AsyncClient) -> str:
        return str((await sign_in(browser, to)).headers["location"])

    assert house.play(story) in ("/dashboards", "/w/../signout")


FORGED = ["", "x", "{}", '{"kind": "session", "until": 9e9, "values": {"subject": "a", "email": "b"}}']


@pytest.mark.parametrize("forged", FORGED)
def test_a_cookie_that_was_not_made_here_is_none(house: House, forged: str) -> None:
    async def story(browser: httpx.AsyncClient) -> list[int]:
        await browser.get("/signin")
        # One for signing in is none of a session.
        others = [forged, browser.cookies["lookout-signin"]]
        return [(await browser.get(PAGE, headers={"cookie": f"lookout-session={one}"})).status_code for one in others]

    assert house.play(story) == [303, 303]


def test_a_provider_that_is_away_or_another_is_a_sentence(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> list[str]:
        house.openid.fails = 500
        seen = [(await browser.get("/signin")).text]
        house.openid.fails = 0
        house.openid.metadata = {"issuer": "https://evil.example"}
        seen.append((await browser.get("/signin")).text)
        house.openid.metadata = {"token_endpoint": "file:///etc/passwd"}
        seen.append((await browser.get("/signin")).text)
        return seen

    away, *wrong = house.play(story)
    assert "cannot be reached just now" in away
    assert ["not to be trusted" in text for text in wrong] == [True, True]


def test_only_the_named_provider_is_asked(house: House) -> None:
    async def story(browser: httpx.AsyncClient) -> str:
        answer = await browser.get("/signin", params={"iss": "https://evil.example", "issuer": "https://evil.example"})
        return str(answer.headers["location"])

    location = urlsplit(house.play(story))
    assert f"{location.scheme}://{location.netloc}" == house.openid.issuer
    assert parse_qs(location.query)["redirect_uri"][0].endswith("/signin/done")
