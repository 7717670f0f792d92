"""A service where a command wants a vendor: what ``mute service:checkout`` means, and what to type where it means
nothing."""

from __future__ import annotations

import re

from bot.commands.context import CommandContext
from bot.commands.definition import service_typed
from bot.commands.request import Reply, Request
from bot.commands.scan import unquoted
from bot.commands.services import near_services
from bot.domain import Service, service_key
from bot.message import Code, Line
from bot.wording.errors import error_message
from bot.wording.phrases import listing
from bot.wording.services import no_service

_TYPED = re.compile(r"(?:the |our )?services?(?:\s*[:=]\s*|\s+)(?P<name>\S.*)", re.IGNORECASE)


def service_meant(text: str, request: Request, context: CommandContext) -> Service | Reply | None:
    """``service:checkout``, or what is the name of a service and of no vendor; ``None``: it is about none. A reply: no
    service is called so."""
    text = text.strip()
    typed = _TYPED.fullmatch(text)
    if not text or context.catalog.exact(text) is not None:
        return None
    known = context.store.services.of(request.channel)
    by_key = {one.key: one for one in known}
    name = unquoted(typed["name"]) if typed else text
    if found := by_key.get(service_key(name)) or by_key.get(service_key(text)):
        return found
    if typed is None or not re.match(r"\S+\s*[:=]", text):
        return None
    hint: Line = (Code("services"), " lists them all.")
    return Reply((error_message(no_service(name, near_services(name, known)), hint),))


def of_vendors_only(text: str, request: Request, context: CommandContext, about: str, example: str) -> Reply | None:
    """The answer where a command is about one vendor and a service was named: whose it is behind, each to be typed.
    ``about``: what the command has of a vendor; ``example``: the command with ``{}`` for it."""
    words = text.split()
    heads = (" ".join(words[:number]) for number in range(len(words), 0, -1))
    for found in (service_meant(head, request, context) for head in heads):
        if isinstance(found, Service):
            vendors = context.vendors(found.vendors)
            lines: list[Line] = [(Code(example.format(vendor.typed)),) for vendor in vendors]
            joined = [span for line in lines[:3] for span in (*line, ", ")][:-1]
            hint: Line = ("Type ", *joined, "; ", Code(f"service {service_typed(found.name)}"), " says how it stands.")
            names = listing([vendor.name for vendor in vendors], 5)
            return Reply((error_message(f"{about}, and {found.name} runs on {names}.", hint),))
    unknown = service_meant(words[0], request, context) if words else None
    return unknown if isinstance(unknown, Reply) else None
