"""``lookout run`` as a whole: settings that it cannot start with."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from pydantic import SecretStr
from rich.console import Console
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore

from bot.app.run import App, CannotStart, Every, run_all_now
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
                run_all_now(scheduler)
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
