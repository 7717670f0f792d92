"""Several processes on one database: who is alive, whose leases are free, and what comes too late."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text, update

from bot.domain import ActKind
from bot.store import Store, StoreError
from bot.store.database import Database
from bot.store.processes import SILENT_S
from bot.store.schema import configuration
from bot.store.tables import PROCESS
from bot.store.values import Intent, ProcessIdentity, ProcessReport, RecordIntent, Release
from tests.databases import Postgres
from tests.store.given import ACME, NOON, OPS, Route, at, catalog, incident, leases, reading, settled, shown, subscribe

HOLD = """
import sys
from datetime import UTC, datetime
from bot.store import Store
from bot.store.values import ProcessIdentity
store = Store(sys.argv[1], ProcessIdentity("one", "here", int(sys.argv[2]), datetime.now(UTC)))
print("held", flush=True)
sys.stdin.read()
"""


def identity(name: str, minutes: float = 0) -> ProcessIdentity:
    return ProcessIdentity(name, "here", 1, at(minutes))


def silence(store: Store, name: str, seconds: float) -> None:
    """Let the last heartbeat of this process be so much older."""
    with store.engine.begin() as tx:
        older = PROCESS.c.heartbeat_at - timedelta(seconds=seconds)
        tx.execute(update(PROCESS).where(PROCESS.c.id == name).values(heartbeat_at=older))


@pytest.fixture
def pair(postgres: Postgres) -> Iterator[tuple[Store, Store]]:
    """Two processes on PostgreSQL."""
    with postgres.database() as url:
        one, two = Store(url, identity("one")), Store(url, identity("two"))
        yield one, two
        one.close()
        two.close()


def hold_everything(store: Store) -> None:
    """A page, and a channel with an act under way."""
    catalog(store)
    subscribe(store)
    assert store.pages.claim(ACME, NOON, 60)
    assert store.records.record(reading(incident()), Route()) == 1
    assert store.boards.put_up(OPS, "U1", NOON) is False
    assert [claim.vendor.slug for claim in store.pages.claim_due(at(2), 10, 3600)]
    assert store.boards.claim(["list"], at(2), 10, 3600)


def test_a_silent_process_is_dead_and_what_it_held_is_free(pair: tuple[Store, Store]) -> None:
    one, two = pair
    hold_everything(one)
    lease = leases(one, 2, lease_s=3600)[OPS]
    report = ProcessReport(0.25, {"slack": None, "discord": "Log in again."})
    assert two.processes.beat(ProcessReport(), at(2)) == ()
    assert two.pages.claim_due(at(2), 10, 60) == ()
    assert (leases(two, 2), two.boards.claim(["list"], at(2), 10, 60)) == ({}, ())

    silence(one, "one", SILENT_S - 5)
    assert two.processes.beat(ProcessReport(), at(2)) == ()
    assert one.processes.beat(report, at(2)) == ()
    assert [(p.identity.id, p.report) for p in two.processes.all(at(2))] == [("one", report), ("two", ProcessReport())]

    silence(one, "one", SILENT_S + 1)
    assert two.processes.beat(ProcessReport(), at(2)) == (identity("one"),)
    assert [p.identity.id for p in two.processes.all(at(2))] == ["two"]
    assert {claim.vendor.slug for claim in two.pages.claim_due(at(2), 10, 60)} == {"acme", "bolt"}
    assert leases(two, 2)[OPS].lease > lease.lease
    assert two.boards.claim(["list"], at(2), 10, 60)


def test_a_heartbeat_leaves_what_the_process_itself_holds(database_url: str) -> None:
    store = Store(database_url, identity("one"))
    hold_everything(store)
    lease = leases(store, 2, lease_s=3600)[OPS]
    assert store.processes.beat(ProcessReport(), at(2)) == ()
    assert store.pages.claim_due(at(3), 10, 60) == ()
    assert (leases(store, 3), store.boards.claim(["list"], at(3), 10, 60)) == ({}, ())
    assert store.cards.commit([Release(lease)]) == frozenset()
    store.close()


def test_one_that_comes_back_late_writes_nothing(pair: tuple[Store, Store]) -> None:
    one, two = pair
    hold_everything(one)
    lease = leases(one, 2, lease_s=3600)[OPS]
    [due] = one.cards.due(lease)
    silence(one, "one", SILENT_S + 1)
    assert two.processes.beat(ProcessReport(), at(2))

    late = reading(incident("inc2"), minutes=3)
    assert one.records.record(late, Route()) is None
    one.pages.settle([late.outcome])
    [state] = two.pages.states([ACME])
    assert (state.read_at, [i.id for i in state.snapshot.incidents] if state.snapshot else []) == (NOON, ["inc1"])
    begun = Intent("k", ActKind.POST, 0, shown(""), at(3))
    assert one.cards.commit([RecordIntent(lease, due.card.id, begun), Release(lease)]) == {OPS}
    assert one.pages.claim_due(at(99), 10, 60) == ()
    assert one.pages.claim(ACME, at(99), 60) is None
    assert leases(one, 99) == {}
    assert one.processes.beat(ProcessReport(), at(3)) is None

    one.processes.join(identity("again", 3))
    assert one.pages.claim_due(at(99), 10, 60) != ()


def test_lists_and_announcements_of_a_dead_process_are_free(postgres: Postgres) -> None:
    with postgres.database() as url:
        one, two = Store(url, identity("one"), flood_limit=1), Store(url, identity("two"))
        catalog(one)
        subscribe(one)
        assert one.pages.claim(ACME, NOON, 60)
        assert one.records.record(reading(incident("inc1"), incident("inc2"), incident("inc3")), Route())
        lease = leases(one)[OPS]
        [due] = one.cards.due(lease)
        one.cards.commit([replace(settled(lease, due, "m1"), publish=("m1",))])

        assert len(one.floods.claim(["list"], at(2), 10, 3600)) == 1
        assert len(one.publications.claim(["list"], at(2), 10, 3600)) == 1
        assert not two.floods.claim(["list"], at(2), 10, 60)
        assert not two.publications.claim(["list"], at(2), 10, 60)
        silence(one, "one", SILENT_S + 1)
        assert two.processes.beat(ProcessReport(), at(2))
        assert not one.floods.claim(["list"], at(2), 10, 60)
        assert not one.publications.claim(["list"], at(2), 10, 60)
        assert len(two.floods.claim(["list"], at(2), 10, 60)) == 1
        assert len(two.publications.claim(["list"], at(2), 10, 60)) == 1
        one.close()
        two.close()


def test_whoever_was_silent_for_the_databases_sake_buries_nobody_at_first(pair: tuple[Store, Store]) -> None:
    one, two = pair
    for name in ("one", "two"):
        silence(one, name, 60)
    assert one.processes.beat(ProcessReport(), NOON) == ()
    assert two.processes.beat(ProcessReport(), NOON) == ()
    silence(one, "two", 60)
    assert one.processes.beat(ProcessReport(), NOON) == (identity("two"),)


def test_who_starts_finds_the_dead_at_once(pair: tuple[Store, Store]) -> None:
    one, two = pair
    silence(one, "one", 60)
    assert two.processes.join(identity("three")) == (identity("one"),)


def test_what_a_process_holds_is_free_when_it_ends(database_url: str) -> None:
    store = Store(database_url, identity("one"))
    hold_everything(store)
    assert leases(store, 2, lease_s=3600)
    store.close(at(2))
    successor = Store(database_url, identity("two"))
    assert {claim.vendor.slug for claim in successor.pages.claim_due(at(2), 10, 60)} == {"acme", "bolt"}
    assert set(leases(successor, 2)) == {OPS}
    assert [p.identity.id for p in successor.processes.all(at(2))] == ["two"]
    successor.close(at(2))


def test_on_sqlite_the_next_process_goes_on_at_once_after_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lookout.db'}"
    killed = Store(url, identity("one"))
    hold_everything(killed)
    lease = leases(killed, 2, lease_s=3600)[OPS]
    killed.close()
    store = Store(url, identity("two"))
    assert {claim.vendor.slug for claim in store.pages.claim_due(at(2), 10, 60)} == {"acme", "bolt"}
    assert leases(store, 2)[OPS].lease > lease.lease
    store.close(at(2))


def test_a_second_process_on_the_same_file_is_refused_by_a_sentence_that_names_the_first(tmp_path: Path) -> None:
    path, link = tmp_path / "lookout.db", tmp_path / "link.db"
    link.symlink_to(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, f"sqlite:///{path}", "4711"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout
        assert first.stdout.readline() == b"held\n"
        for name in (path, link, f"file:{path}?uri=true"):
            with pytest.raises(StoreError) as refused:
                Store(f"sqlite:///{name}", identity("two"))
            assert str(refused.value).startswith(f"{path} is in use by process 4711 on here (lookout run, since ")
            assert str(refused.value).endswith(
                " UTC): end that one first, or name another file in LOOKOUT_DATABASE_URL."
            )
        reader = Store(f"sqlite:///{path}")
        assert [p.identity.pid for p in reader.processes.all(NOON)] == [4711]
        reader.close()
        first.kill()
    Store(f"sqlite:///{path}", identity("two")).close()


def behind(url: str) -> None:
    """The tables as the version had them that brought the processes."""
    database = Database(url)
    database.alter(lambda tx: command.upgrade(configuration(tx), "0006"))
    database.close()


def test_no_table_is_changed_under_an_older_version_that_runs(postgres: Postgres) -> None:
    with postgres.empty() as url:
        behind(url)
        database = Database(url)
        database.write(lambda tx: tx.execute(text(RUNS)))
        with pytest.raises(StoreError, match=r"An older Lookout runs on this database \(process 7 on there\)"):
            Store(url)
        database.write(lambda tx: tx.execute(text("UPDATE process SET heartbeat_at = now() - interval '1 minute'")))
        Store(url).close()
        database.close()


RUNS = """
INSERT INTO process (id, host, pid, started_at, heartbeat_at, report) VALUES ('one', 'there', 7, now(), now(), '{}')
"""


def test_no_table_of_a_file_is_changed_while_an_older_version_has_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lookout.db'}"
    behind(url)
    held = "import fcntl, os, sys; fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); os.pwrite(fd, b'process 7', 0); "
    held += "fcntl.lockf(fd, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", held, str(tmp_path / "lookout.db.lock")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdin
        other.stdout.readline()
        with pytest.raises(StoreError, match=r"An older Lookout runs on this database \(process 7\)"):
            Store(url)
        other.stdin.close()
    Store(url).close()
