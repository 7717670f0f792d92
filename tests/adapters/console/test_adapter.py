"""The console as a chat platform: what stands on the screen, and that nothing a vendor writes can command it."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from bot.adapters.console import ConsoleAdapter, converse
from bot.adapters.console.prompt import Conversation, read_lines
from bot.adapters.console.render import hints, safe, web_url
from bot.adapters.console.terminal import CommandCompleter
from bot.commands.request import Reply
from bot.delivery.port import MessageGone
from bot.domain import Channel
from bot.message import (
    Button,
    ChannelMention,
    Code,
    Fields,
    Items,
    Link,
    Message,
    MessageKind,
    Moment,
    Paragraph,
    Person,
    Quote,
    Strong,
    Struck,
    Style,
    Tone,
)

CHANNEL = Channel("console", "local", "main")
NINE = datetime(2026, 3, 3, 9, 14, tzinfo=UTC)


class Screen:
    """A console adapter on a pipe of our own, with a clock to turn."""

    def __init__(
        self, *, width: int = 80, encoding: str = "utf-8", zone: str = "UTC", hold: bool = False, terminal: bool = False
    ) -> None:
        self.now = NINE
        self._bytes = io.BytesIO()
        self._file = io.TextIOWrapper(self._bytes, encoding=encoding, write_through=True)
        console = Console(
            file=self._file,
            width=width,
            height=24,
            force_terminal=terminal,
            color_system="truecolor" if terminal else None,
            legacy_windows=False,
        )
        self.adapter = ConsoleAdapter(console, lambda: self.now, lambda _: zone, hold_edits=hold)

    @property
    def text(self) -> str:
        return self._bytes.getvalue().decode(self._file.encoding)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def take(self) -> str:
        """What was printed since the last time."""
        text = self.text
        self._bytes.seek(0)
        self._bytes.truncate()
        return text

    async def post(self, message: Message) -> str:
        return await self.adapter.post(CHANNEL, message, "key")

    async def reply(self, root: str, message: Message) -> str:
        return await self.adapter.reply(CHANNEL, root, message, "key", broadcast=False)

    async def edit(self, ref: str, message: Message) -> None:
        await self.adapter.edit(CHANNEL, ref, message, "key")


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def root(state: str = "Major outage", newest: str | None = None, **facts: str) -> Message:
    latest = (Paragraph(("Latest:",)), Quote(newest)) if newest else ()
    fields = Fields(tuple((name, (value,)) for name, value in facts.items()))
    return Message(
        summary=f"{state} · Acme",
        tone=Tone.MAJOR,
        title=f"{state} · Acme — Mail is stuck",
        url="https://status.acme.example/incidents/1",
        blocks=(Quote("Nothing is sent."), *latest, fields),
        footer=(Link("status.acme.example", "https://status.acme.example"),),
    )


def reply(text: str, state: str = "Identified", times: int = 1, at: datetime = NINE) -> Message:
    said = (Paragraph((f"said {times} times, last at ", Moment(at))),) if times > 1 else ()
    return Message(summary=state, title=state, blocks=(Quote(text), *said), footer=(Moment(NINE),))


# --- cards ---------------------------------------------------------------------------------------------------------


def test_a_card_shows_all_of_its_message_under_a_number() -> None:
    async def story() -> None:
        screen = Screen(zone="Europe/Berlin")
        assert await screen.post(root(Affects="Sending, API", Level="Major outage")) == "1"
        assert screen.lines == [
            "── Tuesday 3 March 2026 · CET ──",
            "10:14  #1 Major outage · Acme — Mail is stuck",
            "       │ Nothing is sent.",
            "       Affects  Sending, API",
            "       Level    Major outage",
            "       https://status.acme.example/incidents/1",
            "       status.acme.example",
        ]

    run(story)


def test_replies_stand_indented_under_their_card() -> None:
    async def story() -> None:
        screen = Screen()
        first, second = await screen.post(root()), await screen.post(root("Partial outage"))
        screen.take()
        refs = [await screen.reply(first, reply("We know why.")), await screen.reply(first, reply("Nearly done."))]
        assert refs == ["1.1", "1.2"]
        assert await screen.reply(second, reply("Us too.")) == "2.1"
        assert screen.lines[:2] == ["09:14  ↳ #1 Identified · 09:14 UTC", "         │ We know why."]
        assert screen.lines[4] == "09:14  ↳ #2 Identified · 09:14 UTC"

    run(story)


def test_an_edit_that_only_changes_the_state_is_one_line() -> None:
    async def story() -> None:
        screen = Screen()
        ref = await screen.post(root(Level="Major outage"))
        await screen.reply(ref, reply("We know why."))
        screen.take()
        await screen.edit(ref, root("Monitoring", newest="We know why.", Level="Major outage"))
        assert screen.lines == ["09:14  ✎ #1 Monitoring · Acme — Mail is stuck"]

    run(story)


def test_an_edit_that_shows_nothing_new_prints_nothing() -> None:
    async def story() -> None:
        screen = Screen()
        ref = await screen.post(root())
        await screen.reply(ref, reply("We know why."))
        screen.take()
        await screen.edit(ref, root(newest="We know why."))
        await screen.edit(ref, root(newest="We know why."))
        assert screen.text == ""

    run(story)


def test_an_edited_text_is_shown_and_a_changed_fact_named() -> None:
    async def story() -> None:
        screen = Screen()
        ref = await screen.post(root(Planned="22:00 to 23:00"))
        answer = await screen.reply(ref, reply("We know why."))
        screen.take()
        await screen.edit(answer, reply("We thought we knew why."))
        await screen.edit(ref, root(newest="We thought we knew why.", Planned="22:00 to 23:30"))
        assert screen.lines == [
            "09:14  ✎ ↳ #1 Identified",
            "         │ We thought we knew why.",
            "09:14  ✎ #1 Major outage · Acme — Mail is stuck · Planned 22:00 to 23:30",
        ]

    run(story)


def test_of_edits_held_back_only_the_last_is_shown() -> None:
    async def story() -> None:
        screen = Screen(hold=True)
        ref = await screen.post(root())
        answer = await screen.reply(ref, reply("Still at it."))
        screen.take()
        for times in range(2, 14):
            screen.now += timedelta(hours=1)
            await screen.edit(answer, reply("Still at it.", times=times, at=screen.now))
            await screen.edit(ref, root(newest="Still at it."))
        assert screen.text == ""
        await screen.edit(ref, root("Monitoring", newest="Still at it."))
        assert screen.lines == [
            "21:14  ✎ ↳ #1 Identified · said 13 times, last at 21:14 UTC",
            "21:14  ✎ #1 Monitoring · Acme — Mail is stuck",
        ]

    run(story)


def test_a_message_of_an_earlier_run_is_gone_and_numbers_go_on() -> None:
    async def story() -> None:
        screen = Screen()
        adapter = ConsoleAdapter(screen.adapter.console, lambda: NINE, first=7)
        with pytest.raises(MessageGone):
            await adapter.reply(CHANNEL, "6", reply("Late."), "key", broadcast=False)
        with pytest.raises(MessageGone):
            await adapter.edit(CHANNEL, "6", root(), "key")
        assert await adapter.find(CHANNEL, "key") is None
        assert await adapter.post(CHANNEL, root(), "key") == "7"

    run(story)


def test_a_day_is_named_once() -> None:
    async def story() -> None:
        screen = Screen()
        await screen.post(root())
        await screen.post(root())
        screen.now += timedelta(days=1)
        await screen.post(root())
        assert [line for line in screen.lines if line.startswith("──")] == [
            "── Tuesday 3 March 2026 · UTC ──",
            "── Wednesday 4 March 2026 · UTC ──",
        ]

    run(story)


def test_times_carry_zone_and_date_unless_it_is_today() -> None:
    async def story() -> None:
        screen = Screen(zone="America/Sao_Paulo", width=120)
        old = datetime(2025, 12, 18, 1, 30, tzinfo=UTC)
        line = (Moment(NINE), " ", Moment(old), " ", Moment(NINE, Style.DATE), " ", Moment(old, Style.AGO))
        await screen.adapter.notify_user(CHANNEL, "me", Message("About this channel", blocks=(Paragraph(line),)))
        assert (
            screen.lines[-1].strip()
            == "06:14 UTC-03 Wed 17 Dec 2025 22:30 UTC-03 Tue 3 Mar Wed 17 Dec 2025 22:30 UTC-03"
        )

    run(story)


def test_people_and_places_are_shown_by_their_ids() -> None:
    async def story() -> None:
        screen = Screen()
        await screen.post(
            Message("Now", blocks=(Items((("by ", Person("U\x1b[1m1"), " in ", ChannelMention("C1")),)),))
        )
        assert screen.lines[-1].endswith("1 in C1")
        assert "\x1b" not in screen.text

    run(story)


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("npm", "npm (https://status.npm.example/a)"),
        ("https://status.npm.example/a", "https://status.npm.example/a"),
        ("status.npm.example/a", "https://status.npm.example/a"),
        ("status.npm.example", "status.npm.example"),
    ],
)
def test_a_name_is_shown_though_its_address_holds_it(word: str, shown: str) -> None:
    async def story() -> None:
        pipe = Screen()
        line = (Link(word, "https://status.npm.example/a"),)
        await pipe.post(Message("Now", blocks=(Items((line,)),)))
        assert pipe.lines[-1] == f"       • {shown}"

    run(story)


def test_looks_become_signs_where_there_are_no_looks() -> None:
    async def story() -> None:
        line = (Strong("Down"), " ", Code("why"), " ", Struck("up"), " ", Link("page", "https://a.example/x"))
        message = Message("Now", blocks=(Items((line,)),), buttons=(Button("Status", "status acme"),))
        pipe, terminal = Screen(), Screen(terminal=True)
        await pipe.post(message)
        await terminal.post(message)
        assert pipe.lines[-1] == "       • Down `why` ~~up~~ page (https://a.example/x)", "a card shows no commands"
        assert "\x1b]8;" in terminal.text
        assert "https://a.example/x" in terminal.text
        assert "~~" not in terminal.text

    run(story)


# --- hostile and awkward input ---------------------------------------------------------------------------------------

HOSTILE = (
    "\x1b[2J\x1b]0;pwned\x07 [bold]x[/bold] [link=https://evil.example]y[/link] "
    "\u202egnp.exe \r over\x08\x9b31m :smile: \ud800"
)


@pytest.mark.parametrize("terminal", [False, True])
def test_vendor_text_cannot_command_the_terminal(terminal: bool) -> None:
    async def story() -> None:
        screen = Screen(terminal=terminal, width=200)
        message = Message(
            summary=HOSTILE,
            title=HOSTILE,
            url=f"https://a.example/\x1b[31m{HOSTILE}",
            blocks=(
                Quote(HOSTILE),
                Items(((HOSTILE,),)),
                Fields(((HOSTILE, (Link(HOSTILE, "javascript:alert(1)"),)),)),
                Paragraph((Link(HOSTILE, "https://a.example/\x1b\\evil"), Strong(HOSTILE), Code(HOSTILE))),
            ),
            footer=(HOSTILE,),
            buttons=(Button(HOSTILE, HOSTILE),),
        )
        await screen.post(message)
        for bad in ("\x1b[2J", "\x1b]0", "\x07", "\x08", "\x9b", "\r", "\u202e", "evil\x1b"):
            assert bad not in screen.text
        assert "[bold]x[/bold] [link=https://evil.example]y[/link]" in screen.text
        assert ":smile:" in screen.text
        assert "javascript:" not in screen.text

    run(story)


def board(*lines: str, at: datetime = NINE) -> Message:
    return Message(
        "Board",
        title=f"{len(lines)} vendors",
        blocks=(Items(tuple((one,) for one in lines)), Paragraph(("Oldest reading: ", Moment(at, Style.AGO)))),
        kind=MessageKind.BOARD,
    )


def test_a_board_prints_the_lines_that_changed_and_not_its_age() -> None:
    async def story() -> None:
        screen = Screen()
        ref = await screen.post(board("Acme is well", "Bolt is well"))
        assert "#board 2 vendors" in screen.take()
        await screen.edit(ref, board("Acme is well", "Bolt is well", at=NINE + timedelta(minutes=9)))
        assert screen.take() == ""
        await screen.edit(ref, board("Bolt is down", "Acme is well"))
        assert screen.take().split() == ["09:14", "✎", "#board", "2", "vendors", "•", "Bolt", "is", "down"]
        await screen.edit(ref, board("Acme is well", "Bolt is well"))
        assert "• Bolt is well" in screen.take(), "what was so before is news when it is so again"
        await screen.edit(ref, Message("No board any more.", kind=MessageKind.BOARD))
        assert "✎ #board No board any more." in screen.take()

    run(story)


def test_a_board_of_an_earlier_run_is_shown_whole_and_counts_as_no_card() -> None:
    async def story() -> None:
        screen = Screen()
        await screen.edit("board-k1", board("Acme is well"))
        assert "• Acme is well" in screen.take()
        assert await screen.post(root()) == "1"

    run(story)


@given(st.text())
def test_safe_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = safe(text)
    assert not [c for c in shown if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028\u2029")


@given(st.text())
def test_an_opened_address_is_a_plain_web_address(text: str) -> None:
    url = web_url(f"https://a.example/{text}")
    assert url is None or (url.isprintable() and " " not in url)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_console_that_lacks_signs_shows_others(encoding: str) -> None:
    async def story() -> None:
        screen = Screen(encoding=encoding)
        ref = await screen.post(root())
        await screen.reply(ref, reply("漢字 — naïve"))
        await screen.edit(ref, root("Resolved"))
        assert "> #1 Identified" in screen.text
        assert "~ #1 Resolved" in screen.text

    run(story)


@pytest.mark.parametrize("width", [1, 10, 33, 59])
def test_a_narrow_console_wraps_words_but_no_address(width: int) -> None:
    async def story() -> None:
        screen = Screen(width=width)
        ref = await screen.post(root(Affects="Sending, API, Webhooks, Template editor, Reports"))
        await screen.reply(ref, reply("漢字" * 30 + " x" * 30 + "y" * 100))
        assert "https://status.acme.example/incidents/1" in screen.lines
        assert all(len(line) <= max(width, 32) for line in screen.lines if "://" not in line)

    run(story)


# --- the conversation ------------------------------------------------------------------------------------------------


class Desk:
    """Answers with what was asked, and two buttons."""

    def __init__(self, lines: int = 0) -> None:
        self.asked: list[str] = []
        self._items = tuple((f"line {n}",) for n in range(lines))

    async def answer(self, line: str) -> Reply:
        self.asked.append(line)
        if line == "break":
            raise RuntimeError("on purpose")
        buttons = (Button("One", "status one"), Button("Two", "incident two/2"))
        return Reply((Message(f"You said {line}", blocks=(Items(self._items),), buttons=buttons),))


def piped(text: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, text)
    os.close(writing)
    return reading


def test_every_line_of_a_pipe_is_answered_and_the_end_ends_it() -> None:
    screen, desk = Screen(), Desk()
    asyncio.run(converse(desk.answer, screen.adapter, CHANNEL, stdin=piped("/status é\n\n  list \r\nhelp".encode())))
    assert desk.asked == ["status é", "list", "help"]
    assert screen.lines[:3] == ["> /status é", "You said status é", "[1] status one  [2] incident two/2"]


def test_a_number_is_not_parted_from_what_it_is_for() -> None:
    buttons = tuple(Button(name, f"status {name}") for name in ("bitbucket", "gitlab", "beanstalk"))
    shown = [row.text.plain for row in hints(buttons, 9, 37)]
    assert shown == ["[9] status bitbucket", "[10] status gitlab", "[11] status beanstalk"]
    assert [row.text.plain for row in hints(buttons, 9, 40)] == [
        "[9] status bitbucket  [10] status gitlab",
        "[11] status beanstalk",
    ]
    assert hints((), 1, 40) == []


def test_the_key_of_a_page_of_ones_own_is_not_shown() -> None:
    [shown] = hints(
        (
            Button("Timeline", "incident own-host-2/abc"),
            Button("Mute…", "mute own-host-2/abc 1h"),
            Button("Filter", "subscribe own-host-2"),
            Button("Why?", "why github/own-1"),
        ),
        1,
        80,
    )
    assert shown.text.plain == "[1] incident abc  [2] mute abc 1h  [3] Filter  [4] why github/own-1"


def test_quit_ends_before_the_end() -> None:
    screen, desk = Screen(), Desk()
    asyncio.run(converse(desk.answer, screen.adapter, CHANNEL, stdin=piped(b"help\n/quit\nlist\n")))
    assert desk.asked == ["help"]


def test_a_number_runs_the_button_of_the_last_answer() -> None:
    screen, desk = Screen(), Desk()
    asyncio.run(converse(desk.answer, screen.adapter, CHANNEL, stdin=piped(b"2\nhelp\n2\n3\n")))
    assert desk.asked == ["2", "help", "incident two/2", "3"]


def test_a_cards_number_is_its_reference() -> None:
    screen, desk = Screen(), Desk()
    asyncio.run(converse(desk.answer, screen.adapter, CHANNEL, stdin=piped(b"why #7\nstatus a#1 #b\n#1\n")))
    assert desk.asked == ["why 7", "status a#1 #b", "incident 1"]


class Unread(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


class Deaf(Console):
    def on_broken_pipe(self) -> None:
        """As rich does it, but for the descriptor of standard output."""
        self.quiet = True
        raise SystemExit(1)


def test_when_nobody_reads_any_more_the_conversation_ends() -> None:
    adapter, desk = ConsoleAdapter(Deaf(file=Unread()), lambda: NINE), Desk()
    asyncio.run(converse(desk.answer, adapter, CHANNEL, stdin=piped(b"help\nlist\nstatus\n")))
    assert adapter.closed
    assert desk.asked == []


def test_a_broken_command_does_not_end_the_conversation() -> None:
    screen, desk = Screen(), Desk()
    asyncio.run(converse(desk.answer, screen.adapter, CHANNEL, stdin=piped(b"break\nhelp\n")))
    assert desk.asked == ["break", "help"]
    assert "This command failed" in screen.text


@pytest.mark.parametrize("ending", ["quit\r", "\x04", "\x03"], ids=["quit", "ctrl-d", "ctrl-c"])
def test_a_terminal_prompts_until_told_to_end(ending: str) -> None:
    screen, desk = Screen(terminal=True), Desk()
    ours, theirs = os.openpty()
    try:
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text(f"/status x\r\r1\r{ending}")
            asyncio.run(converse(desk.answer, screen.adapter, CHANNEL, toolbar=lambda: "all read", stdin=theirs))
    finally:
        os.close(ours)
        os.close(theirs)
    assert desk.asked == ["status x", "status one"]
    assert "You said status one" in screen.text


def test_input_in_pieces_and_bad_bytes_make_lines() -> None:
    async def story() -> None:
        reading, writing = os.pipe()
        got: list[str] = []

        async def read() -> None:
            got.extend([line async for line in read_lines(reading)])

        task = asyncio.create_task(read())
        for piece in (b"sta", b"tus \xc3", b"\xa9\nli", b"st\xff\n\n"):
            os.write(writing, piece)
            await asyncio.sleep(0)
        os.close(writing)
        await task
        assert got == ["status é", "list\N{REPLACEMENT CHARACTER}", "", ""]

    run(story)


def test_a_long_answer_stops_at_a_screenful_and_more_goes_on() -> None:
    async def story() -> None:
        screen, desk = Screen(), Desk(lines=50)
        talk = Conversation(desk.answer, screen.adapter, CHANNEL, page=True)
        await talk.take("components acme")
        assert "• line 18" in screen.lines
        assert "• line 19" not in screen.lines
        assert screen.lines[-1] == "… 33 more lines: more"
        screen.take()
        await talk.take("more")
        await talk.take("/MORE")
        assert "• line 49" in screen.lines
        assert desk.asked == ["components acme"]

    run(story)


def test_words_complete_commands_first_and_vendors_after() -> None:
    words = CommandCompleter(
        ["status", "subscribe", "help"], lambda start: [n for n in ("github", "gitlab") if n.startswith(start)]
    )

    def offered(text: str) -> list[str]:
        return [c.text for c in words.get_completions(Document(text), CompleteEvent())]

    assert offered("s") == offered("/s") == ["status", "subscribe"]
    assert offered("status git") == ["github", "gitlab"]
    assert offered("subscribe github gitl") == ["gitlab"]
