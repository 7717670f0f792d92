"""References to what the bot sent: ``channel/message``, several messages as ``channel/message,message``, and a copy in
another channel after a semicolon. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class MessageRun(NamedTuple):
    """Consecutive messages in a channel or a thread."""

    channel_id: str
    """The thread's id, if it is in a thread."""
    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageRef:
    """What one act sent."""

    main: MessageRun
    copy: MessageRun | None = None
    """The same once more in the thread's channel, for a broadcast reply."""

    @classmethod
    def parse(cls, text: str) -> MessageRef:
        runs = []
        for part in text.split(";"):
            channel_id, _, message_ids = part.partition("/")
            runs.append(MessageRun(channel_id, tuple(message_ids.split(","))))
        return cls(runs[0], runs[1] if len(runs) > 1 else None)

    def __str__(self) -> str:
        runs = [self.main, self.copy] if self.copy else [self.main]
        return ";".join(f"{run.channel_id}/{','.join(run.message_ids)}" for run in runs)
