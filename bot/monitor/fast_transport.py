"""Requests through pyreqwest, for less than half of the processor time: the extra ``fast``.

Its client looks names up by itself and takes fixed addresses only when it is built
(https://docs.rs/reqwest/latest/reqwest/struct.ClientBuilder.html#method.resolve). So one client serves all names whose
address was checked, and is built anew, seldom, when others have come up. Until then, and whenever it cannot connect or
cannot read an answer's head, the request is to go the plain way, which also finds the words for what is wrong.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from pyreqwest.client import Client
    from pyreqwest.request import StreamRequest
    from pyreqwest.response import Response

REBUILD_S = 30.0
REBUILD_AFTER = 50
"""Requests that had to go the plain way meanwhile, each two milliseconds dearer; a new client costs some ten."""
MAX_NAMES = 20_000
"""With so many it costs 25 milliseconds."""
AVOID_S = 3600.0
"""A name that could not be served so is asked the plain way for as long."""
READ_HEADERS = (
    *("etag", "last-modified", "cache-control", "retry-after"),
    *("content-type", "content-encoding", "location"),
)
"""Of an answer; any other costs time and is not looked at."""
_NAME = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*")
"""What no parser of URLs takes for an address: 0x7f.1 and 2130706433 are some, to one that follows
https://url.spec.whatwg.org/#concept-ipv4-parser."""


def is_installed() -> bool:
    """Whether the extra is there."""
    return find_spec("pyreqwest") is not None


class FastTransport:
    """Asks names at the addresses that were checked.

    :param tls: its certificates are trusted.
    :param connect_s: how long to wait for a connection.
    :param monotonic: seconds.
    """

    def __init__(self, tls: ssl.SSLContext, connect_s: float, monotonic: Callable[[], float]) -> None:
        from pyreqwest import client, exceptions

        self._roots: Sequence[bytes] = tls.get_ca_certs(binary_form=True)
        self._connect_s = connect_s
        self._monotonic = monotonic
        self._error = exceptions.PyreqwestError
        self._builder = client.ClientBuilder
        self._addresses: dict[str, str] = {}
        """By name, the address that it was last asked at; who was asked longest ago comes first."""
        self._pinned: Mapping[str, str] = {}
        """Those that the client knows."""
        self._avoided: dict[str, float] = {}
        """By name, until when."""
        self._built_at: float | None = None
        self._missed = 0
        """Names that the client did not know, since it was built."""
        self._client = self._build({})

    async def aclose(self) -> None:
        await self._client.close()

    async def ask(
        self,
        method: str,
        name: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        checked: Sequence[str],
    ) -> FastResponse | None:
        """``url``: with ``name`` and a port in it. ``checked``: all addresses that the name may be reached at.
        ``None``: ask the plain way."""
        if not self._may_serve(name, checked):
            return None
        try:
            sending = self._client.request(method, url).headers(headers)
            streamed = (sending if content is None else sending.body_bytes(content)).build_streamed()
            response = await streamed.__aenter__()
            try:
                return FastResponse(streamed, response, self._error)
            except ValueError:
                await streamed.__aexit__(None, None, None)
                raise
        except (self._error, ValueError):
            # ValueError: a header, of either side, that is not ASCII.
            self._avoided[name] = self._monotonic() + AVOID_S
            return None

    def _may_serve(self, name: str, checked: Sequence[str]) -> bool:
        """Whether the client would go to an address that was checked for this very request."""
        if not checked or not _NAME.fullmatch(name) or self._monotonic() < self._avoided.get(name, 0.0):
            return False
        pinned = self._pinned.get(name)
        is_known = pinned in checked
        self._addresses.pop(name, None)
        self._addresses[name] = pinned if pinned and is_known else checked[0]
        if len(self._addresses) > MAX_NAMES:
            del self._addresses[next(iter(self._addresses))]
        return is_known or (self._renew() and self._pinned[name] in checked)

    def _renew(self) -> bool:
        """Whether it was time for a new client, which knows all names that came up."""
        now = self._monotonic()
        self._missed += 1
        if self._built_at is not None and now - self._built_at < REBUILD_S and self._missed < REBUILD_AFTER:
            return False
        self._built_at, self._missed = now, 0
        self._avoided = {name: until for name, until in self._avoided.items() if now < until}
        self._pinned = dict(self._addresses)
        # What the former client has under way goes on: each request holds it.
        self._client = self._build(self._pinned)
        return True

    def _build(self, addresses: Mapping[str, str]) -> Client:
        builder = (
            self._builder()
            .gzip(enable=False)
            .brotli(enable=False)
            .zstd(enable=False)
            .deflate(enable=False)
            .follow_redirects(enable=False)
            .referer(enable=False)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .connect_timeout(timedelta(seconds=self._connect_s))
        )
        for root in self._roots:
            builder = builder.add_root_certificate_der(root)
        for name, address in addresses.items():
            builder = builder.resolve(name, address, 0)
        return builder.build()


class FastResponse:
    """What is read of an answer, under the names of :class:`httpx.Response`."""

    def __init__(self, streamed: StreamRequest, response: Response, error: type[Exception]) -> None:
        self.status_code = response.status
        every = response.headers.getall
        self.headers = {name: ", ".join(values) for name in READ_HEADERS if (values := every(name))}
        self._streamed = streamed
        self._reader = response.body_reader
        self._error = error

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        try:
            while (chunk := await self._reader.read_chunk()) is not None:
                yield bytes(chunk)
        except self._error as error:
            raise httpx.ReadError(str(error)) from error

    async def aclose(self) -> None:
        await self._streamed.__aexit__(None, None, None)
