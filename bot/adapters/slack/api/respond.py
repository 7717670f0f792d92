"""Answers to people that are no acknowledgement: by the ``response_url`` that came with the request, which is good five
times within half an hour, or as a message of the app. Each is tried again as long as that surely doubles nothing.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog

from bot.adapters.slack.api.calls import Calls
from bot.adapters.slack.api.errors import (
    TRANSIENT_S,
    SlackFailure,
    as_delivery_error,
    delivery_error,
    parse_retry_after,
)
from bot.delivery.port import DeliveryError, MessageRejected, OutcomeUnknown, RetryLater

MAX_ATTEMPTS = 3
RETRY_WAIT_S = 1.0
"""Before a second try of what may not have arrived."""

log = structlog.get_logger(__name__)


async def respond(pool: aiohttp.ClientSession, body: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Send the answer to the request ``body``. What surely did not arrive is sent again; what may have arrived is sent
    again only if it is private, for a second copy for all to see does more harm than none."""
    url = str(body.get("response_url") or "")
    if not url:
        log.info("slack.response_url_missing", type=body.get("type"))
        return
    repeatable = answer.get("response_type") != "in_channel"
    for _ in range(MAX_ATTEMPTS):
        error = await _attempt(pool, url, answer)
        match error:
            case None:
                return
            case RetryLater():
                await asyncio.sleep(min(error.delay_s, TRANSIENT_S))
            case MessageRejected():
                answer = _without_blocks(answer)
            case OutcomeUnknown() if repeatable:
                await asyncio.sleep(RETRY_WAIT_S)
            case _:
                break
    log.warning("slack.response_not_sent", error=str(error))


async def _attempt(pool: aiohttp.ClientSession, url: str, answer: Mapping[str, Any]) -> DeliveryError | None:
    """The error of one try, ``None``: it arrived."""
    try:
        async with pool.post(url, json=answer) as response:
            text = await response.text()
            code = _code(text)
            if response.status < 400 and not code:
                return None
            return delivery_error(
                SlackFailure(code, response.status, parse_retry_after(response.headers.get("Retry-After")))
            )
    except (aiohttp.ClientError, TimeoutError) as error:
        return as_delivery_error(error)


def _code(text: str) -> str:
    """The error code of a refusal, ``""`` if it is none."""
    try:
        body = json.loads(text)
    except ValueError:
        return ""
    return str(body.get("error") or "unknown") if isinstance(body, dict) and body.get("ok") is False else ""


def _without_blocks(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "blocks"}


async def post_answer(calls: Calls, workspace: str, args: Mapping[str, Any], method: str = "chat.postMessage") -> bool:
    """Answer a message with a message: ``args`` of ``method``; whether it was posted. What Slack refuses is
    sent without its blocks."""
    reason = ""
    for _ in range(MAX_ATTEMPTS):
        try:
            await calls(workspace, method, args)
        except RetryLater as later:
            reason = str(later)
            await asyncio.sleep(min(later.delay_s, TRANSIENT_S))
        except MessageRejected as refusal:
            reason = str(refusal)
            args = _without_blocks(args)
        except DeliveryError as error:
            reason = str(error)
            break
        else:
            return True
    log.warning("slack.answer_not_posted", channel=args.get("channel"), error=reason)
    return False
