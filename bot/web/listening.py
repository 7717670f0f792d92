"""The port that pages are served at: taken before anything else runs, so that a wrong setting is one sentence."""

from __future__ import annotations

import socket

MAX_PORTS_TRIED = 20
BACKLOG = 128


class CannotListen(Exception):
    """One sentence that names the setting and says what to do."""


def listen_exactly(host: str, port: int, settings: str) -> socket.socket:
    """On that port alone: others are told of it. ``settings``: their names. Raises :class:`CannotListen`."""
    try:
        return _listening(host, port)
    except (OSError, UnicodeError) as error:
        failure = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise CannotListen(f"{settings}: cannot listen on {host}:{port} ({failure}); take a free port.") from error


def listen(host: str, port: int) -> socket.socket:
    """On ``port``, or the next free one. Raises :class:`CannotListen`."""
    try:
        socket.getaddrinfo(host, port)
    except (socket.gaierror, UnicodeError) as error:
        raise CannotListen(f"{host} is no address of this machine: set LOOKOUT_WEB_HOST to one.") from error
    for candidate in range(port, min(port + MAX_PORTS_TRIED, 65_536)):
        try:
            return _listening(host, candidate)
        except PermissionError as error:
            text = f"Port {candidate} is not for this user: set LOOKOUT_WEB_PORT to one above 1023."
            raise CannotListen(text) from error
        except OSError as error:
            failure = str(error.strerror).partition(" (while")[0]
    raise CannotListen(
        f"No page can be served at {host}, ports {port} to {candidate} ({failure}): "
        "set LOOKOUT_WEB_HOST and LOOKOUT_WEB_PORT."
    )


def _listening(host: str, port: int) -> socket.socket:
    listening = socket.create_server((host, port), backlog=BACKLOG, family=_family(host))
    # Connections inherit it. asyncio sets it only where a socket names its protocol, and without it an answer's body
    # waits for the acknowledgement of its head, 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def address(listening: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
