"""Cookies: who signed in, and who is about to. What they hold is encrypted, so nobody makes, reads or changes one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from bot.web.signin.provider import Attempt, Person

ATTEMPT_SPAN = timedelta(minutes=10)
"""From the click to the way back, a second factor included."""


class Sealing(Protocol):
    """:class:`bot.keyring.Keyring` is one."""

    def encrypt(self, text: str) -> str: ...

    def opened(self, text: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Sessions:
    """``is_secure``: pages are reached over https alone, so cookies go nowhere else. ``span``: how long a session
    lasts; it is not made longer by being used."""

    sealing: Sealing
    now: Callable[[], datetime]
    span: timedelta
    is_secure: bool

    def begin(self, response: Response, attempt: Attempt, to: str) -> None:
        self._set(response, "signin", {**asdict(attempt), "to": to}, ATTEMPT_SPAN)

    def attempt(self, request: Request) -> tuple[Attempt, str] | None:
        """With where its way leads."""
        found = self._get(request, "signin")
        return (Attempt(**{key: value for key, value in found.items() if key != "to"}), found["to"]) if found else None

    def sign_in(self, response: Response, person: Person) -> None:
        self._drop(response, "signin")
        self._set(response, "session", asdict(person), self.span)

    def person(self, request: Request) -> Person | None:
        found = self._get(request, "session")
        return Person(**found) if found else None

    def sign_out(self, response: Response) -> None:
        self._drop(response, "session")

    def _name(self, kind: str) -> str:
        # With this prefix a browser takes it from this very host alone:
        # https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#cookie_prefixes
        return f"{'__Host-' if self.is_secure else ''}lookout-{kind}"

    def _set(self, response: Response, kind: str, values: dict[str, Any], span: timedelta) -> None:
        until = (self.now() + span).timestamp()
        sealed = self.sealing.encrypt(json.dumps({"kind": kind, "until": until, "values": values}))
        response.set_cookie(
            self._name(kind),
            sealed,
            max_age=int(span.total_seconds()),
            secure=self.is_secure,
            httponly=True,
            # Strict would leave it out on the way back from the provider.
            samesite="lax",
        )

    def _get(self, request: Request, kind: str) -> dict[str, Any] | None:
        text = self.sealing.opened(request.cookies.get(self._name(kind), ""))
        found = json.loads(text) if text else None
        if not found or found["kind"] != kind or self.now().timestamp() >= found["until"]:
            return None
        return dict(found["values"])

    def _drop(self, response: Response, kind: str) -> None:
        response.delete_cookie(self._name(kind), secure=self.is_secure, httponly=True, samesite="lax")
