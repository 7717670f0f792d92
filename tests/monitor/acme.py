"""A made-up vendor's Statuspage, changed by the test and served by a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.servers import PageServer, Reply

SUMMARY = "/api/v2/summary.json"
INCIDENTS = "/api/v2/incidents.json"
MAINTENANCES = "/api/v2/scheduled-maintenances.json"
ENDED = ("resolved", "postmortem", "completed")


class AcmePage:
    """Every change is served at once. ``now`` stamps what is posted."""

    def __init__(self, server: PageServer, now: Callable[[], datetime]) -> None:
        self.server = server
        self.incidents: dict[str, dict[str, Any]] = {}
        self.status = {"api": "operational", "web": "operational"}
        self._now = now
        self._held_back: str | None = None
        self._posts = 0
        self._stamp = now()
        self.serve()

    def post(
        self, name: str, status: str, text: str, *, components: tuple[str, ...] = (), impact: str = "minor"
    ) -> str:
        """Open an incident, or add to it; returns the update's id."""
        self._posts += 1
        at = self._now().isoformat()
        new = {"id": name, "name": f"Trouble {name}", "created_at": at, "started_at": at, "impact": impact}
        incident = self.incidents.setdefault(name, {**new, "components": components, "incident_updates": []})
        incident["status"] = status
        incident["resolved_at"] = at if status in ENDED else None
        update = {"id": f"{name}-{self._posts}", "status": status, "body": text, "created_at": at, "display_at": at}
        incident["incident_updates"].insert(0, update)
        self.serve()
        return str(update["id"])

    def edit(self, update_id: str, text: str) -> None:
        for incident in self.incidents.values():
            for update in incident["incident_updates"]:
                if update["id"] == update_id:
                    update["body"] = text
        self.serve()

    def hold_back(self, update_id: str | None) -> None:
        """Serve the version without this update, the newest of its incident, as a cache that lags behind does."""
        self._held_back = update_id
        self.serve()

    def delete(self, name: str) -> None:
        del self.incidents[name]
        self.serve()

    def set(self, component: str, status: str) -> None:
        self.status[component] = status
        self.serve()

    def touch(self) -> None:
        """The page's own time of change moves, and nothing else."""
        self._stamp = self._now()
        self.serve()

    def serve(self) -> None:
        rows = [self._row(incident) for incident in reversed(self.incidents.values())]
        self._say(SUMMARY, incidents=[row for row in rows if row["status"] not in ENDED], **self._state())
        self._say(INCIDENTS, incidents=rows)
        self._say(MAINTENANCES, scheduled_maintenances=[])

    def fail(self, path: str, reply: Reply) -> None:
        """Until the next change of the page."""
        self.server.say(path, reply)

    def _state(self) -> dict[str, Any]:
        return {
            "status": {"indicator": "none", "description": "All Systems Operational"},
            "components": [self._component(name) for name in self.status],
            "scheduled_maintenances": [],
        }

    def _row(self, incident: dict[str, Any]) -> dict[str, Any]:
        updates = [update for update in incident["incident_updates"] if update["id"] != self._held_back]
        status = updates[0]["status"]
        parts = [self._component(name) for name in incident["components"]]
        return {**incident, "status": status, "incident_updates": updates, "components": parts}

    def _component(self, name: str) -> dict[str, Any]:
        return {"id": name, "name": name.upper(), "status": self.status[name], "position": 1, "group": False}

    def _say(self, path: str, **content: Any) -> None:
        page = {"id": "acme00000000", "name": "Acme", "url": "https://acme.example", "time_zone": "Etc/UTC"}
        page["updated_at"] = self._stamp.isoformat()
        self.server.say(path, Reply(json.dumps({"page": page, **content}).encode(), etag=True))
