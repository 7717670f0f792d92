"""A worker: takes jobs from its standard input until that ends, one after another. Started by ``pool``; it opens
nothing, and has neither the environment nor the settings."""

from __future__ import annotations

import math
import os
import resource
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.monitor.parsing.body import forget_all_but
from bot.monitor.provider import Body, ParseFailed
from bot.monitor.workers.framing import read_job, write_answer
from bot.monitor.workers.jobs import Job, perform
from bot.monitor.workers.wire import decoder, encode

MAX_MEMORY_BYTES = 2**29
"""A body of 8 MB that is made to be large in memory takes half of this."""
NICE = 10
"""Those who wait for an answer go first."""
OOM_SCORE = Path("/proc/self/oom_score_adj")
"""Where memory runs out, the kernel is to end a worker and not the bot."""
TOO_LARGE = "The page takes more memory to understand than Lookout gives it."


def main() -> None:
    # What a sandbox forbids, or another system than Linux does not know, is done without.
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError):
        OOM_SCORE.write_text("1000", encoding="ascii")
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    while (given := read_job(jobs)) is not None:
        job, bodies, cpu_s = given
        _allow(cpu_s)
        forget_all_but(bodies)
        try:
            write_answer(answers, *_answer(job, bodies))
        except BrokenPipeError:
            os._exit(0)  # Who asked has ended; the interpreter would say so once more.


def _answer(job: Any, bodies: tuple[Body, ...]) -> tuple[str, object]:
    try:
        return "done", encode(perform(decoder(Job)(job), bodies))
    except ParseFailed as failure:
        return "failed", str(failure)
    except MemoryError:
        forget_all_but(())
        return "failed", TOO_LARGE
    except Exception:
        return "bug", traceback.format_exc()


def _allow(cpu_s: float) -> None:
    """So much more processor time from now on; the system ends whoever takes more, in the middle of whatever it is."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + cpu_s)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
