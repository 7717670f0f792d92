"""Publishes the Home tab: when somebody opens it, and again to who opened it lately, when its content changes.

Best effort beside delivery: errors are logged, not raised.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.errors import code_of
from bot.adapters.slack.api.install import token_in
from bot.adapters.slack.api.visibility import ChannelVisibility
from bot.adapters.slack.render.home import (
    FIRST_PAGES,
    HOME_FORM,
    HOME_PAGE,
    HOME_RUN,
    Pages,
    home_view,
    parse_button,
    parse_pages,
)
from bot.adapters.slack.render.message import RenderContext
from bot.delivery.port import DeliveryError, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Channel, WorkspaceState
from bot.threads import Threads
from bot.wording.home import Home, Visibility, home

VIEWER_TTL_S = 3_600.0
"""Who opened the Home longer ago is assumed to have closed it."""
MAX_VIEWERS = 50
"""People of one workspace whose Home is kept up to date: those who opened it last. views.publish takes 100 a minute.
https://docs.slack.dev/apis/web-api/rate-limits"""
MAX_WORKSPACES_AT_ONCE = 5
"""Refreshed concurrently; delivery shares the connections."""
POLL_S = 300.0
"""While somebody may be looking, changes that do not call ``wake`` are found after this: a page that became stale."""
HOME_OFF_REMEDY = "Turn on Home Tab in the app's settings under App Home, or paste the manifest there anew."

log = structlog.get_logger(__name__)

Json = Mapping[str, Any]
Opener = Callable[[Json, Channel, str], Awaitable[None]]


@dataclass(slots=True)
class Viewer:
    """Somebody who opened the Home tab. Times are the clock's seconds."""

    workspace: str
    user: str
    team_id: str | None
    """The person's, ``""`` if Slack did not send it; ``None``: the installation is a team's."""
    direct_channel: str | None
    """Their direct messages with the bot; ``None``: not known yet."""
    opened_at: float
    checked_at: float
    pages: Pages = FIRST_PAGES
    hash: str = ""
    """Slack's hash of the view published last."""
    digest: str = ""
    """Of the content published last."""
    round: int = -1
    """The value of ``HomeTab._round`` that the view is up to date with, ``-1``: none."""


class HomeTab:
    """``open_answer`` and ``open_form`` answer a button; they take what Slack sent, the channel that the button is for,
    without an id if for none, and the command line. ``clock``: seconds that only go forward. ``refresh_s``: the minimum
    time between two checks of one person's Home."""

    def __init__(
        self,
        workspace_state: Callable[[str], Awaitable[WorkspaceState]],
        calls: Calls,
        visibility: ChannelVisibility,
        threads: Threads,
        context: RenderContext,
        open_answer: Opener,
        open_form: Opener,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        refresh_s: float,
    ) -> None:
        self._workspace_state = workspace_state
        self._calls = calls
        self._visibility = visibility
        self._threads = threads
        self._render_context = context
        self._open_answer = open_answer
        self._open_form = open_form
        self._now = now
        self._clock = clock
        self._refresh_s = refresh_s
        self._viewers: dict[str, dict[str, Viewer]] = {}
        self._round = 0
        """Counts the calls of ``wake``."""
        self._woken = asyncio.Event()
        self._semaphore = asyncio.Semaphore(MAX_WORKSPACES_AT_ONCE)
        self._warned = False

    def register(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self.opened)
        app.action(re.compile(rf"^{HOME_PAGE}:"))(self.turn_page)
        app.action(re.compile(rf"^{HOME_RUN}:"))(self.run_command)
        app.action(re.compile(rf"^{HOME_FORM}:"))(self.open_form)

    # --- what people do ----------------------------------------------------------------------------------------------

    async def opened(self, event: Json, context: AsyncBoltContext) -> None:
        """Sent each time, for the Messages tab too. https://docs.slack.dev/reference/events/app_home_opened"""
        if event.get("tab", "home") != "home":
            return
        viewer = self._viewer(context, str(event.get("user") or ""), str(event.get("channel") or ""))
        viewer.pages = FIRST_PAGES
        await self._serve(viewer, event.get("view"), fresh=True)

    async def turn_page(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """Another page of a list, or the same ones anew."""
        await ack()
        shown = body.get("view") or {}
        viewer = self._viewer(context, str(body["user"]["id"]), str(shown.get("private_metadata") or ""))
        before, viewer.pages = viewer.pages, parse_pages(str(action.get("value", "")))
        await self._serve(viewer, shown, fresh=viewer.pages == before)

    async def run_command(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        await ack()
        await self._open_answer(body, *self._target(context, action))

    async def open_form(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        await ack()
        await self._open_form(body, *self._target(context, action))

    def _target(self, context: AsyncBoltContext, action: Json) -> tuple[Channel, str]:
        channel, line = parse_button(str(action.get("value", "")))
        return Channel("slack", token_in(context).workspace, channel), line

    async def _serve(self, viewer: Viewer, shown: Json | None, *, fresh: bool) -> None:
        """``shown``: the view that the person sees now."""
        await self._publish(viewer, str((shown or {}).get("hash") or ""), fresh=fresh)
        self._woken.set()

    def _viewer(self, context: AsyncBoltContext, user: str, direct_channel: str) -> Viewer:
        """The person, moved to the end of the workspace's viewers."""
        token, now = token_in(context), self._clock()
        viewers = self._viewers.setdefault(token.workspace, {})
        viewer = viewers.pop(user, None)
        if viewer is None:
            viewer = Viewer(token.workspace, user, None, None, now, now)
        viewer.opened_at = now
        viewer.team_id = (context.team_id or "") if token.team_id is None else None
        viewer.direct_channel = direct_channel or viewer.direct_channel
        viewers[user] = viewer
        if len(viewers) > MAX_VIEWERS:
            del viewers[next(iter(viewers))]
        return viewer

    # --- keeping it up to date ---------------------------------------------------------------------------------------

    def wake(self) -> None:
        """The content may have changed. From the event loop's thread only."""
        self._round += 1
        self._woken.set()

    async def run(self) -> None:
        """Keep open Home tabs up to date, until cancelled. Idle while there are none."""
        while True:
            self._woken.clear()
            await self.refresh()
            left = self._next_due_s()
            try:
                async with asyncio.timeout(POLL_S if left is None and self._viewers else left):
                    await self._woken.wait()
            except TimeoutError:
                if left is None:
                    self._round += 1

    async def refresh(self) -> None:
        """Publish to everybody who is due and whose content has changed."""
        now = self._clock()
        due: list[list[Viewer]] = []
        for workspace, viewers in list(self._viewers.items()):
            for viewer in [viewer for viewer in viewers.values() if now - viewer.opened_at > VIEWER_TTL_S]:
                self._forget(viewer)
            due_viewers = [viewer for viewer in viewers.values() if self._due_in(viewer, now) == 0]
            if due_viewers:
                due.append(due_viewers[::-1])
            if not viewers:
                self._viewers.pop(workspace, None)
        await asyncio.gather(*(self._refresh_workspace(viewers) for viewers in due))

    def _next_due_s(self) -> float | None:
        """Seconds until :meth:`refresh` has something to do again if ``wake`` is not called; ``None``: nothing."""
        now = self._clock()
        waits = [self._due_in(viewer, now) for viewers in self._viewers.values() for viewer in viewers.values()]
        return min((wait for wait in waits if wait is not None), default=None)

    def _due_in(self, viewer: Viewer, now: float) -> float | None:
        if viewer.round == self._round:
            return None
        return max(0.0, viewer.checked_at + self._refresh_s - now)

    async def _refresh_workspace(self, viewers: Sequence[Viewer]) -> None:
        """One workspace's. Where Slack asks to wait, that viewer and all after them wait for the next time."""
        async with self._semaphore:
            for viewer in viewers:
                viewer.checked_at = self._clock()
            round = self._round
            try:
                state = await self._workspace_state(viewers[0].workspace)
            except Exception:
                log.exception("slack.home_state_failed", workspace=viewers[0].workspace)
                return
            for viewer in viewers:
                if not await self._publish(viewer, viewer.hash, known=(round, state)):
                    return

    async def _publish(
        self, viewer: Viewer, hash: str, *, fresh: bool = False, known: tuple[int, WorkspaceState] | None = None
    ) -> bool:
        """Whether Slack may be called again now. ``hash``: of the view to be replaced; where another view replaced it
        already, the state is read again. ``known``: a state and its round; published only if the content changed."""
        viewer.checked_at = self._clock()
        try:
            try:
                await self._show(viewer, hash, fresh, known)
            except DeliveryError as error:
                if not hash or code_of(error) != "hash_conflict":
                    raise
                await self._show(viewer, "", fresh=False, known=None)
        except (RetryLater, OutcomeUnknown) as error:
            log.info("slack.home_delayed", workspace=viewer.workspace, error=str(error))
            viewer.round = -1
            return False
        except DeliveryError as error:
            self._forget(viewer)
            if isinstance(error, Undeliverable) and error.whole_workspace:
                self._viewers.pop(viewer.workspace, None)
            if code_of(error) == "not_enabled":
                if not self._warned:
                    log.warning("slack.home_tab_off", remedy=HOME_OFF_REMEDY)
                self._warned = True
            else:
                log.warning("slack.home_not_published", workspace=viewer.workspace, error=str(error))
            return viewer.workspace in self._viewers
        except Exception:
            log.exception("slack.home_failed", workspace=viewer.workspace)
        return True

    async def _show(self, viewer: Viewer, hash: str, fresh: bool, known: tuple[int, WorkspaceState] | None) -> None:
        viewer.round, state = known or (self._round, await self._workspace_state(viewer.workspace))
        channels = {roster.channel.id for roster in state.channels}
        visible = await self._visibility.of(
            viewer.workspace, viewer.user, channels, team=viewer.team_id, direct=viewer.direct_channel, fresh=fresh
        )
        if visible.unasked:
            viewer.round = -1
        content, digest = await self._threads(lambda: _build_home(state, visible, self._now()))
        if known and digest == viewer.digest:
            return
        shown = home_view(content, viewer.pages, self._render_context) | {
            "private_metadata": viewer.direct_channel or ""
        }
        args = {"user_id": viewer.user, "view": shown, **({"hash": hash} if hash else {})}
        answer = await self._calls(viewer.workspace, "views.publish", args)
        viewer.hash, viewer.digest = str((answer.get("view") or {}).get("hash") or ""), digest

    def _forget(self, viewer: Viewer) -> None:
        self._viewers.get(viewer.workspace, {}).pop(viewer.user, None)


def _build_home(state: WorkspaceState, visible: Visibility, now: datetime) -> tuple[Home, str]:
    """The content and its digest: both take long where much is subscribed."""
    content = home(state, visible, now)
    return content, content.digest
