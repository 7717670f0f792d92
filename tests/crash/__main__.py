"""Tells the story as often as it takes to kill the bot at so many points, and says what the channels saw."""

from __future__ import annotations

import argparse
import sys
from random import SystemRandom

from tests.crash.run import Told, tell


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="how many times the bot is killed")
    parser.add_argument("--seed", type=int, help="tell the same stories again")
    parser.add_argument("--kills-per-story", type=int, default=50)
    asked = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    left, wrong, whole = asked.points, 0, Told()
    while left > 0:
        told = tell(seed, min(left, asked.kills_per_story))
        left -= max(told.kills, 1)
        sys.stdout.write(f"story {seed}: {told.line()}\n")
        for fault in told.wrong[:20]:
            sys.stdout.write(f"  {fault}\n")
        sys.stdout.flush()
        wrong += len(told.wrong)
        whole += told
        seed += 1
    sys.stdout.write(f"in all: {whole.line()}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
