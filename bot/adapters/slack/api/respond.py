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
from bot.adapters.slack.api.errors import TRANSIENT_S, SlackFailure, meaning, seconds, translated
from bot.delivery.port import DeliveryError, MessageRejected, OutcomeUnknown, RetryLater

TRIES = 3
WAIT_S = 1.0
"""Before a second try of what may not have arrived."""

log = structlog.get_logger(__name__)


async def respond(pool: aiohttp.ClientSession, body: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Send the answer to the request ``body``. What surely did not arrive is sent again; what may have arrived is sent
    again only if it is private, for a second copy for all to see does more harm than none."""
    url = str(body.get("response_url") or "")
    if not url:
        log.info("an answer has nowhere to go", type=body.get("type"))
        return
    repeatable = answer.get("response_type") != "in_channel"
    for _ in range(TRIES):
        error = await _refusal(pool, url, answer)
        match error:
            case None:
                return
            case RetryLater():
                await asyncio.sleep(min(error.delay_s, TRANSIENT_S))
            case MessageRejected():
                answer = _bare(answer)
            case OutcomeUnknown() if repeatable:
                await asyncio.sleep(WAIT_S)
            case _:
                break
    log.warning("an answer did not arrive", why=str(error))


async def _refusal(pool: aiohttp.ClientSession, url: str, answer: Mapping[str, Any]) -> DeliveryError | None:
    """What became of one try; ``None``: it arrived."""
    try:
        async with pool.post(url, json=answer) as response:
            text = await response.text()
            code = _code(text)
            if response.status < 400 and not code:
                return None
            return meaning(SlackFailure(code, response.status, seconds(response.headers.get("Retry-After"))))
    except (aiohttp.ClientError, TimeoutError) as error:
        return translated(error)


def _code(text: str) -> str:
    """Slack's word for a refusal, ``""`` if it is none."""
    try:
        body = json.loads(text)
    except ValueError:
        return ""
    return str(body.get("error") or "unknown") if isinstance(body, dict) and body.get("ok") is False else ""


def _bare(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "blocks"}


async def say(calls: Calls, workspace: str, args: Mapping[str, Any]) -> bool:
    """A message in answer to one: ``args`` of ``chat.postMessage``; whether it was posted. What Slack refuses is said
    as its bare text."""
    why = ""
    for _ in range(TRIES):
        try:
            await calls(workspace, "chat.postMessage", args)
        except RetryLater as later:
            why = str(later)
            await asyncio.sleep(min(later.delay_s, TRANSIENT_S))
        except MessageRejected as refusal:
            why = str(refusal)
            args = _bare(args)
        except DeliveryError as error:
            why = str(error)
            break
        else:
            return True
    log.warning("a question was not answered", channel=args.get("channel"), why=why)
    return False
