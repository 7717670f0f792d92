"""References of what the bot sent: ``channel/message``, several messages as ``channel/message,message``, and a copy in
another place after a semicolon. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class MessageRun(NamedTuple):
    """Messages that stand one after the other in a channel or a thread."""

    channel_id: str
    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageRef:
    """``copy``: the same once more, in the channel of a thread."""

    main: MessageRun
    copy: MessageRun | None = None

    @classmethod
    def parse(cls, text: str) -> MessageRef:
        runs = []
        for part in text.split(";"):
            channel_id, _, message_ids = part.partition("/")
            runs.append(MessageRun(channel_id, tuple(message_ids.split(","))))
        return cls(runs[0], runs[1] if len(runs) > 1 else None)

    def __str__(self) -> str:
        runs = [self.main, self.copy] if self.copy else [self.main]
        return ";".join(f"{stretch.channel_id}/{','.join(stretch.message_ids)}" for stretch in runs)
