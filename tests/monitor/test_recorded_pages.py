"""Real pages, field by field against the raw file. What is expected is worked out here, not by the parsers' code."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.domain import Slug, Snapshot
from bot.monitor.detect import recognise
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from bot.monitor.snapshot_json import to_json
from tests.shelf import needs_pages, recorded

pytestmark = needs_pages

NOW = datetime(2026, 11, 1, tzinfo=UTC)
STATUSPAGES = recorded("statuspage/*.json", "examples/statuspage/*.json")
CLONES = recorded("incidentio/*compat*")
ATOMS = recorded("statuspage/*.atom")
FEEDS = [*ATOMS, *recorded("*/*.xml", "examples/*/*.xml")]
OTHERS = [
    path
    for path in recorded("**/*.*")
    if path not in {*STATUSPAGES, *CLONES, *FEEDS} and path.parent.name != "incidentio"
]

COMPONENT_WORDS = {
    "operational": "operational",
    "under_maintenance": "maintenance",
    "degraded_performance": "degraded",
    "partial_outage": "partial_outage",
    "major_outage": "major_outage",
}
RANK = ["operational", "maintenance", "degraded", "partial_outage", "major_outage"]
OF_INDICATOR = {
    "none": "operational",
    "maintenance": "maintenance",
    "minor": "degraded",
    "major": "partial_outage",
    "critical": "major_outage",
}
OVER = {"resolved", "postmortem", "completed"}


def named(path: Path) -> str:
    return path.name


def body_of(path: Path) -> Body:
    return Body(str(path), path.read_bytes())


def kind_of(path: Path) -> str:
    return "rss" if path in FEEDS else "incidentio" if path in CLONES else "statuspage"


def read(path: Path) -> Snapshot:
    return BY_KIND[kind_of(path)].parse(Slug("acme"), (body_of(path),), NOW)


def probed(path: Path) -> dict[str, Any]:
    """As users get it: out of the JSON of ``probe``."""
    kind = kind_of(path)
    found: dict[str, Any] = json.loads(json.dumps(to_json(Slug("acme"), kind, path.name, read(path))))
    return found


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def said(text: str) -> str:
    if "<br />" in text:
        text = "\n".join(line.strip() for line in text.split("<br />"))
    return html.unescape(text.replace("\r\n", "\n")).strip()


def listed(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return raw.get(key) or []


@pytest.mark.parametrize("path", [*STATUSPAGES, *CLONES, *ATOMS], ids=named)
def test_a_page_is_known_by_its_shape(path: Path) -> None:
    assert recognise(body_of(path)) == kind_of(path)


@pytest.mark.parametrize("path", FEEDS, ids=named)
def test_every_feed_can_be_read_as_one(path: Path) -> None:
    assert BY_KIND["rss"].recognises(body_of(path))


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_nothing_else_is_taken_for_one(path: Path) -> None:
    for kind in ("statuspage", "incidentio", "rss"):
        assert not BY_KIND[kind].recognises(body_of(path))
        with pytest.raises(ParseFailed):
            BY_KIND[kind].parse(Slug("acme"), (body_of(path),), NOW)


@pytest.mark.parametrize("path", [*STATUSPAGES, *CLONES], ids=named)
def test_components_are_those_of_the_file(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    rows = listed(raw, "components")
    groups = {row["id"]: row for row in rows if row.get("group")}

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        parent = groups.get(row.get("group_id"))
        own = (row["position"], rows.index(row))
        return (parent["position"], rows.index(parent), 1, *own) if parent else (*own, 0)

    leaves = sorted((row for row in rows if not row.get("group")), key=place)
    assert probed(path)["components"] == [
        {
            "id": row["id"],
            "name": row["name"].strip(),
            "group": groups[row["group_id"]]["name"].strip() if row.get("group_id") in groups else None,
            "level": COMPONENT_WORDS[row["status"]],
        }
        for row in leaves
    ]
    assert [c.hidden_when_ok for c in read(path).components] == [
        row.get("only_show_if_degraded", False) for row in leaves
    ]


@pytest.mark.parametrize("path", [*STATUSPAGES, *CLONES], ids=named)
def test_incidents_and_maintenances_are_those_of_the_file(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    one = [raw["incident"]] if "incident" in raw else []
    rows = [("incident", row) for row in [*listed(raw, "incidents"), *one]]
    rows += [("maintenance", row) for row in listed(raw, "scheduled_maintenances")]
    found = probed(path)["incidents"]
    assert [(incident["kind"], incident["id"]) for incident in found] == [(kind, row["id"]) for kind, row in rows]
    for (kind, row), incident in zip(rows, found, strict=True):
        assert incident["title"] == row["name"].strip()
        assert incident["phase"] == row["status"]
        assert incident["impact"] == row["impact"]
        starts = row.get("scheduled_for") if kind == "maintenance" else row.get("started_at")
        assert moment(incident["started_at"]) == moment(starts or row.get("created_at"))
        assert moment(incident["resolved_at"]) == (moment(row.get("resolved_at")) if row["status"] in OVER else None)
        page = raw.get("page", {}).get("url", "").rstrip("/")
        assert incident["url"] == (row.get("shortlink") or f"{page}/incidents/{row['id']}")
        assert incident["components"] == components_named(row)
        assert [
            (update["id"], update["phase"], moment(update["at"]), update["text"]) for update in incident["updates"]
        ] == [
            (post.get("id", update["id"]), post["status"], moment(post["display_at"]), said(post["body"]))
            for post, update in zip(reversed(row["incident_updates"]), incident["updates"], strict=True)
        ]


def components_named(row: dict[str, Any]) -> list[str]:
    own = [c["id"] for c in row.get("components") or [] if "id" in c]
    codes = [c["code"] for post in row["incident_updates"][::-1] for c in post.get("affected_components") or []]
    return own or list(dict.fromkeys(codes))


@pytest.mark.parametrize("path", [*STATUSPAGES, *CLONES], ids=named)
def test_the_level_is_the_worst_of_what_the_file_says(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    status = raw.get("status") or {}
    indicator = status.get("indicator", raw.get("page", {}).get("status_indicator"))
    levels = [OF_INDICATOR[indicator]] if indicator else []
    levels += [COMPONENT_WORDS[row["status"]] for row in listed(raw, "components")]
    for row in listed(raw, "incidents"):
        if row["status"] not in OVER:
            own = [COMPONENT_WORDS[c["status"]] for c in row.get("components") or []]
            levels += [OF_INDICATOR[row["impact"]], *own]
    if any(row["status"] in ("in_progress", "verifying") for row in listed(raw, "scheduled_maintenances")):
        levels.append("maintenance")
    assert probed(path)["level"] == max(levels, key=RANK.index, default="unknown")
    assert probed(path)["words"] == (status.get("description") or raw.get("page", {}).get("status_description", ""))
    assert read(path).page_updated_at == raw.get("page", {}).get("updated_at")


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def words_of(markup: str) -> list[str]:
    parser = Words()
    parser.feed(markup)
    parser.close()
    return parser.words


ATOM = "{http://www.w3.org/2005/Atom}"
LABELS = {"Investigating", "Identified", "Monitoring", "Resolved"}


@pytest.mark.parametrize("path", ATOMS, ids=named)
def test_an_atom_history_is_read_entry_by_entry(path: Path) -> None:
    entries = ElementTree.parse(path).getroot().findall(f"{ATOM}entry")
    found = probed(path)["incidents"]
    assert len(found) == len(entries) == 25
    for entry, incident in zip(entries, found, strict=True):
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert incident["url"] == link.get("href")
        assert incident["id"] == incident["url"].rsplit("/", 1)[1]
        assert incident["title"] == " ".join((entry.findtext(f"{ATOM}title") or "").split())
        assert (incident["kind"], incident["impact"], incident["components"]) == ("incident", None, [])
        published = moment(entry.findtext(f"{ATOM}published"))
        assert published is not None
        posts = (entry.findtext(f"{ATOM}content") or "").split("<small>")[:0:-1]
        assert len(posts) == len(incident["updates"])
        assert len({update["id"] for update in incident["updates"]}) == len(posts)
        phase = None
        for post, update in zip(posts, incident["updates"], strict=True):
            head, _, rest = post.partition("</small>")
            label, _, text = rest.partition("</strong>")
            label = " ".join(words_of(label))
            assert label in {*LABELS, "Update"}
            phase = phase if label == "Update" else label.lower()
            at = moment(update["at"])
            assert at is not None
            assert f"{at:%b} {at.day} , {at:%H:%M} UTC" == " ".join(words_of(head)).replace(" ,", ",").replace(
                ",", " ,"
            )
            assert update["phase"] == phase
            assert update["text"].split() == words_of(text)[1:]
        assert moment(incident["updates"][-1]["at"]) == published.replace(second=0)
        assert incident["started_at"] == incident["updates"][0]["at"]
        assert incident["phase"] == phase == "resolved"
        ends = [update["at"] for update in incident["updates"] if update["phase"] == "resolved"]
        assert incident["resolved_at"] == ends[0]
    assert probed(path)["level"] == "unknown"
    snapshot = read(path)
    assert snapshot.components == ()
    assert snapshot.complete_since == min(moment(entry.findtext(f"{ATOM}published")) or NOW for entry in entries)


@pytest.mark.parametrize("path", [path for path in FEEDS if path not in ATOMS], ids=named)
def test_an_rss_feed_is_read_item_by_item(path: Path) -> None:
    items = list(ElementTree.parse(path).getroot().iter("item"))
    found = probed(path)["incidents"]
    # Without guid and link, title and date are all there is: equal ones are one. So are the updates of one incident.
    by_key = {item.findtext("guid") or (item.findtext("title"), item.findtext("pubDate")): item for item in items}
    assert len(by_key) - 1 <= len(found) <= len(by_key)
    for item in by_key.values():
        title = " ".join((item.findtext("title") or "").split())
        text = words_of((item.findtext("description") or "").replace("</p>", " "))
        date = re.sub(
            r"(PDT|PST|Z)$",
            lambda zone: {"PDT": "-0700", "PST": "-0800", "Z": "+0000"}[zone[0]],
            item.findtext("pubDate") or "",
        )
        told = [
            incident
            for incident in found
            for update in incident["updates"]
            if moment(update["at"]) == parsedate_to_datetime(date) and update["text"].split() == text
        ]
        assert any(
            set(incident["title"].split()) <= set(title.split())
            and (moment(incident["started_at"]) or NOW) <= parsedate_to_datetime(date)
            and incident["url"] == item.findtext("link")
            for incident in told
        )


def test_the_deleted_incident_is_gone_from_a_feed_that_would_list_it() -> None:
    before, after = (read(path) for path in ATOMS if "2025-12" in path.name)
    gone = before.incident("vkr22005hg0x")
    assert gone is not None
    assert after.incident("vkr22005hg0x") is None
    assert after.complete_since is not None
    assert after.complete_since < gone.started


def test_an_edited_text_keeps_its_id_from_one_day_to_the_next() -> None:
    before, after = (read(path) for path in ATOMS if "2025-12" in path.name)
    edited = []
    for incident in before.incidents:
        now = after.incident(incident.id)
        if now is None:
            continue
        ids = {update.id for update in now.updates}
        if incident.id != "x696x0g4t85l":  # it lost two updates, and got two of the deleted incident
            assert [update.id for update in incident.updates] == [update.id for update in now.updates]
        texts = {update.id: update.text for update in now.updates}
        edited += [incident.id for u in incident.updates if u.id in ids and texts[u.id] != u.text]
    assert edited == ["x696x0g4t85l", "qkr3gcys0lzx", "jcbsbbfd1x9r", "17lxd87h22fj"]


def test_two_readings_of_one_incident_share_its_updates() -> None:
    (later,) = recorded("statuspage/github_summary_one_incident_one_component.json")
    (incident,) = read(later).incidents
    assert len(incident.updates) == 11
    assert incident.updates[-1].at - incident.updates[0].at > timedelta(hours=1)
