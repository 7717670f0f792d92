"""Azure DevOps: services in geographies, each with its health."""

from __future__ import annotations

import pytest

from bot.domain import Level
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import Row, page, read

DEVOPS = BY_KIND["azuredevops"]


def told(health: object = "healthy", **changes: object) -> Row:
    where = [{"id": "EU", "name": "Europe", "health": health}]
    return {"status": {"health": "healthy"}, "services": [{"id": "Repos", "geographies": where}]} | changes


def test_each_service_stands_once_for_each_geography() -> None:
    snapshot = read(page("azuredevops/trouble.json"), "azuredevops")
    assert [(c.id, c.label, c.region, c.level) for c in snapshot.components] == [
        ("Repos/US", "Repos / United States", "US", Level.OPERATIONAL),
        ("Repos/EU", "Repos / Europe", "EU", Level.DEGRADED),
        ("Pipelines/US", "Pipelines / United States", "US", Level.DEGRADED),
        ("Pipelines/EU", "Pipelines / Europe", "EU", Level.MAJOR_OUTAGE),
        ("Core services/US", "Core services / United States", "US", None),
        ("Core services/EU", "Core services / Europe", "EU", Level.OPERATIONAL),
    ]
    assert snapshot.components[4].raw_status == "wobbly"
    assert (snapshot.level, snapshot.status_text) == (Level.MAJOR_OUTAGE, "Builds wait in Europe.")
    assert snapshot.page_updated_at == "2026-06-30T09:15:00.000Z"
    assert snapshot.incidents == ()


def test_all_is_well() -> None:
    assert read(page("azuredevops/quiet.json"), "azuredevops").level is Level.OPERATIONAL


@pytest.mark.parametrize(
    ("whole", "part", "level"),
    [("healthy", "degraded", 2), ("unhealthy", "healthy", 4), ("sad", "healthy", None), ("sad", "unhealthy", 4)],
)
def test_the_worst_of_the_whole_and_its_parts_counts(whole: str, part: str, level: int | None) -> None:
    assert read(told(part, status={"health": whole}), "azuredevops").level == level


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"status": {"health": "healthy"}}, "not in the format"),
        (told(services=[{"geographies": []}]), "service of the page has no name"),
        (told(services=[{"id": "Repos", "geographies": [{}]}]), "geography of the page has no name"),
    ],
)
def test_what_cannot_be_read_says_why(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "azuredevops")


def test_what_is_asked_for() -> None:
    (url,) = DEVOPS.state_urls("https://status.dev.azure.com/_event/1")
    assert url.startswith("https://status.dev.azure.com/_apis/status/health?api-version=")
    assert DEVOPS.state_urls("https://mirror.example/health") == ("https://mirror.example/health",)
