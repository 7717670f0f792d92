"""``lookout check``: settings, database, catalog and network, one line each: ok, or what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bot import catalog, config
from bot.app import page_headers
from bot.config import Settings, SettingsError
from bot.domain.refusals import for_operator
from bot.monitor.fetch import user_agent
from bot.monitor.providers import BY_KIND
from bot.monitor.responses import FetchFailed, FetchFailure, Getter
from bot.store import Store, StoreError

SAMPLE_VENDORS = ("github", "cloudflare", "openai")
"""Pages on three infrastructures: if none answers, it is the network here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``lookout check`` or ``lookout doctor``."""

    about: str
    ok: bool
    text: str
    """What was found, or what to do."""
    facts: Mapping[str, object] = field(default_factory=dict, compare=False)
    """The same for programs, by name."""


def check(getter: Callable[[Settings], Getter]) -> Iterator[Finding]:
    """Each line as soon as it is known; checks that depend on a failed one are left out."""
    try:
        settings = config.load()
    except SettingsError as error:
        yield from (Finding("settings", False, line) for line in str(error).splitlines())
        return
    unknown = config.unknown_names()
    for name, meant in unknown:
        yield Finding("settings", False, f"{name} is no setting" + (f": did you mean {meant}?" if meant else "."))
    for setting in config.renamed():
        fate = "is ignored, as the new one is set" if setting.ignored else "still works"
        yield Finding("settings", True, f"{setting.old} is called {setting.new} now; the old name {fate}: rename it")
    if not unknown:
        yield Finding("settings", True, "read from the environment and .env")
    yield _contact(settings)
    private_pages = _private_pages(settings)
    yield from private_pages
    yield _database(settings)
    yield _catalog(settings)
    if all(line.ok for line in private_pages):
        yield asyncio.run(_network(getter, settings))


def _contact(settings: Settings) -> Finding:
    if settings.contact:
        return Finding("contact", True, f"pages are asked as {user_agent(settings.contact)}")
    text = "none: set LOOKOUT_CONTACT to a URL or mail address, so that who runs a page can reach you"
    return Finding("contact", True, text)


def _private_pages(settings: Settings) -> tuple[Finding, ...]:
    if not settings.page_headers_file:
        return ()
    try:
        hosts = len(page_headers.load(settings.page_headers_file).by_host)
    except page_headers.HeadersError as error:
        return (Finding("private pages", False, str(error)),)
    return (Finding("private pages", True, f"headers for {hosts} {'host' if hosts == 1 else 'hosts'}"),)


def _database(settings: Settings) -> Finding:
    try:
        store = Store(settings.database_url)
    except StoreError as error:
        return Finding("database", False, str(error))
    counts, unhealthy = store.pages.counts(), store.channels.unhealthy()
    store.close()
    if unhealthy:
        where = "; ".join(f"{channel.platform} {channel.id}: {state.reason}" for channel, state in unhealthy)
        return Finding("database", False, f"opens, but channels cannot be reached: {where}")
    return Finding(
        "database", True, f"opens; {counts.read:,} pages read so far, {counts.unreadable:,} not readable now"
    )


def _catalog(settings: Settings) -> Finding:
    try:
        vendors = tuple(catalog.load(settings.catalog_file))
    except catalog.CatalogError as error:
        return Finding("catalog", False, str(error))
    enabled = [vendor for vendor in vendors if vendor.enabled]
    known = sum(vendor.kind in BY_KIND for vendor in enabled)
    return Finding(
        "catalog",
        True,
        f"{len(vendors):,} vendors, {len(enabled):,} of them read; {known:,} of a known platform, the others detected",
    )


async def _network(getter: Callable[[Settings], Getter], settings: Settings) -> Finding:
    vendors = [vendor for vendor in map(catalog.load().get, SAMPLE_VENDORS) if vendor]
    urls = [BY_KIND[vendor.kind].state_urls(vendor.page_url)[0] for vendor in vendors if vendor.kind in BY_KIND]
    client = getter(settings)
    answers = await asyncio.gather(*(client.get(url, "check", None) for url in urls))
    failures = [answer for answer in answers if isinstance(answer, FetchFailed)]
    if len(failures) < len(answers):
        return Finding("network", True, f"{len(answers) - len(failures)} of {len(answers)} well-known pages answer")
    if all(failure.kind is FetchFailure.DNS for failure in failures):
        return Finding("network", False, "no name resolves: check the DNS and the internet connection of this machine.")
    return Finding(
        "network", False, f"none of {len(answers)} well-known pages answers: {for_operator(failures[0].reason)}"
    )
