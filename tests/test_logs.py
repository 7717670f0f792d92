"""What reaches the log, with the real handler."""

from __future__ import annotations

import logging

import pytest
import structlog

from bot import logs
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
