"""A fetcher asks a server on loopback: what the tests of reading over HTTP have in common."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextvars import ContextVar

from bot.monitor.credentials import Credentials
from bot.monitor.fetch import NO_CREDENTIALS, Fetcher
from bot.monitor.responses import Answer, FetchFailed
from bot.store.values import Validator
from tests.monitor.facts import NOON

HOST = "status.acme.test"
TENANT = "x.status.acme.test"
PAGE = "/summary.json"


class Names:
    """A name server: the addresses given for a name, one list a look-up; the last one stays."""

    def __init__(self, **addresses: Sequence[Sequence[str]]) -> None:
        self.addresses = {name.replace("_", "."): list(lists) for name, lists in addresses.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        lists = self.addresses.get(host)
        if not lists:
            raise OSError("no such name")
        return lists.pop(0) if len(lists) > 1 else lists[0]


LOOPBACK = Names(status_acme_test=[["127.0.0.1"]])


FAST = ContextVar("FAST", default=False)


def get(
    *urls: str,
    validator: Validator | None = None,
    names: Names = LOOPBACK,
    allow: Sequence[str] = (HOST,),
    deadline_s: float = 10,
    max_bytes: int = 100_000,
    tls: ssl.SSLContext | None = None,
    credentials: Credentials = NO_CREDENTIALS,
    posts: Sequence[tuple[str, bytes]] = (),
) -> list[Answer]:
    async def ask() -> list[Answer]:
        fetcher = Fetcher(
            lambda: NOON,
            credentials=credentials,
            posts=posts,
            contact="ops@example.com",
            deadline_s=deadline_s,
            max_bytes=max_bytes,
            allow_hosts=allow,
            resolve=names,
            tls=tls,
            fast=FAST.get(),
        )
        try:
            return list(await asyncio.gather(*(fetcher.get(url, "house", validator) for url in urls)))
        finally:
            await fetcher.aclose()

    return asyncio.run(ask())


def failed(answer: Answer) -> FetchFailed:
    assert isinstance(answer, FetchFailed)
    assert answer.reason.endswith(".")
    return answer
