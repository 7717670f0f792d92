"""Keys for programs, as an operator makes, lists and revokes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.main import cli
from bot.domain import Scope
from bot.store import Store
from tests.databases import sqlite
from tests.store.given import NOON


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> str:
    return sqlite(tmp_path)


def run(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    """The exit code, what is printed, and what is said beside it."""
    env = {"LOOKOUT_DATABASE_URL": f"sqlite:///{tmp_path / 'lookout.db'}"}
    done = CliRunner().invoke(cli, ["key", *words], env=env)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_a_key_is_made_listed_used_and_revoked(tmp_path: Path, database: str) -> None:
    code, token, said = run(tmp_path, "create", "--scope", "write", "--workspace", "slack:T1", "--label", "deploys")
    assert code == 0
    token = token.strip()
    id = token.split("_")[1]
    assert id in said
    assert token not in said
    store = Store(database)
    found = store.keys.authenticate(token, NOON)
    assert found is not None
    assert (found.scope, found.platform, found.workspace, found.label) == (Scope.WRITE, "slack", "T1", "deploys")
    store.close()
    _, listed, _ = run(tmp_path, "list")
    assert id in listed
    assert "last used 2026-03-02 12:00 UTC" in listed
    assert token not in listed
    [document] = json.loads(run(tmp_path, "list", "--json")[1])
    assert (document["id"], document["scope"], document["workspace"]) == (id, "write", "slack:T1")
    assert run(tmp_path, "revoke", id)[0] == 0
    assert "revoked" in run(tmp_path, "list")[1]
    assert run(tmp_path, "revoke", id)[0] == 2


@pytest.mark.parametrize("workspace", ["T1", "slack:", ":T1", "irc:T1", "slack:T 1"])
def test_what_is_no_workspace_is_refused(tmp_path: Path, workspace: str) -> None:
    code, out, said = run(tmp_path, "create", "--scope", "read", "--workspace", workspace)
    assert (code, out) == (2, "")
    assert "slack:T0123" in said


def test_without_keys_it_says_how_to_make_one(tmp_path: Path) -> None:
    assert "lookout key create" in run(tmp_path, "list")[1]
