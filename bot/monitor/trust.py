"""How far a server's word is taken that nothing has changed: caches lie, and some validators never change. Pure.

A *304 Not Modified* is believed for an hour after a body was last read; then the body is asked for without validators.
One that comes with the validator of another body has shown that its validators mean nothing, for a day.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.store.values import Validator

BELIEVED_FOR = timedelta(hours=1)
"""The longest that a frozen validator can hide news."""
DISTRUSTED_FOR = timedelta(days=1)


def conditional_headers(validator: Validator | None, url: str, now: datetime, started: datetime) -> dict[str, str]:
    """The headers that make a request conditional; none where the body itself is wanted.

    ``started``: when this process began. What was believed before is asked anew once within the first hour, each
    address at its own moment, so that a start asks for no flood of bodies.
    """
    if validator is None or _is_distrusted(validator, now):
        return {}
    # What was read in the future was read under a clock that stood ahead.
    if validator.read_at is not None and started <= validator.read_at <= now:
        due = validator.read_at + BELIEVED_FOR
    else:
        due = started + _share(url) * BELIEVED_FOR
    if now >= due:
        return {}
    headers = {"If-None-Match": validator.etag, "If-Modified-Since": validator.last_modified}
    return {name: value for name, value in headers.items() if value}


def renewed(known: Validator | None, fresh: Validator, now: datetime) -> Validator:
    """The validator of a body that was read ``now``, with what it says about the one before it."""
    until = known.distrusted_until if known and _is_distrusted(known, now) else None
    if known is not None and _has_lied(known, fresh):
        until = now + DISTRUSTED_FOR
    return Validator(fresh.etag, fresh.last_modified, fresh.body_digest, now, until)


def _is_distrusted(validator: Validator, now: datetime) -> bool:
    return validator.distrusted_until is not None and now < validator.distrusted_until <= now + DISTRUSTED_FOR


def _has_lied(known: Validator, fresh: Validator) -> bool:
    """Another body under the same validator; of the two kinds, servers hold to the ETag."""
    if known.body_digest in (None, fresh.body_digest):
        return False
    if known.etag or fresh.etag:
        return known.etag == fresh.etag
    return known.last_modified is not None and known.last_modified == fresh.last_modified


def _share(url: str) -> float:
    """The address's place in an hour, from 0 to 1."""
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:4], "big") / 2**32
