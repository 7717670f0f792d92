"""Stand-ins with a list in them: a clock to turn and a chat platform that keeps what it was given."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.delivery.port import LookupUnsupported, MessageGone
from bot.domain import Channel
from bot.message import Message


class Clock:
    """Stands still until it is turned."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **span: float) -> None:
        """Forward by ``timedelta(**span)``."""
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Call:
    """``under``: the root of a reply. ``ref``: of the message sent or edited, ``None`` when the call failed."""

    verb: str
    channel: Channel
    key: str
    message: Message
    ref: str | None
    under: str | None = None
    broadcast: bool = False


@dataclass(frozen=True)
class Trouble:
    """What a call meets: ``before`` it is carried out, or ``after``, when the channel has it and we do not know."""

    error: BaseException
    after: bool = False


class Cut(BaseException):
    """The process dies here: nothing catches it."""


@dataclass
class ListAdapter:
    """A chat platform in memory.

    ``finds``: it can look a message up by its key. ``drops``: it answers a repeated key with the message it has.
    Calls on a ``held`` channel wait until its event is set; ``waiting``
    counts them. ``calls`` are all that came, carried out or not.
    """

    platform: str = "list"
    finds: bool = True
    drops: bool = False
    calls: list[Call] = field(default_factory=list)
    told: list[tuple[Channel, str, Message]] = field(default_factory=list)
    pinned: list[tuple[Channel, str]] = field(default_factory=list)
    messages: dict[Channel, dict[str, Message]] = field(default_factory=lambda: defaultdict(dict))
    held: dict[Channel, asyncio.Event] = field(default_factory=dict)
    waiting: int = 0
    _keys: dict[tuple[Channel, str], str] = field(default_factory=dict)
    _troubles: dict[Channel, deque[Trouble | None]] = field(default_factory=lambda: defaultdict(deque))

    def trouble(self, channel: Channel, *errors: BaseException | None, after: bool = False) -> None:
        """Line up what the next calls on this channel meet, ``None`` for a good one."""
        self._troubles[channel].extend(Trouble(error, after) if error else None for error in errors)

    def sent(self, channel: Channel) -> list[Call]:
        """Posts, replies and edits that the channel has, in order."""
        return [call for call in self.calls if call.channel == channel and call.ref is not None]

    def delete(self, channel: Channel, ref: str) -> None:
        """Somebody removes a message."""
        del self.messages[channel][ref]

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return await self._send(Call("post", channel, key, message, None))

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return await self._send(Call("reply", channel, key, message, None, root, broadcast))

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        trouble = await self._meet(channel)
        if ref not in self.messages[channel]:
            raise MessageGone(ref)
        self._carry_out(trouble, Call("edit", channel, key, message, None), ref)

    async def find(self, channel: Channel, key: str) -> str | None:
        if self.drops:
            return None
        if not self.finds:
            raise LookupUnsupported
        return self._keys.get((channel, key))

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        self.told.append((channel, user, message))

    async def pin(self, channel: Channel, ref: str) -> None:
        await self._meet_all(channel)
        if ref not in self.messages[channel]:
            raise MessageGone(ref)
        if (channel, ref) not in self.pinned:
            self.pinned.append((channel, ref))

    async def unpin(self, channel: Channel, ref: str) -> None:
        await self._meet_all(channel)
        if (channel, ref) in self.pinned:
            self.pinned.remove((channel, ref))

    async def _send(self, call: Call) -> str:
        trouble = await self._meet(call.channel)
        known = self._keys.get((call.channel, call.key))
        if self.drops and known:
            return known
        if call.under is not None and call.under not in self.messages[call.channel]:
            raise MessageGone(call.under)
        ref = f"m{len(self._keys) + 1}"
        self._carry_out(trouble, call, ref)
        return ref

    async def _meet_all(self, channel: Channel) -> None:
        trouble = await self._meet(channel)
        if trouble is not None:
            raise trouble.error

    async def _meet(self, channel: Channel) -> Trouble | None:
        if channel in self.held:
            self.waiting += 1
            await self.held[channel].wait()
        lined_up = self._troubles[channel]
        return lined_up.popleft() if lined_up else None

    def _carry_out(self, trouble: Trouble | None, call: Call, ref: str) -> None:
        shown = trouble is None or trouble.after
        self.calls.append(replace(call, ref=ref if shown else None))
        if shown:
            self.messages[call.channel][ref] = call.message
            if call.verb != "edit":
                self._keys[call.channel, call.key] = ref
        if trouble is not None:
            raise trouble.error
