"""One call to Slack's Web API, as the workspace it is for: the token, the pace, the errors. Retries nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import proxy_bypass

import aiohttp
import structlog
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.api.errors import INSTALLATION, RETRY_AFTER_S, Answered, SlackFailure, meaning, translated
from bot.adapters.slack.api.rate_limit import RateLimiter
from bot.adapters.slack.api.tenants import Installed, Tenants
from bot.delivery.port import MessageRejected, Undeliverable

CALL_S = 12.0
"""Under delivery's own deadline of a call."""
CONNECTIONS = 200
"""In the pool that all workspaces share: one for each channel that delivery serves at once, or its deadline would count
the wait for a connection."""
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
JSON, FORM = "application/json; charset=utf-8", "application/x-www-form-urlencoded"
LOGGED_CHARS = 4_000
"""Of a request that Slack refuses for its form."""

_sdk_log = logging.getLogger("bot.slack_sdk")
_sdk_log.setLevel(logging.INFO)
"""The SDK takes a logger without a level of its own for one that wants every request's body."""

log = structlog.get_logger(__name__)


def session(api_url: str) -> aiohttp.ClientSession:
    """The process's one pool of connections to Slack, which carries no cookies from one workspace to another. Inside
    the event loop only.

    The proxy that HTTPS_PROXY names is for all of them, sockets too, unless NO_PROXY spares the Web API's host.
    aiohttp's own ``trust_env`` passes sockets by, and reads a ~/.netrc whose passwords clash with Slack's tokens.
    """
    spared = proxy_bypass(urlsplit(api_url).hostname or "")
    return aiohttp.ClientSession(
        proxy=None if spared else load_http_proxy_from_env(_sdk_log),
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=CALL_S),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def web_client(pool: aiohttp.ClientSession, api_url: str) -> AsyncWebClient:
    """Without a token: each call brings its own. Without the SDK's retries, which post twice when a connection is cut
    after Slack has taken the message."""
    client = AsyncWebClient(base_url=api_url, session=pool, retry_handlers=[], logger=_sdk_log)
    # The pool has it.
    client.proxy = None
    return client


class Calls:
    """Everything that is sent to Slack's Web API goes through here, except what the SDK does at an installation.

    ``client`` says where and by which pool. The calls are made without its help, which takes an eighth of the
    time of a fan-out.
    """

    def __init__(self, client: AsyncWebClient, tenants: Tenants, pace: RateLimiter) -> None:
        self._client = client
        self._tenants = tenants
        self._pace = pace

    async def __call__(
        self, workspace: str, method: str, args: Mapping[str, Any], *, ref: str | None = None, rest: str = ""
    ) -> Mapping[str, Any]:
        """Slack's answer. Raises only :class:`bot.delivery.port.DeliveryError`. ``ref``: the message it is about.
        ``rest``: more arguments, as what stands between the braces of a JSON object; not for methods that take forms.
        """
        self._pace.check(workspace, method)
        installed = await self.installed(workspace)
        client, form = self._client, method in READS
        headers = {"Authorization": f"Bearer {installed.token}", "Content-Type": FORM if form else JSON}
        body = _form(args) if form else _object(args, rest)
        assert client.session is not None
        try:
            url = f"{client.base_url}{method}"
            async with client.session.post(url, data=body.encode(), headers=headers) as response:
                text = await response.read()
        except Exception as error:
            raise translated(error, ref) from error
        answer = _mapping(text)
        if answer.get("ok") and response.status == HTTPStatus.OK:
            return answer
        facts = SlackFailure.described(answer, response.status, response.headers)
        if facts.limited:
            self._pace.close(workspace, method, facts.retry_after_s or RETRY_AFTER_S)
        failed = meaning(facts, ref)
        if isinstance(failed, MessageRejected):
            log.error("Slack refuses what it was sent", method=method, why=facts.code, body=body[:LOGGED_CHARS])
        raise failed from Answered(facts)

    async def installed(self, workspace: str) -> Installed:
        found = await self._tenants.of(workspace)
        if found is None:
            raise Undeliverable(INSTALLATION["not_installed"], whole_workspace=True)
        return found


def _form(args: Mapping[str, Any]) -> str:
    return urlencode({name: int(value) if isinstance(value, bool) else value for name, value in args.items()})


def _object(args: Mapping[str, Any], rest: str) -> str:
    inside = json.dumps(args)
    return f"{inside[:-1]}, {rest}}}" if rest else inside


def _mapping(text: bytes) -> Mapping[str, Any]:
    """Anything may stand there, HTML too."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
