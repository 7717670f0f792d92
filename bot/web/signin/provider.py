"""The OpenID provider that the operator named: OpenID Connect 1.0 with PKCE. No other is ever asked, whoever asks.

https://openid.net/specs/openid-connect-core-1_0.html, https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast
from urllib.parse import quote

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "openid email profile"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Of signatures that only the provider can make: none, and none with a shared secret."""
TIMEOUT_S = 10.0
"""For all requests of one step."""
LEEWAY_S = 60
"""By which its clock may differ."""
KNOWN_S = 3_600.0
"""So long its addresses and keys are believed, unless a key is not among them."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
EVERYBODY = "*"
BASIC = "client_secret_basic"


class SignInFailed(Exception):
    """One sentence for whoever wants to sign in; ``reason``: for the log."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Client:
    """As whom Lookout is known there, and who may come. ``domains``: of verified e-mail addresses, ``*``: any;
    ``groups``: of which one is enough. What is empty asks for nothing."""

    issuer: str
    id: str
    secret: str
    domains: Collection[str] = ()
    groups: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in: what only its browser and Lookout know."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Person:
    subject: str
    email: str


class Provider:
    """``clock``: seconds that only go forward."""

    def __init__(self, client: Client, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        self._client = client
        self._now = now
        self._clock = clock
        self._metadata: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = float("-inf")

    async def address(self, attempt: Attempt) -> str:
        """Where the browser goes. Raises :class:`SignInFailed`."""
        async with _asking() as http:
            await self._discover(http)
        challenge = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": attempt.redirect_uri,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return str(httpx.URL(self._metadata["authorization_endpoint"]).copy_merge_params(asked))

    async def person(self, attempt: Attempt, code: str) -> Person:
        """Who came back with ``code``, if they may come in. Raises :class:`SignInFailed`."""
        async with _asking() as http:
            await self._discover(http)
            claims = await self._claims(http, await self._id_token(http, attempt, code), attempt.nonce)
        return self._admitted(claims)

    async def _id_token(self, http: httpx.AsyncClient, attempt: Attempt, code: str) -> str:
        client = self._client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        # https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata: where it names none, this one.
        offered = self._metadata.get("token_endpoint_auth_methods_supported") or [BASIC]
        where = self._metadata["token_endpoint"]
        if client.secret and BASIC in offered:
            # Encoded so: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
            answer = await http.post(where, data=form, auth=(quote(client.id, safe=""), quote(client.secret, safe="")))
        else:
            form |= {"client_id": client.id} | ({"client_secret": client.secret} if client.secret else {})
            answer = await http.post(where, data=form)
        if answer.is_client_error:
            raise SignInFailed("The sign-in was not accepted: begin anew.", f"refused with {answer.status_code}")
        return str(_object(answer).get("id_token") or "")

    async def _discover(self, http: httpx.AsyncClient, *, anew: bool = False) -> None:
        if self._keys and not anew and self._clock() - self._read_at < KNOWN_S:
            return
        issuer = self._client.issuer
        metadata = _object(await http.get(issuer.rstrip("/") + DISCOVERY))
        if metadata.get("issuer") != issuer:
            raise SignInFailed(*_misconfigured(f"it calls itself {metadata.get('issuer')!r}, not {issuer!r}"))
        schemes = ("https://",) if issuer.startswith("https://") else ("https://", "http://")
        for name in ENDPOINTS:
            if not str(metadata.get(name)).startswith(schemes):
                raise SignInFailed(*_misconfigured(f"its {name} is no https address"))
        self._keys = KeySet.import_key_set(cast(Any, _object(await http.get(metadata["jwks_uri"]))))
        self._metadata, self._read_at = metadata, self._clock()

    async def _claims(self, http: httpx.AsyncClient, id_token: str, nonce: str) -> Mapping[str, Any]:
        try:
            claims = self._decoded(id_token)
        except (JoseError, ValueError):
            # It may have new keys.
            await self._discover(http, anew=True)
            claims = self._decoded(id_token)
        essential: dict[str, Any] = {"sub": {"essential": True}, "exp": {"essential": True}, "iat": {"essential": True}}
        jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._client.issuer},
            aud={"essential": True, "value": self._client.id},
            nonce={"essential": True, "value": nonce},
            **essential,
        ).validate(claims)
        is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if is_shared else self._client.id) != self._client.id:
            raise SignInFailed(*_misconfigured("its token was made for somebody else"))
        return claims

    def _decoded(self, id_token: str) -> dict[str, Any]:
        assert self._keys is not None
        return dict(jwt.decode(id_token, self._keys, algorithms=ALGORITHMS).claims)

    def _admitted(self, claims: Mapping[str, Any]) -> Person:
        client, email = self._client, str(claims.get("email") or "")
        verified = claims.get("email_verified") is True
        if client.domains and EVERYBODY not in client.domains:
            if not email or not verified:
                text = "Your account has no verified e-mail address, by which it is told whether you may come in."
                raise SignInFailed(text, "no verified e-mail address")
            if email.rpartition("@")[2].casefold() not in client.domains:
                raise SignInFailed(f"{email} may not see the dashboards here.", "another domain")
        found = claims.get("groups")
        groups = {str(group) for group in found} if isinstance(found, list) else {str(found)} if found else set()
        if client.groups and not groups.intersection(client.groups):
            text = "Your account is in none of the groups that may see the dashboards here: ask the operator."
            raise SignInFailed(text, "in no group")
        return Person(str(claims["sub"]), email)


@asynccontextmanager
async def _asking() -> AsyncIterator[httpx.AsyncClient]:
    """What goes wrong between here and the provider, as a sentence; within :data:`TIMEOUT_S`."""
    try:
        async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(timeout=TIMEOUT_S) as http:
            yield http
    except TimeoutError as error:
        raise SignInFailed(*_away("no answer in time")) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SignInFailed(*_away(f"{type(error).__name__}: {error}")) from error
    except (JoseError, ValueError, KeyError) as error:
        raise SignInFailed(*_misconfigured(f"its answer is not good: {error}")) from error


def _object(answer: httpx.Response) -> dict[str, Any]:
    found = answer.raise_for_status().json()
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _away(reason: str) -> tuple[str, str]:
    return "The sign-in service cannot be reached just now: try again in a minute.", reason


def _misconfigured(reason: str) -> tuple[str, str]:
    return "The sign-in service gave an answer that is not to be trusted: tell the operator.", reason
