"""Keys that programs show: for which workspace, and whether they may change something there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a key is good for."""

    READ = "read"
    WRITE = "write"
    """Reading too."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is on record: what it is a secret for, never the secret itself."""

    id: str
    """Its public part, for lists and revocation."""
    scope: Scope
    platform: str
    workspace: str
    label: str
    created_at: datetime
    last_used_at: datetime | None = None
    """Within a minute."""
    revoked_at: datetime | None = None
