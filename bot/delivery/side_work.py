"""What the work beside the channel runs has in common: boards, digests, floods, notices and publications lease what is
due, some at a time, and give back what they may hold without working on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.delivery.leased_channel import Clock, Life
from bot.delivery.port import Adapter
from bot.store import StoreUnavailable
from bot.threads import Threads

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Means:
    """What all of it is done with."""

    adapters: Mapping[str, Adapter]
    """By platform."""
    threads: Threads
    now: Clock
    call_s: float
    """The deadline of one call, in seconds."""
    life: Life


class LeaseLost(Exception):
    """Another worker may have it by now, or somebody ended it meanwhile."""


class SideWork(ABC, Generic[T]):
    """Several may work on one store."""

    def __init__(self, means: Means) -> None:
        self._adapters = means.adapters
        self._threads = means.threads
        self._now = means.now
        self._call_s = means.call_s
        self._life = means.life
        self._is_alive = means.life()
        self._may_hold_some = False
        """The database was away in the middle of something, or this process may have been taken for dead and was not:
        some may be leased to it that it does not work on."""

    @abstractmethod
    def _claim(self) -> Sequence[T]:
        """Lease what is due, some of it. Not on the event loop's thread, as the next."""

    @abstractmethod
    def _free_mine(self) -> None:
        """Give back all that this process has leased."""

    async def _claimed(self) -> Sequence[T]:
        """What is due; nothing while the database is away."""
        self._is_alive = self._life()
        try:
            return await self._threads(self._free_and_claim)
        except StoreUnavailable:
            self._may_hold_some = True
            return ()

    def _free_and_claim(self) -> Sequence[T]:
        if self._may_hold_some:
            self._free_mine()
            self._may_hold_some = False
        return self._claim()

    def _require_lease(self) -> None:
        """Before each call. Raises :class:`LeaseLost`."""
        if not self._is_alive():
            self._may_hold_some = True
            raise LeaseLost
