"""Compares a catalog with the web: reads each vendor's page, and detects its platform where the row is wrong.

This changes no catalog: results are written line by line, so that a run can go on where it stopped, and become a list
of changes for somebody to review before it is applied.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.catalog.rows import CatalogError, Row
from bot.domain import Slug, Vendor
from bot.monitor.probe import NotRead, Probed, Prober
from bot.monitor.providers import BY_KIND, feed
from bot.monitor.schedule import share
from bot.monitor.unread import no_page
from bot.store.values import DetectedPage

MAX_CONCURRENT = 16
FEED = feed.PROVIDER.kind


@dataclass(frozen=True, slots=True)
class Source:
    """A page's platform and the address that it is read from."""

    kind: str | None
    """``None``: not known yet."""
    page_url: str


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What probing one vendor's page gave."""

    slug: Slug
    name: str
    before: Source
    """As in the catalog."""
    after: Source | None
    """As found; ``None``: the page could not be read."""
    evidence: Mapping[str, str | int | None]
    """What a person can check: the address read, the page's title and status, counts."""
    reason: str | None = None
    """Why the page could not be read."""

    @property
    def changed(self) -> bool:
        return self.after is not None and self.after != self.before


async def probe_vendor(vendor: Vendor, prober: Prober) -> ProbeResult:
    """Read the page as its row says; where that fails, detect what is at its address."""
    before = Source(vendor.kind, vendor.page_url)
    if not vendor.has_page:
        return ProbeResult(vendor.slug, vendor.name, before, None, {}, no_page(vendor))
    found: Probed | NotRead | None = None
    if vendor.kind in BY_KIND:
        found = await prober.read_as(vendor.kind, vendor.page_url, vendor.slug)
    if not isinstance(found, Probed):
        found = await prober.detect_and_read(vendor.page_url, vendor.slug, vendor.kind)
    if isinstance(found, NotRead):
        return ProbeResult(vendor.slug, vendor.name, before, None, {}, found.reason)
    evidence = {
        "read": BY_KIND[found.kind].state_urls(found.url)[0],
        "calls_itself": found.name,
        "says": found.snapshot.status_text,
        "components": len(found.snapshot.components),
        "incidents": len(found.snapshot.incidents),
    }
    return ProbeResult(vendor.slug, vendor.name, before, Source(found.kind, found.url.rstrip("/")), evidence)


async def probe_all(
    vendors: Sequence[Vendor],
    prober: Prober,
    on_result: Callable[[ProbeResult], None],
    *,
    at_once: int = MAX_CONCURRENT,
) -> None:
    """Probe the vendors, ``at_once`` of them at a time, in an order that spreads the load over their hosts;
    ``on_result`` is called with each result as soon as it is known."""
    waiting = iter(sorted(vendors, key=lambda vendor: share(vendor.slug, "catalog")))

    async def work() -> None:
        for vendor in waiting:
            on_result(await probe_vendor(vendor, prober))

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())


def detected_changes(pages: Iterable[DetectedPage]) -> Iterator[ProbeResult]:
    """What the running bot found, as results that are reviewed and applied like those of a probe. A feed that is read
    in place of a page whose own format is away is no change."""
    for page in pages:
        if page.kind == FEED and page.vendor.kind in BY_KIND:
            continue
        evidence: dict[str, str | int | None] = {
            "read": BY_KIND[page.kind].state_urls(page.page_url)[0] if page.kind in BY_KIND else page.page_url,
            "read_at": page.read_at.isoformat(timespec="seconds"),
            "says": page.status_text,
            "components": page.components,
        }
        before, after = Source(page.vendor.kind, page.vendor.page_url), Source(page.kind, page.page_url.rstrip("/"))
        yield ProbeResult(page.vendor.slug, page.vendor.name, before, after, evidence)


class ResultFile:
    """A file of results, one a line, appended to as they come. A line that a crash cut off is skipped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._results = {result.slug: result for result in _read_results(path)}

    def has(self, vendor: Vendor, *, count_unreadable: bool) -> bool:
        """Whether the vendor was probed since its row changed last; ``count_unreadable``: even without success."""
        result = self._results.get(vendor.slug)
        if result is None or result.before != Source(vendor.kind, vendor.page_url):
            return False
        return count_unreadable or result.after is not None

    def add(self, result: ProbeResult) -> None:
        self._results[result.slug] = result
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(result), ensure_ascii=False)}\n")

    def __iter__(self) -> Iterator[ProbeResult]:
        return iter(sorted(self._results.values(), key=lambda result: result.slug))


def diff_text(results: Iterable[ProbeResult]) -> str:
    """The changes among the results, one a line: slug, name, before, after and the evidence."""
    rows = [asdict(result) for result in results if result.changed]
    for row in rows:
        del row["reason"]
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def read_diff(path: Path) -> tuple[ProbeResult, ...]:
    """The changes in a file that :func:`diff_text` wrote, without the lines that somebody removed. Raises
    :class:`bot.catalog.CatalogError`."""
    changes = []
    for number, line in enumerate(_lines(path), 1):
        change = _read_result(line)
        if change is None or change.after is None:
            raise CatalogError(f"{path}, line {number}: this is no line of a list of changes.")
        changes.append(change)
    return tuple(changes)


@dataclass(frozen=True, slots=True)
class Applied:
    """A catalog file's rows with the changes applied."""

    rows: Mapping[str, Row]
    changed: tuple[Slug, ...]
    stale: tuple[Slug, ...]
    """Vendors whose rows changed since their pages were probed; their changes are left out."""


def apply(changes: Iterable[ProbeResult], rows: Mapping[str, Row], base: Mapping[str, Row]) -> Applied:
    """The rows of a catalog file with these changes. ``base``: the catalog that the file is laid over, or the file
    itself if it is complete; of a vendor that only ``base`` has, the file gets the changed fields."""
    result = dict(rows)
    changed: list[Slug] = []
    stale: list[Slug] = []
    for change in changes:
        row = {**base.get(change.slug, {}), **rows.get(change.slug, {})}
        if Source(row.get("kind"), row.get("page_url", "")) != change.before or change.after is None:
            stale.append(change.slug)
            continue
        result[change.slug] = {"slug": change.slug, **rows.get(change.slug, {}), **_changed_fields(change.after, row)}
        changed.append(change.slug)
    return Applied(result, tuple(changed), tuple(stale))


def _changed_fields(after: Source, row: Row) -> Row:
    """Where the data moved to another address, the page that people open stays."""
    fields: dict[str, str | None] = {"kind": after.kind}
    if after.page_url == row["page_url"]:
        return fields
    human = row.get("human_url", row["page_url"])
    moved = urlsplit(after.page_url).path in ("", "/") and human == row["page_url"]
    return fields | {"page_url": after.page_url} | ({} if moved else {"human_url": human})


def _read_results(path: Path) -> Iterator[ProbeResult]:
    if path.exists():
        yield from (result for result in map(_read_result, _lines(path)) if result is not None)


def _read_result(line: str) -> ProbeResult | None:
    try:
        row = json.loads(line)
        after = row["after"] and Source(row["after"]["kind"], row["after"]["page_url"])
        before = Source(row["before"]["kind"], row["before"]["page_url"])
        return ProbeResult(Slug(row["slug"]), row["name"], before, after, row["evidence"], row.get("reason"))
    except (ValueError, TypeError, KeyError):
        return None


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}.") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path} is no text in UTF-8.") from error
