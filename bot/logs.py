"""Structured log lines on standard error. What each event means: ``docs/operations.md``."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Set up logging for this process, libraries included. ``level``: a name of :mod:`logging`."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # The default prints the local variables of every frame, secrets among them.
                structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        )
    )
    handler.addFilter(_is_news)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # At INFO httpx logs every request and APScheduler every tick.
    for name in ("httpx", "httpcore", "apscheduler", "alembic"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # It warns of each tick that it leaves out because the one before goes on, as it is to.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    # What they say of a connection that is lost, once each, the store says in one line.
    for name in ("psycopg", "sqlalchemy.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _is_news(record: logging.LogRecord) -> bool:
    """False for an exception that says of itself that it is in the log already, or that such a one caused."""
    facts = record.msg if isinstance(record.msg, dict) else {}
    error: object = record.exc_info or facts.get("exc_info")
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    causes: list[BaseException] = []
    while isinstance(error, BaseException) and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return not any(getattr(cause, "already_logged", False) for cause in causes)
