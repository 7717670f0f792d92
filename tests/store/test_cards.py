"""Cards: who gets one, when it is due, who may work on it, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import (
    ActKind,
    CardState,
    ChannelSettings,
    ChannelState,
    Health,
    IncidentKind,
    Level,
    Mention,
    Mode,
    Phase,
    Post,
    Slug,
    UnknownFingerprint,
    Verdict,
    VerdictReason,
)
from bot.store import Store
from bot.store.values import DeliveryWrite, Intent, RecordIntent, RecordOutcome, Release
from tests.store.given import (
    ACME,
    API,
    BOLT,
    DEV,
    ELSEWHERE,
    NOON,
    OPS,
    Route,
    at,
    catalog,
    deliver,
    due_cards,
    incident,
    leases,
    reading,
    resolved,
    settled,
    shown,
    subscribe,
    update,
    vendor,
)

INTENT = Intent("key-1", ActKind.POST, 0, CardState((Post(None, UnknownFingerprint("d"), ("u1",)),)), at(3))


@pytest.fixture
def watched(store: Store) -> Store:
    """Two channels watch the vendor."""
    catalog(store)
    subscribe(store, OPS)
    subscribe(store, DEV)
    return store


# --- who gets one --------------------------------------------------------------------------------------------------


def test_an_announced_incident_gets_a_card_where_it_matches(watched: Store) -> None:
    route = Route(DEV)
    assert watched.records.record(reading(incident(), components=(API,)), route) == 1
    assert route.asked == [("inc1", frozenset({OPS, DEV}))]
    lease = leases(watched)
    assert set(lease) == {OPS}
    [due] = watched.cards.due(lease[OPS])
    assert due.incident == incident()
    assert due.vendor == vendor()
    assert due.components == {"c1": API}
    assert due.card.verdict == Verdict(True, VerdictReason.COMPONENT_NAMED, "Core / API")
    assert (due.card.state, due.card.catch_up, due.intent) == (CardState(), False, None)


def test_who_has_a_card_is_not_asked_again(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    route = Route(OPS)
    assert watched.records.record(reading(incident("inc1", update("u2", 1)), minutes=1), route) == 1
    assert route.asked == [("inc1", frozenset({DEV}))]


def test_with_a_card_in_every_channel_nobody_is_asked(watched: Store) -> None:
    watched.records.record(reading(incident()), Route())
    deliver(watched)
    route = Route()
    assert watched.records.record(reading(incident("inc1", update("u2", 1)), minutes=1), route) == 2
    assert route.asked == []


def test_news_sends_no_channel_to_the_end_of_the_queue(watched: Store) -> None:
    watched.records.record(reading(incident("one")), Route(DEV))
    watched.records.record(reading(incident("two"), minutes=1), Route(OPS))
    watched.records.record(reading(incident("one", update("u1"), update("u2", 2)), minutes=2), Route(DEV))
    leased = leases(watched, 2)
    assert list(leased) == [OPS, DEV]
    watched.cards.commit([Release(lease) for lease in leased.values()])
    assert list(leases(watched, 2)) == [OPS, DEV], "the cards are due since then, too"


def test_an_ended_incident_gets_cards_only_when_announced(watched: Store) -> None:
    old = resolved(incident("old"), 1)
    assert watched.records.record(reading(old, announce=()), Route()) == 0
    late = resolved(incident("late"), 1)
    assert watched.records.record(reading(late, announce=["late"]), Route()) == 2


def test_a_baseline_gives_cards_to_what_is_open_and_announces_nothing(watched: Store) -> None:
    route = Route()
    baseline = reading(resolved(incident("old"), 1), incident("open"), announce=())
    assert watched.records.record(baseline, route) == 2
    assert [asked for asked, _ in route.asked] == ["open"]


def test_a_late_change_makes_the_cards_of_an_ended_incident_due(watched: Store) -> None:
    watched.records.record(reading(incident()), Route())
    over = resolved(incident(), 1)
    watched.records.record(reading(over, minutes=1), Route())
    deliver(watched, minutes=1)
    postmortem = replace(over, phase=Phase.POSTMORTEM, updates=(*over.updates, update("pm", 9)))
    assert watched.records.record(reading(postmortem, minutes=9, announce=()), Route()) == 2


def test_an_episode_s_cards_become_the_incident_s(watched: Store) -> None:
    episode = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
    watched.records.record(reading(episode), Route(DEV))
    deliver(watched)
    merging = reading(incident(), minutes=5, merged=(("episode-1", "inc1"),))
    assert watched.records.record(merging, Route()) == 2
    assert watched.cards.of_incident(OPS, ACME, "episode-1") is None
    [ops] = due_cards(watched, OPS, 5)
    assert (ops.incident.id, ops.card.state) == ("inc1", shown("m1"))
    [dev] = due_cards(watched, DEV, 7)
    assert (dev.incident.id, dev.card.state) == ("inc1", shown())


def test_an_episode_that_an_incident_with_a_card_of_its_own_explains_is_closed(watched: Store) -> None:
    episode = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
    watched.records.record(reading(episode), Route())
    deliver(watched)
    watched.records.record(reading(incident(), minutes=5, explained=(("episode-1", "inc1"),)), Route())
    due = {card.incident.id: card for card in due_cards(watched, minutes=5)}
    assert due.keys() == {"episode-1", "inc1"}
    assert due["episode-1"].incident.explained_by == due["inc1"].incident.title
    assert (len(due["episode-1"].card.state.posts), due["inc1"].card.state.posts) == (1, ())


def test_of_two_cards_merged_the_incident_s_stays(watched: Store) -> None:
    episode = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
    watched.records.record(reading(episode, incident()), Route(DEV))
    merging = reading(resolved(episode, 1), minutes=1, merged=(("episode-1", "inc1"),))
    assert watched.records.record(merging, Route(DEV)) == 0
    assert [due.incident.id for due in due_cards(watched, OPS, 1)] == ["inc1"]


EPISODE = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
MERGED = (("episode-1", "inc1"),)


def test_an_episode_s_card_whose_post_may_be_under_way_is_not_deleted(watched: Store) -> None:
    watched.records.record(reading(EPISODE, incident()), Route(DEV))
    lease = leases(watched)[OPS]
    due = next(due for due in watched.cards.due(lease) if due.incident.id == "episode-1")
    watched.cards.commit([RecordIntent(lease, due.card.id, INTENT)])
    watched.records.record(reading(EPISODE, minutes=1, merged=MERGED), Route(DEV))
    assert [due.incident.id for due in watched.cards.due(lease) if due.intent] == ["episode-1"]


def test_a_card_that_was_dropped_is_merged_and_stays_so(watched: Store) -> None:
    watched.records.record(reading(EPISODE), Route())
    deliver(watched)
    watched.channels.unsubscribe(OPS, [ACME])
    watched.records.record(reading(incident(), minutes=1, merged=MERGED), Route())
    assert set(leases(watched, 1)) == {DEV}


def test_merging_keeps_a_card_s_turn(watched: Store) -> None:
    watched.records.record(reading(EPISODE), Route(DEV))
    watched.records.record(reading(incident("two"), minutes=1), Route(OPS))
    watched.records.record(reading(incident(), minutes=2, merged=MERGED), Route(DEV))
    watched.cards.commit([Release(lease) for lease in leases(watched, 2).values()])
    assert list(leases(watched, 2)) == [OPS, DEV]


def test_due_cards_of_many_channels_come_channel_by_channel(watched: Store) -> None:
    watched.records.record(reading(incident("one")), Route())
    watched.records.record(reading(incident("two"), minutes=1), Route(DEV))
    lost = leases(watched)
    held = leases(watched, minutes=5)
    dev, lapsed, ops = watched.cards.due_of([held[DEV], lost[OPS], held[OPS]])
    assert [(due.card.channel, due.incident.id) for due in dev] == [(DEV, "one")]
    assert lapsed == ()
    assert [(due.card.channel, due.incident.id) for due in ops] == [(OPS, "one"), (OPS, "two")]


def test_where_the_incident_has_a_card_that_of_its_episode_is_closed(watched: Store) -> None:
    episode = replace(incident("episode-1"), kind=IncidentKind.EPISODE)
    watched.records.record(reading(episode, incident()), Route(DEV))
    deliver(watched)
    again = incident("inc1", update("u1"), update("u2", 1))
    watched.records.record(reading(again, minutes=1, merged=(("episode-1", "inc1"),)), Route(DEV))
    dues = {due.incident.id: due for due in due_cards(watched, OPS, 1)}
    assert set(dues) == {"episode-1", "inc1"}
    assert dues["episode-1"].incident.explained_by == "API errors"
    assert not dues["episode-1"].incident.is_open
    assert dues["inc1"].incident.explained_by is None
    deliver(watched, OPS, 3)
    assert watched.records.record(reading(resolved(again, 4), minutes=4), Route(DEV)) == 1


# --- whom it mentions ----------------------------------------------------------------------------------------------


def test_a_due_card_knows_whom_its_subscription_mentions(watched: Store) -> None:
    watched.records.record(reading(minutes=-1), Route())
    subscribe(watched, OPS, mention="@oncall@major")
    watched.records.record(reading(incident()), Route())
    claimed = leases(watched)
    [ops], [dev] = watched.cards.due(claimed[OPS]), watched.cards.due(claimed[DEV])
    assert (ops.mention, ops.card.state.mentioned) == (Mention("@oncall", Level.PARTIAL_OUTAGE), False)
    assert dev.mention is None


def test_what_was_mentioned_stays_so(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    [due] = watched.cards.due(lease)
    after = CardState((Post(None, UnknownFingerprint("d"), ("u1",)),), mentioned=True)
    watched.cards.commit([RecordIntent(lease, due.card.id, replace(INTENT, after=after))])
    [begun] = watched.cards.due(lease)
    assert begun.intent is not None
    assert (begun.intent.after, begun.card.state.mentioned) == (after, False)
    watched.cards.commit([RecordOutcome(lease, due.card.id, after, due.version, done=False)])
    [again] = watched.cards.due(lease)
    assert again.card.state == after


@pytest.mark.parametrize(("typed", "mentioned"), [("@oncall", True), ("@oncall@critical", False)])
def test_what_is_open_at_a_subscription_mentions_only_once_it_gets_worse(
    store: Store, typed: str, mentioned: bool
) -> None:
    catalog(store)
    store.records.record(reading(incident()), Route())
    subscribe(store, OPS, mention=typed)
    [due] = due_cards(store)
    assert due.card.state.mentioned is mentioned


def test_what_is_open_at_the_first_sight_mentions_nobody(store: Store) -> None:
    catalog(store)
    subscribe(store, OPS, mention="@oncall")
    store.records.record(reading(incident()), Route())
    store.records.record(reading(incident("new"), minutes=1), Route())
    assert {due.incident.id: due.card.state.mentioned for due in due_cards(store, OPS, 1)} == {
        "inc1": True,
        "new": False,
    }


def test_a_new_wish_mentions_nobody_for_a_card_that_stands(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    deliver(watched)
    subscribe(watched, OPS, minutes=1, mention="@oncall")
    watched.records.record(reading(incident("inc1", update("u2", 2)), minutes=2), Route(DEV))
    [due] = due_cards(watched, OPS, 2)
    assert due.card.state.mentioned


# --- when it is due ------------------------------------------------------------------------------------------------


def test_what_happens_while_a_card_is_worked_on_makes_it_due_again(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    [due] = watched.cards.due(lease)
    newer = incident("inc1", update("u1"), update("u2", 1))
    watched.records.record(reading(newer, minutes=1), Route(DEV))
    watched.cards.commit([settled(lease, due, "m1")])
    [again] = watched.cards.due(lease)
    assert (again.incident, again.card.state) == (newer, shown("m1"))
    watched.cards.commit([settled(lease, again, "m1", "m2")])
    assert watched.cards.due(lease) == ()


def test_a_card_with_acts_to_come_stays_due(watched: Store) -> None:
    watched.records.record(reading(incident()), Route())
    lease = leases(watched)[OPS]
    [due] = watched.cards.due(lease)
    watched.cards.commit([settled(lease, due, "m1", done=False)])
    assert [d.card.state for d in watched.cards.due(lease)] == [shown("m1")]


def test_due_cards_stand_in_the_order_in_which_they_fell_due_but_an_intent_is_first(watched: Store) -> None:
    for minutes, name in enumerate(["one", "two", "three"]):
        watched.records.record(reading(incident(name), minutes=minutes), Route())
    watched.records.record(reading(incident("one", update("u2", 9)), minutes=9), Route())
    lease = leases(watched, 9)[OPS]
    dues = watched.cards.due(lease)
    assert [due.incident.id for due in dues] == ["one", "two", "three"]
    watched.cards.commit([RecordIntent(lease, dues[2].card.id, INTENT)])
    first, *others = watched.cards.due(lease)
    assert (first.incident.id, first.intent) == ("three", INTENT)
    assert [(due.incident.id, due.intent) for due in others] == [("one", None), ("two", None)]


def test_a_card_shows_the_newest_of_everything_it_stands_on(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    watched.cards.due(lease)
    bad = replace(API, level=Level.MAJOR_OUTAGE)
    watched.records.record(reading(slug=ACME, minutes=1, components=(bad,)), Route())
    [due] = watched.cards.due(lease)
    watched.pages.sync_catalog([replace(vendor(), name="Acme Inc"), vendor(BOLT)], at(1), 0)
    [later] = watched.cards.due(lease)
    assert (due.vendor.name, later.vendor.name) == ("Acme", "Acme Inc")
    assert due.components["c1"] == bad
    assert due.components["c2"].name == "Web", "the name of a part that left the page is still known"


# --- lanes ---------------------------------------------------------------------------------------------------------


def test_the_channel_that_has_waited_longest_comes_first(store: Store) -> None:
    catalog(store)
    for minutes, channel in enumerate([DEV, ELSEWHERE, OPS]):
        subscribe(store, channel)
        store.records.record(reading(incident(f"i{minutes}"), minutes=minutes), Route())
    assert list(leases(store, 9, limit=2)) == [DEV, ELSEWHERE]
    assert list(leases(store, 9)) == [OPS]


def test_a_lease_has_its_channel_s_settings_and_state(watched: Store) -> None:
    watched.channels.set_settings(OPS, ChannelSettings(Mode.EDIT, "Asia/Tokyo"))
    watched.records.record(reading(incident()), Route(DEV))
    trouble = ChannelState(Health.DEGRADED, "The channel is archived.", at(1), 2)
    watched.cards.commit([Release(leases(watched)[OPS], state=trouble)])
    lease = leases(watched, 1)[OPS]
    assert (lease.settings, lease.state) == (ChannelSettings(Mode.EDIT, "Asia/Tokyo"), trouble)


def test_a_leased_channel_is_free_again_when_released_or_lapsed(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    assert leases(watched, 0.9) == {}
    assert watched.cards.next_wake(["list"], at(0.5)) == at(1)
    watched.cards.commit([Release(lease)])
    assert watched.cards.next_wake(["list"], at(0.9)) == at(0.9)
    assert set(leases(watched, 0.9)) == {OPS}
    assert set(leases(watched, 1.9)) == {OPS}


def test_a_lost_lease_writes_nothing(watched: Store) -> None:
    watched.records.record(reading(incident()), Route())
    slow = leases(watched)
    dues = {channel: watched.cards.due(lease)[0] for channel, lease in slow.items()}
    watched.cards.commit([Release(slow[DEV])])
    fast = leases(watched, 1)
    assert set(fast) == {OPS, DEV}
    assert watched.cards.due(slow[OPS]) == ()
    late: list[DeliveryWrite] = [
        RecordIntent(slow[OPS], dues[OPS].card.id, INTENT),
        settled(slow[OPS], dues[OPS], "late"),
        settled(fast[DEV], dues[DEV], "good"),
        Release(slow[OPS], not_before=at(99)),
    ]
    assert watched.cards.commit(late) == {OPS}
    assert [due.card.state for due in watched.cards.due(fast[OPS])] == [shown()]
    assert watched.cards.due(fast[DEV]) == ()


def test_a_key_that_went_to_another_channel_opens_nothing_of_it(watched: Store) -> None:
    watched.records.record(reading(incident()), Route())
    held = leases(watched)
    strange = replace(held[OPS], key=held[DEV].key)
    assert held[DEV].lease == strange.lease
    [due] = watched.cards.due(held[DEV])
    assert watched.cards.due(strange) == ()
    assert watched.cards.commit([settled(strange, due, "m1"), Release(strange)]) == {OPS}
    assert watched.cards.due(held[DEV]) == (due,)


def test_a_lapsed_lease_that_nobody_took_still_counts(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    [due] = watched.cards.due(lease)
    assert watched.cards.commit([settled(lease, due, "m1", minutes=30), Release(lease)]) == frozenset()
    assert leases(watched, 31) == {}


def test_a_released_lease_writes_no_more(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    [due] = watched.cards.due(lease)
    assert watched.cards.commit([Release(lease), settled(lease, due, "m1")]) == {OPS}
    assert watched.cards.commit([settled(lease, due, "m1")]) == {OPS}
    assert [d.card.state for d in due_cards(watched, OPS, 1)] == [shown()]


def test_entries_take_effect_in_their_order(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    [due] = watched.cards.due(lease)
    card = due.card.id
    watched.cards.commit([settled(lease, due, "m1", done=False), RecordIntent(lease, card, INTENT)])
    [due] = watched.cards.due(lease)
    assert (due.card.state, due.intent) == (shown("m1"), INTENT)
    watched.cards.commit([RecordIntent(lease, card, INTENT), settled(lease, due, "m1", "m2", done=False)])
    [due] = watched.cards.due(lease)
    assert (due.card.state, due.intent) == (shown("m1", "m2"), None)
    watched.cards.commit([settled(lease, due, "m1", done=False), settled(lease, due, "m1", "m2", "m3")])
    assert watched.cards.due(lease) == ()
    assert watched.cards.by_ref(OPS, "m3") is not None


def test_a_parked_channel_waits_and_wakes(watched: Store) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    watched.cards.commit([Release(leases(watched)[OPS], not_before=at(5))])
    assert leases(watched, 4.9) == {}
    assert watched.cards.next_wake(["list"], at(1)) == at(5)
    assert watched.cards.next_wake(["other"], at(1)) is None
    assert set(leases(watched, 5)) == {OPS}


def test_a_limit_of_the_workspace_holds_all_its_channels(watched: Store) -> None:
    subscribe(watched, ELSEWHERE)
    watched.records.record(reading(incident()), Route())
    claimed = leases(watched)
    watched.cards.commit([Release(claimed[OPS], not_before=at(5), whole_workspace=True)])
    watched.cards.commit([Release(claimed[DEV]), Release(claimed[ELSEWHERE])])
    assert set(leases(watched, 4)) == {ELSEWHERE}
    assert set(leases(watched, 6)) == {OPS, DEV, ELSEWHERE}


def test_an_earlier_wait_does_not_shorten_the_workspace_s(watched: Store) -> None:
    watched.records.record(reading(incident()), Route())
    claimed = leases(watched)
    watched.cards.commit([Release(claimed[OPS], not_before=at(5), whole_workspace=True)])
    watched.cards.commit([Release(claimed[DEV], not_before=at(2))])
    assert leases(watched, 4) == {}


def test_a_lost_installation_suspends_the_whole_workspace(watched: Store) -> None:
    subscribe(watched, ELSEWHERE)
    watched.records.record(reading(incident()), Route())
    lost = ChannelState(Health.SUSPENDED, "The app was uninstalled.", at(1), 1)
    watched.cards.commit([Release(leases(watched)[OPS], state=lost, whole_workspace=True)])
    assert watched.channels.unhealthy() == ((DEV, lost), (OPS, lost))
    assert set(leases(watched, 9)) == {ELSEWHERE}


def test_nothing_due_is_nothing_to_wake_for(watched: Store) -> None:
    assert watched.cards.next_wake(["list"], NOON) is None
    watched.records.record(reading(incident()), Route(DEV))
    deliver(watched)
    assert watched.cards.next_wake(["list"], NOON) is None
    assert watched.cards.commit([]) == frozenset()


# --- what is remembered ---------------------------------------------------------------------------------------------


def test_an_open_intent_is_found_after_a_crash(watched: Store, url: str) -> None:
    watched.records.record(reading(incident()), Route(DEV))
    lease = leases(watched)[OPS]
    [due] = watched.cards.due(lease)
    watched.cards.commit([RecordIntent(lease, due.card.id, INTENT)])
    after_the_crash = Store(url)
    try:
        assert leases(after_the_crash, 0.5) == {}
        [again] = due_cards(after_the_crash, OPS, 1)
        assert (again.intent, again.card.state) == (INTENT, shown())
    finally:
        after_the_crash.close()


def test_cards_are_found_by_message_by_incident_and_by_time(watched: Store) -> None:
    for minutes, name in enumerate(["one", "two"]):
        watched.records.record(reading(incident(name), minutes=minutes), Route(DEV))
    watched.records.record(reading(incident("unsent"), minutes=2), Route(DEV))
    lease = leases(watched, 2)[OPS]
    one, two, _ = watched.cards.due(lease)
    watched.cards.commit(
        [
            settled(lease, one, "1.1", "1.2", minutes=3),
            settled(lease, two, '2%"x', minutes=4, done=False),
            settled(lease, two, '2%"x', "21.1", minutes=9),
        ]
    )

    def id(card: object) -> object:
        return getattr(card, "incident", None)

    assert id(watched.cards.by_ref(OPS, "1.2")) == "one"
    assert id(watched.cards.by_ref(OPS, '2%"x')) == "two"
    assert [watched.cards.by_ref(OPS, ref) for ref in ("1", "1.", "shows 1.1", "%", "")] == [None] * 5
    assert watched.cards.by_ref(DEV, "1.1") is None
    assert id(watched.cards.of_incident(OPS, ACME, "unsent")) == "unsent"
    assert watched.cards.of_incident(OPS, BOLT, "one") is None
    assert watched.cards.of_incident(DEV, ACME, "one") is None
    assert [card.incident for card in watched.cards.of_channel(OPS, NOON)] == ["two", "one"]
    assert [card.incident for card in watched.cards.of_channel(OPS, at(3.5))] == ["two"]
    assert (watched.cards.count(OPS), watched.cards.count(DEV)) == (4, 0)


def test_a_root_that_was_only_found_again_still_has_a_time(watched: Store) -> None:
    watched.records.record(reading(incident(), minutes=3), Route(DEV))
    lease = leases(watched, 4)[OPS]
    [due] = watched.cards.due(lease)
    watched.cards.commit([RecordOutcome(lease, due.card.id, shown("m1"), due.version, done=True)])
    assert [card.incident for card in watched.cards.of_channel(OPS, at(3))] == ["inc1"]


@pytest.mark.parametrize("whole_workspace", [True, False])
def test_a_channel_that_was_deleted_meanwhile_stays_given_up(watched: Store, whole_workspace: bool) -> None:
    watched.records.record(reading(incident()), Route())
    claimed = leases(watched)
    watched.workspaces.drop_channel(OPS, "It was deleted.", at(1))
    failing = ChannelState(Health.DEGRADED, "I may not post.", at(2), 1)
    lease = claimed[DEV if whole_workspace else OPS]
    watched.cards.commit([Release(lease, at(12), failing, whole_workspace)])
    assert watched.channels.state(OPS) == ChannelState(
        Health.SUSPENDED, "It was deleted.", at(1), subscriber_notified=True
    )
    assert watched.channels.state(DEV).health is (Health.DEGRADED if whole_workspace else Health.ACTIVE)


def test_a_message_of_a_vendor_with_the_same_incident_id_is_another(watched: Store) -> None:
    subscribe(watched, OPS, BOLT)
    watched.records.record(reading(incident()), Route(DEV))
    watched.records.record(reading(incident(slug=BOLT), slug=BOLT), Route())
    assert sorted(due.card.vendor for due in due_cards(watched)) == [ACME, BOLT]


def test_channels_of_other_platforms_are_left_alone(watched: Store) -> None:
    watched.records.record(reading(incident()), Route())
    assert watched.cards.lease_channels(["slack", "discord"], NOON, 10, 60) == ()
    assert len(watched.cards.lease_channels(["slack", "list"], NOON, 10, 60)) == 2
    assert watched.cards.next_wake(["list"], NOON) == NOON + timedelta(minutes=1)


def test_a_stranger_has_no_cards(store: Store) -> None:
    assert store.cards.of_channel(OPS, NOON) == ()
    assert store.cards.of_incident(OPS, Slug("nobody"), "x") is None
