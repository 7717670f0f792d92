"""Answers from a running instance: its API, or without a key the vendors' pages as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from bot.adapters.plain_text import one_line
from bot.cli.ask.source import Document, IncidentQuery, Refused, Unanswered
from bot.domain import Level, level_word

TIMEOUT_S = 20.0
MAX_DETAIL = 300
_CLOSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class ServerSource:
    """``key``: of the API; ``""``: none. Raises :class:`Refused` for an address that is none."""

    def __init__(self, server: str, key: str) -> None:
        given = urlsplit(server)
        if given.scheme not in ("http", "https") or not given.hostname:
            raise Refused(f"“{server}” is no address: write https://lookout.example.org.")
        self._server = server.rstrip("/")
        self._key = key
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT_S)

    def statuses(self, vendors: Sequence[str]) -> Document:
        answer = self._ask("/api/v1/status", {"vendor": list(vendors)})
        if self._is_closed(answer):
            found = [_status(self._page(vendor)) for vendor in dict.fromkeys(vendors)]
            found.sort(key=lambda one: -1 if one["level"] == "unknown" else -_ranks()[one["level"]])
            return {"worst": None, "vendors": found}
        return self._document(answer)

    def incidents(self, query: IncidentQuery) -> Document:
        given: dict[str, Any] = {"vendor": list(query.vendors), "days": query.days, "limit": query.limit}
        answer = self._ask("/api/v1/incidents", given | ({"open": "on"} if query.open else {}))
        if self._is_closed(answer) and query.vendors:
            pages = [self._page(vendor) for vendor in dict.fromkeys(query.vendors)]
            listed = [_incident(page, one) for page in pages for one in (*page["open"], *page["planned"])]
            if not query.open:
                listed += [_incident(page, one) for page in pages for one in page["past"]]
            listed.sort(key=lambda one: str(one["started"]), reverse=True)
            unread = [page["slug"] for page in pages if page["read_at"] is None]
            return {"incidents": listed[: query.limit], "next": None, "unread": unread}
        return self._document(answer)

    def close(self) -> None:
        self._client.close()

    def _is_closed(self, answer: httpx.Response) -> bool:
        """The API wants a key and none is there, or there is no API yet; pages are for everybody."""
        return not self._key and answer.status_code in (*_CLOSED, HTTPStatus.NOT_FOUND)

    def _page(self, vendor: str) -> Document:
        answer = self._ask(f"/v/{quote(vendor.casefold(), safe='')}.json", {})
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise Refused(f"{self._server} has no page of “{vendor}”: name it as in its address, /v/github.")
        return self._document(answer)

    def _ask(self, path: str, params: Mapping[str, Any]) -> httpx.Response:
        try:
            return self._client.get(f"{self._server}{path}", params=params)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = one_line(str(error)) or type(error).__name__
            raise Unanswered(f"{self._server} does not answer: {why}.") from error

    def _document(self, answer: httpx.Response) -> Document:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Unanswered(f"{self._server} answers with {answer.status_code}, and not as Lookout does.")
        if answer.is_success:
            return document
        detail = one_line(str(document.get("detail") or document.get("title") or ""))[:MAX_DETAIL]
        if answer.status_code in _CLOSED:
            raise Refused(f"{detail} The key is read from LOOKOUT_API_KEY.")
        if answer.is_client_error and answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            raise Refused(detail)
        raise Unanswered(f"{self._server} answers with {answer.status_code}: {detail}")


def _ranks() -> dict[str, int]:
    return {level_word(level): int(level) for level in Level}


def _status(page: Document) -> dict[str, Any]:
    """A vendor's page as the API tells of a vendor, as far as it goes."""
    return {
        "vendor": page["slug"],
        "name": page["name"],
        "level": page["level"],
        "answer": page["answer"],
        "status_text": page["status_text"],
        "read_at": page["read_at"],
        "unreadable": page["unreadable"],
        "official_url": page["official_url"],
        "components": page["components"],
        "troubled": page["troubled"],
        "open": [_incident(page, one) for one in page["open"]],
        "planned": [_incident(page, one) for one in page["planned"]],
    }


def _incident(page: Document, incident: Document) -> dict[str, Any]:
    names = ("title", "kind", "level", "phase", "started", "ended", "planned_end", "url", "components")
    shown = {name: incident[name] for name in names}
    return {"id": f"{page['slug']}/{incident['id']}", "vendor": page["slug"], "open": incident["is_open"], **shown}
