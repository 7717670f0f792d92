"""Runs an operation for whoever shows a key, or none: what may be asked, about which workspace, in which channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import Catalog
from bot.commands.command import Command, Permission
from bot.commands.context import CommandContext, Site
from bot.commands.operations.given import Given, NotAllowed, NotThere
from bot.commands.operations.perform import perform
from bot.commands.request import Request
from bot.domain import ApiKey, Channel, Scope
from bot.store import Store


def needs_write(command: Command) -> bool:
    """It changes something, or tells what is for those who may manage."""
    return command.changes or command.permission is Permission.MANAGERS


class NoKey(NotAllowed):
    """It takes a key, and none was shown."""


@dataclass(frozen=True, slots=True)
class Desk:
    """``public``: what vendors published is told without a key. ``site``: for links to pages; ``None``: none are
    served."""

    store: Store
    catalog: Catalog
    now: Callable[[], datetime]
    public: bool
    site: Site | None = None

    def key(self, token: str) -> ApiKey | None:
        """The key that this is the token of."""
        return self.store.keys.authenticate(token, self.now())

    def admit(self, command: Command, key: ApiKey | None) -> None:
        """Raises :class:`NotAllowed` where the key, or none, does not do for the operation."""
        if key is None and not (self.public and command.programs.facts):
            raise NoKey("It is about a workspace: show a key of it, as lookout key create printed it.")
        if needs_write(command) and (key is None or key.scope is not Scope.WRITE):
            raise NotAllowed(f"“{command.name}” is for those who may manage: it takes a key with the scope write.")

    def perform(self, command: Command, given: Given, key: ApiKey | None) -> object:
        """A value of the type that the operation gives. Raises ``Refused``."""
        self.admit(command, key)
        where, catalog = Channel("", "", ""), self.catalog
        channel = given.text("channel")
        if key is not None:
            where = Channel(key.platform, key.workspace, channel)
            catalog = catalog.plus(self.store.own.of(where))
            if channel and not self.store.channels.is_known(where):
                raise NotThere(f"Lookout knows no channel “{channel}” in this workspace: type a command there once.")
        elif channel:
            raise NoKey("A channel can be named only with a key of its workspace.")
        may_change = key is not None and key.scope is Scope.WRITE
        asked = Request(command.name, "", where, f"key:{key.id}" if key else "", may_change)
        return perform(command, given, asked, CommandContext(self.store, catalog, self.now(), site=self.site))
