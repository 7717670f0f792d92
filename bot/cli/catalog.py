"""``lookout catalog``: lists the catalog, compares it with the web, adds to an operator's own."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.app.own_pages import human_url
from bot.catalog import Catalog, CatalogError, Found
from bot.catalog.catalog import own_rows, shipped
from bot.catalog.names import has_password, typed_url
from bot.catalog.rows import free_slug, line_of, row_of, text_of
from bot.cli.catalog_probe import (
    MAX_CONCURRENT,
    ProbeResult,
    ResultFile,
    apply,
    detected_changes,
    diff_text,
    probe_all,
    read_diff,
)
from bot.cli.terminal import Commands, console, fail, read_catalog, read_settings
from bot.config import Settings
from bot.domain import NO_PAGE, Vendor
from bot.domain.refusals import for_operator
from bot.monitor.probe import NotRead, Probed, Prober
from bot.threads import Threads

UNREADABLE_EXIT = 3
UNKNOWN_KIND = "not known"
MAX_SHOWN = 20
"""Up to so many results are printed one by one."""

cli = typer.Typer(
    cls=Commands,
    add_completion=False,
    help="Look into the catalog, hold it against the web, add to your own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@cli.command("list")
def list_vendors(
    category: Annotated[str | None, typer.Option(help="Of this category or subcategory alone.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"Of this platform alone; '{UNKNOWN_KIND}': to be detected.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print catalog rows instead of a table.")] = False,
) -> None:
    """Print the vendors: slug, name, platform, category and page."""
    catalog = read_catalog(read_settings())
    vendors = [
        vendor
        for vendor in catalog
        if category in (None, vendor.category, vendor.subcategory) and kind in (None, vendor.kind or UNKNOWN_KIND)
    ]
    if not vendors:
        fail("No vendor of the catalog is so; see lookout catalog stats for its categories and platforms.")
    for vendor in vendors:
        if as_json:
            typer.echo(line_of(row_of(vendor, catalog.facts(vendor.slug))))
        else:
            place = (
                vendor.category if vendor.category == vendor.subcategory else f"{vendor.category}/{vendor.subcategory}"
            )
            off = "" if vendor.enabled else " (not read)"
            kind_ = vendor.kind or UNKNOWN_KIND
            typer.echo(f"{vendor.slug:<28} {vendor.name:<28} {kind_:<13} {place:<36} {vendor.page_url}{off}")


@cli.command()
def stats() -> None:
    """Count the vendors by platform and by category."""
    from bot.monitor.providers import BY_KIND
    from bot.monitor.unread import UNREAD_PLATFORMS

    vendors = tuple(read_catalog(read_settings()))
    enabled = [vendor for vendor in vendors if vendor.enabled]
    known = [vendor for vendor in enabled if vendor.kind in BY_KIND]
    typer.echo(f"{len(vendors):,} vendors, {len(enabled):,} of them read: {len(known):,} of a platform that is known,")
    typer.echo(f"{len(enabled) - len(known):,} that are detected at their first reading.")
    out = console()
    names = {kind: provider.title for kind, provider in BY_KIND.items()}
    names |= {platform.kind: f"{platform.title}, which programs cannot read" for platform in UNREAD_PLATFORMS}
    names[NO_PAGE] = "known by name, without a page that programs can read"
    out.print(_count_table("platform", [vendor.kind or UNKNOWN_KIND for vendor in vendors], names))
    out.print(_count_table("category", [vendor.category for vendor in vendors], {}))


@cli.command()
def probe(
    names: Annotated[list[str] | None, typer.Argument(metavar="[VENDOR]...", help="Vendors by name or slug.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All vendors of the catalog.")] = False,
    state: Annotated[Path, typer.Option(help="What was found so far; a run goes on where it stopped.")] = Path(
        "catalog-probe.jsonl"
    ),
    diff: Annotated[Path, typer.Option(help="Where the changes are written, for review.")] = Path("catalog-diff.jsonl"),
    again: Annotated[bool, typer.Option("--again", help="Look again at what could not be read.")] = False,
    at_once: Annotated[int, typer.Option(min=1, max=100, help="So many pages at a time.")] = MAX_CONCURRENT,
) -> None:
    """Read the vendors' pages and write down which rows of the catalog are wrong. It changes no catalog."""
    settings = read_settings()
    catalog = read_catalog(settings)
    vendors = _chosen_vendors(names or [], catalog, every=every)
    try:
        results = ResultFile(state)
    except CatalogError as error:
        fail(str(error))
    waiting = [vendor for vendor in vendors if not results.has(vendor, count_unreadable=not again)]
    slugs = {vendor.slug for vendor in vendors}
    try:
        try:
            asyncio.run(_probe_all(waiting, len(vendors), results, settings, at_once))
        except KeyboardInterrupt:
            typer.echo(f"Stopped. What was found is in {state}; the same command goes on from there.", err=True)
        probed = [result for result in results if result.slug in slugs]
    except OSError as error:
        fail(f"{error.filename} cannot be written: {(error.strerror or 'unknown error').lower()}.")
    write(diff, diff_text(probed))
    changed = [result for result in probed if result.changed]
    unreadable = [result for result in probed if result.after is None]
    same = len(probed) - len(changed) - len(unreadable)
    typer.echo(f"{len(probed):,} of {len(vendors):,} vendors looked at.")
    typer.echo(f"{same:,} as the catalog has them, {len(changed):,} otherwise, {len(unreadable):,} cannot be read.")
    _print_results(probed, diff)


@cli.command()
def detected(
    diff: Annotated[Path, typer.Option(help="Where the changes are written, for review.")] = Path("catalog-diff.jsonl"),
) -> None:
    """Write down where the running bot found a page to be otherwise than the catalog has it. It asks no page."""
    from bot.store import Store, StoreError

    try:
        store = Store(read_settings().database_url)
    except StoreError as error:
        fail(str(error))
    try:
        found = [result for result in detected_changes(store.diagnostics.detected()) if result.changed]
    finally:
        store.close()
    write(diff, diff_text(found))
    typer.echo(f"{len(found):,} found to be otherwise than in the catalog.")
    _print_results(found, diff)


@cli.command("apply")
def apply_diff(
    diff: Annotated[Path, typer.Argument(help="The changes, as probe or detected wrote them.")],
    file: Annotated[Path, typer.Argument(help="The catalog file to change; made if it is not there.")],
) -> None:
    """Apply reviewed changes to a catalog file: a whole one, or one to be laid over the shipped one."""
    try:
        changes = read_diff(diff)
        rows = own_rows(str(file)) if file.exists() else {}
        applied = apply(changes, rows, shipped())
    except CatalogError as error:
        fail(str(error))
    write(file, text_of(applied.rows.values()))
    typer.echo(f"{len(applied.changed):,} rows of {file} changed.")
    if applied.stale:
        typer.echo(f"Left alone, as their rows say something else by now: {', '.join(applied.stale)}.")


@cli.command()
def add(
    url: Annotated[str, typer.Argument(help="The status page's address.")],
    name: Annotated[
        str | None, typer.Option(help="The vendor's name; what the page calls itself if not given.")
    ] = None,
    category: Annotated[str, typer.Option(help="One of lookout catalog stats.")] = "other",
) -> None:
    """Find out what is at an address, and add it to the file that LOOKOUT_CATALOG_FILE names, or print its row."""
    settings = read_settings()
    catalog = read_catalog(settings)
    address = typed_url(url)
    if address is None or has_password(address):
        fail(f"{url} is no address of a status page; write it as https://status.example.com, without a password.")
    if (known := catalog.exact(address)) is not None:
        fail(f"{known.name} ({known.slug}) has this page already: {known.page_url}.")
    found, title = asyncio.run(_probe_address(address, settings))
    if isinstance(found, NotRead):
        typer.echo(f"Cannot be read: {for_operator(found.reason)}", err=True)
        raise typer.Exit(UNREADABLE_EXIT)
    vendor = _new_vendor(found, address, name or title or urlsplit(address).netloc, category, catalog)
    typer.echo(line_of(row_of(vendor)))
    if not settings.catalog_file:
        typer.echo("Put this line into a file and name it in LOOKOUT_CATALOG_FILE.", err=True)
        return
    rows = own_rows(settings.catalog_file) if Path(settings.catalog_file).exists() else {}
    write(Path(settings.catalog_file), text_of({**rows, vendor.slug: row_of(vendor)}.values()))
    typer.echo(f"Added to {settings.catalog_file}; a running Lookout takes it in at its next start.", err=True)


def write(file: Path, text: str) -> None:
    """Replace the file atomically. Exits where it cannot be written."""
    fresh = file.with_name(f"{file.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        fail(f"{file} cannot be written: {(error.strerror or 'unknown error').lower()}.")


def _chosen_vendors(names: Sequence[str], catalog: Catalog, *, every: bool) -> list[Vendor]:
    if every == bool(names):
        fail("Name vendors, or say --all: lookout catalog probe github slack.")
    if every:
        return list(catalog)
    vendors = []
    for name in names:
        match catalog.find(name):
            case Found(vendor):
                vendors.append(vendor)
            case near:
                meant = f" Did you mean {', '.join(v.slug for v in near.vendors)}?" if near.vendors else ""
                fail(f"“{name}” is no vendor of the catalog.{meant}")
    return vendors


async def _probe_all(
    waiting: Sequence[Vendor], total: int, results: ResultFile, settings: Settings, at_once: int
) -> None:
    from bot.app.readers import build_fetcher
    from bot.app.run import utc_now

    fetcher, threads = build_fetcher(settings, utc_now), Threads(2)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(to_errors=True), transient=True) as progress:
        bar = progress.add_task("reading pages", total=total, completed=total - len(waiting))
        counted: Counter[str] = Counter()

        def on_result(result: ProbeResult) -> None:
            results.add(result)
            counted["unreadable" if result.after is None else "changed" if result.changed else "as before"] += 1
            words = ", ".join(f"{count} {what}" for what, count in sorted(counted.items()))
            progress.update(bar, advance=1, description=words)

        try:
            await probe_all(waiting, Prober(fetcher, threads, utc_now), on_result, at_once=at_once)
        finally:
            await fetcher.aclose()
            threads.close()


async def _probe_address(url: str, settings: Settings) -> tuple[Probed | NotRead, str | None]:
    """What is at an address, and the page's title."""
    from bot.app.readers import build_fetcher
    from bot.app.run import utc_now

    fetcher, threads = build_fetcher(settings, utc_now), Threads(1)
    prober = Prober(fetcher, threads, utc_now)
    try:
        found = await prober.detect_and_read(url)
        name = found.name if isinstance(found, Probed) else None
        return found, name or await prober.title_of(url)
    finally:
        await fetcher.aclose()
        threads.close()


def _new_vendor(found: Probed, address: str, name: str, category: str, catalog: Catalog) -> Vendor:
    slug = free_slug(name, {vendor.slug for vendor in catalog})
    page_url, human = found.url.rstrip("/"), human_url(address, found.url).rstrip("/")
    return Vendor(slug, name, page_url, human, category, category, kind=found.kind)


def _print_results(results: Sequence[ProbeResult], diff: Path) -> None:
    """A few one by one, and what to do with the changes among them."""
    if len(results) <= MAX_SHOWN:
        for result in results:
            typer.echo(_result_line(result))
    if any(result.changed for result in results):
        typer.echo(f"Look through {diff}, take out what is wrong, then: lookout catalog apply {diff} FILE")


def _result_line(result: ProbeResult) -> str:
    if result.after is None:
        return f"  {result.slug}: cannot be read. {result.reason}"
    here = f"{result.after.kind} at {result.after.page_url}"
    status_text = json.dumps(result.evidence.get("says") or "", ensure_ascii=False)
    was = f", was {result.before.kind or UNKNOWN_KIND} at {result.before.page_url}" if result.changed else ""
    return f"  {result.slug}: {here}{was}; {result.evidence.get('components')} components, says {status_text}"


def _count_table(what: str, words: Sequence[str], titles: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column(what)
    table.add_column("vendors", justify="right")
    table.add_column("")
    for word, count in sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])):
        about = titles.get(
            word, "" if not titles or word == UNKNOWN_KIND else "not read by Lookout: anything else there is"
        )
        table.add_row(word, f"{count:,}", about)
    return table
