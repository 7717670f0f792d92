"""What a digest tells: by the channel's filters, each incident once when it is over and as long as it is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.digests.build import MAX_ENTRIES, Material, build, rebuild
from bot.domain import (
    Channel,
    Filter,
    HeldReason,
    Incident,
    IncidentKind,
    IncidentRecord,
    Level,
    PageState,
    Phase,
    Slug,
    Subscription,
    Unreadable,
    Vendor,
)
from bot.domain.digests import Digest, DigestItem, DigestSection

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HERE = Channel("list", "w1", "a")
ACME, BOLT = (
    Vendor(Slug(name.lower()), name, "https://x.test", "https://x.test", "cloud", "hosting")
    for name in ("Acme", "Bolt")
)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def record(id: str, started: datetime, ended: datetime | None = None, **more: Any) -> IncidentRecord:
    first_seen = more.pop("first_seen", started)
    phase = Phase.RESOLVED if ended else Phase.IDENTIFIED
    plain = Incident(ACME.slug, id, IncidentKind.INCIDENT, f"Trouble {id}", phase, None, started, ended)
    incident = replace(plain, **{"level": Level.DEGRADED, **more})
    return IncidentRecord(incident, first_seen, incident.level, ended=ended)


def plan(id: str, start: datetime, **more: Any) -> IncidentRecord:
    return record(
        id, start, kind=IncidentKind.MAINTENANCE, phase=Phase.SCHEDULED, **{"first_seen": ago(days=9), **more}
    )


def told(*records: IncidentRecord, wanted: Filter = Filter(), **more: Any) -> Digest:  # noqa: B008 (frozen)
    kept_back = more.pop("kept_back", {})
    subscriptions = [Subscription(HERE, ACME.slug, wanted, "ann", ago(days=90))]
    states = {ACME.slug: PageState(ACME, None, NOW, None, 60.0)}
    return build(Material(subscriptions, states, records, kept_back), ago(days=1), NOW, DAY, **more)


def sections(digest: Digest) -> list[tuple[str, str]]:
    return [(entry.section.value, entry.incident.id) for entry in digest.entries]


def test_what_is_open_planned_and_over_in_that_order() -> None:
    digest = told(
        record("over", ago(hours=5), ago(hours=4)),
        plan("tomorrow", NOW + timedelta(hours=20)),
        record("open", ago(days=3)),
        record("worse", ago(days=4), level=Level.MAJOR_OUTAGE),
    )
    assert sections(digest) == [("open", "worse"), ("open", "open"), ("planned", "tomorrow"), ("over", "over")]


def test_what_was_over_before_is_told_no_more() -> None:
    assert sections(told(record("a", ago(days=2), ago(days=1)), record("b", ago(days=2), ago(hours=30)))) == []
    assert sections(told(record("c", ago(days=2), ago(hours=23, minutes=59)))) == [("over", "c")]


def test_an_end_that_was_read_late_is_told_by_the_next() -> None:
    late = record("late", ago(hours=30), ago(hours=25))
    assert sections(told(late)) == []
    assert sections(told(late, told_open=[DigestItem(ACME.slug, "late", DigestSection.OPEN)])) == [("over", "late")]
    assert sections(told(replace(late, first_seen=ago(hours=23)))) == [("over", "late")]
    assert sections(told(replace(late, first_seen=ago(hours=1), ended=ago(days=40)))) == []


def test_a_plan_is_told_when_it_is_new_and_when_it_is_near() -> None:
    assert sections(told(plan("far", NOW + timedelta(days=9)))) == []
    assert sections(told(plan("new", NOW + timedelta(days=9), first_seen=ago(hours=3)))) == [("planned", "new")]
    assert sections(told(plan("near", NOW + timedelta(hours=47)))) == [("planned", "near")]
    cancelled = replace(plan("gone", NOW + timedelta(days=9)), ended=ago(hours=1))
    cancelled = replace(cancelled, incident=replace(cancelled.incident, vanished=True))
    assert sections(told(cancelled)) == [("over", "gone")]


def test_filters_hold_and_maintenance_is_left_out_only_where_somebody_says_so() -> None:
    near, minor = plan("near", NOW + timedelta(hours=3)), record("minor", ago(hours=3))
    assert sections(told(near, minor, wanted=Filter(min_level=Level.MAJOR_OUTAGE))) == [("planned", "near")]
    assert sections(told(near, minor, wanted=Filter(maintenance="off"))) == [("open", "minor")]


def test_an_episode_that_an_incident_explains_is_that_incident() -> None:
    assert sections(told(record("e", ago(hours=3), explained_by="Trouble"))) == []


def test_what_was_kept_back_stands_by_itself_once_it_is_over() -> None:
    why = {(ACME.slug, "a"): HeldReason.ENDED_WITHIN_HOLD, (ACME.slug, "b"): HeldReason.HOLD}
    digest = told(record("a", ago(hours=5), ago(hours=4)), record("b", ago(hours=1)), kept_back=why)
    assert sections(digest) == [("open", "b"), ("kept_back", "a")]
    assert [entry.kept_back for entry in digest.entries] == ["hold", "ended_within_hold"]


def test_where_it_is_all_that_comes_nothing_was_kept_back() -> None:
    digest = told(record("a", ago(hours=5), ago(hours=4)), kept_back={(ACME.slug, "a"): HeldReason.DIGEST_ONLY})
    assert sections(digest) == [("over", "a")]


def test_more_than_anybody_reads_is_counted() -> None:
    digest = told(*(record(f"i{n}", ago(hours=5), ago(hours=4)) for n in range(MAX_ENTRIES + 7)))
    assert (len(digest.entries), digest.more) == (MAX_ENTRIES, 7)


def test_what_cannot_be_read_is_named() -> None:
    subscriptions = [Subscription(HERE, v.slug, Filter(), "ann", ago(days=9)) for v in (ACME, BOLT)]
    states = {
        ACME.slug: PageState(ACME, None, NOW, Unreadable("It is away.", ago(hours=2)), 60.0),
        BOLT.slug: PageState(BOLT, None, NOW, None, 60.0),
    }
    digest = build(Material(subscriptions, states, ()), ago(days=1), NOW, DAY)
    assert (digest.vendors, digest.unreadable) == (("Acme", "Bolt"), ("Acme",))


def test_what_is_newer_than_its_moment_is_left_to_the_next() -> None:
    unseen = record("unseen", ago(hours=2), ago(hours=1), first_seen=NOW + timedelta(seconds=1))
    ended_since = record("ended", ago(hours=2), NOW + timedelta(seconds=1))
    assert sections(told(unseen, ended_since)) == [("open", "ended")]


def test_one_that_was_decided_is_sent_as_it_was_decided() -> None:
    material = Material(
        [Subscription(HERE, ACME.slug, Filter(), "ann", ago(days=9))],
        {ACME.slug: PageState(ACME, None, NOW, None, 60.0)},
        [record("new", ago(hours=1)), record("a", ago(hours=5), ago(minutes=1))],
    )
    items = [DigestItem(ACME.slug, id, DigestSection.OPEN) for id in ("a", "forgotten")]
    digest = rebuild(material, ago(days=1), ago(minutes=2), DAY, items, 3)
    assert (sections(digest), digest.more, digest.until) == ([("open", "a")], 3, ago(minutes=2))
