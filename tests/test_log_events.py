"""Every line that the bot logs is an event with a name, and ``docs/operations.md`` says what each of them means."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "operations.md"

LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
    "critical": "critical",
}
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.[a-z][a-z0-9]*(_[a-z0-9]+)*")
ROW = re.compile(r"^\| `([^`]+)` \| (\w+)[^|]*\|([^|]*)\|", re.MULTILINE)


@dataclass(frozen=True)
class Call:
    where: str
    event: str
    """The source of the first argument, if that is no plain text."""
    level: str
    fields: frozenset[str]


def calls() -> Iterator[Call]:
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in LEVELS or not ast.unparse(node.func.value).endswith("log"):
                continue
            first = node.args[0] if node.args else None
            event = first.value if isinstance(first, ast.Constant) else first and ast.unparse(first)
            fields = {keyword.arg for keyword in node.keywords if keyword.arg} - {"exc_info"}
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            yield Call(where, str(event), LEVELS[node.func.attr], frozenset(fields))


CALLS = tuple(calls())
ROWS = ROW.findall(DOCS.read_text(encoding="utf-8").partition("\n## Log events\n")[2])


def test_every_line_is_an_event_of_an_area() -> None:
    assert CALLS
    assert [f"{call.where}: {call.event}" for call in CALLS if not NAME.fullmatch(call.event)] == []


def test_every_event_is_logged_in_one_place() -> None:
    places = Counter(call.event for call in CALLS)
    assert [f"{call.where}: {call.event}" for call in CALLS if places[call.event] > 1] == []


def test_every_event_is_listed_once() -> None:
    assert [event for event, count in Counter(event for event, *_ in ROWS).items() if count > 1] == []
    assert {event for event, *_ in ROWS} == {call.event for call in CALLS}


def test_every_event_is_listed_with_its_level_and_its_fields() -> None:
    listed = {event: (level, set(re.findall(r"`([^`]+)`", fields))) for event, level, fields in ROWS}
    wrong = []
    for call in CALLS:
        level, fields = listed.get(call.event, (call.level, set(call.fields)))
        if level != call.level:
            wrong.append(f"{call.event} is listed as {level} and logged as {call.level}")
        wrong += [f"{call.event}: {field} is not listed" for field in sorted(call.fields - fields)]
    assert wrong == []


def test_what_the_page_of_discord_says_of_the_log_is_true() -> None:
    text = (DOCS.parent / "discord.md").read_text(encoding="utf-8")
    fields = {call.event: call.fields for call in CALLS}
    told = re.findall(r"^\| `([a-z_]+\.[a-z_]+)`(?: with `([a-z_]+)`)?", text, re.MULTILINE)
    assert told
    assert [event for event, field in told if event not in fields or field not in {"", *fields[event]}] == []
