"""What is found again on a page that moved, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Component, Filter, Incident, IncidentKind, Level, Phase, Slug, Snapshot, Update
from bot.monitor.moving import plan_move, renamed
from bot.store.values import PageMove

ACME = Slug("acme")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def part(id: str, name: str, group: str | None = None) -> Component:
    return Component(id, name, Level.OPERATIONAL, group)


def said(id: str, minutes: float, text: str, phase: Phase = Phase.INVESTIGATING) -> Update:
    return Update(id, phase, at(minutes), text)


def incident(
    id: str, title: str, minutes: float, *updates: Update, phase: Phase = Phase.INVESTIGATING, **more: object
) -> Incident:
    base = Incident(ACME, id, IncidentKind.INCIDENT, title, phase, None, at(minutes), updates=updates)
    return replace(base, **more)  # type: ignore[arg-type]


def seen(*what: Component | Incident) -> Snapshot:
    parts = tuple(one for one in what if isinstance(one, Component))
    return Snapshot(ACME, None, "", parts, tuple(one for one in what if isinstance(one, Incident)), NOON)


def moved(before: Snapshot, after: Snapshot, *history: Incident, minutes: float = 0) -> PageMove:
    return plan_move(before, after, history, seen_at=at(minutes), old_kind="oldkind")


# --- components -----------------------------------------------------------------------------------------------------


def test_a_component_is_known_by_id_then_by_label_then_by_a_name_there_is_once() -> None:
    before = seen(
        part("a", "API", "Core"), part("b", "Web", "Core"), part("c", "Login", "EU"), part("d", "Login", "US")
    )
    after = seen(part("a", "REST API"), part("x", "web", "core"), part("y", "Login"), part("z", "New"))
    assert moved(before, after).components == {"b": "x", "c": "y"}
    two = seen(part("y", "Login", "Asia"), part("z", "Login", "Africa"))
    assert moved(before, two).components == {}


def test_a_bare_number_is_no_name() -> None:
    before = seen(part("1", "API"), part("2", "Web"), part("3", "Docs"))
    after = seen(part("2", "API"), part("1", "Web"), part("3", "Docs"))
    assert moved(before, after).components == {"1": "2", "2": "1"}
    assert moved(before, seen(part("2", "API"))).components == {"1": "2", "2": "2@oldkind-20260302T120000"}


# --- filters --------------------------------------------------------------------------------------------------------


def test_filters_keep_what_still_stands_for_something() -> None:
    before = seen(part("aaa", "API", "Core"), part("bbb", "Web", "Core"), part("ccc", "Webhooks"))
    after = seen(part("X1", "API"), part("X2", "Web"))
    refit = moved(before, after).refit_filter
    assert refit(Filter(components=("api", "W*"))) == (Filter(components=("api", "W*")), ())
    assert refit(Filter(components=("AAA",), min_level=Level.DEGRADED)) == (
        Filter(components=("X1",), min_level=Level.DEGRADED),
        (),
    )
    assert refit(Filter(components=("Core / API",))) == (Filter(components=("API",)), ())
    assert refit(Filter(components=("Core", "API"), excluded=("Webhooks",))) == (
        Filter(components=("Core", "API"), excluded=("Webhooks",)),
        ("Core", "Webhooks"),
    )


def test_what_stood_for_nothing_before_is_not_lost_now() -> None:
    before, after = seen(part("aaa", "API")), seen(part("X1", "API"))
    assert moved(before, after).refit_filter(Filter(components=("Typo", "API"))) == (
        Filter(components=("Typo", "API")),
        (),
    )


def test_a_page_that_lists_no_components_takes_nothing_from_a_filter() -> None:
    assert moved(seen(part("aaa", "API")), seen()).refit_filter(Filter(components=("aaa",))) == (
        Filter(components=("aaa",)),
        (),
    )


def test_a_region_that_the_new_page_does_not_have_is_lost() -> None:
    before = seen(replace(part("a", "API"), region="eu-1"))
    after = seen(replace(part("x", "API"), region="us-1"))
    assert moved(before, after).refit_filter(Filter(regions=("eu-*",)))[1] == ("eu-*",)


# --- incidents ------------------------------------------------------------------------------------------------------


def test_an_incident_is_known_by_title_and_day_or_by_its_start() -> None:
    before = seen(incident("a", "API is slow", -60), incident("b", "Old words", -30))
    after = seen(
        incident("x", "api  IS slow", -200), incident("y", "New words", -29), incident("z", "API is slow", 900)
    )
    assert moved(before, after).incidents == {"a": "x", "b": "y"}


def test_the_only_open_one_here_and_there_is_the_same_unless_it_is_younger_than_the_old_page() -> None:
    before = seen(incident("a", "API is slow", -300))
    assert moved(before, seen(incident("x", "Degraded API", -100))).incidents == {"a": "x"}
    left = moved(before, seen(incident("x", "Degraded API", 10)))
    assert (left.incidents, left.unmatched_open) == ({}, ("a",))
    two = seen(incident("x", "Degraded API", -100), incident("y", "Other", -90))
    assert moved(before, two).incidents == {}


def test_what_is_over_is_not_what_is_open_under_its_title_today() -> None:
    before = seen(incident("a", "Nightly work", -1380, phase=Phase.RESOLVED))
    assert moved(before, seen(incident("x", "Nightly work", -10))).incidents == {}
    ended = incident("y", "Nightly work", -1379, phase=Phase.RESOLVED)
    assert moved(before, seen(incident("x", "Nightly work", -10)), ended).incidents == {"a": "y"}


def test_an_end_in_the_new_history_is_found() -> None:
    before = seen(incident("a", "API is slow", -60, said("u", -60, "Hm.")))
    over = incident("x", "API is slow", -60, said("v", -60, "Hm."), phase=Phase.RESOLVED)
    move = moved(before, seen(), over)
    assert (move.incidents, move.unmatched_open) == ({"a": "x"}, ())


def test_the_same_number_for_something_else_makes_room() -> None:
    before = seen(incident("12", "Login fails", -9000, phase=Phase.RESOLVED))
    assert moved(before, seen(incident("12", "API is slow", -10))).incidents == {"12": "12@oldkind-20260302T120000"}
    same = incident("12", "Login fails", -9000, phase=Phase.RESOLVED)
    assert moved(before, seen(), same).incidents == {}


def test_an_episode_is_lookouts_own() -> None:
    episode = incident("episode-1", "API: degraded", -60, kind=IncidentKind.EPISODE, components=("a",))
    move = moved(seen(part("a", "API"), episode), seen(part("x", "API"), incident("y", "API: degraded", -60)))
    assert (move.incidents, move.unmatched_open) == ({}, ())
    assert renamed(seen(part("a", "API"), episode), move).incidents[0].components == ("x",)


# --- updates --------------------------------------------------------------------------------------------------------


def updates(was: list[Update], now: list[Update], minutes: float = 0) -> dict[str, tuple[str, ...]]:
    before, after = seen(incident("a", "T", -60, *was)), seen(incident("x", "T", -60, *now))
    return dict(moved(before, after, minutes=minutes).updates["x"])


def test_updates_are_known_by_text_or_by_time_and_phase() -> None:
    was = [said("u1", -60, "We look  into it."), said("u2", -40, "Found.", Phase.IDENTIFIED)]
    now = [said("v1", -10, "we look into it."), said("v2", -38, "We found it!", Phase.IDENTIFIED)]
    assert updates(was, now) == {"u1": ("v1",), "u2": ("v2",)}


def test_what_is_older_than_the_newest_known_is_no_news() -> None:
    was = [said("u1", -60, "One."), said("u2", -20, "Two.")]
    now = [said("v1", -60, "One."), said("v3", -40, "Between."), said("v2", -20, "Two."), said("v4", -5, "News.")]
    assert updates(was, now) == {"u1": ("v1", "v3"), "u2": ("v2",)}


def test_texts_of_a_page_whose_predecessor_had_none_are_no_news_up_to_its_last_reading() -> None:
    now = [said("v1", -60, "One."), said("v2", 5, "News.")]
    assert updates([], now) == {"": ("v1",)}


NAMES = st.sampled_from(["API", "Web", "Docs", "Login"])
PARTS = st.lists(st.builds(part, st.sampled_from("1234ab"), NAMES, st.sampled_from([None, "G"])), max_size=6).map(
    lambda parts: tuple({one.id: one for one in parts}.values())
)
TITLES = st.sampled_from(["Slow", "Down", "Work"])
POSTS = st.lists(st.builds(said, st.sampled_from("uvwx"), st.integers(-90, 90), TITLES), max_size=3).map(
    lambda posts: tuple(sorted({one.id: one for one in posts}.values(), key=lambda u: (u.at, u.id)))
)
INCIDENTS = st.lists(
    st.builds(
        lambda id, title, start, posts, phase: incident(id, title, start, *posts, phase=phase),
        st.sampled_from("12ab"),
        TITLES,
        st.integers(-3000, 100),
        POSTS,
        st.sampled_from([Phase.INVESTIGATING, Phase.RESOLVED]),
    ),
    max_size=4,
).map(lambda found: tuple({one.id: one for one in found}.values()))


@settings(max_examples=400)
@given(PARTS, PARTS, INCIDENTS, INCIDENTS)
def test_no_two_things_get_one_name(
    old: tuple[Component, ...], new: tuple[Component, ...], was: tuple[Incident, ...], now: tuple[Incident, ...]
) -> None:
    before, after = seen(*old, *was), seen(*new, *now)
    move = moved(before, after)
    again = renamed(before, move)
    assert len({c.id for c in again.components}) == len(again.components)
    assert len({i.id for i in again.incidents}) == len(again.incidents)
    for one in again.incidents:
        assert len({u.id for u in one.updates}) == len(one.updates)
    for ids in move.updates.values():
        told = [id for new_ids in ids.values() for id in new_ids]
        assert len(told) == len(set(told))
