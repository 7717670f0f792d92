"""An OpenID provider on a free loopback port, with its own keys: it lets in whom it is told to, and is strict with
clients."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "lookout", "client-secret"


@cache
def rsa_key(kid: str) -> RSAKey:
    """Each made once: that takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class OpenIdProvider:
    """``claims``: what its tokens say beside what they must; ``signed``: how, if not with its key. ``asked``: paths and
    forms that it was asked with."""

    issuer: str = ""
    clock: float = 0.0
    claims: dict[str, Any] = field(default_factory=lambda: {"email": "ana@acme.example", "email_verified": True})
    metadata: dict[str, Any] = field(default_factory=dict)
    signed: str = "RS256"
    key: RSAKey = field(default_factory=partial(rsa_key, "k1"))
    published: list[RSAKey] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    fails: int = 0
    """With which status it answers everything; 0: it works."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.published = [self.key]

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Mapping[str, str], Any]:
        self.asked.append((path, form))
        if self.fails:
            return self.fails, {}, {}
        match path:
            case "/.well-known/openid-configuration":
                return 200, {}, self._metadata()
            case "/jwks":
                return 200, {}, {"keys": [key.as_dict(private=False) for key in self.published]}
            case "/authorize":
                return self._authorize(form)
            case "/token":
                return self._token(form, authorization)
        return 404, {}, {}

    def _metadata(self) -> dict[str, Any]:
        endpoints = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        made = {name: f"{self.issuer}{path}" for name, path in endpoints.items()}
        return {"issuer": self.issuer, **made, "code_challenge_methods_supported": ["S256"], **self.metadata}

    def _authorize(self, form: dict[str, str]) -> tuple[int, Mapping[str, str], Any]:
        assert form["client_id"] == CLIENT
        assert form["response_type"] == "code"
        assert "openid" in form["scope"].split()
        assert form["code_challenge_method"] == "S256"
        assert min(len(form[name]) for name in ("state", "nonce", "code_challenge")) >= 40
        code = f"code-{len(self.codes)}"
        self.codes[code] = form
        return 302, {"location": f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form['state']})}"}, {}

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Mapping[str, str], Any]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        begun = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        good = begun is not None and (
            (form["grant_type"], authorization, form["redirect_uri"], challenge.rstrip(b"=").decode())
            == ("authorization_code", f"Basic {basic}", begun["redirect_uri"], begun["code_challenge"])
        )
        if begun is None or not good:
            return 400, {}, {"error": "invalid_grant"}
        now = int(self.clock or time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "ana-1", "iat": now, "exp": now + 300}
        claims["nonce"] = begun["nonce"]
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return 200, {}, {"access_token": "a", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.signed == "none":
            parts = [{"alg": "none", "kid": "k1"}, claims]
            written = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
            return ".".join([*written, ""])
        if self.signed == "HS256":
            # With what everybody knows of its key, for who mixes up the two kinds.
            shared = OctKey.import_key(self.key.as_pem(private=False))
            return jwt.encode({"alg": "HS256", "kid": "k1"}, claims, shared)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


@contextmanager
def openid_provider() -> Iterator[OpenIdProvider]:
    provider = OpenIdProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            split = urlsplit(self.path)
            self._send(split.path, split.query)

        def do_POST(self) -> None:
            self._send(self.path, self.rfile.read(int(self.headers["content-length"])).decode())

        def _send(self, path: str, form: str) -> None:
            fields = {name: values[0] for name, values in parse_qs(form).items()}
            status, headers, body = provider.answer(path, fields, self.headers.get("authorization", ""))
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """What was asked is in ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
