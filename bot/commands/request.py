"""What goes into a command and what comes out. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import Channel, Slug
from bot.message import Message, MessageKind


@dataclass(frozen=True, slots=True)
class Request:
    """A command to run."""

    command: str
    """A command's name in the table."""
    text: str
    """All that was typed after the name."""
    channel: Channel
    user: str
    may_manage: bool = True
    """Whether the user may change what the channel gets, as its platform reports it."""
    thread: str | None = None
    """The message whose thread it was typed in, as its platform refers to it: commands about an incident mean the
    one that this message tells of."""
    user_name: str = ""
    """The user's, where the platform tells it and a mention by the id would ping."""
    again: bool = False
    """It ran before, changed something, and runs once more only to answer with what was read since."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command."""

    messages: tuple[Message, ...]
    public: bool = False
    """For the whole channel to see (changes); else for the invoker alone (look-ups, errors)."""
    aside: bool = False
    """Nothing that others need to see, even where answers are for all: small talk, a line that was not understood."""
    changed: str = ""
    """The command that changed something, as it could be typed; empty: nothing was changed."""
    unread: tuple[Slug, ...] = ()
    """Vendors that were asked for and never read. Whoever dispatches reads them at once and asks again; the messages
    then say that the reading is under way."""
    unknown_pages: tuple[str, ...] = ()
    """Addresses that no vendor is known by. Whoever dispatches finds out what is there, makes it the workspace's own,
    and asks again in the same way."""
    told: object = None
    """What the messages tell, as a value, where it stands nowhere else: programs are given it."""

    @property
    def shareable(self) -> bool:
        """A private answer that others may want to see, too."""
        return not self.public and any(message.kind is not MessageKind.ERROR for message in self.messages)
