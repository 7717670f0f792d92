"""Every command that the docs name is one that there is, with the arguments and options that it takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from bot.cli.main import cli

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
SPAN = re.compile(r"`(?:lookout|lookout-bot) ([^`]+)`")
BLOCK = re.compile(r"```(?:sh|console)\n(.*?)```", re.DOTALL)
LINE = re.compile(r"^\$? ?(?:\.venv/bin/)?(?:lookout|lookout-bot) ([^#\n]+)", re.MULTILINE)
INDENTED = re.compile(r"^    (?:lookout|lookout-bot) ([^#\n]+)", re.MULTILINE)
LEFT_OUT = {"…"}
"""Stands for arguments that the sentence around it names."""


def commands() -> list[str]:
    found: dict[str, None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        outside, inside = BLOCK.sub("", text), "\n".join(BLOCK.findall(text))
        for line in (*SPAN.findall(outside), *INDENTED.findall(outside), *LINE.findall(inside)):
            found[" ".join(line.split())] = None
    return list(found)


@pytest.mark.parametrize("typed", commands())
def test_a_command_of_the_docs_is_understood(typed: str) -> None:
    words = shlex.split(typed.partition(" | ")[0].partition(" > ")[0])
    command: Any = typer.main.get_command(cli)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"there is no command {name}"
        command = found
    if LEFT_OUT & set(words) or isinstance(command, click.Group):
        return
    needed = [p for p in command.params if isinstance(p, click.Argument) and p.required]
    if not words and needed:
        return  # Only its name is mentioned.
    try:
        command.make_context(command.name, list(words))
    except click.exceptions.Exit:
        pass
    except click.UsageError as error:
        pytest.fail(error.format_message())


def test_the_docs_name_commands() -> None:
    assert len(commands()) > 20
