"""A real HTTP server on a free loopback port, for tests: it answers as scripted and remembers what it was asked."""

from __future__ import annotations

import gzip
import hashlib
import ssl
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any

LONGEST_HOLD_S = 30


@dataclass(frozen=True)
class Reply:
    """One scripted answer. ``etag``: given, and honoured with 304. ``hold``: answered once it is set. ``phrase``: what
    the status line says, if not what is usual.

    ``cut_after``: the connection is closed after that many bytes of the body.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    etag: bool = False
    zipped: bool = False
    cut_after: int | None = None
    hold: Event | None = None
    phrase: str | None = None


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    sent: bytes | None = None
    """The body of a POST."""
    resumed: bool = False
    """The connection went on with an earlier one's TLS session."""


class _HttpServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """That a client hung up is its right, and not printed among what the program under test prints."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class PageServer:
    """``with PageServer() as server: server.say("/api/v2/summary.json", Reply(b"{}", etag=True))``.

    Several replies to one path are given one after another; the last one stays. What has no reply gets ``otherwise``, a
    404.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.otherwise = Reply(b"not here", 404, content_type="text/plain")
        self._replies: dict[str, list[Reply]] = {}
        self._lock = Lock()
        self._http = _HttpServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._scheme = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = Thread(target=lambda: self._http.serve_forever(poll_interval=0.01), daemon=True)

    def __enter__(self) -> PageServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for replies in self._replies.values():
            for reply in replies:
                if reply.hold:
                    reply.hold.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def say(self, path: str, *replies: Reply) -> None:
        """From now on."""
        with self._lock:
            self._replies[path] = list(replies)

    def hold(self, path: str) -> Event:
        """What is said there waits until the event is set."""
        gate = Event()
        with self._lock:
            self._replies[path][-1] = replace(self._replies[path][-1], hold=gate)
        return gate

    def count(self, path: str) -> int:
        """How often the path was asked for."""
        return Counter(asked.path for asked in self.asked)[path]

    def take(self, path: str, headers: Mapping[str, str], sent: bytes | None = None, *, resumed: bool = False) -> Reply:
        """Remember the request; the next reply to it."""
        with self._lock:
            self.asked.append(Asked(path, headers, sent, resumed))
            replies: Sequence[Reply] = self._replies.get(path, [])
            if not replies:
                return self.otherwise
            return self._replies[path].pop(0) if len(replies) > 1 else replies[0]


def _handler(server: PageServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go out one after the other: else the second would wait 40 ms until the first is acknowledged.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._take(None)

        def do_POST(self) -> None:
            self._take(self.rfile.read(int(self.headers["Content-Length"])))

        def _take(self, sent: bytes | None) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            resumed = isinstance(self.connection, ssl.SSLSocket) and bool(self.connection.session_reused)
            reply = server.take(self.path, headers, sent, resumed=resumed)
            if reply.hold:
                reply.hold.wait(LONGEST_HOLD_S)
            try:
                self._answer(reply)
            except OSError:
                self.close_connection = True

        def _answer(self, reply: Reply) -> None:
            etag = f'W/"{hashlib.sha256(reply.body).hexdigest()[:16]}"' if reply.etag else None
            unchanged = etag is not None and self.headers.get("If-None-Match") == etag
            body = gzip.compress(reply.body) if reply.zipped else reply.body
            self.send_response(304 if unchanged else reply.status, reply.phrase)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if etag:
                self.send_header("ETag", etag)
            if not unchanged:
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(body)))
                if reply.zipped:
                    self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            if not unchanged:
                self.wfile.write(body[: reply.cut_after])
            self.close_connection = self.close_connection or reply.cut_after is not None

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the test asks what it wants to know."""

    return Handler
