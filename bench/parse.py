"""Microseconds that parsing one page takes, by kind, over the hand-written fixtures and generated pages; a slow parser
stands out in the time a kilobyte takes. Recognising a body counts too: detection asks every kind.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench import pages
from bench.machine import pin
from bench.result import Result, Say
from bench.world import START
from bot.domain import Slug
from bot.monitor.provider import Body, ParseFailed, Provider
from bot.monitor.providers import PROVIDERS, statuspage

FIXTURES = Path(__file__).parent.parent / "tests" / "pages"
LEAST_S = 0.05
"""Each parse is repeated for so long."""


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    bodies = [Body(f"https://page.example/{path.name}", path.read_bytes()) for path in sorted(FIXTURES.rglob("*.*"))]
    results, without = [], []
    for provider in PROVIDERS:
        say(provider.title)
        own = [body for body in bodies if _is_first(provider, body)]
        costs = [cost for body in own if (cost := _parsing(provider, body))]
        if not costs:
            without.append(provider.title)
            continue
        others = [body for body in bodies if body not in own]
        refusal = _each(lambda: [provider.recognises(body) for body in others]) / len(others)  # noqa: B023
        per_kb = max(cost / size for cost, size in costs)
        results.append(
            Result(
                f"Parse: {provider.title}",
                f"{median(cost for cost, _ in costs):,.0f} µs a page, at most {per_kb:,.0f} µs a KB "
                f"(to say no to another's: {refusal:,.0f} µs)",
            )
        )
    if without:
        results.append(Result("Parse: not measured, no fixture that parses alone", ", ".join(without)))
    for wanted in (5, 10, 55, 270):
        say(f"generated pages of {wanted} KB")
        number = min(range(1_000), key=lambda n: abs(pages.size_kb(n) - wanted))
        body = Body("https://page.example/api/v2/summary.json", pages.summary(number, START))
        took = _each(lambda: statuspage.PROVIDER.parse(Slug("v"), (body,), START))  # noqa: B023
        size = len(body.content) / 1000
        results.append(
            Result(f"Parse: generated Statuspage of {size:.0f} KB", f"{took:,.0f} µs, {took / size:,.0f} µs a KB")
        )
    return results


def _parsing(provider: Provider, body: Body) -> tuple[float, float] | None:
    """Microseconds, and kilobytes; ``None`` for a body that is only part of a page."""
    try:
        provider.parse(Slug("v"), (body,), START)
    except ParseFailed:
        return None
    return _each(lambda: provider.parse(Slug("v"), (body,), START)), len(body.content) / 1000


def _is_first(provider: Provider, body: Body) -> bool:
    """Whether detection takes the body for this kind's."""
    return next((p for p in PROVIDERS if p.recognises(body)), None) is provider


def _each(call: Callable[[], object]) -> float:
    """Microseconds that one call takes, the best of three stretches."""
    call()
    best = float("inf")
    for _ in range(3):
        count, began = 0, time.process_time()
        while (took := time.process_time() - began) < LEAST_S / 3:
            call()
            count += 1
        best = min(best, took / count)
    return best * 1e6
