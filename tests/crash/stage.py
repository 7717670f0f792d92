"""The world around the bot: the pages, the chat with its faults and its own log, and the hand that kills."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.crash.tale import EARS, LOST, VENDORS, Tale

FAULTS = {"429": 0.06, "500 before": 0.02, "500 after": 0.03, "cut before": 0.02, "cut after": 0.03, "slow": 0.003}
SLOW_S = 0.8
"""Longer than the bot waits for an answer."""

Json = dict[str, Any]


@dataclass
class Message:
    """What stands in a channel. ``texts``: what it was sent with, and what each edit made of it."""

    channel: str
    ref: str
    verb: str
    under: str | None
    texts: list[str]


@dataclass
class Strike:
    """At the ``request``-th request of a life since the strike before: before it is carried out, after it, or a moment
    later. Or, with ``after_s``, so long after it was planned. It kills, or with ``stop_s`` stops for so long; with
    ``backup`` the database is backed up first, just as it is."""

    request: int
    moment: str
    after_s: float | None = None
    stop_s: float | None = None
    backup: Callable[[], None] | None = None


@dataclass
class Target:
    """A life that is on. ``plan`` says what is to befall it next, ``seen`` counts its requests since it was planned."""

    pid: int
    plan: Callable[[], Strike | None]
    strike: Strike | None = None
    seen: int = 0


@dataclass
class Answer:
    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay_s: float = 0


class Stage:
    """``log``: every message that a channel got, in order. ``requests`` counts what came, ``faults`` what was met."""

    def __init__(self, tale: Tale, random: Random) -> None:
        self.tale = tale
        self.random = random
        self.log: list[Message] = []
        self.told: list[str] = []
        self.requests: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.quiet = False
        self.waits_at: int | None = None
        """After this step the story waits until somebody has done something, which begins when ``reached`` is set."""
        self.reached = asyncio.Event()
        self._step = 0
        self._baseline = 2
        self._changed: set[str] = set(VENDORS)
        self._history_read: set[str] = set()
        self._by_key: dict[tuple[str, str], Message] = {}
        self._by_ref: dict[tuple[str, str], Message] = {}
        self._drops = {ear.id for ear in EARS if ear.drops}
        self._suspended: set[str] = set()
        self.stops = 0
        self._targets: dict[int, Target] = {}

    async def open(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    # --- killing ---------------------------------------------------------------------------------------------------

    def arm(self, life: int, pid: int, plan: Callable[[], Strike | None]) -> None:
        """A life begins."""
        self._targets[life] = target = Target(pid, plan)
        self._plan(life, target)

    def disarm(self, life: int) -> None:
        self._targets.pop(life, None)

    def _plan(self, life: int, target: Target) -> None:
        target.strike, target.seen = target.plan(), 0
        if target.strike and target.strike.after_s is not None:
            asyncio.get_running_loop().call_later(target.strike.after_s, self._hit, life, target, target.strike)

    def _hit(self, life: int, target: Target, strike: Strike) -> None:
        if self._targets.get(life) is not target or target.strike is not strike:
            return
        target.strike = None
        if strike.backup:
            os.kill(target.pid, signal.SIGSTOP)
            self.disarm(life)
            self._ending = asyncio.create_task(_end(target.pid, strike.backup))
        elif strike.stop_s is None:
            os.kill(target.pid, signal.SIGKILL)
            self.disarm(life)
        else:
            self.stops += 1
            os.kill(target.pid, signal.SIGSTOP)
            asyncio.get_running_loop().call_later(strike.stop_s, self._wake, life, target)

    def _wake(self, life: int, target: Target) -> None:
        with suppress(ProcessLookupError):
            os.kill(target.pid, signal.SIGCONT)
        if self._targets.get(life) is target:
            self._plan(life, target)

    def _at(self, moment: str, life: int) -> None:
        target = self._targets.get(life)
        strike = target.strike if target else None
        if target is None or strike is None or strike.after_s is not None:
            return
        if target.seen != strike.request or strike.moment != moment:
            return
        if moment == "later":
            asyncio.get_running_loop().call_later(self.random.uniform(0, 0.02), self._hit, life, target, strike)
        else:
            self._hit(life, target, strike)

    # --- HTTP ------------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split()
                length, life = 0, 0
                while (header := await reader.readline()).strip():
                    name, _, value = header.decode().partition(":")
                    if name.lower() == "content-length":
                        length = int(value)
                    elif name.lower() == "x-life":
                        life = int(value)
                body = json.loads(await reader.readexactly(length)) if length else {}
                await asyncio.sleep(0)
                if reader.at_eof():
                    break
                answer = self._answer(method, target, body, life)
                if answer.delay_s:
                    await asyncio.sleep(answer.delay_s)
                if answer.cut:
                    break
                payload = json.dumps(answer.body).encode()
                head = [
                    f"HTTP/1.1 {answer.status} x",
                    f"Content-Length: {len(payload)}",
                    "Content-Type: application/json",
                ]
                head += [f"{name}: {value}" for name, value in answer.headers.items()]
                writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + payload)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, target: str, body: Json, life: int) -> Answer:
        url = urlsplit(target)
        parts = url.path.strip("/").split("/")
        self.requests[parts[0]] += 1
        waits = self.reached.is_set() and parts[0] == "step"
        if life in self._targets and not waits:
            self._targets[life].seen += 1
        self._at("before", life)
        if life and life not in self._targets and self.random.random() < 0.5:
            return Answer(500, {}, cut=True)
        answer = self._route(method, parts, body, parse_qs(url.query))
        self._at("after", life)
        self._at("later", life)
        return answer

    def _route(self, method: str, parts: list[str], body: Json, query: dict[str, list[str]]) -> Answer:
        match method, parts:
            case "GET", ["page", vendor, *_, name]:
                if name == "incidents.json":
                    self._history_read.add(vendor)
                return Answer(200, self.tale.page(vendor, name))
            case "GET", ["step"]:
                return Answer(200, self._next())
            case "POST", ["step"]:
                self._suspended = set(body["suspended"])
                self.quiet = self.quiet or body["quiet"]
                self._advance(body["step"])
                return Answer(200, {})
            case "GET", ["chat", channel, "find"]:
                known = None if channel in self._drops else self._by_key.get((channel, query["key"][0]))
                return self._with_faults(lambda: Answer(200, {"ref": known.ref if known else None}))
            case "POST", ["chat", channel, "tell"]:
                self.told.append(channel)
                return Answer(200, {})
            case "POST", ["chat", channel, verb]:
                if channel == LOST and self.tale.lost_from <= self.tale.told < self.tale.lost_until:
                    return Answer(403, {"reason": "Invite me to the channel."})
                return self._with_faults(lambda: self._say(channel, verb, body))
        return Answer(404, {})

    def _with_faults(self, carry_out: Callable[[], Answer]) -> Answer:
        fault = self.random.choices([*FAULTS, "none"], [*FAULTS.values(), 1 - sum(FAULTS.values())])[0]
        self.faults[fault] += 1
        if fault == "429":
            return Answer(429, {}, {"Retry-After": f"{self.random.uniform(0.02, 0.2):.3f}"})
        if fault.endswith("before"):
            return Answer(500, {}, cut=fault.startswith("cut"))
        answer = carry_out()
        if fault.endswith("after"):
            return Answer(500, {}, cut=fault.startswith("cut"))
        answer.delay_s = SLOW_S if fault == "slow" else 0
        return answer

    # --- the story -------------------------------------------------------------------------------------------------

    def _next(self) -> Json:
        over = self._is_over() and self.waits_at is None
        return {
            "step": self._step,
            "read": list(VENDORS) if over else sorted(self._changed),
            "over": over,
            "begins": self._step < self._baseline,
            "quiet_now": self.quiet,
            "revive": [LOST] if self.tale.told >= self.tale.lost_until else [],
        }

    def _advance(self, done: int) -> None:
        """On to the next step once the bot has read this one; the lost channel comes back only once it was given up."""
        if done != self._step:
            return
        if self.waits_at is not None and self._step >= self._baseline and self.tale.told >= self.waits_at:
            self.reached.set()
            return
        if self._is_over():
            return
        if self._step < self._baseline:
            self._step += self._step == 0 or self._history_read == set(VENDORS)
        elif self.tale.told != self.tale.lost_until - 1 or LOST in self._suspended:
            self._step += 1
        else:
            return
        if self._step >= self._baseline:
            self._changed = self._tell()

    def _is_over(self) -> bool:
        return self._step >= self._baseline + len(self.tale.steps)

    def _tell(self) -> set[str]:
        return self.tale.tell() if self.tale.told < len(self.tale.steps) else set(VENDORS)

    # --- the chat --------------------------------------------------------------------------------------------------

    def _say(self, channel: str, verb: str, body: Json) -> Answer:
        if verb == "edit":
            edited = self._by_ref.get((channel, body["ref"]))
            if edited is None:
                return Answer(404, {"ref": body["ref"]})
            edited.texts.append(body["text"])
            return Answer(200, {"ref": edited.ref})
        known = self._by_key.get((channel, body["key"]))
        if known and channel in self._drops:
            return Answer(200, {"ref": known.ref})
        if body["under"] and (channel, body["under"]) not in self._by_ref:
            return Answer(404, {"ref": body["under"]})
        message = Message(channel, f"{channel}-{len(self.log)}", verb, body["under"], [body["text"]])
        self.log.append(message)
        self._by_key[channel, body["key"]] = self._by_ref[channel, message.ref] = message
        return Answer(200, {"ref": message.ref})


async def _end(pid: int, backup: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(backup)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
