"""``note``: a workspace's own words on a vendor, which stand on its cards and below answers about it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from bot.catalog import Catalog, Found
from bot.catalog.names import fold
from bot.commands.context import CommandContext
from bot.commands.request import Reply, Request
from bot.commands.scan import unquoted
from bot.domain import Slug, Vendor, VendorNote
from bot.message import Message
from bot.wording.errors import error_message, unknown_vendors_message
from bot.wording.vendor_notes import (
    note_message,
    note_removed_message,
    noted_message,
    notes_message,
    with_note,
)

NOTE_CHARS = 300
"""A runbook's address, a contract and an owner fit; more would bury what the vendor says."""
_QUOTES = "\"'“„«"
_REMOVALS = frozenset({"", "off", "none", "remove", "delete", "clear"})


class TypedNote(NamedTuple):
    vendor: Vendor | None
    text: str | None
    """``None``: none was typed; empty: the note is to go."""
    named: str
    """What was typed for the vendor."""


def note(request: Request, context: CommandContext) -> Reply:
    """Alone: all notes of the workspace. With a vendor: its note; with a text: that is its note from now on."""
    notes = context.store.vendor_notes.of(request.channel)
    if not request.text.strip():
        names = {vendor.slug: vendor.name for vendor in context.vendors(list(notes))}
        return Reply((notes_message(list(notes.values()), names),))
    vendor, text, named = read_note(request.text, context.catalog)
    if vendor is None:
        near = context.catalog.find(named)
        return Reply((unknown_vendors_message([(named, () if isinstance(near, Found) else near.vendors)], "note"),))
    before = notes.get(vendor.slug)
    if text is None:
        return Reply((replace(note_message(vendor, before), vendor=None),))
    if not text:
        if before is None:
            return Reply((note_message(vendor, None),))
        context.store.vendor_notes.remove(request.channel, vendor.slug, context.now)
        return Reply((note_removed_message(vendor, before, request.user),), public=True)
    if len(text) > NOTE_CHARS:
        sentence = (
            f"A note has at most {NOTE_CHARS} characters, and this one has {len(text)}: shorten it or link to it."
        )
        return Reply((error_message(sentence),))
    noted = VendorNote(vendor.slug, text, request.user, context.now)
    context.store.vendor_notes.put(request.channel, noted)
    return Reply((noted_message(vendor, noted, before),), public=True)


def sets_note(text: str, catalog: Catalog) -> bool:
    """Whether a note is to be changed, not looked up."""
    return read_note(text, catalog).text is not None


def read_note(text: str, catalog: Catalog) -> TypedNote:
    """The vendor is the shortest name that means what the longest one does: *github*, not *github actions*. What
    follows is the note, in quotes or not."""
    words = text.split()
    before_quote = next((at for at, word in enumerate(words) if word[0] in _QUOTES), len(words))
    heads = [(head, catalog.exact(head)) for n in range(before_quote) if (head := " ".join(words[: n + 1]))]
    longest = next((vendor for _, vendor in reversed(heads) if vendor), None)
    if longest is None:
        return TypedNote(None, None, " ".join(words[:before_quote] if before_quote < len(words) else words[:1]))
    named = next(head for head, vendor in heads if vendor == longest)
    if heads[-1][1] == longest and before_quote == len(words):
        named = heads[-1][0]
    rest = " ".join(words[len(named.split()) :])
    if not rest:
        return TypedNote(longest, None, named)
    said = " ".join(unquoted(rest).split())
    return TypedNote(longest, "" if fold(said) in _REMOVALS else said, named)


def with_notes(messages: tuple[Message, ...], request: Request, context: CommandContext) -> tuple[Message, ...]:
    """Answers about one vendor, each with the workspace's note on it."""
    if not any(message.vendor for message in messages):
        return messages
    notes = context.store.vendor_notes.of(request.channel)
    noted = [(message, notes.get(Slug(message.vendor or ""))) for message in messages]
    return tuple(with_note(message, note) if note else message for message, note in noted)
