"""Answers to what is no command: small talk, a request in other words, a line that was not understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.message import Button, Code, Line, Message, MessageKind, Paragraph
from bot.wording.errors import error_message
from bot.wording.phrases import capital, excerpt, join, quoted

CANCEL = "cancel"
"""What the button that declines stands for."""
NAMES = 5
LINE_CHARS = 200


def greeting_message() -> Message:
    return _aside("At your service. Ask me for example ", "status github", ".")


def refusal_message() -> Message:
    return error_message("All right, nothing was changed.")


def unclear_message() -> Message:
    """For a line in which nothing is known."""
    return _aside("I didn't understand that. Ask for example ", "status github", ", or type ", "help", ".")


def operators_message(shell: str) -> Message:
    """For a word of whoever runs Lookout. ``shell``: what is typed there for it; empty: no command of ours."""
    title = "That is for whoever runs Lookout, in a shell of its machine."
    there: Line = ("There it is ", Code(shell), "; ") if shell else ()
    hint: Line = (*there, Code("help"), " shows what you can type here.")
    return Message(summary=title, title=title, blocks=(Paragraph(hint),), kind=MessageKind.ERROR)


def turned_message(text: str) -> Message:
    """For a request with *except*, *but* or *not* that was not understood whole."""
    return error_message(
        f"I'm not sure what {quoted(text)} should change, so nothing was changed.",
        ("Say it in one of my forms: ", Code("help subscribe"), " shows them, such as ",
         Code('subscribe github component:!"Actions"'), "."),
    )  # fmt: skip


def ask_first_message(command: str, line: str, names: Sequence[str], span: str = "") -> Message:
    """Asks before it does what was said in other words. ``names``: whom it is about, if that is all that was said;
    ``span``: for how long, as typed."""
    shown = excerpt(line, LINE_CHARS)
    whom = join(names[:NAMES]) if names and len(names) <= NAMES else ""
    match command:
        case "subscribe" if whom:
            title = f"Subscribe this channel to {whom}?"
        case "unsubscribe" if whom:
            title = f"Unsubscribe this channel from {whom}?"
        case "unsubscribe" if line.casefold().endswith(("all", "everything", "*")):
            title = "Unsubscribe this channel from everything?"
        case "mute" if whom:
            title = f"Mute {whom} {span if not span[:1].isdigit() else f'for {span}'}".strip() + "?"
        case "unmute" if whom:
            title = f"Unmute {whom}?"
        case "test":
            title = "Play a made-up outage in this channel?"
        case "ignore":
            title = "Ignore it in this channel until it gets worse or names other parts?"
        case "ack" | "unack":
            title = f"Say on its message that you are {'' if command == 'ack' else 'not '}on it?"
        case "board":
            title = "Take the board down?" if line.endswith(" off") else "Put up a board in this channel?"
        case "digest":
            when = shown.partition(" ")[2]
            title = "End this channel's digest?" if when == "off" else f"Give this channel a digest, {when}?"
        case "dashboard":
            title = "End all links to this channel's dashboard?"
        case "service" if "=" in line:
            title = f"Define {shown}?"
        case "service" if line.startswith("service remove "):
            title = f"Remove the service {shown.removeprefix('service remove ')}?"
        case "note":
            what, note = shown.partition(" ")[2], ' ""'
            title = f"Remove the note on {what.removesuffix(note)}?" if what.endswith(note) else f"Note this: {what}?"
        case "settings":
            title = f"Change the settings to {shown.partition(' ')[2]}?"
        case _:
            title = f"{capital(shown)}?"
    yes = {
        "subscribe": "Subscribe",
        "unsubscribe": "Unsubscribe",
        "mute": "Mute",
        "unmute": "Unmute",
        "ack": "I'm on it",
        "ignore": "Ignore",
    }
    return Message(
        summary=title,
        title=title,
        blocks=(Paragraph(("Next time you can type ", Code(line), ".")),),
        buttons=(Button(yes.get(command, "Yes"), line), Button("No", CANCEL)),
        kind=MessageKind.ERROR,
    )


def with_echo(message: Message, line: str) -> Message:
    """The answer, with the command that the line was taken for in its small print."""
    said = (" · same as ", Code(line)) if message.footer else ("Same as ", Code(line))
    return replace(message, footer=(*message.footer, *said))


def _aside(*parts: str) -> Message:
    """Every second part is a command."""
    line = tuple(Code(part) if at % 2 else part for at, part in enumerate(parts))
    text = "".join(parts)
    first = text.partition(". ")[0] + "."
    hint = line if "." not in parts[0] else (parts[0].partition(". ")[2], *line[1:])
    return Message(summary=first, title=first, blocks=(Paragraph(hint),), kind=MessageKind.ERROR)
