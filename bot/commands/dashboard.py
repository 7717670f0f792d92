"""``dashboard``: a link to the page of the channel or of its workspace, for a screen on the wall or somebody outside
the chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.grammar import UsageError
from bot.commands.request import Reply, Request
from bot.store.dashboards import SECRET_BYTES
from bot.wording.dashboard import link_message, no_pages_message, not_everywhere_message, revoked_message
from bot.wording.subscriptions import nothing_subscribed_message

REVOKE = frozenset({"revoke", "off", "remove", "delete"})
EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class GivenLink:
    url: str
    until: datetime
    """So long it opens the dashboard, unless it is revoked before."""


def is_for_managers(text: str, _: Catalog) -> bool:
    """Whether it takes something away, or shows channels that not everybody sees."""
    return bool({EVERYWHERE, *REVOKE}.intersection(text.casefold().split()))


def dashboard(request: Request, context: CommandContext) -> Reply:
    """Alone: a new link. ``revoke``: all links of the channel open nothing any more. ``everywhere``: the same of the
    whole workspace."""
    words, dashboards = request.text.casefold().split(), context.store.dashboards
    everywhere, revokes = EVERYWHERE in words, bool(REVOKE.intersection(words))
    if unknown := [word for word in words if word != EVERYWHERE and word not in REVOKE]:
        raise UsageError(
            "Type “dashboard” for a link, “dashboard everywhere” for one to the whole workspace's, or “revoke” behind "
            f"it, not “{unknown[0]}”."
        )
    if everywhere and not request.may_manage:
        return Reply((not_everywhere_message(),))
    if revokes:
        count = dashboards.revoke(request.channel, everywhere=everywhere)
        return Reply((revoked_message(count, request.user, everywhere=everywhere),), public=count > 0)
    if context.site is None:
        return Reply((no_pages_message(),))
    here = request.channel
    if not (everywhere or context.store.channels.vendors(here)):
        return Reply((nothing_subscribed_message(),))
    valid, secret = timedelta(days=context.site.link_days), context.site.secret(SECRET_BYTES)
    token = dashboards.create(here, request.user, secret, context.now, valid, everywhere=everywhere)
    if token is None:
        return Reply((nothing_subscribed_message(),))
    given = GivenLink(f"{context.site.url}/d/{token}", context.now + valid)
    is_public = context.site.is_public
    return Reply((link_message(given.url, given.until, is_public=is_public, everywhere=everywhere),), told=given)
