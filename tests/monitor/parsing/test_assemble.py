"""A page's level out of its parts: the worst that is known, and green only where nothing is in doubt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain import Component, Level, Phase
from bot.monitor.parsing.assemble import page_level
from bot.monitor.provider import Body
from tests.monitor.facts import incident
from tests.monitor.providers.bodies import PAGES, read

Change = Callable[[Any], object]


def betterstack(page: Any) -> object:
    for part in page["included"]:
        part["attributes"] |= {"status": "operational"} if part["type"] == "status_page_resource" else {}
    page["included"] = [part for part in page["included"] if part["type"] != "status_report"]
    return page["data"]["attributes"].update(aggregate_state="wobbly", announcement="")


def statusio(page: Any) -> object:
    result = page["result"]
    for part in result["status"]:
        part["status_code"] = 100
        part["containers"] = []
    return result.update(incidents=[], maintenance={}, status_overall={"status": "Wobbly", "status_code": 850})


def statuspal(page: Any) -> object:
    for service in page["services"]:
        service |= {"current_incident_type": None, "children": []}
    page |= {"incidents": [], "maintenances": []}
    return page["status_page"].update(current_incident_type="wobbly")


def cstate(page: Any) -> object:
    for system in page["systems"]:
        system |= {"status": "ok", "unresolvedIssues": []}
    return page.update(summaryStatus="wobbly", pinnedIssues=[])


def openstatus(page: Any) -> object:
    for part in page["components"]:
        part["status"] = "operational"
    page["status"]["indicator"] = "wobbly"
    return page.update(incidents=[], scheduled_maintenances=[])


@pytest.mark.parametrize(
    ("kind", "file", "change"),
    [
        ("betterstack", "betterstack/index.json", betterstack),
        ("statusio", "statusio/status.json", statusio),
        ("statuspal", "statuspal/summary.json", statuspal),
        ("cstate", "cstate/index.json", cstate),
        ("openstatus", "openstatus/summary.json", openstatus),
    ],
)
def test_a_state_in_a_word_of_its_own_leaves_a_green_page_in_doubt(kind: str, file: str, change: Change) -> None:
    page = json.loads((PAGES / file).read_bytes(), strict=False)
    change(page)
    snapshot = read(Body("https://status.acme.example/x.json", json.dumps(page).encode()), kind)
    assert {component.level for component in snapshot.components} == {Level.OPERATIONAL}
    assert snapshot.level is None


@pytest.mark.parametrize(("status", "level"), [("UP", 0), ("HASISSUES", 2), ("UNDERMAINTENANCE", 1), ("WOBBLY", None)])
def test_so_does_a_word_of_instatus(status: str, level: int | None) -> None:
    parts = {"id": "a", "name": "API", "status": "OPERATIONAL", "group": None}
    site = {"site": {"mainStatus": status, "components": [parts]}, "activeIncidents": []}
    assert read(site, "instatus").level == level


GREEN, SLOW, PART, DOWN = Level.OPERATIONAL, Level.DEGRADED, Level.PARTIAL_OUTAGE, Level.MAJOR_OUTAGE


@pytest.mark.parametrize(
    ("indicator", "parts", "phases", "level"),
    [
        (GREEN, [GREEN], [Phase.MONITORING], SLOW),
        (None, [GREEN, GREEN], [Phase.MONITORING, Phase.MONITORING], SLOW),
        (GREEN, [], [Phase.MONITORING], SLOW),
        (GREEN, [GREEN], [Phase.INVESTIGATING], DOWN),
        (GREEN, [GREEN], [Phase.MONITORING, Phase.IDENTIFIED], DOWN),
        (GREEN, [GREEN], [None], DOWN),
        (PART, [GREEN], [Phase.MONITORING], DOWN),
        (GREEN, [SLOW, GREEN], [Phase.MONITORING], DOWN),
        (None, [], [Phase.MONITORING], DOWN),
    ],
)
def test_what_is_only_watched_on_a_green_page_makes_it_degraded_at_most(
    indicator: Level | None, parts: list[Level], phases: list[Phase | None], level: Level
) -> None:
    components = [Component(f"c{n}", f"Part {n}", each) for n, each in enumerate(parts)]
    incidents = [
        replace(incident(f"i{n}", phase=each, level=DOWN), listed_open=each is None) for n, each in enumerate(phases)
    ]
    assert page_level(indicator, components, incidents) is level


def test_a_group_that_is_bad_and_a_word_that_is_not_known_keep_it_as_bad_as_it_was() -> None:
    watched = incident(phase=Phase.MONITORING, level=DOWN)
    part = Component("c", "API", GREEN)
    assert page_level(GREEN, [part], [watched], groups=[PART]) is DOWN
    assert page_level(None, [part], [watched], raw="wobbly") is DOWN
