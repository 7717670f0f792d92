"""``lookout check``: what this installation rests on, one line each, ok or with what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot import catalog, config
from bot.app import page_headers
from bot.config import Settings, SettingsError
from bot.monitor.fetch import user_agent
from bot.monitor.providers import BY_KIND
from bot.monitor.responses import FetchFailed, FetchFailure, Getter
from bot.store import Store, StoreError

SAMPLE = ("github", "cloudflare", "openai")
"""Pages on three infrastructures: if none answers, it is the network here."""


@dataclass(frozen=True, slots=True)
class Line:
    """``words``: what was found, or what to do."""

    about: str
    ok: bool
    words: str


def check(getter: Callable[[Settings], Getter]) -> Iterator[Line]:
    """Each line as soon as it is known; what depends on something that is wrong is left out."""
    try:
        settings = config.load()
    except SettingsError as error:
        yield from (Line("settings", False, words) for words in str(error).splitlines())
        return
    strays = config.unknown()
    for name, meant in strays:
        yield Line("settings", False, f"{name} is no setting" + (f": did you mean {meant}?" if meant else "."))
    if not strays:
        yield Line("settings", True, "read from the environment and .env")
    yield _contact(settings)
    private = _private_pages(settings)
    yield from private
    yield _database(settings)
    yield _catalog(settings)
    if all(line.ok for line in private):
        yield asyncio.run(_network(getter, settings))


def _contact(settings: Settings) -> Line:
    if settings.contact:
        return Line("contact", True, f"pages are asked as {user_agent(settings.contact)}")
    words = "none: set LOOKOUT_CONTACT to a URL or mail address, so that who runs a page can reach you"
    return Line("contact", True, words)


def _private_pages(settings: Settings) -> tuple[Line, ...]:
    if not settings.page_headers_file:
        return ()
    try:
        hosts = len(page_headers.load(settings.page_headers_file).by_host)
    except page_headers.HeadersError as error:
        return (Line("private pages", False, str(error)),)
    return (Line("private pages", True, f"headers for {hosts} {'host' if hosts == 1 else 'hosts'}"),)


def _database(settings: Settings) -> Line:
    try:
        store = Store(settings.database_url)
    except StoreError as error:
        return Line("database", False, str(error))
    counts, trouble = store.pages.counts(), store.channels.unhealthy()
    store.close()
    if trouble:
        places = "; ".join(f"{channel.platform} {channel.id}: {state.reason}" for channel, state in trouble)
        return Line("database", False, f"opens, but channels cannot be reached: {places}")
    return Line("database", True, f"opens; {counts.read:,} pages read so far, {counts.unreadable:,} not readable now")


def _catalog(settings: Settings) -> Line:
    try:
        vendors = tuple(catalog.load(settings.catalog_file))
    except catalog.CatalogError as error:
        return Line("catalog", False, str(error))
    enabled = [vendor for vendor in vendors if vendor.enabled]
    known = sum(vendor.kind in BY_KIND for vendor in enabled)
    return Line(
        "catalog",
        True,
        f"{len(vendors):,} vendors, {len(enabled):,} of them read; {known:,} of a known platform, the others detected",
    )


async def _network(getter: Callable[[Settings], Getter], settings: Settings) -> Line:
    vendors = [vendor for vendor in map(catalog.load().get, SAMPLE) if vendor]
    urls = [BY_KIND[vendor.kind].state_urls(vendor.page_url)[0] for vendor in vendors if vendor.kind in BY_KIND]
    door = getter(settings)
    answers = await asyncio.gather(*(door.get(url, "check", None) for url in urls))
    failures = [answer for answer in answers if isinstance(answer, FetchFailed)]
    if len(failures) < len(answers):
        return Line("network", True, f"{len(answers) - len(failures)} of {len(answers)} well-known pages answer")
    if all(failure.kind is FetchFailure.DNS for failure in failures):
        return Line("network", False, "no name resolves: check the DNS and the internet connection of this machine.")
    return Line("network", False, f"none of {len(answers)} well-known pages answers: {failures[0].reason}")
