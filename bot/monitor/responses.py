"""What a request for a page can come to, and who makes it: values and a protocol, no HTTP."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.store.values import Validator


@dataclass(frozen=True, slots=True)
class Hints:
    """What the server says about its next reading, in seconds."""

    retry_after_s: float | None = None
    max_age_s: float | None = None
    """Of Cache-Control."""


NO_HINTS = Hints()


class FetchFailure(StrEnum):
    """Why nothing was read."""

    URL = "url"
    DNS = "dns"
    PRIVATE = "private"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    HTTP_STATUS = "http_status"
    PROTOCOL = "protocol"


NETWORK = frozenset({FetchFailure.DNS, FetchFailure.CONNECT, FetchFailure.TIMEOUT})
"""What a request for any page comes to where there is no network; names and connections also time out then."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body."""

    url: str
    """Where it came from after redirects."""
    content: bytes
    content_type: str | None
    """Lower case, without parameters."""
    validator: Validator
    hints: Hints = NO_HINTS


@dataclass(frozen=True, slots=True)
class NotModified:
    """The same as when ``validator`` was last given: the server says so, or the body has the same digest."""

    validator: Validator
    hints: Hints = NO_HINTS
    url: str = ""
    """As in :class:`Fetched`."""


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """Nothing was read. ``reason`` is one clear sentence for a user."""

    kind: FetchFailure
    reason: str
    hints: Hints = NO_HINTS
    status: int | None = None
    """The HTTP status where there was one."""

    @property
    def absent(self) -> bool:
        """The server answers that there is no such page."""
        return self.status in (404, 410)


Answer = Fetched | NotModified | FetchFailed


class Getter(Protocol):
    """Asks for one URL. Never raises but for cancellation."""

    def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Awaitable[Answer]:
        """``rate_limit_group``: whose limits apply, see :class:`bot.monitor.provider.Provider`. ``validator`` makes the
        request conditional."""
