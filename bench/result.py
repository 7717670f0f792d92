"""What a row of the benchmark comes to, and how samples become one figure. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

Say = Callable[[str], None]
"""Told what is being done now."""
Row = Callable[[bool, Say], "list[Result]"]
"""One row of the table: ``quick`` measures less. Runs in a process of its own."""


@dataclass(frozen=True, slots=True)
class Result:
    """``met`` is ``None`` where there is no bar, or nothing was measured."""

    what: str
    measured: str
    bar: str = ""
    met: bool | None = None


def at_least(what: str, value: float, bar: float, detail: str = "") -> Result:
    return Result(what, _with(f"{value:.2f}", detail), f"≥ {bar:g}", value >= bar)


def at_most(what: str, value: float, bar: float, unit: str = "", detail: str = "") -> Result:
    shown = f"{value:.2f}" if value < 100 else f"{value:,.0f}"
    return Result(what, _with(f"{shown}{unit}", detail), f"≤ {bar:g}{unit}", value <= bar)


def ratio(dividends: Sequence[float], divisors: Sequence[float]) -> float:
    """The median of the pairs' ratios: what slows the machine down for a while slows both of a pair."""
    return median(a / b for a, b in zip(dividends, divisors, strict=True))


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that ``share`` of all do not exceed."""
    return sorted(samples)[max(0, ceil(share * len(samples)) - 1)]


def _with(figure: str, detail: str) -> str:
    return f"{figure}  ({detail})" if detail else figure
