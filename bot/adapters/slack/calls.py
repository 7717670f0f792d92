"""One call to Slack's Web API, as the workspace it is for: the token, the pace, the errors. Retries nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.errors import INSTALLATION, RETRY_AFTER_S, failure, translated
from bot.adapters.slack.pace import Pace
from bot.adapters.slack.tenants import Installed, Tenants
from bot.delivery.port import Undeliverable

CALL_S = 12.0
"""Under delivery's own deadline of a call."""
CONNECTIONS = 100
"""In the pool that all workspaces share."""
READS = frozenset(
    {
        "conversations.history",
        "conversations.info",
        "conversations.members",
        "conversations.replies",
        "users.conversations",
        "users.info",
    }
)
"""Methods that take forms only, no JSON."""


def session() -> aiohttp.ClientSession:
    """The process's one pool of connections to Slack. Inside the event loop only."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS), timeout=aiohttp.ClientTimeout(total=CALL_S)
    )


def web_client(pool: aiohttp.ClientSession, api_url: str) -> AsyncWebClient:
    """Without a token: each call brings its own. Without the SDK's retries, which post twice when a connection is cut
    after Slack has taken the message."""
    return AsyncWebClient(base_url=api_url, session=pool, retry_handlers=[])


class Calls:
    """Everything that is sent to Slack's Web API goes through here, except what the SDK does at an installation."""

    def __init__(self, client: AsyncWebClient, tenants: Tenants, pace: Pace) -> None:
        self._client = client
        self._tenants = tenants
        self._pace = pace

    async def __call__(
        self, workspace: str, method: str, args: Mapping[str, Any], *, ref: str | None = None
    ) -> Mapping[str, Any]:
        """Slack's answer. Raises only :class:`bot.delivery.port.DeliveryError`. ``ref``: the message it is about."""
        self._pace.check(workspace, method)
        installed = await self.installed(workspace)
        headers = {"Authorization": f"Bearer {installed.token}"}
        try:
            if method in READS:
                response = await self._client.api_call(method, data=dict(args), headers=headers)
            else:
                response = await self._client.api_call(method, json=dict(args), headers=headers)
        except Exception as error:
            if isinstance(error, SlackApiError) and (facts := failure(error)).limited:
                self._pace.close(workspace, method, facts.retry_after_s or RETRY_AFTER_S)
            raise translated(error, ref) from error
        data: Any = response.data
        return data if isinstance(data, Mapping) else {}

    async def installed(self, workspace: str) -> Installed:
        found = await self._tenants.of(workspace)
        if found is None:
            raise Undeliverable(INSTALLATION["not_installed"], whole_workspace=True)
        return found
