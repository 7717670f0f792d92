"""Pages that move, from their old host to the channel: real servers, parsers, store and delivery on a turned clock.

In each story a channel has been told of an incident when its vendor's page goes elsewhere, and hears nothing of that
but what is news.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.commands.subscriptions import subscription_arguments
from bot.delivery.worker import Delivery
from bot.domain import Channel, Filter, IncidentRecord, PageState, Subscription, Vendor
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Policy, Poller
from bot.monitor.schedule import PollIntervals
from bot.routing import route
from bot.store import Store
from bot.threads import Threads
from tests.fakes import Call, Clock, ListAdapter
from tests.monitor.facts import ACME
from tests.servers import PageServer, Reply

PACE = PollIntervals(watched_s=60, open_s=30, idle_s=300, max_backoff_s=3600)
ALL, API, LOST, BY_ID = (Channel("list", "w1", name) for name in ("all", "api", "lost", "by-id"))
FILTERS = {
    ALL: Filter(),
    API: Filter(components=("API",)),
    LOST: Filter(components=("Core*", "Webhooks")),
    BY_ID: Filter(components=("aaaaaaaaaaaa",)),
}
ULID = "01HZZZZZZZZZZZZZZZZZZZZZ"
HTML = Reply(
    b"<!doctype html><html><head><title>Acme</title></head><body>Soon here</body></html>", content_type="text/html"
)
Json = dict[str, Any]


def said(text: str, status: str, at: datetime, key: str) -> Json:
    when = at.isoformat()
    return {"id": key, "status": status, "body": text, "created_at": when, "display_at": when}


def trouble(key: str, title: str, start: datetime, *posts: Json, **more: Any) -> Json:
    """Posts stand oldest first; the API lists them newest first."""
    ended = posts[-1]["status"] == "resolved"
    return {
        "id": key,
        "name": title,
        "status": posts[-1]["status"],
        "impact": "major",
        "created_at": start.isoformat(),
        "started_at": start.isoformat(),
        "resolved_at": posts[-1]["display_at"] if ended else None,
        "incident_updates": list(reversed(posts)),
        **more,
    }


@dataclass
class Site:
    """One host. ``statuspage`` and the others replace what it serves."""

    server: PageServer
    paths: list[str] = field(default_factory=list)

    def clear(self, reply: Reply | None = None) -> None:
        for path in self.paths:
            self.server.say(path, reply or Reply(b"gone", 404, content_type="text/plain"))

    def say(self, path: str, content: Json | bytes, content_type: str = "application/json") -> None:
        self.paths.append(path)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.server.say(path, Reply(body, content_type=content_type, etag=True))

    def statuspage(self, incidents: list[Json], *, components: list[Json] | None = None) -> None:
        page = {"id": "acme00000000", "name": "Acme", "url": "https://acme.example", "time_zone": "Etc/UTC"}
        group = {"id": "gggggggggggg", "name": "Core", "status": "operational", "group": True, "position": 1}
        rows = [
            {"id": key, "name": name, "status": "operational", "group_id": parent, "group": False, "position": at}
            for at, (key, name, parent) in enumerate(
                [
                    ("aaaaaaaaaaaa", "API", group["id"]),
                    ("bbbbbbbbbbbb", "Web", group["id"]),
                    ("cccccccccccc", "Webhooks", None),
                ]
            )
        ]
        self.api(page, [group, *rows] if components is None else components, incidents)

    def incidentio(self, incidents: list[Json]) -> None:
        page = {"id": ULID + "P1", "name": "Acme", "url": "https://acme.example/", "updated_at": "2026-03-02T00:00:00Z"}
        names = {"A1": "API", "W1": "Web", "N1": "Notebooks"}
        rows = [{"id": ULID + key, "name": name, "status": "operational", "position": 1} for key, name in names.items()]
        self.api(page, rows, incidents)

    def api(self, page: Json, components: list[Json], incidents: list[Json]) -> None:
        state = {"page": page, "status": {"indicator": "none", "description": "All good"}, "components": components}
        still = [one for one in incidents if one["status"] != "resolved"]
        self.say("/api/v2/summary.json", {**state, "incidents": still, "scheduled_maintenances": []})
        self.say("/api/v2/incidents.json", {"page": page, "incidents": incidents})
        self.say("/api/v2/scheduled-maintenances.json", {"page": page, "scheduled_maintenances": []})

    def instatus(self, incidents: list[Json], feed: bytes) -> None:
        page = {"name": "Acme", "url": self.server.url(), "status": "HASISSUES" if incidents else "UP"}
        names = {"cla": "API", "clw": "Web", "clh": "Webhooks"}
        group = {"id": "clg", "name": "Core", "description": None}
        rows = [
            {
                "id": key,
                "name": name,
                "description": None,
                "status": "OPERATIONAL",
                "group": group if key != "clh" else None,
            }
            for key, name in names.items()
        ]
        self.say("/summary.json", {"page": page, **({"activeIncidents": incidents} if incidents else {})})
        self.say("/v2/components.json", {"components": rows})
        self.say("/history.atom", feed, "application/atom+xml")


class World:
    """One process: a page server, all four channels subscribed, and delivery after every round of the poller.

    ``open`` puts the incident on the page that all stories begin with.
    """

    kind = "statuspage"

    def __init__(self, url: str, server: PageServer) -> None:
        self.now = Clock()
        self.site = Site(server)
        self.chat = ListAdapter()
        self.open: Callable[[], None] = lambda: None
        self._url = url

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        async def lifetime() -> None:
            self.store, threads = Store(self._url), Threads(2)
            self.store.pages.sync_catalog([self.vendor], self.now(), 0)
            fetcher = Fetcher(self.now, deadline_s=10, allow_hosts=["127.0.0.1", "localhost"])
            self.poller = Poller(self.store, threads, fetcher, route, self.now, Policy(PACE))
            self.delivery = Delivery(self.store, [self.chat], threads, self.now, linger_s=0.001)
            try:
                with capture_logs():
                    await story()
            finally:
                await self.poller.aclose()
                await fetcher.aclose()
                threads.close()
                self.store.close()

        asyncio.run(lifetime())

    @property
    def vendor(self) -> Vendor:
        url = self.site.server.url()
        return Vendor(ACME, "Acme", url, url, "Cloud", "Compute", kind=self.kind)

    async def wait(self, **span: float) -> None:
        end, step = self.now() + timedelta(**span), timedelta(seconds=30 if "minutes" in span else 3600)
        while self.now() < end:
            self.now.now = min(end, self.now() + step)
            await self.poller.tick()
            await self.delivery.run_until_quiet()

    async def settle_in(self) -> None:
        await self.wait(minutes=25)
        for channel, wanted in FILTERS.items():
            self.store.channels.subscribe(Subscription(channel, ACME, wanted, "ann", self.now()), route)
        await self.wait(minutes=6)

    def state(self) -> PageState:
        return self.store.pages.states([ACME])[0]

    def record(self, key: str) -> IncidentRecord:
        found = self.store.records.incident(ACME, key)
        assert found is not None
        return found

    def news(self, channel: Channel = ALL) -> list[Call]:
        """Posts and replies: what rings."""
        return [call for call in self.chat.sent(channel) if call.verb != "edit"]

    def typed(self, channel: Channel) -> str:
        (listed,) = self.store.channels.subscriptions(channel)
        (state,) = self.store.pages.states([listed.subscription.vendor])
        return subscription_arguments(listed.subscription, state.vendor)

    def all_records(self) -> list[tuple[str, bool]]:
        found = self.store.records.incidents([ACME], self.now() - timedelta(days=30))
        return sorted((record.incident.title, record.incident.vanished) for record in found)


@pytest.fixture
def world(database_url: str, server: PageServer) -> World:
    return World(database_url, server)


def statuspage_story(world: World) -> tuple[datetime, datetime]:
    """Starts of an incident that is over and of one that is open, on a Statuspage."""
    past, start = world.now() - timedelta(days=2), world.now() + timedelta(minutes=31)
    old = trouble("oldoldoldold", "Login fails", past, said("Fixed.", "resolved", past + timedelta(hours=1), "o1"))
    now = trouble(
        "newnewnewnew",
        "API is slow",
        start,
        said("We look into it.", "investigating", start, "n1"),
        components=[{"id": "aaaaaaaaaaaa"}],
    )
    world.site.statuspage([old])
    world.open = lambda: world.site.statuspage([now, old])
    return past, start


def on_incidentio(past: datetime, start: datetime, *more: Json) -> list[Json]:
    """The same two incidents under new ids."""
    old = trouble(ULID + "X1", "Login fails", past, said("Fixed.", "resolved", past + timedelta(hours=1), ULID + "U1"))
    now = trouble(
        ULID + "X2",
        "API is  slow",
        start + timedelta(seconds=20),
        said("We look into it.", "investigating", start, ULID + "U2"),
        *more,
    )
    return [now, old]


async def told_of_the_open_one(world: World) -> None:
    await world.settle_in()
    world.open()
    await world.wait(minutes=5)
    for channel in (ALL, API, LOST, BY_ID):
        assert len(world.news(channel)) == 1, channel


def test_a_statuspage_goes_on_at_incidentio_with_new_ids(world: World) -> None:
    past, start = statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        calls = len(world.chat.calls)
        world.site.incidentio(on_incidentio(past, start))
        await world.wait(minutes=30)
        state = world.state()
        assert (state.vendor.kind, state.unreadable) == ("incidentio", None)
        assert [len(world.news(c)) for c in (ALL, API, LOST, BY_ID)] == [1, 1, 2, 1]
        assert [call.verb for call in world.chat.calls[calls:] if call.verb != "edit"] == ["post"]
        assert world.all_records() == [("API is  slow", False), ("Login fails", False)]
        assert world.record(ULID + "X2").incident.components == (ULID + "A1",)

        assert world.typed(API) == 'acme component:"API"'
        assert world.typed(BY_ID) == f'acme component:"{ULID}A1"'
        assert world.typed(LOST) == 'acme component:"Core*" component:"Webhooks"'
        notice = world.news(LOST)[-1].message
        assert "“Core*” and “Webhooks”" in notice.summary
        assert "new status page" in (notice.title or "")

        end = world.now()
        world.site.incidentio(on_incidentio(past, start, said("All good.", "resolved", end, ULID + "U3")))
        await world.wait(minutes=30)
        for channel in (ALL, API, BY_ID):
            assert [call.verb for call in world.news(channel)] == ["post", "reply", "reply", "reply"]
        assert [call.verb for call in world.news(API) if "All good." in str(call.message)] == ["reply"]
        assert world.all_records() == [("API is  slow", False), ("Login fails", False)]
        (moved,) = world.store.diagnostics.moved(20)
        assert (moved.kind_before, moved.vendor.kind) == ("statuspage", "incidentio")

    world.run(story)


def test_an_instatus_page_goes_on_at_incidentio(world: World) -> None:
    start = world.now() + timedelta(minutes=31)
    feed = b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Acme</title><id>a</id></feed>'
    one = {
        "id": "clinc1",
        "name": "API is slow",
        "started": start.isoformat(),
        "status": "INVESTIGATING",
        "impact": "PARTIALOUTAGE",
        "url": "https://acme.example/incident/clinc1",
        "updatedAt": start.isoformat(),
    }

    async def story() -> None:
        world.site.instatus([], feed)
        await world.settle_in()
        world.site.instatus([one], feed)
        await world.wait(minutes=5)
        assert [call.verb for call in world.news()] == ["post"]
        world.site.clear()
        world.site.incidentio(on_incidentio(start - timedelta(days=2), start))
        await world.wait(minutes=60)
        state = world.state()
        assert (state.vendor.kind, state.unreadable) == ("incidentio", None)
        assert [call.verb for call in world.news()] == ["post"]
        assert world.all_records() == [("API is  slow", False), ("Login fails", False)]
        assert world.typed(API) == 'acme component:"API"'
        assert "“Core*” and “Webhooks”" in world.news(LOST)[-1].message.summary

    world.kind = "instatus"
    world.run(story)


def test_html_in_place_of_json_is_waited_out(world: World) -> None:
    statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        calls, level = len(world.chat.calls), world.state().snapshot
        world.site.clear(HTML)
        await world.wait(minutes=40)
        assert "HTML" in world.state().unreadable.reason  # type: ignore[union-attr]
        assert world.state().snapshot == level
        world.open()
        await world.wait(hours=2)
        assert (world.state().vendor.kind, world.state().unreadable) == ("statuspage", None)
        assert len(world.chat.calls) == calls
        assert world.store.diagnostics.moved(20) == ()

    world.run(story)


def test_a_search_is_not_made_at_every_failure(world: World) -> None:
    statuspage_story(world)

    async def story() -> None:
        await world.settle_in()
        world.site.clear(HTML)
        for _ in range(60):
            world.now.turn(minutes=2)
            await world.poller.read_now(ACME)
        assert 3 <= world.site.server.count("/index.json") <= 5

    world.run(story)


def test_an_emptied_catalogue_is_neither_green_nor_news(world: World) -> None:
    past, start = statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        calls = len(world.chat.calls)
        world.site.statuspage([], components=[])
        await world.wait(minutes=30)
        assert "lists no components any more" in world.state().unreadable.reason  # type: ignore[union-attr]
        assert len(world.state().snapshot.components) == 3  # type: ignore[union-attr]
        assert len(world.chat.calls) == calls
        world.site.incidentio(on_incidentio(past, start))
        await world.wait(hours=2)
        assert (world.state().vendor.kind, world.state().unreadable) == ("incidentio", None)
        assert [len(world.news(c)) for c in (ALL, API, LOST, BY_ID)] == [1, 1, 2, 1]
        assert world.all_records() == [("API is  slow", False), ("Login fails", False)]

    world.run(story)


def test_a_page_is_followed_to_another_host_and_back(world: World) -> None:
    statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        calls = len(world.chat.calls)
        with PageServer() as elsewhere:
            there = Site(elsewhere)
            here, world.site = world.site, there
            world.open()
            for path in here.paths:
                here.server.say(path, Reply(b"", 301, {"Location": elsewhere.url(path, "localhost")}))
            await world.wait(minutes=10)
            assert world.state().vendor.page_url == elsewhere.url("", "localhost")
            assert world.state().unreadable is None
            asked = len(here.server.asked)
            await world.wait(minutes=30)
            assert len(here.server.asked) == asked
        world.site = here
        world.open()
        await world.wait(hours=2)
        assert (world.state().vendor.page_url, world.state().unreadable) == (here.server.url(), None)
        assert len(world.chat.calls) == calls
        assert world.typed(LOST) == 'acme component:"Core*" component:"Webhooks"'

    world.run(story)


def test_a_feed_has_to_do_until_the_page_is_back(world: World) -> None:
    past, _ = statuspage_story(world)
    feed = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Acme</title><id>a</id>
    <updated>{past.isoformat()}</updated>
    <entry><id>tag:acme,2005:Incident/7</id><link href="https://acme.example/incidents/oldoldoldold"/>
    <title>Login fails</title><published>{past.isoformat()}</published>
    <updated>{(past + timedelta(hours=1)).isoformat()}</updated>
    <content type="html">&lt;p&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - Fixed.&lt;/p&gt;</content></entry></feed>"""

    async def story() -> None:
        await told_of_the_open_one(world)
        calls = len(world.chat.calls)
        world.site.clear(HTML)
        world.site.say("/history.atom", feed.encode(), "application/atom+xml")
        await world.wait(minutes=45)
        assert world.state().unreadable is not None
        await world.wait(hours=2)
        assert (world.state().vendor.kind, world.state().unreadable) == ("rss", None)
        world.open()
        await world.wait(hours=12)
        assert world.state().vendor.kind == "rss"
        await world.wait(hours=14)
        assert (world.state().vendor.kind, world.state().unreadable) == ("statuspage", None)
        assert [call.verb for call in world.chat.calls[calls:]] == []
        assert world.all_records() == [("API is slow", False), ("Login fails", False)]
        assert len(world.state().snapshot.components) == 3  # type: ignore[union-attr]

    world.run(story)


def test_an_incident_that_the_new_page_does_not_list_is_waited_for(world: World) -> None:
    past, start = statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        only_old = on_incidentio(past, start)[1:]
        world.site.incidentio(only_old)
        await world.wait(hours=60)
        assert world.record("newnewnewnew").incident.is_open
        assert [len(world.news(c)) for c in (ALL, API)] == [1, 1]
        await world.wait(hours=20)
        another = trouble(
            ULID + "X9", "Web is slow", world.now(), said("Hm.", "investigating", world.now(), ULID + "U9")
        )
        world.site.incidentio([another, *only_old])
        await world.wait(minutes=30)
        assert world.record("newnewnewnew").incident.vanished
        assert [call.verb for call in world.news(ALL)] == ["post", "post", "reply"]

    world.run(story)


def test_a_page_goes_on_where_no_components_are_listed(world: World) -> None:
    statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        world.site.clear(replace(HTML, body=HTML.body + b"<a href=https://rootly.com>Rootly</a>"))
        page = Path(__file__).parents[2] / "pages" / "rootly" / "status.json"
        world.site.say("/api/v1/status.json", page.read_bytes())
        await world.wait(minutes=30)
        assert (world.state().vendor.kind, world.state().unreadable) == ("rootly", None)
        assert world.record("newnewnewnew").incident.is_open
        assert world.typed(LOST) == 'acme component:"Core*" component:"Webhooks"'

    world.run(story)


def test_new_ids_alone_are_no_news(world: World) -> None:
    """The page is made anew on the same platform."""
    past, start = statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        old = json.loads(json.dumps(on_incidentio(past, start)).replace(ULID, "zz"))
        names = {"dddddddddddd": "API", "eeeeeeeeeeee": "Web", "ffffffffffff": "Webhooks"}
        rows = [{"id": key, "name": name, "status": "operational", "position": 1} for key, name in names.items()]
        world.site.statuspage(old, components=rows)
        await world.wait(minutes=30)
        assert (world.state().vendor.kind, world.state().unreadable) == ("statuspage", None)
        assert [len(world.news(c)) for c in (ALL, API, LOST, BY_ID)] == [1, 1, 2, 1]
        assert world.all_records() == [("API is  slow", False), ("Login fails", False)]
        assert world.typed(BY_ID) == 'acme component:"dddddddddddd"'
        assert "“Core*”" in world.news(LOST)[-1].message.summary
        assert "Webhooks" not in world.news(LOST)[-1].message.summary

    world.run(story)


def test_another_address_in_the_catalog_is_a_move_too(world: World) -> None:
    past, start = statuspage_story(world)

    async def story() -> None:
        await told_of_the_open_one(world)
        with PageServer() as elsewhere:
            here, world.site = world.site, Site(elsewhere)
            world.site.incidentio(on_incidentio(past, start))
            unknown = replace(world.vendor, kind=None)
            world.store.pages.sync_catalog([unknown], world.now(), 0)
            await world.wait(minutes=10)
            assert (world.state().vendor.kind, world.state().unreadable) == ("incidentio", None)
            assert [len(world.news(c)) for c in (ALL, API, LOST, BY_ID)] == [1, 1, 2, 1]
            world.site = here

    world.run(story)
