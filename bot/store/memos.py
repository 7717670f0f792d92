"""What processes remember for each other for a while: requests that one of them has taken, and short texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select

from bot.store.database import Database, reads, writes
from bot.store.shared_tables import MEMO
from bot.store.tables import PROCESS

NOBODY = ""


class Memos:
    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    def claim(self, tx: Connection, key: str, now: datetime, until: datetime) -> bool:
        """Whether no process that lives has claimed it: it is this one's until then."""
        m, mine = MEMO.c, {"process": self._database.process or NOBODY, "value": "", "until": until}
        free = or_(m.until <= now, m.process.not_in(select(PROCESS.c.id)))
        insert = self._database.insert(MEMO).values(key=key, **mine)
        claimed = insert.on_conflict_do_update(index_elements=["key"], set_=mine, where=free).returning(m.key)
        return tx.execute(claimed).first() is not None

    @writes
    def keep(self, tx: Connection, key: str, value: str, until: datetime) -> None:
        kept = {"process": self._database.process or NOBODY, "value": value, "until": until}
        insert = self._database.insert(MEMO).values(key=key, **kept)
        tx.execute(insert.on_conflict_do_update(index_elements=["key"], set_=kept))

    @reads
    def recall(self, tx: Connection, key: str, now: datetime) -> str | None:
        value: str | None = tx.scalar(select(MEMO.c.value).where(MEMO.c.key == key, MEMO.c.until > now))
        return value

    @writes
    def forget(self, tx: Connection, now: datetime) -> int:
        """What is not to be remembered any more; returns how many."""
        return tx.execute(delete(MEMO).where(MEMO.c.until <= now)).rowcount
