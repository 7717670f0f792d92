"""Reads pages over HTTP: politely, within limits, from public addresses only. The only user of httpx.

Built on httpx's transport alone: a client's cookies would carry state from poll to poll, and its redirects would be
followed unchecked. One connection a request: one pool with thousands of idle connections grinds to a halt.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

import httpx
import structlog

from bot.domain.refusals import ASK_FOR_HEADERS, ASK_TO_ALLOW
from bot.limits.shared import Ask, Closures, Share
from bot.monitor.addresses import DNS_EXECUTOR, is_public, is_public_name, literal, resolve_host
from bot.monitor.cooldown import SLOW_DOWN, Cooldown
from bot.monitor.credentials import Credentials
from bot.monitor.fast_transport import FastResponse, FastTransport
from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, Hints, NotModified
from bot.monitor.slots import Slots
from bot.monitor.trust import conditional_headers, renewed
from bot.store.values import Validator

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; raises ``OSError`` when the name does not resolve."""
Response = httpx.Response | FastResponse

MAX_REDIRECTS = 5
MAX_ADDRESSES = 4
MAX_PER_HOST = 2
SLOW_S = 2.0
"""Nearly all pages answer within one."""
CONNECT_S = 5.0
MAX_PARSED_URLS = 6_000
"""Kept for their next reading, a kilobyte each: to parse one again takes a twentieth of a request's time."""
MAX_VALIDATOR_CHARS = 500
READABLE = frozenset({200, 203})
"""203 is the same from a proxy that changed something on the way."""
GZIP_MAGIC = b"\x1f\x8b"
MAX_GZIP_MEMBERS = 1000
"""Servers that pack as they go send some; each costs a fresh start."""
OTHER_PACKINGS = frozenset({"br", "zstd", "deflate", "compress", "x-compress", "dcb", "dcz"})
"""What was not asked for and cannot be unpacked. Any other word in Content-Encoding is a mistake and packs nothing."""
UNAUTHORIZED = 401
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NO_CREDENTIALS = Credentials()
ACCEPT = "application/json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"

log = structlog.get_logger(__name__)


class Fetcher:
    """A :class:`bot.monitor.responses.Getter`. Use it from one event loop, and close it there.

    A host that asks to be left alone is, for all of its pages.

    :param contact: a URL or mail address for the User-Agent.
    :param concurrency: readings at once.
    :param per_group: of these, from one rate limit group. Several processes share them, once one was granted its part.
    :param deadline_s: for looking a name up, and again for one reading with its redirects, from when it gets its turn.
    :param max_bytes: of body, once unpacked; ``group_max_bytes``: in place of it for these rate limit groups.
    :param allow_hosts: may resolve to private addresses.
    :param proxy: an HTTP proxy that all requests go through. It looks the names up, so that addresses cannot be
        checked: what may be read is decided by name then.
    :param slow_s: a request that takes longer holds no place that another one could use.
    :param credentials: go to their own hosts alone, on redirects too.
    :param posts: how addresses begin that are asked with POST, each with the JSON to send. Such a request is never
        conditional: a server may refuse it for that.
    :param fast: with the extra ``fast``; not through a proxy.
    :param transport: must honour the ``sni_hostname`` extension, for requests go to the address that was checked.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        contact: str = "",
        concurrency: int = 100,
        per_group: int = 20,
        deadline_s: float = 20.0,
        max_bytes: int = 8_000_000,
        group_max_bytes: Mapping[str, int] = MappingProxyType({}),
        allow_hosts: Collection[str] = (),
        credentials: Credentials = NO_CREDENTIALS,
        posts: Sequence[tuple[str, bytes]] = (),
        proxy: str = "",
        slow_s: float = SLOW_S,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        fast: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._now = now
        self._started = now()
        self._deadline_s = deadline_s
        self._max_bytes = max_bytes
        self._group_max_bytes = group_max_bytes
        self._allow = frozenset(host.lower() for host in allow_hosts)
        self._credentials = credentials
        self._posts = tuple(posts)
        self.closures = Closures(time.monotonic)
        self._cooldown = Cooldown(self.closures)
        self._proxied = bool(proxy)
        self._resolve = resolve or _resolved
        self._all_per_group = self._per_group = per_group
        self._per_host = MAX_PER_HOST
        self._slots = Slots(concurrency)
        self._group_slots: dict[str, Slots] = {}
        self._host_slots: dict[str, Slots] = {}
        self._slow_s = slow_s
        self._slow_hosts: set[str] = set()
        self._headers = {"User-Agent": user_agent(contact), "Accept": ACCEPT, "Accept-Encoding": "gzip"}
        tls = tls or httpx.create_ssl_context(trust_env=False)
        self._transport = transport or httpx.AsyncHTTPTransport(
            verify=tls,
            trust_env=False,
            proxy=proxy or None,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )
        self._fast = FastTransport(tls, CONNECT_S, time.monotonic) if fast and not proxy else None

    def ask(self) -> Ask:
        """What it could use of the requests that one platform's pages may get at once, by the busiest platform."""
        return Ask("pages", self._all_per_group, max((slots.wanted for slots in self._group_slots.values()), default=0))

    def grant(self, share: Share) -> None:
        """Of those requests; of the few that one host may get, each process has an equal part, and one at least."""
        self._per_group, self._per_host = max(1, share.units), max(1, MAX_PER_HOST // max(share.sharers, 1))
        for each, places in ((self._group_slots, self._per_group), (self._host_slots, self._per_host)):
            for slots in each.values():
                slots.resize(places)

    async def aclose(self) -> None:
        """Let go of every connection."""
        await self._transport.aclose()
        if self._fast:
            await self._fast.aclose()

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        """Never raises but for cancellation; see :class:`bot.monitor.responses.Getter`."""
        try:
            target = _parsed(url)
        except _Failed as failed:
            return failed.answer
        host_slots = self._host_slots.setdefault(target.host, Slots(self._per_host))
        group_slots = self._group_slots.setdefault(rate_limit_group, Slots(self._per_group))
        max_bytes = self._group_max_bytes.get(rate_limit_group, self._max_bytes)
        try:
            async with host_slots:
                if (refusal := self._cooldown.refusal(target.host, self._now())) is not None:
                    return refusal
                # Who waits for a name server or a busy group holds no slot that another page could use.
                async with asyncio.timeout(self._deadline_s):
                    addresses = await self._addresses(target)
                async with self._place(target.host, group_slots), asyncio.timeout(self._deadline_s):
                    return await self._follow(target, addresses, validator, max_bytes)
        except _Failed as failed:
            return failed.answer
        except TimeoutError:
            return FetchFailed(
                FetchFailure.TIMEOUT, f"{target.host} did not answer within {self._deadline_s:g} seconds."
            )
        except Exception:
            log.exception("fetch.bug", url=url)
            return FetchFailed(FetchFailure.PROTOCOL, f"{target.host} gave an answer that Lookout could not handle.")

    def _place(self, host: str, group_slots: Slots) -> _Place:
        return _Place(host, (group_slots, self._slots), self._slow_hosts, self._slow_s)

    async def _follow(self, url: _Url, addresses: Sequence[str], validator: Validator | None, max_bytes: int) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._send(url, addresses, validator)
            try:
                if response.status_code not in REDIRECTS or "location" not in response.headers:
                    return await self._answer(url, response, validator, max_bytes)
                url = _redirected(url, response.headers["location"])
                addresses = await self._addresses(url)
            except httpx.TransportError as error:
                raise _failed(FetchFailure.PROTOCOL, f"{url.host} cut the connection before the end.") from error
            finally:
                await response.aclose()
        raise _failed(FetchFailure.REDIRECT, f"{url.host} redirects more than {MAX_REDIRECTS} times.")

    async def _addresses(self, url: _Url) -> Sequence[str]:
        """Where to connect to, checked. IPv4 first: many a container has an IPv6 route that leads nowhere."""
        host = url.name
        address = literal(host.strip("[]"))
        if self._proxied:
            if host.lower() not in self._allow and not (is_public(address) if address else is_public_name(host)):
                raise _failed(
                    FetchFailure.PRIVATE,
                    f"{url.host} is no public name. {ASK_TO_ALLOW}",
                )
            return [host]
        try:
            found = [address] if address else await self._resolve(host, url.port)
        except (OSError, UnicodeError) as error:
            raise _failed(FetchFailure.DNS, f"{url.host} does not resolve.") from error
        if not found:
            raise _failed(FetchFailure.DNS, f"{url.host} does not resolve.")
        if host.lower() not in self._allow and not all(is_public(address) for address in found):
            raise _failed(
                FetchFailure.PRIVATE,
                f"{url.host} is a private address. {ASK_TO_ALLOW}",
            )
        return sorted(dict.fromkeys(found), key=lambda address: ":" in address)

    async def _send(self, url: _Url, addresses: Sequence[str], validator: Validator | None) -> Response:
        private = self._credentials.headers(url.scheme, url.host, url.port)
        headers = {**self._headers, **private}
        self._started = min(self._started, self._now())  # The clock may have stood ahead then.
        sent = next((content for start, content in self._posts if url.text.startswith(start)), None)
        if sent is None:
            headers |= conditional_headers(validator, url.text, self._now(), self._started)
        else:
            headers["Content-Type"] = "application/json"
        method = "GET" if sent is None else "POST"
        if self._fast and (answer := await self._fast.ask(method, url.name, url.target, headers, sent, addresses)):
            return answer
        headers = {"Host": url.parsed.netloc.decode("ascii"), **headers}
        extensions = {"sni_hostname": url.name, "timeout": {"connect": CONNECT_S}}
        failure: Exception | None = None
        for address in addresses[:MAX_ADDRESSES]:
            target = _at(url.parsed, address)
            request = httpx.Request(method, target, headers=headers, content=sent, extensions=extensions)
            try:
                return await self._transport.handle_async_request(request)
            except httpx.ProxyError as error:
                raise _failed(FetchFailure.CONNECT, f"{url.host} cannot be reached through the proxy.") from error
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                tls = _tls_error(error)
                if tls is not None:
                    raise _failed(FetchFailure.TLS, f"{url.host} has no valid certificate: {tls}.") from error
                failure = error
            except httpx.TransportError as error:
                raise _failed(FetchFailure.PROTOCOL, f"{url.host} cut the connection without an answer.") from error
        who = "The proxy" if self._proxied else url.host
        raise _failed(FetchFailure.CONNECT, f"{who} does not accept connections.") from failure

    async def _answer(self, url: _Url, response: Response, validator: Validator | None, max_bytes: int) -> Answer:
        hints = self._hints(response.headers)
        etag, last_modified = _validator_header(response, "etag"), _validator_header(response, "last-modified")
        if response.status_code == 304 and validator is not None:
            etag, last_modified = etag or validator.etag, last_modified or validator.last_modified
            if (etag, last_modified) != (validator.etag, validator.last_modified):
                validator = replace(validator, etag=etag, last_modified=last_modified)
            return NotModified(validator, hints, url.text)
        if response.status_code not in READABLE:
            self._cooldown.note(url.host, response.status_code, hints, self._now())
            return _refused(url, response, hints)
        body = await self._body(url, response, max_bytes)
        fresh = renewed(validator, Validator(etag, last_modified, hashlib.sha256(body).hexdigest()), self._now())
        if validator is not None and validator.body_digest == fresh.body_digest:
            return NotModified(fresh, hints, url.text)
        content_type = response.headers.get("content-type", "").split(";")[0].strip().lower() or None
        return Fetched(url.text, body, content_type, fresh, hints)

    async def _body(self, url: _Url, response: Response, max_bytes: int) -> bytes:
        """The body, unpacked here and not by httpx: a few bytes of gzip can unpack to gigabytes in one step.

        Its first bytes tell whether it is gzip; headers claim it of plain bodies, and leave it out of packed ones.
        """
        packing = OTHER_PACKINGS.intersection(re.split(r"[\s,]+", response.headers.get("content-encoding", "").lower()))
        if packing:
            raise _failed(
                FetchFailure.PROTOCOL, f"{url.host} answers in the encoding {min(packing)!r}, which was not asked for."
            )
        unpack: _Gunzip | None = None
        body, packed, head = bytearray(), 0, b""
        async for chunk in response.aiter_raw():
            if packed < len(GZIP_MAGIC):
                # A first chunk may be a single byte.
                chunk, head = head + chunk, b""
                if len(chunk) < len(GZIP_MAGIC):
                    head = chunk
                    continue
                unpack = _Gunzip() if chunk.startswith(GZIP_MAGIC) else None
            packed += len(chunk)
            try:
                body += unpack(chunk, max_bytes + 1 - len(body)) if unpack else chunk
            except zlib.error as error:
                raise _failed(FetchFailure.PROTOCOL, f"{url.host} sends a body that cannot be unpacked.") from error
            if max(len(body), packed) > max_bytes:
                raise _failed(FetchFailure.TOO_LARGE, f"{url.host} sends more than {max_bytes / 1e6:g} MB.")
        if unpack and not unpack.ended:
            raise _failed(FetchFailure.PROTOCOL, f"{url.host} cut the connection before the end.")
        return bytes(body) + head

    def _hints(self, headers: Mapping[str, str]) -> Hints:
        retry_after = headers.get("retry-after", "").strip()
        age = _MAX_AGE.search(headers.get("cache-control", ""))
        retry_after_s: float | None = None
        if _SECONDS.fullmatch(retry_after):
            retry_after_s = float(retry_after)
        elif retry_after:
            date = _http_date(retry_after)
            retry_after_s = max(0.0, (date - self._now()).total_seconds()) if date else None
        return Hints(retry_after_s, float(age[1]) if age else None)


class _Gunzip:
    """Unpacks gzip of one member or several (https://www.rfc-editor.org/rfc/rfc1952#section-2.2); what stands behind
    the last one is padding."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._members = 1
        self._rest = b""

    def __call__(self, chunk: bytes, limit: int) -> bytes:
        """At most ``limit`` bytes, of which the last may not be all."""
        unpacked = bytearray()
        chunk = self._rest + chunk
        while True:
            if self._member.eof:
                chunk, self._rest = (chunk, b"") if len(chunk) >= len(GZIP_MAGIC) else (b"", chunk)
                if not chunk.startswith(GZIP_MAGIC):
                    return bytes(unpacked)
                self._members += 1
                if self._members > MAX_GZIP_MEMBERS:
                    raise zlib.error("too many members")
                self._member = zlib.decompressobj(wbits=31)
            unpacked += self._member.decompress(chunk, limit - len(unpacked))
            if not self._member.eof or len(unpacked) >= limit:
                return bytes(unpacked)
            chunk = self._member.unused_data

    @property
    def ended(self) -> bool:
        return self._member.eof


class _Place:
    """``async with``: a place among those that are read at once. A slow host waits for itself: it gives its place back
    after a while, and takes none the next time.

    :param slots: whose places it takes, one after the other.
    """

    def __init__(self, host: str, slots: Sequence[Slots], slow_hosts: set[str], slow_s: float) -> None:
        self._host = host
        self._slots = () if host in slow_hosts else slots
        self._slow_hosts = slow_hosts
        self._slow_s = slow_s
        self._held: list[Slots] = []

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            for slots in self._slots:
                await slots.acquire()
                self._held.append(slots)
        except BaseException:
            _release(self._held)
            raise
        self._begun = loop.time()
        self._leave = loop.call_later(self._slow_s, _release, self._held)

    async def __aexit__(self, *_: object) -> None:
        self._leave.cancel()
        is_slow = asyncio.get_running_loop().time() - self._begun > self._slow_s
        (self._slow_hosts.add if is_slow else self._slow_hosts.discard)(self._host)
        _release(self._held)


def _release(held: list[Slots]) -> None:
    while held:
        held.pop().release()


class _Failed(Exception):
    def __init__(self, answer: FetchFailed) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def _failed(kind: FetchFailure, reason: str) -> _Failed:
    return _Failed(FetchFailed(kind, reason))


def user_agent(contact: str) -> str:
    """``Lookout/0.2.0 (+contact)``."""
    try:
        name = f"Lookout/{version('lookout-bot')}"
    except PackageNotFoundError:
        name = "Lookout"
    printable = re.sub(r"[^\x21-\x7e]+", " ", contact).strip()
    return f"{name} (+{printable})" if printable else name


@dataclass(frozen=True, slots=True)
class _Url:
    """An address, taken apart once: httpx puts each part together whenever it is asked for it."""

    parsed: httpx.URL
    text: str
    scheme: str
    host: str
    """As people write it."""
    name: str
    """As it is looked up."""
    port: int
    target: str
    """All that is asked for, with the port, and the name as it is looked up."""


@lru_cache(maxsize=MAX_PARSED_URLS)
def _parsed(url: str) -> _Url:
    try:
        parsed = httpx.URL(url)
        # Not every name is decoded before somebody asks for it: xn--a stands for none.
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as error:
        raise _failed(
            FetchFailure.URL, f"{url[:200]!r} is not a URL; it should look like https://status.example.com."
        ) from error
    if parsed.scheme not in ("http", "https") or not host:
        raise _failed(
            FetchFailure.URL, f"{url[:200]!r} is not a web page; it should look like https://status.example.com."
        )
    name, port = parsed.raw_host.decode("ascii"), parsed.port or (443 if parsed.scheme == "https" else 80)
    target = f"{parsed.scheme}://{name}:{port}{parsed.raw_path.decode('ascii')}"
    return _Url(parsed, str(parsed), parsed.scheme, host, name, port, target)


@lru_cache(maxsize=MAX_PARSED_URLS)
def _at(url: httpx.URL, address: str) -> httpx.URL:
    """The same at an address in place of its name."""
    return url.copy_with(host=address)


def _redirected(url: _Url, location: str) -> _Url:
    try:
        target = _parsed(str(url.parsed.join(location)))
    except (httpx.InvalidURL, ValueError, _Failed) as error:
        raise _failed(FetchFailure.REDIRECT, f"{url.host} redirects to something that is not a web page.") from error
    if url.scheme == "https" and target.scheme == "http":
        raise _failed(FetchFailure.REDIRECT, f"{url.host} redirects from https to http, which is not followed.")
    return target


def _refused(url: _Url, response: Response, hints: Hints) -> FetchFailed:
    status = response.status_code
    reason = f"{url.host} answers {status} {httpx.codes.get_reason_phrase(status)}".strip()
    if status in SLOW_DOWN:
        reason = f"{url.host} asks to be read less often ({status})"
    elif status == UNAUTHORIZED:
        reason += f". {ASK_FOR_HEADERS}"
    elif status in REDIRECTS:
        reason = f"{url.host} redirects to nowhere ({status})"
    return FetchFailed(FetchFailure.HTTP_STATUS, f"{reason.removesuffix('.')}.", hints, status)


def _validator_header(response: Response, name: str) -> str | None:
    """A validator that can be sent back as it came."""
    value = response.headers.get(name, "").strip()
    return value if value.isascii() and value.isprintable() and 0 < len(value) <= MAX_VALIDATOR_CHARS else None


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _tls_error(error: BaseException) -> str | None:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message.rstrip(".")
        if isinstance(cause, ssl.SSLError):
            return (cause.reason or "the TLS handshake failed").lower().replace("_", " ")
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


async def _resolved(host: str, port: int) -> Sequence[str]:
    return await asyncio.get_running_loop().run_in_executor(DNS_EXECUTOR, resolve_host, host, port)
