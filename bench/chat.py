"""Chat platforms for the benchmark: one that only notes when an act reached it, one that posts to a local server."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import aiohttp

from bot.delivery.port import LookupUnsupported
from bot.domain import Channel
from bot.message import Fields, Items, Message, Paragraph, Quote, plain_text

PLATFORM = "bench"
_JSON = {"Content-Type": "application/json"}
OnMessage = Callable[[str, Channel, Message], None]


class Noting:
    """Takes everything at once. ``on_message(verb, channel, message)`` is called as the act is handed over."""

    def __init__(self, on_message: OnMessage | None = None) -> None:
        self.count = 0
        self._on_message = on_message

    @property
    def platform(self) -> str:
        return PLATFORM

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return self._note("post", channel, message)

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return self._note("reply", channel, message)

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        self._note("edit", channel, message)

    async def find(self, channel: Channel, key: str) -> str | None:
        raise LookupUnsupported

    async def notify_user(self, channel: Channel, user: str, message: Message) -> None:
        self._note("tell", channel, message)

    def _note(self, verb: str, channel: Channel, message: Message) -> str:
        self.count += 1
        if self._on_message is not None:
            self._on_message(verb, channel, message)
        return f"m{self.count}"


class Posting(Noting):
    """Posts the message, as JSON of the size that chat platforms are sent, with one shared client."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        super().__init__()
        self._last: dict[str, Any] = {}
        self._card = ""
        self._session = session
        self._url = url

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        return await self._send(channel, message, key, {})

    async def reply(self, channel: Channel, root: str, message: Message, key: str, *, broadcast: bool) -> str:
        return await self._send(channel, message, key, {"thread_ts": root})

    async def edit(self, channel: Channel, ref: str, message: Message, key: str) -> None:
        await self._send(channel, message, key, {"ts": ref})

    async def _send(self, channel: Channel, message: Message, key: str, about: dict[str, Any]) -> str:
        self.count += 1
        metadata = {"event_type": "lookout", "event_payload": {"key": key}}
        args = {"channel": channel.id, "metadata": metadata, "unfurl_links": False, **about}
        self._last, self._card = args, _card_json(message)
        body = f"{json.dumps(args)[:-1]}, {self._card}}}".encode()
        async with self._session.post(f"{self._url}chat.postMessage", data=body, headers=_JSON) as response:
            return str(json.loads(await response.read())["ts"])

    @property
    def body(self) -> dict[str, Any]:
        """Of the newest."""
        return {**self._last, **json.loads(f"{{{self._card}}}")}


@lru_cache(maxsize=256)
def _card_json(message: Message) -> str:
    """About what a renderer makes of a message, between braces: written out once for all channels, as Slack's adapter
    does it."""
    return json.dumps({"text": message.summary, "attachments": _attachments(message)})[1:-1]


def _attachments(message: Message) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for block in message.blocks:
        match block:
            case Paragraph(line=line):
                blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": plain_text(line)}})
            case Items(lines=lines):
                text = "\n".join(plain_text(line) for line in lines)
                blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
            case Fields(pairs=pairs):
                fields = [{"type": "mrkdwn", "text": f"*{name}*\n{plain_text(line)}"} for name, line in pairs]
                blocks.append({"type": "section", "fields": fields})
            case Quote(text=text):
                blocks.append({"type": "section", "text": {"type": "plain_text", "text": text}})
    return [{"color": message.tone.value, "title": message.title, "blocks": blocks}]
