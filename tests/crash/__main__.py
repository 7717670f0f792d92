"""Tells the story on each database as often as it takes to strike the bot at so many points, and says what the channels
saw."""

from __future__ import annotations

import argparse
import sys
from random import SystemRandom

from tests.crash.run import Story, Told, tell
from tests.crash.servers import KINDS

MOVES = 5
"""So many kills of a story are moves, where one process has the database."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="how often the bot is killed or stopped, a database")
    parser.add_argument("--database", choices=list(KINDS), action="append", help="only on this one")
    parser.add_argument("--seed", type=int, help="tell the same stories again")
    parser.add_argument("--points-per-story", type=int, default=50)
    parser.add_argument("--parted", type=float, default=8, help="seconds between two partitions of a process's network")
    parser.add_argument("--away", type=float, default=30, help="for how many seconds the database stops in each story")
    asked = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    wrong = 0
    for database in asked.database or KINDS:
        left, number, whole = asked.points, seed, Told()
        while left > 0:
            points = min(left, asked.points_per_story)
            story = Story(number, points, away_s=asked.away, moves=MOVES, parted_every_s=asked.parted)
            told = tell(story, database)
            left -= max(told.points, 1)
            sys.stdout.write(f"{database}, story {number}: {told.line()}\n")
            for fault in told.wrong[:20]:
                sys.stdout.write(f"  {fault}\n")
            sys.stdout.flush()
            wrong += len(told.wrong)
            whole += told
            number += 1
        sys.stdout.write(f"{database}, in all: {whole.line()}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
