"""What an operator does with the database as a whole, as typed."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.main import cli
from bot.store import Store
from tests.databases import Postgres, sqlite
from tests.store.given import OPS, Route, catalog, deliver, due_cards, incident, reading, subscribe

URL = "LOOKOUT_DATABASE_URL"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a database in which one incident was shown, and another is due."""
    store = Store(sqlite(tmp_path))
    catalog(store)
    subscribe(store, OPS)
    store.records.record(reading(incident("inc1")), Route())
    deliver(store)
    store.records.record(reading(incident("inc2"), minutes=2), Route())
    store.close()
    return tmp_path


def run(folder: Path, *words: str, typed: str = "", **env: str) -> tuple[int, str]:
    """The exit code, and what is printed."""
    env = {URL: f"sqlite:///{folder / 'lookout.db'}", "COLUMNS": "200", **env}
    with contextlib.chdir(folder):
        done = CliRunner().invoke(cli, words, env=env, input=typed)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout + done.stderr


def due(url: str) -> list[str]:
    store = Store(url)
    try:
        return [card.incident.id for card in due_cards(store, OPS, 3)]
    finally:
        store.close()


def test_a_backup_taken_while_it_runs_is_restored_elsewhere(folder: Path) -> None:
    running = Store(f"sqlite:///{folder / 'lookout.db'}")
    with running.engine.connect():
        code, text = run(folder, "backup", "saved.db")
    running.close()
    assert (code, "rows in saved.db" in text) == (0, True)
    elsewhere = {URL: f"sqlite:///{folder / 'elsewhere.db'}"}
    assert run(folder, "restore", "saved.db", **elsewhere)[0] == 0
    assert due(elsewhere[URL]) == ["inc2"]
    assert sorted(path.name for path in folder.glob("*.unfinished*")) == []


def test_a_backup_overwrites_nothing_and_a_restore_neither(folder: Path) -> None:
    (folder / "saved.db").touch()
    assert run(folder, "backup", "saved.db") == (2, "saved.db exists already: name another file.\n")
    assert run(folder, "restore", "gone.db") == (2, "There is no file gone.db.\n")
    (folder / "saved.db").unlink()
    run(folder, "backup", "saved.db")
    code, text = run(folder, "restore", "saved.db")
    assert code == 2
    assert "is not empty: name a new file, or an empty database." in text


def test_what_is_no_database_is_named(folder: Path) -> None:
    (folder / "notes.txt").write_text("hello " * 1000, encoding="utf-8")
    code, text = run(folder, "copy-database", "notes.txt", "new.db")
    assert (code, text.count("\n")) == (2, 1)
    assert "is not a database" in text


def test_a_file_moves_to_postgresql(folder: Path, postgres: Postgres) -> None:
    with postgres.empty() as url:
        code, text = run(folder, "copy-database", "lookout.db", url)
        assert (code, "rows copied and compared" in text) == (0, True)
        assert due(url) == ["inc2"]


def test_erasing_asks_first(folder: Path) -> None:
    def channels() -> int:
        with contextlib.closing(sqlite3.connect(folder / "lookout.db")) as database:
            return int(database.execute("SELECT count(*) FROM channel").fetchone()[0])

    assert run(folder, "erase", "workspace", "list", "T1", typed="n\n")[0] == 1
    assert channels() == 1
    code, text = run(folder, "erase", "workspace", "list", "T1", typed="y\n")
    assert (code, "1 channels erased" in text, channels()) == (0, True, 0)
    code, text = run(folder, "erase", "person", "list", "U1", "--yes")
    assert (code, text) == (0, "0 mentions of U1 erased.\n")
    code, text = run(folder, "erase", "vendor", "list", "x", "--yes")
    assert (code, text) == (2, "“vendor” cannot be erased: write workspace or person.\n")
