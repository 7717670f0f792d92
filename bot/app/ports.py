"""The ports that the bot listens on, taken before anything else runs, so that a wrong setting is one sentence."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from bot.adapters.served import Served
from bot.config import Settings
from bot.web.listening import CannotListen, address, listen, listen_exactly


@dataclass(frozen=True, slots=True)
class Ports:
    """Open until the stack that they were taken on ends."""

    pages: socket.socket | None
    """Where everything is served; ``None``: nowhere."""
    served: tuple[Served, ...] = ()
    """The parts of chat platforms, which are served there, too."""
    own: tuple[tuple[Served, socket.socket], ...] = ()
    """Where one of them is served alone."""

    @property
    def link(self) -> str:
        """What to type into a browser on this machine; empty without pages."""
        return address(self.pages) if self.pages else ""


def take_ports(settings: Settings, served: Sequence[Served], stack: ExitStack) -> Ports:
    """Raises :class:`CannotListen`."""
    own = []
    for one in served:
        if one.port and (one.host, one.port) != (settings.web_host, settings.web_port):
            own.append((one, stack.enter_context(closing(listen_exactly(one.host, one.port, one.settings)))))
        elif not settings.web_port:
            raise CannotListen(f"{one.prefix} is served nowhere: set LOOKOUT_WEB_PORT, or a port in {one.settings}.")
    pages = listen(settings.web_host, settings.web_port) if settings.web_port else None
    return Ports(stack.enter_context(closing(pages)) if pages else None, tuple(served), tuple(own))
