from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.commands.digest_schedule import DigestWish, read_digest, unparse_digest
from bot.commands.reading import Reading
from bot.commands.sentence import read_line
from bot.commands.table import COMMANDS
from bot.domain import IncidentKind, Level, Phase
from bot.domain.digests import DigestSchedule
from tests.commands.talk import CATALOG, NOW, OPS, Talk, ago, incident, said

COMMAND = next(command for command in COMMANDS if command.name == "digest")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("daily 9:00", DigestSchedule(time(9))),
        ("daily", DigestSchedule(time(9))),
        ("9am", DigestSchedule(time(9))),
        ("daily at 9.30", DigestSchedule(time(9, 30))),
        ("every day 9 p.m.", DigestSchedule(time(21))),
        ("daily 9 uhr", DigestSchedule(time(9))),
        ("every morning", DigestSchedule(time(9))),
        ("9:00 daily Only", DigestSchedule(time(9), only=True)),
        ("weekly mon 9:00", DigestSchedule(time(9), 0)),
        ("weekly", DigestSchedule(time(9), 0)),
        ("fridays 17h", DigestSchedule(time(17), 4)),
        ("every monday at 5 pm", DigestSchedule(time(17), 0)),
        ("weekly sun noon only", DigestSchedule(time(12), 6, only=True)),
        ("off", DigestWish.OFF),
        ("stop it", DigestWish.OFF),
        ("", DigestWish.SHOW),
        ("now", DigestWish.NOW),
        ("only", DigestWish.ONLY),
    ],
)
def test_what_is_typed_is_understood_and_can_be_typed_again(typed: str, wanted: DigestSchedule | DigestWish) -> None:
    assert read_digest(typed) == wanted
    assert read_digest(unparse_digest(wanted)) == wanted


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("daily monday 9:00", "A digest comes daily or on one day of the week, not both"),
        ("mon tue", "A digest comes daily or on one day of the week"),
        ("daily 25:00", "At what time is “25:00”?"),
        ("9:00 17:00", "A digest comes once, not at 09:00 and 17:00: say for example digest daily 9:00"),
        ("daily 9:00 UTC", "The time is by this channel's clocks"),
        ("hourly", "I don't understand “hourly” there: say for example digest daily 9:00"),
        ("daily 9:00 no weekends", "I don't understand “no” there"),
    ],
)
def test_what_is_not_understood_changes_nothing(talk: Talk, typed: str, answer: str) -> None:
    assert talk.say(f"digest {typed}").startswith(answer)
    assert talk.store.digests.of(OPS) is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("daily summary at 9", "daily 9:00"),
        ("weekly digest on monday", "weekly mon 9:00"),
        ("send us a summary every friday at 16:30", "weekly fri 16:30"),
        ("can we get a daily digest at 8:30 please", "daily 8:30"),
        ("no more daily summary", "off"),
        ("please turn off the digest", "off"),
        ("don't send me a weekly digest", "off"),
    ],
)
def test_other_words_are_asked_about_first(talk: Talk, line: str, text: str) -> None:
    assert read_line(line, CATALOG) == Reading("digest", text, reworded=True)
    reply = talk.ask(line)
    assert not reply.public
    assert reply.messages[0].buttons[0].command == f"digest {text}"


@pytest.mark.parametrize("line", ["github weekly report", "summary of github", "overview"])
def test_a_question_is_no_wish_for_a_digest(line: str) -> None:
    read = read_line(line, CATALOG)
    assert isinstance(read, Reading)
    assert read.command == "status"


def test_typed_options_say_what_a_line_would() -> None:
    given = {"every": "weekly", "day": "fri", "time": "17:00", "only": "only"}
    assert read_digest(COMMAND.command_text(given)) == DigestSchedule(time(17), 4, only=True)
    assert COMMAND.usage == "digest [every] [day] [time] [only]"


def test_it_is_set_in_the_zone_of_the_channel_and_shown(talk: Talk) -> None:
    assert talk.say("digest").startswith("This channel gets no digest.")
    talk.say("settings tz=Europe/Berlin")
    talk.say("subscribe github")
    reply = talk.ask("digest weekly mon 9:00")
    assert reply.public
    assert reply.messages[0].title == "This channel gets a digest every Monday at 9:00 (Europe/Berlin)."
    shown = talk.say("digest")
    assert "The next one: 2026-09-21 07:00" in shown
    state = talk.store.digests.of(OPS)
    assert state
    assert (state.due, state.covered_until) == (
        datetime(2026, 9, 21, 7, tzinfo=UTC),
        datetime(2026, 9, 14, 7, tzinfo=UTC),
    )
    talk.say("settings tz=America/New_York")
    state = talk.store.digests.of(OPS)
    assert state
    assert state.due == datetime(2026, 9, 14, 13, tzinfo=UTC)


def test_it_can_be_all_that_the_channel_gets(talk: Talk) -> None:
    assert "It gets nothing else." in talk.say("digest daily 9:00 only")
    assert "It subscribes to nothing yet: subscribe github." in talk.say("digest only")
    assert "It gets nothing else." not in talk.say("digest daily 9:00")
    assert talk.ask("digest off").public
    assert not talk.ask("digest off").public


def test_the_list_and_the_settings_mention_it(talk: Talk) -> None:
    talk.say("subscribe github")
    assert "Digest:" not in talk.say("list") + talk.say("settings")
    talk.say("digest weekly fri 17:00 only")
    for asked in ("list", "settings"):
        said_so = "Digest: every Friday at 17:00, the next one 2026-09-18 17:00; nothing else is posted here."
        assert said_so in talk.say(asked)
    github = incident("github", "slow", "Slow pushes", ago(hours=3), said(1, ago(hours=3), "We look."))
    talk.reading("github", incidents=[github])
    assert talk.say("why github/slow").count("This channel gets its digest and nothing else") == 1


def test_now_is_for_everybody_and_for_who_asks_alone(talk: Talk) -> None:
    assert talk.say("digest now").startswith("This channel subscribes to nothing yet.")
    talk.say("subscribe github aws")
    plan = incident(
        "aws", "p", "New racks", NOW + timedelta(hours=9), kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED
    )
    talk.reading("aws", incidents=[plan])
    slow = incident("github", "slow", "Slow pushes", ago(hours=3), said(1, ago(hours=3), "We look."))
    gone = incident(
        "github",
        "gone",
        "No pushes",
        ago(hours=9),
        said(2, ago(hours=8), "Done.", Phase.RESOLVED),
        level=Level.MAJOR_OUTAGE,
    )
    talk.reading("github", incidents=[slow, gone])
    reply = talk.ask("digest now", may_manage=False)
    assert not reply.public
    assert reply.messages[0].title == "Digest: 1 open, 1 planned, 1 over."
    text = talk.say("digest now")
    assert "🟠 GitHub: Slow pushes — partial outage, open for 3 h" in text
    assert "AWS: New racks — 2026-09-14 21:00" in text
    assert "✅ GitHub: No pushes — major outage, resolved after 1 h · 2026-09-14 04:00" in text


def test_maintenances_can_be_left_to_it(talk: Talk) -> None:
    said_so = talk.say("subscribe github maintenance:digest")
    assert "planned maintenance in the digest alone" in said_so
    assert "This channel gets no digest yet, so nothing tells of maintenances: digest daily 9:00." in said_so
    talk.say("digest daily 9:00")
    assert "no digest yet" not in talk.say("subscribe github aws maintenance:digest severity:major+")
    plan = incident(
        "github", "p", "New racks", NOW + timedelta(hours=9), kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED
    )
    talk.reading("github", incidents=[plan])
    assert talk.post() == 0
    assert "those in the digest alone" in talk.say("why github/p")
    assert "GitHub: New racks" in talk.say("digest now")
    talk.say("subscribe github maintenance:off")
    assert "New racks" not in talk.say("digest now")


def test_who_may_not_manage_sees_what_is_set(talk: Talk) -> None:
    assert talk.ask("digest", may_manage=False).messages[0].buttons[0].command == "digest now"
    assert "manage" in talk.say("digest daily 9:00", may_manage=False)
    assert talk.store.digests.of(OPS) is None
