"""Every platform that Lookout reads, in the order in which a page is probed. A new one: its file, and a line here."""

from __future__ import annotations

from bot.monitor.page import Provider
from bot.monitor.providers import feed, incidentio, statuspage

PROVIDERS: tuple[Provider, ...] = (
    statuspage.PROVIDER,
    incidentio.PROVIDER,
    feed.PROVIDER,
)

BY_KIND = {provider.kind: provider for provider in PROVIDERS}
