from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import Filter, IncidentKind, Level, Phase, Unstable, Verdict, VerdictReason
from bot.store.values import RecordOutcome, Release
from bot.wording.why import why_sentence
from tests.commands.talk import GITHUB_PARTS, NOW, Talk, ago, incident, said

DOWN = incident("github", "down1234", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("c1",))


def test_the_newest_card_is_explained(talk: Talk) -> None:
    talk.ask("subscribe github git", user="ben")
    talk.reading("github", GITHUB_PARTS)
    talk.ask('subscribe github component:"Git *"', user="ben")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.post()
    assert talk.say("why").splitlines() == [
        "This channel got “GitHub — Pushes fail”.",
        "It names a component that the subscription asks for: Git Operations.",
        'Subscription: component Git * · subscribe github component:"Git *"',
        "Subscribed: 2026-09-14 12:00 by ben",
        "Began: 2026-09-14 11:00, as the vendor says",
        "First seen: 2026-09-14 11:59, 40 s ago",
        "Posted: 1 message for 1 update",
        "(Read 40 s ago · status.github.example)",
        "[Whole timeline: incident github/down1234]",
    ]
    assert talk.say("why github") == talk.say("why down1234") == talk.say("why")
    ref = talk.store.cards.of_channel(talk.channel, ago(days=1))[0].state.posts[0].ref
    assert talk.say(f"why {ref}") == talk.say("why")


def test_a_filter_that_held_it_back_is_named(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    talk.say("subscribe github webhooks")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    assert talk.post() == 0
    text = talk.say("why down1234")
    assert text.startswith(
        "This channel did not get “GitHub — Pushes fail”.\n"
        "It is about components that the subscription does not ask for: Git Operations."
    )


def test_the_rule_of_an_episode_is_said(talk: Talk) -> None:
    episode = replace(DOWN, id="episode-1", kind=IncidentKind.EPISODE)
    talk.reading("github", GITHUB_PARTS)
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [episode])
    talk.post()
    assert "Rule: The page got worse and no incident explains it." in talk.say("why github")
    turns = Unstable(3, ago(hours=1), ago(minutes=5))
    talk.reading("github", GITHUB_PARTS, [replace(episode, unstable=turns)])
    assert "Rule: Flapping: from the third turn on within an hour of one another" in talk.say("why github")


def test_a_channel_that_does_not_subscribe_is_told_so(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [DOWN])
    assert "This channel does not subscribe to this vendor." in talk.say("why github/down1234")


def test_what_had_ended_before_is_said(talk: Talk) -> None:
    over = replace(DOWN, phase=Phase.RESOLVED, resolved=ago(minutes=10))
    talk.reading("github", GITHUB_PARTS, [over], announce=False)
    talk.say("subscribe github")
    assert "It had ended before this channel subscribed." in talk.say("why down1234")


def test_a_subscription_changed_since_does_not_pass_for_the_reason(talk: Talk) -> None:
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.post()
    talk.now = NOW + timedelta(minutes=5)
    talk.say("subscribe github webhooks")
    assert (
        "The subscription asks for every incident of this vendor. That was the rule then; the subscription was changed "
        "since." in talk.say("why")
    )


def test_a_card_that_somebody_deleted_twice_says_why_it_is_silent(talk: Talk) -> None:
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.post()
    talk.reading("github", GITHUB_PARTS, [replace(DOWN, title="Pushes still fail")])
    (lane,) = talk.store.cards.lease_channels(["console"], talk.now, 10, 60)
    (due,) = talk.store.cards.due(lane)
    state = due.card.state
    talk.store.cards.commit(
        [RecordOutcome(lane, due.card.id, state, due.version, True, deleted=2, mute=True), Release(lane)]
    )
    why = "until it's resolved, because its message was deleted here 2 times; unmute github/down1234 brings it back"
    assert f"Muted: {why}" in talk.say("why").splitlines()
    talk.say("unmute github/down1234")
    assert "Muted" not in talk.say("why")


def test_what_waits_says_for_what_and_for_how_long(talk: Talk) -> None:
    minor = replace(DOWN, level=Level.DEGRADED, started=NOW - timedelta(minutes=1))
    talk.say("subscribe github hold:5m")
    talk.reading("github", GITHUB_PARTS, [minor])
    held = "The subscription holds incidents back for their first 5 min: another 4 min, if it is still open then."
    assert held in talk.say("why github/down1234")
    over = replace(minor, phase=Phase.RESOLVED, resolved=NOW)
    talk.reading("github", GITHUB_PARTS, [over])
    assert "It was over within the 5 min" in talk.say("why github/down1234")
    night = (NOW + timedelta(hours=2)).strftime("%H:%M")
    talk.say(f"settings quiet={(NOW - timedelta(hours=1)).strftime('%H:%M')}-{night}")
    talk.say("subscribe github")
    waits = "It is quiet here for another 2 h; then one message tells what was."
    assert waits in talk.say("why github/down1234")
    talk.post()
    assert f"Held back: {waits}" in talk.say("why github/down1234").splitlines()


def test_one_of_many_that_came_at_once_is_in_their_list_until_it_is_asked_for(talk: Talk) -> None:
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [replace(DOWN, id=f"down{number:04}") for number in range(30)])
    assert talk.post() == 10
    assert "It came with many others at once, and stands in their list." in talk.say("why github/down0029")
    assert talk.post() == 1
    assert "Posted: 1 message" in talk.say("why github/down0029")
    talk.say("incident github/down0028")
    assert talk.post() == 1


def test_nothing_to_explain_is_said(talk: Talk) -> None:
    assert talk.say("why").startswith("Nothing was posted to this channel in the last 90 days.")
    assert talk.say("why nonsense").startswith("I know no incident “nonsense”.")
    assert talk.say("why dyspatch").startswith("No incident of Dyspatch is on record.")


def test_several_matches_are_offered_for_why(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS, [replace(DOWN, id="abcd1"), replace(DOWN, id="abcd2")])
    assert {b.command for b in talk.ask("why abcd").messages[0].buttons} == {"why github/abcd1", "why github/abcd2"}


@pytest.mark.parametrize("why", VerdictReason)
def test_every_rule_is_one_sentence(why: VerdictReason) -> None:
    wanted = Filter(min_level=Level.PARTIAL_OUTAGE, match="push")
    sentence = why_sentence(Verdict(True, why, "API, Webhooks"), wanted)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
