"""Links to a channel's dashboard, as they are given and taken away."""

from __future__ import annotations

from datetime import datetime

from bot.message import Button, Code, Line, Link, Message, Moment, Paragraph, Person, Style
from bot.wording.errors import error_message
from bot.wording.phrases import count as counted

REVOKE = "dashboard revoke"


def link_message(url: str, expires: datetime, *, is_public: bool) -> Message:
    """For the one who asked alone. ``is_public``: the page is reached from elsewhere."""
    title = "This channel's dashboard"
    lines: list[Line] = [
        (Link("Open it", url), ". It changes nothing and keeps itself up to date."),
        ("Whoever has the link sees what this channel sees, until ", Moment(expires, Style.DATE), "."),
    ]
    if not is_public:
        lines.append(
            ("It opens on the bot's own machine alone; whoever runs Lookout can give it an address for others.",)
        )
    return Message(
        summary=title,
        title=title,
        url=url,
        blocks=tuple(Paragraph(line) for line in lines),
        buttons=(
            Button("Revoke all links", REVOKE, confirm="Shall all links to this channel's dashboard stop working?"),
        ),
    )


def revoked_message(count: int, by: str) -> Message:
    """How many links there were."""
    if not count:
        none = "No link leads to this channel's dashboard."
        return Message(summary=none, title=none, blocks=(Paragraph(("Type ", Code("dashboard"), " for one.")),))
    opens = "opens" if count == 1 else "open"
    title = f"{counted(count, 'link')} to this channel's dashboard {opens} nothing any more."
    return Message(summary=title, title=title, footer=(Person(by, "By "),))


def no_pages_message() -> Message:
    return error_message("No pages are served here, so there is no dashboard. Whoever runs Lookout can turn them on.")
