"""Platforms whose pages programs cannot read: what they show, they show to people alone.

A page of one is searched for all the same (its feed may be there, or its vendor may have moved); where nothing is
found, this is why.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import Vendor
from bot.monitor.parsing.urls import is_under


@dataclass(frozen=True, slots=True)
class UnreadPlatform:
    """A platform without an interface that is open and described."""

    kind: str
    title: str
    hosts: tuple[str, ...]
    """Its pages lie under them, where they have no host of their own."""
    why: str
    """What there is instead of an open interface."""
    source: str
    """Where that is said or seen."""


UNREAD_PLATFORMS = (
    UnreadPlatform(
        "datadog",
        "Datadog status pages",
        ("statuspage.datadoghq.com",),
        "the page is drawn by a script, and its API wants the keys of its owner",
        "https://docs.datadoghq.com/api/latest/status-pages/",
    ),
    UnreadPlatform(
        "statuscake",
        "StatusCake",
        ("statuscake.com",),
        "its API wants the token of the page's owner",
        "https://www.statuscake.com/kb/using-the-public-reporting-api",
    ),
    UnreadPlatform(
        "adminlabs",
        "AdminLabs",
        ("adminlabs.com",),
        "no interface of its public pages is described",
        "https://www.adminlabs.com",
    ),
    UnreadPlatform(
        "wedos",
        "WEDOS OnLine",
        ("status.online",),
        "its API wants the key of the page's owner",
        "https://www.wedos.online/en/api/",
    ),
    UnreadPlatform(
        "montastic",
        "Montastic",
        ("montastic.io",),
        "no interface of its public pages is described",
        "https://www.montastic.com",
    ),
    UnreadPlatform(
        "statuskeeper",
        "StatusKeeper",
        ("statuskeeper.io",),
        "no interface of its public pages is described",
        "https://statuskeeper.io",
    ),
)


def why_unread(url: str, kind: str | None = None) -> str | None:
    """Why a page where nothing was found cannot be read, in one sentence; ``None``: it is of none of these."""
    for platform in UNREAD_PLATFORMS:
        if platform.kind == kind or is_under(url, platform.hosts):
            return f"{url} is a page of {platform.title}, which can't be read by programs: {platform.why}."
    return None


def no_page(vendor: Vendor) -> str:
    """Why nothing is read of a vendor that is known by name alone, in one sentence."""
    return f"{vendor.name} has no status page that programs can read; people look at {vendor.page_url}."
