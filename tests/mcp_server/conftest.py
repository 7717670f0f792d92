"""A store with two workspaces in it, for tools."""

from __future__ import annotations

from tests.commands.conftest import fresh, talk

__all__ = ["fresh", "talk"]
