"""Answers from the vendors' pages, read once for the purpose. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.catalog import Catalog, Found
from bot.cli.ask.source import Document, IncidentQuery, Refused
from bot.commands.on_record import VendorsNow
from bot.commands.operations.results import Incidents
from bot.commands.operations.schema import to_json
from bot.commands.operations.shown import incident_summary, shown_statuses
from bot.domain import PageState, Slug, Unreadable, Vendor
from bot.domain.refusals import for_operator
from bot.monitor.fetch import Fetcher
from bot.monitor.probe import NotRead, Prober, UnknownTarget
from bot.threads import Threads


class DirectSource:
    """``fetcher``: makes an HTTP client, inside the event loop."""

    def __init__(self, fetcher: Callable[[], Fetcher], catalog: Catalog, now: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._catalog = catalog
        self._now = now

    def statuses(self, vendors: Sequence[str]) -> Document:
        found = VendorsNow(tuple(asyncio.run(self._read(vendors))), self._now())
        document: Document = to_json(shown_statuses(found, {}))
        return document

    def incidents(self, query: IncidentQuery) -> Document:
        """Those that the page itself lists."""
        if not query.vendors:
            raise Refused("Name the vendors whose pages are to be read.")
        since, listed = self._now() - timedelta(days=query.days), []
        states = asyncio.run(self._read(query.vendors))
        for state in states:
            parts = {part.id: part for part in state.snapshot.components} if state.snapshot else {}
            incidents = state.snapshot.incidents if state.snapshot else ()
            listed += [
                incident_summary(one, one.level, parts)
                for one in incidents
                if one.is_open or (not query.open and one.started >= since)
            ]
        newest = sorted(listed, key=lambda one: (one.started, one.id), reverse=True)
        unread = tuple(state.vendor.slug for state in states if state.snapshot is None)
        document: Document = to_json(Incidents(tuple(newest[: query.limit]), None, unread))
        return document

    def close(self) -> None:
        """Nothing is open between two questions."""

    async def _read(self, vendors: Sequence[str]) -> list[PageState]:
        fetcher, threads = self._fetcher(), Threads(1)
        prober = Prober(fetcher, threads, self._now)
        try:
            return await asyncio.gather(*(self._state(prober, target) for target in dict.fromkeys(vendors)))
        except UnknownTarget as error:
            raise Refused(str(error)) from error
        finally:
            prober.workers.close()
            await fetcher.aclose()
            threads.close()

    async def _state(self, prober: Prober, target: str) -> PageState:
        found = self._catalog.get(target) or self._catalog.find(target)
        vendor = found.vendor if isinstance(found, Found) else found if isinstance(found, Vendor) else None
        probed, now = await prober.probe(vendor.slug if vendor else target, None, self._catalog), self._now()
        vendor = vendor or _page(target, "" if isinstance(probed, NotRead) else probed.name or "")
        if isinstance(probed, NotRead):
            return PageState(vendor, None, None, Unreadable(for_operator(probed.reason), now), None)
        return PageState(vendor, probed.snapshot, now, None, None)


def _page(address: str, name: str) -> Vendor:
    """For a page that is not in the catalog."""
    return Vendor(
        slug=Slug(address),
        name=name or address,
        page_url=address,
        human_url=address,
        category="",
        subcategory="",
        homepage=address,
        kind="",
    )
