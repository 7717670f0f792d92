"""A bot that was backed up while it delivered, then lost, and goes on elsewhere from the backup."""

from __future__ import annotations

from pathlib import Path

from bot.store.transfer import copy_database
from tests.databases import sqlite
from tests.delivery.story import channel, incident, story

A, B = channel("a"), channel("b")


def test_what_was_posted_stays_posted_and_what_was_due_is_posted_once(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    backup = f"sqlite:///{tmp_path / 'backup.db'}"
    with story(sqlite(tmp_path / "one")) as lost:
        chat, clock, start = lost.chat, lost.clock, lost.clock()
        lost.subscribe(A, B)
        lost.record(incident("i1", start, "one"))
        lost.deliver()
        lost.record(incident("i1", start, "one", "two"), incident("i2", start, "first"))
        copy_database(lost.store.engine.url.render_as_string(hide_password=False), backup)
        # Killed: what was due is posted by nobody.
    with story(backup) as restored:
        restored.chat, restored.clock = chat, clock
        restored.deliver()
        restored.record(incident("i1", start, "one", "two", "three"), incident("i2", start, "first"))
        restored.deliver()
        for where in (A, B):
            assert sorted(restored.texts(where)) == ["first", "one", "three", "two"]
