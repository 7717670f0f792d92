"""Every command that the docs name is run, as they write it: words in capitals and addresses stand for what is here."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.run import utc_now
from bot.catalog import load
from bot.domain import ApiKey, Channel, Component, Filter, Level, Scope, Slug, Subscription
from bot.routing import route
from bot.store import Store
from bot.store.keys import ID_BYTES, SECRET_BYTES
from tests.app.test_own_pages import SUMMARY, page
from tests.cli.test_ask import running
from tests.cli.test_main import PAGES, Lookout
from tests.commands.talk import Talk, incident, said
from tests.databases import Postgres
from tests.servers import PageServer
from tests.test_docs import BLOCK, ROOT, commands

NOT_RUN = {
    "run": "does not end by itself: tests/wire and tests/crash run the bot as a process",
    **dict.fromkeys(
        ("run --role poll", "run --role poll,web", "run --role poll,deliver,slack,discord,web"),
        "does not end by itself: tests/app/test_roles.py runs a process a role",
    ),
    "demo": "takes as long as a reader does",
    "demo --speed 0": "test_readme.py runs it, and holds what it prints against the README",
    "mcp": "serves on the standard streams: tests/mcp_server asks it there",
    "catalog probe --all": "asks the 2,700 pages of the catalog; test_catalog.py runs it with a vendor named",
    "mcp --http": "serves until it is stopped: tests/mcp_server asks it over HTTP",
}
"""A command, and why this does not run it."""
NAMES_ONLY = {
    *("ask", "backup", "catalog probe", "copy-database", "erase workspace", "key create", "key create --scope read …"),
    "probe",
}
"""What the docs mention without all that it takes."""
PARTS = (Component("c1", "Git", Level.OPERATIONAL),)
APPLICATION = "81384788765712384"


@dataclass(frozen=True)
class Expected:
    """How a command ends, some of what it says, and what has to be there before it."""

    says: str
    code: int = 0
    before: Callable[[Lookout], object] = lambda _: None


def backed_up(lookout: Lookout) -> None:
    lookout("backup", "FILE")
    (lookout.folder / "lookout.db").unlink()


def with_changes(lookout: Lookout) -> None:
    row = json.loads((lookout.folder / "mine.jsonl").read_text(encoding="utf-8"))
    (lookout.folder / "mine.jsonl").write_text(json.dumps(row | {"kind": "instatus"}), encoding="utf-8")
    shutil.copy(lookout.folder / "mine.jsonl", lookout.folder / "FILE")
    lookout("catalog", "probe", "github")


RUN = {
    "status github npm": Expected("🟠 npm has a partial outage", 2),
    "status github npm --fail-on=major --max-age=10m": Expected("   - Publishing fails (partial outage)", 2),
    "status github npm --direct --fail-on=major": Expected("🟢 GitHub is operational", 3),
    "wait github": Expected("🟢 GitHub is operational"),
    "incidents github --days 7": Expected(""),
    "probe github": Expected("All Systems Operational"),
    "probe VENDOR": Expected("All Systems Operational"),
    "probe ADDRESS": Expected("All Systems Operational"),
    "replay FOLDER": Expected("Resolved"),
    "doctor": Expected("start lookout run", 1),
    "check": Expected("ok  database: opens", 1),
    "slack-manifest": Expected('"display_information"'),
    "discord-invite": Expected(f"https://discord.com/oauth2/authorize?client_id={APPLICATION}"),
    "catalog stats": Expected("statuspage"),
    "catalog list": Expected("github"),
    "catalog detected": Expected(""),
    "catalog apply catalog-diff.jsonl FILE": Expected("1 rows of FILE changed", before=with_changes),
    "catalog add https://status.example.com --category payments": Expected('"category":"payments"'),
    "backup FILE": Expected("rows in FILE"),
    "restore FILE": Expected("rows restored", before=backed_up),
    "rekey": Expected("0 tokens are encrypted under a new key, in lookout.key"),
    "erase workspace slack T0123456": Expected("1 channels erased"),
    "erase person slack U0123456": Expected("mentions of U0123456 erased"),
    "key create --scope read --workspace slack:T0123 --label dashboards": Expected("lk_"),
    "key list": Expected("read  slack:T0123"),
    "key revoke <id>": Expected("opens nothing any more"),
    "ask status github": Expected("GitHub is operational"),
    "ask incidents npm --json": Expected('"npm/down1"'),
    "ask list --workspace slack:T0123": Expected("github"),
}
COPIES = (
    "copy-database lookout.db postgresql+psycopg://USER:PASSWORD@HOST/NAME",
    "copy-database postgresql+psycopg://… lookout.db",
)


@pytest.fixture
def pages() -> Iterator[PageServer]:
    with PageServer() as server:
        server.say(SUMMARY, page("GitHub"))
        yield server


@pytest.fixture
def lookout(tmp_path: Path, pages: PageServer) -> Lookout:
    """GitHub is fine, npm has an outage, two workspaces subscribe, and there is a key. GitHub's page is here; there is
    no way to any other."""
    one = Lookout(tmp_path)
    row = {"slug": "github", "page_url": pages.url(), "kind": "statuspage"}
    (tmp_path / "mine.jsonl").write_text(json.dumps(row), encoding="utf-8")
    one.env |= {
        "LOOKOUT_FETCH_ALLOW_HOSTS": "127.0.0.1",
        "LOOKOUT_CATALOG_FILE": "mine.jsonl",
        "LOOKOUT_DISCORD_TOKEN": f"{b64encode(APPLICATION.encode()).decode()}.x.y",
        "LOOKOUT_FETCH_PROXY": "",
    }
    with closing(Store(one.env["LOOKOUT_DATABASE_URL"])) as store:
        _fill(store)
    return one


def _fill(store: Store) -> None:
    catalog, now = load(), utc_now()
    store.pages.sync_catalog([one for one in catalog if one.slug in ("github", "npm")], now, 0)
    talk = Talk(store, catalog, now)
    talk.reading("github", PARTS)
    began = now - timedelta(hours=1)
    talk.reading("npm", PARTS, [incident("npm", "down1", "Publishing fails", began, said(1, began, "We look."))])
    for workspace in ("T0123", "T0123456"):
        wish = Subscription(Channel("slack", workspace, "C0123"), Slug("github"), Filter(), "U0123456", now)
        store.channels.subscribe(wish, route)
    key = ApiKey(secrets.token_hex(ID_BYTES), Scope.READ, "slack", "T0123", "dashboards", now)
    store.keys.create(key, secrets.token_bytes(SECRET_BYTES))


def made(command: str) -> str:
    """Without what the shell does with its output."""
    return re.split(r" [|>] ", command)[0]


def test_each_command_is_run_or_there_is_a_reason() -> None:
    assert {made(command) for command in commands()} == RUN.keys() | NOT_RUN.keys() | NAMES_ONLY | set(COPIES)


@pytest.mark.parametrize("typed", RUN)
def test_it_does_what_the_docs_say(typed: str, lookout: Lookout, pages: PageServer) -> None:
    expected = RUN[typed]
    _, keys, _ = lookout("key", "list", "--json")
    stands_for = {"VENDOR": "github", "ADDRESS": pages.url(), "https://status.example.com": pages.url("/ours")}
    stands_for |= {"FOLDER": str(PAGES), "<id>": json.loads(keys)[0]["id"]}
    expected.before(lookout)
    code, out, err = lookout(*(stands_for.get(word, word) for word in shlex.split(typed)), typed="y\n")
    assert code == expected.code, out + err
    assert expected.says in out + err


def test_a_database_moves_and_comes_back(lookout: Lookout, postgres: Postgres) -> None:
    with postgres.empty() as url:
        for typed in COPIES:
            words = [url if "://" in word else word for word in typed.split()]
            code, out, err = lookout(*words)
            assert (code, "rows copied and compared" in out) == (0, True), err
            (lookout.folder / "lookout.db").rename(lookout.folder / "moved.db")
    assert lookout("status", "npm", LOOKOUT_DATABASE_URL=f"sqlite:///{lookout.folder / 'moved.db'}")[0] == 2


def test_tables_that_a_newer_version_changed_are_put_back_as_the_docs_say(tmp_path: Path) -> None:
    (lines,) = [block for block in BLOCK.findall((ROOT / "docs" / "operations.md").read_text("utf-8")) if "mv" in block]
    for name in ("lookout.db", "lookout.db-wal", "lookout.db.before-0005"):
        (tmp_path / name).write_text(name)
    subprocess.run(["sh", "-e", "-c", lines], cwd=tmp_path, check=True)
    assert (tmp_path / "lookout.db").read_text() == "lookout.db.before-0005"
    assert sorted(path.name for path in (tmp_path / "newer").iterdir()) == ["lookout.db", "lookout.db-wal"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_requests_of_the_docs_are_answered(lookout: Lookout) -> None:
    lines, stream = BLOCK.findall((ROOT / "docs" / "api.md").read_text("utf-8"))
    # It goes on until it is cut off, which curl says with 28.
    lines += f"{stream.strip()} --max-time 2 || [ $? = 28 ]\n"
    _, token, _ = lookout("key", "create", "--scope", "write", "--workspace", "slack:T0123")
    with closing(Store(lookout.env["LOOKOUT_DATABASE_URL"])) as store, running(store, public=False) as url:
        asked = lines.replace("http://127.0.0.1:8321", url).replace("curl ", "curl --silent --show-error --fail ")
        done = subprocess.run(
            ["sh", "-e", "-c", asked],
            env={"PATH": os.environ["PATH"], "LOOKOUT_KEY": token.strip()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert '"github"' in done.stdout
        [subscribed] = store.channels.subscriptions(Channel("slack", "T0123", "C0123"))
    assert subscribed.subscription.filter.min_level is Level.PARTIAL_OUTAGE
