"""The operator's file of headers for private pages: read and checked; error messages never quote its values."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bot.monitor.credentials import HTTPS_PORT, Credentials

BASIC = "basic"
"""Stands for a header: ``user:password``, as HTTP's basic authentication takes them."""

_HOST = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_RESERVED = frozenset({
    "accept-encoding", "connection", "content-length", "host", "if-modified-since", "if-none-match",
    "transfer-encoding", "upgrade",
})  # fmt: skip


class HeadersError(Exception):
    """One sentence that says what is wrong with the file, without anything that may be secret."""


def load(path: str) -> Credentials:
    """Read each host's headers, by name, from JSON where ``path`` ends in ``.json``, else from TOML. An empty path: no
    page is private. Raises :class:`HeadersError`."""
    if not path:
        return Credentials()
    return Credentials(dict(_host_headers(path, host, headers) for host, headers in _read(path).items()))


def _read(path: str) -> Mapping[str, object]:
    try:
        text = Path(path).read_text(encoding="utf-8")
        value = json.loads(text) if path.lower().endswith(".json") else tomllib.loads(text)
    except OSError as error:
        raise HeadersError(f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}.") from None
    except json.JSONDecodeError as error:
        raise HeadersError(f"{path} is no JSON: look at line {error.lineno}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise HeadersError(f"{path} is no text in UTF-8 that can be read.") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line \d+", str(error))
        where = f"look at {line[0].removeprefix('(at ')}" if line else "look at its end"
        raise HeadersError(f"{path} is no TOML: {where}.") from None
    if not isinstance(value, dict):
        raise HeadersError(f"{path} has to hold headers by host.")
    return value


def _host_headers(path: str, host: str, headers: object) -> tuple[str, Mapping[str, str]]:
    key = host.lower().removesuffix(f":{HTTPS_PORT}")
    if not _HOST.fullmatch(key):
        raise HeadersError(f"{path}: write a host such as status.example.com, without scheme or path, not “{host}”.")
    if not isinstance(headers, dict) or not headers:
        raise HeadersError(f"{path}: {host} has to have headers, or {BASIC} = user:password.")
    return key, dict(_header(path, host, name, value) for name, value in headers.items())


def _header(path: str, host: str, name: str, value: object) -> tuple[str, str]:
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise HeadersError(f"{path}: {host}: the value of “{name}” has to be one line of plain text.")
    if name.lower() == BASIC:
        if ":" not in value:
            raise HeadersError(f"{path}: {host}: write {BASIC} as user:password.")
        return "Authorization", f"Basic {base64.b64encode(value.encode()).decode()}"
    if not _NAME.fullmatch(name) or name.lower() in _RESERVED:
        raise HeadersError(f"{path}: {host}: “{name}” is no header that can be set.")
    return name, value
