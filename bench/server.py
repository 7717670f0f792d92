"""The other end of the benchmark, in a process of its own: status pages over TLS, and a chat that takes every post.

Plain asyncio, bodies packed beforehand: it must be much faster than what it serves.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.connection import Connection

import trustme

from bench import pages
from bench.machine import pin

DOMAIN = "pages.test"
SUMMARY = b"/api/v2/summary.json"
UNRESOLVED = b"/api/v2/incidents/unresolved.json"
MAX_CACHED = 3_000
"""Packed answers that are cached; about 4 KB each."""
DIFFERENT = 500
"""So many different pages; a higher number is one of them again, under another name."""


def host(page: int) -> str:
    return f"v{page}.{DOMAIN}"


def summary_etag(page: int) -> str:
    """The ETag of a page's summary on which nothing has been posted."""
    return _etag(SUMMARY.decode(), page % DIFFERENT, 0)


def _etag(path: str, page: int, posts: int) -> str:
    return f'"{path[8:12]}-{page}-{posts}"'


class PageServer:
    """``with PageServer(base) as server``: pages ``0, 1, …`` at :meth:`url`, trusted by :attr:`tls`,
    which knows :attr:`root`, the certificate in PEM, alone.

    ``base``: when the benchmark begins, for the times on the pages.
    """

    def __init__(self, base: datetime) -> None:
        authority = trustme.CA()
        self.tls = ssl.create_default_context()
        authority.configure_trust(self.tls)
        self.root = authority.cert_pem.bytes()
        certificate = authority.issue_cert(f"*.{DOMAIN}")
        pem = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        self._args = (base, certificate.private_key_pem.bytes() + pem)

    def __enter__(self) -> PageServer:
        self._pipe, theirs = get_context("spawn").Pipe()
        self._process = get_context("spawn").Process(target=_serve_pages, args=(theirs, *self._args), daemon=True)
        self._process.start()
        self.port: int = self._pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def url(self, page: int) -> str:
        return f"https://{host(page)}:{self.port}"

    def validate(self, on: bool) -> None:
        """From now on pages have an ETag and honour it, or have none."""
        self._say("validate", int(on))

    def post(self, page: int) -> None:
        """The page's open incident says something new, which begins with :func:`time.time`; it opens the first time."""
        self._say("post", page)

    def post_everywhere(self, count: int) -> None:
        """The same on pages ``0`` up to ``count``."""
        self._say("post everywhere", count)

    def answered(self) -> dict[int, int]:
        """How many requests have been answered, by status."""
        return self._say("answered", 0)

    def _say(self, word: str, number: int) -> dict[int, int]:
        self._pipe.send((word, number))
        answered: dict[int, int] = self._pipe.recv()
        return answered


class _Site:
    def __init__(self, base: datetime) -> None:
        self.base = base
        self.validate = True
        self.answered = {200: 0, 304: 0}
        self.posts: defaultdict[int, list[tuple[str, datetime, str]]] = defaultdict(list)
        self.packed = lru_cache(maxsize=MAX_CACHED)(self._packed)

    def obey(self, word: str, number: int) -> None:
        match word:
            case "validate":
                self.validate = bool(number)
            case "post":
                self._post(number)
            case "post everywhere":
                for page in range(number):
                    self._post(page)

    def answer(self, request: bytes) -> bytes:
        head = request.lower()
        path = request[4 : request.index(b" ", 4)]
        at = head.index(b"\r\nhost: v") + 9
        page = int(head[at : head.index(b".", at)])
        if page >= DIFFERENT and not self.posts[page]:
            page %= DIFFERENT
        body, etag = self.packed(path, page, len(self.posts[page]) if path in (SUMMARY, UNRESOLVED) else 0)
        if self.validate and b"\r\nif-none-match: " + etag + b"\r\n" in head:
            self.answered[304] += 1
            return b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=10, public\r\nETag: " + etag + b"\r\n\r\n"
        self.answered[200] += 1
        length = str(len(body)).encode()
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Encoding: gzip\r\n"
            b"Cache-Control: max-age=10, public\r\nVary: Accept,Accept-Encoding\r\n"
            + (b"ETag: " + etag + b"\r\n" if self.validate else b"")
            + (b"Content-Length: " + length + b"\r\n\r\n" + body)
        )

    def _packed(self, path: bytes, page: int, posts: int) -> tuple[bytes, bytes]:
        match path:
            case b"/api/v2/summary.json":
                body = pages.summary(page, self.base, self.posts[page][:posts])
            case b"/api/v2/incidents/unresolved.json":
                body = pages.unresolved(page, self.base, self.posts[page][:posts])
            case b"/api/v2/incidents.json":
                body = pages.incidents(page, self.base)
            case _:
                body = pages.maintenances(page, self.base)
        return gzip.compress(body, 6), _etag(path.decode(), page, posts).encode()

    def _post(self, page: int) -> None:
        posts = self.posts[page]
        stamp = time.time()
        posts.append((f"p{page}n{len(posts)}", datetime.fromtimestamp(stamp, UTC), f"{stamp:.6f} we continue to look"))


class _Http(asyncio.Protocol):
    """Requests without bodies, one after another on a connection."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while b"\r\n\r\n" in self._seen:
            request, _, self._seen = self._seen.partition(b"\r\n\r\n")
            self._transport.write(self._answer(request + b"\r\n"))


class _Chat(asyncio.Protocol):
    """Says ``{"ok": true, "ts": …}`` to every POST."""

    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._seen = b""

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n") + 4) > 3:
            head = self._seen[:end].lower()
            at = head.index(b"content-length:") + 15
            length = end + int(head[at : head.index(b"\r\n", at)])
            if len(self._seen) < length:
                return
            self._seen = self._seen[length:]
            _Chat.count += 1
            body = b'{"ok":true,"ts":"%d.000100","channel":"C1","message":{}}' % _Chat.count
            kind = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
            self._transport.write(kind + str(len(body)).encode() + b"\r\n\r\n" + body)


@contextmanager
def chat_server() -> Iterator[str]:
    """The address of a chat that takes every post at once."""
    pipe, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve_chat, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{pipe.recv()}/"
    finally:
        process.terminate()
        process.join()


def _serve_pages(pipe: Connection, base: datetime, pem: bytes) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        tls.load_cert_chain(file.name)
    site = _Site(base)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Http(site.answer), "127.0.0.1", 0, ssl=tls, backlog=1024)

        def obey() -> None:
            site.obey(*pipe.recv())
            pipe.send(site.answered)

        loop.add_reader(pipe.fileno(), obey)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    pin(1)
    asyncio.run(serve())


def _serve_chat(pipe: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Chat, "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    pin(1)
    asyncio.run(serve())
