"""``lookout status``, ``wait`` and ``incidents``: words in, words and exit codes out, from each source."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.run import utc_now
from bot.catalog import load
from bot.cli.ask.source import Document, IncidentQuery, Unanswered
from bot.cli.ask.standing import Exit, Standing, read_span
from bot.cli.ask.waiting import wait_until_well
from bot.domain import ApiKey, Component, Level, Scope
from bot.store import Store
from bot.store.keys import ID_BYTES, SECRET_BYTES
from bot.threads import Threads
from bot.web.api.routes import Api
from bot.web.api.routes import Settings as ApiSettings
from bot.web.dashboards.routes import DashboardPages
from bot.web.listening import address, listen
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.server import serve
from bot.web.site import Site
from tests.cli.test_main import PAGES, Lookout
from tests.commands.talk import Talk, incident, said
from tests.servers import PageServer, Reply


def url_of(server: PageServer) -> str:
    return server.url("")


PARTS = (Component("c1", "Git", Level.OPERATIONAL), Component("c2", "Actions", Level.OPERATIONAL))


@pytest.fixture
def lookout(tmp_path: Path) -> Lookout:
    return Lookout(tmp_path)


@pytest.fixture(name="talk")
def _talk(lookout: Lookout) -> Iterator[Talk]:
    """GitHub is fine, npm has an outage, AWS was never read."""
    store = Store(f"sqlite:///{lookout.folder / 'lookout.db'}")
    catalog, now = load(), utc_now()
    store.pages.sync_catalog(list(catalog), now, 0)
    talk = Talk(store, catalog, now)
    talk.reading("github", PARTS)
    began = now - timedelta(hours=1)
    down = incident("npm", "down1", "Publishing \x1b[31mfails", began, said(1, began, "We look into it."))
    talk.reading("npm", PARTS, [down])
    yield talk
    store.close()


@contextmanager
def running(store: Store, *, public: bool) -> Iterator[str]:
    """The bot's web server, in a thread of its own; its address."""
    listening, ready, ends = listen("127.0.0.1", 0), threading.Event(), []

    async def life() -> None:
        threads, stop = Threads(2), asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(stop.set))
        pages = Pages(store, load(), threads, utc_now, "")
        api = Api(store, load(), threads, utc_now, ApiSettings(public))
        dashboards = DashboardPages(store, load(), threads, utc_now, stop)
        ready.set()
        await serve(Site(store, threads, utc_now, Metrics(), 60, pages, api, dashboards).app(), listening, stop)
        threads.close()

    thread = threading.Thread(target=asyncio.run, args=(life(),))
    url = address(listening)
    thread.start()
    try:
        assert ready.wait(30)
        yield url
    finally:
        ends[0]()
        thread.join(30)


# --- from the database here ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["github"], 0),
        (["npm"], 2),
        (["github", "npm"], 2),
        (["aws"], 3),
        (["github", "aws"], 3),
        (["npm", "aws"], 2),
        (["npm", "--fail-on=major"], 2),
        (["npm", "--fail-on=critical"], 0),
        (["github", "--max-age=10m"], 0),
        (["github", "--max-age=20s"], 3),
        (["npm", "--max-age=20s"], 3),
        (["githubb"], 1),
        (["github", "--fail-on=bad"], 2),
        (["github", "--max-age=soon"], 2),
    ],
)
def test_the_exit_code_says_how_they_stand(talk: Talk, lookout: Lookout, words: list[str], code: int) -> None:
    assert lookout("status", *words)[0] == code


def test_people_read_the_answer_its_age_and_what_is_open(talk: Talk, lookout: Lookout) -> None:
    _, out, err = lookout("status", "npm", "github")
    assert err == ""
    first, second, third = out.splitlines()
    assert first.startswith("🟠 npm has a partial outage")
    assert second == "   - Publishing [31mfails (partial outage)"
    assert third.startswith("🟢 GitHub is operational. (read ")
    assert lookout("status", "github", "--max-age=20s")[1].startswith("🟣 Unknown: GitHub was operational when it was")


def test_programs_read_json(talk: Talk, lookout: Lookout) -> None:
    code, out, _ = lookout("status", "npm", "github", "--json")
    document = json.loads(out)
    assert code == 2
    assert [(one["vendor"], one["level"]) for one in document["vendors"]] == [
        ("npm", "partial_outage"),
        ("github", "operational"),
    ]


def test_incidents_of_some_or_of_all(talk: Talk, lookout: Lookout) -> None:
    for words in (["npm"], [], ["--open"]):
        _, out, _ = lookout("incidents", *words, "--json")
        assert [one["id"] for one in json.loads(out)["incidents"]] == ["npm/down1"], words
    assert lookout("incidents", "github") == (0, "", "None is on record.\n")
    assert lookout("incidents", "aws") == (0, "", "Never read so far, so nothing is known: aws.\n")
    assert json.loads(lookout("incidents", "aws", "npm", "--json")[1])["unread"] == ["aws"]
    assert "open  partial outage  npm/down1  Publishing [31mfails" in lookout("incidents")[1]


def test_without_a_database_it_says_what_else_there_is(lookout: Lookout) -> None:
    code, out, err = lookout("status", "github")
    assert (code, out) == (3, "")
    assert "start “lookout run”, or ask the page itself with --direct." in err
    assert not (lookout.folder / "lookout.db").exists(), "a question leaves nothing behind"


# --- from a running instance -----------------------------------------------------------------------------------------


def test_a_running_instance_answers_with_a_key_and_without_by_its_pages(talk: Talk, lookout: Lookout) -> None:
    key = ApiKey(secrets.token_hex(ID_BYTES), Scope.READ, "console", "local", "", utc_now())
    token = talk.store.keys.create(key, secrets.token_bytes(SECRET_BYTES))
    with running(talk.store, public=False) as url:
        for env in ({"LOOKOUT_API_KEY": token}, {"LOOKOUT_API_KEY": ""}):
            code, out, err = lookout("status", "github", "npm", "--server", url, **env)
            assert (code, err) == (2, "")
            assert out.startswith("🟠 npm has a partial outage")
            assert "Publishing [31mfails (partial outage)" in out
            assert lookout("status", "github", "--server", url, **env)[0] == 0
            _, listed, _ = lookout("incidents", "npm", "--json", "--server", url, **env)
            assert [one["id"] for one in json.loads(listed)["incidents"]] == ["npm/down1"]
            assert lookout("status", "nosuchvendor", "--server", url, **env)[0] == 1
        code, out, err = lookout("status", "github", LOOKOUT_SERVER=url, LOOKOUT_API_KEY="wrong")
        assert (code, out) == (1, "")
        assert err.endswith("The key is read from LOOKOUT_API_KEY.\n")
    code, _, err = lookout("status", "github", "--server", url, LOOKOUT_API_KEY="")
    assert code == 3
    assert f"{url} does not answer" in err


def test_what_is_no_lookout_is_no_answer(lookout: Lookout) -> None:
    with PageServer() as server:
        server.otherwise = Reply(b"<html>", 200)
        assert lookout("status", "github", "--server", url_of(server))[0] == 3
    assert lookout("status", "github", "--server", "lookout.example.org")[0] == 1


# --- from the page itself --------------------------------------------------------------------------------------------


def test_a_page_is_read_for_the_purpose(lookout: Lookout) -> None:
    with PageServer() as server:
        for name in ("summary", "incidents", "scheduled-maintenances"):
            path = PAGES / f"{name}.json"
            if path.is_file():
                server.say(f"/api/v2/{name}.json", Reply(path.read_bytes()))
        env = {"LOOKOUT_FETCH_ALLOW_HOSTS": "127.0.0.1"}
        code, out, err = lookout("status", url_of(server), "--direct", "--json", **env)
        vendor = json.loads(out)["vendors"][0]
        assert err == ""
        assert code == (0 if vendor["level"] == "operational" else 2)
        assert vendor["components"] > 0
        assert lookout("incidents", url_of(server), "--direct", **env)[0] == 0
    code, out, _ = lookout("status", url_of(server), "--direct", **env)
    assert code == 3
    assert out.startswith("🟣 Unknown: ")
    assert "   - " in out, "and why"
    assert "nothing is known" in lookout("incidents", url_of(server), "--direct", **env)[2]
    assert not (lookout.folder / "lookout.db").exists()
    assert lookout("incidents", "--direct")[0] == 1


# --- waiting ---------------------------------------------------------------------------------------------------------


class Story:
    """A source that answers one level after another, at a clock of its own; ``None``: it does not answer."""

    def __init__(self, *levels: str | None) -> None:
        self.levels = list(levels)
        self.time = utc_now()
        self.slept: list[float] = []
        self.told: list[str] = []

    def statuses(self, vendors: Sequence[str]) -> Document:
        level = self.levels.pop(0) if len(self.levels) > 1 else self.levels[0]
        if level is None:
            raise Unanswered("Nobody is there.")
        one: dict[str, Any] = {"vendor": "a", "name": "A", "level": level, "answer": level, "open": []}
        return {"vendors": [{**one, "read_at": self.time.isoformat()}]}

    def incidents(self, query: IncidentQuery) -> Document:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)

    def tell(self, found: Sequence[Standing], why: str) -> None:
        self.told.append(why or found[0].answer)

    def wait(self, until: Level = Level.OPERATIONAL, timeout_s: float = 100) -> Exit:
        deadline = self.time + timedelta(seconds=timeout_s)
        return wait_until_well(self, ["a"], until, deadline, timedelta(seconds=30), self.now, self.sleep, self.tell)


def test_it_waits_until_all_is_well_and_not_longer() -> None:
    story = Story("major_outage", None, "degraded", "operational", "major_outage")
    assert story.wait() is Exit.FINE
    assert story.slept == [30, 30, 30]
    assert story.told == ["major_outage", "Nobody is there.", "degraded", "operational"]
    assert Story("major_outage", "degraded", "operational").wait(Level.DEGRADED) is Exit.FINE


@pytest.mark.parametrize(
    ("level", "code"), [("degraded", Exit.TROUBLE), ("unknown", Exit.UNKNOWN), (None, Exit.UNKNOWN)]
)
def test_when_the_time_is_over_it_says_what_is_known(level: str | None, code: Exit) -> None:
    story = Story(level)
    assert story.wait() is code
    assert story.slept == [30, 30, 30, 10]


def test_waiting_from_the_shell(talk: Talk, lookout: Lookout) -> None:
    code, out, err = lookout("wait", "github", "--until", "operational", "--timeout", "30m")
    assert (code, out) == (0, "")
    assert "🟢 GitHub is operational." in err
    code, _, err = lookout("wait", "npm", "--timeout", "1s", "--every", "1s")
    assert code == 2
    assert err.count("npm has a partial outage") == 1, "what is the same is said once"


@pytest.mark.parametrize("text", ["", "0m", "10", "m", "1w", "-5m", "99999999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        read_span(text)


def test_the_shell_completes_vendors_and_options(lookout: Lookout) -> None:
    def completed(line: str) -> list[str]:
        env = lookout.env | {
            "_LOOKOUT_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
        }
        env |= {"PYTHONPATH": str(Path(__file__).parents[2])}
        call = [sys.executable, "-c", "from bot.cli.main import cli; cli(prog_name='lookout')"]
        done = subprocess.run(call, env=env, capture_output=True, encoding="utf-8", cwd=lookout.folder, check=False)
        return done.stdout.split()

    assert "github" in completed("lookout status githu")
    assert completed("lookout status github --fail-on ma") == ["maintenance", "major"]
    assert os.environ.get("_LOOKOUT_COMPLETE") is None
