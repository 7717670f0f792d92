from __future__ import annotations

import argparse
import sys

from bench.machine import memory_mb
from bot.logs import configure
from tests.week.run import run

MAX_GROWTH = 0.05
SETTLED_HOURS = 24


def main() -> int:
    parser = argparse.ArgumentParser(description="Let days pass in virtual time, and count the messages.")
    parser.add_argument("--hours", type=float, default=168)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    configure("ERROR")
    report = run(options.hours, options.pages, options.channels, options.seed, lambda: memory_mb()[0])
    sys.stdout.write(f"{report}\n")
    # Caches fill in the first hours.
    leaks = options.hours >= SETTLED_HOURS and report.memory_grew > MAX_GROWTH
    return 1 if report.lost or report.doubled or leaks else 0


if __name__ == "__main__":
    sys.exit(main())
