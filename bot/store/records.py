"""What is known and kept for good: incidents, updates with their edits, level spans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import Slug, Snapshot
from bot.store.values import Record, Recording, Route, Span


class Records:
    def before(self, slug: Slug, ids: Sequence[str], since: datetime | None) -> Snapshot | None:
        """What is on record to hold a new reading against: level, words, components, and the incidents that are open,
        or have one of these ids, or started at or after ``since``; vanished ones are among them, merged episodes are
        not. ``None``: never read."""
        raise NotImplementedError

    def record(self, recording: Recording, route: Route) -> int:
        """One transaction: page, components, level spans, incidents, updates and edits, and every card now due.

        Returns how many cards fell due. ``route`` is asked once for each announced or changed open incident about the
        vendor's subscriptions that have no card for it yet.
        """
        raise NotImplementedError

    def incidents(self, slugs: Sequence[Slug], since: datetime) -> tuple[Record, ...]:
        """Incidents of these vendors that are open, or started or ended at or after ``since``; newest first; merged
        episodes left out."""
        raise NotImplementedError

    def incident(self, slug: Slug, incident_id: str) -> Record | None:
        raise NotImplementedError

    def find_incident(self, text: str) -> tuple[Record, ...]:
        """By ``vendor/id``, by id alone, by a link to it, or by the start of an id; the best match first, at most 5."""
        raise NotImplementedError

    def spans(self, slug: Slug, since: datetime, *, components: bool = False) -> tuple[Span, ...]:
        """Level spans that reach into the time since, oldest first: the page's, or its components' instead."""
        raise NotImplementedError
