"""Whose address it is: a platform of one vendor has fixed ones, and takes any other for that of the API itself."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit


def is_under(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether the address lies on one of the hosts, or on a host below one."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return any(host == suffix or host.endswith(f".{suffix}") for suffix in hosts)


@lru_cache(maxsize=1024)
def root_of(url: str, tail: re.Pattern[str]) -> str:
    """Where a platform's paths hang: without the query, and without the ``tail`` of a path of its own."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, tail.sub("", parts.path).rstrip("/"), "", ""))


def origin_of(url: str) -> str:
    """Scheme and host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
