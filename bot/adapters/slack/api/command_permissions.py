"""Whether somebody may run a command. Asks Slack only if a setting requires it; answers are cached for a minute."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from cachetools import TTLCache

from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.errors import CHANNEL_ERRORS
from bot.adapters.slack.options import Managers
from bot.commands.command import Permission
from bot.commands.help import command_named
from bot.commands.table import COMMANDS
from bot.delivery.port import DeliveryError, Undeliverable
from bot.domain import Channel
from bot.message import Message
from bot.wording.errors import error_message

CACHE_S = 60.0
MAX_CACHED = 5_000
MAX_MEMBER_PAGES = 20
MEMBERS_PER_PAGE = 999
EVERYWHERE = frozenset({"audit", "dashboard", "list"})
"""Commands that tell of all channels, private ones among them, when they are asked to."""
LATER_REMEDY = "Slack cannot be asked just now: try again in a minute."

log = structlog.get_logger(__name__)


class CommandPermissions:
    """``clock``: seconds that only go forward."""

    def __init__(self, managers: Managers, calls: Calls, clock: Callable[[], float]) -> None:
        self._managers = managers
        self._calls = calls
        self._known: TTLCache[tuple[str, str, str], bool] = TTLCache(MAX_CACHED, CACHE_S, timer=clock)

    async def may_run(self, command: str, text: str, channel: Channel, user: str) -> bool:
        """Raises :class:`DeliveryError` where Slack cannot be asked."""
        spec = command_named(command, COMMANDS)
        if spec is None:
            return True
        if spec.name in EVERYWHERE and "everywhere" in text.casefold().split():
            return await self._may_see_all(channel, user)
        if spec.permission is Permission.MANAGERS:
            return await self.may_manage(channel, user)
        if spec.name == "list" and text.strip():
            return await self._may_see_all(channel, user)
        return True

    @property
    def who(self) -> str:
        """Those who may change what a channel gets."""
        return {
            Managers.EVERYONE: "people in this workspace",
            Managers.MEMBERS: "members of this channel",
            Managers.ADMINS: "workspace admins",
        }[self._managers]

    async def may_manage(self, channel: Channel, user: str) -> bool:
        """In a direct message everybody may. Raises :class:`DeliveryError` where Slack cannot be asked."""
        match self._managers:
            case Managers.EVERYONE:
                return True
            case _ if channel.id.startswith("D"):
                return True
            case Managers.MEMBERS:
                return await self._cached((channel.workspace, channel.id, user), self._is_member)
            case Managers.ADMINS:
                return await self._cached((channel.workspace, "", user), self._is_admin)

    async def _may_see_all(self, channel: Channel, user: str) -> bool:
        """A private channel's subscriptions are as private as its name: who manages one channel may not see them."""
        admins = self._managers is Managers.ADMINS
        return admins and await self._cached((channel.workspace, "", user), self._is_admin)

    async def _cached(self, key: tuple[str, str, str], ask: Callable[[str, str, str], Awaitable[bool]]) -> bool:
        known = self._known.get(key)
        if known is not None:
            return known
        try:
            allowed = await ask(*key)
        except DeliveryError as error:
            log.warning("slack.permission_unknown", managers=self._managers.value, error=str(error))
            raise
        self._known[key] = allowed
        return allowed

    async def _is_member(self, workspace: str, channel: str, user: str) -> bool:
        args: dict[str, Any] = {"channel": channel, "limit": MEMBERS_PER_PAGE}
        for _ in range(MAX_MEMBER_PAGES):
            try:
                page = await self._calls(workspace, "conversations.members", args)
            except Undeliverable as error:
                # A private channel without the bot: only its members can type anything in it.
                if error.reason == CHANNEL_ERRORS["channel_not_found"]:
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


def permission_unknown(command: str, error: DeliveryError) -> Message:
    """Slack could not be asked."""
    remedy = error.reason if isinstance(error, Undeliverable) else LATER_REMEDY
    return error_message(f"I cannot find out whether you may use {command} here.", (remedy,))
