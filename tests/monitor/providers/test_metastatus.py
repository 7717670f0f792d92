"""Meta's status: products, their services, and a word for each."""

from __future__ import annotations

import pytest

from bot.domain import Level
from bot.monitor.provider import ParseFailed
from bot.monitor.providers import BY_KIND
from tests.monitor.providers.bodies import page, read

META = BY_KIND["metastatus"]
ORGS = "https://metastatus.com/data/orgs.json"


def test_the_page_is_asked_for_its_data() -> None:
    assert META.state_urls("https://metastatus.com") == (ORGS,)
    assert META.state_urls("https://metastatus.com/whatsapp-business-api") == (ORGS,)
    assert META.state_urls(ORGS) == (ORGS,)


def test_services_stand_under_their_products() -> None:
    snapshot = read(page("metastatus/orgs.json"), "metastatus")
    assert [(c.id, c.label, c.level, c.raw_status) for c in snapshot.components] == [
        ("ads-harbour/1", "Ads Harbour / Delivery", Level.OPERATIONAL, None),
        ("ads-harbour/2", "Ads Harbour / Reports", Level.PARTIAL_OUTAGE, None),
        ("ads-harbour/3", "Ads Harbour / Billing", Level.OPERATIONAL, None),
        ("buoy-api/1", "Buoy API", Level.MAJOR_OUTAGE, None),
        ("buoy-api/2", "Buoy API / Bells", Level.DEGRADED, None),
        ("buoy-api/4", "Buoy API / Lamps", None, "Flickering"),
    ]
    assert (snapshot.level, snapshot.incidents) == (Level.MAJOR_OUTAGE, ())


def test_a_quiet_page_is_green() -> None:
    snapshot = read(page("metastatus/quiet.json"), "metastatus")
    assert [(c.id, c.label) for c in snapshot.components] == [
        ("ads-harbour/Delivery", "Ads Harbour / Delivery"),
        ("buoy-api/buoy-api", "buoy-api"),
    ]
    assert snapshot.level is Level.OPERATIONAL


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "not in the format of Meta's status"),
        ([{"id": "a"}], "not in the format of Meta's status"),
        ({"id": "a"}, "not a list"),
        ([{"id": "a", "services": []}], "not in the format of Meta's status"),
        ([{"services": [{"status": "Resolved"}]}], "has an id"),
    ],
)
def test_what_cannot_be_read_is_said(value: object, reason: str) -> None:
    with pytest.raises(ParseFailed, match=reason):
        read(value, "metastatus")
