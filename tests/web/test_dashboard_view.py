"""What dashboards show on the demo's outage day, which the real bot read and told to channels of different wishes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from bot.cli.demo.story import march
from bot.domain import Channel, Workspace
from bot.web.dashboards.view import Dashboard, ShownIncident, dashboard
from tests.pictures.stage import Screen, stage

OPS, DIGEST, NIGHT, PATIENT = (Channel("slack", "T1", id) for id in ("C1", "C2", "C3", "C4"))
DIRECT = Channel("slack", "T1", "D1")
OTHERS = Channel("slack", "T2", "C9")
LINES = {
    OPS: ("service newsletter = pigeonry", "service images = kelpcloud", "mute kelpcloud until 23:00"),
    DIGEST: ("digest daily 9:00 only",),
    NIGHT: ("settings quiet=07:00-22:00",),
    PATIENT: ("subscribe pigeonry hold:1d,all",),
    DIRECT: ("subscribe pigeonry", "service secret-of-mine = pigeonry"),
    OTHERS: ("service secret-of-theirs = pigeonry",),
}


@pytest.fixture(scope="module")
def views() -> dict[Channel | Workspace, Dashboard]:
    def screens(now: Callable[[], datetime]) -> dict[Channel, Screen]:
        return {channel: Screen("slack", lambda message: message, now) for channel in LINES}

    async def played() -> dict[Channel | Workspace, Dashboard]:
        async with stage(screens) as play:
            for channel, lines in LINES.items():
                for line in lines:
                    play.ask(channel, line)
            await play.until(march(3, 16, 30))
            play.ask(OPS, 'ignore pigeonry/pgq7stuck3mr "we send none"')
            shown: tuple[Channel | Workspace, ...] = (
                *LINES,
                Workspace("slack", "T1"),
                Workspace("slack", "T2"),
                Workspace("slack", "T3"),
            )
            return {one: dashboard(one, play.context(), play.catalog) for one in shown}

    return asyncio.run(played())


T1 = Workspace("slack", "T1")
INCIDENT = "E-mails are not being sent"


def held(view: Dashboard) -> list[tuple[str, str, str]]:
    return [(h.incident.title if h.incident else h.vendor, h.reason, h.channel) for h in view.held]


def test_what_is_held_back_is_shown_with_its_reason(views: dict[Channel | Workspace, Dashboard]) -> None:
    assert held(views[OPS]) == [
        ("Kelpcloud", "muted until 3 Mar 2026, 23:00 UTC", ""),
        (INCIDENT, "ignored until it gets worse or names other parts (“we send none”)", ""),
    ]
    assert held(views[DIGEST]) == [(INCIDENT, "the channel gets its digest alone", "")]
    assert held(views[NIGHT]) == [
        (INCIDENT, "quiet hours until 22:00 (UTC)", ""),
        ("Errors when reading objects", "quiet hours until 22:00 (UTC)", ""),
    ], "what is over is told at their end, too"
    assert held(views[PATIENT]) == [(INCIDENT, "on hold until it has been open for 1 d", "")]
    assert held(views[OTHERS]) == []


def test_a_service_says_what_hits_it_and_what_is_planned_for_it(views: dict[Channel | Workspace, Dashboard]) -> None:
    images, newsletter = views[OPS].services
    assert (newsletter.name, newsletter.level) == ("newsletter", "major_outage")
    assert [one.title for one in newsletter.hit_by if isinstance(one, ShownIncident)] == [INCIDENT]
    assert (images.name, images.level, images.hit_by) == ("images", "operational", ())
    assert [one.title for one in images.planned] == ["New image resizing machines"]


def test_a_workspace_has_all_its_channels_and_nobodys_direct_messages(
    views: dict[Channel | Workspace, Dashboard],
) -> None:
    whole = views[T1]
    assert whole.channels == 4
    assert [(v.name, v.channels) for v in whole.vendors] == [
        ("Pigeonry", "C1, C2, C3 and C4"),
        ("Kelpcloud", "C1, C2, C3 and C4"),
    ]
    assert sorted(channel for _, _, channel in held(whole)) == ["C1", "C1", "C2", "C3", "C3", "C4"]
    assert [one.name for one in whole.services] == ["images", "newsletter"]
    assert [one.name for one in views[DIRECT].services] == ["secret-of-mine"]
    assert [one.name for one in views[Workspace("slack", "T2")].services] == ["secret-of-theirs"]


def test_a_workspace_that_is_not_known_has_nothing(views: dict[Channel | Workspace, Dashboard]) -> None:
    nothing = views[Workspace("slack", "T3")]
    assert (nothing.vendors, nothing.held, nothing.services, nothing.channels) == ((), (), (), 0)
    assert nothing.summary == "Nothing is subscribed here."
