"""What ``lookout check`` says of the settings. The network is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.check import Finding, check
from bot.monitor.responses import Answer, FetchFailed, FetchFailure
from bot.store.values import Validator

OLD, NEW = "LOOKOUT_POLL_HOUSE_CONCURRENCY", "LOOKOUT_POLL_CONCURRENCY_PER_PLATFORM"


class NoNetwork:
    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        return FetchFailed(FetchFailure.DNS, "there is no network")


def findings(about: str) -> list[Finding]:
    return [finding for finding in check(lambda _: NoNetwork()) if finding.about == about]


@pytest.fixture(autouse=True)
def _away_from_any_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_former_name_still_works_and_is_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OLD, "5")
    mentioned, read = findings("settings")
    assert mentioned == Finding("settings", True, f"{OLD} is called {NEW} now; the old name still works: rename it")
    assert read.ok


def test_a_former_name_beside_the_new_one_is_mentioned_as_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OLD, "5")
    monkeypatch.setenv(NEW, "6")
    assert "the old name is ignored, as the new one is set" in findings("settings")[0].text


def test_without_a_network_it_is_said_to_be_the_network_here() -> None:
    (network,) = findings("network")
    assert not network.ok
    assert network.text.startswith("no name resolves: ")
