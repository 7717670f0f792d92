"""Looks names up, and says which addresses a page may be read from: public ones.

A page's URL may come from a user, and its redirects from anybody: neither may reach into the network that Lookout
runs in. The ranges that carry an IPv4 address inside an IPv6 one count as what they carry.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that the network's translator connects to."""
_CLOUD_SERVICES = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
"""What clouds keep for their own services, metadata among them, outside of the private ranges: Azure's
(https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16), and that of RFC 6890."""

_PRIVATE_DOMAINS = frozenset(
    {"corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "private"}
)
"""Top-level names of networks of one's own: RFC 6761, RFC 6762, and ICANN's for private use."""


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """False for anything that is not an address of the public internet, and for what is no address at all."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        embedded = _embedded_ipv4(ip)
        if embedded is None:
            return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_site_local or ip.is_unspecified)
        ip = embedded
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or any(ip in network for network in _CLOUD_SERVICES))


def is_public_name(host: str) -> bool:
    """Whether a name may be one of the public internet: for where somebody else looks it up. A number that some
    resolvers take for an address is none."""
    labels = host.lower().rstrip(".").split(".")
    last = labels[-1]
    if len(labels) < 2 or not all(labels) or not (last.isalpha() or last.startswith("xn--")):
        return False
    return last not in _PRIVATE_DOMAINS and not host.lower().rstrip(".").endswith("home.arpa")


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def literal(host: str) -> str | None:
    """The address, when the host is one already."""
    if ":" not in host and not host[-1:].isdigit():
        return None
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def resolve_host(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order of preference; blocks. Raises ``OSError``."""
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class _DaemonThreads(Executor):
    """A thread for each call. At the end of the program nobody waits for a name server that does not answer."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        Thread(target=run, name="dns", daemon=True).start()
        return future


DNS_EXECUTOR: Executor = _DaemonThreads()
"""Not the loop's default pool: a handful of threads there caps polling at the speed of slow name servers."""
