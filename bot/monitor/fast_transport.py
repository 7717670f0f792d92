"""Requests through pyreqwest, for a third of the processor time: the extra ``fast``.

Its client looks names up by itself and takes fixed addresses only when it is built
(https://docs.rs/reqwest/latest/reqwest/struct.ClientBuilder.html#method.resolve). So clients are built, each for a few
names whose addresses were checked. A name that no client knows waits for the next one; until then, and whenever its
client cannot connect or cannot read an answer's head, the request is to go the plain way, which also finds the words
for what is wrong. So do the next ones of a name whose answer broke off, or did not come in time.
"""

from __future__ import annotations

import asyncio
import math
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from pyreqwest.client import Client
    from pyreqwest.request import StreamRequest
    from pyreqwest.response import Response

NAMES_A_CLIENT = 30
"""A client remembers its TLS sessions with 31 servers, out of 256 sessions
(https://docs.rs/rustls/latest/rustls/client/struct.Resumption.html#method.in_memory_sessions). A page that is read
again goes on with its own: it sends no certificates, 2 to 4 kB each time, and nobody has to verify them."""
BUILD_S = 30.0
"""How long names wait for a client, unless so many wait that they fill one."""
MAX_CLIENTS = 240
"""Each takes 0.2 MB, and 5 milliseconds to build. With more names than these have room for, each takes more, and
sessions are forgotten."""
MAX_NAMES = 20_000
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

    def __init__(
        self,
        tls: ssl.SSLContext,
        connect_s: float,
        monotonic: Callable[[], float],
        *,
        max_clients: int = MAX_CLIENTS,
        max_names: int = MAX_NAMES,
    ) -> None:
        from pyreqwest import client, exceptions

        self._roots: Sequence[bytes] = tls.get_ca_certs(binary_form=True)
        self._connect_s = connect_s
        self._monotonic = monotonic
        self._max_clients = max_clients
        self._max_names = max_names
        self._error = exceptions.PyreqwestError
        self._builder = client.ClientBuilder
        self._pinned: dict[str, _Pinned] = {}
        """By name; who was asked longest ago comes first."""
        self._waiting: dict[str, str] = {}
        """By name, addresses that no client knows."""
        self._avoided: dict[str, float] = {}
        """By name, until when."""
        self._built_at: float | None = None

    async def aclose(self) -> None:
        for pinned in set(self._pinned.values()):
            await pinned.client.close()

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
        client = self._client_for(name, checked)
        if client is None:
            return None
        try:
            sending = client.request(method, url).headers(headers)
            streamed = (sending if content is None else sending.body_bytes(content)).build_streamed()
            response = await streamed.__aenter__()
            try:
                return FastResponse(streamed, response, self._error, partial(self._avoid, name))
            except ValueError:
                await streamed.__aexit__(None, None, None)
                raise
        except (self._error, ValueError):
            # ValueError: a header, of either side, that is not ASCII.
            self._avoid(name)
            return None
        except asyncio.CancelledError:
            # Mostly its time is over. A server that says nothing to a resumed session would never answer.
            self._avoid(name)
            raise

    def _avoid(self, name: str) -> None:
        self._avoided[name] = self._monotonic() + AVOID_S

    def _client_for(self, name: str, checked: Sequence[str]) -> Client | None:
        """One that goes to an address that was checked for this very request."""
        address = next((one for one in checked if "%" not in one), None)
        if address is None or not _NAME.fullmatch(name) or self._monotonic() < self._avoided.get(name, 0.0):
            return None
        pinned = self._pinned.pop(name, None)
        if pinned is not None:
            self._pinned[name] = pinned
            if pinned.addresses[name] in checked:
                self._waiting.pop(name, None)
                return pinned.client
        self._waiting[name] = address
        now = self._monotonic()
        if self._built_at is not None and now - self._built_at < BUILD_S and len(self._waiting) < NAMES_A_CLIENT:
            return None
        self._built_at = now
        self._avoided = {name: until for name, until in self._avoided.items() if now < until}
        return self._pin_waiting().client

    def _pin_waiting(self) -> _Pinned:
        """A client for the names that wait, and for those of others that find room in it. What these have under way
        goes on: each request holds its client."""
        addresses, self._waiting = self._waiting, {}
        for name in addresses:
            if former := self._pinned.pop(name, None):
                del former.addresses[name]
        size = max(NAMES_A_CLIENT, math.ceil(2 * (len(self._pinned) + len(addresses)) / self._max_clients))
        others = deque(sorted((one.addresses for one in set(self._pinned.values())), key=len))
        pinned = self._pin(addresses, others, size)
        if len(others) > 1 and len(others[0]) + len(others[1]) <= size:
            # Names whose addresses change leave clients of few names behind, which would grow more and more.
            self._pin({}, others, size)
        while len(self._pinned) > self._max_names:
            name = next(iter(self._pinned))
            del self._pinned.pop(name).addresses[name]
        return pinned

    def _pin(self, addresses: dict[str, str], others: deque[dict[str, str]], size: int) -> _Pinned:
        """A client for these names, and for those of the smallest of the others as long as there is room."""
        while others and len(addresses) + len(others[0]) <= size:
            addresses |= others.popleft()
        pinned = _Pinned(self._build(addresses), addresses)
        self._pinned |= dict.fromkeys(addresses, pinned)
        return pinned

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


@dataclass(eq=False, frozen=True, slots=True)
class _Pinned:
    """A client, and the names that are asked through it, with the addresses that it knows."""

    client: Client
    addresses: dict[str, str]


class FastResponse:
    """What is read of an answer, under the names of :class:`httpx.Response`."""

    def __init__(
        self, streamed: StreamRequest, response: Response, error: type[Exception], on_broken: Callable[[], None]
    ) -> None:
        self.status_code = response.status
        every = response.headers.getall
        self.headers = {name: ", ".join(values) for name in READ_HEADERS if (values := every(name))}
        self._streamed = streamed
        self._reader = response.body_reader
        self._error = error
        self._on_broken = on_broken

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        try:
            while (chunk := await self._reader.read_chunk()) is not None:
                yield bytes(chunk)
        except self._error as error:
            self._on_broken()
            raise httpx.ReadError(str(error)) from error

    async def aclose(self) -> None:
        await self._streamed.__aexit__(None, None, None)
