"""Serves the demo's pages over HTTP on this machine, as they are at the demo's time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from bot.cli.demo import pages
from bot.cli.demo.story import Site

VIEWS = {
    "summary.json": pages.summary,
    "incidents.json": pages.incidents,
    "scheduled-maintenances.json": pages.maintenances,
}


HOST = "127.0.0.1"


@contextmanager
def serve(sites: Sequence[Site], now: Callable[[], datetime]) -> Iterator[Callable[[Site], str]]:
    """Serve the pages as they are at ``now()``. Gives a function from a site to its page's URL."""
    server = ThreadingHTTPServer((HOST, 0), _handler({str(site.slug): site for site in sites}, now))
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.05,), name="story-pages", daemon=True).start()
    try:
        yield lambda site: f"http://{HOST}:{server.server_port}/{site.slug}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(sites: dict[str, Site], now: Callable[[], datetime]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            slug, _, rest = self.path.lstrip("/").partition("/")
            view = VIEWS.get(rest.removeprefix("api/v2/"))
            if slug not in sites or view is None:
                self._send(HTTPStatus.NOT_FOUND, b"{}")
                return
            content = json.dumps(view(sites[slug], now()), ensure_ascii=False).encode()
            etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
            fresh = self.headers.get("If-None-Match") == etag
            self._send(HTTPStatus.NOT_MODIFIED if fresh else HTTPStatus.OK, b"" if fresh else content, etag)

        def _send(self, status: HTTPStatus, content: bytes, etag: str | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Logs nothing: the terminal shows the channel."""

    return Handler
