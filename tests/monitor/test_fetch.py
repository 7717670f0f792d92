"""Reading over HTTP, against a real server on loopback."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from datetime import timedelta
from threading import Event

import pytest
import trustme

from bot.domain.refusals import ASK_TO_ALLOW
from bot.monitor.addresses import is_public
from bot.monitor.credentials import Credentials
from bot.monitor.fetch import MAX_GZIP_MEMBERS, NO_CREDENTIALS, Fetcher, user_agent
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, Hints, NotModified
from bot.monitor.trust import DISTRUSTED_FOR, conditional_headers, renewed
from bot.store.values import Validator
from tests.fakes import Clock
from tests.monitor.facts import NOON
from tests.servers import PageServer, Reply

HOST = "status.acme.test"
TENANT = "x.status.acme.test"
PAGE = "/summary.json"


class Names:
    """A name server: the addresses given for a name, one list a look-up; the last one stays."""

    def __init__(self, **addresses: Sequence[Sequence[str]]) -> None:
        self.addresses = {name.replace("_", "."): list(lists) for name, lists in addresses.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        lists = self.addresses.get(host)
        if not lists:
            raise OSError("no such name")
        return lists.pop(0) if len(lists) > 1 else lists[0]


LOOPBACK = Names(status_acme_test=[["127.0.0.1"]])


FAST = ContextVar("FAST", default=False)


@pytest.fixture(params=["plain", "fast"], autouse=True)
def transport(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here holds for both."""
    token = FAST.set(request.param == "fast")
    yield
    FAST.reset(token)


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as running:
        yield running


def get(
    *urls: str,
    validator: Validator | None = None,
    names: Names = LOOPBACK,
    allow: Sequence[str] = (HOST,),
    deadline_s: float = 10,
    max_bytes: int = 100_000,
    tls: ssl.SSLContext | None = None,
    credentials: Credentials = NO_CREDENTIALS,
    posts: Sequence[tuple[str, bytes]] = (),
) -> list[Answer]:
    async def ask() -> list[Answer]:
        fetcher = Fetcher(
            lambda: NOON,
            credentials=credentials,
            posts=posts,
            contact="ops@example.com",
            deadline_s=deadline_s,
            max_bytes=max_bytes,
            allow_hosts=allow,
            resolve=names,
            tls=tls,
            fast=FAST.get(),
        )
        try:
            return list(await asyncio.gather(*(fetcher.get(url, "house", validator) for url in urls)))
        finally:
            await fetcher.aclose()

    return asyncio.run(ask())


def failed(answer: Answer) -> FetchFailed:
    assert isinstance(answer, FetchFailed)
    assert answer.reason.endswith(".")
    return answer


def test_what_answers_to_post_alone_is_asked_with_post(server: PageServer) -> None:
    server.say("/api/acme", Reply(b'{"a": 1}', etag=True))
    server.say("/moved/acme", Reply(status=302, headers={"Location": "/page"}))
    server.say("/page", Reply(b'{"b": 2}'))
    posts = [(server.url("/api/", HOST), b'{"c":3}'), (server.url("/moved/", HOST), b"{}")]
    first, elsewhere = get(server.url("/api/acme", HOST), server.url("/moved/acme", HOST), posts=posts)
    assert isinstance(first, Fetched)
    (again,) = get(server.url("/api/acme", HOST), validator=first.validator, posts=posts)
    assert isinstance(again, NotModified)
    assert isinstance(elsewhere, Fetched)
    sent = {(asked.path, asked.sent, asked.headers.get("content-type")) for asked in server.asked}
    assert sent == {
        ("/api/acme", b'{"c":3}', "application/json"),
        ("/moved/acme", b"{}", "application/json"),
        ("/page", None, None),
    }
    assert not any("if-none-match" in asked.headers for asked in server.asked)


def test_a_body_comes_with_what_makes_the_next_request_conditional(server: PageServer) -> None:
    server.say(PAGE, Reply(b'{"a": 1}', etag=True, zipped=True, content_type="Application/JSON; charset=utf-8"))
    (first,) = get(server.url(PAGE, HOST))
    assert isinstance(first, Fetched)
    assert (first.content, first.content_type, first.url) == (
        b'{"a": 1}',
        "application/json",
        server.url(PAGE, HOST),
    )
    (second,) = get(server.url(PAGE, HOST), validator=first.validator)
    assert isinstance(second, NotModified)
    assert second.validator == first.validator
    assert server.asked[1].headers["if-none-match"] == first.validator.etag


def test_it_says_who_it_is_and_asks_the_host_by_name(server: PageServer) -> None:
    get(server.url(PAGE, HOST))
    headers = server.asked[0].headers
    assert headers["host"] == f"{HOST}:{server.port}"
    assert headers["user-agent"].startswith("Lookout")
    assert headers["user-agent"].endswith("(+ops@example.com)")
    assert "application/json" in headers["accept"]
    assert "cookie" not in headers


def test_a_contact_cannot_add_headers() -> None:
    assert "\n" not in user_agent("me@example.com\r\nX-Evil: 1")


def test_last_modified_is_given_back(server: PageServer) -> None:
    stamp = "Mon, 02 Mar 2026 11:00:00 GMT"
    server.say(PAGE, Reply(b"{}", headers={"Last-Modified": stamp}))
    (first,) = get(server.url(PAGE, HOST))
    assert isinstance(first, Fetched)
    get(server.url(PAGE, HOST), validator=first.validator)
    assert server.asked[1].headers["if-modified-since"] == stamp


def test_the_same_body_without_an_etag_is_not_modified(server: PageServer) -> None:
    server.say(PAGE, Reply(b"one"), Reply(b"one"), Reply(b"two"))
    (first,) = get(server.url(PAGE, HOST))
    assert isinstance(first, Fetched)
    assert isinstance(get(server.url(PAGE, HOST), validator=first.validator)[0], NotModified)
    assert isinstance(get(server.url(PAGE, HOST), validator=first.validator)[0], Fetched)


def test_a_304_that_nobody_asked_for_is_a_failure(server: PageServer) -> None:
    server.say(PAGE, Reply(status=304))
    assert failed(get(server.url(PAGE, HOST))[0]).status == 304


@pytest.mark.parametrize(
    ("headers", "hints"),
    [
        ({"Retry-After": "120"}, Hints(retry_after_s=120)),
        ({"Retry-After": "Mon, 02 Mar 2026 12:05:00 GMT"}, Hints(retry_after_s=300)),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT"}, Hints(retry_after_s=0)),
        ({"Retry-After": "9" * 5000}, Hints()),
        ({"Retry-After": "soon"}, Hints()),
        ({"Cache-Control": "public, max-age=10, s-maxage=20"}, Hints(max_age_s=10)),
        ({"Cache-Control": "s-maxage=20"}, Hints()),
    ],
)
def test_hints_are_read_whatever_the_status(server: PageServer, headers: dict[str, str], hints: Hints) -> None:
    server.say(PAGE, Reply(b"{}", status=429, headers=headers), Reply(b"{}", headers=headers))
    refused, taken = get(server.url(PAGE, HOST)), get(server.url(PAGE, HOST))
    assert failed(refused[0]).hints == hints
    assert isinstance(taken[0], Fetched)
    assert taken[0].hints == hints


def test_a_refusal_is_told_in_known_words_alone(server: PageServer) -> None:
    server.say("/odd", Reply(status=599, phrase="<@everyone> " * 900))
    server.say("/gone", Reply(status=404, phrase="Nope"))
    odd, gone = get(server.url("/odd", HOST), server.url("/gone", HOST))
    assert failed(odd).reason == f"{HOST} answers 599."
    assert failed(gone).reason == f"{HOST} answers 404 Not Found."


@pytest.mark.parametrize(
    ("status", "words"), [(404, "404 Not Found"), (503, "503"), (420, "less often"), (429, "less often")]
)
def test_a_status_is_told_in_one_sentence(server: PageServer, status: int, words: str) -> None:
    server.say(PAGE, Reply(b"no", status=status))
    answer = failed(get(server.url(PAGE, HOST))[0])
    assert (answer.kind, answer.status, answer.absent) == (FetchFailure.HTTP_STATUS, status, status == 404)
    assert HOST in answer.reason
    assert words in answer.reason


def test_redirects_are_followed_by_hand(server: PageServer) -> None:
    server.say("/old", Reply(status=301, headers={"Location": "new?x=1"}))
    server.say("/new?x=1", Reply(b"here"))
    (answer,) = get(server.url("/old", HOST))
    assert isinstance(answer, Fetched)
    assert (answer.content, answer.url) == (b"here", server.url("/new?x=1", HOST))


def test_a_circle_of_redirects_ends(server: PageServer) -> None:
    server.say("/a", Reply(status=302, headers={"Location": "/a"}))
    assert failed(get(server.url("/a", HOST))[0]).kind is FetchFailure.REDIRECT
    assert server.count("/a") == 6


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
    "url", ["", "status", "ftp://x.com/", "http://", "https://\x00", "http://[::1", "https://x:port/"]
)
def test_what_is_no_url_is_told(url: str) -> None:
    assert failed(get(url)[0]).kind is FetchFailure.URL


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


def test_a_name_that_does_not_resolve_is_told() -> None:
    answer = failed(get("https://gone.test/")[0])
    assert (answer.kind, answer.reason) == (FetchFailure.DNS, "gone.test does not resolve.")


def test_a_host_that_refuses_is_told(server: PageServer) -> None:
    url = f"http://{HOST}:{server.port}/"
    names = Names(status_acme_test=[["127.0.0.9"]])
    assert failed(get(url, names=names)[0]).kind is FetchFailure.CONNECT


def test_a_gzip_bomb_is_refused_before_it_unpacks(server: PageServer) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server.say(PAGE, Reply(bomb, headers={"Content-Encoding": "gzip"}))
    answer = failed(get(server.url(PAGE, HOST))[0])
    assert (answer.kind, answer.reason) == (FetchFailure.TOO_LARGE, f"{HOST} sends more than 0.1 MB.")


def test_a_body_of_exactly_the_limit_is_taken_and_one_more_byte_is_not(server: PageServer) -> None:
    server.say(PAGE, Reply(bytes(1000), zipped=True), Reply(bytes(1001), zipped=True), Reply(bytes(1001)))
    url = server.url(PAGE, HOST)
    answers = [get(url, max_bytes=1000)[0] for _ in range(3)]
    assert [type(answer) for answer in answers] == [Fetched, FetchFailed, FetchFailed]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"x" * 100, cut_after=10),
        Reply(b"x" * 5000, zipped=True, cut_after=15),
        Reply(gzip.compress(b"x" * 5000)[:15], headers={"Content-Encoding": "gzip"}),
        Reply(gzip.compress(b"x" * 5000) + gzip.compress(b"y" * 5000)[:15], headers={"Content-Encoding": "gzip"}),
        Reply(gzip.compress(b"") * (MAX_GZIP_MEMBERS + 1), headers={"Content-Encoding": "gzip"}),
        Reply(b"??", headers={"Content-Encoding": "br"}),
        Reply(b"??", headers={"Content-Encoding": "gzip, Zstd"}),
    ],
)
def test_a_body_that_is_not_whole_is_no_body(server: PageServer, reply: Reply) -> None:
    server.say(PAGE, reply)
    assert failed(get(server.url(PAGE, HOST))[0]).kind is FetchFailure.PROTOCOL


@pytest.mark.parametrize(
    "encoding", ["UTF-8", "none", "text/xml; charset=utf-8", "gzip", "gzip, gzip", "", "aws-chunked"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_body_tells_how_it_is_packed_whatever_the_header_says(
    server: PageServer, encoding: str, *, packed: bool
) -> None:
    body = b'{"plain": "enough"}'
    server.say(PAGE, Reply(gzip.compress(body) if packed else body, headers={"Content-Encoding": encoding}))
    (answer,) = get(server.url(PAGE, HOST))
    assert isinstance(answer, Fetched)
    assert answer.content == body


@pytest.mark.parametrize("padding", [b"", b"\x00", b"\x00" * 700, b"\x1f"])
def test_gzip_of_several_members_is_one_body(server: PageServer, padding: bytes) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two") + padding
    server.say(PAGE, Reply(packed, headers={"Content-Encoding": "gzip"}))
    (answer,) = get(server.url(PAGE, HOST))
    assert isinstance(answer, Fetched)
    assert answer.content == b"one two"


def test_several_members_unpack_to_no_more_than_one_may(server: PageServer) -> None:
    server.say(PAGE, Reply(gzip.compress(bytes(60_000)) * 2, headers={"Content-Encoding": "gzip"}))
    assert failed(get(server.url(PAGE, HOST))[0]).kind is FetchFailure.TOO_LARGE


def test_a_body_that_a_proxy_had_its_hands_on_is_read(server: PageServer) -> None:
    server.say(PAGE, Reply(b"{}", status=203))
    assert isinstance(get(server.url(PAGE, HOST))[0], Fetched)


STAMP = {"Last-Modified": "Mon, 02 Mar 2026 11:00:00 GMT"}


@pytest.mark.parametrize("frozen", [{"ETag": '"v1"'}, STAMP, {"ETag": '"v1"', **STAMP}])
def test_a_validator_that_never_changes_hides_news_for_an_hour_at_most(
    server: PageServer, frozen: dict[str, str]
) -> None:
    """The server says 304 whenever it is asked with a validator, though the page has changed."""

    clock = Clock(NOON)
    url = server.url(PAGE, HOST)

    async def live() -> list[tuple[str, bool]]:
        fetcher = Fetcher(clock, allow_hosts=(HOST,), resolve=LOOPBACK, fast=FAST.get())
        told, validator = [], None
        for hours, reply in [
            (0, Reply(b"quiet", headers=frozen)),
            (0.5, Reply(status=304)),
            (1, Reply(b"outage", headers=frozen)),
            (1.5, Reply(b"outage", headers=frozen)),
            (24.5, Reply(b"over", headers=frozen)),
            (48.9, Reply(b"over", headers=frozen)),
            (49.5, Reply(status=304)),
        ]:
            clock.now = NOON + timedelta(hours=hours)
            server.say(PAGE, reply)
            answer = await fetcher.get(url, "house", validator)
            assert isinstance(answer, Fetched | NotModified)
            validator = answer.validator
            conditional = server.asked[-1].headers.keys() & {"if-none-match", "if-modified-since"}
            told.append((type(answer).__name__, bool(conditional)))
        await fetcher.aclose()
        return told

    assert asyncio.run(live()) == [
        ("Fetched", False),
        ("NotModified", True),
        ("Fetched", False),
        ("NotModified", False),
        ("Fetched", False),
        ("NotModified", False),
        ("NotModified", True),
    ]


def test_a_page_that_changes_with_its_validator_is_trusted() -> None:
    known = renewed(None, Validator('"a"', None, "11"), NOON)
    changed = renewed(known, Validator('"b"', None, "22"), NOON)
    assert (known.distrusted_until, changed.distrusted_until) == (None, None)
    assert renewed(changed, Validator('"b"', None, "33"), NOON).distrusted_until == NOON + DISTRUSTED_FOR


def test_what_an_earlier_process_believed_is_asked_anew_within_an_hour_each_at_its_own_moment() -> None:
    known = Validator('"a"', None, "11", NOON - timedelta(minutes=1))
    ages = [timedelta(minutes=minutes) for minutes in range(61)]
    urls = [f"https://{number}.example/" for number in range(300)]
    asked = [sum(not conditional_headers(known, url, NOON + age, NOON) for url in urls) for age in ages]
    assert asked[0] == 0
    assert asked == sorted(asked)
    assert 90 < asked[30] < 210
    assert asked[60] == 300


def test_a_slow_server_is_left_at_the_deadline(server: PageServer) -> None:
    server.say(PAGE, Reply(b"{}", hold=Event()))
    answer = failed(get(server.url(PAGE, HOST), deadline_s=0.2)[0])
    assert (answer.kind, answer.reason) == (FetchFailure.TIMEOUT, f"{HOST} did not answer within 0.2 seconds.")


def test_waiting_for_a_turn_does_not_count_against_the_deadline(server: PageServer) -> None:
    server.say("/slow", Reply(b"{}", hold=Event()))
    server.say(PAGE, Reply(b"{}"))
    slow = [server.url("/slow", HOST)] * 2
    *held, last = get(*slow, server.url(PAGE, HOST), deadline_s=0.3)
    assert [failed(answer).kind for answer in held] == [FetchFailure.TIMEOUT] * 2
    assert isinstance(last, Fetched)


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


def test_a_host_that_wants_to_be_left_alone_is_for_all_its_pages(server: PageServer) -> None:
    clock = Clock(NOON)
    names = Names(status_acme_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    server.say("/a", Reply(status=429, headers={"Retry-After": "100"}))
    server.say("/b", Reply(b"{}"), Reply(status=420), Reply(b"{}"))

    async def ask() -> None:
        fetcher = Fetcher(clock, allow_hosts=(HOST, "other.test"), resolve=names, fast=FAST.get())

        async def answer(path: str, host: str = HOST) -> Answer:
            return await fetcher.get(server.url(path, host), "house", None)

        assert failed(await answer("/a")).status == 429
        quiet = failed(await answer("/b"))
        assert (quiet.status, quiet.hints) == (429, Hints(retry_after_s=100))
        assert isinstance(await answer("/b", "other.test"), Fetched)
        clock.turn(seconds=100)
        assert failed(await answer("/b")).status == 420
        clock.turn(seconds=59)
        assert server.count("/b") == 2
        assert "for another 1 seconds" in failed(await answer("/b")).reason
        clock.turn(seconds=1)
        assert isinstance(await answer("/b"), Fetched)
        await fetcher.aclose()

    asyncio.run(ask())


def test_a_page_that_is_not_there_says_nothing_about_its_host(server: PageServer) -> None:
    server.say("/b", Reply(b"{}"))
    assert [type(answer) for answer in get(server.url("/a", HOST), server.url("/b", HOST))] == [FetchFailed, Fetched]


@pytest.mark.parametrize(
    "url",
    ["http://xn--a/", "http://xn--a.example/x", "http://xn--\u00fc/", "http://a..b/", "http://[::1", "http://h:99999/"],
)
def test_a_name_that_is_none_is_one_sentence(url: str) -> None:
    [answer] = get(url)
    assert isinstance(answer, FetchFailed)
    assert answer.reason.endswith((" does not resolve.", "it should look like https://status.example.com."))


def test_a_slow_host_holds_up_itself_alone(server: PageServer) -> None:
    """One request at a time: the other host is read while the first one does not answer."""
    held = Event()
    server.say("/slow", Reply(b"{}", hold=held))
    server.say(PAGE, Reply(b"{}"))
    names = Names(slow_test=[["127.0.0.1"]], quick_test=[["127.0.0.1"]])

    async def story() -> None:
        fetcher = Fetcher(
            lambda: NOON,
            concurrency=1,
            allow_hosts=["slow.test", "quick.test"],
            resolve=names,
            slow_s=0.05,
            fast=FAST.get(),
        )
        try:
            for _ in range(2):
                held.clear()
                slow = asyncio.create_task(fetcher.get(server.url("/slow", "slow.test"), "house", None))
                assert isinstance(await fetcher.get(server.url(PAGE, "quick.test"), "house", None), Fetched)
                assert not slow.done()
                held.set()
                assert isinstance(await slow, Fetched)
        finally:
            await fetcher.aclose()

    asyncio.run(story())


def test_who_is_cancelled_while_it_waits_gives_its_groups_place_back(server: PageServer) -> None:
    held = Event()
    server.say("/slow", Reply(b"{}", hold=held))
    server.say(PAGE, Reply(b"{}"))
    names = Names(slow_test=[["127.0.0.1"]], quick_test=[["127.0.0.1"]])

    async def story() -> None:
        fetcher = Fetcher(
            lambda: NOON, concurrency=1, per_group=1, allow_hosts=["slow.test", "quick.test"], resolve=names
        )
        try:
            first = asyncio.create_task(fetcher.get(server.url("/slow", "slow.test"), "one", None))
            waiting = asyncio.create_task(fetcher.get(server.url(PAGE, "quick.test"), "two", None))
            for _ in range(20):
                await asyncio.sleep(0)
            waiting.cancel()
            held.set()
            assert isinstance(await first, Fetched)
            async with asyncio.timeout(5):
                assert isinstance(await fetcher.get(server.url(PAGE, "quick.test"), "two", None), Fetched)
        finally:
            await fetcher.aclose()

    asyncio.run(story())


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


def test_a_page_of_unknown_kind_is_read_up_to_a_limit_of_its_own(server: PageServer) -> None:
    server.say(PAGE, Reply(b"x" * 1000))

    async def ask(group: str) -> Answer:
        fetcher = Fetcher(
            lambda: NOON, group_max_bytes={"detection": 999}, allow_hosts=[HOST], resolve=LOOPBACK, fast=FAST.get()
        )
        try:
            return await fetcher.get(server.url(PAGE, HOST), group, None)
        finally:
            await fetcher.aclose()

    assert isinstance(asyncio.run(ask("house")), Fetched)
    assert getattr(asyncio.run(ask("detection")), "kind", None) is FetchFailure.TOO_LARGE
