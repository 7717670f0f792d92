"""The user groups of a workspace, for the form that asks whom to mention."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cachetools import TTLCache

from bot.adapters.slack.api.calls import Calls
from bot.delivery.port import DeliveryError, Undeliverable

MAX_WORKSPACES = 1_000
CACHE_S = 300.0
"""As long as a workspace's groups are remembered; they are asked for with each letter that is typed."""


class UserGroups:
    """``clock``: seconds that only go forward."""

    def __init__(self, calls: Calls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._known: TTLCache[str, dict[str, str]] = TTLCache(MAX_WORKSPACES, CACHE_S, timer=clock)

    async def of(self, workspace: str) -> Mapping[str, str]:
        """Slack's spelling of each, with the name to show, by name; none where Slack tells none, as without the scope
        ``usergroups:read``. https://docs.slack.dev/reference/methods/usergroups.list"""
        if (known := self._known.get(workspace)) is not None:
            return known
        try:
            answer = await self._calls(workspace, "usergroups.list", {})
        except DeliveryError as error:
            if isinstance(error, Undeliverable):
                self._known[workspace] = {}
            return {}
        listed = {str(one.get("handle") or ""): str(one.get("id") or "") for one in answer.get("usergroups") or ()}
        found = {f"<!subteam^{id}|@{handle}>": f"@{handle}" for handle, id in sorted(listed.items()) if handle and id}
        self._known[workspace] = found
        return found
