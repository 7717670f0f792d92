"""Keeps every channel's board equal to its vendors' states: one message, edited when they change, and now and then to
keep its age true. Level-triggered like cards: what it shows is recorded, and what to do follows from that.

A board that cannot be shown does not suspend its channel: it waits, and ``board``, ``list`` and ``lookout doctor`` give
the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.delivery.port import (
    DeliveryError,
    LookupUnsupported,
    MessageGone,
    MessageRejected,
    Pinning,
    RetryLater,
    Undeliverable,
)
from bot.delivery.side_work import LeaseLost, Means, SideWork
from bot.domain import Board, ServiceTiles, Tile, digest
from bot.message import Message, MessageKind
from bot.routing import by_service
from bot.store import Store, StoreUnavailable
from bot.store.values import BoardOutcome
from bot.wording.board import board_fingerprint, board_left_message, board_message

MAX_BATCH = 50
LEASE_S = 120.0
"""Longer than the calls that one board needs; a board whose worker was killed waits this long."""
BLOCKED_RETRY = timedelta(hours=1)
"""Before the next try of a board that its channel does not take."""
UNCERTAIN_RETRY = timedelta(seconds=30)
"""Before a call of unknown outcome is looked at again."""
REPOST_INTERVAL = timedelta(days=1)
"""A deleted board is posted anew at most once in this time; one that is deleted again is not wanted."""
MIN_EDIT_INTERVAL_S = 30.0
REFRESH_INTERVAL_S = 600.0

log = structlog.get_logger(__name__)


class _Postponed(Exception):
    """Nothing more can be done now. ``board``: how far it came; ``delay``: until the next try."""

    def __init__(self, board: Board, delay: timedelta) -> None:
        super().__init__()
        self.board = board
        self.delay = delay


class _Remove(Exception):
    """The board is to be removed from the store."""


_ClaimedBoard = tuple[Board, Sequence[Tile], Sequence[ServiceTiles]]


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a board is edited."""

    edit_s: float = MIN_EDIT_INTERVAL_S
    """The shortest time between two edits of one board, in seconds."""
    refresh_s: float = REFRESH_INTERVAL_S
    """After this many seconds it is edited although nothing changed, so that its age stays true."""


class Boards(SideWork[_ClaimedBoard]):
    """Each board is leased."""

    def __init__(self, store: Store, means: Means, cadence: Cadence) -> None:
        super().__init__(means)
        self._boards = store.boards
        self._cadence = cadence

    async def run_due(self) -> None:
        """Bring all that are due up to date. Not to be called again before it has returned."""
        while True:
            claimed = await self._claimed()
            outcomes = await asyncio.gather(*(self._run_board(*one) for one in claimed))
            if settled := [outcome for outcome in outcomes if outcome]:
                await self._threads.persist(partial(self._boards.settle, settled), StoreUnavailable)
            if len(claimed) < MAX_BATCH:
                return

    def _claim(self) -> Sequence[_ClaimedBoard]:
        now = self._now()
        boards = self._boards.claim(tuple(self._adapters), now, MAX_BATCH, LEASE_S)
        if not boards:
            return []
        tiles = self._boards.tiles(boards, now)
        needs, components = self._boards.needs(boards, sorted({t.state.vendor.slug for of in tiles for t in of}))
        return [
            (board, theirs, by_service(theirs, needed, components))
            for board, theirs, needed in zip(boards, tiles, needs, strict=True)
        ]

    def _free_mine(self) -> None:
        self._boards.free_mine()

    async def _run_board(
        self, board: Board, tiles: Sequence[Tile], services: Sequence[ServiceTiles]
    ) -> BoardOutcome | None:
        """What to record; ``None``: the board was removed, or is left until its lease lapses."""
        try:
            board, due = await self._reconcile_board(board, tiles, services)
            edited = board.edited_at or self._now()
            return BoardOutcome(board, due, edited + timedelta(seconds=self._cadence.edit_s))
        except _Postponed as wait:
            return BoardOutcome(wait.board, self._now(), self._now() + wait.delay)
        except _Remove:
            await self._threads.persist(lambda: self._boards.forget(board), StoreUnavailable)
        except LeaseLost:
            log.debug("board.lease_lost", channel=board.channel.id)
        except Exception:
            log.exception("board.failed", channel=board.channel.id)
        return None

    # --- one board -------------------------------------------------------------------------------------------------

    async def _reconcile_board(
        self, board: Board, tiles: Sequence[Tile], services: Sequence[ServiceTiles]
    ) -> tuple[Board, datetime]:
        """The board as it is afterwards, and when it is due again."""
        if board.closing:
            await self._take_down(board)
        now, refresh = self._now(), timedelta(seconds=self._cadence.refresh_s)
        message = board_message(tiles, now, services)
        facts = board_fingerprint(message)
        if board.ref is None:
            board = await self._send(board, message, facts)
        if board.fingerprint != facts or board.edited_at is None or now - board.edited_at >= refresh:
            board = await self._edit(board, message, facts)
        board = await self._pin(board)
        board = await self._retire_former(board, moved=True)
        unmuted = [tile.mute.until for tile in tiles if tile.mute and tile.mute.until]
        return board, min([(board.edited_at or now) + refresh, *unmuted])

    async def _send(self, board: Board, message: Message, facts: str) -> Board:
        """Post it, unless an earlier try did. Without lookup an earlier message may stay behind, unedited."""
        adapter, key = self._adapters[board.channel.platform], _key(board)
        ref = await self._find(board) if board.maybe_sent else None
        if ref is not None:
            return await self._save(replace(board, ref=ref, maybe_sent=False))
        ref = await self._call(board, message, lambda shown: adapter.post(board.channel, shown, key))
        if ref is None:
            raise _Postponed(replace(board, maybe_sent=False, error="The platform refuses it."), BLOCKED_RETRY)
        # A platform that drops a repeated key shows what was sent first.
        shows = None if board.maybe_sent else facts
        return await self._save(
            replace(
                board, ref=ref, maybe_sent=False, fingerprint=shows, edited_at=self._now(), pin_pending=True, error=None
            )
        )

    async def _find(self, board: Board) -> str | None:
        adapter = self._adapters[board.channel.platform]
        try:
            async with asyncio.timeout(self._call_s):
                return await adapter.find(board.channel, _key(board))
        except LookupUnsupported:
            return None
        except RetryLater as later:
            raise _Postponed(replace(board, maybe_sent=True), timedelta(seconds=later.delay_s)) from later
        except Undeliverable as failure:
            raise _Postponed(replace(board, maybe_sent=True, error=failure.reason), BLOCKED_RETRY) from failure
        except (DeliveryError, TimeoutError) as error:
            raise _Postponed(replace(board, maybe_sent=True), UNCERTAIN_RETRY) from error

    async def _edit(self, board: Board, message: Message, facts: str) -> Board:
        """A board that was deleted is posted anew, the first time."""
        adapter, ref = self._adapters[board.channel.platform], board.ref or ""
        try:
            await self._call(board, message, lambda shown: adapter.edit(board.channel, ref, shown, _key(board)))
        except MessageGone:
            now = self._now()
            if board.deleted_at is not None and now - board.deleted_at < REPOST_INTERVAL:
                log.info("board.unwanted", channel=board.channel.id)
                raise _Remove from None
            log.info("board.reposted", channel=board.channel.id)
            anew = replace(board, ref=None, number=board.number + 1, maybe_sent=True, deleted_at=now)
            return await self._send(replace(await self._save(anew), maybe_sent=False), message, facts)
        return replace(board, fingerprint=facts, edited_at=self._now(), error=None)

    async def _pin(self, board: Board) -> Board:
        if not board.pin_pending or board.ref is None:
            return board
        await self._change_pins(board, board.ref, add=True)
        return await self._save(replace(board, pin_pending=False))

    async def _change_pins(self, board: Board, ref: str, *, add: bool) -> None:
        """Best effort: a board works without a pin, too."""
        adapter = self._adapters[board.channel.platform]
        if not isinstance(adapter, Pinning):
            return
        try:
            async with asyncio.timeout(self._call_s):
                await (adapter.pin if add else adapter.unpin)(board.channel, ref)
        except RetryLater as later:
            raise _Postponed(board, timedelta(seconds=later.delay_s)) from later
        except (DeliveryError, TimeoutError) as error:
            log.info("board.pin_failed", channel=board.channel.id, pin=add, error=repr(error))

    async def _retire_former(self, board: Board, *, moved: bool) -> Board:
        """Former boards that are still there: show that they are over, and unpin them."""
        adapter, message = self._adapters[board.channel.platform], board_left_message(moved=moved)
        # Not the board's own key: a lookup of the board must not find this.
        key = digest(_key(board), "left")
        for ref in board.retired_refs:
            try:
                async with asyncio.timeout(self._call_s):
                    await adapter.edit(board.channel, ref, message, key)
            except RetryLater as later:
                raise _Postponed(board, timedelta(seconds=later.delay_s)) from later
            except (MessageGone, MessageRejected, Undeliverable) as failure:
                log.info("board.retire_failed", channel=board.channel.id, error=repr(failure))
            except Exception as error:
                log.info("board.retire_uncertain", channel=board.channel.id, error=repr(error))
                raise _Postponed(board, UNCERTAIN_RETRY) from error
            else:
                await self._change_pins(board, ref, add=False)
            board = await self._save(
                replace(board, retired_refs=tuple(other for other in board.retired_refs if other != ref))
            )
        return board

    async def _take_down(self, board: Board) -> None:
        if board.maybe_sent and (ref := await self._find(board)):
            board = replace(board, maybe_sent=False, retired_refs=(*board.retired_refs, ref))
        await self._retire_former(board, moved=False)
        raise _Remove

    # --- calls -----------------------------------------------------------------------------------------------------

    async def _call(
        self, board: Board, message: Message, call: Callable[[Message], Awaitable[str | None]]
    ) -> str | None:
        """What is rejected is sent once more as its summary alone; ``None`` if that is rejected too. May raise
        :class:`MessageGone`."""
        summary = Message(message.summary, url=message.url, subject=message.subject, kind=MessageKind.BOARD)
        for shown in (message, summary):
            self._require_lease()
            try:
                async with asyncio.timeout(self._call_s):
                    return await call(shown)
            except MessageGone:
                raise
            except MessageRejected as refusal:
                log.error("board.rejected", channel=board.channel.id, error=str(refusal))
            except RetryLater as later:
                raise _Postponed(board, timedelta(seconds=later.delay_s)) from later
            except Undeliverable as failure:
                log.warning("board.undeliverable", channel=board.channel.id, error=failure.reason)
                raise _Postponed(replace(board, error=failure.reason), BLOCKED_RETRY) from failure
            except Exception as error:
                log.warning("board.uncertain", channel=board.channel.id, error=repr(error))
                raise _Postponed(replace(board, maybe_sent=board.ref is None), UNCERTAIN_RETRY) from error
        return None

    async def _save(self, board: Board) -> Board:
        if not await self._threads.persist(lambda: self._boards.save(board), StoreUnavailable):
            raise LeaseLost
        return board


def _key(board: Board) -> str:
    """The key of all calls about this message. A later board of the same channel has another."""
    channel = board.channel
    return digest(
        "board", channel.platform, channel.workspace, channel.id, board.created_at.isoformat(), str(board.number)
    )
