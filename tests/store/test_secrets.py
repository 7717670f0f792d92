"""Tokens that slack_sdk stores: encrypted on their way, those from before encrypted once, and files for one user."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli.main import cli
from bot.keyring import Keyring
from bot.store import Store
from bot.store.database import Database
from bot.store.secrets import seal_columns

LONG = "xoxe.xoxb-1-" + "x" * 180
SECRETS: dict[str, Any] = {
    "bot_token": "xoxb-secret-1",
    "bot_refresh_token": LONG,
    "user_token": "xoxp-secret-2",
    "user_refresh_token": LONG,
    "incoming_webhook_url": "https://hooks.slack.test/secret-3",
}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring("", tmp_path / "lookout.key")


def installations(store: Store, keyring: Keyring | None = None) -> SQLAlchemyInstallationStore:
    found = SQLAlchemyInstallationStore("1.2", store.engine)
    if keyring:
        for table in (found.bots, found.installations):
            seal_columns(table, keyring)
    found.metadata.create_all(store.engine)
    return found


@pytest.fixture
def store(empty_database_url: str) -> Store:
    return Store(empty_database_url)


def installation() -> Installation:
    return Installation(app_id="A1", user_id="U1", team_id="T1", bot_id="B1", installed_at=1.0, **SECRETS)


def stored(store: Store) -> str:
    with store.engine.connect() as tx:
        tables = ("slack_bots", "slack_installations")
        return "\n".join(str(tuple(row)) for name in tables for row in tx.execute(text(f"SELECT * FROM {name}")))


def is_plain(written: str) -> bool:
    return any(secret in written for secret in SECRETS.values())


def test_what_is_stored_is_encrypted_and_comes_back_as_it_was(store: Store, keyring: Keyring) -> None:
    slack = installations(store, keyring)
    slack.save(installation())
    assert "T1" in stored(store)
    assert not is_plain(stored(store))
    found = slack.find_installation(enterprise_id=None, team_id="T1")
    assert found is not None
    assert {name: getattr(found, name) for name in SECRETS} == SECRETS
    bot = slack.find_bot(enterprise_id=None, team_id="T1")
    assert bot is not None
    assert (bot.bot_token, bot.bot_refresh_token) == (SECRETS["bot_token"], LONG)
    store.close()


def test_what_an_earlier_version_stored_is_encrypted_once(store: Store, keyring: Keyring) -> None:
    installations(store).save(installation())
    assert is_plain(stored(store))
    assert store.secrets.change_all(keyring.seal) == len(SECRETS) + 2
    assert not is_plain(stored(store))
    assert store.secrets.change_all(keyring.seal) == 0
    bot = installations(store, keyring).find_bot(enterprise_id=None, team_id="T1")
    assert bot is not None
    assert bot.bot_token == SECRETS["bot_token"]
    installations(store, keyring).save(installation())
    store.close()


def test_there_may_be_no_tables_of_slacks(store: Store, keyring: Keyring, tmp_path: Path) -> None:
    assert store.secrets.change_all(keyring.seal) == 0
    assert not (tmp_path / "lookout.key").exists()
    store.close()


def test_no_file_keeps_a_trace_of_what_was_plain(tmp_path: Path, keyring: Keyring) -> None:
    store = Store(f"sqlite:///{tmp_path / 'lookout.db'}")
    slack = installations(store)
    for at in range(30):
        one = installation()
        one.installed_at = float(at)
        slack.save(one)
    slack.delete_all(enterprise_id=None, team_id="T1")
    slack.save(installation())
    store.secrets.change_all(keyring.seal)
    for path in tmp_path.glob("lookout.db*"):
        assert b"secret-" not in path.read_bytes(), path
    store.close()


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "lookout.db"
    before = os.umask(0)
    try:
        sqlite3.connect(path).close()
        copy = path.with_name("lookout.db.before-0005")
        copy.touch()
        other = tmp_path / "other.db"
        other.touch()
        store = Store(f"sqlite:///{path}")
        store.channels.unhealthy()
        database = Database(f"sqlite:///{path}")
        database.write(lambda tx: database.copy_file("before-9999"))
        modes = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes.pop("other.db") == 0o666
    assert set(modes) >= {"lookout.db", "lookout.db-wal", "lookout.db-shm", copy.name, "lookout.db.before-9999"}
    assert set(modes.values()) == {0o600}
    store.close()
    database.close()


def test_rekey_makes_a_new_key_and_a_copied_database_alone_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keyring = Keyring("", Path("lookout.key"))
    store = Store("sqlite:///lookout.db")
    slack = installations(store, keyring)
    slack.save(installation())
    old, before = Path("lookout.key").read_text(), stored(store)
    result = CliRunner().invoke(cli, ["rekey"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("7 tokens are encrypted under a new key, in lookout.key: keep a copy of it")
    assert old not in Path("lookout.key").read_text()
    assert stored(store) != before
    bot = slack.find_bot(enterprise_id=None, team_id="T1")
    assert bot is not None
    assert bot.bot_token == SECRETS["bot_token"]
    Path("lookout.key").unlink()
    result = CliRunner().invoke(cli, ["rekey"])
    assert result.exit_code == 2
    assert "put the right one back" in result.stderr
    assert not is_plain(result.stderr + stored(store))
    store.close()
