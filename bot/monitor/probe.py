"""One reading of one page: a vendor's, a URL's or a file's. Stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.catalog import Catalog, Found, NearMiss
from bot.domain import Slug, Snapshot, Vendor
from bot.monitor.bounds import bounded
from bot.monitor.detect import recognise
from bot.monitor.news import with_listed_open
from bot.monitor.poller.pages import DETECTION, Failed, Parsed, Unchanged, find, read
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.providers import BY_KIND
from bot.monitor.responses import Fetched, Getter
from bot.monitor.unread import no_page, why_unread
from bot.monitor.workers import Workers
from bot.monitor.workers.jobs import Job, Task, perform
from bot.monitor.workers.pool import WorkerBug, for_worker
from bot.threads import Threads

PAGE = Slug("page")
"""Stands in a snapshot for the vendor of a page that is not in the catalog."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What was understood."""

    vendor: Slug | None
    """``None`` for a page that is not in the catalog."""
    kind: str
    url: str
    snapshot: Snapshot
    name: str | None = None
    """What the page calls itself."""


@dataclass(frozen=True, slots=True)
class NotRead:
    """``reason`` is one clear sentence."""

    kind: str | None
    """``None`` when not even that is known."""
    reason: str


class UnknownTarget(Exception):
    """The target names no file, no address and no vendor: one sentence."""


def probe_file(path: Path, kind: str | None, now: datetime, max_bytes: int) -> Probed | NotRead:
    """``now`` is the snapshot's time."""
    try:
        if path.stat().st_size > max_bytes:
            return NotRead(
                kind, f"{path} is larger than {max_bytes:,} bytes: raise LOOKOUT_FETCH_MAX_BYTES to read it."
            )
        body = Body(path.name, path.read_bytes())
    except OSError as error:
        return NotRead(kind, f"{path} cannot be read: {(error.strerror or str(error)).lower()}.")
    kind = kind or recognise(body)
    if kind is None and not body.content.strip():
        return NotRead(None, f"{path} is empty.")
    if kind is None:
        return NotRead(None, f"{path} is not a page of a kind that Lookout reads; if you know its kind, say --kind.")
    return _parsed(None, kind, str(path), (body,), now)


@dataclass(frozen=True, slots=True)
class Prober:
    """Reads a page that nothing is on record of. ``now``: aware, UTC."""

    getter: Getter
    threads: Threads
    now: Callable[[], datetime]
    workers: Workers = field(default_factory=Workers)

    async def probe(self, target: str, kind: str | None, catalog: Catalog) -> Probed | NotRead:
        """``target``: a vendor or an address. Raises :class:`UnknownTarget`."""
        vendor = _vendor(target, catalog)
        if vendor and not vendor.has_page and kind is None:
            return NotRead(None, no_page(vendor))
        slug = vendor.slug if vendor else None
        url = vendor.page_url if vendor else target
        kind = kind or (vendor.kind if vendor and vendor.kind in BY_KIND else None)
        if kind is not None:
            return await self.read_as(kind, url, slug)
        return await self.detect_and_read(url, slug, vendor.kind if vendor else None)

    async def detect_and_read(
        self, url: str, vendor: Slug | None = None, supposed: str | None = None
    ) -> Probed | NotRead:
        """What is at an address: its kind is found out, then it is read as that. ``supposed``: a kind that no provider
        reads."""
        match await find(self.getter, url, workers=self.workers):
            case Failed(reason) as failed:
                return NotRead(None, (why_unread(url, supposed) if failed.wrong_format else None) or reason)
            case found:
                return await self.read_as(found.kind, found.page_url, vendor)

    async def title_of(self, url: str) -> str | None:
        """What the page that people see calls itself."""
        answer = await self.getter.get(url, DETECTION, None)
        return await self._name((Body(answer.url, answer.content),)) if isinstance(answer, Fetched) else None

    async def read_as(self, kind: str, url: str, vendor: Slug | None = None) -> Probed | NotRead:
        """One reading of a page whose kind is known, at the address that its ``state_urls`` takes."""
        provider = BY_KIND[kind]

        def parse(bodies: tuple[Body, ...]) -> Snapshot:
            return bounded(provider.parse(vendor or PAGE, bodies, self.now()))

        answer = await read(
            self.getter,
            self.threads,
            provider.state_urls(url),
            provider.rate_limit_group,
            {},
            parse,
            partial=provider.partial,
            more=lambda bodies: provider.more_urls(url, bodies),
            workers=self.workers,
            job=Job(Task.STATE, kind, vendor or PAGE, url, self.now()),
        )
        match answer:
            case Parsed(value):
                return Probed(vendor, kind, url, with_listed_open(value), await self._name(answer.bodies))
            case Failed(reason):
                return NotRead(kind, reason)
            case Unchanged():
                raise AssertionError("no validator was sent, so nothing can be the same")

    async def _name(self, bodies: tuple[Body, ...]) -> str | None:
        job = Job(Task.NAME)
        if not for_worker(bodies):
            name: str | None = perform(job, bodies)
            return name
        try:
            name = await self.workers.run(job, bodies)
        except (ParseFailed, WorkerBug):
            return None
        return name


def _parsed(vendor: Slug | None, kind: str, url: str, bodies: tuple[Body, ...], now: datetime) -> Probed | NotRead:
    try:
        return Probed(vendor, kind, url, with_listed_open(BY_KIND[kind].parse(vendor or PAGE, bodies, now)))
    except ParseFailed as failure:
        return NotRead(kind, str(failure))


def _vendor(target: str, catalog: Catalog) -> Vendor | None:
    match catalog.find(target):
        case Found(vendor):
            return vendor
        case NearMiss(vendors):
            if "." in target or "://" in target:
                return None
            names = ", ".join(vendor.name for vendor in vendors)
            suggestion = f" Did you mean {names}?" if names else ""
            raise UnknownTarget(f"“{target}” is no vendor, address or file that Lookout can find.{suggestion}")
