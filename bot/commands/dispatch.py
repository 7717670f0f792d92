"""From a typed line to a reply: finds the command, checks whether it is allowed, runs it. Never raises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.catalog import Found
from bot.catalog.names import fold, typed_url
from bot.commands.audit import record_change
from bot.commands.command import Command, Permission
from bot.commands.context import CommandContext
from bot.commands.definition import service_typed
from bot.commands.digest import changes_digest
from bot.commands.duration import ends_with_span, split_duration
from bot.commands.english import EVERYDAY
from bot.commands.grammar import UsageError, mention_typed, parse, unparse, unparse_wishes
from bot.commands.help import asks_for_form, command_begun, command_named, form_reply, nearest_command
from bot.commands.layout import in_latin_layout
from bot.commands.line import clean, is_sign, wants_help
from bot.commands.operations.spoken import spoken
from bot.commands.operators import operators_line
from bot.commands.reading import Chat, Reading
from bot.commands.request import Reply, Request
from bot.commands.scan import Word, scan
from bot.commands.sentence import is_turned, read_command, read_line
from bot.commands.subscriptions import is_all
from bot.commands.table import COMMANDS
from bot.commands.vendor_notes import with_notes
from bot.commands.vendors import MAX_EXACT_CHARS
from bot.commands.vocabulary import COMMON
from bot.domain import Vendor
from bot.domain.drill import drill_slug
from bot.message import Button, Message, Opens
from bot.wording.errors import (
    FORM_LABEL,
    error_message,
    failed_message,
    not_allowed_message,
    said_elsewhere,
    unknown_command_message,
)
from bot.wording.incidents import reference
from bot.wording.talk import (
    ask_first_message,
    greeting_message,
    operators_message,
    refusal_message,
    turned_message,
    unclear_message,
    with_echo,
)

log = structlog.get_logger(__name__)

TEXT_LIMIT = 8_000
"""The longest text of a command, in characters; more than chat platforms let through."""
NO_CHANNEL_REMEDY = "Ask me in the channel itself."
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""No database takes these: NUL, and halves of characters, which JSON may carry."""
_KEPT = re.compile(r"(?:(?:the|a|an|our|my) )?(?:service|notes?) \S", re.IGNORECASE)
"""``remove service checkout``: no subscription."""
_OF_INCIDENT = frozenset({"why", "incident", "ack", "unack", "ignore"})
_OF_VENDOR = frozenset({"status", "components", "history", "incidents", "alternatives"})


def parse_line(line: str) -> tuple[str, str]:
    """``/status dyspatch``, ``status dyspatch`` and ``dyspatch`` alike give ``("status", "dyspatch")``.

    For platforms with one text box. Nothing at all asks for help.
    """
    line = line.strip().removeprefix("/").strip()
    if not line:
        return "help", ""
    word, *rest = line.split(maxsplit=1)
    if wants_help(line):
        about = next((c for named in line.split() if (c := command_named(named.lstrip("/"), COMMANDS))), None)
        return "help", about.name if about else ""
    command = command_named(word.rstrip(":?!.,"), COMMANDS) or (COMMANDS[-1] if word == "?" else None)
    is_alias = command is not None and word.casefold() != command.name in ("subscribe", "unsubscribe")
    if is_alias and _KEPT.match("".join(rest)):
        return "status", line
    return (command.name, "".join(rest)) if command else ("status", line)


def handle(request: Request, context: CommandContext, table: Sequence[Command] = COMMANDS) -> Reply:
    """The answer to any request at all: what cannot be done is one sentence that says what to type instead."""
    try:
        reply = answer(request, context, table)
    except Exception:
        log.exception("command.failed", command=request.command)
        return Reply((failed_message(),))
    if reply.changed and not request.again:
        record_change(request, context, reply.changed)
    return reply


def answer(request: Request, context: CommandContext, table: Sequence[Command] = COMMANDS) -> Reply:
    """Like ``handle``, but a bug comes out as an exception."""
    context = replace(context, drill=drill_slug(request.channel))
    text = _UNSTORABLE.sub("", request.text)
    if command_named(request.command, table) is table[0] and is_sign(text):
        return Reply((greeting_message(),), aside=True)
    if len(text) > TEXT_LIMIT:
        return Reply((error_message(f"That is more than {TEXT_LIMIT:,} characters. Split it into several commands."),))
    command = command_named(request.command, table)
    if command is None or not command.free_text:
        text = clean(text)
    if command is None:
        command, text = table[0], f"{request.command} {text}".strip()
    if asks_for_form(text) and command.arguments:
        return form_reply(command, request)
    try:
        reading = _read(command, text, request, context, table)
        if not isinstance(reading, Reading):
            return reading
        return _run(reading, request, context, table)
    except UsageError as error:
        return Reply((error_message(str(error)),))


def _read(
    command: Command, text: str, request: Request, context: CommandContext, table: Sequence[Command]
) -> Reading | Reply:
    """What was asked for; a reply where nothing is to be done."""
    is_line = command is table[0]
    if wants_help(text):
        words = [named for word in text.split() if (named := command_named(word.lstrip("/"), table))]
        about = command if not is_line else next(iter(words), None)
        return Reading("help", about.name if about else "")
    if is_line and (shell := operators_line(text)) is not None and context.catalog.exact(text) is None:
        return Reply((operators_message(shell),), aside=True)
    reading = read_line(text, context.catalog) if is_line else read_command(command.name, text, context.catalog)
    if reading is not Chat.GREETING and is_line and (suggestion := _suggestion(text, context, table)):
        return suggestion
    changes = isinstance(reading, Reading) and _changes(reading, table)
    if changes and isinstance(reading, Reading) and not command.free_text and reading.command != "settings":
        reading = Chat.TURNED if is_turned(reading.text, context.catalog) else reading
    match reading:
        case Reading(command="status"):
            return _of_pasted_link(reading, context)
        case Reading():
            return reading
        case Chat.GREETING:
            return Reply((greeting_message(),), aside=True)
        case Chat.REFUSAL:
            return Reply((refusal_message(),), aside=True)
        case Chat.TURNED:
            return Reply((turned_message(f"{request.command} {text}" if not is_line else text),), aside=True)
        case Chat.UNCLEAR:
            return Reply((unclear_message(),), aside=True)


def _of_pasted_link(reading: Reading, context: CommandContext) -> Reading:
    """The link of an incident that is on record asks for that incident, if no vendor is named beside it and it is not
    its vendor's page as well."""
    words = [part.text for part in scan(reading.text) if isinstance(part, Word)]
    links = {word: url for word in words if "://" in word and (url := typed_url(word))}
    if len(links) != 1:
        return reading
    [(link, url)] = links.items()
    found = context.store.records.find_incident(url, context.own)
    pages = {page for state in context.by_slug([r.incident.vendor for r in found]) for page in _addresses(state.vendor)}
    if len(found) != 1 or url.rstrip("/") in pages:
        return reading
    asked = found[0].incident
    beside = " ".join(word for word in words if word != link)
    is_its = asked.id in url.split("/") or (asked.url or "").rstrip("/") == url.rstrip("/")
    if not is_its or parse(beside, context.catalog, ("service",), question=True).vendors:
        return reading
    return Reading("incident", reference(asked), reworded=True)


def _addresses(vendor: Vendor) -> tuple[str, str]:
    return vendor.human_url.rstrip("/"), vendor.page_url.rstrip("/")


def _run(reading: Reading, request: Request, context: CommandContext, table: Sequence[Command]) -> Reply:
    command = command_named(reading.command, table)
    assert command is not None
    reading = _in_thread(reading, request, context)
    text = reading.text
    if reading.reworded and command.name in ("subscribe", "unsubscribe"):
        reading = _written_out(reading, context)
        text = reading.text
    if reading.reworded and command.changes and not _other_channel(text) and _would_change(reading, request, context):
        line = f"{command.name} {text}".strip()
        span = ends_with_span(text)[1] if command.name == "mute" else ""
        return Reply((ask_first_message(command.name, line, _whom(reading, context), span),))
    if command.name in ("subscribe", "unsubscribe") and (other := _other_channel(text)):
        return Reply((error_message(*said_elsewhere(command.name, other)),))
    is_for_managers = command.permission is Permission.MANAGERS and command.for_managers(text, context.catalog)
    if is_for_managers and not request.may_manage:
        return Reply((not_allowed_message(command.name),))
    if is_for_managers and not request.channel.id:
        return Reply((error_message("I was not told which channel this is for.", (NO_CHANNEL_REMEDY,)),))
    asked = replace(request, command=command.name, text=text)
    reply = command.handler(asked, context) if command.handler else spoken(command, asked, context)
    changed = f"{command.name} {text}".strip() if reply.public else ""
    reply = replace(reply, messages=with_notes(reply.messages, request, context), changed=changed)
    if command.permission is Permission.MANAGERS and request.may_manage and not text.strip():
        reply = _with_form(reply, command)
    if not reading.reworded or reply.public or not reply.messages:
        return reply
    first, *others = reply.messages
    return replace(reply, messages=(with_echo(first, f"{command.name} {text}".strip()), *others))


def _with_form(reply: Reply, command: Command) -> Reply:
    """What a command answers that was given nothing to do, with its form if nothing else is offered."""
    offered = any(message.buttons for message in reply.messages)
    if reply.public or offered or not command.arguments or not reply.messages:
        return reply
    *others, last = reply.messages
    button = Button(FORM_LABEL, command.name, Opens.FORM)
    return replace(reply, messages=(*others, replace(last, buttons=(*last.buttons, button))))


def _changes(reading: Reading, table: Sequence[Command]) -> bool:
    command = command_named(reading.command, table)
    return command is not None and command.changes and bool(reading.text.strip())


def _would_change(reading: Reading, request: Request, context: CommandContext) -> bool:
    """Whether running it could change something: what names nothing is answered at once with how to type it."""
    if reading.command in ("subscribe", "unsubscribe"):
        parsed = parse(reading.text, context.catalog)
        whole = reading.command == "unsubscribe" and is_all(reading.text)
        named = bool(parsed.vendors or parsed.services)
        return named or whole or any(typed_url(left.text) for left in parsed.unmatched)
    if reading.command in ("ack", "unack", "ignore", "test"):
        return True
    if reading.command == "mute":
        return bool(split_duration(reading.text, context.zone(request.channel), context.now)[0])
    if reading.command in ("service", "note") and (command := command_named(reading.command, COMMANDS)):
        return command.for_managers(reading.text, context.catalog)
    if reading.command == "digest":
        return changes_digest(reading.text)
    return bool(reading.text.strip())


def _other_channel(text: str) -> str:
    """The channel that a request names: ``subscribe github in #ops``."""
    return next((part.text for part in scan(text) if isinstance(part, Word) and part.text.startswith("#")), "")


def _written_out(reading: Reading, context: CommandContext) -> Reading:
    """All as the command has it: ``stripe severity:critical+`` for ``stripe, only critical``."""
    parsed = parse(reading.text, context.catalog)
    if not parsed.vendors or parsed.unmatched:
        return reading
    names = [*(v.typed for v in parsed.vendors), *(f"service:{service_typed(name)}" for name in parsed.services)]
    wanted = [unparse(parsed.filter), unparse_wishes(parsed.wishes), mention_typed(parsed.mention)]
    return replace(reading, text=" ".join(filter(None, [*names, *wanted])))


def _whom(reading: Reading, context: CommandContext) -> tuple[str, ...]:
    """Names of what a change is about, for a question."""
    if reading.command in ("mute", "unmute"):
        parsed = parse(ends_with_span(reading.text)[0], context.catalog, ())
        return tuple(vendor.name for vendor in parsed.vendors) if not parsed.unmatched else ()
    if reading.command in ("subscribe", "unsubscribe"):
        parsed = parse(reading.text, context.catalog)
        if all(left.repeated for left in parsed.unmatched):
            parts = {left.after: left.text for left in parsed.unmatched if reading.command == "subscribe"}
            return tuple(f"{v.name} ({parts[v.slug]})" if v.slug in parts else v.name for v in parsed.vendors)
    return ()


def _in_thread(reading: Reading, request: Request, context: CommandContext) -> Reading:
    """In an incident's own thread a command that names nothing means that incident."""
    if request.thread is None:
        return reading
    card = context.store.cards.by_ref(request.channel, request.thread)
    record = context.store.records.incident(card.vendor, card.incident) if card else None
    if record is None:
        return reading
    named = reference(record.incident)
    match reading.command:
        case command if command in _OF_INCIDENT and not reading.text:
            return replace(reading, text=named)
        case command if command in _OF_VENDOR and not parse(reading.text, context.catalog, ("days",)).vendors:
            return replace(reading, text=f"{record.incident.vendor} {reading.text}".strip())
        case "mute" | "unmute":
            what, _ = split_duration(reading.text, context.zone(request.channel), context.now)
            return reading if what else replace(reading, text=f"{named} {reading.text}".strip())
        case _:
            return reading


def _suggestion(text: str, context: CommandContext, table: Sequence[Command]) -> Reply | None:
    """A command with a slip in it, where a vendor's name was expected: ``subcribe github``, ``stat github``; or one
    that was typed in another keyboard layout."""
    word, _, rest = text.strip().partition(" ")
    catalog = context.catalog
    if (latin := in_latin_layout(text)) is not None:
        if command_named(latin.partition(" ")[0], table):
            return Reply((unknown_command_message(text, [latin]),))
        vendor = catalog.exact(latin) if len(latin) > MAX_EXACT_CHARS else None
        return Reply((unknown_command_message(text, [f"status {vendor.typed}"]),)) if vendor else None
    if not word or command_named(word, table) or fold(word) in COMMON | EVERYDAY:
        return None
    if catalog.exact(word) or isinstance(catalog.find(text), Found):
        return None
    is_whole = not rest or isinstance(catalog.find(rest), Found)
    if is_whole and (begun := command_begun(word, table)) is not None:
        return Reply((unknown_command_message(word, [f"{begun.name} {rest}".strip()]),))
    command = nearest_command(word, table)
    if command is None:
        return None
    near = catalog.find(word)
    vendors: tuple[Vendor, ...] = () if isinstance(near, Found) else near.vendors
    message: Message = unknown_command_message(
        word, [f"{command.name} {rest}".strip(), *(f"status {v.typed}" for v in vendors)]
    )
    return Reply((message,))
