"""The table of commands: data, in the order in which help tells them. Decides nothing."""

from __future__ import annotations

from bot.commands import help as help_
from bot.commands.board import board
from bot.commands.command import Argument, Command, Takes, Who
from bot.commands.context import CommandContext
from bot.commands.incidents import history, incident, incidents
from bot.commands.mutes import mute, unmute
from bot.commands.request import Reply, Request
from bot.commands.settings import settings
from bot.commands.status import alternatives, components, status
from bot.commands.subscriptions import list_subscriptions, subscribe, unsubscribe
from bot.commands.why import why

VENDOR = Argument(
    "vendor", Takes.VENDOR, "a name, product or address: github, chatgpt, status.dyspatch.io", required=True
)
DAYS = Argument("days", Takes.DAYS, "how far back, 1 to 366; 30 if not given", typed="--days {}")
FILTERS = (
    Argument(
        "component",
        Takes.COMPONENT,
        "only this part or group; * stands for anything",
        many=True,
        typed='component:"{}"',
    ),
    Argument("without", Takes.COMPONENT, "not this part or group", many=True, typed='component:!"{}"'),
    Argument("region", Takes.REGION, "only this region, where the page tells regions", many=True, typed="region:{}"),
    Argument("severity", Takes.SEVERITY, "minor, major or critical: that or worse", typed="severity:{}"),
    Argument("maintenance", Takes.SWITCH, "on: planned maintenances too", typed="maintenance:{}"),
    Argument("match", Takes.TEXT, "only with this text in title or updates", typed='match:"{}"'),
    Argument("mention", Takes.MENTION, "whom to mention once, @oncall or @oncall@major", typed="mention:{}"),
)


def _help(request: Request, _: CommandContext) -> Reply:
    return help_.answer(request, COMMANDS)


COMMANDS: tuple[Command, ...] = (
    Command(
        "status",
        "is there an outage? Alone: this channel's vendors, worst first",
        status,
        (Argument("vendor", Takes.VENDOR, "one or more; none for this channel's", many=True),),
        ("status dyspatch", "status github aws", "status"),
    ),
    Command(
        "components",
        "the parts of a vendor and how each stands",
        components,
        (VENDOR, Argument("text", Takes.TEXT, "only parts whose name holds it")),
        ("components github", "components aws us-east-1"),
    ),
    Command(
        "incidents",
        "what happened in the last 30 days, by severity",
        incidents,
        (Argument("vendor", Takes.VENDOR, "one or more; none for this channel's", many=True), DAYS),
        ("incidents github", "incidents --days 7"),
    ),
    Command(
        "incident",
        "one incident whole: every update, edits, the postmortem",
        incident,
        (Argument("id", Takes.INCIDENT, "its id, its link, or vendor/id", required=True),),
        ("incident github/abc123",),
    ),
    Command(
        "history",
        "a cell a day by its worst level",
        history,
        (VENDOR, DAYS),
        ("history github", "history github --days 90"),
    ),
    Command(
        "alternatives",
        "what to use instead, and how that stands now",
        alternatives,
        (VENDOR,),
        ("alternatives dyspatch",),
        aliases=("alternative",),
    ),
    Command(
        "subscribe",
        "hear of a vendor in this channel",
        subscribe,
        (
            Argument("vendor", Takes.VENDOR, "one or more names, or a status page's address", required=True, many=True),
            *FILTERS,
        ),
        (
            "subscribe github slack stripe",
            "subscribe aws us-east-1",
            'subscribe github component:"Actions" severity:major+ maintenance:on',
        ),
        aliases=("sub",),
        who=Who.MANAGERS,
        public=True,
    ),
    Command(
        "unsubscribe",
        "hear no more of it",
        unsubscribe,
        (Argument("vendor", Takes.VENDOR, "one or more, or all", required=True, many=True),),
        ("unsubscribe github", "unsubscribe all"),
        aliases=("unsub",),
        who=Who.MANAGERS,
        public=True,
    ),
    Command(
        "list",
        "what this channel subscribes to, by whom, and whether it arrives",
        list_subscriptions,
        (Argument("where", Takes.TEXT, "everywhere: every channel of this workspace"),),
        ("list", "list everywhere"),
        aliases=("subscriptions",),
    ),
    Command(
        "board",
        "one message here with this channel's vendors, worst first, kept up to date",
        board,
        (Argument("switch", Takes.SWITCH, "on: put it up, or move it down here; off: take it down"),),
        ("board", "board off"),
        who=Who.MANAGERS,
        public=True,
    ),
    Command(
        "mute",
        "hear nothing of an incident or a vendor for a while; alone: what is muted here",
        mute,
        (
            Argument("what", Takes.INCIDENT, "an incident, its message's link, or a vendor with all its incidents"),
            Argument("span", Takes.SPAN, "1h, 30m, 2d, until resolved, until 9:00"),
        ),
        ("mute github/abc123 until resolved", "mute github 1h", "mute"),
        who=Who.MANAGERS,
        public=True,
    ),
    Command(
        "unmute",
        "hear of it again, and of what was missed",
        unmute,
        (Argument("what", Takes.INCIDENT, "an incident, a vendor, or all"),),
        ("unmute github", "unmute all"),
        who=Who.MANAGERS,
        public=True,
    ),
    Command(
        "settings",
        "how this channel is told, and in which time zone",
        settings,
        (
            Argument("mode", Takes.MODE, "thread, thread+key, flat or edit", typed="mode={}"),
            Argument("tz", Takes.ZONE, "a zone such as Europe/Berlin", typed="tz={}"),
        ),
        ("settings", "settings mode=thread+key tz=Europe/Berlin"),
        who=Who.MANAGERS,
        public=True,
    ),
    Command(
        "why",
        "why this channel got a card, or did not",
        why,
        (Argument("incident", Takes.INCIDENT, "an incident, a link or a vendor; none for the newest card"),),
        ("why", "why github/abc123"),
    ),
    Command(
        "help",
        "this, or one command whole",
        _help,
        (Argument("command", Takes.COMMAND, "its name"),),
        ("help subscribe",),
        aliases=("?", "commands"),
    ),
)
