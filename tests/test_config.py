"""Settings: read from the environment, wrong ones refused with a sentence, all of them in ``.env.example``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import RENAMED, RenamedSetting, Settings, SettingsError, example, load, renamed, unknown_names
from bot.domain.role import Role

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def away_from_any_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_example_lists_every_setting() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == example()


def test_the_example_changes_nothing(tmp_path: Path) -> None:
    defaults = load()
    uncommented = "\n".join(line.removeprefix("#") for line in example().splitlines() if line.startswith("#LOOKOUT"))
    (tmp_path / ".env").write_text(uncommented, encoding="utf-8")
    assert load() == defaults


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LOOKOUT_POLL_IDLE_SECONDS=10\nLOOKOUT_CONTACT=ops@example.com\n", encoding="utf-8")
    monkeypatch.setenv("LOOKOUT_POLL_IDLE_SECONDS", "20")
    settings = load()
    assert (settings.poll_idle_seconds, settings.contact) == (20, "ops@example.com")


def test_hosts_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_FETCH_ALLOW_HOSTS", "status.corp, KUMA.corp ,")
    assert load().fetch_allow_hosts == ("status.corp", "kuma.corp")


def test_a_wrong_value_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_POLL_CONCURRENCY", "many")
    monkeypatch.setenv("LOOKOUT_LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError) as caught:
        load()
    lines = str(caught.value).splitlines()
    assert [line.split(" is not usable: ")[0] for line in lines] == ["LOOKOUT_LOG_LEVEL", "LOOKOUT_POLL_CONCURRENCY"]


SIGNING_IN = {
    "LOOKOUT_OIDC_ISSUER": "https://login.acme.example",
    "LOOKOUT_OIDC_CLIENT_ID": "lookout",
    "LOOKOUT_OIDC_WORKSPACES": "slack:T1, discord:2",
    "LOOKOUT_OIDC_DOMAINS": "ACME.example",
}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({}, ""),
        ({"LOOKOUT_OIDC_DOMAINS": "", "LOOKOUT_OIDC_GROUPS": "sre"}, ""),
        ({"LOOKOUT_OIDC_ISSUER": "http://login.acme.example"}, "write an https address"),
        ({"LOOKOUT_OIDC_CLIENT_ID": ""}, "it is not enough by itself: set LOOKOUT_OIDC_CLIENT_ID, too"),
        ({"LOOKOUT_OIDC_DOMAINS": ""}, "set LOOKOUT_OIDC_DOMAINS or LOOKOUT_OIDC_GROUPS, too"),
        ({"LOOKOUT_OIDC_WORKSPACES": ""}, "set LOOKOUT_OIDC_WORKSPACES, too"),
        ({"LOOKOUT_OIDC_WORKSPACES": "T0123"}, "“T0123” is no workspace: write slack:T0123"),
    ],
)
def test_signing_in_is_set_up_whole(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str], text: str) -> None:
    """Else everybody with an account somewhere could come in."""
    for name, value in (SIGNING_IN | wrong).items():
        monkeypatch.setenv(name, value)
    if not text:
        assert load().oidc_workspaces == ("slack:T1", "discord:2")
        return
    with pytest.raises(SettingsError) as caught:
        load()
    assert text in str(caught.value)


def test_a_misspelt_variable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_POLL_CONCURENCY", "5")
    assert ("LOOKOUT_POLL_CONCURENCY", "LOOKOUT_POLL_CONCURRENCY") in unknown_names()


def test_a_misspelt_line_of_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOOKOUT_POL_IDLE_SECONDS=5\nLOOKOUT_CONTACT=x\nOTHER=1\n", encoding="utf-8")
    assert unknown_names() == (("LOOKOUT_POL_IDLE_SECONDS", "LOOKOUT_POLL_IDLE_SECONDS"),)


def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00LOOKOUT")
    with pytest.raises(SettingsError, match=r"^\.env is no text in UTF-8: "):
        load()


# --- former names ----------------------------------------------------------------------------------------------------

OLD, NEW = "LOOKOUT_POLL_HOUSE_CONCURRENCY", "LOOKOUT_POLL_CONCURRENCY_PER_PLATFORM"


def test_a_setting_is_read_under_its_former_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OLD, "7")
    assert load().poll_concurrency_per_platform == 7
    assert renamed() == (RenamedSetting(OLD, NEW, ignored=False),)
    assert unknown_names() == ()


def test_a_line_of_the_file_is_read_under_its_former_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{OLD}=7\n", encoding="utf-8")
    assert load().poll_concurrency_per_platform == 7
    assert renamed() == (RenamedSetting(OLD, NEW, ignored=False),)


def test_a_new_name_wins_wherever_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OLD, "7")
    (tmp_path / ".env").write_text(f"{NEW}=8\n", encoding="utf-8")
    assert load().poll_concurrency_per_platform == 8
    assert renamed() == (RenamedSetting(OLD, NEW, ignored=True),)


def test_a_wrong_value_is_named_as_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OLD, "many")
    with pytest.raises(SettingsError, match=f"^{OLD} is not usable: "):
        load()


def test_no_former_name_is_warned_about_unless_it_is_given() -> None:
    assert renamed() == ()


def test_every_former_name_leads_to_a_setting() -> None:
    settings = {f"LOOKOUT_{name.upper()}" for name in Settings.model_fields}
    assert set(RENAMED.values()) <= settings
    assert not set(RENAMED) & settings


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("LOOKOUT_KEEP_DAYS", "399", "write 400 days or more, or 0 to keep everything"),
        (
            "LOOKOUT_FETCH_PROXY",
            "socks5://10.0.0.1:1080",
            "write http://HOST:PORT, with USER:PASSWORD@",
        ),
        ("LOOKOUT_FETCH_PROXY", "proxy:3128", "write http://HOST:PORT"),
    ],
)
def test_a_value_that_cannot_be_meant_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name} is not usable: {reason}") as failed:
        load()
    assert "1080" not in str(failed.value)


def test_a_role_that_there_is_not_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_ROLES", "web, Poll")
    assert load().roles == (Role.POLL, Role.WEB)
    monkeypatch.setenv("LOOKOUT_ROLES", "webb")
    with pytest.raises(SettingsError, match=r"^LOOKOUT_ROLES is not usable: “webb” is no role, the nearest is web: "):
        load()
