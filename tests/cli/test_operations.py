"""Operations as typed on the command line, on the database that the settings name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.main import cli
from bot.store import Store
from tests.databases import sqlite
from tests.store.given import OPS, Route, catalog, incident, reading, subscribe


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A workspace, console:T1, in which a channel subscribes to GitHub."""
    url = sqlite(tmp_path)
    store = Store(url)
    catalog(store, "github")
    subscribe(store, OPS, slug=reading(slug="github").snapshot.vendor)  # type: ignore[arg-type]
    store.records.record(reading(incident(slug="github"), slug="github"), Route())  # type: ignore[arg-type]
    store.close()
    return url


def ask(database: str, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["ask", *words], env={"LOOKOUT_DATABASE_URL": database})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout + done.stderr


def test_facts_are_told_as_words_and_as_json(database: str) -> None:
    code, said = ask(database, "incident", "github/inc1")
    assert code == 0
    assert "API errors" in said
    code, document = ask(database, "incidents", "github", "--days", "366", "--json")
    assert [i["id"] for i in json.loads(document)["incidents"]] == ["github/inc1"]


def test_what_is_about_a_workspace_takes_its_name(database: str) -> None:
    code, said = ask(database, "list")
    assert code == 2
    assert "--workspace" in said
    code, document = ask(database, "list", "--workspace", "list:T1", "--json")
    assert [s["channel"] for s in json.loads(document)["subscriptions"]] == ["ops"]
    code, said = ask(database, "unsubscribe", "github", "--workspace", "list:T1", "--channel", "ops")
    assert code == 0
    assert json.loads(ask(database, "list", "--workspace", "list:T1", "--json")[1])["subscriptions"] == []


@pytest.mark.parametrize(
    "words", [["status", "nobody-is-called-so"], ["history", "github", "--days", "0"], ["history"]]
)
def test_what_cannot_be_done_is_said_and_ends_with_2(database: str, words: list[str]) -> None:
    code, said = ask(database, *words)
    assert code == 2
    assert said.strip()
