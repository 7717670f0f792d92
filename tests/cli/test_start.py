"""What a start does without: each of these takes long to import, and is needed later or by others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_PLATFORMS = {"aiohttp", "discord", "slack_bolt", "slack_sdk"}
OF_OTHER_COMMANDS = {"alembic", "mcp"}
OF_SETTINGS = {"joserfc", "psycopg"}
OF_WORK = {"apscheduler", "httpx", "jinja2", "prometheus_client", "starlette", "uvicorn"}
"""What the bot does but answer takes these: it is made ready once it can answer."""
OF_OCCASIONS = {"cryptography", "prompt_toolkit"}
"""A secret, a terminal."""


def test_the_help_of_the_command_line_is_given_without_any_part_of_the_bot() -> None:
    loaded = loaded_by("import bot.cli.main")
    assert "typer" in loaded
    assert not loaded & {"pydantic", "rich", "sqlalchemy", "sqlmodel", "structlog", "bot.app", "bot.store"}


def test_the_bot_answers_before_what_reads_serves_and_plans_is_there() -> None:
    loaded = loaded_by("import bot.app.run")
    assert {"sqlalchemy", "bot.commands.table"} <= loaded
    assert not loaded & (OF_PLATFORMS | OF_OTHER_COMMANDS | OF_SETTINGS | OF_WORK | OF_OCCASIONS)
    assert not loaded & {"bot.monitor.fetch", "bot.monitor.poller", "bot.monitor.providers", "bot.web.server"}


def test_a_run_takes_the_libraries_of_what_is_set_up_alone(tmp_path: Path) -> None:
    run = python(tmp_path, "-X", "importtime", "-m", "bot", "run", typed="help\n")
    assert "subscribe" in run.stdout
    loaded = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}
    assert {"httpx", "starlette", "bot.monitor.poller"} <= loaded
    assert not loaded & (OF_PLATFORMS | OF_OTHER_COMMANDS | OF_SETTINGS | OF_OCCASIONS)


def loaded_by(statement: str) -> set[str]:
    done = python(ROOT, "-c", f"{statement}\nimport sys\nprint(*sys.modules)")
    return set(done.stdout.split())


def python(folder: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOOKOUT_", "PYTHON"))}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        input=typed,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
