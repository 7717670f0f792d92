"""What handlers read: the store, the catalog and the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from zoneinfo import ZoneInfo

from bot.catalog import Catalog
from bot.domain import OWN, Channel, PageState, Slug, Vendor
from bot.store import Store
from bot.wording.vendor_state import is_current

MAX_READS = 25
"""More vendors than this are not read while somebody waits; their turn comes soon enough."""


@dataclass(frozen=True, slots=True)
class Site:
    """The pages that are served, for links to them."""

    url: str
    """Where they are reached, without a slash at the end."""
    is_public: bool
    """The operator says so; else from the bot's own machine."""
    link_days: int
    """How long a link to a dashboard is good for."""
    secret: Callable[[int], bytes] = token_bytes
    """So many random bytes."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What handlers read. Made anew for each command."""

    store: Store
    catalog: Catalog
    """With the pages that the asking workspace added itself."""
    now: datetime
    """Aware, UTC."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Addresses that were looked at and are no page to subscribe to, each with the sentence that says why."""
    site: Site | None = None
    """``None``: no pages are served."""

    drill: Slug | None = None
    """The made-up vendor of the asking channel's tests."""

    def zone(self, channel: Channel) -> ZoneInfo:
        """The channel's time zone."""
        return ZoneInfo(self.store.channels.settings(channel).zone)

    @property
    def own(self) -> tuple[Slug, ...]:
        """The pages that the asking workspace added for itself, and what the asking channel's tests are about."""
        own = tuple(vendor.slug for vendor in self.catalog if vendor.category == OWN)
        return own if self.drill is None else (*own, self.drill)

    def states(self, vendors: Sequence[Vendor], *, details: bool = True) -> tuple[PageState, ...]:
        """The states of these vendors, in the order given; one that is not in the store was never read.
        ``details``: as for :meth:`bot.store.pages.Pages.states`, here and below."""
        read = self.store.pages.states([v.slug for v in vendors], details=details)
        stored = {state.vendor.slug: state for state in read}
        return tuple(stored.get(v.slug) or PageState(v, None, None, None, None) for v in vendors)

    def subscribed(self, channel: Channel, *, details: bool = True) -> tuple[PageState, ...]:
        """The states of the vendors that the channel subscribes to, those too that left the catalog."""
        return self.by_slug(self.store.channels.vendors(channel), details=details)

    def subscribed_vendors(self, channel: Channel) -> tuple[Vendor, ...]:
        """These vendors alone."""
        return self.vendors(self.store.channels.vendors(channel))

    def by_slug(self, slugs: Sequence[Slug], *, details: bool = True) -> tuple[PageState, ...]:
        """Like ``states``, of those vendors that are in the store."""
        return self.store.pages.states(slugs, details=details)

    def vendors(self, slugs: Sequence[Slug]) -> tuple[Vendor, ...]:
        """Those of these that are in the store."""
        return self.store.pages.vendors(slugs)

    def unread(self, states: Iterable[PageState]) -> tuple[Slug, ...]:
        """Those to be read before an answer is worth much: nobody has tried yet, or nobody reads them regularly."""
        return tuple(
            s.vendor.slug
            for s in states
            if s.vendor.has_page
            and s.unreadable is None
            and (s.read_at is None or not (s.vendor.enabled or is_current(s, self.now)))
        )[:MAX_READS]
