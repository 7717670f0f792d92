"""A word that a provider does not know leaves its part unknown, and is kept as the page's own word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Snapshot
from bot.monitor.diff import diff, merge
from bot.monitor.parsing.fields import MAX_WORD_CHARS, raw_label
from bot.monitor.provider import Body
from bot.monitor.providers import BY_KIND
from bot.monitor.snapshot_json import to_json
from tests.monitor.providers.bodies import ACME, NOW, body, component, incident, page, read, summary

WORDS = [
    ("statuspage/summary.json", '"degraded_performance"', '"wobbly"', {("state", "wobbly")}),
    ("statuspage/summary.json", '"impact": "minor"', '"impact": "SEV 7"', {("impact", "SEV 7")}),
    ("statuspage/incidents.json", '"status": "monitoring"', '"status": "pondering"', {("phase", "pondering")}),
    ("incidentio/summary.json", '"operational"', '"wobbly"', {("state", "wobbly")}),
    ("incidentio/native.json", '"degraded_performance"', '"wobbly"', {("state", "wobbly")}),
    ("incidentio/widget.json", '"partial_outage"', '"wobbly"', {("state", "wobbly")}),
    ("incidentio/widget.json", '"identified"', '"pondering"', {("phase", "pondering")}),
    ("instatus/components.json", '"OPERATIONAL"', '"WOBBLY"', {("state", "WOBBLY")}),
    ("instatus/summary.json", '"MINOROUTAGE"', '"WOBBLY"', {("impact", "WOBBLY")}),
    ("betterstack/index.json", '"status": "operational"', '"status": "wobbly"', {("state", "wobbly")}),
    ("statusio/status.json", "", "", {("state", "Wobbling")}),
    ("statusio/status.json", '"state": 300', '"state": 250', {("phase", "250")}),
    (
        "statuspal/summary.json",
        '"performance"',
        '"shaky"',
        {("state", "shaky"), ("state", "wobbly"), ("impact", "shaky")},
    ),
    ("hund/stream.txt", "", "", {("state", "asleep")}),
    ("sorryapp/components.json", '"operational"', '"wobbly"', {("state", "wobbly")}),
    ("sorryapp/notices.json", '"recovering"', '"pondering"', {("phase", "pondering")}),
    ("statuscast/page.html", "", "", {("state", "asleep")}),
    ("rootly/status.json", '"impact": "minor"', '"impact": "vast"', {("impact", "vast")}),
    ("firehydrant/payload.json", '"severitySlug": "SEV3"', '"severitySlug": "SEVERE"', {("impact", "SEVERE")}),
    ("firehydrant/payload.json", '"condition": "A bit slow"', '"condition": "Odd"', {("state", "Odd")}),
    ("pagerduty/data.json", '"severity": "outage"', '"severity": "wobbly"', {("state", "wobbly")}),
    ("pagerduty/data.json", '"status": "investigating"', '"status": "pondering"', {("phase", "pondering")}),
    ("cachet/components.json", "", "", {("state", "Unknown")}),
    ("cachet/v3_components.json", "", "", {("state", "Unknown")}),
    ("cachet/incidents.json", '"latest_status":3', '"latest_status":8', {("phase", "8")}),
    ("cstate/index.json", "", "", {("state", "wobbly")}),
    ("uptimekuma/heartbeat.json", '"status":0', '"status":8', {("state", "8")}),
    ("uptimekuma/page.json", '"danger"', '"gaudy"', {("impact", "gaudy")}),
    ("uptimerobot/list.json", '"success"', '"wobbly"', {("state", "wobbly")}),
    ("checkly/services.json", '"OPERATIONAL"', '"WOBBLY"', {("state", "WOBBLY")}),
    ("checkly/summary.json", '"MEDIUM"', '"VAST"', {("impact", "VAST"), ("state", "VAST")}),
    ("openstatus/feed.json", '"error"', '"wobbly"', {("state", "wobbly")}),
    ("openstatus/summary.json", '"operational"', '"wobbly"', {("state", "wobbly")}),
    ("ohdear/page.json", "", "", {("state", "wet"), ("impact", "loud")}),
    ("onlineornot/page.html", "", "", {("state", "WET")}),
    ("statusiq/rss.xml", "", "", {("state", "Frayed")}),
    ("azuredevops/trouble.json", "", "", {("state", "wobbly")}),
    ("adobe/events.json", "", "", {("state", "Gigantic"), ("impact", "Gigantic")}),
    ("hyperping/config.json", "", "", {("state", "flickers")}),
    ("lambstatus/components.json", "", "", {("state", "Flickering")}),
    ("lambstatus/incidents.json", '"Identified"', '"Pondering"', {("phase", "Pondering")}),
    ("uptimecom/page.html", "", "", {("state", "flickers")}),
    ("pulsetic/trouble.json", '"identified"', '"pondering"', {("phase", "pondering"), ("state", "flickers")}),
    ("oneuptime/overview.json", "", "", {("state", "Rusty"), ("impact", "Drizzle")}),
    ("freshstatus/incidents.json", "", "", {("impact", "ZZ")}),
    ("playstation/scea.json", "", "", {("state", "Hiccup")}),
    ("metastatus/orgs.json", "", "", {("state", "Flickering")}),
    ("gatus/statuses.json", "true", '"perhaps"', {("state", "perhaps")}),
    ("gatus/config.json", '"outage"', '"upset"', {("impact", "upset")}),
    ("upptime/summary.json", '"up"', '"wobbly"', {("state", "wobbly")}),
    ("aws/events.json", '"current": "3"', '"current": "9"', {("state", "9")}),
    ("aws/events.json", '"status": "3"', '"status": "9"', {("impact", "9")}),
    ("google/incidents.json", '"severity": "high",', '"severity": "dire", "status_impact": "x",', {("impact", "dire")}),
    ("m365/mac.json", '"Available"', '"Wobbly"', {("state", "Wobbly")}),
    ("m365/graph.json", "", "", {("state", "somethingNew")}),
    ("m365/graph.json", '"restoringService"', '"wobbly"', {("phase", "wobbly")}),
    ("slack/active.json", '"outage"', '"riddle"', {("impact", "riddle"), ("state", "riddle")}),
    ("heroku/current.json", '"red"', '"mauve"', {("state", "mauve")}),
    ("salesforce/instances.json", '"OK"', '"WOBBLY"', {("state", "WOBBLY")}),
    (
        "apple/status.js",
        '"statusType": "Outage"',
        '"statusType": "Riddle"',
        {("impact", "Riddle"), ("state", "Riddle")},
    ),
    ("zendesk/incidents.json", '"impact": "major"', '"impact": "vast"', {("impact", "vast")}),
    ("stripe/current.json", '"api": "up"', '"api": "wobbly"', {("state", "wobbly")}),
    ("infomaniak/events.json", '"impacting"', '"riddling"', {("impact", "riddling")}),
]


def said(snapshot: Snapshot) -> set[tuple[str, str | None]]:
    found = {("state", c.raw_status) for c in snapshot.components}
    found |= {("phase", i.raw_phase) for i in snapshot.incidents}
    return {each for each in found | {("impact", i.raw_impact) for i in snapshot.incidents} if each[1]}


@pytest.mark.parametrize(("name", "known", "unknown", "words"), WORDS)
def test_the_word_is_kept(name: str, known: str, unknown: str, words: set[tuple[str, str]]) -> None:
    text = page(name).content.decode()
    assert known in text
    given = Body("https://status.acme.example/api", text.replace(known, unknown).encode() if known else text.encode())
    snapshot = BY_KIND[name.partition("/")[0]].parse(ACME, (given,), NOW)
    assert words <= said(snapshot)
    assert all(c.level is None for c in snapshot.components if c.raw_status)
    assert all(i.phase is None for i in snapshot.incidents if i.raw_phase)
    assert all(i.impact is None for i in snapshot.incidents if i.raw_impact)


def test_every_platform_that_has_words_is_in_the_table() -> None:
    wordless = {"statushub", "azure", "nintendo", "rss"}  # Counts, feeds, and times.
    assert {name.partition("/")[0] for name, *_ in WORDS} == BY_KIND.keys() - wordless


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("wobbly", "wobbly"),
        (" A <b>bit</b>\nslow\x00 ", "A bit slow"),
        (17, "17"),
        (4.0, "4"),
        ("x" * 200, "x" * MAX_WORD_CHARS),
        ("", None),
        (" ", None),
        ("<p></p>", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_a_word_is_one_short_line(value: object, word: str | None) -> None:
    assert raw_label(None, value) == word
    assert raw_label(0, value) is None


def test_another_unknown_word_is_no_change() -> None:
    def reading(word: str) -> Snapshot:
        return read(summary(components=[component("c1", word)], incidents=[incident("i1", word, word)]))

    before, after = reading("wobbly"), reading("shaky")
    assert said(after) == {("state", "shaky"), ("phase", "shaky"), ("impact", "shaky")}
    assert diff(before, merge(before, after)) == ()


def test_what_was_known_of_an_incident_outweighs_a_word_that_is_not() -> None:
    before = read(summary(incidents=[incident("i1")]))
    after = merge(before, read(summary(incidents=[incident("i1", impact="wobbly")])))
    assert (after.incidents[0].impact, after.incidents[0].raw_impact) == (before.incidents[0].impact, None)


def test_the_word_stands_in_the_json_only_where_it_is_needed() -> None:
    parts = [component("c1"), component("c2", "wobbly")]
    snapshot = read(summary(components=parts, incidents=[incident("i1", "pondering", "SEV7"), incident("i2")]))
    found = to_json(ACME, "statuspage", "x", snapshot)
    components, incidents = found["components"], found["incidents"]
    assert isinstance(components, list)
    assert isinstance(incidents, list)
    assert [c.get("said", "-") for c in components] == ["-", "wobbly"]
    assert [(i.get("phase_said"), i.get("impact_said")) for i in incidents] == [("pondering", "SEV7"), (None, None)]


def test_parts_of_one_id_are_known_if_one_of_them_is() -> None:
    twins = read(body(summary(components=[component("c1", "wobbly"), component("c1", "major_outage")])))
    assert [(c.raw_status, c.level is None) for c in twins.components] == [(None, False)]
    assert replace(twins.components[0], raw_status=None) == twins.components[0]
