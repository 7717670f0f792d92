"""``lookout run`` as a whole: settings that it cannot start with."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
from datetime import UTC, timedelta
from pathlib import Path

import httpx
import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from pydantic import SecretStr
from rich.console import Console
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore

from bot.app.run import App, CannotStart, utc_now
from bot.app.schedule import Every, run_all_now
from bot.config import Settings
from bot.keyring import Keyring
from bot.store import Store
from bot.store.secrets import seal_columns
from tests.adapters.slack.workspace import APP_TOKEN, FakeSlack


def test_a_token_that_slack_refuses_is_one_sentence_with_discord_set_up_too(tmp_path: Path) -> None:
    with FakeSlack() as workspace:
        settings = Settings(
            database_url=f"sqlite:///{tmp_path / 'lookout.db'}",
            slack_bot_token=SecretStr("xoxb-wrong"),
            slack_app_token=SecretStr(APP_TOKEN),
            slack_api_url=workspace.url,
            discord_token=SecretStr("token"),
        )
        app = App(settings, Console(file=io.StringIO()))
        with pytest.raises(CannotStart, match=r"^Slack refuses LOOKOUT_SLACK_BOT_TOKEN "):
            asyncio.run(app.run())


def test_slack_is_served_with_the_pages_and_on_the_port_of_before(tmp_path: Path) -> None:
    """``/metrics`` names vendors of ours: it is not on the port that listens to the world."""
    screen = io.StringIO()

    async def story(settings: Settings) -> None:
        running = asyncio.create_task(App(settings, Console(file=screen, width=200)).run())
        try:
            async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as client:
                while "Pages: " not in screen.getvalue():
                    assert not running.done(), running
                    await asyncio.sleep(0)
                pages = screen.getvalue().partition("Pages: ")[2].split()[0]
                own = f"http://127.0.0.1:{settings.slack_http_port}"
                for base in (pages, own):
                    assert (await client.get(f"{base}/slack/install")).status_code == 200
                    assert (await client.post(f"{base}/slack/events")).status_code == 401
                    assert (await client.get(f"{base}/healthz")).text == "ok\n"
                assert (await client.get(f"{pages}/metrics")).status_code == 200
                assert (await client.get(f"{own}/metrics")).status_code == 404
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await running

    with FakeSlack() as workspace:
        asyncio.run(story(http_settings(tmp_path, workspace.url, free_port())))


def test_a_port_of_slacks_that_is_taken_is_named(tmp_path: Path) -> None:
    with FakeSlack() as workspace, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        app = App(http_settings(tmp_path, workspace.url, port), Console(file=io.StringIO()))
        with pytest.raises(CannotStart, match=f"LOOKOUT_SLACK_HTTP_HOST and _PORT: .*:{port}"):
            asyncio.run(app.run())


def test_slack_that_is_served_nowhere_is_one_sentence(tmp_path: Path) -> None:
    with FakeSlack() as workspace:
        settings = http_settings(tmp_path, workspace.url, 0).model_copy(update={"web_port": 0})
        with pytest.raises(CannotStart, match=r"^/slack/ is served nowhere: set LOOKOUT_WEB_PORT"):
            asyncio.run(App(settings, Console(file=io.StringIO())).run())


def http_settings(folder: Path, api_url: str, port: int) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder / 'lookout.db'}",
        secret_key_file=str(folder / "lookout.key"),
        slack_mode="http",
        slack_signing_secret=SecretStr("secret"),
        slack_client_id="1.2",
        slack_client_secret=SecretStr("s"),
        slack_api_url=api_url,
        slack_http_host="127.0.0.1",
        slack_http_port=port,
        web_port=20_000,
        canary_urls=(),
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_tokens_encrypted_with_another_key_are_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lookout.db'}"
    store = Store(url)
    installations = SQLAlchemyInstallationStore("1.2", store.engine)
    for table in (installations.bots, installations.installations):
        seal_columns(table, Keyring("", tmp_path / "former.key"))
    installations.metadata.create_all(store.engine)
    installations.save(Installation(app_id="A1", user_id="U1", team_id="T1", bot_token="xoxb-1"))
    store.close()
    settings = Settings(database_url=url, secret_key_file=str(tmp_path / "lookout.key"))
    with pytest.raises(CannotStart, match=r"encrypted with another key than that of .*lookout\.key: put the right one"):
        asyncio.run(App(settings, Console(file=io.StringIO())).run())


def test_jobs_that_were_planned_by_a_wrong_clock_are_run_at_once() -> None:
    async def story() -> None:
        scheduler, ran = AsyncIOScheduler(timezone=UTC), asyncio.Event()

        async def job() -> None:
            ran.set()

        scheduler.add_job(job, Every(timedelta(days=3652)))
        scheduler.start()
        try:
            async with asyncio.timeout(30):
                await ran.wait()
                ran.clear()
                run_all_now(scheduler, utc_now())
                await ran.wait()
        finally:
            scheduler.shutdown(wait=False)

    asyncio.run(story())


def test_an_address_that_nothing_can_be_served_at_is_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'lookout.db'}", web_host="nowhere.invalid")
    app = App(settings, Console(file=io.StringIO()))
    with pytest.raises(CannotStart, match=r"^nowhere\.invalid is no address of this machine: set LOOKOUT_WEB_HOST"):
        asyncio.run(app.run())
    app.close()
    assert not caplog.records
