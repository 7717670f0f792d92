"""Atlassian Statuspage. The format is the v2 API's own; here is only whose page it is.

**How an end is known:** the summary lists what is open; what left it stands in the newest incidents or maintenances, as
resolved or completed. What stands nowhere was taken down.
"""

from __future__ import annotations

from bot.monitor.provider import Body, Provider
from bot.monitor.providers import statuspage_v2


def _recognises(body: Body) -> bool:
    return statuspage_v2.is_v2(body) and not (statuspage_v2.has_ulids(body) or statuspage_v2.lacks_ids(body))


PROVIDER = Provider(
    kind="statuspage",
    title="Atlassian Statuspage",
    rate_limit_group="statuspage",
    state_urls=statuspage_v2.state_urls,
    parse=statuspage_v2.parse,
    recognises=_recognises,
    history_urls=statuspage_v2.history_urls,
    parse_history=statuspage_v2.parse_history,
    hosts=("statuspage.io",),
)
