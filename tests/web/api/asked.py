"""The API as a program meets it: two workspaces, a key of each scope, and what their channels subscribe to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.commands.command import Command
from bot.commands.context import Site
from bot.commands.table import OPERATIONS
from bot.domain import ApiKey, Channel, Component, Level, Scope
from bot.store.keys import ID_BYTES, SECRET_BYTES
from bot.threads import SameThread
from bot.web.api.routes import Api, Settings
from tests.commands.talk import Talk, ago, incident, said

HERE = Channel("console", "local", "ops")
ELSEWHERE = Channel("console", "remote", "secret-room")
PARTS = (Component("c1", "Git Operations", Level.OPERATIONAL), Component("c2", "Actions", Level.MAJOR_OUTAGE))


@dataclass
class Asked:
    """``get`` and ``send`` ask in-process; ``clock_s`` is what rates go by."""

    talk: Talk
    public: bool = True
    per_minute: int = 10_000
    operations: Sequence[Command] = OPERATIONS
    tokens: dict[str, str] = field(default_factory=dict)
    clock_s: float = 0.0
    then: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    """At which second what happens, while somebody waits."""
    _apis: dict[Settings, Api] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.talk.say("subscribe github gitlab")
        self.talk.channel = ELSEWHERE
        self.talk.say("subscribe aws")
        self.talk.channel = HERE
        news = said(1, ago(hours=1), "We look into it.")
        self.talk.reading(
            "github",
            PARTS,
            [incident("github", "now1", "Actions fail", ago(hours=1), news, components=("c2",))],
            level=Level.MAJOR_OUTAGE,
        )
        self.talk.reading("gitlab")
        self.talk.reading("aws", [Component("c1", "EC2", Level.OPERATIONAL)])
        for number, (name, scope, workspace) in enumerate(
            (("read", Scope.READ, "local"), ("write", Scope.WRITE, "local"), ("other", Scope.WRITE, "remote")),
            start=1,
        ):
            key = ApiKey(f"{number:0{2 * ID_BYTES}x}", scope, "console", workspace, name, self.talk.now)
            self.tokens[name] = self.talk.store.keys.create(key, bytes([number]) * SECRET_BYTES)

    @property
    def api(self) -> Api:
        settings = Settings(self.public, self.per_minute)
        if settings not in self._apis:
            self._apis[settings] = Api(
                self.talk.store,
                self.talk.catalog,
                SameThread(),
                lambda: self.talk.now,
                settings,
                self.operations,
                lambda: self.clock_s,
                self.sleep,
                site=Site("https://status.acme.example", True, 30),
            )
        return self._apis[settings]

    async def sleep(self, seconds: float) -> None:
        """Time goes by, and what is to happen then happens."""
        self.clock_s += seconds
        if self.then and self.clock_s >= self.then[0][0]:
            self.then.pop(0)[1]()

    def get(self, path: str, key: str = "", **params: Any) -> httpx.Response:
        return self.send("GET", path, key, **({"params": params} if params else {}))

    def send(
        self, method: str, path: str, key: str = "", *, headers: Mapping[str, str] = {}, **more: Any
    ) -> httpx.Response:
        """``key``: the name of one of ``tokens``."""
        shown = {"authorization": f"Bearer {self.tokens[key]}"} if key else {}
        path = path if path.startswith("/") else f"/api/v1/{path}"

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(Starlette(routes=self.api.routes()))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers={**shown, **headers}, **more)

        return asyncio.run(asked())
