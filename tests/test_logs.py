"""What reaches the log, with the real handler."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
import structlog

from bot import logs
from bot.app.schedule import schedule
from bot.store import StoreUnavailable


def test_nobody_repeats_what_the_store_has_said_of_its_outage(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    log, foreign = structlog.get_logger("bot.somewhere"), logging.getLogger("somebody.else")
    try:
        try:
            raise StoreUnavailable("The disk is full.")
        except StoreUnavailable as error:
            log.exception("poll.failed")
            log.error("delivery.task_failed", exc_info=error)
            foreign.exception("Job raised")
            raise RuntimeError("a command broke") from error
    except RuntimeError:
        log.exception("command.failed")
    assert capsys.readouterr().err == ""
    try:
        raise ValueError("a bug")
    except ValueError:
        log.exception("poll.failed")
        foreign.exception("Job raised")
    said = capsys.readouterr().err
    assert said.count("ValueError: a bug") == 2
    assert "poll.failed" in said


def test_a_lost_connection_is_the_stores_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logging.getLogger("psycopg").warning("error ignored terminating a pipeline")
    logging.getLogger("sqlalchemy.pool.impl.QueuePool").error("Exception terminating connection")
    assert capsys.readouterr().err == ""


def test_work_that_takes_longer_than_its_interval_is_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")

    async def story() -> None:
        ticks, over = 0, asyncio.Event()

        async def tick() -> None:
            nonlocal ticks
            ticks += 1
            if ticks == 5:
                over.set()

        async def long() -> None:
            await over.wait()

        scheduler = schedule([(timedelta(milliseconds=10), long), (timedelta(milliseconds=10), tick)])
        scheduler.start()
        await over.wait()
        scheduler.shutdown(wait=False)

    asyncio.run(story())
    assert capsys.readouterr().err == ""
