"""Writes ``docs/platforms.md``: what each platform is read from, what it tells, and by what that is tested.

``python -m tests.platforms``. What a platform can tell is what its parser reads out of the fixtures here; how an end is
known stands in the docstring of its module. Recorded pages are counted where they are beside the checkout; elsewhere
the counts of the page as it is are kept.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.catalog import load
from bot.domain import NO_PAGE, IncidentKind, Slug, Snapshot
from bot.monitor import providers
from bot.monitor.detect import recognise
from bot.monitor.provider import Body, ParseFailed, Provider, no_page_url
from bot.monitor.providers import PROVIDERS
from bot.monitor.unread import UNREAD_PLATFORMS
from tests.shelf import PAGES as RECORDED

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "platforms.md"
FIXTURES = ROOT / "tests" / "pages"
FOLDERS = {"rss": "feeds"}
"""Where the folder of a kind's fixtures is not named after it."""
EXAMPLE = "https://page.example"
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
CAPABILITIES = ("state", "components", "groups", "regions", "updates", "maintenance")
END = re.compile(r"\*\*How\s+an\s+end\s+is\s+known:\*\*\s+(.*?)(?=\n\n|\nFormats?:|\nStripe's customers|\Z)", re.DOTALL)
FORMAT = re.compile(r"^Formats?:\s+(.*?)(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)

INTRO = """# Platforms

Written by `python -m tests.platforms` from the parsers, their fixtures and the catalog; do not edit.

`lookout probe ADDRESS` says what is at an address; a page of no kind here is read if it names a feed. *tells*: what the
parser reads out of the fixtures; *vendors*: of the catalog, {unknown:,} more are detected at their first reading;
*fixtures*: pages written by hand, beside what the tests make up; *recorded*: real pages that the parsers are held
against, which are not part of the project.
"""


def text(recorded: Mapping[str, int]) -> str:
    """The whole page. ``recorded``: how many real pages there are by kind."""
    vendors = Counter(vendor.kind for vendor in load())
    named = {p.kind for p in PROVIDERS} | {NO_PAGE}
    unknown = sum(count for kind, count in vendors.items() if kind not in named)
    lines = [INTRO.format(unknown=unknown), "| platform | kind | tells | vendors | fixtures | recorded |"]
    lines.append("|---|---|---|--:|--:|--:|")
    for provider in PROVIDERS:
        reads, kind = ", ".join(capabilities(provider)) or "updates", provider.kind
        counts = f"{vendors[kind]:,} | {len(fixtures(kind))} | {recorded.get(kind, 0)}"
        lines.append(f"| [{provider.title}](#{kind}) | `{kind}` | {reads} | {counts} |")
    for provider in PROVIDERS:
        lines += ["", f"## {provider.kind}", "", *section(provider)]
    lines += ["", *unread(vendors[NO_PAGE])]
    return "\n".join(lines) + "\n"


def section(provider: Provider) -> Iterator[str]:
    """What is asked for, and how an end is known."""
    page = example(provider)
    state, history = provider.state_urls(page), provider.history_urls(page)
    yield f"{provider.title}."
    yield ""
    yield f"- read at every poll: {listed(state)}"
    if history and history != state:
        yield f"- read when something left the page, and now and then: {listed(history)}"
    if provider.posts:
        yield "- asked with POST, in place of GET"
    if provider.page_url_in is not no_page_url:
        yield "- the address of its data is found in the page's HTML"
    if provider.hosts:
        yield f"- known by its hosts: {', '.join(f'`{host}`' for host in provider.hosts)}"
    yield f"- how an end is known: {end(provider)}"
    if source := told(provider, FORMAT):
        yield f"- format: {source}"


def unread(nameless: int) -> Iterator[str]:
    """What cannot be read, and why. ``nameless``: vendors without a page."""
    yield "## What can't be read by programs"
    yield ""
    yield "Such a page is looked at for a feed or another platform; where it has none, `status` says so, with the link."
    yield ""
    for platform in UNREAD_PLATFORMS:
        hosts = ", ".join(f"`{host}`" for host in platform.hosts)
        yield f"- {platform.title} (`{platform.kind}`, {hosts}): {platform.why}; see {platform.source}"
    yield ""
    yield f"{nameless} services that people ask for publish no page for programs: Netflix, Steam, YouTube and others."
    yield "They are known by name, and `status` says where people look."


def example(provider: Provider) -> str:
    """An address that the provider takes: a page's, or for a platform of one vendor that vendor's."""
    pages = [*provider.pages_at(EXAMPLE)[:1], *(f"https://{host}" for host in provider.hosts)]
    return next((page for page in pages if provider.state_urls(page) != (page,)), EXAMPLE)


def listed(urls: tuple[str, ...]) -> str:
    return ", ".join(f"`{url.replace(EXAMPLE, 'PAGE').replace('page.example', 'HOST')}`" for url in urls)


def end(provider: Provider) -> str:
    """As the module that holds the provider says it."""
    if said := told(provider, END):
        return said
    raise LookupError(f"say in the docstring of the module of {provider.kind} how an end is known")


def told(provider: Provider, what: re.Pattern[str]) -> str:
    """What the docstring of the provider's module says; empty if nothing."""
    for module in pkgutil.iter_modules(providers.__path__):
        found = importlib.import_module(f"{providers.__name__}.{module.name}")
        if getattr(found, "PROVIDER", None) is provider and (match := what.search(found.__doc__ or "")):
            return re.sub(r"\s+", " ", match[1]).strip().replace("``", "`")
    return ""


def fixtures(kind: str) -> list[Path]:
    return sorted(path for path in (FIXTURES / FOLDERS.get(kind, kind)).rglob("*") if path.is_file())


def capabilities(provider: Provider) -> list[str]:
    """What of :data:`CAPABILITIES` the parser reads out of its fixtures, each by itself."""
    found: set[str] = set()
    for path in fixtures(provider.kind):
        try:
            snapshot = provider.parse(Slug("x"), (Body(path.name, path.read_bytes()),), NOON)
        except ParseFailed:
            continue
        found |= set(capabilities_of(snapshot))
    return [word for word in CAPABILITIES if word in found]


def capabilities_of(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.level is not None:
        yield "state"
    if snapshot.components:
        yield "components"
    if any(component.group for component in snapshot.components):
        yield "groups"
    if any(component.region for component in snapshot.components) or any(i.regions for i in snapshot.incidents):
        yield "regions"
    if any(incident.updates for incident in snapshot.incidents):
        yield "updates"
    if any(incident.kind is IncidentKind.MAINTENANCE for incident in snapshot.incidents):
        yield "maintenance"


def counted(folder: Path) -> Mapping[str, int]:
    """Recorded pages by the kind that they are recognised as."""
    bodies = (Body(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    return Counter(kind for body in bodies if (kind := recognise(body)) is not None)


def written_counts(page: str) -> Mapping[str, int]:
    """The counts of recorded pages that the page has."""
    return {kind: int(count) for kind, count in re.findall(r"^\| .* \| `(\w+)` \| .* \| (\d+) \|$", page, re.MULTILINE)}


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(text(counted(RECORDED) if RECORDED.is_dir() else written_counts(before)), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} is written.\n")
