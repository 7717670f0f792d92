"""The action for pipelines, its script run as a runner would, with a program in Lookout's place."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from bot.cli.main import cli

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
ASK: dict[str, Any] = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "ask")
FAKE = """#!/bin/bash
printf '%s|' "$@" "server=${LOOKOUT_SERVER-none}" >> "$CALLS"; echo >> "$CALLS"
var="CODE_$1"; exit "${!var:-0}"
"""


def asked(folder: Path, **env: str) -> tuple[int, list[list[str]], str]:
    """The exit code, what was run, and what is given out. ``CODE_status``, ``CODE_wait``: what those end with."""
    program = folder / "lookout" / "bin" / "lookout"
    program.parent.mkdir(parents=True)
    program.write_text(FAKE)
    program.chmod(0o755)
    calls, output = folder / "calls", folder / "output"
    names = {name: name.lower().removeprefix("lookout_").replace("_", "-") for name in ASK["env"]}
    given = {name: str(ACTION["inputs"][input].get("default", "")) for name, input in names.items()}
    own = {"RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(output), "CALLS": str(calls), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "-e", "-c", ASK["run"]], env={**own, **given, **env}, capture_output=True, check=False
    )
    lines = calls.read_text().splitlines() if calls.exists() else []
    return done.returncode, [line.split("|")[:-1] for line in lines], output.read_text() if output.exists() else ""


def test_every_input_is_a_word_of_the_environment_and_no_part_of_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
    used = " ".join(
        str(value) for step in ACTION["runs"]["steps"] for value in {**step, **step.get("env", {})}.values()
    )
    used += str(ACTION["runs"])
    assert all(f"inputs.{name}" in used for name in ACTION["inputs"])


@pytest.mark.parametrize(("code", "ends", "state"), [("0", 0, "fine"), ("2", 2, "trouble"), ("3", 0, "unknown")])
def test_it_ends_as_the_vendors_stand(tmp_path: Path, code: str, ends: int, state: str) -> None:
    done, calls, output = asked(tmp_path, VENDORS="github npm", CODE_status=code)
    assert (done, output) == (ends, f"state={state}\n")
    assert calls == [["status", "--direct", "--fail-on", "major", "--", "github", "npm", "server=none"]]


def test_it_waits_where_it_is_asked_to(tmp_path: Path) -> None:
    done, calls, output = asked(tmp_path, VENDORS="github", WAIT="30m", CODE_status="2", CODE_wait="0")
    assert (done, output) == (0, "state=fine\n")
    assert calls[1] == ["wait", "--direct", "--until", "degraded", "--timeout", "30m", "--", "github", "server=none"]


def test_an_instance_is_asked_and_nothing_known_may_fail(tmp_path: Path) -> None:
    server = "https://lookout.example.org"
    done, calls, output = asked(tmp_path, VENDORS="github", LOOKOUT_SERVER=server, ON_UNKNOWN="fail", CODE_status="3")
    assert (done, output) == (3, "state=unknown\n")
    assert calls == [["status", "--fail-on", "major", "--", "github", f"server={server}"]]


def test_words_that_are_a_program_are_words(tmp_path: Path) -> None:
    _, calls, _ = asked(tmp_path, VENDORS='$(touch x) `id` "; exit 9', CODE_status="0")
    assert calls[0][5:-1] == ["$(touch", "x)", "`id`", '";', "exit", "9"]


def test_what_it_runs_is_what_the_program_takes() -> None:
    program: Any = typer.main.get_command(cli)
    for words in (
        ["--direct", "--fail-on", "major", "--", "a"],
        ["--until", "degraded", "--timeout", "30m", "--", "a"],
    ):
        name = "status" if "--fail-on" in words else "wait"
        program.commands[name].make_context(name, list(words))
