"""Tells the story on each database as often as it takes to strike the bot at so many points, and says what the channels
saw."""

from __future__ import annotations

import argparse
import signal
import sys
from random import SystemRandom

from tests.crash.run import Story, Told, tell
from tests.crash.servers import KINDS

MOVES = 5
"""So many kills of a story are moves, where one process has the database."""


ENDED = 130
"""The exit code of whom Ctrl-C or SIGTERM ends."""


def main() -> int:
    # Ended either way, it takes with it all that it began. A shell that begins it in the background has Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        return _tell_all()
    except KeyboardInterrupt:
        return ENDED


def _tell_all() -> int:
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
            told = tell(story, database, lambda: _say(f"{database}, story {number} begins"))  # noqa: B023
            left -= max(told.points, 1)
            _say(f"{database}, story {number}: {told.line()}", *(f"  {fault}" for fault in told.wrong[:20]))
            wrong += len(told.wrong)
            whole += told
            number += 1
        _say(f"{database}, in all: {whole.line()}")
    return 1 if wrong else 0


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
