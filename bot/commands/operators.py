"""Words of whoever runs Lookout, typed in a chat: ``doctor``, ``lookout backup``, ``--version``, ``restart``. Pure."""

from __future__ import annotations

import re

SUBCOMMANDS = frozenset({
    "backup", "catalog", "copy-database", "demo", "discord-invite", "doctor", "erase", "key", "mcp", "probe", "rekey",
    "replay", "restore", "run", "slack-manifest",
})  # fmt: skip
"""Of the program ``lookout``; not those that a chat takes for a question: ``status``, ``check``."""
_MACHINE = frozenset({"reboot", "restart", "shutdown"})
_VERSION = re.compile(
    r"(?:(?:what|which|your|the)\s+)*version(?:\s+(?:are you|is (?:this|it|running)|do you (?:run|have)))?",
    re.IGNORECASE,
)


def operators_line(text: str) -> str | None:
    """What is typed in a shell instead: ``lookout doctor``; empty where the program has no such command. ``None``: it
    is no word of operators alone. A sentence that only holds one is talk."""
    said = text.strip().strip("/-?!.").strip()
    program, _, rest = said.partition(" ")
    named = program.casefold() == "lookout" and bool(rest)
    said = rest.strip(" -") if named else said
    if _VERSION.fullmatch(said):
        return "lookout --version"
    word, _, more = said.casefold().partition(" ")
    if more and not named:
        return None
    if word in SUBCOMMANDS:
        return f"lookout {word}"
    return "" if word in _MACHINE and not more else None
