"""Which channels a person may see in their Home tab. Slack is asked; what it does not confirm is not shown.

A person's own channels come from one call. Of the others only public ones are shown, and whether a channel is public
is asked channel by channel, a few at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog
from cachetools import LRUCache, TTLCache

from bot.adapters.slack.api.calls import Calls
from bot.delivery.port import DeliveryError, OutcomeUnknown, RetryLater
from bot.wording.home import Visibility

MEMBERSHIP_TTL_S = 300.0
"""How long it is remembered which channels somebody is in, while nobody opens anything."""
PUBLIC_TTL_S = 3_600.0
"""How long it is remembered whether a channel is public."""
MAX_LOOKUPS = 20
"""Channels that are asked about at once; the others wait for the next time. conversations.info takes 50 a minute.
https://docs.slack.dev/apis/web-api/rate-limits"""
CHANNELS_PER_PAGE = 999
MAX_PAGES = 5
"""Of the channels that somebody is in; who is in more sees fewer."""
MAX_CACHED_PEOPLE = 1_000
MAX_CACHED_CHANNELS = 20_000

log = structlog.get_logger(__name__)


class ChannelVisibility:
    """``clock``: seconds that only go forward."""

    def __init__(self, calls: Calls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock
        self._memberships: LRUCache[tuple[str, str | None, str], tuple[float, frozenset[str]]] = LRUCache(
            MAX_CACHED_PEOPLE
        )
        """By workspace, team and person, with the time. Old ones still serve while Slack cannot be asked."""
        self._public: TTLCache[tuple[str, str], bool] = TTLCache(MAX_CACHED_CHANNELS, PUBLIC_TTL_S, timer=clock)
        """By workspace and channel."""

    async def of(
        self,
        workspace: str,
        user: str,
        channels: Collection[str],
        *,
        team: str | None,
        direct: str | None,
        fresh: bool = False,
    ) -> Visibility:
        """Which of ``channels`` the person may see. ``team``: the person's, for an organisation's installation (what is
        public in one of its teams is not so in all), ``""`` if Slack does not send it. ``direct``: the person's direct
        messages with the bot. ``fresh``: do not use the person's cached memberships."""
        memberships = await self._channels_of(workspace, team, user, 0 if fresh else MEMBERSHIP_TTL_S)
        group_channels = frozenset(id for id in channels if not id.startswith("D"))
        others = group_channels - (memberships or frozenset())
        public, unasked = await self._public_among(workspace, others if team is None else frozenset())
        if memberships is None:
            unasked = others - public
        seen = (group_channels - others) | public | {id for id in channels if id == direct}
        return Visibility(seen, direct, hidden=len(others - public - unasked), unasked=len(unasked))

    async def _channels_of(self, workspace: str, team: str | None, user: str, age_s: float) -> frozenset[str] | None:
        """The channels that the person is in; of private ones, those that the bot is in, too. ``None``: Slack cannot be
        asked now. https://docs.slack.dev/reference/methods/users.conversations"""
        key = (workspace, team, user)
        cached = self._memberships.get(key)
        if cached and self._clock() - cached[0] < age_s:
            return cached[1]
        found: set[str] = set()
        args: dict[str, object] = {"user": user, "types": "public_channel,private_channel", "limit": CHANNELS_PER_PAGE}
        if team:
            args["team_id"] = team
        try:
            for _ in range(MAX_PAGES):
                page = await self._calls(workspace, "users.conversations", args)
                found |= {str(channel["id"]) for channel in page.get("channels") or ()}
                cursor = (page.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    break
                args = {**args, "cursor": cursor}
        except (RetryLater, OutcomeUnknown):
            return cached[1] if cached else None
        except DeliveryError as error:
            log.warning("slack.memberships_unknown", workspace=workspace, error=str(error))
        memberships = frozenset(found)
        self._memberships[key] = (self._clock(), memberships)
        return memberships

    async def _public_among(self, workspace: str, channels: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The public ones, and those that are not known yet."""
        # An id that begins with G is a private channel's; one with C is either's.
        known = {id: False for id in channels if id.startswith("G")}
        for id in channels:
            cached = self._public.get((workspace, id))
            if cached is not None:
                known[id] = cached
        to_ask = sorted(id for id in channels if id not in known)[:MAX_LOOKUPS]
        answers = await asyncio.gather(*(self._is_public(workspace, id) for id in to_ask))
        for id, public in zip(to_ask, answers, strict=True):
            if public is not None:
                known[id] = public
                self._public[workspace, id] = public
        return frozenset(id for id in known if known[id]), frozenset(id for id in channels if id not in known)

    async def _is_public(self, workspace: str, channel: str) -> bool | None:
        """Slack finds no private channel that the bot is not in. ``None``: it cannot be asked now."""
        try:
            answer = await self._calls(workspace, "conversations.info", {"channel": channel})
        except (RetryLater, OutcomeUnknown):
            return None
        except DeliveryError:
            return False
        facts = answer.get("channel") or {}
        return facts.get("is_private") is False and not (facts.get("is_im") or facts.get("is_mpim"))
