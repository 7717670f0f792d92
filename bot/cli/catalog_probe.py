"""Holds a catalog against the web: reads each vendor's page, finds out what it is where it is not what its row says.

Nothing here changes a catalog: what was found is noted line by line, so that a run can go on where it stopped, and
becomes a list of changes for somebody to look through before it is applied.
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
from bot.monitor.providers import BY_KIND
from bot.monitor.schedule import share

MAX_CONCURRENT = 16


@dataclass(frozen=True, slots=True)
class Source:
    """What a page is and where it is read from; ``kind`` is ``None`` where nobody knows yet."""

    kind: str | None
    page_url: str


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at one vendor's page came to. ``before`` is its row's, ``after`` what was found, ``None`` if it
    could not be read; ``evidence``: what of it a person can check, ``reason``: why there is none."""

    slug: Slug
    name: str
    before: Source
    after: Source | None
    evidence: Mapping[str, str | int | None]
    reason: str | None = None

    @property
    def changed(self) -> bool:
        return self.after is not None and self.after != self.before


async def look(vendor: Vendor, prober: Prober) -> Look:
    """The page as its row has it, if it reads so; else whatever is found at its address."""
    before = Source(vendor.kind, vendor.page_url)
    found: Probed | NotRead | None = None
    if vendor.kind in BY_KIND:
        found = await prober.read_as(vendor.kind, vendor.page_url, vendor.slug)
    if not isinstance(found, Probed):
        found = await prober.look_at(vendor.page_url, vendor.slug)
    if isinstance(found, NotRead):
        return Look(vendor.slug, vendor.name, before, None, {}, found.reason)
    evidence = {
        "read": BY_KIND[found.kind].state_urls(found.url)[0],
        "calls_itself": found.name,
        "says": found.snapshot.status_text,
        "components": len(found.snapshot.components),
        "incidents": len(found.snapshot.incidents),
    }
    return Look(vendor.slug, vendor.name, before, Source(found.kind, found.url.rstrip("/")), evidence)


async def look_through(
    vendors: Sequence[Vendor], prober: Prober, note: Callable[[Look], None], *, at_once: int = MAX_CONCURRENT
) -> None:
    """Each vendor in turn, ``at_once`` of them at a time, in an order that scatters what lies together; ``note`` is
    handed each as soon as it is known."""
    waiting = iter(sorted(vendors, key=lambda vendor: share(vendor.slug, "catalog")))

    async def work() -> None:
        for vendor in waiting:
            note(await look(vendor, prober))

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())


class Notes:
    """A file of looks, one a line, written to as they come. A line that was cut off by a crash is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looks = {look.slug: look for look in _read_looks(path)}

    def done(self, vendor: Vendor, *, unread_too: bool) -> bool:
        """Whether the vendor was looked at since its row was changed last; with ``unread_too``, even if in vain."""
        known = self._looks.get(vendor.slug)
        if known is None or known.before != Source(vendor.kind, vendor.page_url):
            return False
        return unread_too or known.after is not None

    def add(self, look: Look) -> None:
        self._looks[look.slug] = look
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(look), ensure_ascii=False)}\n")

    def __iter__(self) -> Iterator[Look]:
        return iter(sorted(self._looks.values(), key=lambda look: look.slug))


def diff_text(looks: Iterable[Look]) -> str:
    """The changes among them, one a line: slug, name, before, after and the evidence."""
    rows = [asdict(look) for look in looks if look.changed]
    for row in rows:
        del row["reason"]
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def read_diff(path: Path) -> tuple[Look, ...]:
    """The changes of a file that :func:`diff_text` wrote, less the lines that somebody took out. Raises
    :class:`bot.catalog.CatalogError`."""
    looks = []
    for number, line in enumerate(_lines(path), 1):
        look = _read_look(line)
        if look is None or look.after is None:
            raise CatalogError(f"{path}, line {number}: this is no line of a list of changes.")
        looks.append(look)
    return tuple(looks)


@dataclass(frozen=True, slots=True)
class Applied:
    """``stale``: vendors whose rows say something else by now than when their pages were looked at."""

    rows: Mapping[str, Row]
    changed: tuple[Slug, ...]
    stale: tuple[Slug, ...]


def apply(changes: Iterable[Look], rows: Mapping[str, Row], below: Mapping[str, Row]) -> Applied:
    """The rows of a catalog file with these changes. ``below``: the catalog that the file is laid over, itself if it
    stands alone; of a vendor that only that one has, the file gets the changed fields."""
    result = dict(rows)
    changed: list[Slug] = []
    stale: list[Slug] = []
    for change in changes:
        row = {**below.get(change.slug, {}), **rows.get(change.slug, {})}
        if Source(row.get("kind"), row.get("page_url", "")) != change.before or change.after is None:
            stale.append(change.slug)
            continue
        result[change.slug] = {"slug": change.slug, **rows.get(change.slug, {}), **_fields(change.after, row)}
        changed.append(change.slug)
    return Applied(result, tuple(changed), tuple(stale))


def _fields(after: Source, row: Row) -> Row:
    """A page that is read from somewhere else than before still is what people open."""
    fields: dict[str, str | None] = {"kind": after.kind}
    if after.page_url == row["page_url"]:
        return fields
    human = row.get("human_url", row["page_url"])
    moved = urlsplit(after.page_url).path in ("", "/") and human == row["page_url"]
    return fields | {"page_url": after.page_url} | ({} if moved else {"human_url": human})


def _read_looks(path: Path) -> Iterator[Look]:
    if path.exists():
        yield from (look for look in map(_read_look, _lines(path)) if look is not None)


def _read_look(line: str) -> Look | None:
    try:
        row = json.loads(line)
        after = row["after"] and Source(row["after"]["kind"], row["after"]["page_url"])
        before = Source(row["before"]["kind"], row["before"]["page_url"])
        return Look(Slug(row["slug"]), row["name"], before, after, row["evidence"], row.get("reason"))
    except (ValueError, TypeError, KeyError):
        return None


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}.") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path} is no text in UTF-8.") from error
