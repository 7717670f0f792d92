"""An incident that is none of a channel's business: who may say so, how, until when, and how it comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import Ignored, Level, Mute
from tests.commands.talk import GITHUB_PARTS, NOW, Talk, ago, incident, said

DOWN = incident("github", "down1234", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("c1",))
WHY = "does not affect us"


@pytest.fixture(name="told")
def _told(talk: Talk) -> Talk:
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.post()
    return talk


def ignored(reason: str = WHY, *, until_changed: bool = True) -> Ignored:
    return Ignored("ana", NOW, reason, "", until_changed, Level.PARTIAL_OUTAGE, frozenset({"c1"}))


def mute(talk: Talk) -> Mute | None:
    card = talk.store.cards.of_incident(talk.channel, DOWN.vendor, DOWN.id)
    assert card is not None
    return card.mute


def test_who_and_why_is_told_to_all(told: Talk) -> None:
    assert told.say(f'ignore github/down1234 "{WHY}"').splitlines() == [
        "Ignored “GitHub — Pushes fail” here.",
        f"Ignored here by ana: “{WHY}”, until it gets worse or names other parts",
        "Nothing new is posted until it gets worse or names other parts. Its message keeps updating, and says so.",
        "[Bring back: unmute github/down1234]",
    ]
    assert told.replies[-1].public
    assert mute(told) == Mute(None, ignored())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (f'github/down1234 "{WHY}" until changed', Mute(None, ignored())),
        (f'github/down1234 "{WHY}" until resolved', Mute(None, ignored(until_changed=False))),
        (f'github/down1234 "{WHY}" until 15:00', Mute(NOW + timedelta(hours=3), ignored(until_changed=False))),
        (f'github/down1234 "{WHY}" 2h', Mute(NOW + timedelta(hours=2), ignored(until_changed=False))),
        (f"github {WHY}", Mute(None, ignored())),
        (f"down1234 {WHY} until resolved", Mute(None, ignored(until_changed=False))),
        ("github/down1234", Mute(None, ignored(""))),
        (f"“{WHY}”", Mute(None, ignored())),
        ('github "only pushes, not us, for 2 days"', Mute(None, ignored("only pushes, not us, for 2 days"))),
        ("github it's not ours", Mute(None, ignored("it's not ours"))),
    ],
)
def test_it_is_typed_in_many_ways(told: Talk, typed: str, expected: Mute) -> None:
    told.say(f"ignore {typed}")
    assert mute(told) == expected


def test_in_its_thread_and_in_other_words(told: Talk) -> None:
    card = told.store.cards.of_incident(told.channel, DOWN.vendor, DOWN.id)
    assert card is not None
    told.thread = card.state.posts[0].ref
    for said_ in ("we're not affected", "This doesn't affect us"):
        [message] = told.ask(said_).messages
        assert message.title == "Ignore it in this channel until it gets worse or names other parts?"
        assert message.buttons[0].command == "ignore github/down1234"
        assert mute(told) is None
    told.say(f'ignore "{WHY}"')
    assert mute(told) == Mute(None, ignored())


@pytest.mark.parametrize("line", ["unmute github/down1234", "unignore github/down1234", "unmute github", "unmute all"])
def test_it_is_brought_back(told: Talk, line: str) -> None:
    told.say(f'ignore github "{WHY}"')
    assert told.say(line).startswith("Unmuted")
    assert mute(told) is None


def test_why_and_mute_name_it(told: Talk) -> None:
    told.say(f'ignore github "{WHY}"')
    line = f"ignored by ana: “{WHY}”, until it gets worse or names other parts"
    assert line in told.say("mute")
    assert line in told.say("why github/down1234")
    told.reading("github", GITHUB_PARTS, [DOWN, incident("github", "more", "New", NOW, components=("c1",))])
    told.say('ignore more "same"')
    assert "It is ignored here until it gets worse or names other parts, because “same”." in told.say("why more")


def test_a_plain_mute_takes_its_place(told: Talk) -> None:
    for line in ("mute github/down1234 until resolved", "mute github until resolved", "mute everything until resolved"):
        told.say(f'ignore github "{WHY}"')
        told.say(line)
        assert mute(told) == Mute()
        told.say("unmute all")


def test_in_another_thread_it_means_what_is_open_here(told: Talk) -> None:
    told.thread = "1772.4242"
    told.say(f'ignore "{WHY}"')
    assert mute(told) == Mute(None, ignored())


def test_bare_it_asks_which(told: Talk) -> None:
    [message] = told.ask("ignore").messages
    assert message.title == "Ignore which incident?"
    assert message.buttons[0].command == "ignore github/down1234"
    assert mute(told) is None


def test_only_who_may_manage_ignores(told: Talk) -> None:
    assert (
        told.say("ignore github", may_manage=False) == "Only people who can manage this channel can ignore incidents."
    )
    assert told.say(f"ignore github {'x' * 201}") == "Say why in at most 200 characters; these are 201."
    assert mute(told) is None


def test_erasing_who_ignored_it_keeps_it_ignored(told: Talk) -> None:
    told.say('ignore github "<@ana> says so"')
    assert told.store.erasure.person("console", "ana") > 0
    kept = mute(told)
    assert kept is not None
    assert kept.ignored is not None
    assert (kept.ignored.by, kept.ignored.reason) == ("erased", "<@erased> says so")


@pytest.mark.parametrize("typed", ["github/nope", "githb", "nope", "all", "everything", "github/nope 2h"])
def test_a_slip_in_the_name_ignores_no_other_incident(told: Talk, typed: str) -> None:
    assert told.say(f"ignore {typed}").startswith(f"I know no incident “{typed.split()[0]}”.")
    assert mute(told) is None


def test_a_reason_without_quotes_does_not_say_which(told: Talk) -> None:
    assert told.ask(f"ignore {WHY}").messages[0].title == "Ignore which incident?"
    assert mute(told) is None


@pytest.mark.parametrize("typed", [f'"{WHY}" github', f'"{WHY}" github/down1234', f'github "{WHY}'])
def test_why_may_stand_first_or_in_half_a_quote(told: Talk, typed: str) -> None:
    told.say(f"ignore {typed}")
    assert mute(told) == Mute(None, ignored())


def test_until_when_may_stand_before_why_and_is_never_empty(told: Talk) -> None:
    assert told.say("ignore github until").startswith("Until when?")
    assert mute(told) is None
    told.say(f'ignore github/down1234 until 15:00 "{WHY}"')
    assert mute(told) == Mute(NOW + timedelta(hours=3), ignored(until_changed=False))
