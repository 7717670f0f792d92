"""incident.io, as far as it answers in Statuspage's format: ULIDs, no groups, no components on incidents, empty lists
left out, update texts that may all be empty."""

from __future__ import annotations

from bot.monitor.page import Provider
from bot.monitor.providers import statuspage_v2

PROVIDER = Provider(
    kind="incidentio",
    title="incident.io",
    house="incidentio",
    state_urls=statuspage_v2.state_urls,
    parse=statuspage_v2.parse,
    recognises=statuspage_v2.has_ulids,
    history_urls=statuspage_v2.history_urls,
    parse_history=statuspage_v2.parse_history,
    hosts=("incident.io",),
)
