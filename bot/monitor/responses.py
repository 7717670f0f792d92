"""What asking a page can come to, and the door that asks: values and a protocol, no HTTP."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.store.values import Validator


@dataclass(frozen=True, slots=True)
class Hints:
    """What the server says about its next reading, in seconds: ``Retry-After``, and ``max-age`` of Cache-Control."""

    retry_after_s: float | None = None
    max_age_s: float | None = None


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


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body. ``url`` is where it came from after redirects; ``content_type`` is lower case, without parameters."""

    url: str
    content: bytes
    content_type: str | None
    validator: Validator
    hints: Hints = NO_HINTS


@dataclass(frozen=True, slots=True)
class NotModified:
    """The same as when ``validator`` was last given: the server says so, or the body has the same digest. ``url`` as
    in :class:`Fetched`."""

    validator: Validator
    hints: Hints = NO_HINTS
    url: str = ""


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """``reason`` is one clear sentence for a user. ``status`` is the HTTP status where there was one."""

    kind: FetchFailure
    reason: str
    hints: Hints = NO_HINTS
    status: int | None = None

    @property
    def absent(self) -> bool:
        """The server answers that there is no such page."""
        return self.status in (404, 410)


Answer = Fetched | NotModified | FetchFailed


class Getter(Protocol):
    """Asks for one URL. Never raises but for cancellation."""

    def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Awaitable[Answer]:
        """``house``: the platform's infrastructure, for shared limits. ``validator`` makes the request conditional."""
