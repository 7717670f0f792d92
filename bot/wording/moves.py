"""Messages about parts that are missing: of pages that moved to another platform, and of what services need."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import Vendor
from bot.message import Code, Line, Message, MessageKind, Paragraph, Tone
from bot.wording.phrases import listing

NAMES = 5


def unmatched_message(vendor: Vendor, unmatched: Sequence[str]) -> Message:
    """To a channel whose filter named what the vendor's new page does not have."""
    title = f"{vendor.name} has a new status page."
    names = _named(unmatched)
    sentence: Line = (
        f"It lists nothing called {names}, which this channel's subscription names: say anew what you want with ",
        Code(f'subscribe {vendor.typed} component:"…"'),
        "; ",
        Code(f"components {vendor.typed}"),
        " lists what there is.",
    )
    return Message(
        summary=f"{title} This channel's subscription names {names}, which it does not list.",
        tone=Tone.UNKNOWN,
        title=title,
        url=vendor.human_url,
        blocks=(Paragraph(sentence),),
        kind=MessageKind.NOTICE,
    )


def missing_parts_message(service: str, vendor: Vendor, missing: Sequence[str]) -> Message:
    """To the channel that defined a service: a page lists a part of it no more."""
    names = _named(missing)
    title = f"Service {service} needs {names}, which the page of {vendor.name} does not list any more."
    hint: Line = (
        "Define it anew, as ",
        Code("services"),
        " shows it; ",
        Code(f"components {vendor.typed}"),
        " lists what there is.",
    )
    return Message(
        summary=title,
        tone=Tone.UNKNOWN,
        title=title,
        url=vendor.human_url,
        blocks=(Paragraph(hint),),
        kind=MessageKind.NOTICE,
    )


def unmatched_line(unmatched: Sequence[str]) -> str:
    """For ``list``: what of a filter matches nothing on the page as it is now."""
    return f"the page lists nothing called {_named(unmatched)}"


def _named(unmatched: Sequence[str]) -> str:
    return listing([f"“{name}”" for name in unmatched], NAMES)
