"""The tools as a language model's program meets them, through the protocol's own client."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import jsonschema
import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from bot.commands.operations.for_key import Desk
from bot.commands.table import OPERATIONS
from bot.domain import Component, IncidentKind, Level, Phase
from bot.mcp_server.quoting import CLOSE, OPEN, quoted
from bot.mcp_server.server import Tools
from bot.mcp_server.transports import PATH, serve_http
from bot.threads import SameThread, Threads
from bot.web.api.rate import Rate
from bot.web.listening import address, listen
from tests.commands.operations.test_operations import PAIR
from tests.commands.talk import Talk, ago, incident, said
from tests.web.api.asked import ELSEWHERE, HERE, Asked

INJECTIONS = Path(__file__).with_name("injections.txt").read_text(encoding="utf-8").splitlines()
PAGE = Path(__file__).parent.parent.parent / "docs" / "mcp.md"
PROMPT = re.compile(r"^\| “(.+)” \| `(\w+)` \| `(\{.*\})` \|$", re.MULTILINE)
CHANGES = {command.name for command in OPERATIONS if command.changes}
T = TypeVar("T")


def with_client(asked: Asked, key: str, use: Callable[[Client], Awaitable[T]], public: bool = True) -> T:
    """What ``use`` makes of a client that shows this key, in the same process."""
    desk = Desk(asked.talk.store, asked.talk.catalog, lambda: asked.talk.now, public)
    token = asked.tokens.get(key, "")

    async def connected() -> T:
        server = Tools(desk, SameThread(), lambda context: token, asked.operations).server()
        async with Client(server) as client:
            return await use(client)

    return asyncio.run(connected())


def listed(asked: Asked, key: str, public: bool = True) -> dict[str, types.Tool]:
    async def tools(client: Client) -> dict[str, types.Tool]:
        return {tool.name: tool for tool in (await client.list_tools()).tools}

    return with_client(asked, key, tools, public)


def call(asked: Asked, key: str, name: str, **arguments: Any) -> types.CallToolResult:
    async def called(client: Client) -> types.CallToolResult:
        return await client.call_tool(name, arguments)

    return with_client(asked, key, called)


def text_of(result: types.CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, types.TextContent)
    return str(content.text)


@pytest.fixture
def asked(talk: Talk) -> Asked:
    return Asked(talk)


def test_a_key_is_not_even_shown_what_it_may_not_do(asked: Asked) -> None:
    facts = {command.name for command in OPERATIONS if command.programs.facts} - {"vendor"}
    assert set(listed(asked, "")) == facts
    assert listed(asked, "", public=False) == {}
    assert not CHANGES & set(listed(asked, "read"))
    assert set(listed(asked, "write")) >= CHANGES | facts


def test_changes_are_marked_as_such(asked: Asked) -> None:
    for name, tool in listed(asked, "write").items():
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (name not in CHANGES)
        assert tool.annotations.destructive_hint is (name in CHANGES)


@pytest.mark.parametrize("key", ["", "read"])
def test_a_change_without_a_write_key_is_refused(asked: Asked, key: str) -> None:
    before = asked.talk.store.channels.subscriptions(HERE)

    async def refused(client: Client) -> list[bool]:
        arguments = {"vendor": ["aws"], "channel": HERE.id}
        return [(await client.call_tool(name, arguments)).is_error for name in sorted(CHANGES)]

    assert all(with_client(asked, key, refused))
    assert asked.talk.store.channels.subscriptions(HERE) == before


def test_a_write_key_changes_its_own_workspace_alone(asked: Asked) -> None:
    assert not call(asked, "write", "subscribe", vendor=["aws"], channel=HERE.id).is_error
    assert "aws" in asked.talk.store.channels.vendors(HERE)
    refused = call(asked, "write", "unsubscribe", vendor=["aws"], channel=ELSEWHERE.id)
    assert refused.is_error
    assert asked.talk.store.channels.vendors(ELSEWHERE) == ("aws",)
    assert ELSEWHERE.id not in text_of(call(asked, "write", "list"))


def test_what_is_wrong_is_told_to_the_model_in_a_sentence(asked: Asked) -> None:
    assert "github" in text_of(call(asked, "", "status", vendor=["githbu"]))
    assert "1 to 366" in text_of(call(asked, "", "history", vendor="github", days=1000))
    assert "list the tools" in text_of(call(asked, "", "format_disk"))
    asked.talk.store.close()
    asked.talk.store.pages = None  # type: ignore[assignment]
    assert "NoneType" not in text_of(call(asked, "", "status", vendor=["github"]))


def test_a_result_is_what_its_schema_says(asked: Asked) -> None:
    schemas = {name: tool.output_schema for name, tool in listed(asked, "").items()}
    for name, arguments in (("status", {"vendor": ["github"]}), ("incident", {"id": "github/now1"})):
        result = call(asked, "", name, **arguments)
        jsonschema.validate(result.structured_content, schemas[name] or {})
        assert json.loads(text_of(result)) == result.structured_content


# --- what vendors write ----------------------------------------------------------------------------------------------


def outside(text: str) -> str:
    """What of a result is not marked as a quotation."""
    return re.sub(f"{re.escape(OPEN)}.*?{re.escape(CLOSE)}", "", text, flags=re.DOTALL)


def phrases(text: str) -> set[str]:
    return set(re.findall(r"(?=\b(\w{3,} \w{3,})\b)", text))


def test_whatever_a_vendor_writes_stays_a_quotation(asked: Asked) -> None:
    talk, attacks = asked.talk, dict(enumerate(INJECTIONS))
    incidents = [
        incident(
            "github",
            f"bad{n}",
            attack,
            ago(hours=n + 1),
            *(said(1, ago(hours=n + 1), attack), said(2, ago(minutes=n), attack, Phase.IDENTIFIED)),
            components=(f"c{n}",),
            url=f"https://x.example/{attack}",
            **({"kind": IncidentKind.MAINTENANCE} if n % 2 else {}),
        )
        for n, attack in attacks.items()
    ]
    parts = [Component(f"c{n}", attack, Level.MAJOR_OUTAGE, group=attack) for n, attack in attacks.items()]
    talk.reading("github", parts, incidents, level=Level.MAJOR_OUTAGE, words=INJECTIONS[0])
    talk.unreadable("gitlab", INJECTIONS[1], ago(hours=1))
    calls: list[tuple[str, dict[str, Any]]] = [
        ("status", {"vendor": ["github", "gitlab"]}),
        ("components", {"vendor": "github"}),
        ("incidents", {"vendor": ["github"]}),
        ("history", {"vendor": "github"}),
        *(("incident", {"id": f"github/bad{n}"}) for n in attacks),
        *(("why", {"incident": f"github/bad{n}", "channel": HERE.id}) for n in attacks),
        *(("incident", {"id": attack}) for attack in INJECTIONS),
    ]

    async def answers(client: Client) -> list[str]:
        return [text_of(await client.call_tool(name, arguments)) for name, arguments in calls]

    texts = with_client(asked, "read", answers)
    written = set().union(*map(phrases, INJECTIONS))
    assert any(phrase in text for text in texts for phrase in written)
    for text in texts:
        shown = outside(text)
        assert not {OPEN, CLOSE} & set(re.findall("</?untrusted>", shown))
        assert not [phrase for phrase in written if phrase in shown]
        assert not re.search("[\u200b-\u200f\u202a-\u202e\U000e0000-\U000e007f]", text)


def test_a_quotation_cannot_be_closed_from_within() -> None:
    for attack in INJECTIONS:
        marked = quoted(attack)
        assert marked.startswith(OPEN)
        assert marked.endswith(CLOSE)
        assert not set("<>＜＞") & set(marked.removeprefix(OPEN).removesuffix(CLOSE))  # noqa: RUF001


def test_a_quoted_value_can_be_passed_back(asked: Asked) -> None:
    assert not call(asked, "", "status", vendor=[f"{OPEN}GitHub{CLOSE}"]).is_error


def test_the_rule_about_quotations_comes_before_any(asked: Asked) -> None:
    async def instructions(client: Client) -> str:
        return str(client.instructions)

    assert OPEN in with_client(asked, "", instructions)


# --- which tool ------------------------------------------------------------------------------------------------------


def prompts() -> list[tuple[str, str, dict[str, Any]]]:
    found = PROMPT.findall(PAGE.read_text(encoding="utf-8"))
    return [(prompt, tool, json.loads(arguments)) for prompt, tool, arguments in found]


def test_the_list_of_prompts_is_long_enough_and_names_each_prompt_once() -> None:
    assert len(prompts()) >= 30
    assert len({prompt for prompt, _, _ in prompts()}) == len(prompts())


def test_the_tool_for_a_prompt_takes_what_the_list_gives_it(asked: Asked) -> None:
    async def called(client: Client) -> None:
        known = {tool.name: tool for tool in (await client.list_tools()).tools}
        for prompt, tool, arguments in prompts():
            jsonschema.validate(arguments, known[tool].input_schema)
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, (prompt, text_of(result))

    with_client(asked, "write", called)


# --- how it is reached -----------------------------------------------------------------------------------------------


def test_a_command_of_the_table_alone_is_a_tool(talk: Talk) -> None:
    asked = Asked(talk, operations=(*OPERATIONS, PAIR))
    assert "pairs a vendor" in (listed(asked, "")["pair"].description or "").casefold()
    assert call(asked, "", "pair", vendor="github", days=2).structured_content["times"] == 2


def test_over_http_each_request_shows_its_key(asked: Asked) -> None:
    async def connected() -> None:
        threads, stop, listening = Threads(2), asyncio.Event(), listen("127.0.0.1", 21_000)
        desk = Desk(asked.talk.store, asked.talk.catalog, lambda: asked.talk.now, public=False)
        url = f"{address(listening)}{PATH}"
        serving = asyncio.create_task(
            serve_http(desk, threads, Rate(100), lambda: 0.0, listening, stop, ("127.0.0.1:*",))
        )
        try:
            for key, can_subscribe in (("read", False), ("write", True)):
                shown = {"authorization": f"Bearer {asked.tokens[key]}"}
                async with (
                    httpx2.AsyncClient(headers=shown, trust_env=False) as http,
                    Client(streamable_http_client(url, http_client=http)) as client,
                ):
                    names = {tool.name for tool in (await client.list_tools()).tools}
                    assert ("subscribe" in names) is can_subscribe
                    answer = await client.call_tool("status", {"vendor": ["github"]})
                    assert answer.structured_content["worst"] == "major_outage"
            async with httpx2.AsyncClient(trust_env=False) as http:
                for headers in ({}, {"authorization": "Bearer wrong"}):
                    refused = await http.post(url, json={}, headers=headers)
                    assert refused.status_code == 401
                rebound = {"host": "evil.example", "authorization": f"Bearer {asked.tokens['read']}"}
                assert (await http.post(url, json={}, headers=rebound)).status_code == 421
        finally:
            stop.set()
            await serving
            threads.close()

    asyncio.run(connected())


def test_over_stdin_and_stdout_it_runs_with_the_key_of_its_settings(asked: Asked, tmp_path: Path) -> None:
    asked.talk.store.close()
    environment = {
        "LOOKOUT_DATABASE_URL": f"sqlite:///{tmp_path / 'lookout.db'}",
        "LOOKOUT_MCP_KEY": asked.tokens["read"],
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),
    }

    async def connected() -> set[str]:
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "bot", "mcp"], env=environment, cwd=tmp_path
        )
        async with Client(command) as client:
            answer = await client.call_tool("list", {})
            assert len(answer.structured_content["subscriptions"]) == 2
            return {tool.name for tool in (await client.list_tools()).tools}

    names = asyncio.run(connected())
    assert "list" in names
    assert "subscribe" not in names
