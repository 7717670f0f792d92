"""``dashboard``: a link to the channel's page, for a screen on the wall or somebody outside the chat."""

from __future__ import annotations

from datetime import timedelta

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.grammar import UsageError
from bot.commands.request import Reply, Request
from bot.store.dashboards import SECRET_BYTES
from bot.wording.dashboard import link_message, no_pages_message, revoked_message
from bot.wording.subscriptions import nothing_subscribed_message

REVOKE = frozenset({"revoke", "off", "remove", "delete"})


def revokes_links(text: str, _: Catalog) -> bool:
    """Whether it takes something away."""
    return text.strip().casefold() in REVOKE


def dashboard(request: Request, context: CommandContext) -> Reply:
    """Alone: a new link. ``revoke``: all links of the channel open nothing any more."""
    word, dashboards = request.text.strip(), context.store.dashboards
    if word.casefold() in REVOKE:
        count = dashboards.revoke(request.channel)
        return Reply((revoked_message(count, request.user),), public=count > 0)
    if word:
        raise UsageError(f"Type “dashboard” for a link, or “dashboard revoke”, not “dashboard {word}”.")
    if context.site is None:
        return Reply((no_pages_message(),))
    if not context.store.channels.vendors(request.channel):
        return Reply((nothing_subscribed_message(),))
    valid, secret = timedelta(days=context.site.link_days), context.site.secret(SECRET_BYTES)
    token = dashboards.create(request.channel, request.user, secret, context.now, valid)
    assert token is not None, "a channel that subscribes to something is on record"
    url = f"{context.site.url}/d/{token}"
    return Reply((link_message(url, context.now + valid, is_public=context.site.is_public),))
