"""Who changed what: one line for each command that did, and who may read them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.commands.audit import LINES
from bot.commands.command import Command
from bot.commands.context import CommandContext
from bot.commands.dispatch import handle, parse_line
from bot.commands.operations.given import Given
from bot.commands.operations.perform import perform
from bot.commands.request import Request
from bot.commands.table import COMMANDS
from bot.domain import Channel
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, OPS, Talk, ago, incident, said
from tests.text import read

DEV = replace(OPS, id="dev")
DOWN = incident("github", "down1234", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("c1",))


@dataclass
class Office:
    """People who type in channels."""

    talk: Talk
    typed: list[str] = field(default_factory=list)

    def say(self, line: str, channel: Channel = OPS, user: str = "ana", **more: object) -> str:
        context = CommandContext(self.talk.store, CATALOG, self.talk.now)
        return read(handle(Request(*parse_line(line), channel, user, **more), context).messages)  # type: ignore[arg-type]

    def lines(self, channel: Channel = OPS, *, everywhere: bool = False) -> list[tuple[str, str]]:
        found = self.talk.store.audit.of(channel, 100, everywhere=everywhere)
        return [(line.by, line.text) for line in found]


@pytest.fixture
def office(talk: Talk) -> Office:
    return Office(talk)


def test_each_change_writes_one_line_and_looking_up_none(office: Office) -> None:
    office.say("subscribe github")
    office.talk.reading("github", GITHUB_PARTS, [DOWN])
    office.talk.post()
    changes = [
        "mute github 1h",
        "unmute github",
        "settings mode=flat",
        'note github "ask bob"',
        "ack github",
        "board on",
    ]
    for line in changes:
        office.say(line)
    for line in ("status github", "note github", "mute", "settings", "why", "audit", "list", "help", "mute nobody 1h"):
        office.say(line)
    assert office.lines() == [("ana", line) for line in reversed(["subscribe github", *changes])]


def test_what_was_said_in_a_thread_or_in_other_words_is_written_as_it_could_be_typed(office: Office) -> None:
    office.say("subscribe github")
    office.talk.reading("github", GITHUB_PARTS, [DOWN])
    office.talk.post()
    card = office.talk.store.cards.of_incident(OPS, DOWN.vendor, DOWN.id)
    assert card is not None
    assert "Say on its message" in office.say("I'm on it", thread=card.state.posts[0].ref)
    assert len(office.lines()) == 1
    office.say("ack", user="bob", thread=card.state.posts[0].ref)
    assert office.lines()[0] == ("bob", "ack github/down1234")


def test_who_may_not_changes_nothing_and_leaves_no_line(office: Office) -> None:
    office.say("subscribe github", may_manage=False)
    assert office.lines() == []
    assert office.say("audit", may_manage=False) == "Only people who can manage this channel can see who changed what."
    assert office.say("audit everywhere", may_manage=False).startswith("Only people who can manage all channels")


def test_the_newest_come_first_with_who_and_when(office: Office) -> None:
    assert office.say("audit").startswith("Nothing was changed in this channel.")
    office.say("subscribe github")
    office.talk.now += timedelta(hours=2)
    office.say("mute github 1h", user="U1", user_name="bob")
    assert office.say("audit").splitlines()[:3] == [
        "What was changed in this channel, the newest first.",
        "- 2026-09-14 14:00 · U1: mute github 1h",
        "- 2026-09-14 12:00 · ana: subscribe github",
    ]


def test_everywhere_names_the_channels_of_this_workspace_alone(office: Office) -> None:
    office.say("subscribe github")
    office.say("subscribe aws", DEV, "bob")
    office.say("subscribe gitlab", Channel("console", "elsewhere", "ops"), "eve")
    assert office.lines(DEV) == [("bob", "subscribe aws")]
    assert office.say("audit everywhere", DEV).splitlines()[1:] == [
        "- 2026-09-14 12:00 · bob in dev: subscribe aws",
        "- 2026-09-14 12:00 · ana in ops: subscribe github",
    ]


def test_it_is_paged(office: Office) -> None:
    for number in range(2 * LINES):
        office.say(f"note github number {number}")
    first = office.say("audit")
    assert first.count("- 2026") == LINES
    older = first.splitlines()[-1].removeprefix("[Older: ").removesuffix("]")
    second = office.say(older)
    assert "number 19" in second
    assert second.startswith("Changed before that in this channel")
    assert "[Older" not in second
    assert "What" not in office.say("audit yesterday")


def test_a_command_that_runs_again_for_a_reading_is_one_change(office: Office) -> None:
    office.say("subscribe github")
    office.say("subscribe github", again=True)
    assert office.lines() == [("ana", "subscribe github")]


def test_programs_leave_lines_too(office: Office) -> None:
    def run(command: Command, **values: str) -> object:
        context = CommandContext(office.talk.store, CATALOG, NOW)
        return perform(command, Given(values), Request(command.name, "", OPS, "key ci"), context)

    by_name = {command.name: command for command in COMMANDS}
    run(by_name["note"], vendor="github", text="ask bob")
    run(by_name["note"], vendor="github")
    assert office.lines() == [("key ci", 'note github "ask bob"')]


def test_a_change_stands_though_nobody_can_write_it_down(office: Office) -> None:
    office.talk.store.audit.add = lambda line: 1 / 0  # type: ignore[method-assign,assignment]
    assert "Subscribed" in office.say("subscribe github")
    assert office.talk.store.channels.vendors(OPS) == ("github",)
