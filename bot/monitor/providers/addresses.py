"""Whose address it is: a platform of one vendor has fixed ones, and takes any other for that of the API itself."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_under(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether the address lies on one of the hosts, or on a host below one."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return any(host == suffix or host.endswith(f".{suffix}") for suffix in hosts)
