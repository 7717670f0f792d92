"""Who is on an incident: on its card, and the answers to ``ack`` and ``unack``."""

from __future__ import annotations

from datetime import datetime

from bot.domain import Ack, Incident, Vendor
from bot.message import Button, Line, Message, Moment, Paragraph, Person, Style
from bot.wording.errors import error_message
from bot.wording.incidents import reference
from bot.wording.phrases import age, excerpt

TITLE_CHARS = 80


def ack_line(ack: Ack, since: Moment) -> Line:
    """On a card: ``On it: Ada, since 14:02``; no verb, as a person may be shown as *you*."""
    return ("On it: ", _person(ack), ", since ", since)


def acked_message(vendor: Vendor, incident: Incident, ack: Ack, before: Ack | None) -> Message:
    """For everybody in the channel to read. ``before``: whose it was."""
    title = f"Taken: {_named(vendor, incident)}."
    blocks = [Paragraph(("On it: ", _person(ack), ". Its message here says so."))]
    if before:
        blocks.append(Paragraph(("Before: ", _person(before), ", since ", Moment(before.at, Style.DATETIME))))
    buttons = (Button("Not any more", f"unack {reference(incident)}"),)
    return Message(summary=title, title=title, blocks=tuple(blocks), buttons=buttons)


def unacked_message(vendor: Vendor, incident: Incident, before: Ack) -> Message:
    title = f"Nobody is on {_named(vendor, incident)} any more."
    was: Line = ("It was ", _person(before), ", since ", Moment(before.at, Style.DATETIME))
    buttons = (Button("I'm on it", f"ack {reference(incident)}"),)
    return Message(summary=title, title=title, blocks=(Paragraph(was),), buttons=buttons)


def acked_already_message(ack: Ack, now: datetime) -> Message:
    return error_message(f"You are on it already: you said so {age(ack.at, now)}.")


def _named(vendor: Vendor, incident: Incident) -> str:
    return f"“{vendor.name} — {excerpt(incident.title, TITLE_CHARS)}”"


def _person(ack: Ack) -> Person:
    return Person(ack.by, name=ack.name)
