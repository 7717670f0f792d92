"""One deliverer, in a process of its own: ``python -m bench.deliverer DATABASE SINK SILENT_S`` posts what is due to the
sink until it is told to end."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime

import aiohttp

from bench.chat import Noting
from bot.app.heartbeat import Heartbeat, this_process
from bot.delivery.worker import MAX_CHANNELS, Delivery
from bot.domain import Channel
from bot.logs import configure
from bot.message import Message
from bot.store import Store
from bot.threads import Threads


class SinkChat(Noting):
    """Posts to the sink, which drops what it has."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        super().__init__()
        self._session = session
        self._url = url

    async def post(self, channel: Channel, message: Message, key: str) -> str:
        about = int((message.subject or "").rpartition(" ")[2])
        async with self._session.post(self._url, json={"channel": channel.id, "about": about, "key": key}) as response:
            response.raise_for_status()
            return str((await response.json())["ref"])

    async def find(self, channel: Channel, key: str) -> str | None:
        """The sink itself drops a repeated key."""
        return None


def now() -> datetime:
    return datetime.now(UTC)


async def deliver(database: str, sink: str, silent_s: float) -> None:
    process, stop = this_process(now()), asyncio.Event()
    store, threads = Store(database, process), Threads()
    store.processes.silent_s = silent_s
    heartbeat = Heartbeat(store, threads, now, process, beat_s=silent_s / 3)
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(sys.stdin.fileno())
        stop.set()

    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # It ends with whoever started it, however that ends.
    loop.add_reader(sys.stdin.fileno(), end)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=MAX_CHANNELS)) as session:
        beating = asyncio.create_task(heartbeat.run(stop))
        await Delivery(store, [SinkChat(session, sink)], threads, now, life=heartbeat.life).run(stop)
        await beating
    threads.close()
    store.close(now())


if __name__ == "__main__":
    configure("ERROR")
    asyncio.run(deliver(sys.argv[1], sys.argv[2], float(sys.argv[3])))
