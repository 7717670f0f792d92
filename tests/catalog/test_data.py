"""The shipped rows: what a careless edit of ``vendors.jsonl`` would break."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from bot.catalog import Catalog, Found, load
from bot.catalog.catalog import shipped
from bot.catalog.names import Address, fold
from bot.catalog.rows import read_rows
from bot.domain import NO_PAGE, Vendor
from bot.monitor.parsing.urls import is_under
from bot.monitor.providers import BY_KIND, PROVIDERS
from bot.monitor.unread import UNREAD_PLATFORMS
from tests.shelf import SHARED, needs

READ = {
    "adobe", "apple", "aws", "azure", "azuredevops", "betterstack", "cachet", "checkly", "cstate", "freshstatus",
    "google", "heroku", "hund", "hyperping", "incidentio", "instatus", "lambstatus", "m365", "metastatus", "nintendo",
    "onlineornot", "pagerduty", "playstation", "pulsetic", "rootly", "rss", "salesforce", "slack", "sorryapp",
    "statuscast", "statushub", "statusio", "statusiq", "statuspage", "statuspal", "uptimecom", "zendesk",
}  # fmt: skip
UNREAD = {platform.kind for platform in UNREAD_PLATFORMS} - {"datadog"}
"""Platforms that no provider reads: such a page is asked for anything that one does, its feed for example."""
LEARNED = {
    "google-play": "google", "incident-io": "incidentio", "meta": "metastatus", "microsoft-365": "m365",
    "playstation-network": "playstation",
    "rootly": "rootly", "wedos": "wedos", "zendesk": "zendesk",
}  # fmt: skip
"""Kinds that the list does not have, or has wrong."""
FIELDS = (
    "slug", "name", "aliases", "homepage", "page_url", "human_url", "kind", "category", "subcategory", "specialty",
    "about", "products", "enabled", "standing",
)  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "aliases": [], "homepage": None, "kind": None, "specialty": None, "about": "", "products": {}, "enabled": True,
    "standing": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return (files("bot.catalog") / "vendors.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def rows(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def test_holds_every_vendor_sorted_by_slug(rows: list[dict[str, Any]]) -> None:
    slugs = [row["slug"] for row in rows]
    assert len(slugs) == 2729
    assert slugs == sorted(set(slugs))
    assert not [slug for slug in slugs if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)]


def test_every_row_would_be_taken_from_an_operator(lines: list[str]) -> None:
    assert read_rows("\n".join(lines), "vendors.jsonl") == shipped()


def test_rows_are_written_one_way(lines: list[str], rows: list[dict[str, Any]]) -> None:
    for line, row in zip(lines, rows, strict=True):
        assert line == json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        assert list(row) == [name for name in FIELDS if name in row]
        assert not [name for name, default in DEFAULTS.items() if row.get(name, ...) == default]
        assert row.get("human_url") != row["page_url"]
        assert row.get("subcategory") != row["category"]
        assert row.get("aliases", []) == sorted(row.get("aliases", []))
        assert list(row.get("products", {})) == sorted(
            row.get("products", {}), key=lambda name: (name.casefold(), name)
        )


def test_no_two_vendors_answer_to_one_name(rows: list[dict[str, Any]]) -> None:
    owners: dict[str, str] = {}
    for row in rows:
        own = {fold(row["slug"]), fold(row["name"])}
        names = [*row.get("aliases", ()), *(product for product in row.get("products", {}) if "." not in product)]
        aliases = [alias if "." in alias else fold(alias) for alias in names]
        assert not own & set(aliases), row["slug"]
        assert len(aliases) == len(set(aliases)), row["slug"]
        for key in [*own, *aliases]:
            assert key
            assert owners.setdefault(key, row["slug"]) == row["slug"], key


def test_every_name_finds_its_vendor(catalog: Catalog) -> None:
    wrong = [
        (name, vendor.slug)
        for vendor in catalog
        for name in (
            *(vendor.slug, vendor.name, vendor.name.upper(), vendor.name.replace(" ", ""), *vendor.aliases),
            *(product.name for product in catalog.facts(vendor.slug).products),
        )
        if catalog.find(name) != Found(vendor)
    ]
    # Its name is the address of Balena, which is enabled.
    assert wrong == [("Balena.io", "balena-io"), ("BALENA.IO", "balena-io"), ("Balena.io", "balena-io")]


def test_every_page_address_finds_its_vendor(catalog: Catalog) -> None:
    wrong = [
        (url, vendor.slug)
        for vendor in catalog
        for url in (vendor.page_url, f"{vendor.page_url}/incidents/x1", vendor.human_url)
        if catalog.find(url) != Found(vendor)
    ]
    assert wrong == []


def test_addresses_are_https_and_bare(catalog: Catalog) -> None:
    for vendor in catalog:
        for url in filter(None, (vendor.page_url, vendor.human_url, vendor.homepage)):
            assert url.startswith("https://"), url
            assert not url.endswith("/"), url
            assert Address.of(url), url


def test_kinds_come_from_a_closed_list(catalog: Catalog) -> None:
    assert {vendor.kind for vendor in catalog} - {None} == READ | UNREAD | {NO_PAGE}
    assert set(BY_KIND) >= READ
    assert not set(BY_KIND) & UNREAD


def test_a_vendor_without_a_page_is_never_read_nor_offered(catalog: Catalog) -> None:
    nameless = [vendor for vendor in catalog if vendor.kind == NO_PAGE]
    assert {"minecraft", "netflix", "steam", "youtube"} <= {vendor.slug for vendor in nameless}
    assert not [vendor.slug for vendor in nameless if vendor.enabled]


def test_a_page_on_a_platforms_own_host_is_of_its_kind(catalog: Catalog) -> None:
    wrong = [
        (vendor.slug, provider.kind)
        for vendor in catalog
        for provider in PROVIDERS
        if provider.hosts and is_under(vendor.page_url, provider.hosts) and vendor.kind != provider.kind
    ]
    assert wrong == []


def test_every_page_is_asked_for_by_https_addresses(catalog: Catalog) -> None:
    for vendor in catalog:
        if vendor.kind in BY_KIND:
            urls = BY_KIND[vendor.kind].state_urls(vendor.page_url)
            assert urls, vendor.slug
            assert all(Address.of(url) and url.startswith("https://") for url in urls), urls


def test_categories_are_no_slips_of_the_pen(catalog: Catalog) -> None:
    parts: dict[tuple[str, str], int] = {}
    for vendor in catalog:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", vendor.subcategory)
        parts[vendor.category, vendor.subcategory] = parts.get((vendor.category, vendor.subcategory), 0) + 1
    assert len({category for category, _ in parts}) == 54
    assert [part for part, count in parts.items() if count < 2] == []
    subcategories = [subcategory for _, subcategory in parts]
    assert len(subcategories) == len(set(subcategories))


def test_nobody_is_an_alternative_to_itself(catalog: Catalog) -> None:
    for vendor in catalog:
        offered = catalog.alternatives(vendor)
        assert vendor not in offered
        assert len(offered) == (0 if vendor.category == "other" else 3), vendor.slug
        assert all(v.enabled and (v.category == vendor.category or catalog.is_alike(v, vendor)) for v in offered)


def test_what_a_vendor_does_fits_on_a_line(catalog: Catalog) -> None:
    known = [(vendor.slug, catalog.facts(vendor.slug)) for vendor in catalog]
    assert sum(bool(facts.about) for _, facts in known) > 2600
    for slug, facts in known:
        assert len(facts.about) <= 80, slug
        assert facts.about == facts.about.strip().removesuffix("."), slug
        assert facts.specialty is None or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", facts.specialty), slug
        assert all(product.name.strip() and product.part != "" for product in facts.products), slug


def test_most_vendors_have_an_alternative_that_does_the_same(catalog: Catalog) -> None:
    enabled = [vendor for vendor in catalog if vendor.enabled]
    served = [v for v in enabled if (offered := catalog.alternatives(v, 1)) and catalog.is_alike(offered[0], v)]
    assert len(served) > 0.7 * len(enabled)


@needs("catalog/vendors.jsonl")
def test_follows_the_list_it_was_made_from(catalog: Catalog) -> None:
    for line in (SHARED / "catalog" / "vendors.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        vendor = catalog.get(row["slug"])
        assert isinstance(vendor, Vendor)
        assert (vendor.name, vendor.page_url) == (row["name"], row["status_url"])
        told = None if row["kind"] in ("unknown", "custom") else row["kind"]
        assert vendor.kind == LEARNED.get(vendor.slug, told)
        assert vendor.enabled == (row["evidence"] != "weak")
        for url in row["alt_status_urls"]:
            assert catalog.find(url) == Found(vendor), url
