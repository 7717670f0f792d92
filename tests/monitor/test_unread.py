"""Pages that programs cannot read: the reason that is given, with the address."""

from __future__ import annotations

import pytest

from bot.monitor.providers import BY_KIND, PROVIDERS
from bot.monitor.unread import UNREAD_PLATFORMS, why_unread


@pytest.mark.parametrize(
    ("url", "kind", "title"),
    [
        ("https://acme.statuspage.datadoghq.com", None, "Datadog status pages"),
        ("https://acme.status.online/en", None, "WEDOS OnLine"),
        ("https://status.acme.example", "montastic", "Montastic"),
        ("https://status.acme.example", "statuscake", "StatusCake"),
    ],
)
def test_the_platform_is_known_by_its_kind_or_its_host(url: str, kind: str | None, title: str) -> None:
    reason = why_unread(url, kind)
    assert reason is not None
    assert reason.startswith(f"{url} is a page of {title}, which can't be read by programs: ")
    assert reason.endswith(".")


@pytest.mark.parametrize(
    ("url", "kind"), [("https://status.acme.example", None), ("https://status.acme.example", "rss")]
)
def test_any_other_page_is_not_given_up(url: str, kind: str | None) -> None:
    assert why_unread(url, kind) is None


def test_no_platform_is_both_read_and_not() -> None:
    assert not {platform.kind for platform in UNREAD_PLATFORMS} & set(BY_KIND)
    hosts = {host for platform in UNREAD_PLATFORMS for host in platform.hosts}
    assert not hosts & {host for provider in PROVIDERS for host in provider.hosts}
    assert all(platform.source.startswith("https://") for platform in UNREAD_PLATFORMS)
