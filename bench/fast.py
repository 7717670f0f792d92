"""The poll pipeline over a faster transport, where one is installed."""

from __future__ import annotations

from importlib.util import find_spec

from bench.result import Result, Say

WHAT = "Poll pipeline with the fast transport ÷ tuned httpx alone"


def measure(quick: bool, say: Say) -> list[Result]:
    if find_spec("pyreqwest") is None:
        return [Result(WHAT, "not measured: pyreqwest is not installed", "≥ 2")]
    return [Result(WHAT, "not measured: Lookout has no fast transport yet", "≥ 2")]
