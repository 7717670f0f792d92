"""Where requests may go: no private address, no other name behind TLS, and credentials to their own host alone."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import trustme

from bot.domain.refusals import ASK_TO_ALLOW
from bot.monitor.addresses import is_public
from bot.monitor.credentials import Credentials
from bot.monitor.fetch import Fetcher
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure
from tests.monitor.facts import NOON
from tests.monitor.fetch.asking import FAST, HOST, PAGE, TENANT, Names, failed, get
from tests.servers import PageServer, Reply


@pytest.mark.parametrize(
    "url", ["", "status", "ftp://x.com/", "http://", "https://\x00", "http://[::1", "https://x:port/"]
)
def test_what_is_no_url_is_told(url: str) -> None:
    assert failed(get(url)[0]).kind is FetchFailure.URL


@pytest.mark.parametrize(
    "url",
    ["http://xn--a/", "http://xn--a.example/x", "http://xn--\u00fc/", "http://a..b/", "http://[::1", "http://h:99999/"],
)
def test_a_name_that_is_none_is_one_sentence(url: str) -> None:
    [answer] = get(url)
    assert isinstance(answer, FetchFailed)
    assert answer.reason.endswith((" does not resolve.", "it should look like https://status.example.com."))


@pytest.mark.parametrize("target", ["ftp://status.acme.test/", "file:///etc/passwd", "https://"])
def test_redirects_to_what_is_no_page_are_refused(server: PageServer, target: str) -> None:
    server.say("/a", Reply(status=302, headers={"Location": target}))
    assert failed(get(server.url("/a", HOST))[0]).kind is FetchFailure.REDIRECT


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data", "http://inside.test/"]
)
def test_redirects_to_private_addresses_are_refused(server: PageServer, target: str) -> None:
    names = Names(status_acme_test=[["127.0.0.1"]], inside_test=[["192.168.1.1"]])
    server.say("/a", Reply(status=302, headers={"Location": target}))
    answer = failed(get(server.url("/a", HOST), names=names)[0])
    assert answer.kind is FetchFailure.PRIVATE
    assert ASK_TO_ALLOW in answer.reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "::7f00:1",
        "2001:0:1::1",
        "198.18.0.1",
        "192.0.2.1",
        "192.0.0.192",
        "168.63.129.16",
        "64:ff9b::a83f:8110",
        "nonsense",
    ],
)
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


def test_a_literal_private_address_is_not_asked(server: PageServer) -> None:
    assert failed(get(server.url(PAGE))[0]).kind is FetchFailure.PRIVATE
    assert not server.asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(server: PageServer) -> None:
    names = Names(status_acme_test=[["1.1.1.1", "127.0.0.1"]])
    assert failed(get(server.url(PAGE, HOST), names=names, allow=())[0]).kind is FetchFailure.PRIVATE
    assert not server.asked


def test_the_address_that_was_checked_is_the_one_connected_to(server: PageServer) -> None:
    """A name that answers differently the second time (DNS rebinding) is never asked a second time."""
    names = Names(status_acme_test=[["127.0.0.1"], ["10.0.0.1"]])
    server.say(PAGE, Reply(b"{}"))
    assert isinstance(get(server.url(PAGE, HOST), names=names)[0], Fetched)
    assert names.asked == [HOST]


def test_the_next_address_is_tried_when_one_refuses(server: PageServer) -> None:
    server.say(PAGE, Reply(b"{}"))
    names = Names(status_acme_test=[["127.0.0.9", "127.0.0.1"]])
    assert isinstance(get(server.url(PAGE, HOST), names=names)[0], Fetched)


def test_the_fast_way_goes_to_the_address_that_it_knows_behind_those_that_are_tried(
    server: PageServer,
) -> None:
    server.say(PAGE, Reply(b"{}"))
    names = Names(status_acme_test=[["127.0.0.1"], [*(f"127.0.0.{number}" for number in range(5, 9)), "127.0.0.1"]])

    async def ask() -> list[Answer]:
        fetcher = Fetcher(lambda: NOON, allow_hosts=[HOST], resolve=names, fast=FAST.get())
        try:
            return [await fetcher.get(server.url(PAGE, HOST), "house", None) for _ in range(2)]
        finally:
            await fetcher.aclose()

    assert list(map(type, asyncio.run(ask()))) == [Fetched, Fetched if FAST.get() else FetchFailed]


def test_a_name_that_does_not_resolve_is_told() -> None:
    answer = failed(get("https://gone.test/")[0])
    assert (answer.kind, answer.reason) == (FetchFailure.DNS, "gone.test does not resolve.")


def test_a_host_that_refuses_is_told(server: PageServer) -> None:
    url = f"http://{HOST}:{server.port}/"
    names = Names(status_acme_test=[["127.0.0.9"]])
    assert failed(get(url, names=names)[0]).kind is FetchFailure.CONNECT


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def serving(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, TENANT).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_tls_verifies_the_name_and_not_the_address(authority: trustme.CA) -> None:
    trusted = trusting(authority)
    names = Names(status_acme_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    with PageServer(serving(authority)) as server:
        server.say(PAGE, Reply(b"{}"))
        urls = (server.url(PAGE, HOST), server.url(PAGE, "other.test"))
        right, wrong = get(*urls, names=names, allow=(HOST, "other.test"), tls=trusted)
        server.say("/down", Reply(status=301, headers={"Location": f"http://{HOST}/"}))
        (down,) = get(server.url("/down", HOST), tls=trusted)
        (untrusted,) = get(server.url(PAGE, HOST))
    assert isinstance(right, Fetched)
    assert failed(wrong).kind is FetchFailure.TLS
    assert failed(untrusted).kind is FetchFailure.TLS
    assert failed(down).kind is FetchFailure.REDIRECT


SECRET = "Bearer hunter2"


def test_credentials_go_to_their_host_over_https_and_nowhere_else(authority: trustme.CA) -> None:
    names = Names(**{name.replace(".", "_"): [["127.0.0.1"]] for name in (HOST, TENANT)})
    trusted, allowed = trusting(authority), (HOST, TENANT)
    with PageServer(serving(authority)) as server, PageServer(serving(authority)) as other, PageServer() as plain:
        private = Credentials({f"{HOST}:{server.port}": {"Authorization": SECRET}})

        def seen(*servers: PageServer) -> list[str | None]:
            told = [asked.headers.get("authorization") for one in servers for asked in one.asked]
            for one in servers:
                one.asked.clear()
            return told

        def ask(url: str) -> None:
            get(url, names=names, allow=allowed, tls=trusted, credentials=private)

        ask(server.url(PAGE, HOST))
        assert seen(server) == [SECRET]
        server.say("/here", Reply(status=302, headers={"Location": PAGE}))
        ask(server.url("/here", HOST))
        assert seen(server) == [SECRET, SECRET]
        ask(server.url(PAGE, TENANT))
        assert seen(server) == [None]
        for target in (server.url(PAGE, TENANT), other.url(PAGE, HOST), f"https://{TENANT}:{other.port}/"):
            server.say("/away", Reply(status=302, headers={"Location": target}))
            ask(server.url("/away", HOST))
            first, second = seen(server, other)
            assert (first, second) == (SECRET, None), target
        plain.say("/up", Reply(status=302, headers={"Location": server.url(PAGE, HOST)}))
        ask(plain.url("/up", HOST))
        assert seen(plain, server) == [None, SECRET]
        assert SECRET not in repr(private)


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("http://status.acme.com/summary.json", True),
        ("http://status.xn--p1ai/summary.json", True),
        ("http://1.1.1.1/summary.json", True),
        ("http://status.allowed.internal/summary.json", True),
        ("http://localhost/summary.json", False),
        ("http://metadata.google.internal/summary.json", False),
        ("http://intranet/summary.json", False),
        ("http://printer.home.arpa./summary.json", False),
        ("http://127.0.0.1/summary.json", False),
        ("http://[::1]/summary.json", False),
        ("http://169.254.169.254/summary.json", False),
        ("http://2130706433/summary.json", False),
        ("http://127.1/summary.json", False),
        ("http://0x7f.0.0.0x1/summary.json", False),
        ("http://status.acme.com./summary.json", True),
    ],
)
def test_through_a_proxy_pages_are_checked_by_name(server: PageServer, url: str, *, ok: bool) -> None:
    server.otherwise = Reply(b"{}")

    async def ask() -> Answer:
        fetcher = Fetcher(
            lambda: NOON, proxy=server.url(), allow_hosts=["status.allowed.internal"], resolve=Names(), fast=FAST.get()
        )
        try:
            return await fetcher.get(url, "house", None)
        finally:
            await fetcher.aclose()

    answer = asyncio.run(ask())
    assert [asked.path for asked in server.asked] == ([url] if ok else [])
    assert isinstance(answer, Fetched) if ok else isinstance(answer, FetchFailed)
    assert ok or answer.kind is FetchFailure.PRIVATE  # type: ignore[union-attr]


def test_a_redirect_through_a_proxy_is_checked_too_and_a_dead_proxy_is_named(server: PageServer) -> None:
    server.otherwise = Reply(status=302, headers={"Location": "http://localhost/secret"})

    async def ask(proxy: str) -> Answer:
        fetcher = Fetcher(lambda: NOON, proxy=proxy, fast=FAST.get())
        try:
            return await fetcher.get("http://status.acme.com/", "house", None)
        finally:
            await fetcher.aclose()

    assert getattr(asyncio.run(ask(server.url())), "kind", None) is FetchFailure.PRIVATE
    dead = asyncio.run(ask("http://user:secret@127.0.0.1:1"))
    assert isinstance(dead, FetchFailed)
    assert dead.reason == "The proxy does not accept connections."
