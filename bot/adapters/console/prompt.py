"""Reads what is typed on the console, line by line, and shows the answers. Its own commands: ``more``, ``quit``."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import structlog
from rich.text import Text

from bot.adapters.console.adapter import ConsoleAdapter
from bot.adapters.console.render import CODE, DIM, Row, body, heading, hints, safe
from bot.commands.request import Reply
from bot.domain import Channel
from bot.message import Opens

log = structlog.get_logger(__name__)

QUIT_WORDS = frozenset({"quit", "exit"})
MORE = "more"
MIN_PAGE_LINES = 10
"""Lines shown before ``more``, however small the terminal."""

_NUMBER = re.compile(r"(?<!\S)#(\d+)(?!\S)")
"""A card's number as it is shown; its reference is the number alone."""

Answer = Callable[[str], Awaitable[Reply]]
"""Takes one typed line without its slash, for example ``status github``."""


def may_be_typed_into(stdin: int = 0) -> bool:
    """Whether a line may ever come from there. None does from the null device, which services and
    containers are given."""
    try:
        return os.fstat(stdin).st_rdev != os.stat(os.devnull).st_rdev
    except OSError:  # It is closed.
        return False


async def converse(
    answer: Answer,
    adapter: ConsoleAdapter,
    channel: Channel,
    *,
    commands: Sequence[str] = (),
    complete: Callable[[str], Sequence[str]] = lambda _: (),
    toolbar: Callable[[], str] = str,
    stdin: int = 0,
) -> None:
    """Answer everything that is typed until ``quit``, Ctrl-C or the end of the input.

    On a terminal with completion, history and a line at the bottom (``toolbar``); through a pipe, line by line.
    ``complete`` gives vendor names for the start of one; ``stdin`` is a file descriptor.
    """
    conversation = Conversation(answer, adapter, channel)
    if not (adapter.console.is_terminal and os.isatty(stdin)):
        async for line in read_lines(stdin):
            conversation.echo(line)
            if adapter.closed or not await conversation.take(line):
                return
        return
    # Slow to import, and not needed where nobody types.
    from bot.adapters.console.terminal import typed_lines

    conversation.page = True
    typed = typed_lines([*commands, MORE, *sorted(QUIT_WORDS)], complete, toolbar)
    async with contextlib.aclosing(typed) as lines:
        async for line in lines:
            if not await conversation.take(line):
                return


class Conversation:
    """The typed lines and their answers. ``page``: long answers stop at a screenful; ``more`` goes on."""

    def __init__(self, answer: Answer, adapter: ConsoleAdapter, channel: Channel, *, page: bool = False) -> None:
        self.page = page
        self._answer = answer
        self._adapter = adapter
        self._channel = channel
        self._button_commands: tuple[str, ...] = ()
        self._unread_lines: list[Text] = []

    async def take(self, line: str) -> bool:
        """Answer one line; ``False`` when it ends the conversation."""
        typed = line.strip().removeprefix("/").strip()
        typed = _NUMBER.sub(r"incident \1" if _NUMBER.fullmatch(typed) else r"\1", typed)
        if not typed:
            return True
        if typed.lower() in QUIT_WORDS:
            return False
        if typed.lower() == MORE and self._unread_lines:
            self._print(self._unread_lines)
            return True
        if typed.isdecimal() and 1 <= int(typed) <= len(self._button_commands):
            typed = self._button_commands[int(typed) - 1]
            self.echo(typed)
        try:
            reply = await self._answer(typed)
        except Exception:
            # The prompt outlives a broken command; the log says what broke.
            log.exception("console.command_failed", command=typed.split()[0])
            self._adapter.write([Text("This command failed; the log says why. Other commands still work.")])
            return True
        self.show(reply)
        return True

    def echo(self, line: str) -> None:
        """Print what was typed, where the terminal does not do that."""
        if line.strip():
            self._adapter.flush()
            self._adapter.write([Text(f"> {safe(line.strip())}", DIM)])

    def show(self, reply: Reply) -> None:
        """Print an answer; its buttons can be typed as numbers until the next one."""
        self._adapter.flush()
        view = self._adapter.view(self._channel)
        button_commands: list[str] = []
        rows: list[Row] = []
        for message in reply.messages:
            rows += [Row(heading(message, view)), *body(message, view)]
            # A console has no forms.
            buttons = tuple(button for button in message.buttons if button.opens is not Opens.FORM)
            rows += hints(buttons, len(button_commands) + 1, self._adapter.console.width)
            button_commands += [button.command for button in buttons]
            rows.append(Row(Text()))
        self._button_commands = tuple(button_commands)
        self._print(self._adapter.lines(rows))

    def _print(self, lines: list[Text]) -> None:
        limit = max(MIN_PAGE_LINES, self._adapter.console.height - 4) if self.page else len(lines)
        # One line more is shown rather than announced.
        limit = len(lines) if len(lines) <= limit + 1 else limit
        self._unread_lines = lines[limit:]
        self._adapter.write(lines[:limit])
        if self._unread_lines:
            self._adapter.write([Text(f"… {len(self._unread_lines)} more lines: ", DIM).append(MORE, CODE)])


async def read_lines(descriptor: int) -> AsyncIterator[str]:
    """Lines of a pipe or file as they come, the last one even without its line break.

    A daemon thread reads: event loops cannot wait for regular files, and a thread of the loop's own pool, blocked in
    a read, would hold up the end of the program. It reads the bare descriptor, since a buffered reader's lock held at
    interpreter shutdown is a fatal error.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def put(line: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody reads any more.
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def read() -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        try:
            while chunk := os.read(descriptor, 65_536):
                *complete, rest = (rest + decoder.decode(chunk)).split("\n")
                for line in complete:
                    put(line)
        except OSError as error:
            log.warning("console.stdin_failed", error=str(error))
        put(rest + decoder.decode(b"", final=True))
        put(None)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
