"""A command that stands in the table alone is found at every door: chat, HTTP, OpenAPI, tools, command line, docs."""

from __future__ import annotations

import asyncio
import json

from click.testing import CliRunner
from mcp import Client

from bot.cli.operations import group
from bot.commands.context import CommandContext
from bot.commands.dispatch import answer
from bot.commands.operations.for_key import Desk
from bot.commands.request import Request
from bot.commands.table import COMMANDS, OPERATIONS
from bot.mcp_server.server import Tools
from bot.threads import SameThread
from tests.commands.conftest import fresh, talk
from tests.commands.operations.test_operations import PAIR
from tests.commands.talk import Talk
from tests.operations_page import table
from tests.text import read
from tests.web.api.asked import HERE, Asked

__all__ = ["fresh", "talk"]

WITH_PAIR = (*OPERATIONS, PAIR)
RESULT = {"vendor": "github", "times": 3, "said": "hello there", "others": ["gitlab"]}


def desk(talk: Talk) -> Desk:
    return Desk(talk.store, talk.catalog, lambda: talk.now, public=True)


def test_it_is_typed_in_a_chat(talk: Talk) -> None:
    context = CommandContext(talk.store, talk.catalog, talk.now)
    said = answer(Request("pair", "github --days 3 hello there", HERE, "ana"), context, (*COMMANDS, PAIR))
    assert "times: 3" in read(said.messages)


def test_it_is_asked_over_http_and_described(talk: Talk) -> None:
    asked = Asked(talk, operations=WITH_PAIR)
    assert asked.get("pair", vendor="github", days=3, text="hello there").json() == RESULT
    described = asked.get("/api/openapi.json").json()
    assert described["paths"]["/api/v1/pair"]["get"]["summary"] == PAIR.summary
    assert set(described["components"]["schemas"]["Pairing"]["properties"]) == set(RESULT)


def test_it_is_a_tool(talk: Talk) -> None:
    async def called() -> object:
        async with Client(Tools(desk(talk), SameThread(), lambda context: "", WITH_PAIR).server()) as client:
            assert "pair" in {tool.name for tool in (await client.list_tools()).tools}
            arguments = {"vendor": "github", "days": 3, "text": "hello there"}
            return (await client.call_tool("pair", arguments)).structured_content

    assert asyncio.run(called()) == {**RESULT, "said": "<untrusted>hello there</untrusted>"}


def test_it_is_on_the_command_line(talk: Talk) -> None:
    typed = ["pair", "github", "hello there", "--days", "3", "--json"]
    done = CliRunner().invoke(group(WITH_PAIR, lambda: desk(talk)), typed)
    assert (done.exit_code, json.loads(done.output)) == (0, RESULT)


def test_it_is_a_row_of_the_docs() -> None:
    assert "| `pair` | pairs a vendor with another | `GET pair` |" in table(WITH_PAIR)
