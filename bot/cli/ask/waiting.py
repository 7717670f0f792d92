"""Waits until vendors are well again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.cli.ask.source import Source, Unanswered
from bot.cli.ask.standing import Exit, Standing, is_well, standings
from bot.domain import Level


def wait_until_well(
    source: Source,
    vendors: Sequence[str],
    until: Level,
    deadline: datetime,
    every: timedelta,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    told: Callable[[Sequence[Standing], str], None],
) -> Exit:
    """``until``: the worst level that is well enough. ``told``: how they stand after each look, or why that is not
    known; what cannot be asked is asked again.

    Raises :class:`bot.cli.ask.source.Refused`.
    """
    while True:
        found: Sequence[Standing] = ()
        why = ""
        try:
            found = standings(source.statuses(vendors), now())
        except Unanswered as error:
            why = str(error)
        told(found, why)
        if is_well(found, until):
            return Exit.FINE
        left = deadline - now()
        if left <= timedelta():
            known = any(one.level is not None and one.level > until for one in found)
            return Exit.TROUBLE if known else Exit.UNKNOWN
        sleep(min(every, left).total_seconds())
