"""The demo, played at once: what its channel shows of the two outages, the same every time."""

from __future__ import annotations

import asyncio
import io
import re

import pytest
from rich.console import Console

from bot.cli.demo.run import run_demo
from bot.cli.demo.story import REPEATED


def played(width: int = 400) -> str:
    file = io.StringIO()
    asyncio.run(run_demo(0, Console(file=file, width=width)))
    return file.getvalue()


@pytest.fixture(scope="module")
def text() -> str:
    return played()


@pytest.fixture(scope="module")
def channel(text: str) -> list[str]:
    """What was posted, without the typed commands around it."""
    return text[
        text.index("── Tuesday 3 March") : text.index("> /status\n", text.index("── Tuesday 10 March"))
    ].splitlines()


def test_thirteen_repeats_are_one_reply_and_one_line(channel: list[str]) -> None:
    assert len([line for line in channel if REPEATED in line]) == 1
    (told,) = [line for line in channel if re.search(r"\d+×, last", line)]  # noqa: RUF001
    assert "“We are still rebuilding the queue storage. " in told
    assert "” 13×, last 20:55 UTC" in told  # noqa: RUF001


def test_the_long_outage_is_one_card_to_its_postmortem(channel: list[str]) -> None:
    heads = [re.sub(r" ·.*", "", line[7:]) for line in channel if re.match(r"\d\d:\d\d  ([↳✎] )?#1 ", line)]
    assert heads == [
        "#1 🔴 Pigeonry: E-mails are not being sent",
        "↳ #1 🔴 Investigating",
        "↳ #1 🔴 Investigating",
        "↳ #1 🔴 Identified",
        "↳ #1 🔴 Identified",
        "✎ #1 🔴 Pigeonry: E-mails are not being sent",
        "↳ #1 🔵 Monitoring",
        "✎ #1 🔵 Pigeonry: E-mails are not being sent",
        "↳ #1 ✅ Resolved",
        "↳ #1 ✅ Pigeonry: E-mails are not being sent",
        "↳ #1 ✅ Postmortem",
    ]
    assert "         │ What happened" in channel


def test_an_episode_becomes_the_incident_that_explains_it(channel: list[str]) -> None:
    posted = [line for line in channel if "Kelpcloud" in line and re.match(r"\d\d:\d\d  #\d", line)]
    assert len(posted) == 2
    at = channel.index(posted[0])
    assert "Partial outage · since 11:10 UTC" in channel[at + 1]
    assert "Their page shows it; no incident posted yet" in channel[at + 3]
    assert "Maintenance scheduled" in channel[channel.index(posted[1]) + 1]
    assert "11:26  ↳ #2 🟠 Investigating · 11:26 UTC" in channel


def test_an_edited_text_is_an_edit(channel: list[str]) -> None:
    at = channel.index("11:41  ✎ ↳ #2 🟠 Investigating · 11:26 UTC")
    assert "region north-1" in channel[at + 1]


def test_it_ends_reopens_and_ends_again_on_one_card(channel: list[str]) -> None:
    roots = [line for line in channel if re.search(r"[↳✎] #2 .* Kelpcloud: ", line)]
    states = [re.sub(r"^.*?reading objects · | · since .*| · \d\d:\d\d UTC.*", "", line) for line in roots]
    assert states == [
        "Partial outage · investigating",
        "resolved after 1 h 14 min",
        "Reopened · partial outage",
        "Partial outage · investigating",
        "Partial outage · monitoring",
        "resolved after 3 h 19 min",
    ]


def test_commands_answer_at_the_end_and_say_what_is_next(text: str) -> None:
    end = text[text.index("── Tuesday 10 March") :]
    for typed in ("> /status", "> /incident pigeonry/pgq7stuck3mr", "> /history pigeonry"):
        assert typed in end
    assert "No outage" in end
    assert "lookout run" in end.splitlines()[-2]


def test_two_tellings_are_the_same(text: str) -> None:
    assert played() == text
