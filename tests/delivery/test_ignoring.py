"""What a channel ignores is told no more there, and comes back with what was missed when it is another than it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain import Ignored, Incident, Level, Mode, Mute, Phase
from tests.delivery.story import ACME, Story, channel, incident, story
from tests.text import read

OPS, DEV = channel("ops"), channel("dev")


def begin(told: Story) -> Incident:
    """An incident that both channels were told of and one ignores."""
    told.subscribe(OPS, DEV, mode=Mode.THREAD)
    first = replace(incident("one", told.clock(), "Hm."), components=("c1",))
    told.record(first)
    told.deliver()
    return first


def ignore(told: Story, seen: Incident, mute: Mute | None = None) -> None:
    why = Ignored("ada", told.clock(), "not ours", "", mute is None, seen.level, frozenset(seen.components))
    until = mute.until if mute else None
    assert told.store.mutes.mute(OPS, ACME.slug, "one", Mute(until, why), told.clock())
    told.deliver()


def more(told: Story, first: Incident, *texts: str, phase: Phase = Phase.INVESTIGATING) -> Incident:
    told.clock.turn(minutes=5)
    return replace(incident("one", first.started, "Hm.", *texts, phase=phase), components=first.components)


def verbs(told: Story) -> list[str]:
    return [call.verb for call in told.chat.sent(OPS)]


def test_its_card_says_who_and_why_and_nothing_new_is_posted(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first)
        assert verbs(told) == ["post", "edit"]
        shown = read(told.chat.sent(OPS)[-1].message)
        assert "Ignored here by ada: “not ours”, until it gets worse or names other parts" in shown
        assert "[Bring back: unmute acme/one]" in shown
        told.record(more(told, first, "Still."))
        told.deliver()
        assert "reply" not in verbs(told)
        assert told.texts(DEV) == ["Hm.", "Still."]


def test_it_comes_back_when_it_gets_worse_and_stays_back(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first)
        told.record(more(told, first, "Still."))
        told.deliver()
        told.record(replace(more(told, first, "Still.", "Worse."), level=Level.MAJOR_OUTAGE))
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Still.", "Worse."]
        assert "Ignored" not in read(told.chat.messages[OPS]["m1"])
        told.record(more(told, first, "Still.", "Worse.", "Better."))
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Still.", "Worse.", "Better."]


def test_it_comes_back_when_it_names_other_parts(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first)
        told.record(replace(more(told, first, "Wider."), components=("c1", "c2")))
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Wider."]


def test_it_ends_with_an_edit_if_it_never_changed(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first)
        told.record(more(told, first, "Done.", phase=Phase.RESOLVED))
        told.deliver()
        assert set(verbs(told)[1:]) == {"edit"}
        over = read(told.chat.sent(OPS)[-1].message)
        assert "resolved after" in over
        assert "Ignored" not in over


def test_until_resolved_a_change_is_no_news(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first, Mute())
        told.record(replace(more(told, first, "Worse."), level=Level.MAJOR_OUTAGE, components=("c1", "c2")))
        told.deliver()
        assert "reply" not in verbs(told)


def test_until_a_time_it_catches_up_then(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first, Mute(told.clock().replace(hour=10)))
        told.record(more(told, first, "Still.", "Again."))
        told.deliver()
        assert "reply" not in verbs(told)
        told.clock.turn(hours=1)
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Still.", "Again."]
        assert "Ignored" not in read(told.chat.messages[OPS]["m1"])
        told.store.mutes.unmute(OPS, ACME.slug, None, told.clock())
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Still.", "Again."]


def unseen(told: Story, mute: Mute) -> Incident:
    """An incident that was muted before anything was posted of it, and is over."""
    told.subscribe(OPS)
    first = incident("one", told.clock(), "Hm.")
    told.record(first)
    assert told.store.mutes.mute(OPS, ACME.slug, "one", mute, told.clock())
    told.deliver()
    told.record(more(told, first, "Done.", phase=Phase.RESOLVED))
    told.deliver()
    assert verbs(told) == []
    return first


def test_of_what_was_muted_until_its_end_and_never_seen_nothing_said_afterwards_is_news(database_url: str) -> None:
    with story(database_url) as told:
        first = unseen(told, Mute())
        told.record(more(told, first, "Done.", "Why it was.", phase=Phase.POSTMORTEM))
        told.deliver()
        told.subscribe(OPS)
        told.deliver()
        now = told.clock()
        told.store.mutes.mute_vendor(OPS, ACME.slug, Mute(now + timedelta(minutes=5)), now)
        told.clock.turn(minutes=6)
        told.deliver()
        told.store.mutes.unmute(OPS, None, None, told.clock())
        told.deliver()
        assert verbs(told) == []
        told.record(more(told, first, "Done.", "Why it was.", "It is back."))
        told.deliver()
        assert verbs(told) == ["post"]


def test_what_is_brought_back_after_its_end_is_told(database_url: str) -> None:
    with story(database_url) as told:
        unseen(told, Mute(told.clock() + timedelta(hours=1)))
        told.store.mutes.unmute(OPS, ACME.slug, None, told.clock())
        told.deliver()
        assert verbs(told) == ["post"]


def test_who_subscribes_anew_or_mutes_the_vendor_ignores_nothing_any_more(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first)
        told.store.channels.unsubscribe(OPS, [ACME.slug])
        told.subscribe(OPS)
        now = told.clock()
        told.store.mutes.mute_vendor(OPS, ACME.slug, Mute(now + timedelta(hours=1)), now)
        told.deliver()
        told.record(replace(more(told, first, "Worse."), level=Level.MAJOR_OUTAGE))
        told.deliver()
        assert "reply" not in verbs(told)
        assert "Ignored" not in read(told.chat.messages[OPS]["m1"])
        told.clock.turn(hours=1)
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Worse."]


def test_one_that_gets_worse_while_its_vendor_is_muted_is_told_when_that_ends(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first)
        muted = Mute(told.clock() + timedelta(hours=1))
        assert told.store.mutes.mute_vendor(OPS, ACME.slug, muted, told.clock())
        told.record(replace(more(told, first, "Worse."), level=Level.MAJOR_OUTAGE))
        told.deliver()
        assert "reply" not in verbs(told)
        assert "Ignored" not in read(told.chat.sent(OPS)[-1].message)
        assert told.store.cards.next_wake(["list"], told.clock()) == muted.until
        assert [one.incident for one in told.store.mutes.of_channel(OPS, told.clock())] == [None]
        told.clock.turn(minutes=60)
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Worse."]


def test_the_mute_of_its_vendor_outlasts_a_shorter_one_of_its_own(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        long, short = (Mute(told.clock() + timedelta(minutes=minutes)) for minutes in (60, 10))
        told.store.mutes.mute_vendor(OPS, ACME.slug, long, told.clock())
        told.store.mutes.mute(OPS, ACME.slug, "one", short, told.clock())
        told.record(more(told, first, "Still."))
        told.deliver()
        told.clock.turn(minutes=30)
        told.deliver()
        assert told.texts(OPS) == ["Hm."]
        told.clock.turn(minutes=30)
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Still."]


def test_who_ends_the_mute_of_its_vendor_hears_of_it_at_once(database_url: str) -> None:
    with story(database_url) as told:
        first = begin(told)
        ignore(told, first)
        told.store.mutes.mute_vendor(OPS, ACME.slug, Mute(told.clock() + timedelta(hours=1)), told.clock())
        told.record(replace(more(told, first, "Worse."), level=Level.MAJOR_OUTAGE))
        told.deliver()
        told.store.mutes.unmute(OPS, ACME.slug, None, told.clock())
        told.deliver()
        assert told.texts(OPS) == ["Hm.", "Worse."]
