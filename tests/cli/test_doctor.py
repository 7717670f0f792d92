"""What ``lookout doctor`` finds in a store, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.check import Finding
from bot.cli.doctor import MAX_PAGES, examine
from bot.cli.main import cli
from bot.domain import ChannelState, Component, Filter, Health, Level, Slug, Subscription, Unreadable
from bot.store import Store
from bot.store.values import BoardOutcome, PageMove, PollOutcome, Release, Validator
from tests.store.given import ACME, API, BOLT, DEV, NOON, OPS, Route, at, catalog, incident, leases, reading, subscribe


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    catalog(opened)
    yield opened
    opened.close()


def lines(store: Store, minutes: float = 0) -> list[Finding]:
    return list(examine(store, at(minutes)))


def about(found: list[Finding], name: str) -> list[Finding]:
    return [line for line in found if line.about == name]


def unchanged(filter: Filter) -> Callable[[Filter], tuple[Filter, tuple[str, ...]]]:
    return lambda typed: (filter, ())


def test_a_store_where_all_is_well_has_no_complaint(store: Store) -> None:
    store.records.record(reading(), Route())
    subscribe(store)
    found = lines(store)
    assert all(line.ok for line in found)
    assert about(found, "delivery")[0].text == "nothing waits to be posted"
    assert about(found, "pages")[0].text.startswith("2 in all, 1 read, 0 of them unreadable now")


def test_what_was_detected_is_offered_to_the_catalog(store: Store) -> None:
    store.records.record(reading(), Route())
    store.pages.settle([PollOutcome(ACME, at(1), 60, kind="statuspage")])
    (line,) = about(lines(store), "catalog")
    assert (line.ok, line.text) == (
        True,
        "1 page found to be otherwise than in the catalog: lookout catalog detected",
    )


def test_a_lost_channel_is_named_with_what_to_do(store: Store) -> None:
    subscribe(store)
    store.records.record(reading(incident()), Route())
    state = ChannelState(Health.SUSPENDED, "Invite the bot to the channel again.", NOON, 4, subscriber_notified=True)
    store.cards.commit([Release(leases(store)[OPS], state=state)])
    (line,) = about(lines(store, 180), "channel")
    assert not line.ok
    assert line.text == "list T1/ops is on hold for 3 h: Invite the bot to the channel again."


def test_a_channel_that_waits_too_long_is_a_complaint(store: Store) -> None:
    subscribe(store)
    store.records.record(reading(incident()), Route())
    assert about(lines(store, 1), "delivery")[0].ok
    (line,) = about(lines(store, 30), "delivery")
    assert not line.ok
    assert "1 channel waiting, the first of them for 30 min" in line.text


def test_a_page_whose_cache_lied_is_named_for_a_day(store: Store) -> None:
    validators = {
        "https://x": Validator("e", None, "f", NOON, at(24 * 60)),
        "https://y": Validator("e", None, "f", NOON),
    }
    store.pages.settle([PollOutcome(ACME, at(9), 60, read_at=NOON, validators=validators)])
    (line,) = about(lines(store, 60), "caches")
    assert line.ok
    assert line.text.startswith("Acme: another body came under an ETag")
    assert about(lines(store, 24 * 60), "caches") == []


def test_pages_with_subscribers_come_first_and_count(store: Store) -> None:
    many = [f"v{number:02}" for number in range(MAX_PAGES + 5)]
    catalog(store, ACME, BOLT, *many)
    gone = [
        PollOutcome(Slug(slug), at(9), 60, unreadable=Unreadable("It is gone.", at(n))) for n, slug in enumerate(many)
    ]
    store.pages.settle(gone)
    found = lines(store, 60)
    assert [line.ok for line in about(found, "page")] == [True] * MAX_PAGES
    assert about(found, "page")[0].text.startswith("V00 cannot be read since 1 h ago: It is gone. (")
    assert about(found, "pages")[0].ok
    store.channels.subscribe(Subscription(OPS, Slug(many[-1]), Filter(), "ann", NOON), Route())
    found = lines(store, 60)
    assert [line.ok for line in about(found, "page")] == [False] + [True] * (MAX_PAGES - 1)
    assert "1 of those have subscribers" in about(found, "pages")[0].text


def test_a_filter_that_stands_for_nothing_is_named_once_for_all_its_channels(store: Store) -> None:
    store.records.record(reading(), Route())
    for channel in (OPS, DEV):
        wanted = Filter(components=("API", "Webhooks"), regions=("us-*",))
        store.channels.subscribe(Subscription(channel, ACME, wanted, "ann", NOON), Route())
    (line,) = about(lines(store), "filter")
    assert not line.ok
    assert "Acme lists nothing called “Webhooks” and “us-*”, which the subscription of 2 channels" in line.text


def test_a_page_that_moved_is_told_with_its_kinds(store: Store) -> None:
    store.pages.settle([PollOutcome(ACME, at(0), 60, read_at=NOON, kind="statuspage")])
    store.records.record(reading(), Route())
    moved = replace(
        reading(minutes=60),
        outcome=PollOutcome(ACME, at(61), 60, read_at=at(60), kind="incidentio", page_url="https://new.example"),
        move=PageMove({}, {}, {}, (), unchanged(Filter())),
    )
    store.records.record(moved, Route())
    (line,) = about(lines(store, 120), "moved")
    assert line.text == "Acme: Atlassian Statuspage → incident.io, 1 h ago; now read at https://new.example"
    assert about(lines(store), "kinds")[0].text == "not detected yet 1, incident.io 1"


def test_words_that_nobody_knows_are_counted_by_platform(store: Store) -> None:
    odd = Component("c9", "Billing", None, raw_status="wobbly"), Component("c8", "Mail", None, raw_status="wobbly")
    odder = Component("c7", "Maps", None, raw_status="hm"), Component("c6", "Docs", None)
    store.pages.settle([PollOutcome(ACME, at(0), 60, read_at=NOON, kind="instatus")])
    strange = replace(incident("inc2"), phase=None, raw_phase="PONDERING", impact=None, raw_impact="SEV7")
    post = replace(incident("inc3"), phase=None)
    store.records.record(reading(strange, post, components=(API, *odd, *odder), level=Level.OPERATIONAL), Route())
    assert [line.text for line in about(lines(store), "unknown words")] == [
        "Instatus: 4 of 5 components in a state that Lookout has no word for: “wobbly” and “hm”; for example of acme",
        "Instatus: 1 of 2 incidents in a phase that Lookout has no word for: “PONDERING”; for example of acme",
        "Instatus: 1 of 2 incidents with an impact that Lookout has no word for: “SEV7”; for example of acme",
    ]


def test_the_command_ends_with_1_if_something_ails(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lookout.db'}"
    run = CliRunner()
    well = run.invoke(cli, ["doctor"], env={"LOOKOUT_DATABASE_URL": url})
    assert (well.exit_code, "!!" in well.output) == (0, False)
    opened = Store(url)
    catalog(opened)
    opened.records.record(reading(), Route())
    subscription = Subscription(OPS, ACME, Filter(components=("Nowhere",)), "ann", NOON - timedelta(days=1))
    opened.channels.subscribe(subscription, Route())
    opened.close()
    unhealthy = run.invoke(cli, ["doctor"], env={"LOOKOUT_DATABASE_URL": url})
    assert unhealthy.exit_code == 1
    assert "!!  filter: Acme lists nothing called “Nowhere”" in unhealthy.output


def test_boards_are_counted_and_those_that_cannot_be_shown_named(store: Store) -> None:
    assert about(lines(store), "boards") == []
    store.boards.put_up(OPS, "U1", NOON)
    (line,) = about(lines(store), "boards")
    assert line.ok
    assert line.text == "1 channel with one; all can be shown, as far as is known"
    (board,) = store.boards.claim(["list"], NOON, 1, 60)
    store.boards.settle([BoardOutcome(replace(board, error="Invite me."), NOON, at(60))])
    (line,) = about(lines(store), "board")
    assert not line.ok
    assert line.text == "that of list T1/ops cannot be shown, and is tried again within the hour: Invite me."


def test_programs_read_the_same_as_json(tmp_path: Path) -> None:
    env = {"LOOKOUT_DATABASE_URL": f"sqlite:///{tmp_path / 'lookout.db'}", "COLUMNS": "1000", "NO_COLOR": "1"}
    for command in ("doctor", "check"):
        done = CliRunner().invoke(cli, [command, "--json"], env=env)
        read = json.loads(done.stdout)
        words = CliRunner().invoke(cli, [command], env=env)
        assert (done.exit_code, read["ok"]) == (words.exit_code, words.exit_code == 0)
        assert [f"{'ok' if f['ok'] else '!!'}  {f['about']}" for f in read["findings"]] == [
            line.partition(":")[0] for line in words.stdout.splitlines()
        ]
