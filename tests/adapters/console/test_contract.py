"""The platforms that hold the contract without a network, and the fake that other tests trust."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from bot.adapters.console import ConsoleAdapter
from bot.domain import Channel
from bot.message import Message
from tests.adapters.contract import AdapterContract, Seat
from tests.fakes import Clock, ListAdapter
from tests.text import read


class TestConsole(AdapterContract):
    @contextmanager
    def seat(self) -> Iterator[Seat]:
        paper = io.StringIO()
        adapter = ConsoleAdapter(Console(file=paper, width=100), Clock())
        yield Seat(adapter, Channel("console", "local", "main"), paper.getvalue)


class TestFake(AdapterContract):
    @contextmanager
    def seat(self) -> Iterator[Seat]:
        adapter, where = ListAdapter(), Channel("list", "w1", "a")

        def screen() -> str:
            return "".join(filter(str.isprintable, "\n".join(_all(m) for m in adapter.messages[where].values())))

        yield Seat(adapter, where, screen, fresh=lambda: adapter)


class TestFakeThatDropsRepeatedKeys(TestFake):
    @contextmanager
    def seat(self) -> Iterator[Seat]:
        with super().seat() as seat:
            assert isinstance(seat.adapter, ListAdapter)
            seat.adapter.drops = True
            yield seat


def _all(message: Message) -> str:
    return f"{message.summary}\n{read(message)}"
