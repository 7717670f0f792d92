"""Whether somebody may change what a channel gets. Asks Slack only if a setting says so, and remembers for a minute."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.adapters.slack.calls import Calls
from bot.adapters.slack.errors import CHANNEL
from bot.adapters.slack.setup import Managers
from bot.delivery.port import DeliveryError, Undeliverable
from bot.domain import Channel

KEPT_S = 60.0
MOST_KEPT = 5_000
MEMBER_PAGES = 3
PAGE_MEMBERS = 1_000

log = structlog.get_logger(__name__)


class Permits:
    """``clock``: seconds that only go forward."""

    def __init__(self, managers: Managers, calls: Calls, clock: Callable[[], float]) -> None:
        self._managers = managers
        self._calls = calls
        self._clock = clock
        self._known: dict[tuple[str, str, str], tuple[float, bool]] = {}

    async def may_manage(self, channel: Channel, user: str) -> bool:
        """In a direct message everybody may; where Slack cannot be asked, nobody."""
        match self._managers:
            case Managers.EVERYONE:
                return True
            case _ if channel.id.startswith("D"):
                return True
            case Managers.MEMBERS:
                return await self._remembered((channel.workspace, channel.id, user), self._is_member)
            case Managers.ADMINS:
                return await self._remembered((channel.workspace, "", user), self._is_admin)

    async def _remembered(self, key: tuple[str, str, str], ask: Callable[[str, str, str], Awaitable[bool]]) -> bool:
        now = self._clock()
        known = self._known.get(key)
        if known and now - known[0] < KEPT_S:
            return known[1]
        try:
            allowed = await ask(*key)
        except DeliveryError as error:
            log.warning("cannot ask who may manage", managers=self._managers.value, why=str(error))
            return False
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[key] = (now, allowed)
        return allowed

    async def _is_member(self, workspace: str, channel: str, user: str) -> bool:
        args: dict[str, Any] = {"channel": channel, "limit": PAGE_MEMBERS}
        for _ in range(MEMBER_PAGES):
            try:
                page = await self._calls(workspace, "conversations.members", args)
            except Undeliverable as error:
                # A private channel without the bot: only its members can type anything in it.
                if error.reason == CHANNEL["channel_not_found"]:
                    return True
                raise
            if user in (page.get("members") or ()):
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            args = {**args, "cursor": cursor}
        return False

    async def _is_admin(self, workspace: str, _: str, user: str) -> bool:
        person = (await self._calls(workspace, "users.info", {"user": user})).get("user") or {}
        org = person.get("enterprise_user") or {}
        ranks = (person.get("is_admin"), person.get("is_owner"), person.get("is_primary_owner"))
        return any((*ranks, org.get("is_admin"), org.get("is_owner")))
