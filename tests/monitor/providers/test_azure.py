"""Azure: a feed of what is going on now; an end is that an item is gone."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.domain import Level, Phase
from bot.monitor.news import judge
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import ACME, CERTAIN, NOW, page, read
from tests.shelf import needs_pages, recorded

AZURE = BY_KIND["azure"]
FEED = "https://rssfeed.azure.status.microsoft/en-us/status/feed/"


def test_quiet_is_a_channel_without_items() -> None:
    snapshot = read(page("azure/quiet.xml"), "azure")
    assert (snapshot.level, snapshot.components, snapshot.incidents) == (Level.OPERATIONAL, (), ())
    assert AZURE.recognises(page("azure/quiet.xml"))


def test_items_name_services_and_regions_in_one_list() -> None:
    snapshot = read(page("azure/two.xml"), "azure")
    assert snapshot.level is Level.DEGRADED
    trouble, advice = snapshot.incidents
    assert trouble.id == "made-up-trouble-in-uk-south@20260601T113000Z"
    assert (trouble.title, trouble.phase, trouble.level) == (
        "Made-up trouble in UK South",
        Phase.INVESTIGATING,
        Level.DEGRADED,
    )
    assert (trouble.components, trouble.regions) == (("Virtual Machines", "Load Balancer"), ("UK South",))
    assert [(u.at, u.text) for u in trouble.updates] == [
        (datetime(2026, 6, 1, 11, 30, tzinfo=UTC), "We look into it.\n\nMore at 14:00 & later.")
    ]
    assert (advice.components, advice.regions) == ((), ())
    assert [(c.name, c.level, c.region) for c in snapshot.components] == [
        ("Virtual Machines", Level.DEGRADED, "UK South"),
        ("Load Balancer", Level.DEGRADED, "UK South"),
    ]


def test_an_item_that_is_gone_on_a_second_reading_is_over() -> None:
    before, quiet = read(page("azure/two.xml"), "azure"), read(page("azure/quiet.xml"), "azure")
    once = judge(before, quiet, NOW)
    assert [i.id for i in once.missing] == [i.id for i in before.incidents]
    again = AZURE.parse_history(ACME, (page("azure/quiet.xml"),))
    twice = judge(before, quiet, NOW, history=again, context=CERTAIN)
    assert (twice.missing, [i.vanished for i in twice.snapshot.incidents]) == ((), [True, True])
    back = judge(before, quiet, NOW, history=AZURE.parse_history(ACME, (page("azure/two.xml"),)), context=CERTAIN)
    assert not any(i.vanished for i in back.snapshot.incidents)


def test_the_same_title_on_another_day_is_another_incident() -> None:
    later = page("azure/two.xml").content.replace(b"Mon, 01 Jun 2026 11:30", b"Wed, 03 Jun 2026 09:00")
    ids = {read(Body("", content), "azure").incidents[0].id for content in (later, page("azure/two.xml").content)}
    assert len(ids) == 2


@pytest.mark.parametrize("change", [(b"Azure Status", b"Acme Status"), (b"01 Jun 2026 11:30:00 Z", b"soon")])
def test_what_is_another_feed_or_has_no_time_fails(change: tuple[bytes, bytes]) -> None:
    with pytest.raises(ParseFailed):
        read(Body("", page("azure/two.xml").content.replace(*change)), "azure")


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://azure.status.microsoft/en-us/status", FEED),
        ("https://status.azure.com/", FEED),
        ("https://azure.status.microsoft/de-de/status/feed/", "https://azure.status.microsoft/de-de/status/feed/"),
        ("https://status.acme.example/", "https://status.acme.example/"),
    ],
)
def test_what_is_asked_for(url: str, asked: str) -> None:
    assert AZURE.state_urls(url) == AZURE.history_urls(url) == (asked,)


@needs_pages
@pytest.mark.parametrize("path", recorded("azure/*.xml"), ids=lambda path: path.name)
def test_recorded_feeds(path: Path) -> None:
    items = list(ElementTree.parse(path).getroot().iter("item"))
    snapshot = read(Body(str(path), path.read_bytes()), "azure")
    assert snapshot.level is (Level.DEGRADED if items else Level.OPERATIONAL)
    for item, incident in zip(items, snapshot.incidents, strict=True):
        at = parsedate_to_datetime((item.findtext("pubDate") or "").replace(" Z", " +0000")).astimezone(UTC)
        assert incident.id == f"{item.findtext('guid')}@{at:%Y%m%dT%H%M%SZ}"
        assert (incident.started, incident.title) == (at, (item.findtext("title") or "").strip())
        assert incident.is_open
        categories = [category.text for category in item.findall("category")]
        assert sorted((*incident.components, *incident.regions)) == sorted(map(str, categories))
        assert all(re.search(r"\b(US|Europe|Asia|UK)\b", region) for region in incident.regions)
        (update,) = incident.updates
        text = html.unescape(re.sub(r"<[^>]+>", " ", item.findtext("description") or ""))
        assert (update.at, update.text.split()) == (at, text.split())
