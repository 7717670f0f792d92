"""A workspace's notes on vendors: on cards, below answers, and by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.domain import Slug, Vendor, VendorNote
from bot.message import Button, Code, Items, Line, Link, Message, Moment, Paragraph, Person, Span, Strong, Style
from bot.wording.phrases import count

EXAMPLE = 'note github "Runbook: wiki/github · contract 4711 · owner @platform"'
BUTTONS = 5
_SPECIAL = re.compile(r"(?P<url>https?://[^\s<>\"“”]+)|<@(?P<person>[!&]?\w{1,30})>")
_AFTER_URL = ".,;:!?)]}'"
"""What ends a sentence and no address."""


def note_line(text: str) -> Line:
    """On a card and below an answer."""
    return (Strong("Our note:"), " ", *_spans(text))


def with_note(message: Message, note: VendorNote) -> Message:
    return replace(message, blocks=(*message.blocks, Paragraph(note_line(note.text))))


def noted_message(vendor: Vendor, note: VendorNote, before: VendorNote | None) -> Message:
    """For everybody in the channel to read. ``before``: what it replaces."""
    title = f"Noted on {vendor.name}, for this workspace."
    was = (Paragraph(("Before: ", *_spans(before.text))),) if before else ()
    where = Paragraph(("It stands on its cards and below answers about it, in every channel here.",))
    return Message(
        summary=title,
        title=title,
        blocks=(Paragraph(note_line(note.text)), *was, where),
        footer=(Person(note.created_by, "By "),),
        buttons=(Button("Remove", f'note {vendor.typed} ""', confirm=f"Remove the note on {vendor.name}?"),),
    )


def note_removed_message(vendor: Vendor, before: VendorNote, by: str) -> Message:
    title = f"The note on {vendor.name} is removed."
    blocks = (Paragraph(("It was: ", *_spans(before.text))),)
    return Message(summary=title, title=title, blocks=blocks, footer=(Person(by, "By "),))


def note_message(vendor: Vendor, note: VendorNote | None) -> Message:
    """One vendor's."""
    if note is None:
        title = f"This workspace has no note on {vendor.name}."
        hint: Line = ("Type for example ", Code(f'note {vendor.typed} "Runbook: wiki/{vendor.slug}"'), ".")
        return Message(summary=title, title=title, blocks=(Paragraph(hint),))
    title = f"This workspace's note on {vendor.name}:"
    set_up: Line = (Moment(note.created_at, Style.DATETIME), Person(note.created_by, " by "))
    return Message(summary=f"{title} {note.text}", title=title, blocks=(Paragraph(_spans(note.text)),), footer=set_up)


def notes_message(notes: Sequence[VendorNote], names: Mapping[Slug, str]) -> Message:
    """All of the workspace's."""
    if not notes:
        title = "This workspace has no notes."
        return Message(summary=title, title=title, blocks=(Paragraph(("Type for example ", Code(EXAMPLE), ".")),))
    title = f"{count(len(notes), 'note')} in this workspace."
    lines = tuple((Strong(names[n.vendor]), " — ", *_spans(n.text)) for n in notes)
    return Message(summary=title, title=title, blocks=(Items(lines),))


def _spans(text: str) -> Line:
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Span]:
    at = 0
    for found in _SPECIAL.finditer(text):
        url = found["url"].rstrip(_AFTER_URL) if found["url"] else ""
        yield text[at : found.start()]
        yield Link(url.partition("://")[2], url) if url else Person(found["person"].removeprefix("!"))
        at = found.start() + len(url) if url else found.end()
    yield text[at:]
