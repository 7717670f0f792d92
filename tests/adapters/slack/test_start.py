"""``lookout run`` with Slack in its settings: what it refuses to start with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.main import cli
from tests.adapters.slack.workspace import APP_TOKEN, BOT_TOKEN, FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as one:
        yield one


def start(folder: Path, **variables: str) -> Result:
    given = {f"LOOKOUT_{name.upper()}": value for name, value in variables.items()}
    return CliRunner().invoke(cli, ["run"], env={"LOOKOUT_DATABASE_URL": f"sqlite:///{folder / 'a.db'}", **given})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"slack_bot_token": "xoxb-bad"}, "Slack refuses LOOKOUT_SLACK_BOT_TOKEN (invalid_auth)"),
        ({"slack_app_token": "xapp-bad"}, "Slack refuses LOOKOUT_SLACK_APP_TOKEN (invalid_auth)"),
        ({"slack_app_token": ""}, "LOOKOUT_SLACK_APP_TOKEN is missing"),
        ({"slack_command": "status"}, "/status belongs to Slack itself"),
        ({"slack_mode": "http"}, "LOOKOUT_SLACK_SIGNING_SECRET is missing"),
    ],
)
def test_it_refuses_to_start_with_a_wrong_setting_and_says_which(
    slack: FakeSlack, tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    good = {"slack_bot_token": BOT_TOKEN, "slack_app_token": APP_TOKEN, "slack_api_url": slack.url}
    result = start(tmp_path, **{**good, **wrong})
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr
