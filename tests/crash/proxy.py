"""A network between one process and the database that can be parted."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

CHUNK = 65_536


class Proxy:
    """``path``: the database's socket. Made and used in one event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._refuses = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self, seconds: float) -> None:
        """Every connection ends, and for so long there is none."""
        self._refuses = True
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(seconds)
        self._refuses = False

    async def hold(self, seconds: float) -> None:
        """Nothing arrives for so long, in either direction, and nobody is told."""
        self._open.clear()
        await asyncio.sleep(seconds)
        self._open.set()

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        self._writers.add(writer)
        try:
            if self._refuses:
                return
            answers, there = await asyncio.open_unix_connection(self._path)
            self._writers.add(there)
            ways = [self._pump(reader, there), self._pump(answers, writer)]
            # Whoever hangs up first, both ends do.
            _, left = await asyncio.wait(map(asyncio.create_task, ways), return_when=asyncio.FIRST_COMPLETED)
            for way in left:
                way.cancel()
        except OSError:
            pass
        finally:
            for end in (writer, there):
                if end is not None:
                    self._writers.discard(end)
                    end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
