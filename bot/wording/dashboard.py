"""Links to dashboards, as they are given and taken away, and phrases that stand there."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.domain import Channel, ChannelSettings, HeldReason, Mute, Wishes, Workspace
from bot.message import Button, Code, Line, Link, Message, Moment, Paragraph, Person, Style, plain_text
from bot.wording.errors import error_message
from bot.wording.ignoring import ignored_until
from bot.wording.phrases import count as counted
from bot.wording.phrases import duration


def link_message(url: str, expires: datetime, *, is_public: bool, everywhere: bool) -> Message:
    """For the one who asked alone. ``is_public``: the page is reached from elsewhere. ``everywhere``: it shows the
    whole workspace."""
    title = "This workspace's dashboard" if everywhere else "This channel's dashboard"
    seen = "all channels of this workspace see" if everywhere else "this channel sees"
    lines: list[Line] = [
        (Link("Open it", url), ". It changes nothing and keeps itself up to date."),
        (f"Whoever has the link sees what {seen}, until ", Moment(expires, Style.DATE), "."),
    ]
    if not is_public:
        lines.append(
            ("It opens on the bot's own machine alone; whoever runs Lookout can give it an address for others.",)
        )
    typed = "dashboard everywhere revoke" if everywhere else "dashboard revoke"
    question = f"Shall all links to {_whose(everywhere)} dashboard stop working?"
    return Message(
        summary=title,
        title=title,
        url=url,
        blocks=tuple(Paragraph(line) for line in lines),
        buttons=(Button("Revoke all links", typed, confirm=question),),
    )


def revoked_message(count: int, by: str, *, everywhere: bool) -> Message:
    """How many links there were."""
    whose = _whose(everywhere)
    if not count:
        none = f"No link leads to {whose} dashboard."
        typed = "dashboard everywhere" if everywhere else "dashboard"
        return Message(summary=none, title=none, blocks=(Paragraph(("Type ", Code(typed), " for one.")),))
    opens = "opens" if count == 1 else "open"
    title = f"{counted(count, 'link')} to {whose} dashboard {opens} nothing any more."
    return Message(summary=title, title=title, footer=(Person(by, "By "),))


def _whose(everywhere: bool) -> str:
    return "this workspace's" if everywhere else "this channel's"


def no_pages_message() -> Message:
    return error_message("No pages are served here, so there is no dashboard. Whoever runs Lookout can turn them on.")


def not_everywhere_message() -> Message:
    hint: Line = ("It names channels that not everybody may see.",)
    return error_message("Only people who can manage all channels can get a page of the whole workspace.", hint)


def place_text(shown: Channel | Workspace) -> str:
    """``Slack, channel C0123``"""
    platform = shown.platform.capitalize()
    return f"{platform}, channel {shown.id}" if isinstance(shown, Channel) else f"{platform}, all of {shown.id}"


def muted_text(mute: Mute) -> str:
    return f"muted {_until(mute)}"


def held_text(reason: HeldReason, mute: Mute | None, settings: ChannelSettings, wishes: Wishes, now: datetime) -> str:
    """Why nothing new is posted of an incident, in a phrase. It says moments and no ages: it is on a page that is
    compared with itself."""
    match reason:
        case HeldReason.MUTED:
            return muted_text(mute or Mute())
        case HeldReason.IGNORED:
            why = f" (“{mute.ignored.reason}”)" if mute and mute.ignored and mute.ignored.reason else ""
            until = _until(mute) if mute and mute.until else plain_text(ignored_until(mute or Mute()))
            return f"ignored {until}{why}"
        case HeldReason.HOLD:
            span = f" for {duration(wishes.hold.span)}" if wishes.hold else ""
            return f"on hold until it has been open{span}"
        case HeldReason.ENDED_WITHIN_HOLD:
            return "over within its hold"
        case HeldReason.DIGEST_ONLY:
            return "the channel gets its digest alone"
        case HeldReason.QUIET_HOURS:
            end = settings.quiet.end_after(now, settings.zone) if settings.quiet else None
            until = f" until {end.astimezone(ZoneInfo(settings.zone)):%H:%M} ({settings.zone})" if end else ""
            return f"quiet hours{until}"
        case _:
            assert_never(reason)


def _until(mute: Mute) -> str:
    return f"until {mute.until:%-d %b %Y, %H:%M} UTC" if mute.until else "until it's resolved"
