"""What private pages want to be asked with: headers for one host each, over https alone. Never shown, never logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers of private pages."""

    by_host: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """By ``host`` or ``host:port``, lower case."""

    def headers(self, scheme: str, host: str, port: int) -> Mapping[str, str]:
        """For a request to exactly there; nothing without TLS, nor for a host above or below, nor another port."""
        if scheme != "https":
            return {}
        key = host.lower() if port == HTTPS_PORT else f"{host.lower()}:{port}"
        return self.by_host.get(key, {})
