"""Feeds: history without a state, whose updates must keep their ids while vendors edit."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Incident, IncidentKind, Phase
from bot.monitor.parsing.feed_updates import one_update
from bot.monitor.provider import Body
from bot.monitor.providers import BY_KIND
from bot.monitor.providers.feed import looks_like_feed
from tests.monitor.providers.bodies import NOW, PAGES, page, read


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def incidents(name: str) -> tuple[Incident, ...]:
    return read(page(f"feeds/{name}"), "rss").incidents


def listed(*updates: tuple[str, str, str]) -> str:
    return "".join(f"<p><small>{at}</small><br><strong>{label}</strong> - {text}</p>" for at, label, text in updates)


def entry(content: str, published: str, updated: str) -> Incident:
    """The one entry of a feed with this content."""
    xml = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>T</title>"
        f"<published>{published}</published><updated>{updated}</updated>"
        "<link href='https://a.example/incidents/abc'/>"
        f"<content type='html'>{escape(content)}</content></entry></feed>"
    )
    (found,) = read(Body("https://a.example/history.atom", xml.encode()), "rss").incidents
    return found


@pytest.mark.parametrize("path", sorted(PAGES.glob("feeds/*")), ids=lambda path: path.name)
def test_a_feed_tells_no_state(path: Path) -> None:
    snapshot = read(page(f"feeds/{path.name}"), "rss")
    assert (snapshot.level, snapshot.status_text, snapshot.components) == (None, "", ())
    assert snapshot.incidents
    assert {(i.level, i.impact) for i in snapshot.incidents} == {(None, None)}


def test_a_listed_maintenance_has_its_window() -> None:
    buoys, _ = incidents("history.atom")
    assert (buoys.id, buoys.kind, buoys.phase) == ("main00000007", IncidentKind.MAINTENANCE, Phase.SCHEDULED)
    assert (buoys.started, buoys.planned_end) == (utc("2026-01-10T07:00"), utc("2026-01-10T10:00"))
    assert [(u.at, u.text) for u in buoys.updates] == [(utc("2026-01-02T18:00"), "We set new buoys.")]


def test_a_window_may_name_its_zone_twice_and_hold_fixed_blanks() -> None:
    window = "<p><strong>THIS IS A SCHEDULED EVENT Mar <var>8</var>, <var>16:30</var> UTC &nbsp;-&nbsp; "
    window += "Mar <var>9</var>, <var>04:00</var> UTC</strong></p>"
    work = entry(
        window + listed(("Mar 2, 15:26 UTC", "Scheduled", "New masts.")), "2026-03-08T16:30", "2026-03-02T15:26"
    )
    assert (work.started, work.planned_end) == (utc("2026-03-08T16:30"), utc("2026-03-09T04:00"))


def test_listed_updates_get_their_year_zone_phase_and_id() -> None:
    _, ice = incidents("history.atom")
    assert (ice.kind, ice.phase, ice.title) == (IncidentKind.INCIDENT, Phase.RESOLVED, "Ice on the quay")
    assert (ice.started, ice.resolved) == (utc("2026-01-01T05:00"), utc("2026-01-01T08:30"))
    assert [(u.id, u.phase, u.text) for u in ice.updates] == [
        ("inci00000008:20260101T050000Z.01", None, "Nobody is out."),
        ("inci00000008:20260101T075000Z.01", Phase.MONITORING, "We salt."),
        ("inci00000008:20260101T075000Z.02", Phase.MONITORING, "Less of it."),
        ("inci00000008:20260101T083000Z.01", Phase.RESOLVED, "Salt helped.\nThank you & good night."),
    ]


def test_the_years_turn_where_the_months_run_back() -> None:
    content = listed(("Jan 1, 00:10 UTC", "Resolved", "c"), ("Dec 31, 23:50 UTC", "Investigating", "b"))
    found = entry(content, "2025-01-01T00:10:00Z", "2026-08-01T00:00:00Z")
    assert [u.at for u in found.updates] == [utc("2024-12-31T23:50"), utc("2025-01-01T00:10")]


def test_the_years_run_back_over_long_silences() -> None:
    days = ("Jan 5", "Sep 1", "Mar 1", "Apr 1", "Apr 1")
    content = listed(*((f"{day}, 10:00 UTC", "Update", day) for day in days))
    found = entry(content, "2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z")
    assert [u.at.year for u in found.updates] == [2024, 2024, 2025, 2025, 2026]
    assert [u.at.month for u in found.updates] == [4, 4, 3, 9, 1]


def test_no_update_is_from_after_its_entry() -> None:
    found = entry(listed(("Jun 30, 10:00 UTC", "Resolved", "x")), "2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z")
    assert found.updates[0].at == utc("2025-06-30T10:00")


def test_a_word_that_is_not_known_ends_and_reopens_nothing() -> None:
    content = listed(("Aug 5, 11:00 UTC", "Whistling", "x"), ("Aug 5, 10:00 UTC", "Resolved", "x"))
    found = entry(content, "2026-08-05T11:00:00Z", "2026-08-05T11:00:00Z")
    assert (found.phase, found.resolved) == (Phase.RESOLVED, utc("2026-08-05T10:00"))


def test_a_link_that_items_share_names_none_of_them() -> None:
    item = (
        "<item><title>{0}</title><link>https://a.example/{1}</link><pubDate>Mon, 01 Jun 2026 10:00 GMT</pubDate></item>"
    )
    items = "".join(item.format(*names) for names in [("A", "all"), ("B", "all"), ("C", "own")])
    found = read(Body("x", f"<rss><channel>{items}</channel></rss>".encode()), "rss").incidents
    assert [i.title for i in found] == ["A", "B", "C"]
    assert [i.id.startswith("https://") for i in found] == [False, False, True]


def test_an_edit_after_years_moves_no_update() -> None:
    content = listed(("Aug 5, 10:00 UTC", "Resolved", "root cause"))
    found = entry(content, "2024-08-05T10:00:00Z", "2026-09-01T00:00:00Z")
    assert found.updates[0].at == utc("2024-08-05T10:00")


def test_rss_and_atom_tell_the_same() -> None:
    (found,) = incidents("history.rss")
    assert (found.id, found.phase) == ("inci00000001", Phase.IDENTIFIED)
    assert [(u.at, u.phase, u.text) for u in found.updates] == [
        (utc("2026-06-03T11:02"), Phase.INVESTIGATING, "We look at the cranes."),
        (utc("2026-06-03T12:00"), Phase.IDENTIFIED, "A winch is worn."),
    ]


def test_a_status_line_is_the_phase_and_not_the_text() -> None:
    still, frozen = incidents("labelled.atom")
    assert (still.id, still.phase) == ("01HZZZZZZZ00000000000000B1", Phase.MONITORING)
    assert still.updates[0].text.startswith("They roll. We hope the problem is resolved.")
    assert (frozen.phase, frozen.updates[0].text) == (Phase.RESOLVED, "Thawed & greased, 2 < 3 hours.")


def test_plain_items_are_one_update_each() -> None:
    west, weft, spindles, shuttle, dyes, undated = incidents("blocks.rss")
    assert (west.id, west.phase) == ("threads-torn-in-the-west@20260821T162909Z", Phase.INVESTIGATING)
    assert west.updates[0].text == (
        "We are investigating torn threads. We will write when they are restored.\n\nMore soon."
    )
    assert (weft.id, weft.phase) == ("https://loom.example/#weft_1566553182", Phase.RESOLVED)
    assert weft.started == weft.resolved == utc("2026-08-20T09:39:42")
    assert re.fullmatch(r"[0-9a-f]{16}", spindles.id)
    assert (spindles.phase, spindles.url) == (Phase.RESOLVED, None)
    assert spindles.updates[0].text == "Spindles & bobbins turn."
    assert (shuttle.id, shuttle.kind, shuttle.phase) == ("m-1", IncidentKind.MAINTENANCE, Phase.IN_PROGRESS)
    assert shuttle.url == "https://status.acme.example/status/maintenance/m-1"
    assert shuttle.started == utc("2026-08-19T05:00")
    assert (dyes.phase, dyes.kind) == (None, IncidentKind.INCIDENT)
    assert (undated.phase, undated.started) == (Phase.RESOLVED, NOW)
    assert (weft.title, spindles.title) == ("Slow weft", "Spindles")


def test_items_of_one_incident_are_its_updates() -> None:
    (oven,) = incidents("one_item_an_update.rss")
    assert (oven.id, oven.title, oven.phase) == ("77", "Oven recovered", Phase.RESOLVED)
    assert (oven.started, oven.resolved) == (utc("2026-06-02T10:00"), utc("2026-06-02T10:20"))
    assert [u.text for u in oven.updates] == ["We are investigating the oven.", "The oven recovered."]


def by_entries(*entries: tuple[str, str], link: str = "u1", newest_first: bool = True) -> tuple[Incident, ...]:
    """Of a feed with an entry for each update, an hour apart."""
    items = [
        f"<item><title>{title}</title><description>{text}</description>"
        f"<link>https://s.example/incidents/{link.format(i)}</link>"
        f"<pubDate>Mon, 01 Jun 2026 {10 + i}:00:00 GMT</pubDate></item>"
        for i, (title, text) in enumerate(entries)
    ]
    listed = "".join(items[::-1] if newest_first else items)
    feed = f'<rss version="2.0"><channel><title>S</title>{listed}</channel></rss>'
    return read(Body("https://s.example/rss", feed.encode()), "rss").incidents


def one_by_one(*entries: tuple[str, str], link: str = "u1", newest_first: bool = True) -> Incident:
    (found,) = by_entries(*entries, link=link, newest_first=newest_first)
    return found


@pytest.mark.parametrize("newest_first", [True, False])
def test_planned_work_stays_planned_work_to_its_end(newest_first: bool) -> None:
    told = ("[Scheduled] Upgrade", "Soon."), ("[Identified] Upgrade", "Halfway."), ("[Ended] Upgrade", "Over.")
    work = one_by_one(*told, newest_first=newest_first)
    assert (work.kind, work.phase) == (IncidentKind.MAINTENANCE, Phase.COMPLETED)
    assert [u.phase for u in work.updates] == [Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.COMPLETED]
    assert (work.started, work.resolved) == (utc("2026-06-01T10:00"), utc("2026-06-01T12:00"))


def test_an_incident_is_one_whatever_work_mends_it() -> None:
    told = ("[Investigating] Slow", "We look."), ("Slow", "An emergency maintenance has been completed.")
    slow = one_by_one(*told)
    assert (slow.kind, slow.phase) == (IncidentKind.INCIDENT, Phase.RESOLVED)
    assert [u.phase for u in slow.updates] == [Phase.INVESTIGATING, Phase.RESOLVED]


def test_a_blog_has_a_page_for_each_stage_that_a_title_names() -> None:
    slow = one_by_one(("[En cours] Slow", "We look."), ("[Résolu] Slow", "Over."), link="post-{}")
    assert (slow.kind, slow.title, slow.phase) == (IncidentKind.INCIDENT, "Slow", Phase.RESOLVED)
    assert [u.phase for u in slow.updates] == [Phase.IDENTIFIED, Phase.RESOLVED]


def test_two_incidents_of_one_name_are_two() -> None:
    over_twice = ("[Resolved] Slow", "Over."), ("[Resolved] Slow", "Over again.")
    begun_twice = ("Investigating: Slow", "We look."), ("Investigating: Slow", "We look again.")
    for told in (over_twice, begun_twice, (("Slow", "We look."), ("Slow", "Over."))):
        assert len(by_entries(*told, link="post-{}")) == 2


@pytest.mark.parametrize(
    ("title", "planned"),
    [
        ("Travaux planifiés", True),
        ("Intervention planifiée sur le réseau", True),
        ("Lavori programmati", True),
        ("Geplante Arbeiten am Netz", True),
        ("Planned work: switch upgrade", True),
        ("Geplande werkzaamheden", True),
        ("計画作業", True),
        ("Maintenance of the lock", True),
        ("[In progress] Maintenance of the lock", True),
        ("Tidal gate out of service during maintenance", True),
        ("[In progress] Slow moorings", False),
        ("Problems after maintenance of the lock", False),
        ("Störung nach Wartungsarbeiten", False),
        ("Errors during planned maintenance", False),
        ("Maintenance mode stuck for some skippers", False),
        ("メンテナンス後の障害", False),
        ("Upgrade fails", False),
    ],
)
def test_planned_work_is_what_calls_itself_so(title: str, planned: bool) -> None:
    assert one_update(title, "See below.", NOW)[1] is planned


@pytest.mark.parametrize(
    ("title", "content", "phase"),
    [
        ("[Investigating] Slow", "", Phase.INVESTIGATING),
        ("Resolved: Slow", "We are investigating.", Phase.RESOLVED),
        ("Slow - Operational", "", Phase.RESOLVED),
        ("Slow", "<b>Status: Identified</b><br>Found.", Phase.IDENTIFIED),
        ("Slow", "This incident has been resolved.", Phase.RESOLVED),
        ("Slow", "The majority has recovered.", None),
        ("Slow", "We will write once it is resolved. We are monitoring.", Phase.MONITORING),
        ("Slow", "Unresolved.", None),
        ("Slow", "Scheduled jobs are slow, an open issue.", None),
        ("Slow", "Recovery is in progress.", None),
        ("Database maintenance", "It has been completed.", Phase.COMPLETED),
        ("Scheduled maintenance", "", Phase.SCHEDULED),
        ("Slow", "", None),
    ],
)
def test_the_stage_that_a_text_tells_of(title: str, content: str, phase: Phase | None) -> None:
    assert one_update(title, content, NOW)[0].phase is phase


def test_the_feed_holds_all_since_its_oldest_entry() -> None:
    assert read(page("feeds/history.atom"), "rss").complete_since == utc("2026-01-01T08:30")
    assert read(Body("x", b"<rss><channel><title>Quiet</title></channel></rss>"), "rss").complete_since is None


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        ("https://a.example/history.atom", True),
        ("https://a.example/history.rss?x=1", True),
        ("https://a.example/status/feed/", True),
        ("https://a.example/rss/all", True),
        ("https://a.example/", False),
        ("https://rss.example/status", False),
        ("https://a.example/feedback", False),
    ],
)
def test_some_addresses_look_like_feeds(url: str, feed: bool) -> None:
    assert looks_like_feed(url) is feed


def test_a_bare_host_is_asked_for_its_history() -> None:
    urls = BY_KIND["rss"].state_urls
    assert urls("https://a.example/") == ("https://a.example/history.atom",)
    assert urls("https://a.example/feed") == ("https://a.example/feed",)


# --- laws -----------------------------------------------------------------------------------------------------------


TEXTS = st.text(st.characters(categories=["L", "N", "Z", "P"]), max_size=30).map(lambda text: text.replace("<", ""))
MINUTES = st.lists(st.integers(0, 59), min_size=1, max_size=6).map(lambda minutes: sorted(minutes, reverse=True))


@given(MINUTES, st.data())
def test_an_edited_text_keeps_its_id(minutes: list[int], data: st.DataObject) -> None:
    def ids() -> list[str]:
        content = listed(*((f"Aug 5, 10:{minute:02} UTC", "Update", data.draw(TEXTS)) for minute in minutes))
        found = entry(content, "2026-08-05T10:59:00Z", "2026-08-09T00:00:00Z")
        return [u.id for u in found.updates]

    assert ids() == ids()


@given(MINUTES, st.integers(0, 59))
def test_a_new_update_leaves_the_ids_of_the_others(minutes: list[int], later: int) -> None:
    def ids(posts: list[str]) -> list[str]:
        content = listed(*((at, "Update", "x") for at in posts))
        found = entry(content, "2026-08-05T11:59:00Z", "2026-08-05T11:59:00Z")
        return [u.id for u in found.updates]

    before = [f"Aug 5, 10:{minute:02} UTC" for minute in minutes]
    assert ids([f"Aug 5, 11:{later:02} UTC", *before])[:-1] == ids(before)
