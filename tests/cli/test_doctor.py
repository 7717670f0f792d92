"""What ``lookout doctor`` finds in a store, and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from typer.testing import CliRunner

from bot.adapters.slack.manifest import weaker_without
from bot.cli.check import Finding
from bot.cli.doctor import MAX_PAGES, examine
from bot.cli.main import cli
from bot.domain import ChannelState, Component, Filter, Health, Level, PageMemory, Slug, Subscription, Unreadable
from bot.domain.role import Role
from bot.store import Store
from bot.store.values import BoardOutcome, PageMove, PollOutcome, ProcessIdentity, ProcessReport, Release, Validator
from tests.databases import sqlite
from tests.store.given import ACME, API, BOLT, DEV, NOON, OPS, Route, at, catalog, incident, leases, reading, subscribe


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    catalog(opened)
    yield opened
    opened.close()


def lines(store: Store, minutes: float = 0) -> list[Finding]:
    return list(examine(store, at(minutes)))


def process(report: ProcessReport, store: Store, at: datetime = NOON) -> None:
    """The store is a process's that runs the bot."""
    store.processes.join(ProcessIdentity("me", "here", 4711, at - timedelta(hours=3)))
    store.processes.beat(report, at)


def about(found: list[Finding], name: str) -> list[Finding]:
    return [line for line in found if line.about == name]


def unchanged(filter: Filter) -> Callable[[Filter], tuple[Filter, tuple[str, ...]]]:
    return lambda typed: (filter, ())


def test_missing_history_scopes_are_told_with_what_is_weaker(store: Store) -> None:
    weakness = weaker_without("chat:write,channels:history")
    process(ProcessReport(0.2, {"slack": None}, {"slack": str(weakness)}), store)
    (told,) = about(lines(store), "scopes")
    assert told.ok
    assert told.text.startswith("slack: the app lacks groups:history, so nobody can look whether")
    installations: Any = SQLAlchemyInstallationStore("client", store.engine)
    installations.create_tables()
    whole = "chat:write,channels:history,groups:history"
    granted = [("T1", "chat:write"), ("T1", whole), ("T2", whole), ("T3", "chat:write")]
    for at_s, (team, scopes) in enumerate(granted, 1):
        known: Any = {"app_id": "A1", "bot_token": "x", "bot_id": "B", "bot_user_id": "U"}
        installations.save_bot(Bot(team_id=team, bot_scopes=scopes, installed_at=float(at_s), **known))
    _, told = about(lines(store), "scopes")
    assert told.text.startswith("slack T3: the app lacks channels:history and groups:history, so")


def test_a_store_where_all_is_well_has_no_complaint(store: Store) -> None:
    store.records.record(reading(), Route())
    subscribe(store)
    process(ProcessReport(0.2, {"slack": None}), store)
    found = lines(store)
    (told,) = about(found, "process")
    assert told.text.startswith("4711 on here, up for 3 h: all roles, heartbeat 0 s ago, reads 0 pages and serves 0 ch")
    assert not about(found, "role")
    assert about(found, "platform") == [Finding("platform", True, "slack: connected")]
    assert about(found, "readings")[0].text == "the newest is of just now"
    assert about(found, "due pages")[0].text == "none waits to be read"
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


def test_without_a_process_all_is_not_well(store: Store) -> None:
    found = lines(store)
    assert about(found, "process") == [
        Finding("process", False, "none runs the bot on this database: start lookout run.")
    ]
    assert about(found, "readings")[0].text.startswith("no page was read yet: see")


def test_what_a_process_reports_is_told(store: Store) -> None:
    lost = "not connected for 40 s: see the log for what it meets."
    process(ProcessReport(2.25, {"discord": lost, "slack": None}), store)
    found = lines(store)
    assert [line.text for line in about(found, "event loop")] == [
        "that of 4711 on here was held up for 2.2 s at most in the last minutes: see the log for loop.held, and "
        "whether the machine is overloaded."
    ]
    assert about(found, "platform") == [
        Finding("platform", False, f"discord: {lost}"),
        Finding("platform", True, "slack: connected"),
    ]


def test_roles_that_nobody_has_are_told(store: Store) -> None:
    subscribe(store, replace(OPS, platform="slack"))
    identity = ProcessIdentity("me", "here", 4711, NOON - timedelta(hours=3), (Role.DELIVER, Role.WEB), "1.2.3")
    store.processes.join(identity)
    store.processes.beat(ProcessReport(), NOON)
    found = lines(store)
    assert [(line.ok, line.text) for line in about(found, "role")] == [
        (False, "nobody polls: start lookout run --role poll."),
        (False, "nobody listens to Slack: start lookout run --role slack."),
    ]
    store.pages.claim_due(at(2), 1, 60)
    (told,) = about(lines(store), "process")
    assert ": deliver, web, version 1.2.3, heartbeat " in told.text
    assert told.text.endswith("reads 1 page and serves 0 channels now")
    facts: Any = told.facts["process"]
    assert (facts["roles"], facts["leases"]) == (["deliver", "web"], {"pages": 1, "channels": 0, "shards": []})


def test_the_shards_of_a_process_are_told(store: Store) -> None:
    store.processes.join(ProcessIdentity("me", "here", 4711, NOON, (Role.DISCORD,), "1.2.3"))
    store.shards.agree(3)
    store.shards.hold()
    assert about(lines(store), "process")[0].text.endswith("0 channels now, connected as Discord's shard 0")
    store.shards.hold()
    (told,) = about(lines(store), "process")
    assert told.text.endswith(", connected as Discord's shards 0 and 1")
    facts: Any = told.facts["process"]
    assert facts["leases"]["shards"] == [0, 1]


def test_a_silent_process_and_what_it_leaves_undone_are_told(tmp_path: Path) -> None:
    store = Store(sqlite(tmp_path))
    catalog(store)
    store.records.record(reading(), Route())
    process(ProcessReport(), store)
    silent = [
        (
            "process",
            "4711 on here, up for 3 h 30 min, is silent for 30 min: see whether it was killed, stopped or hangs.",
        ),
        ("readings", "the newest is of 30 min ago: see whether lookout runs, and its log."),
        ("due pages", "the first of them, Bolt, waits for 30 min: see whether lookout runs, or has too much to read."),
    ]
    complaints = [line for line in lines(store, 30) if not line.ok]
    assert [(line.about, line.text) for line in complaints] == silent
    store.close()


def test_a_damaged_file_is_a_sentence_whatever_of_it_can_be_read(tmp_path: Path) -> None:
    url, path = sqlite(tmp_path), tmp_path / "lookout.db"
    store = Store(url)
    catalog(store, *(f"vendor-{number}" for number in range(500)))
    store.close()
    whole = path.read_bytes()
    size = 4096
    for first in range(0, len(whole) // size, 5):
        harmed = bytearray(whole)
        harmed[first * size + (100 if first == 0 else 0) : (first + 2) * size] = b"\xa5" * size
        path.write_bytes(harmed)
        result = CliRunner().invoke(cli, ["doctor"], env={"LOOKOUT_DATABASE_URL": url})
        assert result.exit_code in (1, 2), first
        assert isinstance(result.exception, SystemExit), (first, result.exception)
        assert "Traceback" not in result.output
    for text in ("", "Dear diary, " * 1000):
        path.write_text(text)
        result = CliRunner().invoke(cli, ["doctor"], env={"LOOKOUT_DATABASE_URL": url})
        assert isinstance(result.exception, SystemExit)


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


def test_feeds_with_odd_dates_are_counted(store: Store) -> None:
    memory = PageMemory(undated=1, zoneless=2)
    store.pages.settle([PollOutcome(ACME, at(9), 60, read_at=NOON, memory=memory)])
    (line,) = about(lines(store), "dates")
    assert line.ok
    assert "1 entry without a date" in line.text
    assert "2 entries with a date without a zone" in line.text


def test_pages_with_subscribers_come_first_and_count(store: Store) -> None:
    many = [f"v{number:02}" for number in range(MAX_PAGES + 5)]
    catalog(store, ACME, BOLT, *many)
    gone = [
        PollOutcome(Slug(slug), at(9), 60, unreadable=Unreadable("It is gone.", at(n))) for n, slug in enumerate(many)
    ]
    store.pages.settle(gone)
    found = lines(store, 60)
    assert [line.ok for line in about(found, "page")] == [True] * MAX_PAGES
    assert about(found, "page")[0].text.startswith("V00 has been unreadable for 1 h: It is gone. (")
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
    opened, now = Store(url), datetime.now(UTC)
    catalog(opened, now=now + timedelta(hours=1))
    process(ProcessReport(), opened, now)
    opened.pages.claim(ACME, now, 60)
    opened.records.record(reading(minutes=(now - NOON).total_seconds() / 60), Route())
    well = run.invoke(cli, ["doctor"], env={"LOOKOUT_DATABASE_URL": url})
    assert (well.exit_code, "!!" in well.output) == (0, False), well.output
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


def test_every_line_is_explained_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    rooms = Path(__file__).parents[2] / "bot" / "cli"
    for room in ("doctor.py", "vitals.py"):
        for about in re.findall(r'Finding\(\s*"([a-z ]+)"', (rooms / room).read_text(encoding="utf-8")):
            assert re.search(rf"^\|[^|]*`{about}`", docs, re.MULTILINE), about
