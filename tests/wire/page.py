"""The status page that the bot reads: Atlassian Statuspage, with at most one incident."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers import PageServer, Reply

TITLE = "Slow invoices"


class Page:
    def __init__(self, server: PageServer) -> None:
        self._server = server
        self._began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        self._updates: list[dict[str, Any]] = []
        self.say()

    @property
    def url(self) -> str:
        return self._server.url()

    def say(self, status: str = "", text: str = "", title: str = TITLE) -> None:
        """One more update of the incident, from now on; ``resolved`` ends it."""
        if text:
            at = (self._began + timedelta(minutes=len(self._updates))).isoformat()
            number = f"update{len(self._updates):06}"
            self._updates.insert(0, {"id": number, "status": status, "body": text, "created_at": at, "display_at": at})
        over = status == "resolved"
        incident = {
            "id": "slow00000001",
            "name": title,
            "status": status,
            "impact": "major",
            "created_at": self._began.isoformat(),
            "started_at": self._began.isoformat(),
            "resolved_at": self._updates[0]["created_at"] if over else None,
            "shortlink": "https://stspg.example/slow",
            "components": [],
            "incident_updates": list(self._updates),
        }
        shown = [incident] if self._updates else []
        part = {"id": "abcdefghij12", "name": "API", "status": "operational", "group": False, "group_id": None}
        page = {"id": "0123456789ab", "name": "Acme", "url": "https://acme.example", "time_zone": "Etc/UTC"}
        whole = {
            "page": page,
            "status": {"indicator": "none", "description": "All Systems Operational"},
            "components": [part],
            "incidents": [] if over else shown,
            "scheduled_maintenances": [],
        }
        self._server.say("/api/v2/summary.json", Reply(json.dumps(whole).encode()))
        self._server.say("/api/v2/incidents.json", Reply(json.dumps({"page": page, "incidents": shown}).encode()))
        none = {"page": page, "scheduled_maintenances": []}
        self._server.say("/api/v2/scheduled-maintenances.json", Reply(json.dumps(none).encode()))
