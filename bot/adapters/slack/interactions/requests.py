"""Parses what people type in Slack into a command and its text. Pure."""

from __future__ import annotations

import html
import re

from bot.adapters.slack.options import SlashCommands
from bot.commands.dispatch import parse_line
from bot.commands.help import command_named
from bot.commands.table import COMMANDS

_TOKEN = re.compile(r"<([^<>]{1,3000})>")
_HELP = frozenset({"help", "?"})


def parse_slash(name: str, text: str, names: SlashCommands) -> tuple[str, str]:
    """Command and text for any slash command that arrives. ``name``: with its slash.

    Slack keeps /status for itself, but whatever it does deliver is answered.
    """
    word, text = name.removeprefix("/").lower(), clean(text)
    if word == names.command:
        return parse_line(text)
    if word in (names.subscribe, names.unsubscribe):
        word = "subscribe" if word == names.subscribe else "unsubscribe"
    command = command_named(word, COMMANDS)
    if command is None:
        return parse_line(text)
    return ("help", command.name) if text.lower() in _HELP else (command.name, text)


def parse_mention(text: str, bot_user: str) -> tuple[str, str]:
    """Command and text of a message to the bot: ``@lookout status dyspatch``, ``hey @lookout: list``, or no name."""
    named_by = re.split(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>[:,]?", text, maxsplit=1) if bot_user else [text]
    line = next((part for part in reversed(named_by) if part.strip()), "")
    return parse_line(clean(line).strip("`").strip())


def clean(text: str) -> str:
    """As it was typed, on one line: escapes undone, links as addresses, channels by name; people and groups stay in
    Slack's own spelling, which a mention needs."""
    parts, at = [], 0
    for token in _TOKEN.finditer(text):
        parts += [html.unescape(text[at : token.start()]), _token_text(token[1])]
        at = token.end()
    return " ".join("".join([*parts, html.unescape(text[at:])]).split())


def _token_text(token: str) -> str:
    target, _, label = (html.unescape(part) for part in token.partition("|"))
    match target[:1]:
        case "@" | "!" if not target.startswith("!date"):
            return f"<{target}|{label}>" if label else f"<{target}>"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label
    return label if target.startswith(("mailto:", "tel:")) and label else target
