"""Atlassian Statuspage. The format stands in :mod:`.v2` and :mod:`.rows`, which others answer in, too.

**How an end is known:** the summary lists what is open; what left it stands in the newest incidents or maintenances, as
resolved or completed. What stands nowhere was taken down.
"""

from __future__ import annotations

from bot.monitor.provider import Body, Provider
from bot.monitor.providers.statuspage import v2


def _recognises(body: Body) -> bool:
    return v2.is_v2(body) and not (v2.has_ulids(body) or v2.lacks_ids(body))


PROVIDER = Provider(
    kind="statuspage",
    title="Atlassian Statuspage",
    rate_limit_group="statuspage",
    state_urls=v2.state_urls,
    parse=v2.parse,
    recognises=_recognises,
    history_urls=v2.history_urls,
    parse_history=v2.parse_history,
    hosts=("statuspage.io",),
)
