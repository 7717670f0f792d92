"""Pages and when they are read: the catalog's rows, claims, and how each poll ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import Slug, Vendor
from bot.store.values import Claim, Counts, PageState, Settled


class Pages:
    def sync_catalog(self, vendors: Sequence[Vendor], now: datetime, spread_s: float) -> None:
        """Make the pages match the catalog. New pages fall due within ``spread_s``, by a hash of their slug; a vendor
        that left the catalog is disabled, never deleted. A detected kind is kept while the page's url is the same."""
        raise NotImplementedError

    def claim_due(self, now: datetime, limit: int, lease_s: float) -> tuple[Claim, ...]:
        """Lease the most overdue enabled pages: their due time moves to ``now + lease_s`` in the same transaction.
        Watched pages come before unwatched ones that are equally due."""
        raise NotImplementedError

    def claim(self, slug: Slug, now: datetime, lease_s: float) -> Claim | None:
        """Lease one page whether due or not; ``None`` if there is no such page. Disabled ones too: somebody asked."""
        raise NotImplementedError

    def settle(self, settled: Sequence[Settled]) -> None:
        """Write back how polls without news ended, in one transaction. ``None`` fields of ``Settled`` that only a good
        reading has (``read_at``, ``validators``, ``kind``, ``history_read_at``, ``stamp``) leave the row as it is."""
        raise NotImplementedError

    def states(self, slugs: Sequence[Slug]) -> tuple[PageState, ...]:
        """How these vendors stand, in the order given; unknown slugs are left out."""
        raise NotImplementedError

    def counts(self) -> Counts:
        raise NotImplementedError

    def unreadable(self) -> tuple[PageState, ...]:
        """Enabled pages that cannot be read now, the longest-standing first."""
        raise NotImplementedError
