"""Which incidents pass which filters, and the reason given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import (
    Component,
    Dependency,
    Filter,
    Impact,
    Incident,
    IncidentKind,
    Level,
    PageState,
    Phase,
    Service,
    Slug,
    Snapshot,
    Update,
    Vendor,
    Verdict,
    VerdictReason,
)
from bot.routing import hits, judge, narrow, route

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
API = Component("c1", "API", Level.MAJOR_OUTAGE, group="Europe", region="eu-west-1")
DOCS = Component("c2", "Docs", Level.DEGRADED)
LOGIN = Component("c3", "Login [SSO]", Level.DEGRADED, group="Europe")
COMPONENTS = {c.id: c for c in (API, DOCS, LOGIN)}
EVERYTHING = Filter()


def incident(
    *components: str,
    kind: IncidentKind = IncidentKind.INCIDENT,
    level: Level | None = Level.PARTIAL_OUTAGE,
    regions: tuple[str, ...] = (),
) -> Incident:
    return Incident(
        vendor=Slug("acme"),
        id="i1",
        kind=kind,
        title="Errors while signing in",
        phase=Phase.INVESTIGATING,
        impact=Impact.MAJOR,
        started=NOON,
        level=level,
        components=components,
        regions=regions,
        updates=(Update("u1", Phase.INVESTIGATING, NOON, "We see TIMEOUTS of the token service."),),
    )


def verdict(incident: Incident, wanted: Filter) -> tuple[bool, VerdictReason, str]:
    result = judge(incident, COMPONENTS, wanted)
    return result.deliver, result.reason, result.detail


def test_without_a_filter_every_incident_passes() -> None:
    assert verdict(incident("c1"), EVERYTHING) == (True, VerdictReason.WHOLE_VENDOR, "")
    assert verdict(incident(), EVERYTHING) == (True, VerdictReason.WHOLE_VENDOR, "")


@pytest.mark.parametrize("glob", ["API", "api", "c1", "Europe", "europe / API", "A*", "*/ a?i", "[ab]pi"])
def test_a_component_is_known_by_id_name_group_and_both(glob: str) -> None:
    assert verdict(incident("c1", "c2"), Filter(components=(glob,))) == (
        True,
        VerdictReason.COMPONENT_NAMED,
        "Europe / API",
    )


@pytest.mark.parametrize("glob", ["AP", "pi", "A", "Asia*", "?"])
def test_a_part_of_a_name_is_not_the_name(glob: str) -> None:
    assert verdict(incident("c1"), Filter(components=(glob,))) == (
        False,
        VerdictReason.OTHER_COMPONENTS,
        "Europe / API",
    )


def test_a_name_with_brackets_matches_itself() -> None:
    assert verdict(incident("c3"), Filter(components=("login [sso]",)))[:2] == (True, VerdictReason.COMPONENT_NAMED)


def test_a_component_that_the_page_no_longer_lists_is_known_by_its_id() -> None:
    assert verdict(incident("gone"), Filter(components=("gone",))) == (True, VerdictReason.COMPONENT_NAMED, "gone")


def test_an_incident_that_names_no_component_passes_and_says_so() -> None:
    assert verdict(incident(), Filter(components=("API",))) == (True, VerdictReason.NO_COMPONENT_GIVEN, "")
    assert verdict(incident(), Filter(excluded=("API",))) == (True, VerdictReason.NO_COMPONENT_GIVEN, "")


def test_only_an_incident_of_excluded_components_alone_is_held_back() -> None:
    wanted = Filter(excluded=("docs", "login*"))
    assert verdict(incident("c2", "c3"), wanted) == (
        False,
        VerdictReason.EXCLUDED_COMPONENTS,
        "Docs, Europe / Login [SSO]",
    )
    assert verdict(incident("c2", "c1"), wanted) == (True, VerdictReason.WHOLE_VENDOR, "")


def test_included_and_excluded_together() -> None:
    wanted = Filter(components=("Europe",), excluded=("API",))
    assert verdict(incident("c1", "c3"), wanted) == (True, VerdictReason.COMPONENT_NAMED, "Europe / Login [SSO]")
    assert verdict(incident("c1", "c2"), wanted) == (False, VerdictReason.OTHER_COMPONENTS, "Docs")
    assert verdict(incident("c1"), wanted)[1] is VerdictReason.EXCLUDED_COMPONENTS


def test_a_region_comes_from_the_component_or_the_incident() -> None:
    west = Filter(regions=("EU-west-*",))
    assert verdict(incident("c1"), west) == (True, VerdictReason.REGION_NAMED, "eu-west-1")
    assert verdict(incident("c2", regions=("eu-west-3",)), west) == (True, VerdictReason.REGION_NAMED, "eu-west-3")
    assert verdict(incident(regions=("eu-west-1", "us-east-1")), west)[2] == "eu-west-1"
    assert verdict(incident(regions=("us-east-1",)), west) == (False, VerdictReason.OTHER_REGIONS, "us-east-1")
    assert verdict(incident("c1"), Filter(regions=("us-east-1",))) == (False, VerdictReason.OTHER_REGIONS, "eu-west-1")
    assert verdict(incident("c1", regions=("us-east-1",)), Filter(regions=("us-*",)))[2] == "us-east-1"


def test_an_incident_without_a_region_passes_and_says_so() -> None:
    assert verdict(incident("c2"), Filter(regions=("us-east-1",))) == (True, VerdictReason.NO_REGION_GIVEN, "")
    assert verdict(incident("c1", "c2"), Filter(regions=("us-east-1",))) == (True, VerdictReason.NO_REGION_GIVEN, "")


def test_a_global_incident_concerns_every_region() -> None:
    assert verdict(incident(regions=("Global",)), Filter(regions=("us-east-1",))) == (
        True,
        VerdictReason.REGION_NAMED,
        "Global",
    )


def test_the_region_of_a_component_that_was_not_asked_for_counts_for_nothing() -> None:
    wanted = Filter(components=("Docs",), regions=("eu-west-1",))
    assert verdict(incident("c1", "c2", regions=("us-east-1",)), wanted) == (
        False,
        VerdictReason.OTHER_REGIONS,
        "us-east-1",
    )
    other = Filter(components=("API",), regions=("us-east-1",))
    assert verdict(incident("c1", "c2", regions=("us-east-1",)), other) == (
        False,
        VerdictReason.OTHER_REGIONS,
        "eu-west-1",
    )
    assert verdict(incident(regions=("eu-west-1",)), other) == (False, VerdictReason.OTHER_REGIONS, "eu-west-1")


def test_the_least_level() -> None:
    major = Filter(min_level=Level.PARTIAL_OUTAGE)
    assert verdict(incident(level=Level.DEGRADED), major) == (False, VerdictReason.BELOW_MIN_LEVEL, "degraded")
    assert verdict(incident(level=Level.PARTIAL_OUTAGE), major) == (True, VerdictReason.WHOLE_VENDOR, "partial_outage")
    assert verdict(incident(level=None), major) == (True, VerdictReason.LEVEL_NOT_GIVEN, "")


@pytest.mark.parametrize("setting", [None, "off"])
def test_maintenances_are_announced_only_when_asked_for(setting: Literal["off"] | None) -> None:
    work = incident("c1", kind=IncidentKind.MAINTENANCE, level=Level.MAINTENANCE)
    assert verdict(work, Filter(maintenance=setting)) == (False, VerdictReason.MAINTENANCE_OFF, "")
    in_digest = Filter(maintenance="digest")
    assert verdict(work, in_digest) == (False, VerdictReason.MAINTENANCE_IN_DIGEST, "")
    assert verdict(incident("c1"), in_digest)[0]
    assert verdict(work, Filter(maintenance="on"))[0]
    assert verdict(work, Filter(maintenance="on", min_level=Level.MAJOR_OUTAGE))[0]
    assert verdict(work, Filter(maintenance="on", components=("Docs",))) == (
        False,
        VerdictReason.OTHER_COMPONENTS,
        "Europe / API",
    )


@pytest.mark.parametrize("text", ["SIGNING", "timeouts of the"])
def test_the_text_is_searched_in_title_and_updates(text: str) -> None:
    assert verdict(incident(), Filter(match=text)) == (True, VerdictReason.TEXT_MATCHED, text)


def test_a_text_that_is_nowhere() -> None:
    assert verdict(incident(), Filter(match="billing")) == (False, VerdictReason.TEXT_NOT_FOUND, "billing")


def test_what_the_page_did_not_tell_is_the_reason_named_first() -> None:
    wanted = Filter(components=("API",), min_level=Level.DEGRADED, match="token")
    assert verdict(incident(), wanted)[1] is VerdictReason.NO_COMPONENT_GIVEN
    assert verdict(incident("c1", level=None), wanted)[1] is VerdictReason.LEVEL_NOT_GIVEN
    assert verdict(incident("c1"), wanted)[1] is VerdictReason.COMPONENT_NAMED


def test_long_details_are_cut() -> None:
    many = {f"c{n}": Component(f"c{n}", f"Part {n}", None) for n in range(9)}
    result = judge(incident(*many), many, Filter(components=("Part*",)))
    assert result.detail == "Part 0, Part 1, Part 2, Part 3, Part 4 and 4 more"


def test_a_verdict_for_each_filter_in_its_order() -> None:
    filters = [EVERYTHING, Filter(components=("Docs",)), EVERYTHING, Filter(match="x")]
    verdicts = route(incident("c1"), COMPONENTS, filters)
    assert list(verdicts) == [judge(incident("c1"), COMPONENTS, wanted) for wanted in filters]
    assert list(route(incident("c1"), COMPONENTS, [])) == []


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
@settings(max_examples=300, deadline=None)
def test_stars_mean_what_they_mean_to_a_shell(glob: str, name: str) -> None:
    listing = {"c": Component("c", name, None)}
    wanted = Filter(components=(glob,))
    assert judge(incident("c"), listing, wanted).deliver == any(fnmatchcase(n, glob) for n in ("c", name) if n)


# --- laws ----------------------------------------------------------------------------------------------------------

words = st.sampled_from(["API", "Docs", "a*", "?", "[", "Europe / *", "eu-west-1", "us-*", "global", "İ", "ß", ""])
some = st.lists(words, max_size=3).map(tuple)
levels = st.none() | st.sampled_from(Level)
components = st.builds(
    Component, st.sampled_from(["c1", "c2", "c3"]), words, levels, st.none() | words, region=st.none() | words
)
listings = st.lists(components, max_size=3).map(lambda found: {c.id: c for c in found})
incidents = st.builds(
    lambda named, kind, level, regions: incident(*named, kind=kind, level=level, regions=regions),
    st.lists(st.sampled_from(["c1", "c2", "c3", "c4"]), max_size=4),
    st.sampled_from(IncidentKind),
    levels,
    some,
)
filters = st.builds(
    Filter,
    some,
    some,
    some,
    levels,
    st.sampled_from(["on", "off", "digest", None]),
    st.none() | st.sampled_from(["token", "Sign", "nowhere"]),
)


@given(incidents, listings, filters)
@settings(max_examples=200, deadline=None)
def test_every_incident_gets_a_reason_that_fits_the_verdict(
    incident: Incident, listing: dict[str, Component], wanted: Filter
) -> None:
    held_back = {
        VerdictReason.OTHER_COMPONENTS,
        VerdictReason.EXCLUDED_COMPONENTS,
        VerdictReason.OTHER_REGIONS,
        VerdictReason.BELOW_MIN_LEVEL,
        VerdictReason.MAINTENANCE_OFF,
        VerdictReason.MAINTENANCE_IN_DIGEST,
        VerdictReason.TEXT_NOT_FOUND,
    }
    result = judge(incident, listing, wanted)
    assert result.deliver == (result.reason not in held_back)


@given(incidents, listings, filters, words)
@settings(max_examples=200, deadline=None)
def test_one_more_included_component_or_region_holds_nothing_more_back(
    incident: Incident, listing: dict[str, Component], wanted: Filter, glob: str
) -> None:
    if judge(incident, listing, wanted).deliver:
        if wanted.components:
            assert judge(incident, listing, replace(wanted, components=(*wanted.components, glob))).deliver
        if wanted.regions:
            assert judge(incident, listing, replace(wanted, regions=(*wanted.regions, glob))).deliver


@given(incidents, listings, filters, words)
@settings(max_examples=200, deadline=None)
def test_one_more_excluded_component_lets_nothing_more_pass(
    incident: Incident, listing: dict[str, Component], wanted: Filter, glob: str
) -> None:
    if not wanted.regions and not judge(incident, listing, wanted).deliver:
        assert not judge(incident, listing, replace(wanted, excluded=(*wanted.excluded, glob))).deliver


@given(incidents, listings, filters)
@settings(max_examples=200, deadline=None)
def test_case_does_not_matter(incident: Incident, listing: dict[str, Component], wanted: Filter) -> None:
    def folded(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text.casefold() for text in texts)

    other = replace(
        wanted,
        components=folded(wanted.components),
        excluded=folded(wanted.excluded),
        regions=folded(wanted.regions),
        match=wanted.match and wanted.match.casefold(),
    )

    def outcome(result: Verdict) -> tuple[bool, VerdictReason]:
        return result.deliver, result.reason

    assert outcome(judge(incident, listing, wanted)) == outcome(judge(incident, listing, other))


# --- services --------------------------------------------------------------------------------------------------------


def service(name: str, *needs: Filter, vendor: str = "acme") -> Service:
    return Service(name, tuple(Dependency(Slug(vendor), needed) for needed in needs), "U1", NOON)


SERVICES = (
    service("all", EVERYTHING),
    service("api", Filter(components=("API",))),
    service("docs or api", Filter(components=("Docs",)), Filter(components=("*api",))),
    service("eu", Filter(regions=("eu-*",))),
    service("not docs", Filter(excluded=("Docs",))),
    service("elsewhere", EVERYTHING, vendor="bolt"),
)


@pytest.mark.parametrize(
    ("incident", "hit"),
    [
        (incident("c1"), {"all": True, "api": True, "docs or api": True, "eu": True, "not docs": True}),
        (incident("c2"), {"all": True, "docs or api": True, "eu": False}),
        (incident(), {"all": True, "api": False, "docs or api": False, "eu": False, "not docs": False}),
        (incident(regions=("us-east-1",)), {"all": True, "api": False, "docs or api": False, "not docs": False}),
        (incident("c1", level=None), {"all": True, "api": True, "docs or api": True, "eu": True, "not docs": True}),
        (incident("c2", kind=IncidentKind.MAINTENANCE), {"all": True, "docs or api": True, "eu": False}),
        (replace(incident("c1"), phase=Phase.RESOLVED), {}),
        (replace(incident("c1"), vanished=True), {}),
    ],
)
def test_what_an_incident_hits(incident: Incident, hit: dict[str, bool]) -> None:
    assert {found.service: found.certain for found in hits(incident, COMPONENTS, SERVICES)} == hit


def page(*incidents: Incident, components: tuple[Component, ...] = (API, DOCS, LOGIN)) -> PageState:
    vendor = Vendor(Slug("acme"), "Acme", "https://acme.test", "https://acme.test", "cloud", "hosting")
    snapshot = Snapshot(vendor.slug, Level.MAJOR_OUTAGE, "so it says", components, incidents, NOON)
    return PageState(vendor, snapshot, NOON, None, 60.0)


def narrowed(state: PageState, *needs: Filter) -> tuple[Level | None, list[str], int]:
    snapshot = narrow(state, needs).snapshot
    assert snapshot is not None
    return snapshot.level, [component.id for component in snapshot.components], len(snapshot.incidents)


def test_a_page_is_narrowed_to_what_is_needed_of_it() -> None:
    state = page(incident("c2"))
    assert narrowed(state, EVERYTHING) == (Level.MAJOR_OUTAGE, ["c1", "c2", "c3"], 1)
    assert narrowed(state, Filter(components=("API",))) == (Level.MAJOR_OUTAGE, ["c1"], 0)
    assert narrowed(state, Filter(components=("Docs",))) == (Level.PARTIAL_OUTAGE, ["c2"], 1), "the incident is worse"
    assert narrowed(state, Filter(excluded=("API",))) == (Level.PARTIAL_OUTAGE, ["c2", "c3"], 1)
    assert narrowed(state, Filter(regions=("us-*",))) == (Level.PARTIAL_OUTAGE, ["c2", "c3"], 1), "these have no region"
    assert narrowed(state, Filter(components=("API",)), Filter(components=("Docs",)))[1] == ["c1", "c2"]
    assert narrowed(state, Filter(components=("Gone",))) == (None, [], 0), "nothing is known of it"


def test_a_page_without_parts_has_one_level_for_all_of_them() -> None:
    state = page(incident(), components=())
    assert narrowed(state, Filter(components=("API",))) == (Level.MAJOR_OUTAGE, [], 1)
    assert narrow(replace(state, snapshot=None), [Filter(components=("API",))]).snapshot is None
