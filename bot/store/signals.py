"""What a process tells the others at once: that something fell due. On PostgreSQL alone, by NOTIFY in the transaction
of the change, so it is heard once that is committed, and only then. Who does not hear it finds what is due by looking.
https://www.postgresql.org/docs/current/sql-notify.html
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, func, select

TOPIC = "lookout"
"""PostgreSQL calls it a channel; it is the database's own."""
_UNSENT = "lookout_signals"


class Signal(StrEnum):
    CARDS = "cards"
    """Something may be to be posted."""
    PAGES = "pages"
    """Somebody wants a page to be read now."""


def signal(tx: Connection, what: Signal) -> None:
    """To be sent when the transaction ends, once however often it is asked for."""
    if tx.dialect.name == "postgresql":
        tx.info.setdefault(_UNSENT, set()).add(what)


def begin(tx: Connection) -> None:
    """What an earlier transaction of this connection left unsent, as it was rolled back, is nobody's."""
    tx.info.pop(_UNSENT, None)


def send(tx: Connection) -> None:
    """At the end of a transaction. Such transactions are committed one after another, whatever they change: it is no
    word for what happens with every post."""
    for what in sorted(tx.info.pop(_UNSENT, ())):
        tx.execute(select(func.pg_notify(TOPIC, what)))
