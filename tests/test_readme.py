"""The README shows what the commands print, and lists every command there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.commands.table import COMMANDS

README = Path(__file__).parent.parent / "README.md"
ELLIPSIS = "…"


def transcripts() -> list[tuple[list[str], list[str]]]:
    """Each console block that starts with a ``lookout`` command: its words, and the lines it is said to print."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        first, *shown = block.splitlines()
        if first.startswith("$ lookout "):
            found.append((first.removeprefix("$ lookout ").split(), shown))
    return found


@pytest.mark.parametrize(("words", "shown"), transcripts(), ids=lambda value: " ".join(value)[:30])
def test_a_transcript_is_what_the_command_prints(words: list[str], shown: list[str]) -> None:
    run = subprocess.run([sys.executable, "-m", "bot", *words], capture_output=True, encoding="utf-8", check=True)
    printed = run.stdout.splitlines()
    at = 0
    for line in shown:
        if line == ELLIPSIS:
            continue
        assert line in printed[at:], f"the README shows a line that is not printed here: {line!r}"
        at += printed[at:].index(line) + 1


def test_the_readme_has_a_transcript() -> None:
    assert transcripts()


def test_the_table_of_commands_is_the_real_one() -> None:
    rows = "\n".join(f"| `{command.usage}` | {command.summary} |" for command in COMMANDS)
    text = README.read_text(encoding="utf-8")
    shown = re.search(r"<!-- commands -->\n(.*?)<!-- /commands -->", text, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == f"| you type | you get |\n|---|---|\n{rows}"
