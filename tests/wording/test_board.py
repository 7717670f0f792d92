"""A board in words: worst first, true while it stands, and within every platform's limits whatever vendors write."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.adapters.console import ConsoleAdapter
from bot.adapters.discord.render.message import as_embed, as_text
from bot.adapters.slack.render.message import RenderContext
from bot.adapters.slack.render.message import card as slack_card
from bot.domain import (
    Board,
    Channel,
    Impact,
    Incident,
    IncidentKind,
    Level,
    Mute,
    PageState,
    Phase,
    ServiceTiles,
    Slug,
    Snapshot,
    Tile,
    Unreadable,
    Vendor,
)
from bot.message import Items, Message, MessageKind
from bot.wording.board import board_fingerprint, board_line, board_message, current_board_message
from tests.adapters.contract import HOSTILE, run
from tests.adapters.discord.spec import complaints
from tests.adapters.slack.judge import message_problems
from tests.fakes import Clock
from tests.text import read

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://status.example.com"
CONSOLE = Channel("console", "local", "main")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


LATELY = ago(seconds=40)


def incident(title: str, *, id: str = "i1", minutes: float = 30, phase: Phase = Phase.INVESTIGATING) -> Incident:
    kind = IncidentKind.MAINTENANCE if phase is Phase.SCHEDULED else IncidentKind.INCIDENT
    url = f"{URL}/{id}"
    return Incident(Slug("x"), id, kind, title, phase, Impact.MINOR, ago(minutes=minutes), url=url)


def tile(
    name: str,
    level: Level | None = Level.OPERATIONAL,
    *incidents: Incident,
    read_at: datetime | None = LATELY,
    unreadable: Unreadable | None = None,
    url: str = URL,
) -> Tile:
    vendor = Vendor(Slug(name.lower()), name, url, url, "cloud", "hosting")
    snapshot = None if read_at is None else Snapshot(vendor.slug, level, "", (), incidents, read_at)
    return Tile(PageState(vendor, snapshot, read_at, unreadable, 60), ago(hours=3))


def lines(tiles: Sequence[Tile], now: datetime = NOW) -> list[str]:
    (items,) = [block for block in board_message(tiles, now).blocks if isinstance(block, Items)]
    return read(Message("s", blocks=(items,))).splitlines()[1:]


def test_the_worst_comes_first_and_what_nobody_can_tell_before_what_is_well() -> None:
    tiles = [
        tile("Green"),
        tile("Dark", read_at=None),
        tile("Yellow", Level.DEGRADED),
        tile("Blue", Level.MAINTENANCE),
        tile("Red", Level.MAJOR_OUTAGE),
    ]
    assert lines(tiles) == [
        "- 🔴 major outage · Red, began 2026-03-02 06:00",
        "- 🟡 degraded performance · Yellow, began 2026-03-02 06:00",
        "- 🛠\ufe0f under maintenance · Blue, began 2026-03-02 06:00",
        "- 🟣 unknown · Dark, not read yet",
        "- 🟢 operational · Green, since 2026-03-02",
    ]
    message = board_message(tiles, NOW)
    assert message.title == (
        "3 of 5 vendors have problems: Red (major outage), Yellow (degraded performance) and Blue (under maintenance); "
        "unknown: Dark."
    )
    assert [button.command for button in message.buttons] == [
        "status red",
        "status yellow",
        "status blue",
        "status dark",
    ]


def test_open_incidents_are_named_the_newest_first_and_planned_ones_are_not() -> None:
    def open_(*names: str) -> list[Incident]:
        return [incident(f"Trouble {name}", id=name, minutes=number) for number, name in enumerate(names)]

    planned = incident("Planned", id="p", phase=Phase.SCHEDULED)
    assert lines([tile("Acme", Level.DEGRADED, *open_("a", "b", "c"), planned)]) == [
        "- 🟡 degraded performance · Acme, began 2026-03-02 06:00: Trouble a; Trouble b; Trouble c"
    ]
    assert lines([tile("Acme", Level.DEGRADED, *open_("a", "b", "c", "d"))])[0].endswith(
        ": Trouble a; Trouble b and 2 more"
    )


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (tile("A", None), "- 🟣 unknown · A, which gives no level"),
        (
            tile("A", unreadable=Unreadable("it times out", ago(hours=2))),
            "- 🟣 unknown · A, cannot be read since 2026-03-02 07:00; operational before that",
        ),
        (
            tile("A", read_at=None, unreadable=Unreadable("it times out", ago(hours=2))),
            "- 🟣 unknown · A, cannot be read since 2026-03-02 07:00",
        ),
        (
            tile("A", Level.MAJOR_OUTAGE, read_at=ago(hours=5)),
            "- 🟣 unknown · A, not read since 2026-03-02 04:00; major outage before that",
        ),
        (
            replace(tile("A"), mute=Mute(NOW + timedelta(hours=1))),
            "- 🟢 operational · A, since 2026-03-02 · muted until 2026-03-02 10:00",
        ),
        (
            replace(tile("A", Level.DEGRADED, incident("Slow")), since=None, muted_incidents=frozenset({"i1"})),
            "- 🟡 degraded performance · A: Slow (muted)",
        ),
    ],
)
def test_a_line_says_what_is_known_and_what_is_not(given: Tile, line: str) -> None:
    assert lines([given]) == [line]


def test_a_long_list_is_folded_and_the_rest_counted() -> None:
    tiles = [tile(f"Vendor {n:02}") for n in range(60)]
    tiles += [tile("Dark", read_at=None), tile("Red", Level.MAJOR_OUTAGE, incident("Down"))]
    message = board_message(tiles, NOW)
    shown = lines(tiles)
    assert "Red" in shown[0]
    assert 20 < len(shown) < 40
    assert f"and {62 - len(shown)} more operational; status lists all." in read(message)


def test_the_rest_is_counted_by_what_it_is() -> None:
    tiles = [tile(f"Red {n:02}", Level.MAJOR_OUTAGE) for n in range(30)]
    tiles += [*(tile(f"Green {n:02}") for n in range(3)), tile("Dark", read_at=None)]
    rest = 30 - len(lines(tiles))
    assert f"and {rest} more major outage, 1 more unknown and 3 more operational; status lists all." in read(
        board_message(tiles, NOW)
    )


def test_one_vendor_too_long_for_a_board_is_shown() -> None:
    assert len(lines([tile("A" * 500, url=f"{URL}/{'x' * 5_000}")])) == 1


def test_it_says_the_same_as_long_as_nothing_happens_whatever_the_time() -> None:
    now = [tile("Acme", Level.DEGRADED, incident("Slow")), tile("Bolt", unreadable=Unreadable("x", ago(hours=1)))]
    later = [replace(one, state=replace(one.state, read_at=NOW + timedelta(minutes=9))) for one in now]
    first, second = board_message(now, NOW), board_message(later, NOW + timedelta(minutes=9))
    assert first != second
    assert board_fingerprint(first) == board_fingerprint(second)
    other = [replace(one, state=replace(one.state, read_at=NOW)) for one in now[:1]]
    assert board_fingerprint(board_message(other, NOW)) != board_fingerprint(first)


def test_a_board_of_nothing_says_how_to_fill_it() -> None:
    message = board_message([], NOW)
    assert read(message).startswith("This channel subscribes to nothing yet.\nTry subscribe github")
    assert message.kind is MessageKind.BOARD


def test_what_is_said_about_a_board() -> None:
    def board(edited_at: datetime | None = None, error: str | None = None) -> Board:
        return Board(1, Channel("local", "local", "ops"), "U1", NOW, edited_at=edited_at, error=error)

    def line(edited_at: datetime | None = None, error: str | None = None) -> str:
        return read(Message("s", blocks=(Items((board_line(board(edited_at, error)),)),))).splitlines()[1]

    assert line() == "- Board: on its way."
    assert line(NOW) == (
        "- Board: kept up to date, last edited 2026-03-02 09:00; board on moves it down, board off ends it."
    )
    assert line(NOW, "Invite me.") == "- Board: not up to date. Invite me."
    assert current_board_message(board(), may_manage=False).buttons == ()
    assert [b.command for b in current_board_message(board(), may_manage=True).buttons] == ["board on", "board off"]


# --- laws ------------------------------------------------------------------------------------------------------------

names = st.one_of(st.sampled_from(list(HOSTILE.values())), st.text(max_size=40))
urls = st.one_of(st.just(URL), st.sampled_from(["javascript:x", f"{URL}/{'x' * 3_000}"]), names)
incidents = st.builds(
    lambda title, url, minutes: replace(incident("x", id=f"i{minutes}", minutes=minutes), title=title, url=url),
    names,
    st.one_of(st.none(), urls),
    st.integers(0, 9),
)
made = st.builds(
    lambda name, url, level, open_, ill, muted: replace(
        tile(name, level, *open_, url=url, unreadable=Unreadable("x", NOW) if ill else None),
        mute=Mute(NOW) if muted else None,
    ),
    names,
    urls,
    st.sampled_from([None, *Level]),
    st.lists(incidents, max_size=4),
    st.booleans(),
    st.booleans(),
)
boards = st.one_of(
    st.lists(made, max_size=6),
    st.builds(lambda one, many: [one] * many, made, st.integers(1, 300)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(boards)
def test_a_board_of_any_vendors_is_one_message_on_every_platform(tiles: list[Tile]) -> None:
    message = board_message(tiles, NOW)
    for body in (as_embed(message, "k"), as_text(message, "k")):
        assert not complaints("POST", "/channels/{channel_id}/messages", body)
        assert body["allowed_mentions"]["parse"] == []
    assert list(message_problems(asdict(slack_card(message, RenderContext())))) == []
    paper = io.StringIO()
    run(ConsoleAdapter(Console(file=paper, width=100), Clock()).post(CONSOLE, message, "k"))
    assert paper.getvalue()
    assert board_fingerprint(message) == board_fingerprint(board_message(tiles, NOW + timedelta(seconds=1)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.builds(tile, st.text("abc xyz", min_size=1, max_size=20), st.sampled_from(list(Level))), min_size=1))
def test_of_ordinary_names_no_platform_cuts_anything(tiles: list[Tile]) -> None:
    message = board_message(tiles * 20, NOW)
    text = as_embed(message, "k")["embeds"][0]["description"]
    assert not text.rstrip().endswith("…")
    assert "Oldest reading" in text
    assert "There is more" not in str(slack_card(message, RenderContext()).blocks)


def test_the_stores_values_fit() -> None:
    board = Board(1, CONSOLE, "U1", NOW)
    assert read(current_board_message(board, may_manage=False)).startswith("This channel has a board.")


def test_vendors_stand_below_the_services_that_need_them() -> None:
    red, green, alone = tile("Red", Level.MAJOR_OUTAGE), tile("Green"), tile("Alone", Level.DEGRADED)
    part = replace(red, state=tile("Red", Level.OPERATIONAL).state, since=None)
    services = [ServiceTiles("checkout", (green, part)), ServiceTiles("search", (red,))]
    shown = read(board_message([green, alone, red], NOW, services)).splitlines()
    assert shown[1:8] == [
        "search",
        "- 🔴 major outage · Red, began 2026-03-02 06:00",
        "checkout",
        "- 🟢 operational · Green, since 2026-03-02",
        "- 🟢 operational · Red",
        "Others",
        "- 🟡 degraded performance · Alone, began 2026-03-02 06:00",
    ]
    assert shown[0].startswith("2 of 3 vendors have problems")


@pytest.mark.parametrize("name", [*HOSTILE.values(), "x" * 40])
def test_a_board_of_services_is_within_every_platforms_limits(name: str) -> None:
    tiles = [tile(f"Vendor {n}", Level.DEGRADED, incident("Slow " * 20)) for n in range(40)]
    services = [ServiceTiles(f"{name[:38]}{n}", tuple(tiles[n : n + 3])) for n in range(0, 40, 2)]
    message = board_message(tiles, NOW, services)
    assert "more degraded performance; status lists all." in read(message)
    assert list(message_problems(asdict(slack_card(message, RenderContext())))) == []
    for body in (as_embed(message, "k"), as_text(message, "k")):
        assert not complaints("POST", "/channels/{channel_id}/messages", body)
