"""The demo's pages are real ones to the real parser, and its server answers as a page's would."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from bot.catalog import load
from bot.cli.demo import pages
from bot.cli.demo.server import serve
from bot.cli.demo.story import BEGIN, END, KELPCLOUD, PIGEONRY, REPEATED, REPEATS, SITES, Site, change_times, march
from bot.domain import Incident, IncidentKind, Level, Phase, Snapshot
from bot.monitor.provider import Body
from bot.monitor.providers.statuspage import PROVIDER


def body(site: Site, view: str, now: datetime) -> Body:
    content = json.dumps(getattr(pages, view)(site, now)).encode()
    return Body(f"https://a.example/api/v2/{view}.json", content)


def state(site: Site, now: datetime) -> Snapshot:
    return PROVIDER.parse(site.slug, (body(site, "summary", now),), now)


def history(site: Site, now: datetime) -> dict[str, Incident]:
    bodies = (body(site, "incidents", now), body(site, "maintenances", now))
    return {i.id: i for i in PROVIDER.parse_history(site.slug, bodies).incidents}


@pytest.mark.parametrize("site", SITES, ids=lambda s: s.slug)
def test_the_day_begins_and_ends_green(site: Site) -> None:
    for now in (BEGIN, END):
        page = state(site, now)
        assert page.level is Level.OPERATIONAL
        assert not page.incidents
        assert PROVIDER.recognises(body(site, "summary", now))


@pytest.mark.parametrize("site", SITES, ids=lambda s: s.slug)
def test_names_of_the_story_belong_to_no_real_vendor(site: Site) -> None:
    assert load().exact(site.name) is None


def test_the_long_outage_repeats_one_sentence() -> None:
    incident = history(PIGEONRY, END)["pgq7stuck3mr"]
    texts = [update.text for update in incident.updates]
    assert texts.count(REPEATED) == REPEATS == 13
    assert len(texts) == 19
    assert incident.resolved is not None
    assert incident.resolved - incident.started == timedelta(hours=13, minutes=8)
    assert incident.phase is Phase.POSTMORTEM
    assert incident.updates[-1].at - incident.resolved > timedelta(days=6)


def test_the_other_page_turns_red_before_anybody_writes() -> None:
    page = state(KELPCLOUD, march(3, 11, 20))
    assert page.level is Level.PARTIAL_OUTAGE
    assert not page.incidents
    assert state(KELPCLOUD, march(3, 11, 30)).incidents[0].components == ("kcapi1object",)


def test_it_is_edited_closed_too_early_and_reopened() -> None:
    seen: list[Phase | None] = []
    for at in change_times([KELPCLOUD], BEGIN, END):
        incident = history(KELPCLOUD, at).get("kcreaderr5mr")
        if incident and (not seen or seen[-1] != incident.phase):
            seen.append(incident.phase)
    ended, again = Phase.RESOLVED, Phase.INVESTIGATING
    assert seen == [Phase.INVESTIGATING, Phase.IDENTIFIED, ended, again, Phase.MONITORING, ended]
    before, after = (history(KELPCLOUD, march(3, 11, minute))["kcreaderr5mr"].updates for minute in (30, 45))
    assert [u.id for u in before] == [u.id for u in after]
    assert before[0].text != after[0].text


def test_the_maintenance_has_its_window() -> None:
    (planned,) = state(KELPCLOUD, march(3, 17, 0)).incidents
    assert (planned.kind, planned.phase) == (IncidentKind.MAINTENANCE, Phase.SCHEDULED)
    assert (planned.started, planned.planned_end) == (march(4, 22, 0), march(4, 23, 0))
    assert state(KELPCLOUD, march(4, 22, 10)).level is Level.MAINTENANCE


def test_the_server_tells_the_storys_time_and_what_did_not_change() -> None:
    now = [BEGIN]

    def get(url: str, etag: str = "") -> tuple[int, str, bytes]:
        request = urllib.request.Request(url, headers={"If-None-Match": etag})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.headers["ETag"], answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["ETag"], error.read()

    with serve(SITES, lambda: now[0]) as url:
        summary = f"{url(PIGEONRY)}/api/v2/summary.json"
        status, etag, content = get(summary)
        assert status == 200
        assert json.loads(content)["page"]["name"] == "Pigeonry"
        assert get(summary, etag)[0] == 304
        now[0] = datetime(2026, 3, 3, 8, 5, tzinfo=UTC)
        assert get(summary, etag)[0] == 200
        assert get(f"{url(PIGEONRY)}/api/v2/nothing.json")[0] == 404
        assert get(f"{url(PIGEONRY)}/../../etc/passwd")[0] == 404
