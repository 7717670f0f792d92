"""What a command is, as data: help, the README's table, Slack's manifest and Discord's typed options come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.catalog import Catalog
from bot.commands.context import CommandContext
from bot.commands.operations.results import Answer
from bot.commands.request import Reply, Request
from bot.commands.scan import quote

if TYPE_CHECKING:
    from bot.commands.operations.given import Given

MAX_KEYS_SHOWN = 4

Handler = Callable[[Request, CommandContext], Reply]
Run = Callable[["Given", Request, CommandContext], object]
"""For programs: gives a value of the result's type. Raises :class:`bot.commands.operations.given.Refused`."""
After = Callable[[Answer, "Given", Request, CommandContext], Answer]
"""For programs: the answer of the handler that ran, with how it stands now."""
Tells = Callable[[Answer, Any], Answer]
"""For programs: the answer of the handler that ran, with what its reply tells."""


class ArgumentKind(StrEnum):
    """What an argument is, so that a platform can complete and check it."""

    VENDOR = "vendor"
    COMPONENT = "component"
    REGION = "region"
    SEVERITY = "severity"
    SWITCH = "switch"
    MAINTENANCE = "maintenance"
    DAYS = "days"
    INCIDENT = "incident"
    MENTION = "mention"
    SPAN = "span"
    HOLD = "hold"
    MODE = "mode"
    CADENCE = "cadence"
    WEEKDAY = "weekday"
    CLOCK = "clock"
    ONLY = "only"
    LEADS = "leads"
    ZONE = "zone"
    COMMAND = "command"
    WHERE = "where"
    NUMBER = "number"
    SECONDS = "seconds"
    INCIDENT_KIND = "incident kind"
    SERVICE = "service"
    TEXT = "text"


class Permission(StrEnum):
    """Who may run a command."""

    EVERYONE = "everyone"
    MANAGERS = "managers"
    """Whoever the platform lets manage the channel."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command."""

    name: str
    kind: ArgumentKind
    summary: str
    required: bool = False
    many: bool = False
    """Several may be given."""
    template: str = "{}"
    """How the value is written in a typed line, with ``{}`` for the value: ``region:{}``."""

    @property
    def positional(self) -> bool:
        """Typed as it is, without a key."""
        return self.template == "{}"

    @property
    def usage(self) -> str:
        """``<vendor>…``, ``[text]``, ``[severity:…+]``"""
        more = "…" if self.many and self.positional else ""
        shown = f"{self.name if self.positional else self.template.format('…')}{more}"
        if not self.required:
            return f"[{shown}]"
        return f"<{self.name}>{more}" if self.positional else shown

    def as_typed(self, value: str) -> str:
        """The value as somebody would type it."""
        return self.template.format(value) if '"' not in self.template else self.template.replace('"{}"', quote(value))


@dataclass(frozen=True, slots=True)
class ForPrograms:
    """What programs are given of a command: over HTTP, as a tool of a language model, on the command line."""

    run: Run | None = None
    """``None``: the handler runs, as for a chat, and programs are given its text."""
    gives: type = Answer
    """The frozen value that programs are given, of :mod:`bot.commands.operations.results` or ``.channel_results``."""
    after: After | None = None
    """What that is where the handler runs: its text, and how it stands then."""
    tells: Tells | None = None
    """The same of what the handler alone knows: ``Reply.told``."""
    facts: bool = False
    """It tells what vendors published, the same to everybody; else it is about a workspace or a channel."""
    paths: tuple[str, ...] = ()
    """Where it is found below ``/api/v1/``, with arguments in braces, ``DELETE`` before it where that is the method; by
    its name, if none is given."""
    arguments: tuple[Argument, ...] = ()
    """Those that only programs can give."""
    by_page: bool = False
    """With its vendors named, it changes only when their pages are read."""
    waits: bool = False
    """Over HTTP it can be asked to wait until there is something: ``wait``, in seconds."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what is typed, who may, what answers it, and what programs are given."""

    name: str
    summary: str
    handler: Handler | None
    """``None``: the typed line is read by the arguments, and the result of ``programs`` is listed."""
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    permission: Permission = Permission.EVERYONE
    for_managers: Callable[[str, Catalog], bool] = lambda text, _: bool(text.strip())
    """Whether the permission is needed for what was typed after the name: look-ups are for everyone."""
    free_text: bool = False
    """What is typed ends in people's own words, and is taken as it is."""
    public: bool = False
    """A change is answered for the whole channel to see; look-ups are for the invoker alone."""
    programs: ForPrograms = ForPrograms()

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.public

    @property
    def usage(self) -> str:
        """``incidents [vendor…] [--days …]``; many filters in one word."""
        keyed = [a.usage for a in self.arguments if not a.positional]
        return " ".join(
            [
                self.name,
                *(a.usage for a in self.arguments if a.positional),
                *(keyed if len(keyed) < MAX_KEYS_SHOWN else ["[filters]" if ":" in keyed[0] else "[name=…]…"]),
            ]
        )

    def command_text(self, values: Mapping[str, str | Sequence[str]]) -> str:
        """What would be typed after the name to give these arguments, for platforms with typed options."""
        lines = []
        for argument in self.arguments:
            given = values.get(argument.name, ())
            lines += [argument.as_typed(v) for v in ((given,) if isinstance(given, str) else given) if v.strip()]
        return " ".join(lines)
