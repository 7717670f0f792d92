"""What is answered when a page cannot be given: one sentence, as a page where a page was asked for. The operator finds
the reason in the log, and it stands in no answer."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ExceptionHandler

from bot.store import StoreUnavailable
from bot.web.rendering import HTML, templates

RETRY_S = 30
"""A database that is locked or restarts is mostly back by then."""
AWAY = "What is on record cannot be read just now: try again in half a minute."
BROKEN = "That failed, and it is not your fault: the operator finds the reason in the log."


def error_page(
    status: int, heading: str, text: str, headers: Mapping[str, str] | None = None, *, again: str = ""
) -> Response:
    """``again``: where to begin anew."""
    body = templates.get_template("error.html").render(heading=heading, text=text, again=again)
    return Response(body, status, headers, HTML)


async def _store_failed(request: Request, error: Exception) -> Response:
    """It is in the log already."""
    headers = {"retry-after": str(RETRY_S), "cache-control": "no-store"}
    if "format" in request.path_params or request.url.path == "/metrics":
        return PlainTextResponse(f"{AWAY}\n", HTTPStatus.SERVICE_UNAVAILABLE, headers)
    return error_page(HTTPStatus.SERVICE_UNAVAILABLE, "Not now", AWAY, headers)


async def _refused(request: Request, error: Exception) -> Response:
    """What the router refuses."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return error_page(404, "Not found", "Nothing is at this address. Find a vendor by its name above.")
    return error_page(error.status_code, error.detail, "Pages are read, with GET, and no more.", error.headers)


async def _broken(request: Request, error: Exception) -> Response:
    """The server logs it."""
    return error_page(HTTPStatus.INTERNAL_SERVER_ERROR, "That failed", BROKEN, {"cache-control": "no-store"})


HANDLERS: Mapping[type[Exception] | int, ExceptionHandler] = {
    StoreUnavailable: _store_failed,
    HTTPException: _refused,
    Exception: _broken,
}
