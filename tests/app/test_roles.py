"""``lookout run --role …``: what processes with a part each do together on one PostgreSQL database."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from rich.console import Console
from typer.testing import CliRunner

from bot import routing
from bot.app import readers  # noqa: F401 (slow to import: what is asked for here is to be read in time)
from bot.app.housekeeping import Housekeeping
from bot.app.run import App, CannotStart, utc_now
from bot.catalog import Catalog
from bot.cli.main import cli
from bot.config import Settings
from bot.domain import Channel, Filter, Slug, Subscription, Vendor
from bot.domain.role import ALL_ROLES, Role
from bot.store import Store
from bot.threads import SameThread
from tests.adapters.slack.api.test_socket import envelope
from tests.adapters.slack.rig import slash
from tests.adapters.slack.workspace import APP_TOKEN, BOT_TOKEN, CHANNEL, TEAM, FakeSlack
from tests.databases import Postgres, sqlite
from tests.servers import PageServer
from tests.wire.page import TITLE, Page

ACME = Slug("acme")
HERE = Channel("slack", TEAM, CHANNEL)
DEADLINE_S = 60
SOME = "write some of poll, deliver, slack, discord, web"


class Fleet:
    """Processes of the bot, as far as one loop can have several."""

    def __init__(self, folder: Path, url: str, workspace: FakeSlack, page: Page) -> None:
        self._folder = folder
        self._url = url
        self._workspace = workspace
        self._page = page
        self.screens: dict[Role, io.StringIO] = {}

    @asynccontextmanager
    async def process(self, *roles: Role) -> AsyncIterator[App]:
        app = App(self._settings(*roles), Console(file=self.screens.setdefault(roles[0], io.StringIO()), width=200))
        app.catalog = Catalog(
            [Vendor(ACME, "Acme", self._page.url, self._page.url, "Cloud", "Hosting", kind="statuspage")]
        )
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        try:
            yield app
        finally:
            stop.set()
            await running

    def _settings(self, *roles: Role) -> Settings:
        return Settings(
            database_url=self._url,
            roles=roles,
            fetch_allow_hosts=("127.0.0.1",),
            slack_bot_token=SecretStr(BOT_TOKEN),
            # Only who listens needs it.
            slack_app_token=SecretStr(APP_TOKEN if Role.SLACK in roles else ""),
            slack_api_url=self._workspace.url,
            secret_key_file=str(self._folder / "lookout.key"),
            web_port=20_300,
            canary_urls=(),
        )

    async def shown(self, what: Callable[[], object]) -> None:
        await asyncio.to_thread(self._workspace.wait_for, what)


@pytest.fixture
def workspace() -> Iterator[FakeSlack]:
    with FakeSlack() as one:
        yield one


@pytest.fixture
def page() -> Iterator[Page]:
    with PageServer() as server:
        yield Page(server)


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await story()

    asyncio.run(within())


def test_what_one_reads_another_posts_and_a_third_answers(
    postgres: Postgres, tmp_path: Path, workspace: FakeSlack, page: Page
) -> None:
    with postgres.database() as url:
        fleet = Fleet(tmp_path, url, workspace, page)

        async def story() -> None:
            async with fleet.process(Role.DELIVER) as poster, fleet.process(Role.SLACK) as listener:
                await fleet.shown(lambda: workspace.connections)
                workspace.send(envelope("e1", "slash_commands", slash("/subscribe", f"acme {page.url}/")))
                await fleet.shown(lambda: workspace.acks)
                assert listener.store.channels.vendors(HERE) == (ACME,)
                (state,) = listener.store.pages.states([ACME])
                assert state.read_at, "nobody polls, and who asks has it read all the same"
                assert not workspace.called("chat.postMessage")
                page.say("investigating", "We look into it.")
                async with fleet.process(Role.POLL):
                    poster.store.pages.make_due([ACME], utc_now())
                    await fleet.shown(lambda: any(TITLE in text for text in workspace.ever))
                    roles = [process.identity.roles for process in poster.store.processes.all(utc_now())]
                    assert sorted(roles) == [(Role.DELIVER,), (Role.POLL,), (Role.SLACK,)]
                assert workspace.connections == 1, "who only posts has no socket"

        run(story)
        assert "connected as" not in fleet.screens[Role.DELIVER].getvalue()
        assert "Pages: " not in fleet.screens[Role.POLL].getvalue()


def test_without_the_role_web_it_only_says_how_it_is(
    postgres: Postgres, tmp_path: Path, workspace: FakeSlack, page: Page
) -> None:
    async def story() -> None:
        async with (
            fleet.process(Role.WEB, Role.POLL) as serving,
            fleet.process(Role.DELIVER) as poster,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            first, second = "http://127.0.0.1:20300", "http://127.0.0.1:20301"
            await there(client, first)
            await there(client, second)
            statuses = {base: (await client.get(f"{base}/v/acme")).status_code for base in (first, second)}
            assert sorted(statuses.values()) == [200, 404]
            plain = next(base for base, status in statuses.items() if status == 404)
            checks = (await client.get(f"{plain}/readyz")).json()["checks"]
            assert list(checks) == ["store", "delivery"]
            assert (await client.get(f"{plain}/metrics")).status_code == 200
            assert serving.site
            assert poster.site is None

    with postgres.database() as url:
        fleet = Fleet(tmp_path, url, workspace, page)
        run(story)


async def there(client: httpx.AsyncClient, base: str) -> None:
    while True:
        with suppress(httpx.TransportError):
            await client.get(f"{base}/healthz")
            return


def test_on_sqlite_one_process_has_all_roles(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'lookout.db'}", roles=(Role.POLL,))
    with pytest.raises(CannotStart, match=r"^On SQLite one process has all roles: leave --role and LOOKOUT_ROLES out"):
        App(settings, Console(file=io.StringIO()))
    assert not (tmp_path / "lookout.db").exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("delivery", f"--role: “delivery” is no role, the nearest is deliver: {SOME}.\n"),
        ("poll,xyz", f"--role: “xyz” is no role: {SOME}.\n"),
        (" ,", f"--role: no role is named: {SOME}.\n"),
        ("poll", "On SQLite one process has all roles: leave --role and LOOKOUT_ROLES out, or name a PostgreSQL "),
    ],
)
def test_a_role_that_cannot_be_is_one_sentence(tmp_path: Path, typed: str, says: str) -> None:
    env = {"LOOKOUT_DATABASE_URL": f"sqlite:///{tmp_path / 'lookout.db'}"}
    result = CliRunner().invoke(cli, ["run", "--role", typed], env=env)
    assert result.exit_code == 2
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1


def test_what_is_let_go_of_once_a_day_is_one_process_s_to_do(tmp_path: Path) -> None:
    store = Store(sqlite(tmp_path))
    store.pages.sync_catalog([Vendor(ACME, "Acme", "https://a.example", "https://a.example", "c", "s")], utc_now(), 0)
    subscription = Subscription(HERE, ACME, Filter(), "U1", utc_now())

    async def lost_and_purged() -> bool:
        """A channel that was lost before the time."""
        store.channels.subscribe(subscription, routing.route)
        store.workspaces.drop_channel(HERE, "gone", utc_now().replace(year=2020))
        await Housekeeping(store, SameThread(), utc_now, Settings(database_url="sqlite://")).look()
        return not store.channels.vendors(HERE)

    assert asyncio.run(lost_and_purged())
    assert not asyncio.run(lost_and_purged()), "another process has done it today"
    store.close()


def test_all_roles_are_the_default() -> None:
    assert frozenset(Settings().roles) == ALL_ROLES
