"""What Slack's errors mean for a delivery: one table, pure. Raises nothing itself.

Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors and chat.update's. A code that is not in the
table is a refusal: nothing was posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.delivery.port import DeliveryError, MessageGone, MessageRejected, OutcomeUnknown, RetryLater, Undeliverable

RETRY_AFTER_S = 5.0
"""Where a 429 names no time."""
TRANSIENT_S = 30.0
MIGRATION_S = 300.0
"""A workspace that is being moved to an organisation stays so for minutes."""
QUOTA_S = 600.0
UNREACHABLE_S = 5.0
"""No connection could be opened."""
MAX_RETRY_S = 3_600.0

RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
UNKNOWN_OUTCOME = frozenset({"fatal_error", "internal_error", "update_failed"})
"""Slack: some aspect of the operation may have succeeded."""
TRANSIENT = {
    "service_unavailable": TRANSIENT_S,
    "request_timeout": TRANSIENT_S,
    "external_channel_migrating": MIGRATION_S,
    "team_added_to_org": MIGRATION_S,
    "org_login_required": MIGRATION_S,
}
MESSAGE_GONE = frozenset(
    {
        "message_not_found",
        "thread_not_found",
        "cannot_reply_to_message",
        "cant_update_message",
        "edit_window_closed",
        "is_inactive",
        "restricted_action_thread_locked",
    }
)
"""Deleted, not ours, frozen, or its thread closed by an admin: what follows needs another message."""
INVALID_REQUEST = frozenset(
    {
        "msg_too_long",
        "msg_blocks_too_long",
        "invalid_blocks",
        "invalid_blocks_format",
        "no_text",
        "too_many_attachments",
        "invalid_attachments",
        "attachment_payload_limit_exceeded",
        "block_mismatch",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "invalid_arguments",
        "invalid_arg_name",
        "invalid_array_arg",
        "invalid_charset",
        "invalid_form_data",
        "invalid_post_type",
        "invalid_json",
        "json_not_object",
        "missing_post_type",
    }
)

INVITE_REMEDY = "Type /invite @lookout there."
ACCESS_REMEDY = "An organisation admin has to add me to it."
CHANNEL_ERRORS = {
    "channel_not_found": f"Slack does not find the channel, or it is private and I am not in it. {INVITE_REMEDY}",
    "not_in_channel": f"I am not in the channel. {INVITE_REMEDY}",
    "is_archived": "The channel is archived: unarchive it, or subscribe in another one.",
    "restricted_action": "This workspace lets only some people post in the channel: ask an admin to let me.",
    "restricted_action_read_only_channel": "The channel is read-only: ask an admin to let me post in it.",
    "restricted_action_thread_only_channel": "The channel takes only replies: ask an admin to let me post, "
    "or subscribe in another one.",
    "restricted_action_non_threadable_channel": "The channel takes no threads: say @lookout settings mode=flat there.",
    "no_permission": "My token may not post in the channel: ask an admin to let me, or install me again.",
    "ekm_access_denied": "Your admins have switched off sending to this channel: ask them to allow it.",
    # One workspace of an organisation: its others are as they were.
    "team_access_not_granted": f"My organisation's installation does not cover this workspace. {ACCESS_REMEDY}",
    "messages_tab_disabled": "My Messages tab is off: an admin turns it on in the app's settings under App Home.",
    "cannot_dm_bot": "I cannot write to a bot.",
    "user_not_found": "Slack does not find this person.",
    "user_disabled": "This person's account is deactivated.",
}
"""One channel, or one person, cannot be reached. Each sentence ends in its remedy."""

INSTALL_REMEDY = "An admin has to install me again."
INSTALLATION_ERRORS = {
    "invalid_auth": f"Slack does not take my token any more. {INSTALL_REMEDY}",
    "account_inactive": f"My account in this workspace is deactivated. {INSTALL_REMEDY}",
    "token_revoked": f"My token was revoked. {INSTALL_REMEDY}",
    "token_expired": f"My token has expired. {INSTALL_REMEDY}",
    "not_authed": f"I have no token for this workspace. {INSTALL_REMEDY}",
    "not_installed": f"I am not installed in this workspace. {INSTALL_REMEDY}",
    "app_access_restricted": "This workspace does not allow me: ask an admin to approve the app.",
}
"""The installation is gone: no channel of the workspace can be reached."""


class ScopeMissing(Undeliverable):
    """The token may not call this method."""


@dataclass(frozen=True, slots=True)
class SlackFailure:
    """An answer of Slack's that was not ok."""

    code: str = ""
    """Slack's error code, ``""`` when there was none."""
    status: int = 200
    retry_after_s: float | None = None
    needed_scope: str = ""
    """With ``missing_scope``: which one."""

    @property
    def is_rate_limited(self) -> bool:
        return self.code in RATE_LIMITED or self.status == 429

    @classmethod
    def from_response(cls, body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> SlackFailure:
        """``body``: the answer's JSON, ``{}`` where it was none."""
        code, needed = str(body.get("error") or ""), str(body.get("needed") or "")
        return cls(code, status, parse_retry_after(headers.get("Retry-After")), needed)


def failure_of(error: SlackApiError) -> SlackFailure:
    """The failure in an exception of the SDK's; the response may be anything, HTML too."""
    response: Any = error.response
    data = getattr(response, "data", response)
    status = getattr(response, "status_code", getattr(response, "status", 200))
    return SlackFailure.from_response(
        data if isinstance(data, Mapping) else {}, status, getattr(response, "headers", {})
    )


def delivery_error(failure: SlackFailure, ref: str | None = None) -> DeliveryError:
    """The failure as what delivery handles. ``ref``: the message that was to be edited or replied to."""
    code = failure.code
    if failure.is_rate_limited:
        return RetryLater(min(failure.retry_after_s or RETRY_AFTER_S, MAX_RETRY_S))
    if code in TRANSIENT:
        return RetryLater(failure.retry_after_s or TRANSIENT[code], code)
    if code == "message_limit_exceeded":
        return RetryLater(QUOTA_S, code, whole_workspace=True)
    if code in UNKNOWN_OUTCOME or failure.status >= 500 or not code:
        return OutcomeUnknown(code or f"HTTP {failure.status}")
    if code in INSTALLATION_ERRORS:
        return Undeliverable(INSTALLATION_ERRORS[code], whole_workspace=True)
    if code == "missing_scope":
        scope = f" {failure.needed_scope}" if failure.needed_scope else ""
        return ScopeMissing(f"My token lacks the scope{scope}. {INSTALL_REMEDY}", whole_workspace=True)
    if code in MESSAGE_GONE and ref is not None:
        return MessageGone(ref)
    if code in INVALID_REQUEST:
        return MessageRejected(code)
    return Undeliverable(CHANNEL_ERRORS.get(code, f"Slack refuses to post in the channel: “{code}”. {INVITE_REMEDY}"))


def as_delivery_error(error: Exception, ref: str | None = None) -> DeliveryError:
    """Any exception of a call to Slack, as what delivery handles."""
    match error:
        case DeliveryError():
            return error
        case SlackApiError():
            return delivery_error(failure_of(error), ref)
        case aiohttp.ClientConnectorError() | aiohttp.ClientHttpProxyError():
            # It never got as far as sending.
            return RetryLater(UNREACHABLE_S, "Slack cannot be reached")
        case _:
            return OutcomeUnknown(loggable(error))


def loggable(error: BaseException) -> str:
    """An exception's text for a log. aiohttp's own holds addresses and headers, with a proxy's password or a socket's
    ticket in them."""
    return f"HTTP {error.status}" if isinstance(error, aiohttp.ClientResponseError) else repr(error)


class NotOk(Exception):
    """Slack's answer was not ok: the ``__cause__`` of what a call raises."""

    def __init__(self, failure: SlackFailure) -> None:
        super().__init__(failure.code or f"HTTP {failure.status}")
        self.failure = failure


def code_of(error: DeliveryError) -> str:
    """Slack's error code behind an error of a call, ``""`` when there was none."""
    return error.__cause__.failure.code if isinstance(error.__cause__, NotOk) else ""


def parse_retry_after(header: object) -> float | None:
    """The seconds of a ``Retry-After`` header; ``None`` where it is missing or no number."""
    try:
        wanted = float(str(header))
    except ValueError:
        return None
    return wanted if 0 < wanted < float("inf") else None
