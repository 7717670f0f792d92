"""One reading of one page: a vendor's, a URL's or a file's. Stores nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.catalog import Catalog, Found, NearMiss
from bot.domain import Slug, Snapshot, Vendor
from bot.monitor.answers import Fetched, FetchFailed, Getter
from bot.monitor.detect import Detected, NotDetected, detect, recognise
from bot.monitor.page import Body, ParseFailed, Provider
from bot.monitor.providers import BY_KIND

OWN = Slug("page")
"""Stands in a snapshot for the vendor of a page that is not in the catalog."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What was understood. ``vendor`` is ``None`` for a page that is not in the catalog."""

    vendor: Slug | None
    kind: str
    url: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class NotRead:
    """``kind`` is ``None`` when not even that is known; ``reason`` is one clear sentence."""

    kind: str | None
    reason: str


class UnknownTarget(Exception):
    """The target names no file, no address and no vendor: one sentence."""


def probe_file(path: Path, kind: str | None, now: datetime, most_bytes: int) -> Probed | NotRead:
    """``now`` is the snapshot's time."""
    try:
        if path.stat().st_size > most_bytes:
            return NotRead(
                kind, f"{path} is larger than {most_bytes:,} bytes: raise LOOKOUT_FETCH_MAX_BYTES to read it."
            )
        body = Body(path.name, path.read_bytes())
    except OSError as error:
        return NotRead(kind, f"{path} cannot be read: {(error.strerror or str(error)).lower()}.")
    kind = kind or recognise(body)
    if kind is None:
        return NotRead(None, f"{path} is not a page of a kind that Lookout reads; if you know its kind, say --kind.")
    return _parsed(None, kind, str(path), (body,), now)


async def probe_page(
    target: str, kind: str | None, catalog: Catalog, getter: Getter, now: datetime
) -> Probed | NotRead:
    """``target``: a vendor or an address. Raises :class:`UnknownTarget`."""
    vendor = _vendor(target, catalog)
    url = vendor.page_url if vendor else target
    slug = vendor.slug if vendor else None
    kind = kind or (vendor.kind if vendor and vendor.kind in BY_KIND else None)
    if kind is None:
        found = await _detected(url, getter)
        if isinstance(found, NotDetected):
            return NotRead(None, found.reason)
        kind, url = found.kind, found.page_url
    provider = BY_KIND[kind]
    try:
        bodies = await _bodies(getter, provider, provider.state_urls(url))
        bodies += await _bodies(getter, provider, provider.more_urls(url, bodies))
    except ParseFailed as failure:
        return NotRead(kind, str(failure))
    return _parsed(slug, kind, url, bodies, now)


async def _bodies(getter: Getter, provider: Provider, urls: tuple[str, ...]) -> tuple[Body, ...]:
    """Raises :class:`ParseFailed` with the reason why one could not be read."""
    answers = await asyncio.gather(*(getter.get(url, provider.house, None) for url in urls))
    failed = [answer for answer in answers if isinstance(answer, FetchFailed)]
    bodies = tuple(Body(a.url, a.content, a.content_type) for a in answers if isinstance(a, Fetched))
    if failed and not (provider.partial and bodies and all(answer.absent for answer in failed)):
        raise ParseFailed(failed[0].reason)
    return bodies


def _parsed(vendor: Slug | None, kind: str, url: str, bodies: tuple[Body, ...], now: datetime) -> Probed | NotRead:
    try:
        return Probed(vendor, kind, url, BY_KIND[kind].parse(vendor or OWN, bodies, now))
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
            meant = f" Did you mean {names}?" if names else ""
            raise UnknownTarget(f"“{target}” is no vendor, address or file that Lookout can find.{meant}")


async def _detected(url: str, getter: Getter) -> Detected | NotDetected:
    steps = detect(url)
    body: Body | None = None
    try:
        asked = next(steps)
        while True:
            answer = await getter.get(asked, "detect", None)
            body = Body(answer.url, answer.content, answer.content_type) if isinstance(answer, Fetched) else None
            asked = steps.send(body)
    except StopIteration as end:
        found: Detected | NotDetected = end.value
        return found
