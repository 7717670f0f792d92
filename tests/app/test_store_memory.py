"""What processes on one database remember for each other, and what one of them does while the database is away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from bot.app.store_memory import TIDY_EVERY, StoreMemory
from bot.store import Store, StoreUnavailable
from bot.threads import Threads
from tests.databases import Postgres
from tests.store.test_processes import identity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_what_one_process_keeps_another_recalls_and_what_one_took_is_new_to_no_other(postgres: Postgres) -> None:
    async def story(one: Store, two: Store, threads: Threads) -> None:
        now = [NOON]
        a, b = (StoreMemory(store, threads, lambda: now[0]) for store in (one, two))
        a.keep("command 1", "incident github/abc", 60)
        a.keep("command 1", "incident github/abc", 60)
        while await b.recall("command 1") is None:
            pass
        assert await b.recall("command 1") == "incident github/abc"
        assert await b.recall("command 2") is None
        assert [await a.is_new("event 1", 60), await a.is_new("event 1", 60), await b.is_new("event 1", 60)] == [
            True,
            False,
            False,
        ]
        now[0] += TIDY_EVERY + timedelta(seconds=1)
        assert await b.is_new("event 2", 60)
        assert two.memos.forget(now[0]) == 0, "what is over was deleted"

    with postgres.database() as url:
        one, two, threads = Store(url, identity("one")), Store(url, identity("two")), Threads(2)
        asyncio.run(story(one, two, threads))
        threads.close()
        one.close()
        two.close()


class Away:
    """A database that is away."""

    def claim(self, *_: object) -> bool:
        raise StoreUnavailable("It is away.")

    keep = recall = forget = claim


def test_while_the_database_is_away_a_process_remembers_for_itself(postgres: Postgres) -> None:
    async def story(store: Store, threads: Threads) -> None:
        memory = StoreMemory(store, threads, lambda: NOON)
        memory._memos = Away()  # type: ignore[assignment]
        assert [await memory.is_new("event 1", 60), await memory.is_new("event 1", 60)] == [True, False]
        memory.keep("command 1", "list", 60)
        await asyncio.gather(*memory._saving)
        assert (await memory.recall("command 1"), await memory.recall("command 2")) == ("list", None)

    with postgres.database() as url, capture_logs():
        store, threads = Store(url, identity("one")), Threads(1)
        asyncio.run(story(store, threads))
        threads.close()
        store.close()
