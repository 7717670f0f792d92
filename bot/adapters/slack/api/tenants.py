"""Who installed the app, and with which token a workspace is called. Talks to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation.

    ``workspace``: the key of its channels, the organisation's id (``E…``) for an installation on all of an Enterprise
    Grid organisation, else the team's (``T…``). ``bot_user``: the app's own user there.
    """

    workspace: str
    token: str
    bot_user: str
    bot: str | None = None
    enterprise: str | None = None
    team: str | None = None

    def __repr__(self) -> str:
        """Without the token: this goes into logs."""
        return f"Installed({self.workspace})"


class Tenants(Protocol):
    async def of(self, workspace: str) -> Installed | None:
        """By the key of its channels."""

    async def serving(self, enterprise: str | None, team: str | None, *, org: bool) -> Installed | None:
        """What serves a request from there: the team's installation, else its organisation's. ``org``: Slack says
        that it is the organisation's."""


def workspace_of(enterprise: str | None, team: str | None, *, org: bool) -> str:
    """The key under which a workspace's channels are kept."""
    return (enterprise if org else team) or team or enterprise or ""


@dataclass(frozen=True, slots=True)
class OneTenant:
    """The one workspace, or organisation, that a token in the settings belongs to."""

    installed: Installed

    @classmethod
    def told_by(cls, auth_test: Mapping[str, Any], token: str) -> OneTenant:
        """From the answer of ``auth.test``."""
        enterprise, team = auth_test.get("enterprise_id"), auth_test.get("team_id")
        org = bool(auth_test.get("is_enterprise_install"))
        return cls(
            Installed(
                workspace_of(enterprise, team, org=org),
                token,
                str(auth_test.get("user_id") or ""),
                auth_test.get("bot_id"),
                enterprise,
                None if org else team,
            )
        )

    async def of(self, workspace: str) -> Installed | None:
        return self.installed if workspace == self.installed.workspace else None

    async def serving(self, enterprise: str | None, team: str | None, *, org: bool) -> Installed | None:
        """A channel shared with another workspace sends that one's ids too: there is only one answer anyway."""
        return self.installed
