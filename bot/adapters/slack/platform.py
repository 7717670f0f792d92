"""The Slack platform: builds its parts from the options, checks the tokens, runs until stopped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.adapters.events import Events
from bot.adapters.memory import Memory, OwnMemory
from bot.adapters.served import Served
from bot.adapters.slack.adapter import SlackAdapter
from bot.adapters.slack.api.calls import Calls, session, web_client
from bot.adapters.slack.api.command_permissions import CommandPermissions
from bot.adapters.slack.api.errors import INSTALL_REMEDY, INSTALLATION_ERRORS, UNREACHABLE_S, failure_of, loggable
from bot.adapters.slack.api.http import PREFIX, slack_http
from bot.adapters.slack.api.install import Authorize, InstallationStore, oauth_flow
from bot.adapters.slack.api.oauth_states import SignedStates
from bot.adapters.slack.api.rate_limit import RateLimiter
from bot.adapters.slack.api.respond import post_answer, respond
from bot.adapters.slack.api.shared_channels import SharedChannels
from bot.adapters.slack.api.socket import SocketMode
from bot.adapters.slack.api.tokens import SingleWorkspace, WorkspaceToken
from bot.adapters.slack.api.user_groups import UserGroups
from bot.adapters.slack.api.visibility import ChannelVisibility
from bot.adapters.slack.interactions.home_tab import HomeTab
from bot.adapters.slack.interactions.listeners import Listeners
from bot.adapters.slack.manifest import weaker_without
from bot.adapters.slack.options import ConnectionMode, SlackOptions, SlackOptionsError
from bot.adapters.slack.render.message import RenderContext
from bot.adapters.slack.render.message import answer as answer_pages
from bot.adapters.slack.render.reply import post_args
from bot.delivery.port import RetryLater
from bot.threads import Threads
from bot.wording.phrases import count
from bot.wording.welcome import installed_message

HTTP_SETTINGS = "LOOKOUT_SLACK_HTTP_HOST and _PORT"
AUTH_RETRY_S = 5.0
"""Between two tries to learn whose token it is, while Slack cannot be reached."""

log = structlog.get_logger(__name__)


class ConfiguredWorkspace:
    """The workspace of the bot token in the settings."""

    def __init__(self) -> None:
        self.known: SingleWorkspace | None = None
        """``None`` until ``auth.test`` has named it."""

    async def of_workspace(self, workspace: str) -> WorkspaceToken | None:
        if self.known is None:
            raise RetryLater(UNREACHABLE_S, "Slack has not been reached yet")
        return await self.known.of_workspace(workspace)

    async def for_request(self, enterprise: str | None, team: str | None, *, org: bool) -> WorkspaceToken | None:
        return await self.known.for_request(enterprise, team, org=org) if self.known else None

    async def has_changed(self, token: WorkspaceToken) -> bool:
        return False

    async def forget(self, workspace: str) -> None:
        """Nothing to delete: the token is in the settings."""


class Slack:
    """Made inside the event loop. ``clock``: seconds that only go forward. ``engine``: SQLAlchemy's, for installations,
    and ``seal``, as in :class:`InstallationStore`: used in HTTP mode with OAuth only. ``memory``: shared with the other
    processes that listen to Slack; ``None``: there is no other."""

    def __init__(
        self,
        options: SlackOptions,
        events: Events,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        threads: Threads,
        engine: Any,
        seal: Callable[[Any], None],
        memory: Memory | None = None,
    ) -> None:
        memory = memory or OwnMemory()
        self.options = options
        self._serving = False
        self._pool = session(options.api_url)
        self.client = web_client(self._pool, options.api_url)
        self._token = ConfiguredWorkspace()
        self._installations = (
            InstallationStore(options.client_id, engine, threads, clock, seal) if options.installable else None
        )
        self.tokens = self._installations or self._token
        rate_limiter = self.limited = RateLimiter(clock)
        self.render_context = RenderContext(options.slash_commands.prefix)
        self.calls = Calls(self.client, self.tokens, rate_limiter)
        self.adapter = SlackAdapter(self.calls, self.render_context, rate_limiter, now, events.channel_moved)
        self._events = events = SharedChannels(events, self.calls, self.tokens, clock)
        states = SignedStates(options.client_secret, now, memory)
        flow = (
            oauth_flow(options, self.client, self._installations, states, self._on_installed)
            if self._installations
            else None
        )
        self.app = AsyncApp(
            name="lookout",
            client=self.client,
            signing_secret=options.signing_secret,
            # A socket is authenticated by its address; what comes over it is not signed.
            request_verification_enabled=options.mode is ConnectionMode.HTTP and options.listens,
            user_facing_authorize_error_message=f"I'm not installed in this workspace any more. {INSTALL_REMEDY}",
            authorize=Authorize(self.tokens),  # type: ignore[arg-type] # None is allowed: not installed there
            oauth_flow=flow,
        )
        permissions = CommandPermissions(options.managers, self.calls, clock)
        self.listeners = Listeners(
            events,
            options.slash_commands,
            self.calls,
            permissions,
            UserGroups(self.calls, clock),
            partial(respond, self._pool),
            self.tokens.forget,
            self.wake,
            options.deadlines,
            memory,
        )
        self.home_tab = HomeTab(
            events.workspace_state,
            self.calls,
            ChannelVisibility(self.calls, clock),
            threads,
            self.render_context,
            self.listeners.modals.open_answer,
            self.listeners.show_form,
            now,
            clock,
            options.home_refresh_s,
        )
        self.listeners.register(self.app)
        self.home_tab.register(self.app)
        self.listeners.register_rest(self.app)
        self.socket = SocketMode(self.app, self.client, self._pool, options.app_token, memory)
        self.served = (
            Served(slack_http(self.app, options), PREFIX, options.host, options.port, HTTP_SETTINGS)
            if options.mode is ConnectionMode.HTTP and options.listens
            else None
        )
        self.listens = options.listens

    weakness: str | None = None
    """Of the app with one installation, once its scopes are known; those of others are in the database."""

    @property
    def connected(self) -> bool:
        return self._serving or self.socket.connected

    async def check(self) -> None:
        """Raises :class:`SlackOptionsError` for a token that Slack does not take. Slack being away is no error."""
        if self._installations:
            await self._installations.create_tables()
        elif await self._identify() is not None:
            log.warning("slack.bot_token_unchecked", retry_in_s=AUTH_RETRY_S)
        if self.listens and self.options.mode is ConnectionMode.SOCKET:
            try:
                await self.socket.url()
            except SlackApiError as error:
                self._raise_if_permanent(error, "LOOKOUT_SLACK_APP_TOKEN", "xapp-… with the scope connections:write")
            except Exception as error:
                log.warning("slack.app_token_unchecked", error=loggable(error))

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``. Raises :class:`SlackOptionsError` when the token is wrong."""
        while not self._installations and self._token.known is None and not stop.is_set():
            wait_s = await self._identify()
            if wait_s is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait_s)
        if stop.is_set():
            return
        if not self.listens:
            self._serving = True
            await stop.wait()
            self._serving = False
            return
        refreshing = asyncio.create_task(self.home_tab.run())
        try:
            if self.options.mode is ConnectionMode.SOCKET:
                await self.socket.run(stop)
            else:
                self._serving = True
                await stop.wait()
        finally:
            self._serving = False
            refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await refreshing

    def wake(self) -> None:
        """A Home tab that somebody has open may be out of date."""
        self.home_tab.wake()

    async def aclose(self) -> None:
        await self._pool.close()

    async def _identify(self) -> float | None:
        """Ask Slack for the workspace of the bot token; seconds until the next try, ``None`` once it is known."""
        token = self.options.bot_token
        try:
            answer = await self.client.auth_test(token=token)
        except SlackApiError as error:
            self._raise_if_permanent(error, "LOOKOUT_SLACK_BOT_TOKEN", "the Bot User OAuth Token, xoxb-…")
            return failure_of(error).retry_after_s or AUTH_RETRY_S
        except Exception as error:
            log.debug("slack.auth_test_failed", error=loggable(error))
            return AUTH_RETRY_S
        data: Any = answer.data
        self._token.known = SingleWorkspace.from_auth_test(data, token)
        workspace = self._token.known.token.workspace
        log.info("slack.workspace_identified", team=data.get("team"), workspace=workspace)
        granted = str(getattr(answer, "headers", {}).get("x-oauth-scopes") or "")
        self.weakness = weaker_without(granted) if granted else None
        if self.weakness:
            log.warning("slack.history_scopes_missing", workspace=workspace)
        await self._on_workspace_back(workspace)
        if self.listens:
            await self._events.connected(await self._connected_line(data))
        return None

    async def _connected_line(self, identity: Mapping[str, Any]) -> str:
        who = f"connected as @{identity.get('user') or 'lookout'} in {identity.get('team') or 'your workspace'}"
        try:
            who += f", {count(len(await self._events.known_channels()), 'channel')}"
        except Exception as error:
            log.debug("slack.channels_uncounted", error=loggable(error))
        return f"Slack: {who}. Try {self.options.slash_commands.prefix} github"

    async def _on_installed(self, workspace: str, installer: str) -> None:
        """Installed by OAuth: channels of before may be posted to again, and the installer learns what comes next."""
        await self._on_workspace_back(workspace)
        if installer:
            (rendered,) = answer_pages((installed_message(),), replace(self.render_context, private=True))[:1]
            await post_answer(self.calls, workspace, post_args(rendered, installer))

    async def _on_workspace_back(self, workspace: str) -> None:
        await self._events.workspace_back(workspace, INSTALL_REMEDY)

    def _raise_if_permanent(self, error: SlackApiError, variable: str, what: str) -> None:
        code = failure_of(error).code
        if code in INSTALLATION_ERRORS or code in {"not_allowed_token_type", "missing_scope"}:
            raise SlackOptionsError(f"Slack refuses {variable} ({code}): take {what}, from the app's pages.") from error
        log.warning("slack.token_check_failed", variable=variable, error=code or "no answer")
