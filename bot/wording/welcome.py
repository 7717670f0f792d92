"""What a place is told first: a channel that the bot was invited to, and whoever installed it."""

from __future__ import annotations

from bot.message import Button, Code, Line, Message, MessageKind, Opens, Paragraph

HELLO = "Hi, I'm Lookout: I tell this channel about outages of the vendors it uses."


def welcome_message(*, form: bool) -> Message:
    """For a channel that the bot was just invited to. ``form``: the platform has a form to choose a vendor in."""
    hint: Line = ("Type for example ", Code("subscribe github"), ".")
    opens = Opens.FORM if form else Opens.ANSWER
    button = Button("Subscribe", "subscribe" if form else "help subscribe", opens)
    return Message(HELLO, title=HELLO, blocks=(Paragraph(hint),), buttons=(button,), kind=MessageKind.NOTICE)


def installed_message() -> Message:
    """For the person who installed the bot, by direct message."""
    title = "Lookout is installed. Thank you!"
    return Message(
        f"{title} Next: subscribe a channel to a vendor.",
        title=title,
        blocks=(
            Paragraph(("In the channel that is to hear of outages type ", Code("subscribe github"), ".")),
            Paragraph(("A private channel needs me in it first: /invite @lookout.",)),
            Paragraph(("Here you can ask me, too: ", Code("status github"), ".")),
        ),
        kind=MessageKind.NOTICE,
    )
