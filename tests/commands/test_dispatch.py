from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands.context import CommandContext
from bot.commands.dispatch import handle, parse_line
from bot.commands.request import Request
from bot.commands.table import COMMANDS
from bot.domain import Channel, Phase
from bot.store import Store
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, OPS, Talk, ago, incident, said


@pytest.mark.parametrize(
    ("line", "command", "text"),
    [
        ("/status dyspatch", "status", "dyspatch"),
        ("status dyspatch", "status", "dyspatch"),
        ("dyspatch", "status", "dyspatch"),
        ("  /STATUS   Dyspatch ", "status", "Dyspatch"),
        ("new relic", "status", "new relic"),
        ("is github down?", "status", "is github down?"),
        ("help subscribe", "help", "subscribe"),
        ("sub github", "subscribe", "github"),
        ("", "help", ""),
        ("/", "help", ""),
        ("list", "list", ""),
        ("subscribe\ngithub\naws", "subscribe", "github\naws"),
    ],
)
def test_a_line_is_a_command_or_a_vendor(line: str, command: str, text: str) -> None:
    assert parse_line(line) == (command, text)


def test_a_slip_in_a_command_is_offered_for_correction(talk: Talk) -> None:
    reply = talk.ask("subcribe github severity:major+")
    assert [b.command for b in reply.messages[0].buttons] == ["subscribe github severity:major+"]
    assert reply.messages[0].summary == "I don't know “subcribe”. Did you mean this?"
    assert not reply.public
    assert "list" in talk.say("lits")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("ыефегы пшергиж", "status github"),
        ("ыгиыскшиу пшергиб пшедфи", "subscribe github gitlab"),
        ("рудз", "help"),
        ("пшергиж", "status github"),
        ("stat github", "status github"),
        ("hist github", "history github"),
    ],
)
def test_what_another_keyboard_layout_or_haste_made_of_a_command_is_offered(talk: Talk, line: str, meant: str) -> None:
    reply = talk.ask(line)
    assert [b.command for b in reply.messages[0].buttons] == [meant]
    assert not reply.public


def test_what_is_pasted_from_a_terminal_is_read_without_its_colours(talk: Talk) -> None:
    assert talk.ask("status \x1b[1;31mgithub\x1b[0m").messages[0].url == "https://status.github.example"


def test_a_command_that_no_platform_should_send_is_tried_as_a_vendor(talk: Talk) -> None:
    talk.reading("github", GITHUB_PARTS)
    context = CommandContext(talk.store, CATALOG, NOW)
    assert handle(Request("github", "", OPS, "ana"), context).messages[0].title == "🟢 GitHub is operational."


@pytest.mark.parametrize("line", ["subscribe github", "unsubscribe all", "settings mode=flat"])
def test_only_managers_change_what_a_channel_gets(talk: Talk, line: str) -> None:
    reply = talk.ask(line, may_manage=False)
    assert reply.messages[0].summary.startswith("Only people who can manage this channel can ")
    assert not reply.public
    assert talk.say("list").startswith("This channel subscribes to nothing yet.")


def test_anybody_may_look_at_the_settings(talk: Talk) -> None:
    assert talk.say("settings", may_manage=False).startswith("Settings of this channel\nmode: thread")


def test_a_text_that_is_too_long_is_refused_whole(talk: Talk) -> None:
    assert talk.say("subscribe " + "github " * 2_000).startswith("That is more than 8,000 characters.")
    assert talk.say("list").startswith("This channel subscribes to nothing yet.")


@pytest.mark.parametrize("command", ["incident", "status", "subscribe", "why", "mute", "settings", "history"])
def test_what_no_database_takes_is_left_out_of_what_was_typed(talk: Talk, command: str) -> None:
    assert talk.ask(f"{command} x\ud83d9\x00").messages == talk.ask(f"{command} x9").messages


def test_a_bug_is_said_and_not_raised(talk: Talk) -> None:
    talk.store.close()
    broken = CommandContext(None, CATALOG, NOW)  # type: ignore[arg-type]
    assert (
        handle(Request("status", "github", OPS, "ana"), broken).messages[0].summary.startswith("Something went wrong")
    )


def test_help_names_every_command_and_tells_one_whole(talk: Talk) -> None:
    assert talk.say("help").startswith("What you can type\n- status github — is there an outage?")
    assert len(talk.ask("help").messages[0].blocks[0].lines) <= 6  # type: ignore[union-attr]
    text = talk.say("help all")
    assert all(f"- {command.usage} — {command.summary}" in text for command in COMMANDS)
    one = talk.say("help SUBSCRIBE")
    assert one.startswith("subscribe — get a vendor's incidents")
    assert "subscribe aws us-east-1" in one
    assert talk.say("help nonsense").startswith("There's no “nonsense” command. Here are the ones there are:")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """A channel with something behind every command."""
    path: Path = tmp_path_factory.mktemp("busy")
    store = Store(f"sqlite:///{path / 'lookout.db'}")
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    talk = Talk(store)
    talk.ask("subscribe github dyspatch")
    over = incident("github", "abc12345", "Slow", ago(days=2), said(1, ago(days=2), "Hm", Phase.RESOLVED))
    on = incident("github", "def12345", "Down", ago(hours=2), said(2, ago(hours=2), "Oh"), components=("c1",))
    talk.reading("github", GITHUB_PARTS, [over, on])
    talk.reading("feedly", level=None, words="")
    talk.unreadable("dyspatch", "The page answers 503", ago(hours=1))
    talk.post()
    yield talk
    store.close()


TYPED = """github githb dyspatch feedly aws us-east-1 all abc12345 abc1 github/def12345 git component: component:"Git
https://status.github.example/incidents/def12345 component:!x --days --days=9 severity:major+ region:eu match:“log
mention:@x mode=flat tz=Mars mode= page=2 , " \x00 / <https://x.com|x> %s {} [ * é 🟥"""
WORDS = st.sampled_from(TYPED.split())
LINES = st.lists(WORDS | st.text(max_size=8), max_size=6).map(" ".join)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(command=st.sampled_from([c.name for c in COMMANDS] + ["", "nonsense"]), text=LINES, manages=st.booleans())
def test_whatever_is_typed_is_answered_in_words(busy: Talk, command: str, text: str, manages: bool) -> None:
    """``Talk.ask`` goes past the catch-all, so a bug would come out."""
    reply = busy.ask(f"{command} {text}", may_manage=manages)
    assert reply.messages
    for message in reply.messages:
        assert message.summary.strip()
        assert len(message.buttons) <= 5
        assert "None" not in message.summary


@pytest.fixture(name="thread")
def _thread(talk: Talk) -> str:
    """The thread of an open incident's message."""
    talk.ask("subscribe github")
    talk.reading(
        "github", GITHUB_PARTS, [incident("github", "abc12345", "Pushes fail", ago(hours=1), said(1, NOW, "Hm"))]
    )
    talk.post()
    return str(talk.store.cards.of_channel(talk.channel, ago(days=1))[0].state.posts[0].ref)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("why", "This channel got “GitHub — Pushes fail”."),
        ("incident", "Partial outage · GitHub — Pushes fail"),
        ("is it down?", "🟠 GitHub has a partial outage."),
        ("status", "🟠 GitHub has a partial outage."),
        ("history", "GitHub, last 30 days"),
        ("mute 2h", "Muted “GitHub — Pushes fail”"),
        ("mute it until resolved", "Muted “GitHub — Pushes fail”"),
        ("mute", "Mute it for how long?"),
        ("status dyspatch", "🟣 Unknown: Dyspatch's status page"),
    ],
)
def test_in_an_incident_s_thread_a_command_means_that_incident(talk: Talk, thread: str, line: str, title: str) -> None:
    talk.thread = thread
    assert talk.ask(line).messages[0].summary.startswith(title)


def test_what_is_no_card_s_thread_changes_nothing(talk: Talk, thread: str) -> None:
    talk.thread = f"{thread}.9"
    assert talk.ask("mute 2h").messages[0].summary == "Mute what?"


def test_what_changes_a_channel_needs_one(talk: Talk) -> None:
    talk.channel = Channel("slack", "T1", "")
    for line in ("subscribe github", "unsubscribe all", "settings mode=flat", "mute github 1h", "board on"):
        assert talk.say(line).startswith("I was not told which channel this is for."), line
    assert talk.store.workspaces.channels("slack") == ()
    assert "GitHub" in talk.say("status github")
