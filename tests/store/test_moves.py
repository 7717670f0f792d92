"""A page that moved, put on record: nothing is lost under its new name, and channels are told what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.domain import ActKind, CardState, Component, Filter, Level, Post, Slug, Subscription, UnknownFingerprint
from bot.store import Store
from bot.store.values import (
    Intent,
    PageMove,
    PollOutcome,
    ProcessIdentity,
    Recording,
    RecordIntent,
    RecordOutcome,
    Release,
)
from tests.store.given import (
    ACME,
    API,
    DEV,
    NOON,
    OPS,
    WEB,
    Route,
    at,
    catalog,
    incident,
    leases,
    reading,
    resolved,
    subscribe,
    update,
)

Refit = Callable[[Filter], tuple[Filter, tuple[str, ...]]]


def kept(typed: Filter) -> tuple[Filter, tuple[str, ...]]:
    return typed, ()


def move(
    components: Mapping[str, str] | None = None,
    incidents: Mapping[str, str] | None = None,
    updates: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
    *,
    left_behind: tuple[str, ...] = (),
    refit: Refit = kept,
) -> PageMove:
    return PageMove(components or {}, incidents or {}, updates or {}, left_behind, refit)


def at_the_new_place(recording: Recording, moved: PageMove, **settled: object) -> Recording:
    place = replace(recording.outcome, kind="incidentio", page_url="https://new.example", **settled)  # type: ignore[arg-type]
    return replace(recording, outcome=place, move=moved, announce=frozenset())


def test_components_may_swap_their_names(store: Store) -> None:
    catalog(store)
    bad = replace(API, level=Level.MAJOR_OUTAGE)
    store.records.record(reading(resolved(incident(), 5), components=(bad, WEB)), Route())
    swapped = (replace(bad, id="c2"), replace(WEB, id="c1"))
    store.records.record(
        at_the_new_place(reading(components=swapped, minutes=60), move({"c1": "c2", "c2": "c1"})), Route()
    )
    before = store.records.before(ACME, [], NOON, gone=True)
    assert before is not None
    assert before.components == swapped
    assert before.incidents[0].components == ("c2",)
    spans = store.records.spans(ACME, NOON, components=True)
    assert [(span.component, span.level, span.start) for span in spans] == [
        ("c2", Level.MAJOR_OUTAGE, at(0)),
        ("c1", Level.OPERATIONAL, at(0)),
    ]


def test_what_was_shown_and_what_was_begun_count_under_the_new_names(store: Store) -> None:
    catalog(store)
    subscribe(store)
    subscribe(store, channel=DEV)
    known = incident("inc1", update("u1"), update("u2", 5))
    store.records.record(reading(known), Route())
    leased = leases(store)
    shown = CardState((Post("m1", UnknownFingerprint("s"), ("u1",)), Post("m2", UnknownFingerprint("s"), ("u2",))))
    for channel in (OPS, DEV):
        [due] = store.cards.due(leased[channel])
        store.cards.commit([RecordOutcome(leased[channel], due.card.id, shown, due.version, done=channel is OPS)])
    begun = Intent("k", ActKind.REPLY, 1, shown, NOON)
    store.cards.commit([RecordIntent(leased[DEV], store.cards.due(leased[DEV])[0].card.id, begun)])

    new = replace(known, id="X1", updates=(update("v1"), update("v3", 3), update("v2", 5), update("v4", 70)))
    ids = {"u1": ("v1", "v3"), "u2": ("v2",)}
    moved = move(incidents={"inc1": "X1"}, updates={"X1": ids})
    assert store.records.record(at_the_new_place(reading(new, minutes=60), moved), Route()) == 2
    store.cards.commit([Release(lease) for lease in leased.values()])

    assert store.records.incident(ACME, "inc1") is None
    record = store.records.incident(ACME, "X1")
    assert record is not None
    assert [u.id for u in record.incident.updates] == ["v1", "v3", "v2", "v4"]
    anew = (Post("m1", UnknownFingerprint("s"), ("v1", "v3")), Post("m2", UnknownFingerprint("s"), ("v2",)))
    for channel, lease in leases(store, 61).items():
        [due] = store.cards.due(lease)
        assert (due.card.incident, due.card.state.posts) == ("X1", anew)
        assert (due.intent is not None) == (channel == DEV)
        assert due.intent is None or due.intent.after.posts == anew


def test_what_nothing_was_told_of_is_told_under_no_id(store: Store) -> None:
    catalog(store)
    subscribe(store)
    silent = replace(incident(), updates=())
    store.records.record(reading(silent), Route())
    lease = leases(store)[OPS]
    [due] = store.cards.due(lease)
    store.cards.commit(
        [
            RecordOutcome(
                lease, due.card.id, CardState((Post("m1", UnknownFingerprint("s"), ()),)), due.version, done=True
            ),
            Release(lease),
        ]
    )
    new = replace(silent, id="X1", updates=(update("v1"),))
    moved = move(incidents={"inc1": "X1"}, updates={"X1": {"": ("v1",)}})
    store.records.record(at_the_new_place(reading(new, minutes=60), moved), Route())
    [due] = store.cards.due(leases(store, 61)[OPS])
    assert due.card.state.posts == (Post("m1", UnknownFingerprint("s"), ("v1",)),)


def test_the_claim_tells_where_the_record_is_from(store: Store) -> None:
    catalog(store)
    store.pages.settle([PollOutcome(ACME, NOON, 60, read_at=NOON, kind="statuspage", history_read_at=NOON)])
    store.records.record(reading(), Route())
    claim = store.pages.claim(ACME, at(1), 1)
    assert claim is not None
    assert claim.source == ("statuspage", "https://status.acme.example/")
    assert (claim.catalog_kind, claim.catalog_url) == (None, "https://status.acme.example/")
    assert (claim.moved_at, claim.unmatched_open, claim.history_read_at) == (None, (), NOON)

    moved = at_the_new_place(reading(minutes=60), move(left_behind=("inc1",)), detect_due=at(90))
    store.records.record(moved, Route())
    claim = store.pages.claim(ACME, at(61), 1)
    assert claim is not None
    assert claim.source == ("incidentio", "https://new.example")
    assert (claim.moved_at, claim.unmatched_open, claim.history_read_at) == (at(60), ("inc1",), None)
    assert (claim.vendor.page_url, claim.catalog_url) == ("https://new.example", "https://status.acme.example/")
    assert claim.detect_due == at(90)
    # The same found twice, by two visits at once, does not make the new place the old one.
    store.records.record(replace(moved, snapshot=replace(moved.snapshot, taken_at=at(61))), Route())
    [known] = store.diagnostics.moved(20)
    assert (known.kind_before, known.url_before) == ("statuspage", "https://status.acme.example/")


def subscribed(store: Store, wanted: Filter) -> Filter:
    store.channels.subscribe(Subscription(OPS, ACME, wanted, "ann", NOON), Route())
    return wanted


def test_a_channel_is_told_once_of_what_its_filter_lost(store: Store) -> None:
    catalog(store)
    store.records.record(reading(), Route())
    subscribed(store, Filter(components=("c1", "Webhooks")))
    fits = Filter(components=("X1", "Webhooks"))
    moved = move({"c1": "X1"}, refit=lambda _: (fits, ("Webhooks",)))
    new = reading(components=(Component("X1", "API", Level.OPERATIONAL),), minutes=60)
    store.records.record(at_the_new_place(new, moved), Route())
    (listed,) = store.channels.subscriptions(OPS)
    assert listed.subscription.filter == fits

    assert store.moves.claim_notices(["other"], at(60), 5, 600) == ()
    (notice,) = store.moves.claim_notices(["list"], at(60), 5, 600)
    assert (notice.channel, notice.vendor.slug, notice.unmatched) == (OPS, Slug("acme"), ("Webhooks",))
    assert (notice.at, notice.attempts) == (at(60), 0)
    assert store.moves.claim_notices(["list"], at(61), 5, 600) == ()
    (again,) = store.moves.claim_notices(["list"], at(71), 5, 600)
    assert (again.key, again.at, again.attempts) == (notice.key, at(60), 1)
    store.moves.settle_notice(again, at(80))
    assert store.moves.claim_notices(["list"], at(79), 5, 600) == ()
    (again,) = store.moves.claim_notices(["list"], at(80), 5, 600)
    store.moves.settle_notice(again, None)
    assert store.moves.claim_notices(["list"], at(9999), 5, 600) == ()


def test_who_subscribes_anew_is_told_nothing(store: Store) -> None:
    catalog(store)
    store.records.record(reading(), Route())
    subscribed(store, Filter(components=("Webhooks",)))
    store.records.record(
        at_the_new_place(reading(minutes=60), move(refit=lambda typed: (typed, ("Webhooks",)))), Route()
    )
    subscribed(store, Filter())
    assert store.moves.claim_notices(["list"], at(60), 5, 600) == ()


def loses(*words: str) -> PageMove:
    return move(refit=lambda typed: (typed, words))


def test_what_a_page_loses_while_a_notice_is_sent_is_another_notice(store: Store) -> None:
    catalog(store)
    store.records.record(reading(), Route())
    subscribed(store, Filter(components=("Webhooks", "Login")))
    store.records.record(at_the_new_place(reading(minutes=60), loses("Webhooks")), Route())
    (first,) = store.moves.claim_notices(["list"], at(60), 5, 600)
    store.records.record(at_the_new_place(reading(minutes=61), loses("Login")), Route())
    store.moves.settle_notice(first, None)
    (second,) = store.moves.claim_notices(["list"], at(61), 5, 600)
    assert second.unmatched == ("Login",)


def test_a_notice_that_is_none_any_more_is_not_due_when_its_process_ends(store: Store) -> None:
    def moves(minutes: int, moved: PageMove) -> None:
        assert store.pages.claim(ACME, at(minutes), 60)
        store.records.record(at_the_new_place(reading(minutes=minutes), moved), Route())

    catalog(store)
    store.processes.join(ProcessIdentity("one", "here", 1, NOON))
    subscribed(store, Filter(components=("Webhooks",)))
    moves(60, loses("Webhooks"))
    assert store.moves.claim_notices(["list"], at(60), 5, 600)
    moves(61, move(refit=lambda _: (Filter(components=("c1",)), ())))
    store.processes.leave(at(62))
    store.processes.join(ProcessIdentity("two", "here", 2, at(62)))
    assert store.moves.claim_notices(["list"], at(63), 5, 600) == ()
