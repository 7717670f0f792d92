"""Where the answers come from: the database here, a running instance, or the vendor's page itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]
"""As the HTTP API answers: :class:`bot.commands.operations.results.Statuses` or ``Incidents`` in JSON."""


class Unanswered(Exception):
    """Nothing can be said now: one sentence. Asked again later, it may be otherwise."""


class Refused(Exception):
    """It will not be answered as it was asked: one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Which incidents are listed."""

    vendors: Sequence[str] = ()
    """As typed; none: all that the source may tell of."""
    days: int = 30
    open: bool = False
    """Only what goes on or is planned."""
    limit: int = 50


class Source(Protocol):
    """Both methods raise :class:`Unanswered` and :class:`Refused`."""

    def statuses(self, vendors: Sequence[str]) -> Document:
        """Of these vendors, the worst first."""

    def incidents(self, query: IncidentQuery) -> Document:
        """The newest first."""

    def close(self) -> None: ...
