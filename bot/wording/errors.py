"""The answers when a command cannot do what was typed: one clear sentence, and what to type instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from bot.domain import Mode, PageState, Vendor
from bot.message import Block, Button, Code, Items, Line, Link, Message, MessageKind, Opens, Paragraph, plain_text
from bot.wording.phrases import EXCERPT_CHARS, QUOTED_CHARS, excerpt, join, listing, quoted
from bot.wording.vendor_state import NO_PAGE_TEXT

NEAR_SHOWN = 5
REGIONS_SHOWN = 8
BUTTONS = 5
UNKNOWN_SHOWN = 10
FORM_LABEL = "Fill in a form"
NOTHING_HERE = "This channel gets nothing about it."


def error_message(sentence: str, hint: Line = (), buttons: Sequence[Button] = ()) -> Message:
    """``sentence`` says what is wrong, ``hint`` what to type."""
    blocks: tuple[Block, ...] = (Paragraph(hint),) if hint else ()
    return Message(summary=sentence, title=sentence, blocks=blocks, buttons=tuple(buttons), kind=MessageKind.ERROR)


def unknown_vendor_line(text: str, near: Sequence[Vendor]) -> Line:
    """For one of several names."""
    meant = f" Did you mean {join([vendor.name for vendor in near], 'or')}?" if near else ""
    return (f"I don't know {quoted(text)}.{meant}",)


def stands_for_unknown_line(vendor: Vendor, texts: Sequence[str]) -> Line:
    """For a subscription that is not ended, as words behind its name are known of no part and no vendor."""
    shown = listing([quoted(text) for text in texts], NEAR_SHOWN)
    return (f"{vendor.name} stands, as I don't know {shown}. To end it: ", Code(f"unsubscribe {vendor.typed}"))


def unknown_vendors_message(unknown: Sequence[tuple[str, Sequence[Vendor]]], command: str) -> Message:
    """Each typed name with up to three that may be meant, those as buttons that run ``command``."""
    lines = unknown_lines(unknown)
    near = {vendor.slug: vendor for _, vendors in unknown for vendor in vendors}
    buttons = [Button(vendor.name, f"{command} {vendor.typed}") for vendor in near.values()][:BUTTONS]
    pasted = len(unknown) == 1 and unknown[0][0].startswith(("http://", "https://")) and "@" not in unknown[0][0]
    hint = add_page_line(unknown[0][0]) if pasted else add_page_line()
    if len(lines) == 1:
        return error_message(plain_text(lines[0]), hint, buttons)
    title = plain_text(lines[0])
    blocks = (*(Paragraph(line) for line in lines[1:]), Paragraph(hint))
    return Message(summary=title, title=title, blocks=blocks, buttons=tuple(buttons), kind=MessageKind.ERROR)


def no_page_line(vendor: Vendor) -> Line:
    """For a vendor that is known by name alone."""
    address = Link(vendor.human_url, vendor.human_url)
    return (f"{vendor.name} {NO_PAGE_TEXT}, so nothing would come. People look here: ", address)


def add_page_line(address: str = "https://status.example.com") -> Line:
    """What to do about a name that is not in the catalog."""
    return ("Check the spelling, or add its status page: ", Code(f"subscribe {address}"), ".")


def unknown_lines(unknown: Sequence[tuple[str, Sequence[Vendor]]]) -> list[Line]:
    """A line for each name that may be another, and one for all the others."""
    lines = [unknown_vendor_line(text, near) for text, near in unknown if near][:UNKNOWN_SHOWN]
    if others := [quoted(text) for text, near in unknown if not near]:
        named = join(others, "or") if len(others) <= NEAR_SHOWN else listing(others)
        lines.append((f"I don't know {named}.",))
    return lines


def looking_line(url: str) -> Line:
    """For an address that no vendor is known by, while it is found out what is there."""
    return (f"{excerpt(url, QUOTED_CHARS)} is being looked at: ask again in a moment.",)


def password_line() -> Line:
    """Says nothing of the address: everybody in the channel would read it."""
    return ("I don't take passwords from a chat. Whoever runs Lookout can set it; then give the address without it.",)


def no_component_message(state: PageState, text: str) -> Message:
    """Words after a vendor that fit none of its parts."""
    vendor = state.vendor
    if state.snapshot is None:
        return error_message(f"The components of {vendor.name} are not known yet: its page has not been read.")
    if not state.snapshot.components:
        return error_message(f"The status page of {vendor.name} lists no components, so none is {quoted(text)}.")
    return error_message(
        f"{vendor.name} has no component or region {quoted(text)}, and no vendor is called so.",
        ("See ", Code(f"components {vendor.typed}"), "."),
    )


@dataclass(frozen=True, slots=True)
class UncheckedParts:
    """The page was never read, so its parts are not known."""


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """A component or region that was asked for and does not exist."""

    text: str
    near: tuple[str, ...] = ()
    """Labels that may be meant."""


@dataclass(frozen=True, slots=True)
class UnknownRegion:
    """A region that was asked for and does not exist."""

    text: str
    known: tuple[str, ...]
    """The regions that the page lists."""


@dataclass(frozen=True, slots=True)
class AmbiguousPart:
    """Words that fit several components."""

    text: str
    labels: tuple[str, ...]
    """The components' labels."""


PartProblem = UncheckedParts | UnknownPart | UnknownRegion | AmbiguousPart
"""Why a filter cannot stand at one vendor."""


def part_problem_line(state: PageState, problem: PartProblem, command: str = "subscribe ") -> Line:
    """The problem of a filter at this vendor, and what to type instead. ``command``: what stands before the vendor."""
    name = state.vendor.name
    match problem:
        case UncheckedParts():
            return (f"{name}: its page is being read first, to know its components. Ask again in a moment.",)
        case UnknownRegion(text, known):
            return (f"{name} has no region {quoted(text)}. It has {listing(known, REGIONS_SHOWN)}.",)
        case AmbiguousPart(text, labels):
            shown = listing([excerpt(label, QUOTED_CHARS) for label in labels], NEAR_SHOWN)
            return (
                f"{name}: {quoted(text)} fits {len(labels)} components: {shown}. Name one, or take all with ",
                Code(f'component:"*{text}*"'),
                ".",
            )
        case UnknownPart(text, near):
            return _unknown_part_line(state, text, near, command)
        case _:
            assert_never(problem)


def _unknown_part_line(state: PageState, text: str, near: Sequence[str], command: str) -> Line:
    vendor = state.vendor
    if state.snapshot is None:
        return (
            f"{vendor.name}: its page cannot be read now, so {quoted(text)} cannot be looked up. To take it unseen: ",
            Code(f'{command}{vendor.typed} component:"{text}"'),
            ".",
        )
    if not state.snapshot.components:
        return (f"{vendor.name}: its page lists no components, so there is no {quoted(text)}.",)
    meant = f" Did you mean {listing([excerpt(label, QUOTED_CHARS) for label in near], NEAR_SHOWN)}?" if near else ""
    return (
        f"{vendor.name} has no component or region {quoted(text)}.{meant} See ",
        Code(f"components {vendor.typed}"),
        ".",
    )


def whole_vendor_line(state: PageState, product: str) -> Line:
    """For a product that the vendor's page has no part for."""
    name = state.vendor.name
    why = f"has no part called {product}" if state.snapshot else f"cannot be read now to find {product} on it"
    return (f"The page of {name} {why}, so this is all of {name}.",)


def form_outdated(what: str) -> str:
    """``what``: ``vendor``, ``part`` or ``command``."""
    return f"There is no such {what} any more. Choose again."


def said_elsewhere(command: str, channel: str) -> tuple[str, Line]:
    """For a change of another channel than the one that it is typed in: a sentence, and what to do."""
    what = f"{command.capitalize()} is for the channel it is said in"
    return f"{what}, so nothing was changed.", (f"Say it in {channel}, without naming it.",)


def only_in_channel(command: str) -> str:
    """For a change that was asked for outside of any channel."""
    return f"{command.capitalize()} is for a channel: ask in the one that it is for."


def form_lacks(what: str) -> str:
    """``what``: what the empty field takes."""
    return f"Fill this in: {excerpt(what, EXCERPT_CHARS)}."


def only_filters() -> str:
    return 'Only filters belong here, for example region:us-east-1, component:!"Docs" or match:"login".'


def pings_nobody(whom: str, kinds: str, remedy: str) -> str:
    """``kinds``: what can be mentioned, ``Slack user or group``; ``remedy``: a sentence."""
    return f"{quoted(whom)} is not a {kinds}, so it would ping nobody. {remedy}"


_PLACEHOLDERS = re.compile(r"\s[<\[]")


def usage_message(sentence: str, how: str, examples: Sequence[str] = (), buttons: Sequence[Button] = ()) -> Message:
    """A command that lacks something: how it is typed, examples, and a form to fill in the rest."""
    blocks: list[Block] = [Paragraph(("Type ", Code(how)))]
    if examples:
        blocks.append(Items(tuple((Code(example),) for example in examples)))
    shown = tuple(buttons)[:BUTTONS]
    if not any(button.opens is Opens.FORM for button in shown):
        shown = (*shown, Button(FORM_LABEL, _PLACEHOLDERS.split(how)[0].strip(), Opens.FORM))
    return Message(summary=sentence, title=sentence, blocks=tuple(blocks), buttons=shown, kind=MessageKind.ERROR)


def unknown_command_message(text: str, near: Sequence[str]) -> Message:
    """``near``: whole commands that may be meant, ready to run."""
    meant = "this" if len(near) == 1 else "one of these"
    return error_message(
        f"I don't know {quoted(text)}. Did you mean {meant}?",
        ("Type ", Code("help"), " for the commands."),
        [Button(line, line) for line in near],
    )


def not_allowed_message(command: str, who: str = "people who can manage this channel") -> Message:
    """``who``: those who may."""
    return error_message(f"Only {who} can {_DOES.get(command, f'use {command}')}.")


_DOES = {
    "subscribe": "subscribe here",
    "unsubscribe": "unsubscribe here",
    "mute": "mute",
    "unmute": "unmute",
    "ignore": "ignore incidents",
    "note": "change a note",
    "test": "run a test",
    "audit": "see who changed what",
    "settings": "change the settings",
    "digest": "set or end its digest",
    "dashboard": "end the links to its dashboard",
    "board": "put up a board or take it down",
    "service": "change what its services are",
}


def failed_message() -> Message:
    """A bug of ours: the log has the traceback, the answer has none."""
    return error_message(
        "Something went wrong on my side, and the command was not carried out.",
        ("Try again; if it happens again, whoever runs Lookout finds the reason in its log.",),
    )


def no_such_mode(text: str, command: str = "settings") -> Line:
    modes = join([mode.value for mode in Mode], "or")
    return (
        f"There is no mode {quoted(text)}; take {modes}, for example ",
        Code(f"{command} {Mode.THREAD if command != 'settings' else f'mode={Mode.THREAD}'}"),
        ".",
    )


def two_values(key: str, values: Sequence[str]) -> str:
    return (
        f"Which one? “{key}” can have one value, not {join([quoted(value) for value in values])}: nothing was changed."
    )


def no_such_zone(text: str, near: Sequence[str]) -> Line:
    """Zones are IANA names."""
    meant = f"Did you mean {join(list(near), 'or')}?" if near else "Take a name like Europe/Berlin or America/New_York."
    return (f"There is no time zone {quoted(text)}. {meant}",)


def zone_as_offset(text: str) -> Line:
    return (f"{quoted(text)} knows no summer time: take a zone's name, like Europe/Berlin or America/New_York.",)


def except_without_quiet() -> Line:
    return (
        "“except=” says what goes through in quiet hours, for example ",
        Code("settings quiet=22:00-07:00 except=major"),
    )


SETTING_EXAMPLES = {
    "mode": "mode=flat",
    "tz": "tz=Europe/Berlin",
    "except": "quiet=22:00-07:00 except=major",
    "publish": "publish=off",
}
"""Those that need a value behind them."""


def setting_lacks(name: str) -> Line:
    return (f"Say what “{name}” is to be, for example ", Code(f"settings {SETTING_EXAMPLES[name]}"), ".")


def no_such_setting(text: str) -> Line:
    return (
        f"There is no setting {quoted(text)}; there are mode, tz, remind, quiet and except, for example ",
        Code("settings mode=flat"),
        ".",
    )
