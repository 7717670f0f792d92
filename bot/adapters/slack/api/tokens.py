"""Which token belongs to a workspace or to a request. Does no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class WorkspaceToken:
    """One installation of the app, with its bot token."""

    workspace: str
    """The key of its channels: the organisation's id (``E…``) for an installation on all of an Enterprise Grid
    organisation, else the team's (``T…``)."""
    token: str
    bot_user_id: str
    """The app's own user there."""
    bot_id: str | None = None
    enterprise_id: str | None = None
    team_id: str | None = None
    """``None``: the installation is an organisation's."""

    def __repr__(self) -> str:
        """Without the token: this goes into logs."""
        return f"WorkspaceToken({self.workspace})"


class TokenStore(Protocol):
    async def of_workspace(self, workspace: str) -> WorkspaceToken | None:
        """The token by the key of its channels; ``None``: the app is not installed there."""

    async def for_request(self, enterprise: str | None, team: str | None, *, org: bool) -> WorkspaceToken | None:
        """The token that answers a request: the team's installation, else its organisation's. ``org``: the request is
        for an organisation's installation."""

    async def has_changed(self, token: WorkspaceToken) -> bool:
        """Whether its workspace has another token by now; asked once Slack refuses this one."""


def workspace_key(enterprise: str | None, team: str | None, *, org: bool) -> str:
    """The key under which a workspace's channels are stored."""
    return (enterprise if org else team) or team or enterprise or ""


@dataclass(frozen=True, slots=True)
class SingleWorkspace:
    """The token store of an app with one installation: the token in the settings."""

    token: WorkspaceToken

    @classmethod
    def from_auth_test(cls, auth_test: Mapping[str, Any], token: str) -> SingleWorkspace:
        """From the answer of ``auth.test``."""
        enterprise, team = auth_test.get("enterprise_id"), auth_test.get("team_id")
        org = bool(auth_test.get("is_enterprise_install"))
        return cls(
            WorkspaceToken(
                workspace_key(enterprise, team, org=org),
                token,
                str(auth_test.get("user_id") or ""),
                auth_test.get("bot_id"),
                enterprise,
                None if org else team,
            )
        )

    async def of_workspace(self, workspace: str) -> WorkspaceToken | None:
        return self.token if workspace == self.token.workspace else None

    async def for_request(self, enterprise: str | None, team: str | None, *, org: bool) -> WorkspaceToken | None:
        """A channel shared with another workspace sends that one's ids too: there is only one answer anyway."""
        return self.token

    async def has_changed(self, token: WorkspaceToken) -> bool:
        return False
