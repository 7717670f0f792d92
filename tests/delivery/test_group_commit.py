from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.delivery.group_commit import GroupCommit, LeaseLost
from bot.domain import Channel, ChannelSettings, ChannelState
from bot.store.values import ChannelLease, DeliveryWrite, Release
from bot.threads import Threads


class Book:
    """What was committed, one list a transaction. Leases of ``lost`` channels do not stand."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.lost: set[Channel] = set()
        self.broken: Exception | None = None

    def commit(self, entries: Sequence[DeliveryWrite]) -> frozenset[Channel]:
        if self.broken:
            raise self.broken
        self.commits.append([entry.channel_lease.channel.id for entry in entries])
        return frozenset(self.lost)


def entry(name: str) -> Release:
    return Release(ChannelLease(1, Channel("list", "w1", name), ChannelSettings(), ChannelState(), 1))


def test_writers_who_all_wait_share_a_commit_without_lingering() -> None:
    async def story(book: Book, threads: Threads) -> None:
        ledger = GroupCommit(book.commit, threads, linger_s=60)

        async def write(name: str) -> None:
            with ledger.writer():
                await ledger.write(entry(name), entry(name))

        async with asyncio.timeout(30):
            await asyncio.gather(*(write(str(n)) for n in range(10)))

    book = told(story)
    assert book.commits == [[str(n) for n in range(10) for _ in range(2)]]


def test_a_writer_does_not_wait_for_one_who_is_busy() -> None:
    async def story(book: Book, threads: Threads) -> None:
        ledger = GroupCommit(book.commit, threads, linger_s=0.001)
        with ledger.writer(), ledger.writer():
            async with asyncio.timeout(30):
                await ledger.write(entry("a"))

    assert told(story).commits == [["a"]]


def test_a_writer_who_leaves_is_not_waited_for() -> None:
    async def story(book: Book, threads: Threads) -> None:
        ledger = GroupCommit(book.commit, threads, linger_s=60)
        async with asyncio.timeout(30):
            with ledger.writer():
                with ledger.writer():
                    writing = asyncio.create_task(ledger.write(entry("a")))
                    await asyncio.sleep(0)
                    assert book.commits == []
                await writing

    assert told(story).commits == [["a"]]


def test_a_lost_lease_is_raised_to_its_own_writer_only() -> None:
    async def story(book: Book, threads: Threads) -> None:
        ledger = GroupCommit(book.commit, threads, linger_s=0.01)
        book.lost = {entry("a").channel_lease.channel}
        a, b = await asyncio.gather(ledger.write(entry("a")), ledger.write(entry("b")), return_exceptions=True)
        assert isinstance(a, LeaseLost)
        assert b is None

    told(story)


def test_a_failed_commit_is_raised_to_its_writers_and_the_next_one_goes_through() -> None:
    async def story(book: Book, threads: Threads) -> None:
        ledger = GroupCommit(book.commit, threads, linger_s=0.01)
        book.broken = OSError("disk full")
        with pytest.raises(OSError, match="disk full"):
            await ledger.write(entry("a"))
        book.broken = None
        await ledger.write(entry("b"))

    assert told(story).commits == [["b"]]


def test_what_was_put_in_is_committed_before_closing_and_after_its_writer_left() -> None:
    async def story(book: Book, threads: Threads) -> None:
        ledger = GroupCommit(book.commit, threads, linger_s=60)
        with ledger.writer(), ledger.writer():
            writing = asyncio.create_task(ledger.write(entry("a")))
            await asyncio.sleep(0)
            writing.cancel()
            ledger.put(entry("b"))
            async with asyncio.timeout(30):
                await ledger.close()

    assert [name for commit in told(story).commits for name in commit] == ["a", "b"]


def told(story: object) -> Book:
    book, threads = Book(), Threads(1)
    try:
        assert callable(story)
        asyncio.run(story(book, threads))
    finally:
        threads.close()
    return book
