"""``note``: a workspace's own words on a vendor, which stand on its cards and below answers about it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from bot.catalog import Catalog, Found
from bot.catalog.names import fold
from bot.commands.context import CommandContext
from bot.commands.named_service import of_vendors_only
from bot.commands.request import Reply, Request
from bot.commands.scan import UsageError, first_quoted, quote, unquoted
from bot.domain import Slug, Vendor, VendorNote
from bot.message import Message
from bot.wording.errors import error_message, unknown_vendors_message, usage_message
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


_ON = re.compile(r"^(?:the )?(?:notes? )?(?:(?:on|of|for|from|about|to) )?", re.IGNORECASE)
EXAMPLE = 'note github "Runbook: wiki/github"'
REMOVE_EXAMPLE = 'note github ""'


_ALL_NOTES = re.compile(r"(?:show|list|see|get)(?: me)?(?: all| the| our| my)* notes?[?!.]*", re.IGNORECASE)
_WISH = re.compile(
    r"(?:please )?(?P<verb>show|see|add|write|leave|put|set|make|delete|remove|clear)(?: the| a| our| my)? notes?"
    r"(?: (?:on|for|of|from|about|to))? (?P<rest>.+)",
    re.IGNORECASE,
)


_NOTED = re.compile(
    r"what(?:['’]?s| is| did we| do we have)? (?:noted?|(?:the|our) notes?) (?:on|about|for|of) (?P<rest>.+)",  # noqa: RUF001
    re.IGNORECASE,
)


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
    about = "A note is on a vendor"
    if (other := of_vendors_only(request.text, request, context, about, 'note {} "…"')) is not None:
        return other
    vendor, text, named = read_note(request.text, context.catalog)
    if vendor is None and not named:
        return Reply((usage_message("A note on which vendor?", 'note <vendor> "<text>"', (EXAMPLE, REMOVE_EXAMPLE)),))
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
    head, said, tail = first_quoted(text) or (text, "", "")
    if said and not head.strip() and catalog.exact(tail.strip()):
        text = f"{tail.strip()} {quote(said)}"
    first, _, others = text.strip().partition(" ")
    if fold(first) in _REMOVALS and (vendor := catalog.exact(_ON.sub("", others))):
        return TypedNote(vendor, "", others)
    if catalog.exact(first) is None and (bare := _ON.sub("", text.strip())) != text.strip():
        return read_note(bare, catalog)
    words = text.split()
    if fold(text) in _REMOVALS:
        return TypedNote(None, None, "")
    before_quote = next((at for at, word in enumerate(words) if word[0] in _QUOTES), len(words))
    heads = [(head, catalog.exact(head)) for n in range(before_quote) if (head := " ".join(words[: n + 1]))]
    longest = next((vendor for _, vendor in reversed(heads) if vendor), None)
    if longest is None:
        return TypedNote(None, None, " ".join(words[:before_quote] if before_quote < len(words) else words[:1]))
    named = next(head for head, vendor in heads if vendor == longest)
    if heads[-1][1] == longest and before_quote == len(words):
        named = heads[-1][0]
    rest = " ".join(words[len(named.split()) :])
    if named.endswith(",") and any(catalog.exact(word.strip(",")) for word in rest.split()[:1]):
        raise UsageError(f"A note is on one vendor: type it for each, for example {EXAMPLE}.")
    if not rest:
        return TypedNote(longest, None, named)
    said = " ".join(unquoted(rest).split())
    return TypedNote(longest, "" if fold(said) in _REMOVALS else said, named)


def note_wish(line: str, catalog: Catalog) -> str | None:
    """A line about a note in other words, as it is typed after ``note``: ``delete the note on github``. Empty: all are
    asked for; ``None``: it is about none."""
    if _ALL_NOTES.fullmatch(line.strip()):
        return ""
    if (asked := _NOTED.match(line.strip())) and (vendor := catalog.exact(asked["rest"])):
        return vendor.typed
    if not (found := _WISH.match(line.strip())):
        return None
    vendor, _, named = read_note(found["rest"], catalog)
    if vendor is None:
        return None
    if fold(found["verb"]) in ("show", "see"):
        return named
    return f'{named} ""' if fold(found["verb"]) in _REMOVALS else found["rest"]


def with_notes(messages: tuple[Message, ...], request: Request, context: CommandContext) -> tuple[Message, ...]:
    """Answers about one vendor, each with the workspace's note on it."""
    if not any(message.vendor for message in messages):
        return messages
    notes = context.store.vendor_notes.of(request.channel)
    noted = [(message, notes.get(Slug(message.vendor or ""))) for message in messages]
    return tuple(with_note(message, note) if note else message for message, note in noted)
