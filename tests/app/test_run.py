"""``lookout run`` as a whole: settings that it cannot start with."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from bot.app.run import App, CannotStart
from bot.config import Settings
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
