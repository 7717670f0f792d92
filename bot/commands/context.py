"""What handlers read: the store, the catalog and the time. Frozen; made anew for each command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.catalog import Catalog
from bot.domain import OWN, Channel, PageState, Slug, Vendor
from bot.store import Store
from bot.wording.vendor_state import is_current

MAX_READS = 25
"""More vendors than this are not read while somebody waits; their turn comes soon enough."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """``catalog``: with the pages of the asking workspace's own. ``now``: aware, UTC. ``refused``: addresses that were
    looked at and are no page to subscribe to, each with the sentence that says why."""

    store: Store
    catalog: Catalog
    now: datetime
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> tuple[Slug, ...]:
        """The pages that the asking workspace added for itself."""
        return tuple(vendor.slug for vendor in self.catalog if vendor.category == OWN)

    def states(self, vendors: Sequence[Vendor]) -> tuple[PageState, ...]:
        """How these vendors stand, in the order given; one that the store does not hold was never read."""
        held = {state.vendor.slug: state for state in self.store.pages.states([v.slug for v in vendors])}
        return tuple(held.get(v.slug) or PageState(v, None, None, None, None) for v in vendors)

    def subscribed(self, channel: Channel) -> tuple[PageState, ...]:
        """The vendors that the channel subscribes to, those too that left the catalog."""
        return self.by_slug(self.store.channels.vendors(channel))

    def by_slug(self, slugs: Sequence[Slug]) -> tuple[PageState, ...]:
        """Like ``states``, by what the store holds of these vendors."""
        return self.store.pages.states(slugs)

    def unread(self, states: Iterable[PageState]) -> tuple[Slug, ...]:
        """Those to be read before an answer is worth much: nobody has tried yet, or nobody reads them regularly."""
        return tuple(
            s.vendor.slug
            for s in states
            if s.unreadable is None and (s.read_at is None or not (s.vendor.enabled or is_current(s, self.now)))
        )[:MAX_READS]
