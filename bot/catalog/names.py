"""How a typed name becomes a key, whatever its case, spacing and punctuation; and what a pasted address points at."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

SHARED_HOSTS = frozenset({
    "amazonaws.com", "betteruptime.com", "freshstatus.io", "github.io", "herokuapp.com", "hund.io",
    "incident.io", "instatus.com", "montastic.io", "myshopify.com", "netlify.app", "onrender.com",
    "pages.dev", "site24x7statusiq.com", "sorryapp.com", "status.io", "statuscast.com", "statushub.io",
    "statuskeeper.io", "statuspage.io", "statuspal.eu", "statuspal.io", "uptimerobot.com", "vercel.app",
    "workers.dev",
})  # fmt: skip
"""Hosts that lend out names under them: ``acme.statuspage.io`` is Acme's page, not Statuspage's."""

PATH_HOSTS = frozenset({
    "hostedstatus.com", "stats.pingdom.com", "stats.uptimerobot.com", "statuspage.freshping.io",
    "statuspage.incident.io",
})  # fmt: skip
"""Hosts on which the path tells whose page it is."""

MAX_URL_CHARS = 500

_NO_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_COUNTRY_SECOND = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
_PAGE_LABELS = frozenset(
    {"www", "status", "api", "app", "health", "trust", "portal", "docs", "developer", "developers"}
)
_WRAPPING = " \t\r\n\"'`“”„‘’«»<>()[]?!,;"  # noqa: RUF001


def fold(text: str) -> str:
    """``New-Relic``, ``new relic`` and ``NEWRELIC`` give one key. A text of punctuation alone gives the empty one."""
    if text.isascii():
        return _NO_LETTER_OR_DIGIT.sub("", text.lower())
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


@dataclass(frozen=True, slots=True)
class Address:
    """A web address as somebody types it."""

    host: str
    """Lower case, without ``www.``."""
    path: str = "/"
    """Starts with a slash."""

    @classmethod
    def of(cls, text: str) -> Address | None:
        """``x.com``, ``https://status.acme.com/incidents/1``; ``None`` for anything that is no address."""
        text = text.strip(_WRAPPING)
        if any(map(str.isspace, text)):
            return None
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            return None
        labels = host.split(".")
        is_host = len(labels) > 1 and labels[-1][:1].isalpha() and all(map(_LABEL.fullmatch, labels))
        if parts.scheme not in ("http", "https") or not is_host:
            return None
        return cls(host.removeprefix("www."), (parts.path.rstrip("/") or "") + "/")

    def parents(self) -> tuple[str, ...]:
        """The hosts above this one, nearest first, as far as they belong to one owner."""
        labels = self.host.split(".")
        above = (".".join(labels[start:]) for start in range(1, len(labels) - 1))
        return tuple(host for host in above if host not in SHARED_HOSTS and host.split(".")[0] not in _COUNTRY_SECOND)

    @property
    def is_one_of_many(self) -> bool:
        """A page on a host that holds those of many owners, each below a path: ``stats.uptimerobot.com/abc``."""
        return self.host in PATH_HOSTS and self.path != "/"

    @property
    def label(self) -> str:
        """The part that names the owner: ``acme`` of ``status.acme.co.uk`` and of ``acme.statuspage.io``."""
        labels = self.host.split(".")
        shared = ".".join(labels[-2:]) in SHARED_HOSTS
        labels = labels[: -2 if shared and len(labels) > 2 else -1]
        if len(labels) > 1 and labels[-1] in _COUNTRY_SECOND:
            labels.pop()
        return next((label for label in reversed(labels) if label not in _PAGE_LABELS), labels[-1])


def typed_url(text: str) -> str | None:
    """A web address as somebody types or pastes it, whole, with its scheme; ``None`` for anything else.

    With a scheme any host will do, ``http://intranet:8080/status`` too; without one it has to look like a domain.
    """
    text = text.strip(_WRAPPING).partition("#")[0]
    if "://" not in text:
        return f"https://{text}" if Address.of(text) and len(text) <= MAX_URL_CHARS else None
    try:
        parts = urlsplit(text)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return text if usable and len(text) <= MAX_URL_CHARS and not any(map(str.isspace, text)) else None


def has_password(url: str) -> bool:
    """Whether an address of :func:`typed_url` carries a user's name or password."""
    return "@" in urlsplit(url).netloc


def words(text: str) -> list[str]:
    """The keys of a text's words."""
    return [key for word in text.split() if (key := fold(word))]
