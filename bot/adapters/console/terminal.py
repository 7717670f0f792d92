"""A terminal's lines, with completion, history and a line at the bottom."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.adapters.console.render import safe

PROMPT = "lookout> "


async def typed_lines(
    commands: Sequence[str], complete: Callable[[str], Sequence[str]], toolbar: Callable[[], str]
) -> AsyncGenerator[str, None]:
    """Until Ctrl-C or the end of the input. What is printed meanwhile stands above the line that is being typed."""
    session: PromptSession[str] = PromptSession(
        completer=CommandCompleter(commands, complete),
        history=InMemoryHistory(),
        bottom_toolbar=lambda: f" {safe(toolbar())}",
        complete_while_typing=False,
        refresh_interval=1,
    )
    with patch_stdout(raw=True):
        while True:
            try:
                line = await session.prompt_async(PROMPT)
            except (EOFError, KeyboardInterrupt):
                return
            yield line


class CommandCompleter(Completer):
    """Completes the first word from the commands, later ones from the vendors' names."""

    def __init__(self, commands: Sequence[str], complete: Callable[[str], Sequence[str]]) -> None:
        self._commands = commands
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor.lstrip().removeprefix("/")
        *before, word = typed.split(" ")
        matches = self._complete(word) if before else [c for c in self._commands if c.startswith(word.lower())]
        return [Completion(name, start_position=-len(word)) for name in matches]
