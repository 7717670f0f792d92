"""Every platform is found behind an address: on a host of its own by what answers there, on a known host by name."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain import Slug
from bot.monitor.detect import MAX_REQUESTS, Detected, NotDetected, Source, detect, probes, recognise
from bot.monitor.fetch import Fetcher
from bot.monitor.poller.pages import Failed, Found, find
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND, PROVIDERS
from tests.monitor.providers.bodies import PAGES
from tests.monitor.test_detect import UNKNOWN, drive
from tests.servers import PageServer, Reply
from tests.shelf import PAGES as RECORDED
from tests.shelf import needs_pages, recorded

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOST = "https://status.acme.example"
SITE = b"<!doctype html><html><head><title>Acme</title></head><body>%s</body></html>"
ID = b"5b36dc6502d06804c08349f7"

CACHET = SITE % b"cachethq"
KUMA = SITE % b"<script>window.preloadData = {'config':{'slug':'acme'}}</script>"
LIST = "/api/getMonitorList/a1B2c3"
ROBOT = SITE % f"<script>var pspApiPath = '{LIST}';</script>".encode()

OWN_HOSTS: tuple[tuple[str, str, dict[str, str | bytes], str], ...] = (
    ("statuspage", "", {"/api/v2/summary.json": "statuspage/summary.json"}, ""),
    ("incidentio", "", {"/api/v2/summary.json": "incidentio/summary.json"}, ""),
    ("incidentio", "", {"": "incidentio/page.html"}, ""),
    ("instatus", "", {"/summary.json": "instatus/summary.json"}, ""),
    ("instatus", "", {"/api/v2/summary.json": "instatus/summary.json"}, ""),
    ("instatus", "", {"": "instatus/page.html"}, ""),
    ("betterstack", "", {"/index.json": "betterstack/index.json"}, ""),
    ("hund", "", {"/state_feed/feed": "hund/feed.atom"}, ""),
    ("sorryapp", "", {"/api/v1/status": "sorryapp/status.json"}, ""),
    ("statushub", "", {"/api/statuses": "statushub/statuses.json"}, ""),
    ("statuscast", "", {"": "statuscast/page.html"}, ""),
    ("rootly", "", {"": SITE % b"rootly.com", "/api/v1/status.json": "rootly/status.json"}, ""),
    ("firehydrant", "", {"": SITE % b"firehydrant", "/data/payload.json": "firehydrant/payload.json"}, ""),
    ("cachet", "", {"/api/v1/components?per_page=500": "cachet/components.json"}, ""),
    ("cachet", "", {"": CACHET, "/api/components?include=group&per_page=100": "cachet/v3_components.json"}, "/api"),
    ("cstate", "", {"/index.json": "cstate/index.json"}, ""),
    ("uptimekuma", "/status/acme", {"/api/status-page/acme": "uptimekuma/page.json"}, "/status/acme"),
    ("uptimekuma", "", {"": KUMA, "/api/status-page/acme": "uptimekuma/page.json"}, "/status/acme"),
    ("uptimerobot", "", {"": ROBOT, f"{LIST}?page=1": "uptimerobot/list.json"}, LIST),
    ("checkly", "", {"/summary.json": "checkly/summary.json"}, ""),
    ("openstatus", "", {"": SITE % b"openstatus.dev", "/feed/json": "openstatus/feed.json"}, ""),
    ("ohdear", "", {"": SITE % b"ohdear.app", "/json": "ohdear/page.json"}, ""),
    ("onlineornot", "", {"": "onlineornot/page.html"}, ""),
    ("statusiq", "", {"": SITE % b"enc_statuspage_id", "/rss": "statusiq/rss.xml"}, ""),
    ("gatus", "", {"": SITE % b"gatus", "/api/v1/endpoints/statuses?page=1&pageSize=20": "gatus/statuses.json"}, ""),
    ("uptimecom", "", {"": "uptimecom/page.html"}, ""),
    ("hyperping", "", {"": SITE % b"hyperping.com", "/status.json": "hyperping/status.json"}, ""),
    ("oneuptime", "", {"": SITE % b"oneuptime", "/status-page-api/overview/127.0.0.1": "oneuptime/overview.json"}, ""),
    ("lambstatus", "", {"": SITE % b"lambstatus", "/api/components": "lambstatus/components.json"}, ""),
    ("rss", "", {"": SITE % b"", "/history.atom": "feeds/history.atom"}, "/history.atom"),
    ("aws", "/mirror.json", {"/mirror.json": "aws/events.json"}, "/mirror.json"),
)  # fmt: skip
"""Kind, path that is typed, what answers by path, path that is read from then on."""

NAMED_HOSTS = {
    "https://acme.statuspage.io/incidents/x": ("statuspage", "https://acme.statuspage.io/api/v2/summary.json"),
    "https://statuspage.incident.io/acme": ("incidentio", "https://statuspage.incident.io/acme/api/v2/summary.json"),
    "https://acme.instatus.com": ("instatus", "https://acme.instatus.com/summary.json"),
    "https://acme.betteruptime.com": ("betterstack", "https://acme.betteruptime.com/index.json"),
    "https://acme.statuspal.eu": ("statuspal", "https://statuspal.eu/api/v2/status_pages/acme/summary"),
    "https://acme.hund.io": ("hund", "https://acme.hund.io/state_feed/feed"),
    "https://stats.uptimerobot.com/a1B2c3d4": (
        "uptimerobot",
        "https://stats.uptimerobot.com/api/getMonitorList/a1B2c3d4?page=1",
    ),
    "https://acme.status.io/pages/history/" + ID.decode(): (
        "statusio",
        "https://api.status.io/1.0/status/" + ID.decode(),
    ),
    "https://health.aws.amazon.com/health/status": ("aws", "https://health.aws.amazon.com/public/currentevents"),
    "https://status.cloud.google.com": ("google", "https://status.cloud.google.com/incidents.json"),
    "https://www.google.com/appsstatus/dashboard/": (
        "google",
        "https://www.google.com/appsstatus/dashboard/incidents.json",
    ),
    "https://azure.status.microsoft/en-us/status": (
        "azure",
        "https://rssfeed.azure.status.microsoft/en-us/status/feed/",
    ),
    "https://status.cloud.microsoft": ("m365", "https://status.cloud.microsoft/api/posts/mac"),
    "https://status.slack.com": ("slack", "https://slack-status.com/api/v2.0.0/current"),
    "https://status.heroku.com": ("heroku", "https://status.heroku.com/api/v4/current-status"),
    "https://status.salesforce.com": ("salesforce", "https://api.status.salesforce.com/v1/instances/status/preview"),
    "https://status.zendesk.com/?subdomain=acme": (
        "zendesk",
        "https://status.zendesk.com/api/ssp/incidents.json?subdomain=acme",
    ),
    "https://status.stripe.com": ("stripe", "https://status.stripe.com/current/full"),
    "https://acme.hyperping.app": ("hyperping", "https://acme.hyperping.app/status.json"),
    "https://app.pulsetic.com/status/hA7bour1": ("pulsetic", "https://api.pulsetic.com/public/status/hA7bour1"),
    "https://acme.freshstatus.io": ("freshstatus", "https://acme.freshstatus.io"),
    "https://status.dev.azure.com": (
        "azuredevops",
        "https://status.dev.azure.com/_apis/status/health?api-version=7.1-preview.1",
    ),
    "https://status.adobe.com": ("adobe", "https://data.status.adobe.com/adobestatus/StatusEvents"),
    "https://status.playstation.com": (
        "playstation",
        "https://status.playstation.com/data/statuses/region/SCEA.json",
    ),
    "https://www.nintendo.co.jp/netinfo/en_US/index.html": (
        "nintendo",
        "https://www.nintendo.co.jp/netinfo/en_US/status.json",
    ),
    "https://metastatus.com": ("metastatus", "https://metastatus.com/data/orgs.json"),
    "https://infomaniakstatus.com": ("infomaniak", "https://api.infomaniak.com/2/events"),
}


def content(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else (PAGES / name).read_bytes()


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as running:
        yield running


@pytest.mark.parametrize(("kind", "typed", "web", "read"), OWN_HOSTS, ids=lambda value: str(value)[:24])
def test_a_platform_is_found_on_a_host_of_its_own(
    server: PageServer, kind: str, typed: str, web: dict[str, str | bytes], read: str
) -> None:
    for path, name in web.items():
        as_html = content(name).lstrip()[:9].lower() == b"<!doctype"
        server.say(path or "/", Reply(content(name), content_type="text/html" if as_html else "application/json"))

    assert asyncio.run(searched(server.url(typed))) == Found(kind, server.url(read))
    asked = Counter(asked.path for asked in server.asked)
    assert max(asked.values()) == 1
    assert len(asked) <= MAX_REQUESTS
    if web.get("") or typed:
        assert len(asked) <= (MAX_REQUESTS if kind == "rss" else 4)


UNMARKED: tuple[tuple[str, str, str, str], ...] = (
    ("statuspage", "/api/v2/summary.json", "statuspage/summary.json", ""),
    ("instatus", "/summary.json", "instatus/summary.json", ""),
    ("openstatus", "/summary.json", "openstatus/summary.json", ""),
    ("checkly", "/summary.json", "checkly/summary.json", ""),
    ("betterstack", "/index.json", "betterstack/index.json", ""),
    ("cstate", "/index.json", "cstate/index.json", ""),
    ("statusiq", "/rss", "statusiq/rss.xml", ""),
    ("rss", "/rss", "feeds/blocks.rss", "/rss"),
    ("sorryapp", "/api/v1/status", "sorryapp/status.json", ""),
    ("cachet", "/api/v1/components?per_page=500", "cachet/components.json", ""),
    ("cachet", "/api/components?include=group&per_page=100", "cachet/v3_components.json", "/api"),
    ("hund", "/state_feed/feed", "hund/feed.atom", ""),
    ("statushub", "/api/statuses", "statushub/statuses.json", ""),
)
"""Kind, the one path that answers, with what, and where the page is read from then on; in the order of asking."""
RARE = (
    ("rootly", "/api/v1/status.json", "rootly/status.json"),
    ("firehydrant", "/data/payload.json", "firehydrant/payload.json"),
    ("openstatus", "/feed/json", "openstatus/feed.json"),
    ("ohdear", "/json", "ohdear/page.json"),
    ("gatus", "/api/v1/endpoints/statuses", "gatus/statuses.json"),
)
"""For what no request is left on a host that tells nothing of itself."""


@pytest.mark.parametrize("site", [None, SITE % b"<div id=app></div>", b'{"error":"not found"}'], ids=repr)
@pytest.mark.parametrize(("kind", "path", "name", "read"), UNMARKED, ids=lambda value: str(value)[:24])
def test_a_platform_is_found_where_its_api_alone_answers(
    server: PageServer, kind: str, path: str, name: str, read: str, site: bytes | None
) -> None:
    """Whatever the host makes of paths that it does not know: an error, the page of an app, or JSON that says so."""
    if site is not None:
        server.otherwise = Reply(site, content_type="text/html" if site.startswith(b"<") else "application/json")
    server.say(path, Reply(content(name), content_type="application/json"))
    assert asyncio.run(searched(server.url())) == Found(kind, server.url(read))
    assert len(server.asked) <= MAX_REQUESTS


async def searched(url: str) -> object:
    fetcher = Fetcher(lambda: NOON, allow_hosts=["127.0.0.1"])
    try:
        return await find(fetcher, url)
    finally:
        await fetcher.aclose()


@pytest.mark.parametrize(("kind", "path", "name"), [(*row[:3],) for row in UNMARKED] + [*RARE], ids=repr)
def test_whatever_the_host_tells_of_itself_the_address_of_the_api_does(kind: str, path: str, name: str) -> None:
    end, asked = drive(HOST + path, {HOST + path: content(name), "*": SITE % b"<div id=app></div>"})
    assert isinstance(end, Detected)
    assert end.kind == kind
    assert len(asked) <= 2


@pytest.mark.parametrize(("kind", "path", "name"), RARE, ids=repr)
def test_what_is_rare_and_does_not_show_itself_is_not_looked_for(kind: str, path: str, name: str) -> None:
    url = BY_KIND[kind].state_urls(HOST)[0]
    end, asked = drive(HOST, {url: content(name), "*": SITE % b"<div id=app></div>"})
    assert end == NotDetected(UNKNOWN)
    assert (url in asked, len(asked)) == (False, MAX_REQUESTS)


@pytest.mark.parametrize(("kind", "path", "name", "read"), UNMARKED[:-2], ids=lambda value: str(value)[:24])
def test_a_path_on_a_host_about_status_does_not_hide_the_page(kind: str, path: str, name: str, read: str) -> None:
    end, asked = drive(f"{HOST}/en/", {HOST + path: content(name)})
    assert isinstance(end, Detected)
    assert (end.kind, end.page_url) == (kind, HOST + read)
    assert len(asked) <= MAX_REQUESTS


PRIVATE = "127.0.0.1 answers 401 Unauthorized. Whoever runs Lookout can set what it asks for."


@pytest.mark.parametrize(
    ("reply", "reason", "most"),
    [
        (Reply(b"", 401), PRIVATE, MAX_REQUESTS),
        (Reply(b"", 403), "127.0.0.1 answers 403 Forbidden.", MAX_REQUESTS),
        (Reply(b"", 503), "127.0.0.1 answers 503 Service Unavailable.", 3),
        (Reply(b"", 429), "127.0.0.1 asks to be read less often (429).", 1),
    ],
    ids=["private", "forbidden", "broken", "busy"],
)
def test_why_nothing_was_found_is_what_the_host_says(server: PageServer, reply: Reply, reason: str, most: int) -> None:
    server.otherwise = reply
    found = asyncio.run(searched(server.url()))
    assert isinstance(found, Failed)
    assert found.reason == reason
    assert len(server.asked) <= most


def test_errors_beside_a_page_do_not_end_the_search(server: PageServer) -> None:
    server.otherwise = Reply(b"", 500)
    server.say("/", Reply(SITE % b"", content_type="text/html"))
    server.say("/api/statuses", Reply(content("statushub/statuses.json")))
    assert asyncio.run(searched(server.url())) == Found("statushub", server.url())


def test_a_page_below_the_path_of_a_host_about_status_is_found_there() -> None:
    summary = "/api/v2/summary.json"
    web = {
        HOST + summary: content("statuspage/summary.json"),
        f"{HOST}/eu{summary}": content("incidentio/summary.json"),
    }
    end, asked = drive(f"{HOST}/eu", web)
    assert isinstance(end, Detected)
    assert (end.kind, end.page_url, len(asked)) == ("incidentio", f"{HOST}/eu", 1)


def test_a_feed_on_the_way_to_a_state_waits_for_the_states() -> None:
    feed, state = content("feeds/blocks.rss"), content("statushub/statuses.json")
    end, _ = drive(HOST, {f"{HOST}/rss": feed, f"{HOST}/api/statuses": state})
    assert isinstance(end, Detected)
    assert (end.kind, end.page_url) == ("statushub", HOST)


@pytest.mark.parametrize("url", NAMED_HOSTS)
def test_a_known_host_is_asked_in_its_own_format_first(url: str) -> None:
    kind, first = NAMED_HOSTS[url]
    assert probes(url)[0][:2] == (kind, first)


def test_every_platform_is_in_one_of_the_tables() -> None:
    alone = {"statusio", "pagerduty", "upptime", "apple"}
    assert {kind for kind, *_ in OWN_HOSTS} | {kind for kind, _ in NAMED_HOSTS.values()} | alone == set(BY_KIND)


STATUSIO = "https://api.status.io/1.0/status/" + ID.decode()
STATUSPAL = "https://statuspal.io/api/v2/status_pages/acme/summary"
FRESHSTATUS = "https://public-api.freshstatus.io/v1/public-incidents/?account_id=8123"
UPPTIME = "https://raw.githubusercontent.com/acme/status/master/history/summary.json"


@pytest.mark.parametrize(
    ("markup", "api", "name", "page"),
    [
        (b"<div data-statuspage_id='%s'></div>" % ID, STATUSIO, "statusio/status.json", STATUSIO),
        (
            b"<b class='system-status type-none'></b><a href='https://acme.statuspal.io'>",
            STATUSPAL,
            "statuspal/summary.json",
            STATUSPAL,
        ),
        (
            b"Upptime <a href='https://github.com/acme/status'>",
            UPPTIME,
            "upptime/summary.json",
            "https://github.com/acme/status",
        ),
        (b"freshstatus <a href='/x?account_id=8123'>", FRESHSTATUS, "freshstatus/incidents.json", FRESHSTATUS),
    ],
    ids=["statusio", "statuspal", "upptime", "freshstatus"],
)
def test_html_leads_to_an_address_on_another_host(markup: bytes, api: str, name: str, page: str) -> None:
    end, asked = drive(HOST, {HOST: SITE % markup, api: content(name)})
    assert isinstance(end, Detected)
    assert end.page_url == page
    assert asked == [f"{HOST}/api/v2/summary.json", HOST, api]


def test_a_page_that_is_sent_on_is_found_where_it_went() -> None:
    there = "https://acme.instatus.com"
    web = {
        HOST + "/": Body(there + "/", SITE % b""),
        there + "/summary.json": Body(there + "/summary.json", content("instatus/summary.json")),
    }
    steps, body = detect(HOST + "/"), None
    asked: list[str] = []
    try:
        while True:
            asked.append(steps.send(body))
            body = web.get(asked[-1])
    except StopIteration as end:
        found = end.value
    assert (found.kind, found.page_url) == ("instatus", there)
    assert asked[2:] == [there + "/summary.json"]


def test_what_is_known_to_be_no_good_is_passed_over() -> None:
    web = {
        HOST + "/api/v2/summary.json": content("statuspage/summary.json"),
        HOST + "/index.json": content("betterstack/index.json"),
    }
    steps, body, excluded = detect(HOST, excluded=[Source("statuspage", HOST)]), None, None
    try:
        while True:
            address = steps.send(body)
            body = Body(address, web[address]) if address in web else None
    except StopIteration as end:
        excluded = end.value
    assert (excluded.kind, excluded.page_url) == ("betterstack", HOST)


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_no_page_of_the_project_is_taken_for_another_platform(path: Path) -> None:
    kind = {"feeds": "rss"}.get(path.parent.name, path.parent.name)
    body = Body(str(path), path.read_bytes())
    claimed = {provider.kind for provider in PROVIDERS if provider.recognises(body)} - {"rss"}
    assert claimed <= {kind}


def test_a_platform_that_lists_no_components_does_not_promise_to() -> None:
    """Else a page that moved there would count as emptied."""
    listing = set()
    for path in PAGES.rglob("*.*"):
        body = Body(str(path), path.read_bytes())
        for provider in PROVIDERS:
            with suppress(ParseFailed):
                if provider.recognises(body) and provider.parse(Slug("acme"), (body,), NOON).components:
                    listing.add(provider.kind)
    assert {provider.kind for provider in PROVIDERS if provider.lists_all_components} <= listing


@needs_pages
@pytest.mark.parametrize("path", recorded("**/*.*"), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_no_recorded_page_is_taken_for_another_platform(path: Path) -> None:
    kind = {"gcp": "google", "googleworkspace": "google"}.get(path.parent.name, path.parent.name)
    body = Body(str(path), path.read_bytes())
    claimed = {provider.kind for provider in PROVIDERS if provider.recognises(body)} - {"rss"}
    if path.parent == RECORDED:
        assert not claimed
    elif path.suffix == ".atom":
        assert recognise(body) == "rss"
    elif path.suffix != ".txt":
        assert claimed == {kind}
