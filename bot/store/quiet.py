"""Which channels take a notice about no incident now, and when those that are quiet do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, select, update

from bot.domain import Health
from bot.store.rows import SETTINGS_COLUMNS, settings_of
from bot.store.tables import CHANNEL, SUBSCRIPTION

_AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)


def takes_notices(platforms: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Of a channel: it can be reached, and its digest is not all that it gets."""
    c = CHANNEL.c
    return c.platform.in_(platforms), c.health == Health.ACTIVE, ~c.digest_only


def quiet_until(tx: Connection, channels: Iterable[int], now: datetime) -> dict[int, datetime]:
    """Of these channels, by their keys, those that are quiet now, and until when. What a notice tells is no incident
    and has no level, so nothing of it is excepted."""
    c = CHANNEL.c
    rows = tx.execute(select(c.pk, *SETTINGS_COLUMNS).where(c.pk.in_(set(channels)), c.quiet.is_not(None))).all()
    settings = {row.pk: settings_of(row) for row in rows}
    ends = {pk: one.quiet.end_after(now, one.zone) for pk, one in settings.items() if one.quiet}
    return {pk: end for pk, end in ends.items() if end is not None}


def look_again(tx: Connection, channel: int) -> None:
    """The channel's quiet hours may have changed: its notices that wait, none of which was tried yet, are due at once.
    A missing part is told when it was to be: its page may list it again until then."""
    s = SUBSCRIPTION.c
    waits = update(SUBSCRIPTION).where(s.channel == channel, s.notice_due.is_not(None), s.notice_attempts == 0)
    tx.execute(waits.values(notice_due=_AT_ONCE))
