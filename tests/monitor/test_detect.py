"""Detection, driven as a fetcher would: a web of canned answers in a dict, and a list of what was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.monitor.detect import MAX_REQUESTS, Detected, NotDetected, detect, probes, recognise
from bot.monitor.provider import Body
from bot.monitor.providers import BY_KIND, PROVIDERS
from tests.monitor.providers.bodies import page

STATUS = page("statuspage/summary.json").content
CLONE = page("incidentio/summary.json").content
ATOM = page("feeds/history.atom").content
RSS = page("feeds/blocks.rss").content
SITE = b"<!doctype html><html><head><title>Acme</title></head></html>"
HOST = "https://status.acme.example"
SUMMARY = "/api/v2/summary.json"
UNKNOWN = f"No status page of a kind that Lookout reads was found at {HOST}"
UNKNOWN += ": if it has an API or a feed, give its address."


def drive(url: str, web: dict[str, bytes]) -> tuple[Detected | NotDetected, list[str]]:
    """``web`` answers by address; ``*`` is the site's answer to everything else."""
    asked: list[str] = []
    steps = detect(url)
    try:
        wanted = next(steps)
        while True:
            asked.append(wanted)
            content = web.get(wanted, web.get("*"))
            wanted = steps.send(None if content is None else Body(wanted, content))
    except StopIteration as end:
        return end.value, asked


def found(url: str, web: dict[str, bytes]) -> tuple[str, str]:
    end, _ = drive(url, web)
    assert isinstance(end, Detected)
    assert isinstance(end.body, Body)
    assert recognise(end.body) == end.kind
    return end.kind, end.page_url


def test_the_same_path_answers_for_two_platforms() -> None:
    assert found(HOST, {HOST + SUMMARY: STATUS}) == ("statuspage", HOST)
    assert found(HOST, {HOST + SUMMARY: CLONE}) == ("incidentio", HOST)


@pytest.mark.parametrize(
    "url",
    [
        "status.acme.example",
        "https://status.acme.example/",
        "https://status.acme.example/#about",
        "https://status.acme.example/incidents/inci00000001",
        "https://status.acme.example/history.atom",
        "https://status.acme.example/history?page=2",
    ],
)
def test_a_state_is_worth_more_than_a_feed(url: str) -> None:
    web = {HOST + SUMMARY: STATUS, HOST + "/history.atom": ATOM, "*": SITE}
    end, asked = drive(url, web)
    assert isinstance(end, Detected)
    assert (end.kind, end.page_url) == ("statuspage", HOST)
    assert asked == [HOST + SUMMARY]


def test_a_page_below_a_path_is_asked_for_there_first() -> None:
    below = "https://acme.example/status"
    assert found(below, {below + SUMMARY: STATUS, "https://acme.example" + SUMMARY: CLONE}) == ("statuspage", below)
    assert found(below, {"https://acme.example" + SUMMARY: CLONE}) == ("incidentio", "https://acme.example")


def test_a_page_whose_api_is_off_still_has_its_feed() -> None:
    assert found(HOST, {HOST + "/history.atom": ATOM, "*": SITE}) == ("rss", HOST + "/history.atom")
    assert found(HOST, {HOST + "/history.rss": page("feeds/history.rss").content}) == ("rss", HOST + "/history.rss")


def test_a_feed_that_is_given_is_taken() -> None:
    url = "https://acme.example/rss/looms.rss"
    end, asked = drive(url, {url: RSS, "https://acme.example" + SUMMARY: STATUS})
    assert isinstance(end, Detected)
    assert (end.kind, end.page_url, asked) == ("rss", url, [url])
    _, asked = drive(url, {})
    assert [address for address in asked if address.startswith(f"{url}/")] == []
    assert found("https://acme.example/news?format=rss", {"https://acme.example/news?format=rss": RSS})[0] == "rss"


def linking(*links: str) -> bytes:
    return b"<!doctype html><head>%s</head>" % "".join(links).encode()


def test_a_feed_that_the_page_names_is_found() -> None:
    head = linking(
        "<link rel='stylesheet' href='/a.css'>",
        '<LINK href="/updates.xml?a=1&amp;b=2" title="Updates" type="application/rss+xml" rel="alternate">',
    )
    feed = HOST + "/updates.xml?a=1&b=2"
    assert found(HOST, {HOST: head, feed: RSS, HOST + "/history.atom": ATOM}) == ("rss", feed)


def test_a_vendors_blog_is_no_status_feed() -> None:
    link = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'
    site = "https://www.acme.example/support"
    blog = {"https://www.acme.example/blog/feed": RSS}
    end, asked = drive(site, {site: linking(link.format("Blog", "/blog/feed")), **blog})
    assert isinstance(end, NotDetected)
    assert not asked.count("https://www.acme.example/blog/feed")
    assert found(site, {site: linking(link.format("System status", "/blog/feed")), **blog})[0] == "rss"


@pytest.mark.parametrize("href", ["http://[", "javascript:x", "", "mailto:a@b.example"])
def test_links_that_lead_nowhere_are_passed_over(href: str) -> None:
    head = linking(f'<link rel="alternate" type="application/atom+xml" title="status" href="{href}">')
    end, asked = drive(HOST, {HOST: head})
    assert isinstance(end, NotDetected)
    assert set(asked) <= {probe.url for probe in probes(HOST)}


@pytest.mark.parametrize("junk", [SITE, b"", b"{}", b'{"components":[]}', b"[]", b"k", b"<urlset/>", b"\xff"])
def test_an_answer_of_no_known_shape_is_no_page(junk: bytes) -> None:
    end, asked = drive(HOST, {"*": junk})
    assert end == NotDetected(UNKNOWN)
    assert len(asked) == len(set(asked)) <= MAX_REQUESTS


def test_silence_is_told_apart_from_a_page_that_is_not_known() -> None:
    end, _ = drive(HOST, {})
    assert end == NotDetected(f"Nothing at {HOST} answered: check the address, or try later.", answered=False)


@pytest.mark.parametrize(
    "url", ["", "https://", "http://[", "ftp://a.example", "mailto:a@b.example", "file:///etc/passwd"]
)
def test_what_is_no_web_address_is_not_asked_for(url: str) -> None:
    end, asked = drive(url, {"*": STATUS})
    assert isinstance(end, NotDetected)
    assert asked == []


def test_every_provider_takes_part_by_being_in_the_list() -> None:
    asked = {probe.url for probe in probes(HOST)}
    for provider in PROVIDERS:
        assert {provider.state_urls(page)[0] for page in provider.pages_at(HOST)} <= asked
        assert BY_KIND[provider.kind] is provider


def test_hosts_of_one_platform_are_asked_in_its_format_first() -> None:
    assert probes("https://acme.statuspage.io")[0].kind == "statuspage"
    assert probes("https://statuspage.incident.io/acme")[0].kind == "incidentio"
    assert probes("https://notincident.io")[0].kind == "statuspage"


MANY_FEEDS = linking(*['<link rel="alternate" type="application/rss+xml" title="status" href="/a">'] * 9)


@given(st.lists(st.sampled_from([SITE, b"", b"{}", RSS[:200], MANY_FEEDS]), max_size=20))
def test_detection_ends_after_a_handful_of_requests(answers: list[bytes]) -> None:
    steps = detect(HOST)
    asked = [next(steps)]
    while len(asked) <= MAX_REQUESTS:
        content = answers.pop() if answers else None
        try:
            asked.append(steps.send(Body(asked[-1], content) if content is not None else None))
        except StopIteration:
            break
    assert len(asked) == len(set(asked)) <= MAX_REQUESTS
