"""Finding vendors by what people type."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import Catalog, Facts, Found, NearMiss, Product, load
from bot.catalog.names import Address, fold, typed_url
from bot.domain import OWN, Slug, Vendor

CATALOG = load()


def vendor(slug: str, *aliases: str, homepage: str | None = None, enabled: bool = True, sub: str = "tools") -> Vendor:
    page = f"https://status.{slug}.test"
    return Vendor(Slug(slug), slug.title(), page, page, "tools", sub, aliases, homepage, enabled=enabled)


def found(text: str) -> str | None:
    match CATALOG.find(text):
        case Found(vendor):
            return vendor.slug
        case NearMiss():
            return None


def near(text: str) -> list[str]:
    match CATALOG.find(text):
        case Found(vendor):
            raise AssertionError(f"{text} is {vendor.slug}")
        case NearMiss(vendors):
            return [v.slug for v in vendors]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("dyspatch", "dyspatch"),
        ("Git Hub", "github"),
        ("GITHUB", "github"),
        ("git-hub", "github"),
        ("new relic", "new-relic"),
        ("NewRelic?", "new-relic"),
        ("1 password", "1password"),
        ('"aws"', "aws"),
        ("“Datadog”", "datadog"),
        ("Let’s Encrypt", "lets-encrypt"),  # noqa: RUF001
        ("is github down?", "github"),
        ("Is there a Dyspatch outage?", "dyspatch"),
        ("slack status", "slack"),
    ],
)
def test_case_spacing_and_punctuation_do_not_matter(text: str, slug: str) -> None:
    assert found(text) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("claude", "anthropic"),
        ("chatgpt", "openai"),
        ("gpt", "openai"),
        ("gmail", "google-workspace"),
        ("Google Drive", "google-workspace"),
        ("google meet", "google-workspace"),
        ("twitter", "x-twitter"),
        ("x", "x-twitter"),
        ("s3", "aws"),
        ("EC2", "aws"),
        ("aws lambda", "aws"),
        ("cloudfront", "aws"),
        ("gcp", "google-cloud"),
        ("vertex ai", "google-cloud"),
        ("azure", "azure"),
        ("npm", "npm"),
        ("copilot", "github"),
        ("photoshop", "adobe"),
        ("rundeck", "pagerduty"),
        ("teams", "microsoft-365"),
        ("outlook", "microsoft-365"),
        ("OneDrive", "microsoft-365"),
        ("sharepoint", "microsoft-365"),
        ("Office 365", "microsoft-365"),
        ("icloud", "apple"),
        ("jira", "jira"),
        ("confluence", "confluence"),
        ("bitbucket", "bitbucket"),
        ("trello", "trello"),
        ("instagram", "meta"),
        ("stack overflow", "stack-exchange"),
    ],
)
def test_a_product_names_its_maker(text: str, slug: str) -> None:
    assert found(text) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("x.com", "x-twitter"),
        ("status.dyspatch.io", "dyspatch"),
        ("dyspatch.io", "dyspatch"),
        ("www.github.com", "github"),
        ("HTTPS://WWW.GithubStatus.com/incidents/1?x=1#y", "github"),
        ("<https://status.dyspatch.io/history>", "dyspatch"),
        ("api.slack.com", "slack"),
        ("status.slack.com", "slack"),
        ("1password.statuspage.io", "1password"),
        ("https://www.google.com/appsstatus/dashboard/incidents/1", "google-workspace"),
        ("datadoghq.com", "datadog"),
        ("cal.com", "cal-com"),
    ],
)
def test_addresses_name_their_owner(text: str, slug: str) -> None:
    assert found(text) == slug


def test_an_address_that_several_share_offers_them() -> None:
    assert len(near("signalfx.com")) == 3
    assert "google-workspace" in near("google.com")


@pytest.mark.parametrize("text", ["qwzzxv.statuspage.io", "https://status.qwzzxv.com", "qwzzxv.github.io"])
def test_a_stranger_below_a_shared_host_is_nobody(text: str) -> None:
    assert near(text) == []


def test_a_shared_address_belongs_to_the_vendor_that_it_is_called_after() -> None:
    acme, eu = vendor("acme", homepage="https://acme.test"), vendor("acme-eu", homepage="https://acme.test")
    assert Catalog([acme, eu]).find("www.acme.test") == Found(acme)


def test_a_name_without_letters_answers_to_nothing() -> None:
    odd = replace(vendor("odd"), name="!!!")
    assert Catalog([odd]).find("!!!") == NearMiss(())
    assert Catalog([odd]).find("odd") == Found(odd)


def test_an_unknown_address_offers_the_vendor_of_that_name() -> None:
    assert near("https://status.dyspatch.dev") == ["dyspatch"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("githb", "github"),
        ("gihtub", "github"),
        ("clouflare", "cloudflare"),
        ("stirpe", "stripe"),
        ("dyspach", "dyspatch"),
        ("slak", "slack"),
        ("twiter", "x-twitter"),
        ("salesfroce", "salesforce"),
        ("amazn", "aws"),
        ("googel cloud", "google-cloud"),
        ("google", "google-workspace"),
        ("microsft", "microsoft-365"),
        ("data d", "datadog"),
        ("linkdn", "linkedin"),
    ],
)
def test_near_misses_are_offered_likeliest_first(text: str, first: str) -> None:
    assert near(text)[0] == first
    assert len(near(text)) <= 3


def test_a_slip_away_nothing_farther_is_offered() -> None:
    assert near("airable") == ["airtable"]
    assert near("coinase") == ["coinbase"]


@pytest.mark.parametrize(
    "text",
    ["qwzzxv", "", "???", "zzzz", "asdfgh", "mysql", "nginx", "oauth", "\U0001f525", "\x00", "http://[::1", "the"],
)
def test_nothing_is_offered_for_nonsense(text: str) -> None:
    assert near(text) == []


@given(st.sampled_from([v for v in CATALOG if len(fold(v.name)) > 5]), st.data())
@settings(max_examples=150, deadline=None)
def test_one_slip_of_a_finger_still_offers_the_vendor(vendor: Vendor, data: st.DataObject) -> None:
    name = fold(vendor.name)
    at = data.draw(st.integers(1, len(name) - 2))
    slip = data.draw(
        st.sampled_from([name[:at] + name[at + 1 :], name[:at] + name[at + 1] + name[at] + name[at + 2 :]])
    )
    match CATALOG.find(slip):
        case Found():
            pass
        case NearMiss(vendors):
            assert vendor in vendors or len(vendors) == 3


@given(st.text(max_size=40) | st.text(alphabet="ab.:/<>|@-?#", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_an_answer(text: str) -> None:
    match CATALOG.find(text):
        case Found(vendor):
            assert CATALOG.get(vendor.slug) is vendor
        case NearMiss(vendors):
            assert len(vendors) <= 3
    assert len(CATALOG.complete(text, 5)) <= 5


def test_disabled_vendors_are_found_but_not_offered_instead() -> None:
    one, off, other = vendor("one"), vendor("off", enabled=False), vendor("other")
    catalog = Catalog([one, off, other])
    assert catalog.find("off") == Found(off)
    assert catalog.alternatives(one) == (other,)


def test_alternatives_prefer_the_same_subcategory_then_the_well_known() -> None:
    here, far_famous, near_unknown, near_known = (
        vendor("here"),
        vendor("famous", sub="far"),
        vendor("unknown"),
        vendor("known"),
    )
    catalog = Catalog([here, far_famous, near_unknown, near_known], {Slug("famous"): 9, Slug("known"): 3})
    assert catalog.alternatives(here) == (near_known, near_unknown, far_famous)
    assert catalog.alternatives(here, limit=1) == (near_known,)


def test_alternatives_go_by_the_specialty_wherever_it_is_filed() -> None:
    here, same, filed_elsewhere, other = (vendor(slug) for slug in ("here", "same", "elsewhere", "other"))
    filed_elsewhere = replace(filed_elsewhere, category="productivity", subcategory="wikis")
    chat, mail = Facts(specialty="team-chat"), Facts(specialty="email")
    facts = {here.slug: chat, same.slug: chat, filed_elsewhere.slug: chat, other.slug: mail}
    catalog = Catalog([here, same, filed_elsewhere, other], {other.slug: 9}, facts)
    assert catalog.alternatives(here) == (same, filed_elsewhere, other)
    assert [catalog.is_alike(here, v) for v in (filed_elsewhere, same, other)] == [True, True, False]


def test_a_vendor_without_a_specialty_is_like_those_of_its_subcategory() -> None:
    here, unknown = vendor("here"), vendor("unknown")
    catalog = Catalog([here, unknown], facts={here.slug: Facts(specialty="team-chat")})
    assert catalog.is_alike(here, unknown)
    assert catalog.alternatives(unknown) == (here,)


@pytest.mark.parametrize(
    ("text", "slug", "name", "part"),
    [
        ("s3", "aws", "S3", "Amazon Simple Storage Service"),
        ("AWS S3", "aws", "S3", "Amazon Simple Storage Service"),
        ("teams", "microsoft-365", "Teams", "Microsoft Teams"),
        ("github actions", "github", "Actions", "Actions"),
        ("gh actions", "github", "GH Actions", "Actions"),
        ("dall-e", "openai", "DALL-E", None),
        ("cloudflare pages", "cloudflare", "Cloudflare Pages", "Pages"),
    ],
)
def test_a_product_has_what_its_page_calls_it(text: str, slug: str, name: str, part: str | None) -> None:
    maker = CATALOG.exact(text)
    assert maker is not None
    assert maker.slug == slug
    assert CATALOG.product(maker, text) == Product(name, part)


def test_a_product_is_known_by_its_own_word_where_its_maker_is_named_already() -> None:
    cloudflare = CATALOG.get("cloudflare")
    assert cloudflare
    assert CATALOG.product(cloudflare, "pages") == Product("Cloudflare Pages", "Pages")
    assert CATALOG.exact("pages") is None
    assert CATALOG.product(cloudflare, "cloudflare") is None


def test_a_product_takes_no_name_from_another_vendor() -> None:
    drift, maker = vendor("drift"), vendor("maker")
    catalog = Catalog([drift, maker], facts={maker.slug: Facts(products=(Product("Drift"), Product("Other")))})
    assert catalog.exact("drift") == drift
    assert catalog.exact("other") == maker
    assert catalog.product(maker, "drift") == Product("Drift")


def test_a_maker_is_no_alternative_to_itself_and_offered_once() -> None:
    eu, us = vendor("acme-eu", homepage="https://acme.test"), vendor("acme-us", homepage="https://www.acme.test")
    other = vendor("other")
    catalog = Catalog([eu, us, other])
    assert catalog.alternatives(eu) == (other,)
    assert catalog.alternatives(other) == (eu,)
    assert not any(v.slug.startswith("datadog") for v in CATALOG.alternatives(CATALOG.get("datadog-eu") or eu, 20))


def test_added_vendors_are_found_beside_the_shipped_ones() -> None:
    mine = vendor("our-billing", "billing")
    catalog = CATALOG.plus([mine])
    assert catalog.find("Our Billing") == Found(mine)
    assert catalog.find("billing") == Found(mine)
    assert len(catalog) == len(CATALOG) + 1
    assert CATALOG.get("our-billing") is None


def test_an_added_vendor_takes_no_name_from_a_shipped_one() -> None:
    github = CATALOG.get("github")
    assert github is not None
    catalog = CATALOG.plus([vendor("mine", "github", "GitHub Inc")])
    assert catalog.find("github") == Found(github)
    assert catalog.plus([vendor("github")]).find("github") == Found(github)
    assert CATALOG.plus([vendor("aa-mine", "github", "GitHub")]).find("github") == Found(github)


def test_an_added_page_is_found_by_its_address_whatever_that_is() -> None:
    mine = [
        replace(vendor("own-1"), category=OWN, page_url=url, human_url=url, aliases=(typed,))
        for url, typed in [("http://intranet:8080", "http://intranet:8080/status")]
    ]
    theirs = replace(
        vendor("own-2"), category=OWN, page_url="https://api.example/x", aliases=("https://stats.uptimerobot.com/mine",)
    )
    catalog = CATALOG.plus([*mine, theirs])
    assert catalog.exact("http://intranet:8080/status") == mine[0]
    assert catalog.exact("http://intranet:8080/") == mine[0]
    assert catalog.exact("http://intranet:9090") is None
    assert catalog.exact("https://stats.uptimerobot.com/mine") == theirs
    assert catalog.exact("https://stats.uptimerobot.com/other") is None
    assert catalog.alternatives(theirs) == ()


def test_a_host_of_many_owners_names_none_by_itself() -> None:
    one = replace(vendor("one"), page_url="https://stats.uptimerobot.com/one")
    catalog = Catalog([one])
    assert catalog.find("https://stats.uptimerobot.com/one/") == Found(one)
    assert catalog.find("https://stats.uptimerobot.com/two") == NearMiss(())


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ("git", "github"),
        ("dysp", "dyspatch"),
        ("goo", "google-workspace"),
        ("chatg", "openai"),
        ("workflowy", "workflowy"),
    ],
)
def test_completion_starts_with_the_likeliest(prefix: str, first: str) -> None:
    assert CATALOG.complete(prefix)[0].vendor.slug == first


def test_completion_begins_at_the_beginning_of_a_word() -> None:
    assert "microsoft-365" not in {found.vendor.slug for found in CATALOG.complete("steam")}
    assert "cloudflare" not in {found.vendor.slug for found in CATALOG.complete("flare")}
    assert CATALOG.complete("web serv")[0].vendor.slug == "aws"


PREFIXES = [
    (line.partition("|")[0].strip(), *(word.strip() for word in line.partition("|")[2].split("|")))
    for line in Path(__file__).with_name("prefixes.txt").read_text(encoding="utf-8").splitlines()
    if "|" in line
]


@pytest.mark.parametrize(("prefix", "slug", "name"), PREFIXES)
def test_what_is_meant_is_among_the_first_three(prefix: str, slug: str, name: str) -> None:
    offered = [(found.vendor.slug, found.name.casefold()) for found in CATALOG.complete(prefix)[:3]]
    assert (slug, name.casefold()) in offered


def test_there_are_enough_prefixes() -> None:
    assert len({prefix for prefix, _, _ in PREFIXES}) == len(PREFIXES) >= 120


def test_completion_fills_its_choices_without_repeating_itself() -> None:
    for prefix in ("", "a", "cloud"):
        choices = CATALOG.complete(prefix)
        assert len(set(choices)) == len(choices) == 25


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("x.com", "x.com", "/"),
        ("https://www.acme.com/a/b/?q=1", "acme.com", "/a/b/"),
        ("HTTP://Acme.Com.:8080", "acme.com", "/"),
        ("<http://acme.com>", "acme.com", "/"),
        ("ftp://acme.com", None, None),
        ("mail@acme.com", "acme.com", "/"),
        ("1.2.3.4", None, None),
        ("acme", None, None),
        ("a b.com", None, None),
        ("https://acme.com/a b.com", None, None),
    ],
)
def test_reads_addresses(text: str, host: str | None, path: str | None) -> None:
    address = Address.of(text)
    assert (address and address.host, address and address.path) == (host, path)


@pytest.mark.parametrize(
    ("host", "label"),
    [("status.acme.co.uk", "acme"), ("acme.statuspage.io", "acme"), ("acme.com", "acme"), ("status.io", "status")],
)
def test_an_address_tells_its_owners_label(host: str, label: str) -> None:
    assert Address(host).label == label


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://status.acme.com/", "https://status.acme.com/"),
        ("<https://status.acme.com>,", "https://status.acme.com"),
        ("status.acme.com/page?x=1#top", "https://status.acme.com/page?x=1"),
        ("http://intranet:8080/status", "http://intranet:8080/status"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]/", "http://[::1]/"),
        ("https://user:secret@acme.com", "https://user:secret@acme.com"),
        ("github", None),
        ("intranet:8080", None),
        ("ftp://acme.com", None),
        ("https://", None),
        ("http://[", None),
        ("http://acme.com:x/", None),
        (f"https://acme.com/{'x' * 500}", None),
    ],
)
def test_an_address_is_told_from_a_name(typed: str, address: str | None) -> None:
    assert typed_url(typed) == address
