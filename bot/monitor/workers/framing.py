"""How a job and its result lie in a pipe: a line of JSON that says how long what follows is, then that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from bot.monitor.provider import Body


def write_job(pipe: IO[bytes], job: object, bodies: Sequence[Body], cpu_s: float) -> None:
    """Raises ``OSError`` when nobody reads any more."""
    parts = [(body.url, body.content_type, len(body.content)) for body in bodies]
    pipe.write(json.dumps([job, cpu_s, parts]).encode() + b"\n")
    for body in bodies:
        pipe.write(body.content)
    pipe.flush()


def read_job(pipe: IO[bytes]) -> tuple[Any, tuple[Body, ...], float] | None:
    """``None`` at the pipe's end."""
    line = pipe.readline()
    if not line:
        return None
    job, cpu_s, parts = json.loads(line)
    bodies = tuple(Body(url, pipe.read(size), content_type) for url, content_type, size in parts)
    return job, bodies, cpu_s


def write_answer(pipe: IO[bytes], verdict: str, value: object) -> None:
    pipe.write(json.dumps([verdict, value]).encode() + b"\n")
    pipe.flush()


def read_answer(pipe: IO[bytes]) -> tuple[str, Any] | None:
    """``None`` when the worker ended before it had one."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    verdict, value = json.loads(line)
    return verdict, value
