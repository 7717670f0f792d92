"""Status pages with a life of their own: what each says at any moment follows from a seed. Some misbehave."""

from __future__ import annotations

import hashlib
import json
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.monitor.responses import Answer, Fetched, FetchFailed, FetchFailure, Hints, NotModified
from bot.store.values import Validator

STAGES = ("investigating", "identified", "monitoring", "resolved")
LARGE = 3_000
"""Components of the large page: more than 200 kB."""


@dataclass(frozen=True)
class Happening:
    """An incident as its vendor tells it: when each of its updates is posted."""

    id: str
    at: tuple[datetime, ...]

    def token(self, number: int) -> str:
        """Stands in the text of one update and nowhere else."""
        return f"[{self.id}.{number}]"

    def updates(self, now: datetime) -> int:
        return bisect_right(self.at, now)


def happenings(slug: str, start: datetime, hours: float, dice: random.Random) -> tuple[Happening, ...]:
    """About one in two days, each over within hours; in short stories more, and they are shorter."""
    found: list[Happening] = []
    at = start + timedelta(minutes=dice.uniform(3, min(2880, hours * 40)))
    while at < start + timedelta(hours=hours):
        times = [at]
        for _ in STAGES[1:]:
            times.append(times[-1] + timedelta(minutes=dice.uniform(1, 60 if hours > 12 else 6)))
        found.append(Happening(f"{slug}-{len(found)}", tuple(times)))
        at = times[-1] + timedelta(minutes=dice.uniform(60, 5_000))
    return tuple(found)


@dataclass
class Page:
    """A Statuspage. ``vice`` is how it misbehaves, empty for one that does not."""

    slug: str
    url: str
    start: datetime
    happenings: Sequence[Happening]
    vice: str = ""
    readings: int = 0

    def answer(self, url: str, now: datetime, validator: Validator | None) -> Answer:
        self.readings += 1
        minute = int((now - self.start).total_seconds() // 60)
        if self.vice and (failed := self._failure(minute, url)) is not None:
            return failed
        body = self._body(url.removeprefix(self.url), now, minute)
        fresh = Validator(body_digest=hashlib.sha256(body).hexdigest())
        if validator is not None and validator.body_digest == fresh.body_digest:
            return NotModified(fresh)
        return Fetched(url, body, "application/json", fresh)

    def _failure(self, minute: int, url: str) -> FetchFailed | Fetched | None:
        match self.vice:
            case "errors" if minute // 7 % 2:
                return FetchFailed(FetchFailure.HTTP_STATUS, f"{url} answers 503.", status=503)
            case "asks for patience" if minute // 20 % 3 == 1:
                return FetchFailed(FetchFailure.HTTP_STATUS, f"{url} is busy.", Hints(retry_after_s=600), status=429)
            case "no name" if minute // 30 % 2:
                return FetchFailed(FetchFailure.DNS, f"{url} does not resolve.")
            case "is slow" if minute % 3 == 0:
                return FetchFailed(FetchFailure.TIMEOUT, f"{url} did not answer.")
        bad = {"sends HTML": b"<!doctype html><html></html>", "sends nothing": b"", "is cut off": b'{"page": {"id'}
        if self.vice in bad and minute // 11 % 2:
            return Fetched(url, bad[self.vice], "text/html", Validator(body_digest=str(minute // 11)))
        return None

    def _body(self, path: str, now: datetime, minute: int) -> bytes:
        shown = [happening for happening in self.happenings if happening.updates(now)]
        if self.vice == "two versions in turn" and self.readings % 2:
            shown = shown[:-1]
        if self.vice == "incidents vanish" and minute // 13 % 2:
            shown = []
        rows = [self._incident(happening, now, minute) for happening in reversed(shown)]
        page = {"id": "p", "name": self.slug, "url": self.url, "time_zone": "Etc/UTC", "updated_at": self._stamp(now)}
        if path.endswith("/incidents.json"):
            return _dump({"page": page, "incidents": rows[:50]})
        if path.endswith("/scheduled-maintenances.json"):
            return _dump({"page": page, "scheduled_maintenances": []})
        open_rows = [row for row in rows if row["status"] != "resolved"]
        state = {"status": {"indicator": "none", "description": "All Systems Operational"}, "incidents": open_rows}
        return _dump({"page": page, **state, "components": self._components(minute), "scheduled_maintenances": []})

    def _stamp(self, now: datetime) -> str:
        if self.vice == "its time moves":
            return now.isoformat()
        told = [at for happening in self.happenings for at in happening.at if at <= now]
        return max(told, default=self.start).isoformat()

    def _components(self, minute: int) -> list[dict[str, Any]]:
        flaps = self.vice == "a part flaps" and minute // 2 % 2
        count = LARGE if self.vice == "is large" else 2
        some = minute // 30 % 2 if self.vice == "is large" else 0
        return [
            {
                "id": f"c{n}",
                "name": f"Part {n}",
                "status": "major_outage" if flaps and n == 0 else "operational",
                "position": n + some,
                "group": False,
            }
            for n in range(count)
        ]

    def _incident(self, happening: Happening, now: datetime, minute: int) -> dict[str, Any]:
        count = happening.updates(now)
        told = [self._update(happening, number, minute) for number in reversed(range(count))]
        id, title = happening.id, f"Trouble {happening.id}"
        if self.vice == "ids are new":
            id = f"{id}-{self.readings}"
        if self.vice == "titles move":
            title += f", {minute} minutes"
        began, over = happening.at[0].isoformat(), count == len(STAGES)
        return {
            "id": id,
            "name": title,
            "status": STAGES[count - 1],
            "created_at": began,
            "started_at": began,
            "resolved_at": happening.at[-1].isoformat() if over else None,
            "impact": "major",
            "components": [],
            "incident_updates": told,
        }

    def _update(self, happening: Happening, number: int, minute: int) -> dict[str, Any]:
        at = happening.at[number].isoformat()
        text = f"What is known at stage {number} {happening.token(number)}"
        if self.vice == "texts are edited":
            text += f", {minute} minutes"
        id = f"{happening.id}-{number}" + (f"-{self.readings}" if self.vice == "ids are new" else "")
        return {"id": id, "status": STAGES[number], "body": text, "created_at": at, "display_at": at}


VICES = (
    *("a part flaps", "ids are new", "two versions in turn", "titles move", "incidents vanish", "texts are edited"),
    *("its time moves", "errors", "asks for patience", "no name", "is slow", "sends HTML", "sends nothing"),
    *("is cut off", "is large"),
)


class Web:
    """All pages; what belongs to none, a canary, answers."""

    def __init__(self, pages: Iterable[Page], now: Callable[[], datetime]) -> None:
        self._pages = {page.url: page for page in pages}
        self._now = now
        self.asked = 0

    async def get(self, url: str, rate_limit_group: str, validator: Validator | None) -> Answer:
        self.asked += 1
        page = self._pages.get("/".join(url.split("/")[:3]))
        if page is None:
            return FetchFailed(FetchFailure.HTTP_STATUS, f"{url} answers 404.", status=404)
        return page.answer(url, self._now(), validator)


def _dump(value: object) -> bytes:
    return json.dumps(value).encode()
