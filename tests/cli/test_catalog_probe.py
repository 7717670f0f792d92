"""Holding a catalog against the web: what is noted, where a run goes on, what its changes do to a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.catalog import CatalogError
from bot.cli.catalog_probe import ProbeResult, ResultFile, Source, apply, diff_text, probe_all, read_diff
from bot.domain import Slug, Vendor
from bot.monitor.fetch import Fetcher
from bot.monitor.probe import Prober
from bot.threads import Threads
from tests.app.test_own_pages import SUMMARY, loopback, page
from tests.fakes import Clock
from tests.servers import PageServer, Reply

FEED = b"<?xml version='1.0'?><rss version='2.0'><channel><title>Wrong Status</title></channel></rss>"


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as serving:
        yield serving


def vendor(slug: str, page_url: str, kind: str | None) -> Vendor:
    return Vendor(Slug(slug), slug.title(), page_url, page_url, "other", "other", kind=kind)


def looked(*vendors: Vendor, notes: ResultFile | None = None) -> dict[str, ProbeResult]:
    found: dict[str, ProbeResult] = {}

    def note(look: ProbeResult) -> None:
        found[look.slug] = look
        if notes:
            notes.add(look)

    async def through() -> None:
        threads = Threads(1)
        hosts = ("right.example", "wrong.example", "new.example", "gone.example")
        web = Fetcher(Clock(), deadline_s=5, allow_hosts=hosts, resolve=loopback)
        try:
            await probe_all(vendors, Prober(web, threads, Clock()), note, at_once=2)
        finally:
            await web.aclose()
            threads.close()

    asyncio.run(through())
    return found


def test_each_page_is_found_as_it_is(server: PageServer) -> None:
    server.say(SUMMARY, page("Right"))
    server.say("/wrong/index.rss", Reply(FEED, content_type="application/rss+xml"))
    right = vendor("right", server.url(host="right.example"), "statuspage")
    wrong = vendor("wrong", server.url("/wrong/index.rss", "wrong.example"), "instatus")
    new = vendor("new", server.url(host="new.example"), None)
    gone = vendor("gone", "http://gone.example:1", "statuspage")
    found = looked(right, wrong, new, gone)
    assert found["right"].after == found["right"].before == Source("statuspage", right.page_url)
    assert found["wrong"].changed
    assert found["new"].after == Source("statuspage", new.page_url)
    assert found["new"].evidence == {
        "read": f"{new.page_url}{SUMMARY}",
        "calls_itself": "Right",
        "says": "All Systems Operational",
        "components": 1,
        "incidents": 0,
    }
    assert (found["gone"].after, found["gone"].reason) == (None, "gone.example does not accept connections.")
    assert sum(asked.headers["host"].startswith("right.") for asked in server.asked) == 1


def test_a_run_goes_on_where_it_stopped(server: PageServer, tmp_path: Path) -> None:
    server.say(SUMMARY, page("Right"))
    right = vendor("right", server.url(host="right.example"), "statuspage")
    gone = vendor("gone", "http://gone.example:1", "statuspage")
    path = tmp_path / "state.jsonl"
    looked(right, gone, notes=ResultFile(path))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"slug": "cut of')
    notes = ResultFile(path)
    assert [look.slug for look in notes] == ["gone", "right"]
    assert [notes.has(v, count_unreadable=True) for v in (right, gone)] == [True, True]
    assert [notes.has(v, count_unreadable=False) for v in (right, gone)] == [True, False]
    assert not notes.has(replace(right, kind="instatus"), count_unreadable=True)
    assert not notes.has(vendor("other", "https://x.example", None), count_unreadable=True)


def look(slug: str, before: Source, after: Source | None) -> ProbeResult:
    return ProbeResult(Slug(slug), slug.title(), before, after, {"read": "x"}, None if after else "It does not answer.")


def test_changes_alone_are_for_review(tmp_path: Path) -> None:
    same, other = Source("statuspage", "https://a.example"), Source("instatus", "https://a.example")
    looks = [look("a", same, same), look("b", same, other), look("c", same, None)]
    path = tmp_path / "diff.jsonl"
    path.write_text(diff_text(looks), encoding="utf-8")
    assert read_diff(path) == (looks[1],)
    path.write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="line 1"):
        read_diff(path)
    with pytest.raises(CatalogError, match="cannot be read"):
        read_diff(tmp_path / "none")


def test_reviewed_changes_are_applied_to_what_they_were_found_for() -> None:
    def row(slug: str, kind: str | None, **more: str) -> dict[str, object]:
        row: dict[str, object] = {
            "slug": slug,
            "name": slug,
            "page_url": f"https://{slug}.example",
            "category": "x",
            **more,
        }
        return row if kind is None else row | {"kind": kind}

    below = {slug: row(slug, "statuspage") for slug in ("kind", "moved", "api", "shipped", "stale")}
    above = {slug: row for slug, row in below.items() if slug != "shipped"}
    above["stale"] = row("stale", "instatus")

    def change(slug: str, url: str | None = None) -> ProbeResult:
        return look(
            slug, Source("statuspage", f"https://{slug}.example"), Source("statusio", url or f"https://{slug}.example")
        )

    moves = [change("moved", "https://new.example"), change("api", "https://api.example/1/2")]
    applied = apply([change("kind"), *moves, change("shipped"), change("stale"), change("unknown")], above, below)
    assert applied.changed == ("kind", "moved", "api", "shipped")
    assert applied.stale == ("stale", "unknown")
    assert applied.rows["kind"] == row("kind", "statusio")
    assert applied.rows["moved"] == row("moved", "statusio") | {"page_url": "https://new.example"}
    assert applied.rows["api"] == row("api", "statusio") | {
        "page_url": "https://api.example/1/2",
        "human_url": "https://api.example",
    }
    assert applied.rows["shipped"] == {"slug": "shipped", "kind": "statusio"}
    assert applied.rows["stale"] == above["stale"]
