"""Installations by OAuth: stored by slack_sdk's own store in our database, looked up for requests and for deliveries.

The two tables are slack_sdk's: it creates and fills them, and defines their columns.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from cachetools import TTLCache
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.api.errors import as_delivery_error
from bot.adapters.slack.api.oauth_states import STATE_S, SignedStates
from bot.adapters.slack.api.tokens import TokenStore, WorkspaceToken, workspace_key
from bot.adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, scopes
from bot.adapters.slack.options import SlackOptions
from bot.adapters.slack.render.pages import failed_page, install_page, installed_page
from bot.threads import Threads

MAX_CACHED = 10_000
"""Workspaces."""
CACHE_S = 60.0
"""An installation that another process added or deleted is noticed after this time at the latest."""

Installed = Callable[[str, str], Awaitable[None]]

log = structlog.get_logger(__name__)
_sdk_log = logging.getLogger(__name__)
"""The SDK's stores write to it."""


class InstallationStore(AsyncInstallationStore):
    """slack_sdk's synchronous store, off the event loop, and :class:`TokenStore` on top of it.

    ``engine``: SQLAlchemy's. ``clock``: seconds that only go forward. ``seal``: has a table's secrets encrypted.
    """

    def __init__(
        self, client_id: str, engine: Any, threads: Threads, clock: Callable[[], float], seal: Callable[[Any], None]
    ) -> None:
        self._store = SQLAlchemyInstallationStore(client_id, engine)
        for table in (self._store.bots, self._store.installations):
            seal(table)
        self._engine = engine
        self._threads = threads
        self._clock = clock
        self._cache = self._empty_cache()

    def _empty_cache(self) -> TTLCache[str, WorkspaceToken]:
        return TTLCache(MAX_CACHED, CACHE_S, timer=self._clock)

    @property
    def logger(self) -> logging.Logger:
        return _sdk_log

    async def create_tables(self) -> None:
        await self._threads(self._store.create_tables)

    # --- TokenStore --------------------------------------------------------------------------------------------------

    async def of_workspace(self, workspace: str) -> WorkspaceToken | None:
        # A change of the installations replaces the cache: what was read meanwhile may be the token before it, and goes
        # into the old one.
        cache = self._cache
        cached = cache.get(workspace)
        if cached:
            return cached
        found = await self._threads(lambda: self._newest(workspace))
        if found:
            cache[workspace] = found
        return found

    async def for_request(self, enterprise: str | None, team: str | None, *, org: bool) -> WorkspaceToken | None:
        found = await self.of_workspace(workspace_key(enterprise, team, org=org))
        return await self.of_workspace(enterprise) if found is None and enterprise else found

    async def has_changed(self, token: WorkspaceToken) -> bool:
        self._cache.pop(token.workspace, None)
        found = await self.of_workspace(token.workspace)
        return found is not None and found.token != token.token

    def _newest(self, workspace: str) -> WorkspaceToken | None:
        """The newest installation of a channel's workspace. A team's row names its organisation too, which channels do
        not."""
        c = self._store.bots.c
        org = (c.enterprise_id == workspace) & c.is_enterprise_install
        team = (c.team_id == workspace) & ~c.is_enterprise_install
        query = self._store.bots.select().where(c.client_id == self._store.client_id, c.bot_token.is_not(None))
        with self._engine.connect() as connection:
            row = connection.execute(query.where(org | team).order_by(c.installed_at.desc(), c.id.desc())).first()
        if row is None:
            return None
        return WorkspaceToken(
            workspace, row.bot_token, row.bot_user_id or "", row.bot_id, row.enterprise_id, row.team_id
        )

    async def forget(self, workspace: str) -> None:
        """Delete all of its installations."""
        if found := await self._threads(lambda: self._newest(workspace)):
            await self.async_delete_all(enterprise_id=found.enterprise_id, team_id=found.team_id)

    # --- slack_sdk's store -------------------------------------------------------------------------------------------

    async def async_save(self, installation: Installation) -> None:
        self._cache = self._empty_cache()
        await self._threads(lambda: self._store.save(installation))
        self._cache = self._empty_cache()

    async def async_save_bot(self, bot: Bot) -> None:
        await self._threads(lambda: self._store.save_bot(bot))
        self._cache = self._empty_cache()

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        return await self._threads(
            lambda: self._store.find_bot(
                enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
            )
        )

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        return await self._threads(
            lambda: self._store.find_installation(
                enterprise_id=enterprise_id,
                team_id=team_id,
                user_id=user_id,
                is_enterprise_install=is_enterprise_install,
            )
        )

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        await self._threads(lambda: self._store.delete_bot(enterprise_id=enterprise_id, team_id=team_id))
        self._cache = self._empty_cache()

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        await self._threads(
            lambda: self._store.delete_installation(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)
        )
        self._cache = self._empty_cache()


class OAuthFlow(AsyncOAuthFlow):
    """Bolt's OAuth flow with pages of our own. ``installed`` is called after each installation, first or repeated, once
    it is stored, with the workspace and the id of the person who installed. ``asked``: the scopes, each with its
    reason."""

    def __init__(
        self, client: AsyncWebClient, settings: AsyncOAuthSettings, installed: Installed, asked: dict[str, str]
    ) -> None:
        super().__init__(client=client, settings=settings)
        self._installed = installed
        self._asked = asked

    async def run_installation(self, code: str) -> Installation | None:
        """Bolt's own would log the code, lose an installation because ``auth.test`` failed, and raise on a broken
        connection. The bot's id, which only ``auth.test`` returns, may be missing."""
        settings = self.settings
        try:
            granted: Any = await self.client.oauth_v2_access(
                code=code,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                redirect_uri=settings.redirect_uri,
            )
        except Exception as error:
            log.warning("slack.installation_not_granted", error=str(as_delivery_error(error)))
            return None
        token = granted.get("access_token")
        identity = await self._auth_test(token)
        team, enterprise = granted.get("team") or {}, granted.get("enterprise") or {}
        return Installation(
            app_id=granted.get("app_id"),
            enterprise_id=enterprise.get("id"),
            enterprise_name=enterprise.get("name"),
            enterprise_url=identity.get("url") if granted.get("is_enterprise_install") else None,
            team_id=team.get("id"),
            team_name=team.get("name"),
            bot_token=token,
            bot_id=identity.get("bot_id"),
            bot_user_id=granted.get("bot_user_id"),
            bot_scopes=granted.get("scope"),
            user_id=str((granted.get("authed_user") or {}).get("id") or ""),
            is_enterprise_install=bool(granted.get("is_enterprise_install")),
            token_type=granted.get("token_type"),
        )

    async def _auth_test(self, token: str) -> Mapping[str, Any]:
        try:
            answer: Any = (await self.client.auth_test(token=token)).data
        except Exception as error:
            log.warning("slack.installation_unidentified", error=str(as_delivery_error(error)))
            return {}
        return answer if isinstance(answer, Mapping) else {}

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        await super().store_installation(request, installation)
        org = bool(installation.is_enterprise_install)
        workspace = workspace_key(installation.enterprise_id, installation.team_id, org=org)
        await self._installed(workspace, installation.user_id)

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:
        return install_page(url, self._asked)


def oauth_flow(
    options: SlackOptions,
    client: AsyncWebClient,
    store: InstallationStore,
    states: SignedStates,
    installed: Installed,
) -> OAuthFlow:
    asked = scopes(options.managers, history=options.history)
    settings = AsyncOAuthSettings(
        client_id=options.client_id,
        client_secret=options.client_secret,
        scopes=list(asked),
        user_scopes=[],
        redirect_uri=f"{options.public_url.rstrip('/')}{REDIRECT_PATH}" if options.public_url else None,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        authorization_url=options.authorize_url,
        installation_store=store,
        state_store=states,
        state_expiration_seconds=STATE_S,
        callback_options=_pages(options),
    )
    return OAuthFlow(client, settings, installed, asked)


def _pages(options: SlackOptions) -> AsyncCallbackOptions:
    """What the browser shows at the end of an installation."""

    async def success(args: AsyncSuccessArgs) -> BoltResponse:
        team = args.installation.team_name or args.installation.enterprise_name or ""
        return _html(200, installed_page(team, options.slash_commands.prefix))

    async def failure(args: AsyncFailureArgs) -> BoltResponse:
        return _html(args.suggested_status_code, failed_page(args.reason, INSTALL_PATH))

    return AsyncCallbackOptions(success=success, failure=failure)


def _html(status: int, body: str) -> BoltResponse:
    return BoltResponse(status=status, body=body, headers={"Content-Type": "text/html; charset=utf-8"})


def token_in(context: AsyncBoltContext) -> WorkspaceToken:
    """The installation that a request is for; put there by :class:`Authorize`."""
    found = context.get("workspace_token")
    assert isinstance(found, WorkspaceToken)
    return found


class Authorize(AsyncAuthorize):
    """Which token answers a request, without asking Slack each time; see :func:`token_in`."""

    def __init__(self, tokens: TokenStore) -> None:
        self._tokens = tokens

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        org = bool(context.is_enterprise_install)
        found = await self._tokens.for_request(enterprise_id, team_id, org=org)
        if found is None:
            return None
        context["workspace_token"] = found
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            bot_token=found.token,
            bot_id=found.bot_id,
            bot_user_id=found.bot_user_id,
        )
