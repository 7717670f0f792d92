"""What a typed line was taken for: a command, or nothing that there is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Chat(Enum):
    """A line that asks for nothing that there is."""

    GREETING = auto()
    REFUSAL = auto()
    """No, to a question of ours."""
    UNCLEAR = auto()
    """Not understood."""
    TURNED = auto()
    """It turns a request round (*except*, *but*, *not*) in a way that is not understood."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The command that a line was taken for."""

    command: str
    text: str = ""
    reworded: bool = False
    """It was said in other words."""
