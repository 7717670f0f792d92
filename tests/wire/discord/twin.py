"""``discord-digital-twin``, a Discord server over real sockets, in a process of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INSTALLED = HERE.parent / "node_modules" / "discord-digital-twin"
LINE_MOST = 2**22
STOP_S = 5.0


class Twin:
    """``rest`` and ``gateway``: where it is. ``channels``: two text channels of its one server, ``guild``."""

    def __init__(self, process: asyncio.subprocess.Process, at: dict[str, Any]) -> None:
        self.rest: str = at["rest"]
        self.gateway: str = at["gateway"]
        self.guild: str = at["guild"]
        self.user: str = at["user"]
        self.channels: list[str] = at["channels"]
        self._process = process
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._count = 0
        self._reading = asyncio.create_task(self._read())

    async def do(self, act: str, **given: Any) -> Any:
        """One of ``twin.mjs``'s acts."""
        self._count += 1
        done = self._asked[self._count] = asyncio.get_running_loop().create_future()
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"id": self._count, "do": act, "with": given}).encode() + b"\n")
        return await done

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            told = json.loads(line)
            done = self._asked.pop(told["id"])
            if "failed" in told:
                done.set_exception(AssertionError(told["failed"]))
            else:
                done.set_result(told["did"])

    async def close(self) -> None:
        self._reading.cancel()
        assert self._process.stdin
        self._process.stdin.close()
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def twin() -> AsyncIterator[Twin]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "node", HERE / "twin.mjs", stdin=pipe, stdout=pipe, cwd=HERE, limit=LINE_MOST
    )
    assert process.stdout
    first = await process.stdout.readline()
    found = Twin(process, json.loads(first))
    try:
        yield found
    finally:
        await found.close()
