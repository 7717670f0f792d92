"""A workspace's notes: who may set one, where it stands, and that no other workspace sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.commands.table import COMMANDS
from bot.commands.vendor_notes import NOTE_CHARS
from bot.domain import Channel
from bot.message import Link, Paragraph, Person
from tests.commands.talk import GITHUB_PARTS, OPS, Talk, ago, incident, said

RUNBOOK = "Runbook: wiki/pushes · contract 4712 · owner @ci"
DOWN = incident("github", "down1234", "Pushes fail", ago(hours=1), said(1, ago(hours=1), "Hm."), components=("c1",))


@pytest.fixture(name="noted")
def _noted(talk: Talk) -> Talk:
    talk.say("subscribe github")
    talk.reading("github", GITHUB_PARTS, [DOWN])
    talk.say(f'note github "{RUNBOOK}"')
    return talk


def test_a_note_is_told_to_all_and_says_where_it_stands(talk: Talk) -> None:
    assert talk.say(f'note github "{RUNBOOK}"').splitlines() == [
        "Noted on GitHub, for this workspace.",
        f"Our note: {RUNBOOK}",
        "It stands on its cards and below answers about it, in every channel here.",
        "(By ana)",
        '[Remove: note github ""]',
    ]
    assert talk.replies[-1].public
    assert f"Before: {RUNBOOK}" in talk.say("note github ask bob")


@pytest.mark.parametrize("line", ["status github", "components github", "incidents github", "history github",
                                  "incident github/down1234", "why github/down1234", "is github down?"])  # fmt: skip
def test_it_stands_below_every_answer_about_the_vendor(noted: Talk, line: str) -> None:
    answer = noted.say(line)
    assert answer.count(f"Our note: {RUNBOOK}") == 1


def test_answers_about_others_or_several_are_as_before(noted: Talk) -> None:
    for line in ("status gitlab", "list", "help"):
        assert "Our note" not in noted.say(line)
    assert noted.say("status github gitlab").count("Our note") == 1


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("note github ask bob, not ana", "ask bob, not ana"),
        ("note github “ask bob”", "ask bob"),
        ('note github "say \\"hi\\""', 'say "hi"'),
        ("note github actions are ours too", "actions are ours too"),
        ("note amazon web services ask bob", "ask bob"),
        ("note github   on   one\tline", "on one line"),
        ("note github —owner ana :fire:", "—owner ana :fire:"),
        ('note github "a" or "b"', '"a" or "b"'),
        ("note github help is in wiki/github", "help is in wiki/github"),
    ],
)
def test_people_write_as_they_like(talk: Talk, line: str, text: str) -> None:
    talk.say(line)
    [note] = talk.store.vendor_notes.of(OPS).values()
    assert note.text == text


@pytest.mark.parametrize("typed", ['""', "off", '"off"', "remove", "''"])
def test_an_empty_text_removes_it(noted: Talk, typed: str) -> None:
    assert noted.say(f"note github {typed}").startswith(f"The note on GitHub is removed.\nIt was: {RUNBOOK}")
    assert noted.replies[-1].public
    assert noted.say(f"note github {typed}").startswith("This workspace has no note on GitHub.")
    assert not noted.replies[-1].public
    assert "Our note" not in noted.say("status github")


@pytest.mark.parametrize("line", ["note github", "note github actions"])
def test_a_name_alone_shows_it_to_everybody(noted: Talk, line: str) -> None:
    answer = noted.say(line, may_manage=False)
    assert answer.splitlines() == ["This workspace's note on GitHub:", RUNBOOK, "(2026-09-14 12:00 by ana)"]


@pytest.mark.parametrize("line", ["note", "notes"])
def test_all_of_them_are_listed(noted: Talk, line: str) -> None:
    noted.say("note aws ask bob")
    assert noted.say(line, may_manage=False).splitlines() == [
        "2 notes in this workspace.",
        "- AWS — ask bob",
        f"- GitHub — {RUNBOOK}",
    ]


def test_only_who_may_manage_changes_it(noted: Talk) -> None:
    for line in ("note github mine", 'note github ""'):
        assert noted.say(line, may_manage=False) == "Only people who can manage this channel can change a note."
    assert RUNBOOK in noted.say("note github")


def test_what_cannot_be_noted_says_what_to_type(talk: Talk) -> None:
    assert "Did you mean GitHub" in talk.say('note githb "ask bob"')
    assert talk.say(f"note github {'x' * (NOTE_CHARS + 1)}") == (
        "A note has at most 300 characters, and this one has 301: shorten it or link to it."
    )
    assert talk.say("notes").startswith("This workspace has no notes.\nType for example note github")
    assert not talk.store.vendor_notes.of(OPS)


def test_another_workspace_sees_nothing_of_it(noted: Talk) -> None:
    other = replace(noted, channel=Channel("console", "elsewhere", "ops"), replies=[])
    for line in ("note github", "notes", "status github", "incident github/down1234"):
        assert RUNBOOK not in other.say(line)
    other.say("note github theirs")
    assert RUNBOOK in noted.say("note github")


def test_links_in_it_are_links_and_people_are_named(talk: Talk) -> None:
    [message] = talk.ask("note github see https://wiki.acme.example/gh(1), ask <@U1> or <@!77>").messages
    spans = [span for block in message.blocks[:1] if isinstance(block, Paragraph) for span in block.line]
    assert Link("wiki.acme.example/gh(1", "https://wiki.acme.example/gh(1") in spans
    assert [span for span in spans if isinstance(span, Person)] == [Person("U1"), Person("77")]


def test_the_table_says_how_long_it_may_be() -> None:
    command = next(command for command in COMMANDS if command.name == "note")
    assert str(NOTE_CHARS) in command.arguments[1].summary
    assert command.command_text({"vendor": "github", "text": 'say "hi"'}) == r'github "say \"hi\""'


@pytest.mark.parametrize("line", ['note "x"', 'note ""', "note off", "note remove"])
def test_a_note_without_a_vendor_asks_for_it(talk: Talk, line: str) -> None:
    assert talk.say(line).splitlines()[:2] == ["A note on which vendor?", 'Type note <vendor> "<text>"']


def test_a_note_may_stand_before_its_vendor(talk: Talk) -> None:
    assert "Our note: ask bob" in talk.say('note "ask bob" github')


@pytest.mark.parametrize("line", ["note remove github", "note delete the note on github", "notes clear github"])
def test_a_note_goes_in_that_order_too(noted: Talk, line: str) -> None:
    assert noted.say(line).startswith("The note on GitHub is removed.")


@pytest.mark.parametrize("line", ["delete note github", "remove the note on github", "clear our note for github"])
def test_in_other_words_it_is_asked_about(noted: Talk, line: str) -> None:
    [message] = noted.ask(line).messages
    assert (message.title, message.buttons[0].command) == ("Remove the note on github?", 'note github ""')
    assert RUNBOOK in noted.say("show the note on github")
    assert noted.say("show our notes").startswith("1 note in this workspace.")


@pytest.mark.parametrize("line", ["note on github: ask bob", "note for github ask bob", 'note to github "ask bob"'])
def test_a_note_on_a_vendor(talk: Talk, line: str) -> None:
    assert "Our note: ask bob" in talk.say(line)


def test_a_note_on_two_vendors_is_refused(talk: Talk) -> None:
    assert talk.say('note github, gitlab "x"').startswith("A note is on one vendor: type it for each")
