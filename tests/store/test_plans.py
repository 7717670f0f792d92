"""What is asked all day long is answered from an index, whatever the size of the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from bot.domain import ActKind, Channel, ChannelSettings, Dependency, Filter, Mode, Mute, Service, Workspace
from bot.domain.digests import DigestSchedule
from bot.store import Store
from bot.store.values import BoardOutcome, Intent, Lane, RecordIntent, Release
from tests.store.given import (
    ACME,
    BOLT,
    NOON,
    OPS,
    Route,
    at,
    catalog,
    incident,
    leases,
    reading,
    settled,
    shown,
    subscribe,
)

SHORT = (
    "ix_incident_open",
    "ix_channel_due",
    "ix_page_stale",
    "ix_fan_out_merges",
    "CONSTANT ROW",
    "VIRTUAL TABLE INDEX 1:",
)
"""What may be gone through whole: only what is open, owed, out of sight or on its way now stands in these indexes; and
a list that comes with the statement."""

_KEPT_BACK = "SEARCH card USING INDEX ix_card_kept_back (channel=?)"
Statement = tuple[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plans.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{path}")
    catalog(opened)
    subscribe(opened)
    yield opened
    opened.close()


@pytest.fixture
def statements() -> Iterator[list[Statement]]:
    seen: list[Statement] = []

    def note(_: object, __: object, statement: str, parameters: Any, ___: object, many: bool) -> None:
        seen.append((statement, parameters[0] if many else parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def explained(path: Path, statements: list[Statement]) -> set[tuple[str, str]]:
    """Each statement with each step of how SQLite carries it out."""
    with sqlite3.connect(path) as connection:
        plans = {
            (statement, detail)
            for statement, parameters in statements
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
            for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        }
    connection.close()
    return plans


def deliveries(store: Store) -> None:
    lease = leases(store)[OPS]
    [due] = store.cards.due(lease)
    intent = Intent("k", ActKind.POST, 0, shown("m1"), NOON)
    store.cards.next_wake(["list"], NOON)
    store.cards.commit([RecordIntent(lease, due.card.id, intent)])
    store.cards.commit([settled(lease, due, "m1"), Release(lease, not_before=at(1), whole_workspace=True)])
    store.cards.by_ref(OPS, "m1")
    store.cards.of_channel(OPS, NOON)
    store.cards.of_incident(OPS, ACME, "inc1")


def polls(store: Store) -> None:
    store.pages.settle([reading().outcome for _ in store.pages.claim_due(at(9), 10, 60)])
    store.pages.claim(ACME, NOON, 60)
    store.records.before(ACME, ["inc1"], NOON)
    store.records.record(reading(incident("other"), minutes=9, merged=(("inc1", "other"),)), Route())


def questions(store: Store) -> None:
    store.pages.states([ACME])
    store.records.incidents([ACME], NOON)
    store.records.incident(ACME, "inc1")
    store.records.find_incident("acme/inc1")
    store.records.find_incident("https://stspg.example/inc1")
    store.records.spans(ACME, NOON)
    store.channels.subscriptions(OPS)
    store.channels.vendors(OPS)
    store.workspaces.subscriptions("list", "T1", 10)
    store.workspaces.subscriptions("list", "T1", 10, after="a")
    store.workspaces.vendors("list", "T1")
    store.workspaces.open_incidents("list", "T1")
    store.workspaces.state("list", "T1")
    store.mutes.of_channel(OPS, NOON)


def wishes(store: Store) -> None:
    subscribe(store, minutes=5)
    store.channels.set_settings(OPS, ChannelSettings(Mode.FLAT))
    store.channels.mark_recovered(OPS)
    store.mutes.mute(OPS, ACME, "inc1", Mute(at(9)), NOON)
    store.mutes.mute_vendor(OPS, ACME, Mute(at(9)), NOON)
    store.mutes.mute_vendor(OPS, ACME, Mute(), NOON)
    store.mutes.unmute(OPS, None, None, NOON)
    store.channels.unsubscribe(OPS, None)


def boards(store: Store) -> None:
    store.boards.put_up(OPS, "U1", NOON)
    store.boards.of(OPS)
    claimed = store.boards.claim(["list"], NOON, 10, 60)
    store.boards.tiles(claimed, NOON)
    store.boards.save(claimed[0])
    store.boards.settle([BoardOutcome(claimed[0], NOON, None)])
    store.records.record(reading(incident("other"), minutes=9), Route())
    store.boards.take_down(OPS, NOON)
    store.boards.forget(claimed[0])


@pytest.mark.parametrize("work", [deliveries, polls, questions, wishes, boards])
def test_no_table_is_read_whole(
    store: Store, path: Path, statements: list[Statement], work: Callable[[Store], None]
) -> None:
    store.records.record(reading(incident()), Route())
    statements.clear()
    work(store)
    plans = explained(path, statements)
    assert plans
    whole = {(detail, statement) for statement, detail in plans if detail.startswith("SCAN")}
    assert {plan for plan in whole if not plan[0].endswith(SHORT)} == set()


def test_a_claim_goes_through_what_is_due_in_each_lane_and_past_no_other_lanes_backlog(
    store: Store, path: Path, statements: list[Statement]
) -> None:
    statements.clear()
    assert store.pages.claim_due(at(9), dict.fromkeys(Lane, 10), 60)
    searches = [detail for statement, detail in explained(path, statements) if "ORDER BY page.due" in statement]
    of_catalog, of_workspaces = "ix_page_watched_due (watched=? AND due<?)", "ix_page_own_due (due<?)"
    assert sorted(searches) == [f"SEARCH page USING INDEX {index}" for index in (of_workspaces, *[of_catalog] * 2)]


@pytest.mark.parametrize(
    ("look", "index"),
    [
        pytest.param(lambda store: store.cards.lease_channels(["list"], NOON, 10, 60), "ix_channel_due", id="channels"),
        pytest.param(lambda store: store.cards.next_wake(["list"], NOON) or (), "ix_channel_due", id="wake"),
        pytest.param(lambda store: store.boards.claim(["list"], NOON, 10, 60), "ix_board_due", id="boards"),
        pytest.param(
            lambda store: store.moves.claim_notices(["list"], NOON, 10, 60), "ix_subscription_notice", id="notices"
        ),
        pytest.param(lambda store: store.floods.claim(["list"], NOON, 10, 60), "ix_flood_due", id="floods"),
        pytest.param(
            lambda store: store.publications.claim(["list"], NOON, 10, 60), "ix_publication_due", id="publications"
        ),
    ],
)
def test_a_look_every_few_seconds_goes_through_what_is_due_and_no_channels(
    store: Store, path: Path, statements: list[Statement], look: Callable[[Store], Sequence[object]], index: str
) -> None:
    statements.clear()
    assert look(store) == ()
    steps = [detail for _, detail in explained(path, statements)]
    assert [step for step in steps if index in step]
    walks = ("SCAN publication", "USING INDEX sqlite_autoindex_channel")
    assert not [step for step in steps if any(walk in step for walk in walks)]


def test_the_oldest_due_card_of_a_channel_is_found_past_all_that_it_ever_had(
    store: Store, path: Path, statements: list[Statement]
) -> None:
    store.records.record(reading(incident()), Route())
    statements.clear()
    deliveries(store)
    store.mutes.mute(OPS, ACME, "inc1", Mute(at(9)), NOON)
    plans = explained(path, [one for one in statements if "min(card.due_since)" in one[0]])
    of_cards = {(statement, detail) for statement, detail in plans if " card " in detail}
    assert len({statement for statement, _ in of_cards}) == 2
    assert not [detail for _, detail in of_cards if "ix_card_due" not in detail]


def test_what_persons_run_is_read_where_it_counts_alone(store: Store, path: Path, statements: list[Statement]) -> None:
    ours = Channel("slack", "T1", "C1")
    for channel in (ours, *(replace(ours, id=f"D{number}") for number in range(5))):
        store.services.define(channel, Service("checkout", (Dependency(ACME, Filter()),), "U1", NOON), Route())
    subscribe(store, ours)
    store.records.record(reading(incident()), Route())
    leased = store.cards.lease_channels(["slack"], NOON, 10, 60)
    statements.clear()
    [[due]] = store.cards.due_of(leased)
    assert [service.name for service in due.services] == ["checkout"]
    with closing(sqlite3.connect(path)) as connection:
        read = [connection.execute(*one).fetchall() for one in statements if "FROM dependency" in one[0]]
    assert [len(rows) for rows in read] == [1]


def test_the_last_posts_of_a_channels_subscriptions_are_found_in_one_walk_through_its_cards(
    store: Store, path: Path, statements: list[Statement]
) -> None:
    statements.clear()
    store.channels.subscriptions(OPS)
    steps = [detail for statement, detail in explained(path, statements) if "max(card.posted_at)" in statement]
    assert [step for step in steps if "SEARCH card " in step]
    assert not [step for step in steps if "CORRELATED" in step]


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda store: store.records.before(ACME, ["inc1"], NOON), id="before"),
        pytest.param(lambda store: store.records.incidents([ACME], NOON), id="incidents"),
        pytest.param(lambda store: store.records.incidents([ACME, BOLT], NOON), id="of several"),
        pytest.param(lambda store: store.records.overview([ACME], NOON, at(9), newest=5, open=5), id="overview"),
        pytest.param(lambda store: store.courses.of_vendor(ACME, NOON, 9), id="courses"),
        pytest.param(lambda store: store.pages.states([ACME]), id="states"),
    ],
)
def test_what_a_vendor_had_before_is_passed_over(
    store: Store, path: Path, statements: list[Statement], look: Callable[[Store], object]
) -> None:
    store.records.record(reading(incident()), Route())
    statements.clear()
    look(store)
    of_incidents = {detail for _, detail in explained(path, statements) if " ix_incident_" in detail}
    assert of_incidents
    through_all = ("_started (slug=?)", "_ended (slug=?)", "_started (slug=? AND started<?)")
    assert not [step for step in of_incidents if step.endswith(through_all)]


def test_what_is_new_of_some_vendors_is_found_among_what_is_new(
    store: Store, path: Path, statements: list[Statement]
) -> None:
    store.records.record(reading(incident()), Route())
    end = store.feed.end()
    statements.clear()
    store.feed.after(end, 10, [ACME])
    steps = {detail for _, detail in explained(path, statements)}
    for table in ("incident_update", "span"):
        assert f"SEARCH {table} USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in steps


def test_a_command_about_what_is_open_goes_through_no_history(
    store: Store, path: Path, statements: list[Statement]
) -> None:
    store.records.record(reading(incident()), Route())
    when = {"covered_until": NOON, "due": at(9)}
    store.digests.set(OPS, DigestSchedule(time(9), only=True), "U1", NOON, **when)
    statements.clear()
    store.digests.set(OPS, DigestSchedule(time(9)), "U1", NOON, **when)
    assert not [step for _, step in explained(path, statements) if step.startswith("SCAN incident")]
    statements.clear()
    store.services.define(OPS, Service("Shop", (Dependency(ACME, Filter()),), "U1", NOON), Route())
    of_open = explained(path, [one for one in statements if "card.incident IN" in one[0] and "incident.open" in one[0]])
    cards = {step for _, step in of_open if step.startswith("SEARCH card ")}
    assert cards == {"SEARCH card USING INDEX sqlite_autoindex_card_1 (incident=? AND channel=?)"}


@pytest.mark.parametrize(
    ("look", "step"),
    [
        pytest.param(
            lambda store: store.diagnostics.totals(NOON), "SCAN card USING INDEX ix_card_intent", id="intents"
        ),
        pytest.param(lambda store: store.held.now(OPS, NOON), _KEPT_BACK, id="now"),
        pytest.param(lambda store: store.held.now(Workspace("list", "T1"), NOON), _KEPT_BACK, id="everywhere"),
        pytest.param(lambda store: store.held.between(OPS, NOON, at(9)), _KEPT_BACK, id="between"),
        pytest.param(lambda store: store.mutes.of_channel(OPS, NOON), _KEPT_BACK, id="mutes"),
        pytest.param(lambda store: store.mutes.unmute(OPS, None, None, NOON), _KEPT_BACK, id="unmute"),
    ],
)
def test_few_cards_are_found_among_all_that_there_were(
    store: Store, path: Path, statements: list[Statement], look: Callable[[Store], object], step: str
) -> None:
    store.records.record(reading(incident()), Route())
    statements.clear()
    look(store)
    of_cards = {
        detail for _, detail in explained(path, statements) if " card " in detail and "ix_card_due" not in detail
    }
    assert of_cards == {step}


def test_a_look_at_the_clock_goes_through_the_cards_that_are_due(
    store: Store, path: Path, statements: list[Statement]
) -> None:
    statements.clear()
    assert store.clock.look(NOON) == 0
    of_cards = {detail for _, detail in explained(path, statements) if " card " in detail}
    assert of_cards
    assert not [detail for detail in of_cards if "ix_card_due" not in detail]
