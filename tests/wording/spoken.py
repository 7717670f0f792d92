"""Every kind of message that is posted to a channel, in every state, for tests that read them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from bot.cards import NewsView, ReminderView, Reopening, ReplyView, RootView, UpdateView
from bot.cards.together import list_act
from bot.domain import (
    Ack,
    Channel,
    ChannelSettings,
    Hit,
    Ignored,
    IncidentKind,
    Level,
    Mode,
    News,
    Phase,
    Slug,
    Unstable,
    Vendor,
)
from bot.domain.digests import DigestSection
from bot.domain.drill import begin_drill
from bot.domain.flood import Flood, ListedIncident
from bot.message import Message
from bot.wording import channel_on_hold_message, news_message, reminder_message, reply_message, root_message
from bot.wording.board import board_left_message, board_message
from bot.wording.digest import digest_message, digest_parts
from bot.wording.drill import drill_message
from bot.wording.flood import flood_message, together_message
from bot.wording.moves import missing_parts_message, unmatched_message
from bot.wording.welcome import installed_message, welcome_message
from tests.wording.test_board import tile
from tests.wording.test_digest import digest, entry

T0 = datetime(2026, 9, 14, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
VENDOR, TITLE = "GitHub", "Git Operations are failing"
URL = "https://www.githubstatus.com/incidents/abc"
PARTS = ("Git Operations", "Actions", "Webhooks", "Pages", "Codespaces")
HERE = Channel("slack", "T1", "C1")
SOME_LEVELS = (None, Level.MAJOR_OUTAGE)
OVER = (Phase.RESOLVED, Phase.POSTMORTEM, Phase.COMPLETED)


def posted() -> Iterator[tuple[str, Message]]:
    """Each with what it is."""
    yield from roots()
    yield from replies()
    yield from news()
    yield from notices()


def root(kind: IncidentKind, phase: Phase | None, level: Level | None) -> RootView:
    told = UpdateView(phase, T0, "We are looking into failed pushes.")
    return RootView(
        slug=Slug("github"),
        id="abc",
        vendor=VENDOR,
        vendor_url="https://www.githubstatus.com",
        title=TITLE,
        kind=kind,
        phase=phase,
        level=level,
        started=T0,
        resolved=T0 + 2 * HOUR if phase in OVER else None,
        planned_end=T0 + 3 * HOUR if kind is IncidentKind.MAINTENANCE else None,
        url=URL,
        vanished=False,
        components=PARTS[:2],
        quote=told,
        newest=told,
        updates=1,
        kept=(told,),
    )


def roots() -> Iterator[tuple[str, Message]]:
    for kind, phase, level in product(IncidentKind, (None, *Phase), (None, *Level)):
        view = root(kind, phase, level)
        more: dict[str, RootView] = {
            "": view,
            "no parts": replace(view, components=()),
            "many parts": replace(view, components=PARTS),
            "gone": replace(view, vanished=True),
            "no longer listed": replace(view, unlisted=True),
            "recovering": replace(view, recovering=True),
            "reopened": replace(view, reopening=Reopening(T0 + HOUR, timedelta(minutes=25))),
            "overdue": replace(view, overdue=True),
            "flapping": replace(view, unstable=Unstable(5, T0, T0 + HOUR)),
            "explained": replace(view, explained_by="Pushes are slow"),
            "hits": replace(view, hits=(Hit("checkout", True), Hit("invoices", False))),
            "taken": replace(view, ack=Ack("U1", T0, "Ana"), note="Runbook: wiki/github"),
            "ignored": replace(view, ignored=Ignored("U1", T0, "not ours", "Ana", True)),
        }
        for name, one in more.items() if level in SOME_LEVELS else [("", view)]:
            yield f"card {kind} {phase} {level} {name}", root_message(one)


def replies() -> Iterator[tuple[str, Message]]:
    for kind, phase, level, standalone in product(IncidentKind, (None, *Phase), SOME_LEVELS, (False, True)):
        told = UpdateView(phase, T0 + HOUR, "A fix is out. We watch it.")
        view = ReplyView(
            Slug("github"), "abc", VENDOR, TITLE, URL, phase, level, (told,), standalone, False, kind, PARTS[:2], T0
        )
        for name, one in {
            "": view,
            "several": replace(view, updates=(told, replace(told, at=T0 + 2 * HOUR))),
            "no text": replace(view, updates=(replace(told, text=""),)),
            "removed": replace(view, updates=(replace(told, removed=True),)),
            "gone": replace(view, vanished=True),
        }.items():
            yield f"reply {kind} {phase} {level} {standalone} {name}", reply_message(one)


def news() -> Iterator[tuple[str, Message]]:
    for kind, said, level in product(IncidentKind, News, (None, *Level)):
        view = NewsView(
            Slug("github"), "abc", VENDOR, TITLE, URL, kind, said, Phase.IDENTIFIED, level, Level.DEGRADED, T0,
            T0 + HOUR if said is News.ENDED else None, PARTS[:2], Reopening(T0 + HOUR, timedelta(minutes=25)),
            T0 + 3 * HOUR,
        )  # fmt: skip
        yield f"news {kind} {said} {level}", news_message(view)
    for lead in (HOUR, timedelta(days=1)):
        view_ = ReminderView(
            Slug("github"), "abc", VENDOR, TITLE, URL, IncidentKind.MAINTENANCE, PARTS[:2], Phase.SCHEDULED, None, T0,
            T0 + HOUR, lead,
        )  # fmt: skip
        yield f"reminder {lead}", reminder_message(view_)


def notices() -> Iterator[tuple[str, Message]]:
    vendor = Vendor(Slug("github"), VENDOR, URL, URL, "code", "code")
    listed = [
        ListedIncident(f"i{n}", TITLE, level, phase, is_open, T0, VENDOR, URL, None if is_open else T0 + HOUR)
        for n, (level, phase, is_open) in enumerate(product((None, *Level), (None, Phase.RESOLVED), (True, False)))
    ]
    for open_ in (0, 3, 40):
        flood = Flood(
            1, HERE, vendor, T0, tuple(listed[: max(open_, 1)]), 40, open_, ChannelSettings(), None, False, None, 1, 1
        )
        yield f"list of {open_} open", flood_message(flood)
    yield "kept in quiet hours", together_message(list_act("key", 0, listed, ()))
    yield "kept in quiet hours, below", together_message(list_act("key", 1, listed, ()))
    yield "kept, all over", together_message(list_act("key", 0, [one for one in listed if not one.open], ()))
    sections = [entry(n, section) for n, section in enumerate(DigestSection)]
    for told in (digest(*sections), digest(), digest(weekly=True), digest(unreadable=("Acme",)), digest(more=9)):
        parts = digest_parts(told)
        yield "digest", digest_message(told, parts[0], below=len(parts) > 1)
    for level in (None, *Level):
        yield f"board {level}", board_message([tile("Acme", level), tile("Bolt")], T0)
    yield "board of nothing", board_message([], T0)
    yield "board that moved", board_left_message(moved=True)
    yield "board that is gone", board_left_message(moved=False)
    yield "channel on hold", channel_on_hold_message(HERE, "The channel is archived: unarchive it.")
    yield "page that moved", unmatched_message(vendor, PARTS[:2])
    yield "parts of a service", missing_parts_message("checkout", vendor, PARTS[:1])
    yield "test", drill_message(begin_drill(HERE, Mode.THREAD_KEY, "U1", T0), "Ana")
    yield "welcome", welcome_message(form=True)
    yield "installed", installed_message()
