"""Slack as one part of the bot: builds the pieces from a setup, checks the tokens, runs until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.adapters.events import Events
from bot.adapters.slack.adapter import SlackAdapter
from bot.adapters.slack.api.calls import Calls, session, web_client
from bot.adapters.slack.api.command_permissions import CommandPermissions
from bot.adapters.slack.api.errors import INSTALL, INSTALLATION, UNREACHED_S, described, failure
from bot.adapters.slack.api.http import serving
from bot.adapters.slack.api.install import Authorize, Installations, oauth_flow
from bot.adapters.slack.api.rate_limit import RateLimiter
from bot.adapters.slack.api.socket import SocketMode
from bot.adapters.slack.api.tenants import Installed, OneTenant
from bot.adapters.slack.api.visibility import ChannelVisibility
from bot.adapters.slack.interactions.home_tab import HomeTab
from bot.adapters.slack.interactions.listeners import Listeners
from bot.adapters.slack.options import Mode, SetupError, SlackOptions
from bot.adapters.slack.render.message import Voice
from bot.delivery.port import RetryLater
from bot.threads import Threads

TRY_AGAIN_S = 5.0
"""While Slack cannot be asked whose token it is."""

log = structlog.get_logger(__name__)


class TokenTenant:
    """The workspace of the token in the settings; unknown until Slack has said whose it is."""

    def __init__(self) -> None:
        self.known: OneTenant | None = None

    async def of(self, workspace: str) -> Installed | None:
        if self.known is None:
            raise RetryLater(UNREACHED_S, "Slack has not been reached yet")
        return await self.known.of(workspace)

    async def serving(self, enterprise: str | None, team: str | None, *, org: bool) -> Installed | None:
        return await self.known.serving(enterprise, team, org=org) if self.known else None

    async def forget(self, workspace: str) -> None:
        """The token stands in the settings; who put it there takes it out."""


class Slack:
    """Made inside the event loop. ``engine``: SQLAlchemy's, for installations; used in HTTP mode with OAuth only."""

    def __init__(
        self,
        setup: SlackOptions,
        events: Events,
        now: Callable[[], datetime],
        threads: Threads,
        engine: Any,
    ) -> None:
        clock = asyncio.get_running_loop().time
        self.setup = setup
        self._pool = session(setup.api_url)
        self.client = web_client(self._pool, setup.api_url)
        self._token = TokenTenant()
        self._installs = Installations(setup.client_id, engine, threads, clock) if setup.installable else None
        self.tenants = self._installs or self._token
        pace = RateLimiter(clock)
        self.voice = Voice(setup.names.word)
        self.calls = Calls(self.client, self.tenants, pace)
        self.adapter = SlackAdapter(self.calls, self.voice, pace, now)
        self._events = events
        flow = oauth_flow(setup, self.client, self._installs, self._back) if self._installs else None
        self.app = AsyncApp(
            name="lookout",
            client=self.client,
            signing_secret=setup.signing_secret,
            # A socket is authenticated by its address; what comes over it is not signed.
            request_verification_enabled=setup.mode is Mode.HTTP,
            authorize=Authorize(self.tenants),  # type: ignore[arg-type] # None is allowed: not installed there
            oauth_flow=flow,
        )
        permits = CommandPermissions(setup.managers, self.calls, clock)
        self.listeners = Listeners(events, setup.names, self.calls, permits, self._pool, self.tenants.forget, self.wake)
        self.home = HomeTab(
            events.workspace_state,
            self.calls,
            ChannelVisibility(self.calls, clock),
            threads,
            self.voice,
            self.listeners.windows.open_sheet,
            self.listeners.subscribing.open_form,
            now,
            clock,
            setup.home_refresh_s,
        )
        self.listeners.register(self.app)
        self.home.register(self.app)
        self.listeners.register_rest(self.app)
        self.socket = SocketMode(self.app, self.client, self._pool, setup.app_token)

    async def check(self) -> None:
        """Raises :class:`SetupError` for a token that Slack does not take. Slack being away is no error."""
        if self._installs:
            await self._installs.create_tables()
        elif await self._learn_whose() is not None:
            log.warning("Slack cannot be reached yet; trying on")
        if self.setup.mode is Mode.SOCKET:
            try:
                await self.socket.url()
            except SlackApiError as error:
                self._unless_passing(error, "LOOKOUT_SLACK_APP_TOKEN", "xapp-… with the scope connections:write")
            except Exception as error:
                log.warning("Slack cannot be reached yet; trying on", why=described(error))

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``. Raises :class:`SetupError` when the server's port is taken or the token turns out wrong."""
        while not self._installs and self._token.known is None and not stop.is_set():
            wait_s = await self._learn_whose()
            if wait_s is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait_s)
        if stop.is_set():
            return
        refreshing = asyncio.create_task(self.home.run())
        try:
            if self.setup.mode is Mode.SOCKET:
                await self.socket.run(stop)
            else:
                async with serving(self.app, self.setup):
                    await stop.wait()
        finally:
            refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await refreshing

    def wake(self) -> None:
        """There may be news for a Home that somebody has open."""
        self.home.wake()

    async def aclose(self) -> None:
        await self._pool.close()

    async def _learn_whose(self) -> float | None:
        """Ask Slack whose the bot token is; seconds until it may be asked again, ``None`` once it is known."""
        token = self.setup.bot_token
        try:
            answer = await self.client.auth_test(token=token)
        except SlackApiError as error:
            self._unless_passing(error, "LOOKOUT_SLACK_BOT_TOKEN", "the Bot User OAuth Token, xoxb-…")
            return failure(error).retry_after_s or TRY_AGAIN_S
        except Exception as error:
            log.debug("auth.test failed", why=described(error))
            return TRY_AGAIN_S
        data: Any = answer.data
        self._token.known = OneTenant.told_by(data, token)
        workspace = self._token.known.installed.workspace
        log.info("Slack workspace", team=data.get("team"), workspace=workspace)
        await self._back(workspace)
        return None

    async def _back(self, workspace: str) -> None:
        await self._events.workspace_back(workspace, INSTALL)

    def _unless_passing(self, error: SlackApiError, variable: str, what: str) -> None:
        code = failure(error).code
        if code in INSTALLATION or code in {"not_allowed_token_type", "missing_scope"}:
            raise SetupError(f"Slack refuses {variable} ({code}): take {what}, from the app's pages.") from error
        log.warning("Slack cannot be asked now", why=code or "no answer")
