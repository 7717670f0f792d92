"""What is said when a command cannot do what was typed: one clear sentence, and what to type instead."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import Vendor
from bot.message import Block, Button, Code, Items, Line, Message, Paragraph, Tone
from bot.wording.words import excerpt, join

TYPED_CHARS = 60
CATALOG_HINT = "or paste the address of its status page"


def refusal(sentence: str, hint: Line = (), buttons: Sequence[Button] = ()) -> Message:
    """``sentence`` says what is wrong, ``hint`` what to type."""
    blocks: tuple[Block, ...] = (Paragraph(hint),) if hint else ()
    return Message(summary=sentence, tone=Tone.PLAIN, title=sentence, blocks=blocks, buttons=tuple(buttons))


def typed(text: str) -> str:
    """What the user typed, quoted and cut."""
    return f"“{excerpt(text, TYPED_CHARS)}”"


def unknown_vendor_line(text: str, near: Sequence[Vendor]) -> Line:
    """For one of several names."""
    if "/" in text or "." in text:
        return (f"{typed(text)} is no status page in the catalog.{_meant(near)}",)
    return (f"{typed(text)} is not in the catalog.{_meant(near)}",)


def unknown_vendor(text: str, near: Sequence[Vendor], command: str) -> Message:
    """Up to three names that may be meant, each a button that runs ``command`` with it."""
    line = unknown_vendor_line(text, near)
    hint: Line = (f"Check the spelling, {CATALOG_HINT}.",)
    return refusal(
        "".join(str(span) for span in line),
        hint,
        [Button(vendor.name, f"{command} {vendor.slug}") for vendor in near],
    )


def usage(sentence: str, how: str, examples: Sequence[str] = ()) -> Message:
    """A command that lacks something: how it is typed, and examples."""
    blocks: list[Block] = [Paragraph(("Type ", Code(how)))]
    if examples:
        blocks.append(Items(tuple((Code(example),) for example in examples)))
    return Message(summary=sentence, title=sentence, blocks=tuple(blocks))


def unknown_command(text: str, near: Sequence[str]) -> Message:
    """``near``: whole commands that may be meant, ready to run."""
    return refusal(
        f"There is no command or vendor {typed(text)}.",
        ("Type ", Code("help"), " for the commands."),
        [Button(line, line) for line in near],
    )


def not_allowed(command: str) -> Message:
    return refusal(
        f"You may not use {command} here.",
        ("It changes what this channel gets. Ask somebody who may manage the channel.",),
    )


def failed() -> Message:
    """A bug of ours: said, logged, never a traceback."""
    return refusal(
        "Something went wrong on my side, and the command was not carried out.",
        ("Try again; if it happens again, the operator finds the reason in the log.",),
    )


def _meant(near: Sequence[Vendor]) -> str:
    return f" Did you mean {join([vendor.name for vendor in near], 'or')}?" if near else ""
