"""Publishes the Home tab: when somebody opens it, and again to who opened it lately, when there is news in it.

Best effort beside delivery: whatever goes wrong here ends in the log.
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
from bot.adapters.slack.api.install import installed_in
from bot.adapters.slack.api.visibility import ChannelVisibility
from bot.adapters.slack.render.home import FILL, FIRST, PRESS, TURN, Pages, pressed, turned, view
from bot.adapters.slack.render.message import Voice
from bot.delivery.port import DeliveryError, OutcomeUnknown, RetryLater, Undeliverable
from bot.domain import Channel, WorkspaceState
from bot.threads import Threads
from bot.wording.home import Home, Visibility, home

SEEN_S = 3_600.0
"""Who opened the Home longer ago is not looking any more."""
VIEWERS = 50
"""People of one workspace whose Home is kept up to date: those who opened it last. views.publish takes 100 a minute.
https://docs.slack.dev/apis/web-api/rate-limits"""
WORKSPACES = 5
"""Looked at at once; delivery shares the connections."""
LOOK_S = 300.0
"""While somebody may be looking, news that wakes nobody are found after this: a page that cannot be read any more."""
NOT_ENABLED = (
    "The Home tab is off: turn on Home Tab in the app's settings under App Home, or paste the manifest there anew."
)

log = structlog.get_logger(__name__)

Json = Mapping[str, Any]
Open = Callable[[Json, Channel, str], Awaitable[None]]


@dataclass(slots=True)
class Viewer:
    """Who opened the Home. ``team``: theirs, as far as Slack tells it, where the installation is an organisation's;
    else ``None``. ``direct``: their direct messages with the bot. ``hash``: Slack's, of the view published last;
    ``news``: the digest of what it showed; ``round``: the round of wakes that it is up to date with, ``-1``: none."""

    workspace: str
    user: str
    team: str | None
    direct: str | None
    opened: float
    looked: float
    pages: Pages = FIRST
    hash: str = ""
    news: str = ""
    round: int = -1


class HomeTab:
    """``standing``: how a workspace stands now. ``open_sheet`` and ``open_form`` answer a button: what Slack sent, the
    channel that the button is meant for, without an id if for none, and the line. ``clock``: seconds that only go
    forward. ``refresh_s``: the least time between two looks at one person's Home."""

    def __init__(
        self,
        standing: Callable[[str], Awaitable[WorkspaceState]],
        calls: Calls,
        sights: ChannelVisibility,
        threads: Threads,
        voice: Voice,
        open_sheet: Open,
        open_form: Open,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        refresh_s: float,
    ) -> None:
        self._standing = standing
        self._calls = calls
        self._sights = sights
        self._threads = threads
        self._voice = voice
        self._open_sheet = open_sheet
        self._open_form = open_form
        self._now = now
        self._clock = clock
        self._refresh_s = refresh_s
        self._viewers: dict[str, dict[str, Viewer]] = {}
        self._round = 0
        self._woken = asyncio.Event()
        self._few = asyncio.Semaphore(WORKSPACES)
        self._warned = False

    def register(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self.opened)
        app.action(re.compile(rf"^{TURN}:"))(self.turn)
        app.action(re.compile(rf"^{PRESS}:"))(self.press)
        app.action(re.compile(rf"^{FILL}:"))(self.fill)

    # --- what people do ----------------------------------------------------------------------------------------------

    async def opened(self, event: Json, context: AsyncBoltContext) -> None:
        """Each time; the Messages tab sends this event too. https://docs.slack.dev/reference/events/app_home_opened"""
        if event.get("tab", "home") != "home":
            return
        viewer = self._viewer(context, str(event.get("user") or ""), str(event.get("channel") or ""))
        viewer.pages = FIRST
        await self._serve(viewer, event.get("view"), fresh=True)

    async def turn(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        """Another page of a list, or the same ones anew."""
        await ack()
        shown = body.get("view") or {}
        viewer = self._viewer(context, str(body["user"]["id"]), str(shown.get("private_metadata") or ""))
        before, viewer.pages = viewer.pages, turned(str(action.get("value", "")))
        await self._serve(viewer, shown, fresh=viewer.pages == before)

    async def press(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        await ack()
        await self._open_sheet(body, *self._meant(context, action))

    async def fill(self, ack: AsyncAck, body: Json, context: AsyncBoltContext, action: Json) -> None:
        await ack()
        await self._open_form(body, *self._meant(context, action))

    def _meant(self, context: AsyncBoltContext, action: Json) -> tuple[Channel, str]:
        channel, line = pressed(str(action.get("value", "")))
        return Channel("slack", installed_in(context).workspace, channel), line

    async def _serve(self, viewer: Viewer, shown: Json | None, *, fresh: bool) -> None:
        """``shown``: the view that the person has before them."""
        await self._publish(viewer, str((shown or {}).get("hash") or ""), fresh=fresh)
        self._woken.set()

    def _viewer(self, context: AsyncBoltContext, user: str, direct: str) -> Viewer:
        """The person, from now on the last of the workspace who opened it."""
        installed, now = installed_in(context), self._clock()
        viewers = self._viewers.setdefault(installed.workspace, {})
        viewer = viewers.pop(user, None)
        if viewer is None:
            viewer = Viewer(installed.workspace, user, None, None, now, now)
        viewer.opened = now
        viewer.team = (context.team_id or "") if installed.team is None else None
        viewer.direct = direct or viewer.direct
        viewers[user] = viewer
        if len(viewers) > VIEWERS:
            del viewers[next(iter(viewers))]
        return viewer

    # --- news --------------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """There may be news. From the event loop's thread only."""
        self._round += 1
        self._woken.set()

    async def run(self) -> None:
        """Keep up to date what people look at, until cancelled. Does nothing while nobody looks."""
        while True:
            self._woken.clear()
            await self.look()
            left = self._left()
            try:
                async with asyncio.timeout(LOOK_S if left is None and self._viewers else left):
                    await self._woken.wait()
            except TimeoutError:
                if left is None:
                    self._round += 1

    async def look(self) -> None:
        """Publish to everybody whose time has come and for whom there is news."""
        now = self._clock()
        due: list[list[Viewer]] = []
        for workspace, viewers in list(self._viewers.items()):
            for viewer in [viewer for viewer in viewers.values() if now - viewer.opened > SEEN_S]:
                self._forget(viewer)
            theirs = [viewer for viewer in viewers.values() if self._due_in(viewer, now) == 0]
            if theirs:
                due.append(theirs[::-1])
            if not viewers:
                self._viewers.pop(workspace, None)
        await asyncio.gather(*(self._look_at(theirs) for theirs in due))

    def _left(self) -> float | None:
        """Seconds until :meth:`look` has something to do again, if nobody is woken."""
        now = self._clock()
        waits = [self._due_in(viewer, now) for viewers in self._viewers.values() for viewer in viewers.values()]
        return min((wait for wait in waits if wait is not None), default=None)

    def _due_in(self, viewer: Viewer, now: float) -> float | None:
        if viewer.round == self._round:
            return None
        return max(0.0, viewer.looked + self._refresh_s - now)

    async def _look_at(self, viewers: Sequence[Viewer]) -> None:
        """At one workspace's. What Slack does not take now waits for the next time, with all that come after it."""
        async with self._few:
            for viewer in viewers:
                viewer.looked = self._clock()
            round = self._round
            try:
                facts = await self._standing(viewers[0].workspace)
            except Exception:
                log.exception("a workspace cannot be looked up", workspace=viewers[0].workspace)
                return
            for viewer in viewers:
                if not await self._publish(viewer, viewer.hash, known=(round, facts)):
                    return

    async def _publish(
        self, viewer: Viewer, hash: str, *, fresh: bool = False, known: tuple[int, WorkspaceState] | None = None
    ) -> bool:
        """Whether Slack may be asked for more now. ``hash``: of the view to be replaced; where another one took its
        place, the facts are read anew. ``known``: facts, and the round that they are of; published only if there is
        news in them."""
        viewer.looked = self._clock()
        try:
            try:
                await self._show(viewer, hash, fresh, known)
            except DeliveryError as error:
                if not hash or code_of(error) != "hash_conflict":
                    raise
                await self._show(viewer, "", fresh=False, known=None)
        except (RetryLater, OutcomeUnknown) as error:
            log.info("a Home waits", workspace=viewer.workspace, why=str(error))
            viewer.round = -1
            return False
        except DeliveryError as error:
            self._forget(viewer)
            if isinstance(error, Undeliverable) and error.whole_workspace:
                self._viewers.pop(viewer.workspace, None)
            if code_of(error) == "not_enabled":
                if not self._warned:
                    log.warning(NOT_ENABLED)
                self._warned = True
            else:
                log.warning("a Home cannot be published", workspace=viewer.workspace, why=str(error))
            return viewer.workspace in self._viewers
        except Exception:
            log.exception("a Home cannot be made", workspace=viewer.workspace)
        return True

    async def _show(self, viewer: Viewer, hash: str, fresh: bool, known: tuple[int, WorkspaceState] | None) -> None:
        viewer.round, facts = known or (self._round, await self._standing(viewer.workspace))
        channels = {roster.channel.id for roster in facts.channels}
        sight = await self._sights.of(
            viewer.workspace, viewer.user, channels, team=viewer.team, direct=viewer.direct, fresh=fresh
        )
        if sight.unasked:
            viewer.round = -1
        made, news = await self._threads(lambda: _made(facts, sight, self._now()))
        if known and news == viewer.news:
            return
        shown = view(made, viewer.pages, self._voice) | {"private_metadata": viewer.direct or ""}
        args = {"user_id": viewer.user, "view": shown, **({"hash": hash} if hash else {})}
        answer = await self._calls(viewer.workspace, "views.publish", args)
        viewer.hash, viewer.news = str((answer.get("view") or {}).get("hash") or ""), news

    def _forget(self, viewer: Viewer) -> None:
        self._viewers.get(viewer.workspace, {}).pop(viewer.user, None)


def _made(facts: WorkspaceState, sight: Visibility, now: datetime) -> tuple[Home, str]:
    """With its digest: both take long where much is subscribed."""
    made = home(facts, sight, now)
    return made, made.digest
