"""Subscribing to a page that no catalog has, from the typed line to the answer, with a real store, web and poller."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from bot import routing
from bot.app.command_service import CommandService
from bot.app.own_pages import MAX_CONCURRENT, OwnPageFinder, human_url
from bot.catalog import Catalog
from bot.cli.doctor import examine
from bot.commands.dispatch import parse_line
from bot.commands.request import Request
from bot.domain import Channel
from bot.monitor.fetch import Fetcher
from bot.monitor.poller import Poller
from bot.monitor.poller.policy import Policy
from bot.monitor.probe import Prober
from bot.monitor.schedule import PollIntervals
from bot.store import Store
from bot.threads import Threads
from tests.commands.talk import CATALOG
from tests.databases import sqlite
from tests.fakes import Clock
from tests.servers import PageServer, Reply
from tests.text import read

OPS, DEV = Channel("console", "local", "ops"), Channel("console", "local", "dev")
ELSEWHERE = Channel("console", "other", "ops")
SUMMARY = "/api/v2/summary.json"
UPDATE = {
    "id": "u1",
    "status": "identified",
    "body": "We found it.",
    "created_at": "2026-03-02T08:30:00Z",
    "display_at": "2026-03-02T08:30:00Z",
}
INCIDENT = {
    "id": "slow00000001",
    "name": "Slow invoices",
    "status": "identified",
    "impact": "minor",
    "created_at": "2026-03-02T08:30:00Z",
    "started_at": "2026-03-02T08:30:00Z",
    "resolved_at": None,
    "shortlink": "https://stspg.example/slow",
    "components": [],
    "incident_updates": [UPDATE],
}


HOSTS = tuple(f"status.page{number}.example" for number in range(8))


async def loopback(host: str, port: int) -> Sequence[str]:
    """The address of every name."""
    return ("127.0.0.1",)


def page(name: str = "Our Billing", *incidents: object, api: str = "operational") -> Reply:
    part = {"id": "abcdefghij12", "name": "API", "status": api, "group": False, "group_id": None}
    summary = {
        "page": {"id": "0123456789ab", "name": name, "url": "https://x.example", "time_zone": "Etc/UTC"},
        "status": {"indicator": "none", "description": "All Systems Operational"},
        "components": [part],
        "incidents": list(incidents),
        "scheduled_maintenances": [],
    }
    return Reply(json.dumps(summary).encode())


Say = Callable[..., Awaitable[str]]


class Bot:
    """The bot as the app builds it, on one loopback server."""

    def __init__(self, folder: Path, *, allowed: bool = True, max_pages: int = 10, catalog: Catalog = CATALOG) -> None:
        self.store = Store(sqlite(folder))
        self.clock = Clock()
        self._allowed = ("127.0.0.1", *HOSTS) if allowed else ()
        self._max_pages = max_pages
        self._catalog = catalog

    def talk(self, story: Callable[[Say], Awaitable[None]]) -> None:
        asyncio.run(self._talk(story))

    async def _talk(self, story: Callable[[Say], Awaitable[None]]) -> None:
        threads = Threads(2)
        web = Fetcher(self.clock, deadline_s=20, allow_hosts=self._allowed, resolve=loopback)
        poller = Poller(self.store, threads, web, routing.route, self.clock, Policy(PollIntervals(60, 30, 300, 3600)))
        prober = Prober(web, threads, self.clock)
        own_pages = OwnPageFinder(self.store, self._catalog, threads, prober, max_pages=self._max_pages)
        commands = CommandService(self.store, self._catalog, threads, poller, own_pages, self.clock)

        async def say(line: str, channel: Channel = OPS) -> str:
            command, text = parse_line(line)
            reply = await commands.answer(Request(command, text, channel, "ana"))
            return read(reply.messages)

        try:
            await story(say)
        finally:
            await own_pages.aclose()
            await poller.aclose()
            await web.aclose()
            threads.close()


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as serving:
        yield serving


def test_a_pasted_address_is_found_out_read_and_subscribed_in_one_answer(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    server.say(SUMMARY, page("Our Billing", INCIDENT))

    async def story(say: Say) -> None:
        text = await say(f"subscribe {server.url()} component:API severity:major")
        assert text.startswith("Subscribed to Our Billing.\nComponent API, partial outage or worse.")
        assert "Now: 🟡 degraded performance" in text
        assert "looked at" not in text, "the address of a machine without a name is a page's as any other"
        assert "Service billing runs on Our Billing" in await say(f"service billing = {server.url()}")
        slug = bot.store.own.of(OPS)[0].slug
        assert slug == "own-127-0-0-1"
        assert "🟡 Our Billing has degraded performance." in await say("status our billing")
        assert "Our Billing" in await say("list")
        assert "Slow invoices" in await say("incidents our billing")
        assert "We found it." in await say("incident slow00000001")
        assert "Our Billing" in await say(f"alternatives {slug}")
        assert "degraded" in await say(f"status {server.url()}")

    bot.talk(story)


def test_a_word_that_nobody_knows_is_told_as_the_page_says_it_and_counted(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    riddle = {**INCIDENT, "status": "pondering", "impact": "SEV7"}
    server.say(SUMMARY, page("Our Billing", riddle, api="wob_bly"))

    async def story(say: Say) -> None:
        await say(f"subscribe {server.url()}")
        assert "API — unknown (“wob_bly”)" in await say("components our billing")
        status = await say("status our billing")
        assert "Our Billing's status page shows a state that I have no word for." in status
        assert "- 🟣 API (“wob_bly”) — unknown" in status
        assert "- Slow invoices — “pondering”, “SEV7”, for 30 min." in status
        assert "Slow invoices — still open, 30 min: the page says “pondering”" in await say("incidents our billing")

    bot.talk(story)
    texts = [line.text for line in examine(bot.store, bot.clock()) if line.about == "unknown words"]
    assert [words.rpartition(";")[0] for words in texts] == [
        "Atlassian Statuspage: 1 of 1 component in a state that Lookout has no word for: “wob_bly”",
        "Atlassian Statuspage: 1 of 1 incident in a phase that Lookout has no word for: “pondering”",
        "Atlassian Statuspage: 1 of 1 incident with an impact that Lookout has no word for: “SEV7”",
    ]


def test_other_workspaces_know_nothing_of_it(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    server.say(SUMMARY, page("Our Billing", INCIDENT))

    async def story(say: Say) -> None:
        await say(f"subscribe {server.url()}")
        assert "has degraded performance" in await say("status our billing", DEV)
        assert "Slow invoices" in await say("mute slow00000001 1h")
        hidden = ("status our billing", "incident slow00000001", "mute slow00000001 1h", "subscribe own-127-0-0-1")
        for line in hidden:
            text = await say(line, ELSEWHERE)
            assert "Our Billing" not in text
            assert "invoices" not in text

    bot.talk(story)


def test_the_last_subscription_takes_it_along(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    server.say(SUMMARY, page())

    async def story(say: Say) -> None:
        await say(f"subscribe {server.url()}")
        assert "Unsubscribed from Our Billing." in await say("unsubscribe our billing")
        assert "I don't know" in await say("status our billing")
        assert bot.store.own.of(OPS) == ()
        assert "Subscribed to Our Billing." in await say(f"subscribe {server.url()}")

    bot.talk(story)


def test_a_page_of_the_catalog_under_another_address_is_not_adopted(server: PageServer, tmp_path: Path) -> None:
    acme = replace(next(iter(CATALOG)), page_url=server.url(host=HOSTS[0]))
    bot, typed = Bot(tmp_path, catalog=Catalog((acme,))), server.url("/old", host=HOSTS[1])
    server.say(f"/old{SUMMARY}", Reply(b"", 302, headers={"Location": acme.page_url + SUMMARY}))
    server.say(SUMMARY, page())

    async def story(say: Say) -> None:
        known = f"- {typed} is the page of {acme.name}, which I know: subscribe {acme.slug}."
        assert (await say(f"subscribe {typed}")).splitlines() == ["Nothing was subscribed.", known]
        assert bot.store.own.of(OPS) == ()

    bot.talk(story)


def test_what_is_no_status_page_is_said_in_one_sentence_and_looked_at_anew_when_asked_again(
    server: PageServer, tmp_path: Path
) -> None:
    bot = Bot(tmp_path)
    server.say("/", Reply(b"<!doctype html><title>A blog</title>", content_type="text/html"))

    async def story(say: Say) -> None:
        refusal = f"- No status page of a kind that Lookout reads was found at {server.url()}: "
        refusal += "if it has an API or a feed, give its address."
        assert (await say(f"subscribe {server.url()}")).splitlines() == ["Nothing was subscribed.", refusal]
        server.say(SUMMARY, page())
        assert "Subscribed to Our Billing." in await say(f"subscribe {server.url()}")

    bot.talk(story)


def test_an_address_inside_the_network_is_not_asked_for(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path, allowed=False)
    server.say(SUMMARY, page())

    async def story(say: Say) -> None:
        for address in (server.url(), f"http://localhost:{server.port}/", f"http://[::1]:{server.port}"):
            assert "is a private address" in await say(f"subscribe {address}")
        assert "private address" in await say("subscribe http://169.254.169.254/latest/meta-data/")

    bot.talk(story)
    assert server.asked == []


def test_a_slow_page_is_looked_at_in_the_background(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    slow = Event()
    server.say(SUMMARY, replace(page(), hold=slow), page())

    async def story(say: Say) -> None:
        text = await say(f"subscribe {server.url()} github")
        assert f"{server.url()} is being looked at: ask again in a moment." in text
        assert "Subscribed to GitHub." in text
        slow.set()
        assert "Subscribed to Our Billing." in await say(f"subscribe {server.url()}")

    bot.store.pages.sync_catalog(list(CATALOG), bot.clock(), 3600)
    bot.talk(story)


def test_a_workspace_has_no_more_pages_than_it_may(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path, max_pages=1)
    server.say(SUMMARY, page("One"))

    async def story(say: Say) -> None:
        with PageServer() as other:
            other.say(SUMMARY, page("Two"))
            await say(f"subscribe {server.url()}")
            text = await say(f"subscribe {other.url()}")
            assert "This workspace has 1 pages of its own, as many as it may" in text
            assert "Subscribed to Two." in await say(f"subscribe {other.url()}", ELSEWHERE)

    bot.talk(story)


def test_a_page_called_like_a_vendor_is_told_apart_by_its_host(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    server.say(SUMMARY, page("GitHub"))
    bot.store.pages.sync_catalog(list(CATALOG), bot.clock(), 3600)

    async def story(say: Say) -> None:
        assert f"Subscribed to GitHub (127.0.0.1:{server.port})." in await say(f"subscribe {server.url()}")
        assert "127.0.0.1" not in await say("components github")

    bot.talk(story)


def test_a_password_is_not_taken_from_a_chat_nor_repeated(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)

    async def story(say: Say) -> None:
        text = await say(f"subscribe http://ana:hunter2@127.0.0.1:{server.port}/")
        assert "Whoever runs Lookout" in text
        assert "hunter2" not in text

    bot.talk(story)
    assert server.asked == []


def test_only_so_many_are_looked_at_at_once(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    slow = Event()
    server.say(SUMMARY, replace(page(), hold=slow))

    async def story(say: Say) -> None:
        for hosts in (HOSTS[:4], HOSTS[4:]):
            await say(f"subscribe {' '.join(server.url(host=host) for host in hosts)}")
        assert {asked.headers["host"].partition(":")[0] for asked in server.asked} == set(HOSTS[:MAX_CONCURRENT])
        slow.set()

    bot.talk(story)


def test_any_address_on_a_page_names_it(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    server.say(SUMMARY, page())

    async def story(say: Say) -> None:
        await say(f"subscribe {server.url('/incidents/1', HOSTS[0])}")
        assert bot.store.own.of(OPS)[0].slug == "own-status-page0-example"
        for address in (HOSTS[0], f"https://{HOSTS[0]}/incidents/2"):
            assert "🟢 Our Billing is operational." in await say(f"status {address}")

    bot.talk(story)


def test_what_nobody_subscribed_to_is_forgotten_the_next_day(server: PageServer, tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    server.say(SUMMARY, page())

    async def story(say: Say) -> None:
        await say(f"subscribe {server.url()} component:Nonsense")
        assert len(bot.store.own.of(OPS)) == 1

    bot.talk(story)
    bot.clock.turn(days=2)
    bot.store.own.forget(bot.clock() - timedelta(days=1))
    assert bot.store.own.of(OPS) == ()


@pytest.mark.parametrize(
    ("typed", "page_url", "opened"),
    [
        ("https://s.example/incidents/1?x=2", "https://s.example", "https://s.example"),
        ("https://s.example/", "https://s.example", "https://s.example"),
        ("https://s.example/board?key=1", "https://api.status.io/1.0/status/5", "https://s.example/board"),
        ("https://s.example", "https://s.example/history.atom", "https://s.example"),
    ],
)
def test_people_are_sent_to_what_a_browser_shows(typed: str, page_url: str, opened: str) -> None:
    assert human_url(typed, page_url) == opened
