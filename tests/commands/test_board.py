from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Level
from bot.store.values import BoardOutcome
from tests.commands.talk import OPS, Talk


def posted(talk: Talk) -> None:
    """Delivery shows the board."""
    for board in talk.store.boards.claim(["console"], talk.now, 10, 60):
        shown = replace(board, ref="m1", maybe_sent=False, edited_at=talk.now, pin_pending=False)
        assert talk.store.boards.settle([BoardOutcome(shown, talk.now, None)])


@pytest.mark.parametrize("typed", ["board", "board on", "BOARD On"])
def test_a_board_is_put_up_for_everybody_to_see(talk: Talk, typed: str) -> None:
    reply = talk.ask(typed)
    assert reply.public
    assert reply.messages[0].title == "This channel gets a board."
    assert talk.store.boards.of(OPS)


def test_where_there_is_one_it_is_told_and_moved_only_when_asked(talk: Talk) -> None:
    talk.say("board")
    assert talk.say("board").startswith("This channel has a board.\nBoard: on its way.")
    posted(talk)
    reply = talk.ask("board")
    assert not reply.public
    assert [button.command for button in reply.messages[0].buttons] == ["board on", "board off"]
    assert "Board: kept up to date, last edited 2026-09-14 12:00" in talk.say("board")
    reply = talk.ask("board on")
    assert reply.public
    assert reply.messages[0].title == "The board moves to the end of this channel."
    board = talk.store.boards.of(OPS)
    assert board
    assert (board.ref, board.retired_refs) == (None, ("m1",))


def test_it_is_taken_down_once(talk: Talk) -> None:
    assert talk.say("board off").startswith("This channel has no board.\nboard on puts one up")
    talk.say("board")
    reply = talk.ask("board off")
    assert reply.public
    assert reply.messages[0].title == "The board is taken down."
    assert not talk.ask("board off").public


def test_what_is_neither_changes_nothing(talk: Talk) -> None:
    assert talk.say("board github") == "A board is on or off, not “github”."
    assert talk.store.boards.of(OPS) is None


def test_who_may_not_manage_is_told_what_there_is(talk: Talk) -> None:
    assert talk.say("board", may_manage=False).startswith("This channel has no board.")
    assert talk.store.boards.of(OPS) is None
    talk.say("board")
    reply = talk.ask("board", may_manage=False)
    assert reply.messages[0].title == "This channel has a board."
    assert reply.messages[0].buttons == ()
    assert not talk.ask("board off", may_manage=False).public
    assert talk.store.boards.of(OPS)


def test_the_list_and_the_settings_mention_it(talk: Talk) -> None:
    assert "Board:" not in talk.say("list") + talk.say("settings")
    talk.say("board")
    assert "Board: on its way." in talk.say("list")
    talk.reading("github", level=Level.OPERATIONAL)
    talk.say("subscribe github")
    assert "Board: on its way." in talk.say("list")
    assert "Board: on its way." in talk.say("settings")
    (claimed,) = talk.store.boards.claim(["console"], talk.now, 10, 60)
    talk.store.boards.settle([BoardOutcome(replace(claimed, error="Invite me."), talk.now, None)])
    assert "Board: not up to date. Invite me." in talk.say("list")
