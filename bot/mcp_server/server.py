"""The MCP server: lists the tools that the shown key may use, and calls them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, TypeAlias

import mcp_types as types
import structlog
from mcp.server import Server
from mcp.server.context import ServerRequestContext

from bot.commands.command import Command
from bot.commands.operations.for_key import Desk
from bot.commands.operations.given import NotAllowed, Refused, read_given, without_nothing
from bot.commands.operations.perform import program_arguments
from bot.commands.operations.schema import to_json
from bot.commands.table import OPERATIONS
from bot.domain import ApiKey
from bot.mcp_server.quoting import quoted, unquoted
from bot.mcp_server.tools import INSTRUCTIONS, ToolDescription, tools
from bot.store import StoreError
from bot.threads import Threads

FAILED = "That failed, and it is not your fault: the operator finds the reason in the log."

log = structlog.get_logger(__name__)

Context: TypeAlias = ServerRequestContext[dict[str, Any], Any]
TokenOf = Callable[[Context], str]
"""The token that a request shows; empty: none."""


class Tools:
    """Answers the requests of the protocol. What a key may not do is not even listed."""

    def __init__(
        self, desk: Desk, threads: Threads, token_of: TokenOf, operations: Sequence[Command] = OPERATIONS
    ) -> None:
        self._desk = desk
        self._threads = threads
        self._token_of = token_of
        self._commands = {command.name: command for command in operations}
        self._tools = {tool.name: tool for tool in tools(operations)}

    def server(self) -> Server[dict[str, Any]]:
        return Server(
            "lookout",
            version=version("lookout-bot"),
            title="Lookout",
            instructions=INSTRUCTIONS,
            on_list_tools=self.list_tools,
            on_call_tool=self.call_tool,
        )

    async def list_tools(self, context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        key = await self._key(context)
        return types.ListToolsResult(tools=[_shown(tool) for tool in self._tools.values() if self._may(tool, key)])

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        key = await self._key(context)
        tool = self._tools.get(params.name)
        if tool is None or not self._may(tool, key):
            return _failed(f"There is no tool “{params.name}” for this key: list the tools.")
        try:
            result = await self._threads(partial(self._call, tool, params.arguments or {}, key))
        except (Refused, StoreError) as error:
            return _failed(str(error))
        except Exception:
            log.exception("mcp.failed", operation=tool.name)
            return _failed(FAILED)
        text = json.dumps(result, ensure_ascii=False)
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=result)

    def _call(self, tool: ToolDescription, arguments: dict[str, Any], key: ApiKey | None) -> Any:
        command = self._commands[tool.name]
        raw = without_nothing({name: unquoted(value) for name, value in arguments.items()})
        given = read_given(program_arguments(command), raw)
        result = self._desk.perform(command, given, key)
        return to_json(result, quoted)

    def _may(self, tool: ToolDescription, key: ApiKey | None) -> bool:
        try:
            self._desk.admit(self._commands[tool.name], key)
        except NotAllowed:
            return False
        return True

    async def _key(self, context: Context) -> ApiKey | None:
        token = self._token_of(context)
        return await self._threads(partial(self._desk.key, token)) if token else None


def _shown(tool: ToolDescription) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.takes,
        output_schema=tool.gives,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.read_only,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.read_only,
            open_world_hint=False,
        ),
    )


def _failed(sentence: str) -> types.CallToolResult:
    """What others wrote may stand in the sentence: it names what was asked for."""
    return types.CallToolResult(content=[types.TextContent(type="text", text=quoted(sentence))], is_error=True)
