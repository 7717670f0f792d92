"""References of what the bot sent: ``channel/message``, several messages as ``channel/message,message``, and a copy in
another place after a semicolon. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class MessageRun(NamedTuple):
    """Messages that stand one after the other in a channel or a thread."""

    place: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageRef:
    """``copy``: the same once more, in the channel of a thread."""

    main: MessageRun
    copy: MessageRun | None = None

    @classmethod
    def parse(cls, text: str) -> MessageRef:
        stretches = []
        for part in text.split(";"):
            place, _, messages = part.partition("/")
            stretches.append(MessageRun(place, tuple(messages.split(","))))
        return cls(stretches[0], stretches[1] if len(stretches) > 1 else None)

    def __str__(self) -> str:
        stretches = [self.main, self.copy] if self.copy else [self.main]
        return ";".join(f"{stretch.place}/{','.join(stretch.messages)}" for stretch in stretches)
