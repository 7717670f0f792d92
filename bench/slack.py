"""One incident for 200 Slack workspaces of 50 channels each, and for 20: posts per second of delivery and the Slack
adapter into a sink, against the bare client that the adapter is made of, with one pool of connections for all.

Delivery claims channels, works their cards out, renders them, commits each intent, posts, and commits each result; the
bare client posts the same bodies with the same tokens. By turns in one process on one core; the sink has the other.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bench.deliver import post_all, timed
from bench.fanout import Nobody, Page
from bench.machine import pin
from bench.result import Result, Say, at_least, ratio
from bench.server import chat_server
from bench.world import Clock, World, polling, slug, subscribe, vendors
from bot import routing
from bot.adapters.slack.adapter import SlackAdapter
from bot.adapters.slack.api.calls import Calls, session, web_client
from bot.adapters.slack.api.rate_limit import RateLimiter
from bot.adapters.slack.api.tokens import WorkspaceToken
from bot.adapters.slack.render.message import RenderContext
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter

WORKSPACES, FEW_WORKSPACES = 200, 20
CHANNELS = 50
"""In each workspace."""


@dataclass
class Tenants:
    """Every workspace has installed the app."""

    tokens: Mapping[str, str]
    _known: dict[str, WorkspaceToken] = field(default_factory=dict)

    async def of_workspace(self, workspace: str) -> WorkspaceToken | None:
        if workspace not in self._known:
            self._known[workspace] = WorkspaceToken(workspace, self.tokens[workspace], "UBOT")
        return self._known[workspace]

    async def for_request(self, enterprise: str | None, team: str | None, *, org: bool) -> WorkspaceToken | None:
        return await self.of_workspace(team or "")

    async def has_changed(self, token: WorkspaceToken) -> bool:
        return False


class Counting(Calls):
    """Keeps the newest body and counts."""

    count = 0
    last: Mapping[str, Any] = {}
    rest = ""

    async def __call__(
        self, workspace: str, method: str, args: Mapping[str, Any], *, ref: str | None = None, extra_json: str = ""
    ) -> Mapping[str, Any]:
        self.count += 1
        self.last, self.rest = args, extra_json
        return await super().__call__(workspace, method, args, ref=ref, extra_json=extra_json)

    @property
    def body(self) -> Mapping[str, Any]:
        return {**self.last, **json.loads(f"{{{self.rest}}}")}


def measure(quick: bool, say: Say) -> list[Result]:
    pin(0)
    with chat_server() as url:
        few = asyncio.run(_measure(url, FEW_WORKSPACES, 3 if quick else 5, say))
        return few if quick else [*asyncio.run(_measure(url, WORKSPACES, 5, say)), *few]


async def _measure(url: str, workspaces: int, rounds: int, say: Say) -> list[Result]:
    clock, page = Clock(), Page()
    tokens = {f"T{number}": f"xoxb-{number}" for number in range(workspaces)}
    everyone = [Channel("slack", team, f"C{number}") for number in range(CHANNELS) for team in tokens]
    catalog = vendors(1, lambda _: "https://v0.pages.example")
    async with session(url) as pool, polling(catalog, Nobody(), clock) as world:
        client, bare_client = web_client(pool, url), AsyncWebClient(base_url=url, session=pool)
        world.store.records.record(page.recording(), routing.route)
        say(f"{len(everyone):,} channels subscribe")
        subscribe(world, everyone, slug(0), [Filter()] * len(everyone))
        body: dict[str, Any] = {}

        async def bare(number: int) -> None:
            channel = everyone[number]
            await bare_client.chat_postMessage(**(body | {"channel": channel.id}), token=tokens[channel.workspace])

        spent: dict[str, list[tuple[float, float]]] = {"delivery": [], "bare": []}
        for round_ in range(rounds + 1):
            say(f"round {round_} of {rounds}")
            pace = RateLimiter(time.monotonic)
            calls = Counting(client, Tenants(tokens), pace)
            chat = SlackAdapter(calls, RenderContext(), pace, clock)
            await world.threads(lambda: world.store.records.record(page.recording(page.opened()), routing.route))
            delivered = await timed(lambda: _deliver(world, chat))  # noqa: B023
            body |= calls.body
            took = {"delivery": delivered, "bare": await timed(lambda: post_all(bare, len(everyone)))}
            if calls.count != len(everyone):
                raise AssertionError(f"{calls.count} posts for {len(everyone)} channels: the measurement is void")
            if round_:
                for name, times in took.items():
                    spent[name].append(times)
    wall = {name: [times[0] for times in rounds_] for name, rounds_ in spent.items()}
    cpu = {name: [times[1] for times in rounds_] for name, rounds_ in spent.items()}
    return [
        at_least(
            f"One incident, {workspaces} Slack workspaces of {CHANNELS} channels ÷ bare slack_sdk, posts per second",
            ratio(wall["bare"], wall["delivery"]),
            0.8,
            f"{len(everyone) / median(wall['delivery']):,.0f} posts per second; "
            f"by CPU {ratio(cpu['bare'], cpu['delivery']):.2f}",
        )
    ]


async def _deliver(world: World, chat: SlackAdapter) -> None:
    await Delivery(world.store, [chat], world.threads, world.clock).run_until_quiet()
