"""Somebody says that they are on an incident: by its id, its message, in its thread or in their own words."""

from __future__ import annotations

import pytest

from bot.domain import Ack, Card, Phase
from tests.commands.talk import GITHUB_PARTS, NOW, Talk, ago, incident, said

DOWN = incident("github", "down1234", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("c1",))
SLOW = incident("github", "slow5678", "Pulls are slow", ago(minutes=30), said(2, ago(minutes=30), "Hm."))
ENDED = incident("gitlab", "gone9999", "Was down", ago(hours=3), said(3, ago(hours=3), "Done."), resolved=ago(hours=2))


@pytest.fixture(name="told")
def _told(talk: Talk) -> Talk:
    """A channel with one open incident of GitHub, posted."""
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.post()
    return talk


def card(talk: Talk) -> Card:
    found = talk.store.cards.of_incident(talk.channel, DOWN.vendor, DOWN.id)
    assert found is not None
    return found


def ref(talk: Talk) -> str:
    return str(card(talk).state.posts[0].ref)


def test_who_is_on_it_is_told_to_all(told: Talk) -> None:
    assert told.say("ack github/down1234", may_manage=False).splitlines() == [
        "Taken: “GitHub — Pushes fail”.",
        "On it: ana. Its message here says so.",
        "[Not any more: unack github/down1234]",
    ]
    assert told.replies[-1].public
    assert card(told).ack == Ack("ana", NOW)
    [lease] = told.store.cards.lease_channels(["console"], NOW, 10, 60)
    assert [due.card.ack for due in told.store.cards.due(lease)] == [Ack("ana", NOW)]


@pytest.mark.parametrize("typed", ["ack", "ack github", "ack down1234", "ack this", "acknowledge", "ack it please"])
def test_the_only_open_one_is_found_however_it_is_named(told: Talk, typed: str) -> None:
    told.say(typed)
    if not told.replies[-1].public:
        told.say(told.replies[-1].messages[0].buttons[0].command)
    assert card(told).ack == Ack("ana", NOW)


def test_its_message_and_its_thread_name_it(told: Talk) -> None:
    told.say(f"ack {ref(told)}", user="bob")
    assert card(told).ack == Ack("bob", NOW)
    told.reading("github", GITHUB_PARTS, [DOWN, SLOW])
    told.post()
    told.thread = ref(told)
    told.ask("ack", user="ada", name="ada.l")
    assert card(told).ack == Ack("ada", NOW, "ada.l")


def test_a_vendor_without_anything_open_is_named(told: Talk) -> None:
    over = incident("gitlab", "over1234", "It was slow", ago(days=2), said(1, ago(days=1), "Over.", Phase.RESOLVED))
    told.reading("gitlab", [], [over])
    assert told.say("ack gitlab") == "Nothing of GitLab is open in this channel."


def test_several_are_offered(told: Talk) -> None:
    told.reading("github", GITHUB_PARTS, [DOWN, SLOW])
    told.post()
    for typed in ("ack", "ack github"):
        [message] = told.ask(typed).messages
        assert [b.command for b in message.buttons] == ["ack github/slow5678", "ack github/down1234"]
    assert card(told).ack is None


def test_another_one_takes_over_and_the_same_one_is_told_so(told: Talk) -> None:
    told.say("ack github")
    assert "You are on it already: you said so" in told.say("ack github")
    assert not told.replies[-1].public
    assert "Before: ana, since 2026-09-14 12:00" in told.say("ack github", user="bob")
    assert card(told).ack == Ack("bob", NOW)


def test_it_is_given_up(told: Talk) -> None:
    assert told.say("unack github") == "Nobody said that they are on it."
    told.say("ack github")
    assert told.say("unack github", user="bob").splitlines() == [
        "Nobody is on “GitHub — Pushes fail” any more.",
        "It was ana, since 2026-09-14 12:00",
        "[I'm on it: ack github/down1234]",
    ]
    assert card(told).ack is None


@pytest.mark.parametrize(
    "said", ["I'm on it", "we're looking into this", "I’ll take it", "im on it", "I've got this, folks"]  # noqa: RUF001
)  # fmt: skip
def test_other_words_are_asked_about_first(told: Talk, said: str) -> None:
    told.thread = ref(told)
    [message] = told.ask(said).messages
    assert message.title == "Say on its message that you are on it?"
    assert message.buttons[0].command == "ack github/down1234"
    assert card(told).ack is None
    told.say(message.buttons[0].command)
    assert card(told).ack is not None


def test_i_am_no_longer_on_it(told: Talk) -> None:
    told.say("ack github")
    told.thread = ref(told)
    assert told.ask("I'm no longer on it").messages[0].buttons[0].command == "unack github/down1234"


def test_what_cannot_be_taken_says_why(told: Talk) -> None:
    told.reading("gitlab", (), [ENDED])
    assert told.say("ack gitlab/gone9999") == "This channel gets nothing about it."
    assert "nope" in told.say("ack nope")
    told.say("unsubscribe github")
    assert told.say("ack github/down1234") == "This channel gets nothing about it."
    assert told.say("ack") == "Nothing is open here: name an incident."


def test_why_names_them(told: Talk) -> None:
    told.say("ack github")
    assert "On it: ana, since 2026-09-14 12:00" in told.say("why github/down1234")
