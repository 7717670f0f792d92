"""What goes into a command and what comes out. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import Channel, Slug
from bot.message import Message, MessageKind


@dataclass(frozen=True, slots=True)
class Request:
    """``command`` is a name of the table, ``text`` all that was typed after it. ``may_manage``: may change what the
    channel gets, as its platform says."""

    command: str
    text: str
    channel: Channel
    user: str
    may_manage: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """``public``: for the whole channel to see (changes); else for the asker alone (look-ups, errors).

    ``unread``: vendors that were asked for and never read. Whoever dispatches reads them at once and asks again; the
    messages here then say that the reading is under way. ``unknown_pages``: addresses that no vendor is known
    by; whoever dispatches finds out what is there, makes it the workspace's own, and asks again in the same way.
    """

    messages: tuple[Message, ...]
    public: bool = False
    unread: tuple[Slug, ...] = ()
    unknown_pages: tuple[str, ...] = ()

    @property
    def shareable(self) -> bool:
        """A private answer that others may want to see, too."""
        return not self.public and any(message.kind is not MessageKind.ERROR for message in self.messages)
