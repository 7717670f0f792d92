from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import IncidentKind, Level, Phase, Slug
from bot.store.values import PollOutcome
from tests.commands.talk import GITHUB_PARTS, NOW, Talk, ago, incident, said

START = ago(days=3)
LONG = incident(
    "github",
    "long1234",
    "Webhooks are delayed",
    START,
    said(1, START, "We see delays."),
    *(said(n, START + timedelta(hours=n), "We are still working on it.", Phase.IDENTIFIED) for n in range(2, 15)),
    said(15, START + timedelta(hours=15), "All caught up.", Phase.RESOLVED),
    said(16, START + timedelta(days=2), "What happened:\nA queue filled up.", Phase.POSTMORTEM),
    resolved=START + timedelta(hours=15),
    components=("c4",),
)
OPEN = incident(
    "github", "open5678", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), level=Level.MAJOR_OUTAGE
)


def test_incidents_are_counted_by_severity_and_listed_with_durations(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [LONG, OPEN])
    assert talk.say("incidents github").splitlines() == [
        "In the last 30 days, GitHub had 1 major outage, 1 partial outage.",
        "- 2026-09-14 · Pushes fail — major outage, still open, 1 h · github/open5678",
        "- 2026-09-11 · Webhooks are delayed — partial outage, resolved after 15 h · github/long1234",
        "(Read 40 s ago · status.github.example)",
        "[Pushes fail: incident github/open5678]",
    ]


def test_days_bound_the_list(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [replace(LONG, updates=LONG.updates[:-1])])
    assert "no incidents on record" in talk.say("incidents github --days 1")
    assert "Give the days as a number from 1 to 366" in talk.say("incidents github --days 9000")


def test_maintenances_and_episodes_are_counted_apart(talk: Talk) -> None:
    work = replace(LONG, id="m1", kind=IncidentKind.MAINTENANCE, phase=Phase.COMPLETED, level=Level.MAINTENANCE)
    seen = replace(LONG, id="e1", kind=IncidentKind.EPISODE)
    talk.reading("github", GITHUB_PARTS, [work, seen])
    assert talk.say("incidents github").startswith(
        "In the last 30 days, GitHub had 1 unannounced partial outage, 1 maintenance."
    )


def test_the_incidents_of_a_channel_name_their_vendor(talk: Talk) -> None:
    assert talk.say("incidents").startswith("This channel subscribes to nothing yet.")
    talk.say("subscribe github dyspatch")
    talk.reading("github", GITHUB_PARTS, [OPEN])
    text = talk.say("incidents --days 7")
    assert text.startswith("In the last 7 days, this channel's 2 vendors had 1 major outage.")
    assert "- 2026-09-14 · GitHub: Pushes fail" in text
    assert "Never read so far, so nothing is known: Dyspatch." in text


def test_nothing_is_claimed_of_a_page_never_read(talk: Talk) -> None:
    reply = talk.ask("incidents dyspatch")
    assert reply.messages[0].summary == "Nothing is known of Dyspatch yet."
    assert reply.unread == ("dyspatch",)


def test_a_timeline_is_whole_and_oldest_first(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [LONG])
    assert talk.say("incident long1234").splitlines() == [
        "Resolved after 15 h · GitHub — Webhooks are delayed",
        "Started: 2026-09-11 12:00",
        "Ended: 2026-09-12 03:00 after 15 h",
        "At its worst: Partial outage",
        "The vendor's verdict: impact major",
        "Affects: Webhooks",
        "Investigating · 2026-09-11 12:00",
        "> We see delays.",
        "Identified · 2026-09-11 14:00",
        "> We are still working on it.",
        "repeated 13×, last 2026-09-12 02:00",  # noqa: RUF001
        "Resolved · 2026-09-12 03:00",
        "> All caught up.",
        "Postmortem · 2026-09-13 12:00",
        "> What happened:",
        "> A queue filled up.",
        "(Read 40 s ago · status.github.example)",
    ]


@pytest.mark.parametrize(
    "typed",
    ["long1234", "github/long1234", "https://status.github.example/incidents/long1234", "long", "github"],
)
def test_an_incident_is_found_by_what_is_at_hand(talk: Talk, typed: str) -> None:
    talk.reading("github", GITHUB_PARTS, [LONG])
    assert "Webhooks are delayed" in talk.say(f"incident {typed}").splitlines()[0]


@pytest.mark.parametrize(
    "typed",
    [
        "https://status.github.example/incidents/long1234",
        "<https://status.github.example/incidents/long1234|Webhooks>",
        "have you seen https://status.github.example/incidents/long1234?",
    ],
)
def test_the_link_of_an_incident_alone_asks_for_it(talk: Talk, typed: str) -> None:
    talk.reading("github", GITHUB_PARTS, [LONG])
    text = talk.say(typed)
    assert "Webhooks are delayed" in text.splitlines()[0]
    assert "same as incident github/long1234" in text.casefold()


@pytest.mark.parametrize(
    "typed",
    [
        "https://status.github.example/",
        "https://status.github.example/incidents/another1",
        "gitlab https://status.github.example/incidents/long1234",
    ],
)
def test_another_link_asks_for_its_vendor(talk: Talk, typed: str) -> None:
    episode = replace(OPEN, id="episode-1", kind=IncidentKind.EPISODE, url="https://status.github.example")
    talk.reading("github", GITHUB_PARTS, [LONG, episode])
    assert "GitHub has a major outage" in talk.say(typed)


def test_an_incident_is_found_by_its_message_here(talk: Talk) -> None:
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [OPEN])
    talk.post()
    card = talk.store.cards.of_incident(talk.channel, Slug("github"), "open5678")
    assert card is not None
    talk.say("status")
    assert "Pushes fail" in talk.say(f"incident {card.state.posts[0].ref}").splitlines()[0]


def test_an_edit_shows_what_was_said_before(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [OPEN], at=ago(minutes=30))
    edited = replace(OPEN, updates=(replace(OPEN.updates[0], text="Pushes over SSH fail."),))
    talk.reading("github", GITHUB_PARTS, [edited], at=ago(minutes=20))
    text = talk.say("incident open5678")
    assert (
        "Investigating · 2026-09-14 11:00, edited\n> Pushes over SSH fail.\nUntil 2026-09-14 11:40 it said:\n> ~~Hm.~~"
        in text
    )


def test_several_matches_are_offered(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [replace(LONG, id="abcd1"), replace(OPEN, id="abcd2")])
    reply = talk.ask("incident abcd")
    assert reply.messages[0].summary == "2 incidents fit. Which one?"
    assert {b.command for b in reply.messages[0].buttons} == {"incident github/abcd1", "incident github/abcd2"}


def test_an_unknown_incident_says_how_to_name_one(talk: Talk) -> None:
    assert talk.say("incident nope").startswith("I know no incident “nope”.\nGive its id, its link, or vendor/id")
    assert talk.say("incident dyspatch").startswith("No incident of Dyspatch is on record.")
    assert talk.say("incident").startswith("Which incident?\nType incident <id|link|vendor/id>")


def test_a_long_timeline_goes_on_in_further_messages(talk: Talk) -> None:
    many = [said(n, START + timedelta(hours=n), f"Step {n}.") for n in range(25)]
    talk.reading("github", GITHUB_PARTS, [replace(LONG, phase=Phase.INVESTIGATING, resolved=None, updates=tuple(many))])
    reply = talk.ask("incident long1234")
    assert [m.summary[-8:] for m in reply.messages] == ["(1 of 3)", "(2 of 3)", "(3 of 3)"]
    text = talk.say("incident long1234")
    assert all(f"> Step {n}." in text for n in range(25))


def test_a_vanished_incident_is_struck(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [replace(OPEN, vanished=True)])
    assert talk.ask("incident open5678").messages[0].struck
    assert "removed from the status page before it was resolved" in talk.say("incidents github")


def test_history_is_honest_about_days_not_on_record(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, at=datetime(2026, 9, 8, 12, tzinfo=UTC))
    talk.reading("github", GITHUB_PARTS, [OPEN, LONG])
    lines = talk.say("history github --days 10").splitlines()
    assert lines[:4] == [
        "GitHub, last 10 days: green on 4 of 7 days on record.",
        "5 Sep ⬜⬜⬜🟩🟩🟩🟧🟧🟩🟥 14 Sep",
        "⬜ not on record  🟩 operational  🟧 partial outage  🟥 major outage",
        "1 major outage, 1 partial outage.",
    ]
    assert "- 14 Sep — major outage" in lines
    assert "While it was watched, the page showed operational for 5 d 23 h, major outage for 40 s." in lines
    assert lines[-2] == "(Read 40 s ago · status.github.example · days in UTC)"


def test_history_knows_nothing_after_the_last_reading(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [OPEN], at=datetime(2026, 9, 10, 12, tzinfo=UTC))
    talk.unreadable("github", "It does not answer", datetime(2026, 9, 10, 13, tzinfo=UTC))
    assert talk.say("history github --days 10").splitlines()[:2] == [
        "GitHub, last 10 days: green on 0 of 1 day on record.",
        "5 Sep ⬜⬜⬜⬜⬜🟥⬜⬜⬜⬜ 14 Sep",
    ]


def test_a_count_says_that_the_history_is_not_read_yet(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    talk.store.pages.settle([PollOutcome(Slug("github"), NOW, 60, read_at=NOW, history_due=NOW)])
    assert "Last 30 days: its history is not read yet" in talk.say("status github")
    assert "Its history is not read yet." in talk.say("history github")
    lines = talk.say("incidents github").splitlines()
    assert lines[:2] == [
        "In the last 30 days, GitHub had nothing that is on record so far.",
        "History not read yet, so older ones are missing: GitHub.",
    ]
    talk.reading("github", GITHUB_PARTS, [OPEN])
    talk.store.pages.settle([PollOutcome(Slug("github"), NOW, 60, read_at=NOW, history_due=NOW)])
    assert "1 major outage so far, its history is not read yet" in talk.say("status github")


def test_days_are_those_of_the_channel(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [OPEN])
    talk.say("settings tz=Pacific/Kiritimati")
    text = talk.say("history github --days 2")
    assert "14 Sep ⬜🟥 15 Sep" in text
    assert "days in Pacific/Kiritimati" in text


def test_history_of_a_page_never_read_claims_nothing(talk: Talk) -> None:
    assert talk.say("history dyspatch").startswith("Dyspatch, last 30 days: nothing on record yet.\n16 Aug ⬜")
