"""One call to Slack's Web API with the workspace's token: its rate limit, its errors. Retries nothing."""

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

from bot.adapters.slack.api.errors import (
    INSTALLATION_ERRORS,
    RETRY_AFTER_S,
    NotOk,
    SlackFailure,
    as_delivery_error,
    delivery_error,
)
from bot.adapters.slack.api.rate_limit import RateLimiter
from bot.adapters.slack.api.tokens import TokenStore, WorkspaceToken
from bot.delivery.port import MessageRejected, Undeliverable

CALL_TIMEOUT_S = 12.0
"""Shorter than delivery's own timeout of a call."""
MAX_CONNECTIONS = 200
"""In the pool that all workspaces share: one for each channel that delivery serves at once, or its deadline would count
the wait for a connection."""
FORM_METHODS = frozenset(
    {
        "conversations.history",
        "conversations.info",
        "conversations.members",
        "conversations.replies",
        "users.conversations",
        "users.info",
        "usergroups.list",
    }
)
"""Methods that take forms only, no JSON."""
JSON, FORM = "application/json; charset=utf-8", "application/x-www-form-urlencoded"
MAX_LOGGED_CHARS = 4_000
"""Of a refused request's body."""

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
    bypassed = proxy_bypass(urlsplit(api_url).hostname or "")
    return aiohttp.ClientSession(
        proxy=None if bypassed else load_http_proxy_from_env(_sdk_log),
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S),
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

    def __init__(self, client: AsyncWebClient, tokens: TokenStore, rate_limiter: RateLimiter) -> None:
        self._client = client
        self._tokens = tokens
        self._rate_limiter = rate_limiter

    async def __call__(
        self, workspace: str, method: str, args: Mapping[str, Any], *, ref: str | None = None, extra_json: str = ""
    ) -> Mapping[str, Any]:
        """Slack's answer. Raises only :class:`bot.delivery.port.DeliveryError`. ``ref``: the message it is about.
        ``extra_json``: more arguments, as what stands between the braces of a JSON object; not for ``FORM_METHODS``.
        """
        self._rate_limiter.check(workspace, method)
        token = await self.token_of(workspace)
        client, form = self._client, method in FORM_METHODS
        headers = {"Authorization": f"Bearer {token.token}", "Content-Type": FORM if form else JSON}
        body = _form_body(args) if form else _json_object(args, extra_json)
        assert client.session is not None
        try:
            url = f"{client.base_url}{method}"
            async with client.session.post(url, data=body.encode(), headers=headers) as response:
                text = await response.read()
        except Exception as error:
            raise as_delivery_error(error, ref) from error
        answer = _mapping(text)
        if answer.get("ok") and response.status == HTTPStatus.OK:
            return answer
        failure = SlackFailure.from_response(answer, response.status, response.headers)
        if failure.code in INSTALLATION_ERRORS and await self._tokens.has_changed(token):
            # Another process has installed the app anew.
            return await self(workspace, method, args, ref=ref, extra_json=extra_json)
        if failure.is_rate_limited:
            self._rate_limiter.close(workspace, method, failure.retry_after_s or RETRY_AFTER_S)
        meaning = delivery_error(failure, ref)
        if isinstance(meaning, MessageRejected):
            log.error("slack.request_refused", method=method, error=failure.code, body=body[:MAX_LOGGED_CHARS])
        raise meaning from NotOk(failure)

    async def token_of(self, workspace: str) -> WorkspaceToken:
        token = await self._tokens.of_workspace(workspace)
        if token is None:
            raise Undeliverable(INSTALLATION_ERRORS["not_installed"], whole_workspace=True)
        return token


def _form_body(args: Mapping[str, Any]) -> str:
    return urlencode({name: int(value) if isinstance(value, bool) else value for name, value in args.items()})


def _json_object(args: Mapping[str, Any], extra_json: str) -> str:
    inside = json.dumps(args)
    return f"{inside[:-1]}, {extra_json}}}" if extra_json else inside


def _mapping(text: bytes) -> Mapping[str, Any]:
    """The answer's JSON object; ``{}`` for anything else, such as HTML."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
