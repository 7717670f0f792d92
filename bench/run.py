"""Runs the rows, each in a process of its own, and prints the table."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.machine import load, shape
from bench.result import Result
from bot.logs import configure

ROWS = (
    "poll",
    "fast",
    "peers",
    "growth",
    "record",
    "memory",
    "reaction",
    "fanout",
    "crowd",
    "million",
    "deliver",
    "deliverers",
    "slack",
    "discord",
    "discord_shared",
    "roles",
    "commands",
    "subscriptions",
    "web",
    "parse",
    "worst",
    "hostile",
    "start",
)


def main(
    rows: Annotated[list[str] | None, typer.Argument(help=f"Any of: {', '.join(ROWS)}. All if none is named.")] = None,
    quick: Annotated[bool, typer.Option(help="Measure less: figures to look at, not to record.")] = False,
) -> None:
    """Measure Lookout against bare libraries, in ratios taken in one run."""
    wrong = [row for row in rows or () if row not in ROWS]
    if wrong:
        raise typer.BadParameter(f"there is no row {wrong[0]}; choose from {', '.join(ROWS)}")
    console = Console()
    began = time.monotonic()
    results: list[Result] = []
    failed = False
    for row in rows or ROWS:
        try:
            results += _run(row, quick, console)
        except ChildProcessError as error:
            console.print(f"[red]{row}: {escape(str(error))}")
            failed = True
    console.print(_table(results))
    took = time.monotonic() - began
    console.print(f"{shape()}; {took:.0f} s, {load()}{'; --quick' if quick else ''}", style="dim")
    if failed:
        sys.exit(1)


def _run(row: str, quick: bool, console: Console) -> Sequence[Result]:
    """Each row has a process of its own: what one leaves behind weighs on no other."""
    began = time.monotonic()
    pipe, theirs = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_measure, args=(row, quick, theirs))
    with console.status(row) as status:
        process.start()
        theirs.close()
        try:
            while isinstance(received := pipe.recv(), str):
                status.update(f"{row}: {escape(received)}")
        except EOFError:
            raise ChildProcessError("broke off; what it printed is above") from None
        finally:
            process.join()
    console.print(f"{row}: {time.monotonic() - began:.0f} s", style="dim")
    results: Sequence[Result] = received
    return results


def _measure(row: str, quick: bool, pipe: Connection) -> None:
    configure("ERROR")
    pipe.send(import_module(f"bench.{row}").measure(quick, pipe.send))


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("what")
    table.add_column("measured")
    table.add_column("bar", no_wrap=True)
    table.add_column("", no_wrap=True)
    for result in results:
        verdict = {None: "", True: "[green]met", False: "[red]missed"}[result.met]
        table.add_row(escape(result.what), escape(result.measured), result.bar, verdict)
    return table
