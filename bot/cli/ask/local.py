"""Answers from the database here, which a running ``lookout`` keeps up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from bot.catalog import Catalog
from bot.cli.ask.source import Document, IncidentQuery, Refused, Unanswered
from bot.commands.context import CommandContext
from bot.commands.operations import lookups
from bot.commands.operations.given import BadInput, Given, NotThere, Value
from bot.commands.operations.results import Incidents
from bot.commands.operations.schema import to_json
from bot.commands.period import last_days
from bot.commands.request import Request
from bot.config import Settings
from bot.domain import Channel
from bot.store import Store, StoreError

NOBODY = Request("", "", Channel("", "", ""), "", may_manage=False)


class LocalSource:
    """Raises :class:`Unanswered` where there is no database."""

    def __init__(self, settings: Settings, catalog: Catalog, now: Callable[[], datetime]) -> None:
        file = settings.database_url.removeprefix("sqlite:///")
        if file != settings.database_url and not Path(file).is_file():
            raise Unanswered(f"There is no database {file}: start “lookout run”, or ask the page itself with --direct.")
        try:
            self._store = Store(settings.database_url)
        except StoreError as error:
            raise Unanswered(str(error)) from error
        self._catalog = catalog
        self._now = now

    def statuses(self, vendors: Sequence[str]) -> Document:
        return self._look_up(lookups.status, {"vendor": tuple(vendors)})

    def incidents(self, query: IncidentQuery) -> Document:
        values: dict[str, Value] = {
            "vendor": tuple(query.vendors) or self._with_incidents(query.days),
            "days": query.days,
            "limit": query.limit,
            **({"open": "on"} if query.open else {}),
        }
        if values["vendor"]:
            return self._look_up(lookups.incidents, values)
        nothing: Document = to_json(Incidents((), None, ()))
        return nothing

    def close(self) -> None:
        self._store.close()

    def _with_incidents(self, days: int) -> tuple[str, ...]:
        """All vendors of which there are any."""
        since = last_days(days, self._now()).since
        try:
            records = self._store.records.incidents([vendor.slug for vendor in self._catalog], since)
        except StoreError as error:
            raise Unanswered(str(error)) from error
        return tuple(dict.fromkeys(record.incident.vendor for record in records))

    def _look_up(
        self, operation: Callable[[Given, Request, CommandContext], object], values: dict[str, Value]
    ) -> Document:
        try:
            result = operation(Given(values), NOBODY, CommandContext(self._store, self._catalog, self._now()))
        except (NotThere, BadInput) as error:
            raise Refused(str(error)) from error
        except StoreError as error:
            raise Unanswered(str(error)) from error
        document: Document = to_json(result)
        return document
