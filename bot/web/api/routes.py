"""Serves the operations: who asks, how often, what is given; then the answer, from the store, off the event loop."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from bot.catalog import Catalog
from bot.commands.command import Command
from bot.commands.context import Site
from bot.commands.operations.for_key import Desk, NoKey
from bot.commands.operations.given import MAX_WAIT_S, BadInput, Given, NotAllowed, Refused, read_given
from bot.commands.operations.results import Changes
from bot.commands.operations.schema import to_json
from bot.commands.table import OPERATIONS
from bot.domain import ApiKey, Slug
from bot.store import Store, StoreUnavailable
from bot.threads import Threads
from bot.web.api.addresses import ROOT, Address, addresses
from bot.web.api.openapi import openapi
from bot.web.api.problems import Problem
from bot.web.api.rate import Rate
from bot.web.api.stream import (
    LAST_EVENT_ID,
    LOOK_AGAIN_S,
    Batch,
    End,
    Following,
    Streams,
    wants_stream,
)
from bot.web.failures import AWAY, BROKEN, RETRY_S
from bot.web.kept import UNTOLD_S, Answer, KeptAnswers, Made, packed

MAX_BODY_BYTES = 32_768
"""Every argument at its longest fits."""
MAX_QUERY_BYTES = 8_192
MAX_ANSWER_S = 10.0
"""From the request's head to its answer, the reading of a body too."""
MAX_WAITING = 100
"""Requests that wait for changes at once: each looks again once a second."""
MAX_THREADS = 4
"""At once, so that the poller and the chats have some left."""
SUBJECTS = frozenset({"vendor", "id", "text"})
"""What is asked about one of these is the same for the whole workspace."""
JSON = "application/json"
PRIVATE = {"vary": "Authorization"}
"""Of every answer: what one may see is not for another."""
CHALLENGE = {"www-authenticate": 'Bearer realm="lookout"'}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """``public``: facts are told without a key. ``per_minute``: requests of a key, or of an address that shows none."""

    public: bool = False
    per_minute: int = 600


class Api:
    """``clock``: seconds that only go forward, for rates. ``stop``: streams end when it is set. ``site``: as for
    :class:`bot.commands.operations.for_key.Desk`."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        threads: Threads,
        now: Callable[[], datetime],
        settings: Settings,
        operations: Sequence[Command] = OPERATIONS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        stop: asyncio.Event | None = None,
        site: Site | None = None,
    ) -> None:
        self._desk = Desk(store, catalog, now, settings.public, site)
        self._threads = threads.limit(MAX_THREADS)
        self._settings = settings
        self._operations = operations
        self._clock = clock
        self._sleep = sleep
        self._end = End(partial(self._threads, store.feed.end), clock)
        self._streams = Streams(self._end, clock, sleep, stop or asyncio.Event())
        self._waiting = 0
        self._rate = Rate(settings.per_minute)
        self._kept = KeptAnswers(store, threads, self._threads, clock)

    def routes(self) -> list[BaseRoute]:
        by_path: dict[str, dict[str, Address]] = {}
        for address in addresses(self._operations):
            by_path.setdefault(address.path, {})[address.method] = address
        routes = [
            Route(
                f"/{path.replace('{id}', '{id:path}').replace('{what}', '{what:path}')}",
                partial(self._by_method, methods),
                methods=list(methods),
            )
            for path, methods in by_path.items()
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _not_found})
        app.router.redirect_slashes = False
        mount = Mount(ROOT, app=app)
        # Else an address with a line feed in it is none of ours, and is refused in words for people.
        mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
        return [Route("/api/openapi.json", self._describe), mount]

    @cached_property
    def _document(self) -> Answer:
        document = openapi(self._operations, public=self._settings.public)
        return packed(JSON, json.dumps(document, ensure_ascii=False).encode())

    async def _describe(self, request: Request) -> Response:
        return self._document.response(request, {"cache-control": "public, max-age=300"})

    async def _by_method(self, methods: Mapping[str, Address], request: Request) -> Response:
        return await self._answer(methods["GET" if request.method == "HEAD" else request.method], request)

    async def _answer(self, address: Address, request: Request) -> Response:
        try:
            async with asyncio.timeout(MAX_ANSWER_S + MAX_WAIT_S * address.command.programs.waits):
                return await self._served(address, request)
        except Problem as problem:
            return problem.response()
        except TimeoutError:
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "It took too long: ask for less, or later.").response()
        except StoreUnavailable:
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, AWAY, {"retry-after": str(RETRY_S)}).response()
        except Exception:
            log.exception("api.failed", operation=address.command.name)
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, BROKEN).response()

    async def _served(self, address: Address, request: Request) -> Response:
        command = address.command
        key = await self._caller(request)
        try:
            self._desk.admit(command, key)
        except NotAllowed as error:
            raise _not_allowed(error) from error
        if command.programs.waits and wants_stream(request):
            return await self._stream(address, key, request)
        given = await self._given(address, request)
        if not self._is_shared(command, given, key):
            answer = await self._worked_out(command, given, key)
            if command.changes:
                self._kept.clear()
            return answer.response(request, PRIVATE | {"cache-control": "no-store"})
        whose = f"{key.platform}:{key.workspace}" if key else ""
        kept_as = (whose, address.id, json.dumps(dict(sorted(given.values.items()))))
        answer = await self._kept.answer(kept_as, lambda: self._work_out(command, given, key)[0])
        cached = f"{'private' if key else 'public'}, max-age={UNTOLD_S:.0f}"
        return answer.response(request, PRIVATE | {"cache-control": cached})

    async def _stream(self, address: Address, key: ApiKey | None, request: Request) -> Response:
        """What comes from here on, or from where the client was cut off."""
        command, token = address.command, _token(request)
        last = request.headers.get(LAST_EVENT_ID)
        given = await self._given(address, request, {"since": last} if last else {})

        async def since(place: str) -> Batch:
            values = {**given.values, "since": place} if place else given.values
            return await self._threads(partial(self._batch, command, Given(values), key))

        async def may() -> bool:
            return key is None or await self._threads(partial(self._desk.key, token)) is not None

        return await self._streams.open(Following(_whose(key, request), since, may), given.text("since"))

    def _batch(self, command: Command, given: Given, key: ApiKey | None) -> Batch:
        result = self._result(command, given, key)
        assert isinstance(result, Changes)
        return Batch(_json(result), result.next, not result.changes)

    def _is_shared(self, command: Command, given: Given, key: ApiKey | None) -> bool:
        """Whether all who may ask get the same answer for a while."""
        if not command.programs.facts or command.programs.waits or given.text("channel"):
            return False
        return key is None or not SUBJECTS.isdisjoint(given.values)

    async def _caller(self, request: Request) -> ApiKey | None:
        """The key that was shown; ``None``: none was. Raises :class:`Problem`."""
        shown = "authorization" in request.headers
        token = _token(request)
        key = await self._threads(partial(self._desk.key, token)) if token else None
        wait_s = self._rate.wait_s(_whose(key, request), self._clock())
        if wait_s:
            detail = f"That is more than {self._settings.per_minute} requests a minute: wait {wait_s} seconds."
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, {"retry-after": str(wait_s)})
        if shown and key is None:
            detail = "This key is not valid: it was revoked, or is not what lookout key create printed."
            raise Problem(HTTPStatus.UNAUTHORIZED, detail, CHALLENGE)
        return key

    async def _worked_out(self, command: Command, given: Given, key: ApiKey | None) -> Answer:
        """At once; what waits, once there is something, or its time is over; at once if too many wait already."""
        work = partial(self._work_out, command, given, key)
        wait_s = given.number("wait", 0) if command.programs.waits and self._waiting < MAX_WAITING else 0
        until = self._clock() + wait_s
        self._waiting += 1
        try:
            while True:
                place = await self._end() if wait_s else None
                made, is_empty = await self._threads(work)
                if not is_empty or self._clock() >= until:
                    return packed(made.media_type, made.body)
                while self._clock() < until and await self._end() == place:
                    await self._sleep(LOOK_AGAIN_S)
        finally:
            self._waiting -= 1

    async def _given(self, address: Address, request: Request, instead: Mapping[str, object] = {}) -> Given:
        """``instead``: arguments that count, whatever else is said of them. Raises :class:`Problem`."""
        if len(request.scope["query_string"]) > MAX_QUERY_BYTES:
            raise Problem(HTTPStatus.BAD_REQUEST, f"The query has more than {MAX_QUERY_BYTES} bytes.")
        raw: dict[str, object] = {}
        if not address.has_body:
            many = {argument.name for argument in address.elsewhere if argument.many}
            for name in request.query_params:
                values = request.query_params.getlist(name)
                raw[name] = values if name in many or len(values) > 1 else values[0]
        elif request.query_params:
            raise Problem(HTTPStatus.BAD_REQUEST, "Give the arguments in the body, as a JSON object.")
        else:
            raw = await _read_body(request)
        if named := request.path_params.keys() & raw.keys():
            raise Problem(HTTPStatus.BAD_REQUEST, f"“{min(named)}” stands in the path already.")
        try:
            return read_given(address.arguments, {**raw, **request.path_params, **instead})
        except BadInput as error:
            raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from error

    # --- off the event loop -----------------------------------------------------------------------------------------

    def _work_out(self, command: Command, given: Given, key: ApiKey | None) -> tuple[Made, bool]:
        """The answer, and whether it holds nothing that is worth waiting for."""
        result = self._result(command, given, key)
        is_empty = isinstance(result, Changes) and not result.changes
        return Made(JSON, _json(result), self._vendors(given) if command.programs.by_page else ()), is_empty

    def _result(self, command: Command, given: Given, key: ApiKey | None) -> object:
        """Raises :class:`Problem`."""
        try:
            return self._desk.perform(command, given, key)
        except BadInput as error:
            raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from error
        except NotAllowed as error:
            raise _not_allowed(error) from error
        except Refused as error:
            raise Problem(HTTPStatus.NOT_FOUND, str(error)) from error

    def _vendors(self, given: Given) -> tuple[Slug, ...]:
        """Those that are named by their slugs; none where one is named otherwise."""
        names = given.texts("vendor")
        return tuple(Slug(name) for name in names) if all(self._desk.catalog.get(name) for name in names) else ()


def _token(request: Request) -> str:
    """Of the key that is shown; empty: none is, or nothing that could be one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.casefold() == "bearer" and len(token) < MAX_QUERY_BYTES else ""


def _whose(key: ApiKey | None, request: Request) -> str:
    return f"key {key.id}" if key else f"address {request.client.host if request.client else ''}"


def _json(result: object) -> bytes:
    return json.dumps(to_json(result), ensure_ascii=False).encode("utf-8", "replace")


async def _read_body(request: Request) -> dict[str, object]:
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != JSON:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the arguments as {JSON}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has more than {MAX_BODY_BYTES} bytes.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is no JSON object: write the arguments as one.")
    return document


def _not_allowed(error: NotAllowed) -> Problem:
    if isinstance(error, NoKey):
        return Problem(HTTPStatus.UNAUTHORIZED, str(error), CHALLENGE)
    return Problem(HTTPStatus.FORBIDDEN, str(error))


async def _not_found(request: Request, error: Exception) -> Response:
    """What the router itself refuses."""
    assert isinstance(error, HTTPException)
    details = {404: "There is no such address: /api/openapi.json lists them all.", 405: "Not with this method."}
    return Problem(HTTPStatus(error.status_code), details[error.status_code], error.headers).response()
