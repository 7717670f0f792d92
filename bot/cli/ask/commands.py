"""The commands themselves: arguments in, words or JSON and an exit code out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.terminal import console, read_catalog, read_settings

if TYPE_CHECKING:
    from bot.cli.ask.source import Source
    from bot.cli.ask.standing import Standing

SERVER_VARIABLE = "LOOKOUT_SERVER"
FAIL_ON = ("maintenance", "minor", "major", "critical")
UNTIL = ("operational", "maintenance", "degraded", "partial_outage")
EVERY = {"database": "5s", "server": "15s", "page": "60s"}
"""Between two looks, by what is asked: a vendor's page is not asked more often than Lookout itself does."""
LEAST_EVERY = timedelta(seconds=1)
LEAST_EVERY_OF_PAGES = timedelta(seconds=30)


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    def checked(word: str) -> str:
        if word not in words:
            raise typer.BadParameter(f"“{word}” is none of {', '.join(words)}.")
        return word

    return checked


def _span(text: str | None) -> timedelta | None:
    from bot.cli.ask.standing import read_span

    try:
        return read_span(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _complete_vendor(incomplete: str) -> list[str]:
    """For the shell."""
    from bot.catalog import load

    catalog = load()
    return [vendor.slug for vendor in catalog if vendor.enabled and vendor.slug.startswith(incomplete.casefold())]


def _complete_of(words: Sequence[str]) -> Callable[[str], list[str]]:
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


VENDOR_HELP = "Names, products or addresses: github npm status.dyspatch.io."
Vendors = Annotated[list[str], typer.Argument(metavar="VENDOR", help=VENDOR_HELP, autocompletion=_complete_vendor)]
AnyVendors = Annotated[
    list[str] | None,
    typer.Argument(metavar="[VENDOR]...", help=f"{VENDOR_HELP} None: all.", autocompletion=_complete_vendor),
]
Server = Annotated[
    str | None,
    typer.Option(
        envvar=SERVER_VARIABLE,
        metavar="URL",
        help="Ask a running instance, https://lookout.example.org. A key of its API is read from LOOKOUT_API_KEY.",
    ),
]
Direct = Annotated[bool, typer.Option("--direct", help="Read the vendor's own page, once; nothing else is needed.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words for people.")]


def status(
    vendors: Vendors,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="LEVEL",
            callback=_one_of(FAIL_ON),
            autocompletion=_complete_of(FAIL_ON),
            help="From which level on it is trouble: maintenance, minor (degraded), major (partial outage), critical.",
        ),
    ] = "minor",
    max_age: Annotated[
        str | None, typer.Option(metavar="TIME", help="A reading older than this counts as unknown: 90s, 10m, 2h.")
    ] = None,
    server: Server = None,
    direct: Direct = False,
    as_json: AsJson = False,
) -> None:
    """Say how vendors stand. Exit code 0: fine, 2: trouble, 3: unknown, 1: cannot be asked so."""
    from bot.app.run import utc_now
    from bot.cli.ask.standing import FailOn, lines, standings, verdict

    oldest = _span(max_age)
    with _source(server, direct=direct) as source:
        document = source.statuses(vendors)
    now = utc_now()
    found = standings(document, now, oldest)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for line in lines(found, now):
            typer.echo(line)
    raise typer.Exit(verdict(found, FailOn(fail_on).level))


def wait(
    vendors: Vendors,
    until: Annotated[
        str,
        typer.Option(
            metavar="LEVEL",
            callback=_one_of(UNTIL),
            autocompletion=_complete_of(UNTIL),
            help="The worst level that is well enough: operational, maintenance, degraded or partial_outage.",
        ),
    ] = "operational",
    timeout: Annotated[str, typer.Option(metavar="TIME", help="How long to wait at most: 90s, 30m, 2h.")] = "30m",
    every: Annotated[
        str | None, typer.Option(metavar="TIME", help="Between two looks; pages themselves at most every 30s.")
    ] = None,
    server: Server = None,
    direct: Direct = False,
) -> None:
    """Wait until vendors are well again, said on standard error. Exit code 0: well, 2: not in time, 3: unknown."""
    import time

    from bot.app.run import utc_now
    from bot.cli.ask.standing import Until, lines
    from bot.cli.ask.waiting import wait_until_well

    asked = "page" if direct else "server" if server else "database"
    longest, pause = _span(timeout) or timedelta(), _span(every or EVERY[asked]) or timedelta()
    pause = max(pause, LEAST_EVERY_OF_PAGES if direct else LEAST_EVERY)
    screen = console(to_errors=True)
    told: list[list[str]] = []
    with _source(server, direct=direct) as source, screen.status("Asking …") as progress:

        def tell(found: Sequence[Standing], why: str) -> None:
            shown = [why] if why else list(lines(found, utc_now()))
            said = [why] if why else [one.answer for one in found]
            progress.update(f"Waiting: {shown[0]}" if shown else "Waiting", spinner_style="none")
            if not told or told[-1] != said:
                told.append(said)
                for line in shown:
                    screen.print(line, markup=False)

        code = wait_until_well(
            source, vendors, Until(until).level, utc_now() + longest, pause, utc_now, time.sleep, tell
        )
    raise typer.Exit(code)


def incidents(
    vendors: AnyVendors = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 30,
    only_open: Annotated[bool, typer.Option("--open", help="Only what goes on or is planned.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most, the newest first.")] = 50,
    server: Server = None,
    direct: Direct = False,
    as_json: AsJson = False,
) -> None:
    """List what happened, the newest first."""
    from bot.cli.ask.source import IncidentQuery
    from bot.cli.ask.standing import incident_lines, left_out

    with _source(server, direct=direct) as source:
        document = source.incidents(IncidentQuery(vendors or (), days, only_open, limit))
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for line in incident_lines(document):
        typer.echo(line)
    if rest := left_out(document):
        typer.echo(rest, err=True)


@contextmanager
def _source(server: str | None, *, direct: bool) -> Iterator[Source]:
    """What is asked. Exits with a sentence where it does not answer."""
    from bot.cli.ask.source import Refused, Unanswered
    from bot.cli.ask.standing import Exit

    try:
        source = _opened(None if direct else server, direct=direct)
        try:
            yield source
        finally:
            source.close()
    except Unanswered as error:
        _end(str(error), Exit.UNKNOWN)
    except Refused as error:
        _end(str(error), Exit.REFUSED)


def _opened(server: str | None, *, direct: bool) -> Source:
    if server:
        from bot.cli.ask.server import ServerSource
        from bot.config import api_key

        return ServerSource(server, api_key())
    from bot.app.readers import build_fetcher
    from bot.app.run import utc_now

    settings = read_settings()
    catalog = read_catalog(settings)
    if direct:
        from bot.cli.ask.direct import DirectSource

        return DirectSource(lambda: build_fetcher(settings, utc_now), catalog, utc_now)
    from bot.cli.ask.local import LocalSource

    return LocalSource(settings, catalog, utc_now)


def _end(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


COMMANDS: dict[str, Callable[..., None]] = {"status": status, "wait": wait, "incidents": incidents}
