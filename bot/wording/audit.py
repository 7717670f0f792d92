"""Who changed what and when, for those who may manage."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import AuditLine
from bot.message import Button, ChannelMention, Code, Items, Line, Message, Moment, Paragraph, Person, Style
from bot.wording.phrases import excerpt

LINE_CHARS = 200


def audit_message(lines: Sequence[AuditLine], *, everywhere: bool, older: str | None, continued: bool) -> Message:
    """The newest first. ``older``: the command for the next page; ``continued``: it is not the first one."""
    where = "in this workspace" if everywhere else "in this channel"
    if not lines:
        title = f"Nothing {'older ' if continued else ''}was changed {where}."
        hint: Line = ("Each command that changes something stands here from then on.",)
        return Message(summary=title, title=title, blocks=(Paragraph(hint),))
    title = f"{'Changed before that' if continued else 'What was changed'} {where}, the newest first."
    return Message(
        summary=title,
        title=title,
        blocks=(Items(tuple(_line(line, everywhere=everywhere) for line in lines)),),
        buttons=(Button("Older", older),) if older else (),
    )


def _line(line: AuditLine, *, everywhere: bool) -> Line:
    where: Line = (" in ", ChannelMention(line.channel.id)) if everywhere else ()
    return (
        Moment(line.at, Style.DATETIME),
        " · ",
        Person(line.by, name=line.name),
        *where,
        ": ",
        Code(excerpt(line.text, LINE_CHARS)),
    )
