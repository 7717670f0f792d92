"""The command line, as a user runs it: words in, words and exit codes out. No test here reaches a network."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli.main import cli
from bot.commands.operators import SUBCOMMANDS

PAGES = Path(__file__).parents[1] / "pages" / "statuspage"

OF_BOTH = {"status", "wait", "incidents", "check", "ask"}
"""Commands that a chat reads as a question."""


@pytest.fixture
def lookout(tmp_path: Path) -> Lookout:
    return Lookout(tmp_path)


class Lookout:
    """Runs the program in a folder of its own: called, in this process; started, as one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        own = {"LOOKOUT_DATABASE_URL": f"sqlite:///{folder / 'lookout.db'}", "COLUMNS": "100", "NO_COLOR": "1"}
        self.env = {**os.environ, **own}

    def start(self, *words: str, stdin: int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env=self.env | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def ended(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """A process of its own that is over by itself."""
        with self.start(*words) as process:
            out, err = process.communicate(typed)
        assert "Traceback" not in err
        return process.returncode, out, err

    def __call__(self, *words: str, typed: str = "", **env: str) -> tuple[int, str, str]:
        self.env |= env
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(cli, words, env=self.env, input=typed)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr


def test_a_file_is_probed(lookout: Lookout) -> None:
    file = next(PAGES.glob("*.json"))
    code, out, _ = lookout("probe", str(file), "--json")
    reading = json.loads(out)
    assert code == 0
    assert list(reading) == ["vendor", "kind", "url", "level", "words", "components", "incidents"]
    assert (reading["vendor"], reading["kind"]) == (None, "statuspage")
    assert lookout("probe", str(file))[0] == 0


def test_a_process_of_its_own_prints_and_ends_the_same(lookout: Lookout) -> None:
    for words in (("probe", str(next(PAGES.glob("*.json"))), "--json"), ("probe", "./gone.json")):
        assert lookout.ended(*words) == lookout(*words)


def test_what_is_no_page_is_said_in_one_sentence(lookout: Lookout, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("hello", encoding="utf-8")
    code, out, err = lookout("probe", "page.txt")
    assert (code, out) == (3, "")
    assert (
        err
        == "Cannot be read: page.txt is not a page of a kind that Lookout reads; if you know its kind, say --kind.\n"
    )
    code, out, _ = lookout("probe", "page.txt", "--json", "--kind", "statuspage")
    assert code == 3
    assert json.loads(out) == {"kind": "statuspage", "unreadable": json.loads(out)["unreadable"]}


def test_a_path_that_is_no_page_is_told_apart_from_an_address(lookout: Lookout, tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    assert lookout("probe", "empty.json") == (3, "", "Cannot be read: empty.json is empty.\n")
    assert lookout("probe", "./gone.json") == (2, "", "There is no file ./gone.json.\n")
    folder = str(tmp_path)
    assert lookout("probe", folder, COLUMNS="300") == (2, "", f"{folder} is a folder: name one of the files in it.\n")


def test_a_vendor_without_a_page_is_not_asked_for(lookout: Lookout) -> None:
    code, _, err = lookout("probe", "netflix")
    assert code == 3
    assert err.startswith("Cannot be read: Netflix has no status page that programs can read; people look at https://")


def test_a_slip_in_a_name_is_answered_with_the_name(lookout: Lookout) -> None:
    code, _, err = lookout("probe", "githb")
    assert (code, err) == (2, "“githb” is no vendor, address or file that Lookout can find. Did you mean GitHub?\n")


def test_an_unknown_kind_is_answered_with_the_known_ones(lookout: Lookout) -> None:
    code, _, err = lookout("replay", "nothing", "--kind", "statuspag")
    assert code == 2
    assert "“statuspag” is no kind that Lookout reads" in err
    assert "statuspage" in err.split("Kinds: ")[1]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("key create --workspace slack:T1 --scope foo", "'--scope': 'foo' is not one of 'read', 'write'."),
        ("incidents github --days many", "'--days': it is no whole number."),
        ("incidents github --days 0", "'--days': it is too small, give at least 1."),
        ("incidents github --limit 999", "'--limit': it is too large, give at most 200."),
        ("demo --speed fast", "'--speed': it is no number."),
        ("catalog probe --at-once many", "'--at-once': it is no whole number."),
    ],
)
def test_a_value_that_cannot_be_used_is_answered_with_why(lookout: Lookout, line: str, why: str) -> None:
    code, _, err = lookout(*line.split())
    assert code == 2
    assert err.endswith(f"Error: Invalid value for {why}\n")


def test_a_setting_that_cannot_be_used_is_named(lookout: Lookout) -> None:
    code, _, err = lookout("run", LOOKOUT_POLL_CONCURRENCY="many")
    assert (code, err) == (2, "LOOKOUT_POLL_CONCURRENCY is not usable: it is no whole number.\n")


def test_a_database_that_cannot_be_opened_is_named(lookout: Lookout) -> None:
    code, _, err = lookout("run", LOOKOUT_DATABASE_URL="sqlite:////nowhere/at/all.db")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "cannot be opened" in err


def test_every_line_of_a_pipe_is_answered(lookout: Lookout) -> None:
    code, out, _ = lookout.ended("run", typed="/settings mode=flat\nlist\n\nfrobnicate the moon\nhelp subscribe\n")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("> ")] == [
        "> /settings mode=flat",
        "> list",
        "> frobnicate the moon",
        "> help subscribe",
    ]
    assert "subscribes to nothing yet" in out


def test_what_was_changed_is_there_at_the_next_start(lookout: Lookout) -> None:
    lookout.ended("run", typed="settings mode=edit tz=Europe/Berlin\n")
    _, out, _ = lookout.ended("run", typed="settings\n")
    assert "edit" in out
    assert "Europe/Berlin" in out


def test_an_interrupt_ends_it_cleanly(lookout: Lookout) -> None:
    with lookout.start("run") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("settings\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in err


def test_a_stop_while_it_starts_ends_it_cleanly(lookout: Lookout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        host, port = silent.getsockname()
        lookout.env["LOOKOUT_DATABASE_URL"] = f"postgresql+psycopg://me@{host}:{port}/lookout"
        with lookout.start("run") as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGTERM)
                out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "", "")


def test_where_nobody_can_type_it_goes_on_without_a_chat(lookout: Lookout) -> None:
    # Nothing is there, so no page is read.
    lookout.env["LOOKOUT_FETCH_PROXY"] = "http://127.0.0.1:9"
    with lookout.start("run", stdin=subprocess.DEVNULL) as process:
        assert process.stdout
        try:
            pages = process.stdout.readline().removeprefix("Pages: ").strip()
            assert httpx.get(f"{pages}/healthz", trust_env=False).text == "ok\n"
        finally:
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate()
    assert process.returncode == 0
    assert "platform.none_set_up" in err


def test_check_names_what_is_wrong(lookout: Lookout) -> None:
    code, out, _ = lookout("check", LOOKOUT_POLL_CONCURENCY="5", LOOKOUT_DATABASE_URL="sqlite:////nowhere/x.db")
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "!!  settings: LOOKOUT_POLL_CONCURENCY is no setting: did you mean LOOKOUT_POLL_CONCURRENCY?"
    assert any(line.startswith("!!  database: ") for line in lines)
    assert any(line.startswith("ok  catalog: 2,729 vendors") for line in lines)


def test_a_former_name_of_a_setting_is_warned_about_once(lookout: Lookout) -> None:
    old, new = "LOOKOUT_POLL_HOUSE_CONCURRENCY", "LOOKOUT_POLL_CONCURRENCY_PER_PLATFORM"
    _, _, err = lookout("doctor", **{old: "5"})
    (warning,) = [line for line in err.splitlines() if old in line]
    assert "[warning" in warning
    assert "config.setting_renamed" in warning
    assert f"new={new}" in warning


def test_the_version_is_told(lookout: Lookout) -> None:
    assert lookout("--version") == (0, f"lookout {version('lookout-bot')}, Python {platform.python_version()}\n", "")


def test_every_command_of_operators_is_known_as_such_in_a_chat() -> None:
    program = get_command(cli)
    assert isinstance(program, TyperGroup)
    assert set(program.commands) - OF_BOTH == SUBCOMMANDS
