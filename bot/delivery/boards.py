"""Keeps every channel's board equal to how its vendors stand: one message, edited when that changes, and now and then
for its age. Level-triggered like cards: what it shows is on record, and what to do follows from that.

What cannot be shown is no reason to call a channel lost: the board waits, and says why in ``board``, ``list`` and
``lookout doctor``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.delivery.port import (
    Adapter,
    DeliveryError,
    LookupUnsupported,
    MessageGone,
    MessageRejected,
    Pinning,
    RetryLater,
    Undeliverable,
)
from bot.domain import Board, Tile, digest
from bot.message import Message, MessageKind
from bot.store import Store
from bot.store.values import BoardOutcome
from bot.threads import Threads
from bot.wording.board import board_fingerprint, board_left_message, board_message

AT_ONCE = 50
LEASE_S = 120.0
"""Longer than the calls that one board needs, and how long one waits whose worker was killed."""
BLOCKED = timedelta(hours=1)
"""Before a board is tried again that its channel does not take."""
UNCERTAIN = timedelta(seconds=30)
"""Before a call of unknown outcome is looked at again."""
DELETED_TWICE = timedelta(days=1)
"""A board that is deleted again within this is not wanted."""
EDIT_S = 30.0
REFRESH_S = 600.0

log = structlog.get_logger(__name__)


class _Wait(Exception):
    """Nothing more can be done now; ``board``: how far it came."""

    def __init__(self, board: Board, span: timedelta) -> None:
        super().__init__()
        self.board = board
        self.span = span


class _Forget(Exception):
    """The board is over."""


class _LeaseLost(Exception):
    """Somebody else has the board, or somebody moved it or took it down meanwhile."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """``edit_s``: the least time between two edits of one board. ``refresh_s``: after which it is edited although it
    says the same, so that its age stays true."""

    edit_s: float = EDIT_S
    refresh_s: float = REFRESH_S


class Boards:
    """``call_s``: the deadline of one call. Several may work on one store: each board is leased."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        threads: Threads,
        now: Callable[[], datetime],
        call_s: float,
        cadence: Cadence,
    ) -> None:
        self._boards = store.boards
        self._adapters = adapters
        self._threads = threads
        self._now = now
        self._call_s = call_s
        self._cadence = cadence

    async def run_due(self) -> None:
        """Bring all that are due up to date."""
        while True:
            claimed = await self._threads(self._claim)
            served = await asyncio.gather(*(self._serve(board, tiles) for board, tiles in claimed))
            if settled := [one for one in served if one]:
                await self._threads(lambda: self._boards.settle(settled))
            if len(claimed) < AT_ONCE:
                return

    def _claim(self) -> list[tuple[Board, Sequence[Tile]]]:
        now = self._now()
        boards = self._boards.claim(tuple(self._adapters), now, AT_ONCE, LEASE_S)
        return list(zip(boards, self._boards.tiles(boards, now), strict=True)) if boards else []

    async def _serve(self, board: Board, tiles: Sequence[Tile]) -> BoardOutcome | None:
        """``None``: it is over, or left until its lease lapses."""
        try:
            board, due = await self._bring(board, tiles)
            edited = board.edited_at or self._now()
            return BoardOutcome(board, due, edited + timedelta(seconds=self._cadence.edit_s))
        except _Wait as wait:
            return BoardOutcome(wait.board, self._now(), self._now() + wait.span)
        except _Forget:
            await self._threads(lambda: self._boards.forget(board))
        except _LeaseLost:
            log.debug("board was changed meanwhile", channel=board.channel.id)
        except Exception:
            log.exception("board cannot be brought up to date", channel=board.channel.id)
        return None

    # --- one board -------------------------------------------------------------------------------------------------

    async def _bring(self, board: Board, tiles: Sequence[Tile]) -> tuple[Board, datetime]:
        """The board as it is then, and when it is due again."""
        if board.closing:
            await self._close(board)
        now, refresh = self._now(), timedelta(seconds=self._cadence.refresh_s)
        message = board_message(tiles, now)
        facts = board_fingerprint(message)
        if board.ref is None:
            board = await self._send(board, message, facts)
        if board.fingerprint != facts or board.edited_at is None or now - board.edited_at >= refresh:
            board = await self._edit(board, message, facts)
        board = await self._pin(board)
        board = await self._leave(board, moved=True)
        unmuted = [tile.mute.until for tile in tiles if tile.mute and tile.mute.until]
        return board, min([(board.edited_at or now) + refresh, *unmuted])

    async def _send(self, board: Board, message: Message, facts: str) -> Board:
        """Post it, unless an earlier try did. Where nobody can tell, a board that nobody can edit may stay behind."""
        adapter, key = self._adapters[board.channel.platform], _key(board)
        ref = await self._found(board) if board.maybe_sent else None
        if ref is not None:
            return await self._keep(replace(board, ref=ref, maybe_sent=False))
        ref = await self._call(board, message, lambda shown: adapter.post(board.channel, shown, key))
        if ref is None:
            raise _Wait(replace(board, maybe_sent=False, error="The platform refuses it."), BLOCKED)
        # A platform that drops a repeated key shows what was sent first.
        shows = None if board.maybe_sent else facts
        return await self._keep(
            replace(
                board, ref=ref, maybe_sent=False, fingerprint=shows, edited_at=self._now(), pin_pending=True, error=None
            )
        )

    async def _found(self, board: Board) -> str | None:
        adapter = self._adapters[board.channel.platform]
        try:
            async with asyncio.timeout(self._call_s):
                return await adapter.find(board.channel, _key(board))
        except LookupUnsupported:
            return None
        except RetryLater as later:
            raise _Wait(replace(board, maybe_sent=True), timedelta(seconds=later.delay_s)) from later
        except Undeliverable as failure:
            raise _Wait(replace(board, maybe_sent=True, error=failure.reason), BLOCKED) from failure
        except (DeliveryError, TimeoutError) as error:
            raise _Wait(replace(board, maybe_sent=True), UNCERTAIN) from error

    async def _edit(self, board: Board, message: Message, facts: str) -> Board:
        """One that is gone is posted anew, the first time."""
        adapter, ref = self._adapters[board.channel.platform], board.ref or ""
        try:
            await self._call(board, message, lambda shown: adapter.edit(board.channel, ref, shown, _key(board)))
        except MessageGone:
            now = self._now()
            if board.deleted_at is not None and now - board.deleted_at < DELETED_TWICE:
                log.info("board was deleted again, so it is not wanted", channel=board.channel.id)
                raise _Forget from None
            log.info("board was deleted, and is posted anew", channel=board.channel.id)
            anew = replace(board, ref=None, number=board.number + 1, maybe_sent=True, deleted_at=now)
            return await self._send(replace(await self._keep(anew), maybe_sent=False), message, facts)
        return replace(board, fingerprint=facts, edited_at=self._now(), error=None)

    async def _pin(self, board: Board) -> Board:
        if not board.pin_pending or board.ref is None:
            return board
        await self._change_pins(board, board.ref, add=True)
        return await self._keep(replace(board, pin_pending=False))

    async def _change_pins(self, board: Board, ref: str, *, add: bool) -> None:
        """A board is one without, too."""
        adapter = self._adapters[board.channel.platform]
        if not isinstance(adapter, Pinning):
            return
        try:
            async with asyncio.timeout(self._call_s):
                await (adapter.pin if add else adapter.unpin)(board.channel, ref)
        except RetryLater as later:
            raise _Wait(board, timedelta(seconds=later.delay_s)) from later
        except (DeliveryError, TimeoutError) as error:
            told = "board is not pinned" if add else "former board stays pinned"
            log.info(told, channel=board.channel.id, why=repr(error))

    async def _leave(self, board: Board, *, moved: bool) -> Board:
        """What was the board says so, and is pinned no more, as far as it is still there."""
        adapter, message = self._adapters[board.channel.platform], board_left_message(moved=moved)
        # Not the board's own key: who looks for the board must not find this.
        key = digest(_key(board), "left")
        for ref in board.retired_refs:
            try:
                async with asyncio.timeout(self._call_s):
                    await adapter.edit(board.channel, ref, message, key)
            except RetryLater as later:
                raise _Wait(board, timedelta(seconds=later.delay_s)) from later
            except (MessageGone, MessageRejected, Undeliverable) as failure:
                log.info("former board is left as it is", channel=board.channel.id, why=repr(failure))
            except Exception as error:
                log.info("cannot tell whether a former board says so", channel=board.channel.id, why=repr(error))
                raise _Wait(board, UNCERTAIN) from error
            else:
                await self._change_pins(board, ref, add=False)
            board = await self._keep(
                replace(board, retired_refs=tuple(one for one in board.retired_refs if one != ref))
            )
        return board

    async def _close(self, board: Board) -> None:
        if board.maybe_sent and (ref := await self._found(board)):
            board = replace(board, maybe_sent=False, retired_refs=(*board.retired_refs, ref))
        await self._leave(board, moved=False)
        raise _Forget

    # --- calls -----------------------------------------------------------------------------------------------------

    async def _call(
        self, board: Board, message: Message, call: Callable[[Message], Awaitable[str | None]]
    ) -> str | None:
        """What is refused is sent once more as its bare summary; ``None`` if that is refused too. May raise
        :class:`MessageGone`."""
        bare = Message(message.summary, url=message.url, subject=message.subject, kind=MessageKind.BOARD)
        for shown in (message, bare):
            try:
                async with asyncio.timeout(self._call_s):
                    return await call(shown)
            except MessageGone:
                raise
            except MessageRejected as refusal:
                log.error("board refused", channel=board.channel.id, why=str(refusal))
            except RetryLater as later:
                raise _Wait(board, timedelta(seconds=later.delay_s)) from later
            except Undeliverable as failure:
                log.warning("board cannot be shown", channel=board.channel.id, why=failure.reason)
                raise _Wait(replace(board, error=failure.reason), BLOCKED) from failure
            except Exception as error:
                log.warning("cannot tell whether a board was shown", channel=board.channel.id, why=repr(error))
                raise _Wait(replace(board, maybe_sent=board.ref is None), UNCERTAIN) from error
        return None

    async def _keep(self, board: Board) -> Board:
        if not await self._threads(lambda: self._boards.save(board)):
            raise _LeaseLost
        return board


def _key(board: Board) -> str:
    """The message's own, for all that is done to it. Another board of the same channel has others."""
    at = board.channel
    return digest("board", at.platform, at.workspace, at.id, board.created_at.isoformat(), str(board.number))
