"""The table of commands: data, in the order of help. Chats, programs and docs all have theirs from it."""

from __future__ import annotations

from dataclasses import replace

from bot.commands import help as help_
from bot.commands.acks import ack, unack
from bot.commands.audit import audit, of_channel
from bot.commands.board import board
from bot.commands.command import Argument, ArgumentKind, Command, ForPrograms, Permission
from bot.commands.context import CommandContext
from bot.commands.dashboard import dashboard, is_for_managers
from bot.commands.digest import changes_digest, digest
from bot.commands.drill import test
from bot.commands.ignore import ignore
from bot.commands.incidents import history, incident, incidents
from bot.commands.mutes import mute, unmute
from bot.commands.operations import channels, lookups, results, standing, told
from bot.commands.operations.channel_results import (
    Acks,
    Audit,
    Board,
    Dashboard,
    Digest,
    MadeUpOutage,
    Mutes,
    Notes,
    Preview,
    Services,
    Settings,
    Subscribed,
)
from bot.commands.operations.perform import CHANNEL, for_programs
from bot.commands.preview import preview
from bot.commands.request import Reply, Request
from bot.commands.services import changes_service, service, services
from bot.commands.settings import settings
from bot.commands.status import alternatives, components, status
from bot.commands.subscriptions import list_subscriptions, subscribe, unsubscribe
from bot.commands.vendor_notes import note, sets_note
from bot.commands.why import why
from bot.wording.ignoring import EXAMPLE as IGNORE_EXAMPLE
from bot.wording.vendor_notes import EXAMPLE

VENDOR = Argument(
    "vendor", ArgumentKind.VENDOR, "a name, product or address: github, chatgpt, status.dyspatch.io", required=True
)
DAYS = Argument("days", ArgumentKind.DAYS, "how far back, 1 to 366; 30 if not given", template="--days {}")
FILTERS = (
    Argument(
        "component",
        ArgumentKind.COMPONENT,
        "only this part or group; * stands for anything",
        many=True,
        template='component:"{}"',
    ),
    Argument("without", ArgumentKind.COMPONENT, "not this part or group", many=True, template='component:!"{}"'),
    Argument(
        "region", ArgumentKind.REGION, "only this region, where the page tells regions", many=True, template="region:{}"
    ),
    Argument(
        "severity",
        ArgumentKind.SEVERITY,
        "minor (degraded), major (partial outage), critical (major outage): that or worse",
        template="severity:{}",
    ),
    Argument(
        "maintenance",
        ArgumentKind.MAINTENANCE,
        "on: planned maintenance too; digest: in the digest alone",
        template="maintenance:{}",
    ),
    Argument("match", ArgumentKind.TEXT, "only with this text in title or updates", template='match:"{}"'),
    Argument("mention", ArgumentKind.MENTION, "whom to mention once, @oncall or @oncall@major", template="mention:{}"),
    Argument(
        "hold",
        ArgumentKind.HOLD,
        "tell only what is still open after this: 5m; major ones at once, or wait too with 5m,all",
        template="hold:{}",
    ),
    Argument(
        "remind",
        ArgumentKind.LEADS,
        "before a planned maintenance: 1h,1d; off; as the channel's settings say, if not given",
        template="remind:{}",
    ),
)
ITS_CHANNEL = replace(CHANNEL, required=True)
LIMIT = Argument("limit", ArgumentKind.NUMBER, "how many at most; 50 if not given")
CURSOR = Argument("cursor", ArgumentKind.TEXT, "where the page before ended: what it has under next")


def _help(request: Request, _: CommandContext) -> Reply:
    return help_.help_reply(request, COMMANDS)


COMMANDS: tuple[Command, ...] = (
    Command(
        "status",
        "is there an outage? Alone: this channel's vendors, worst first",
        status,
        (Argument("vendor", ArgumentKind.VENDOR, "one or more; none for this channel's", many=True),),
        ("status dyspatch", "status github aws", "status"),
        programs=ForPrograms(lookups.status, results.Statuses, facts=True, by_page=True, arguments=(CHANNEL,)),
    ),
    Command(
        "components",
        "the parts of a vendor, status of each",
        components,
        (VENDOR, Argument("text", ArgumentKind.TEXT, "only parts whose name holds it")),
        ("components github", "components aws us-east-1"),
        programs=ForPrograms(
            lookups.components, results.Components, facts=True, by_page=True, paths=("vendors/{vendor}/components",)
        ),
    ),
    Command(
        "incidents",
        "what happened in the last 30 days, by severity",
        incidents,
        (Argument("vendor", ArgumentKind.VENDOR, "one or more; none for this channel's", many=True), DAYS),
        ("incidents github", "incidents --days 7"),
        programs=ForPrograms(
            lookups.incidents,
            results.Incidents,
            facts=True,
            by_page=True,
            paths=("incidents", "vendors/{vendor}/incidents"),
            arguments=(
                Argument("severity", ArgumentKind.SEVERITY, "minor, major, critical: that or worse"),
                Argument("open", ArgumentKind.SWITCH, "on: only what goes on or is planned; off: only what is over"),
                Argument("kind", ArgumentKind.INCIDENT_KIND, "only incidents, maintenances or episodes"),
                LIMIT,
                CURSOR,
                CHANNEL,
            ),
        ),
    ),
    Command(
        "incident",
        "one incident in full: every update, edits, the postmortem",
        incident,
        (Argument("id", ArgumentKind.INCIDENT, "its id, its link, or vendor/id", required=True),),
        ("incident github/abc123",),
        programs=ForPrograms(lookups.incident, results.IncidentDetails, facts=True, paths=("incidents/{id}",)),
    ),
    Command(
        "history",
        "30 days at a glance",
        history,
        (VENDOR, DAYS),
        ("history github", "history github --days 90"),
        programs=ForPrograms(
            lookups.history, results.History, facts=True, by_page=True, paths=("vendors/{vendor}/history",)
        ),
    ),
    Command(
        "alternatives",
        "what to use instead, and its status now",
        alternatives,
        (VENDOR,),
        ("alternatives dyspatch",),
        aliases=("alternative",),
        programs=ForPrograms(
            lookups.alternatives, results.Alternatives, facts=True, paths=("vendors/{vendor}/alternatives",)
        ),
    ),
    Command(
        "subscribe",
        "get a vendor's incidents in this channel",
        subscribe,
        (
            Argument(
                "vendor", ArgumentKind.VENDOR, "one or more names, or a status page's address", required=True, many=True
            ),
            *FILTERS,
        ),
        (
            "subscribe github slack stripe",
            "subscribe aws us-east-1",
            'subscribe github component:"Actions" severity:major+ maintenance:on',
            "subscribe stripe hold:5m",
        ),
        aliases=("sub",),
        permission=Permission.MANAGERS,
        public=True,
        programs=ForPrograms(gives=Subscribed, after=standing.subscribed, paths=("subscriptions",)),
    ),
    Command(
        "preview",
        "what a subscription would have sent here in the last 30 days, and what not",
        preview,
        (Argument("vendor", ArgumentKind.VENDOR, "one or more; none for this channel's", many=True), *FILTERS, DAYS),
        ("preview github severity:major+", "preview aws us-east-1 --days 90", "preview severity:major+"),
        programs=ForPrograms(gives=Preview, tells=told.preview),
    ),
    Command(
        "unsubscribe",
        "stop updates",
        unsubscribe,
        (Argument("vendor", ArgumentKind.VENDOR, "one or more, or all", required=True, many=True),),
        ("unsubscribe github", "unsubscribe all"),
        aliases=("unsub",),
        permission=Permission.MANAGERS,
        public=True,
        programs=ForPrograms(gives=Subscribed, after=standing.subscribed, paths=("DELETE subscriptions/{vendor}",)),
    ),
    Command(
        "list",
        "what this channel subscribes to, by whom, delivery state",
        list_subscriptions,
        (Argument("where", ArgumentKind.WHERE, "everywhere: every channel of this workspace"),),
        ("list", "list everywhere"),
        aliases=("subscriptions",),
        programs=ForPrograms(
            lookups.subscriptions, results.Subscriptions, paths=("subscriptions",), arguments=(LIMIT, CURSOR)
        ),
    ),
    Command(
        "board",
        "one message here with this channel's vendors, worst first, kept up to date",
        board,
        (Argument("switch", ArgumentKind.SWITCH, "on: put it up, or move it down here; off: take it down"),),
        ("board", "board off"),
        permission=Permission.MANAGERS,
        public=True,
        programs=ForPrograms(gives=Board, after=standing.board),
    ),
    Command(
        "dashboard",
        "a link to a page of this channel's vendors, kept up to date; revoke: all its links end",
        dashboard,
        (
            Argument(
                "what",
                ArgumentKind.TEXT,
                "everywhere: of the whole workspace; revoke: no link that was given opens it any more",
            ),
        ),
        ("dashboard", "dashboard everywhere", "dashboard revoke", "dashboard everywhere revoke"),
        permission=Permission.MANAGERS,
        for_managers=is_for_managers,
        public=True,
        programs=ForPrograms(gives=Dashboard, tells=told.dashboard),
    ),
    Command(
        "digest",
        "at set times one message about what was, is open and is planned; alone: when",
        digest,
        (
            Argument("every", ArgumentKind.CADENCE, "daily or weekly; off ends it, now shows what it would say"),
            Argument("day", ArgumentKind.WEEKDAY, "the day of a weekly one; Monday if not given"),
            Argument("time", ArgumentKind.CLOCK, "such as 9:00, in this channel's time zone"),
            Argument("only", ArgumentKind.ONLY, "only: the channel gets nothing else"),
        ),
        ("digest daily 9:00", "digest weekly mon 9:00", "digest daily 9:00 only", "digest now", "digest off"),
        permission=Permission.MANAGERS,
        for_managers=lambda text, _: changes_digest(text),
        public=True,
        programs=ForPrograms(gives=Digest, after=standing.digest),
    ),
    Command(
        "service",
        "say what a service of ours runs on, to hear what hits it",
        service,
        (
            Argument("name", ArgumentKind.SERVICE, "what you call it: checkout"),
            Argument(
                "needs",
                ArgumentKind.TEXT,
                "its vendors, and which parts: stripe, aws region:eu-west-1, cloudflare component:CDN",
                template="= {}",
            ),
            Argument("owner", ArgumentKind.TEXT, "who looks after it, or none", template='owner:"{}"'),
            Argument("remove", ArgumentKind.SWITCH, "on: forget it", template="remove:{}"),
        ),
        (
            'service checkout = stripe, aws region:eu-west-1 component:"RDS*", cloudflare component:"CDN"',
            "service checkout owner:@payments",
            "service remove checkout",
        ),
        permission=Permission.MANAGERS,
        for_managers=changes_service,
        free_text=True,
        public=True,
        programs=ForPrograms(gives=Services, after=standing.services),
    ),
    Command(
        "services",
        "our services, and how each stands",
        services,
        (Argument("name", ArgumentKind.SERVICE, "one of them, or trouble: only whose vendors have trouble"),),
        ("services", "services trouble"),
        programs=ForPrograms(gives=Services, after=standing.services),
    ),
    Command(
        "mute",
        "no news about an incident or a vendor for a while; alone: what is muted",
        mute,
        (
            Argument(
                "what", ArgumentKind.INCIDENT, "an incident, its message's link, or a vendor with all its incidents"
            ),
            Argument("span", ArgumentKind.SPAN, "1h, 30m, 2d, until resolved, until 9:00"),
        ),
        ("mute github/abc123 until resolved", "mute github 1h", "mute"),
        permission=Permission.MANAGERS,
        public=True,
        programs=ForPrograms(gives=Mutes, after=standing.muted, paths=("mutes",)),
    ),
    Command(
        "unmute",
        "get updates again, and what was missed",
        unmute,
        (Argument("what", ArgumentKind.INCIDENT, "an incident, a vendor, or all"),),
        ("unmute github", "unmute all"),
        aliases=("unignore",),
        permission=Permission.MANAGERS,
        public=True,
        programs=ForPrograms(gives=Mutes, after=standing.muted, paths=("DELETE mutes/{what}",)),
    ),
    Command(
        "ack",
        "you are on an incident: its message here says so",
        ack,
        (
            Argument(
                "incident", ArgumentKind.INCIDENT, "its id, its message's link, or a vendor; none: what is open here"
            ),
        ),
        ("ack github/abc123", "ack"),
        public=True,
        programs=ForPrograms(gives=Acks, after=standing.acked),
    ),
    Command(
        "unack",
        "nobody is on it any more",
        unack,
        (
            Argument(
                "incident", ArgumentKind.INCIDENT, "its id, its message's link, or a vendor; none: what is open here"
            ),
        ),
        ("unack github/abc123",),
        public=True,
        programs=ForPrograms(gives=Acks, after=standing.acked),
    ),
    Command(
        "ignore",
        "no news about an incident that does not affect you, until it gets worse or names other parts",
        ignore,
        (
            Argument("incident", ArgumentKind.INCIDENT, "its id, its message's link, or a vendor"),
            Argument("reason", ArgumentKind.TEXT, "why, for its message to say", template='"{}"'),
            Argument(
                "until", ArgumentKind.SPAN, "until changed, which is meant if not given, until resolved, until 9:00, 2h"
            ),
        ),
        (IGNORE_EXAMPLE, "ignore github/abc123"),
        permission=Permission.MANAGERS,
        free_text=True,
        public=True,
        programs=ForPrograms(gives=Mutes, after=standing.muted),
    ),
    Command(
        "note",
        "your own words on a vendor, on its cards and answers here; alone: all notes",
        note,
        (
            Argument("vendor", ArgumentKind.VENDOR, "a name or product; alone: what is noted on it"),
            Argument("text", ArgumentKind.TEXT, "the note, up to 300 characters; off: remove it", template='"{}"'),
        ),
        (EXAMPLE, "note github", 'note github ""'),
        aliases=("notes",),
        permission=Permission.MANAGERS,
        for_managers=sets_note,
        free_text=True,
        public=True,
        programs=ForPrograms(gives=Notes, after=standing.noted),
    ),
    Command(
        "settings",
        "posting style, time zone, reminders and quiet hours of this channel",
        settings,
        (
            Argument("mode", ArgumentKind.MODE, "thread, thread+key, flat or edit", template="mode={}"),
            Argument("tz", ArgumentKind.ZONE, "a zone such as Europe/Berlin", template="tz={}"),
            Argument("remind", ArgumentKind.LEADS, "before a planned maintenance: 1h,1d; or off", template="remind={}"),
            Argument(
                "quiet",
                ArgumentKind.TEXT,
                "22:00-07:00, or 22:00-07:00,weekends, or weekends: kept, and told at the end; off",
                template="quiet={}",
            ),
            Argument("except", ArgumentKind.SEVERITY, "that or worse is told in quiet hours too", template="except={}"),
            Argument(
                "publish",
                ArgumentKind.SWITCH,
                "Discord's announcement channels: off: who follows them is shown nothing",
                template="publish={}",
            ),
        ),
        (
            "settings",
            "settings mode=thread+key tz=Europe/Berlin",
            "settings remind=1h,1d",
            "settings quiet=22:00-07:00,weekends except=major",
        ),
        permission=Permission.MANAGERS,
        public=True,
        programs=ForPrograms(gives=Settings, after=standing.settings),
    ),
    Command(
        "test",
        "a made-up outage in this channel alone, over within two minutes",
        test,
        (Argument("mode", ArgumentKind.MODE, "thread, thread+key, flat or edit; the channel's if not given"),),
        ("test", "test flat"),
        permission=Permission.MANAGERS,
        for_managers=lambda _, __: True,
        public=True,
        programs=ForPrograms(gives=MadeUpOutage, tells=told.test),
    ),
    Command(
        "audit",
        "who changed what and when, for those who may manage",
        audit,
        (Argument("where", ArgumentKind.WHERE, "everywhere: in every channel of this workspace"),),
        ("audit", "audit everywhere"),
        permission=Permission.MANAGERS,
        for_managers=of_channel,
        programs=ForPrograms(standing.audit, Audit, arguments=(LIMIT, CURSOR, ITS_CHANNEL)),
    ),
    Command(
        "why",
        "why this channel got a message, or did not",
        why,
        (Argument("incident", ArgumentKind.INCIDENT, "an incident, a link or a vendor; none for the newest card"),),
        ("why", "why github/abc123"),
        programs=ForPrograms(channels.why, results.Why, arguments=(ITS_CHANNEL,)),
    ),
    Command(
        "help",
        "this, or one command in full",
        _help,
        (Argument("command", ArgumentKind.COMMAND, "its name"),),
        ("help subscribe",),
        aliases=("?", "commands"),
    ),
)

FOR_PROGRAMS: tuple[Command, ...] = (
    Command(
        "search",
        "vendors by name, product or address; without a text all of them",
        None,
        (Argument("text", ArgumentKind.TEXT, "a name, a product, an address, or the beginning of one"),),
        ("search mail",),
        programs=ForPrograms(
            lookups.search, results.FoundVendors, facts=True, paths=("vendors",), arguments=(LIMIT, CURSOR)
        ),
    ),
    Command(
        "vendor",
        "one vendor: its status now, parts in trouble, what is open and planned",
        None,
        (VENDOR,),
        ("vendor github",),
        programs=ForPrograms(
            lookups.vendor, results.VendorStatus, facts=True, by_page=True, paths=("vendors/{vendor}",)
        ),
    ),
    Command(
        "changes",
        "what came on record since the last time, of some vendors or of all",
        None,
        (
            Argument(
                "since",
                ArgumentKind.TEXT,
                "what the answer before had under next; none: where to begin",
                template="--since {}",
            ),
            Argument("vendor", ArgumentKind.VENDOR, "one or more; none for all", many=True),
        ),
        ("changes",),
        programs=ForPrograms(
            lookups.changes,
            results.Changes,
            facts=True,
            arguments=(
                LIMIT,
                Argument("wait", ArgumentKind.SECONDS, "over HTTP: wait so long for the first change, 1 to 30 seconds"),
            ),
            waits=True,
        ),
    ),
)
"""What a chat has in other ways."""
OPERATIONS: tuple[Command, ...] = (*for_programs(COMMANDS), *FOR_PROGRAMS)
"""All that programs can run: over HTTP, as tools of language models, on the command line."""
