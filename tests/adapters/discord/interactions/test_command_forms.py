"""The form of any command in Discord, from what opens it to the command that it runs, on simcord."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.discord.render.command_form import command_modal
from bot.commands.argument_form import command_form
from bot.commands.request import Reply
from bot.commands.table import COMMANDS
from bot.domain import Mode
from bot.message import Button, Message, Opens
from bot.store import Store
from tests.adapters.contract import HOSTILE
from tests.adapters.discord.interactions.test_form_flow import CALLBACK, Open, component, run, scene, title
from tests.adapters.discord.sim import channel_of, discord_of
from tests.adapters.discord.spec import complaints
from tests.commands.talk import CATALOG, GITHUB_PARTS, NOW, Talk
from tests.databases import sqlite


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def events(tmp_path: Path) -> Iterator[Open]:
    store = Store(sqlite(tmp_path))
    store.pages.sync_catalog(list(CATALOG), NOW, 0)
    Talk(store).reading("github", GITHUB_PARTS)
    yield Open(store)
    store.close()


def names(shown: Any) -> list[str]:
    return [one["component"]["custom_id"] for one in shown.modal["components"]]


def test_the_button_of_an_answer_opens_the_form_and_it_changes_the_settings(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            answer = await bob.slash(channel, "settings")
            shown = await bob.click(answer.response, label="Fill in a form")
            assert shown.modal["title"] == "Settings"
            assert names(shown)[:2] == ["mode", "tz"]
            assert [o["value"] for o in component(shown, "mode")["options"]] == [mode.value for mode in Mode]
            done = await bob.submit_modal(shown, {"mode": ["flat"], "tz": "Europe/Berlin"})
            assert title(done) == "Settings changed: mode=flat and tz=Europe/Berlin."
            assert not done.response.ephemeral
            assert events.asked[-1].text == "mode=flat tz=Europe/Berlin"
            settings = events.store.channels.settings(channel_of(channel))
            assert (settings.mode, settings.zone) == (Mode.FLAT, "Europe/Berlin")
            callbacks: Any = [r.json for r in env.http_requests if r.path.endswith("/callback")]
            (sent,) = [body for body in callbacks if body["type"] == 9]
            assert not complaints("POST", CALLBACK, sent)

    run(story())


def test_form_typed_as_an_option_opens_it_and_an_error_keeps_what_was_typed(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            Talk(events.store, channel=channel_of(channel)).say("subscribe github")
            shown = await bob.slash(channel, "mute", what="form")
            assert names(shown) == ["what", "span"]
            assert component(shown, "what")["placeholder"] == "github"
            wrong = await bob.submit_modal(shown, {"what": "github", "span": "for ever"})
            assert wrong.response.ephemeral
            again = await bob.click(wrong.response, label="Fill it in again")
            assert component(again, "what")["value"] == "github"
            assert component(again, "span")["value"] == "for ever"
            done = await bob.submit_modal(again, {"what": "github", "span": "2h"})
            assert title(done).startswith("Muted GitHub for 2 h")
            assert not done.response.ephemeral

    run(story())


def test_more_than_five_arguments_end_in_a_field_to_type_in(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env, manage_guild=True)
            shown = await bob.slash(channel, "subscribe", vendor="form")
            assert names(shown) == ["vendor", "component", "without", "region", "+"]
            done = await bob.submit_modal(
                shown,
                {
                    "vendor": "github",
                    "component": "API Requests\nActions",
                    "without": "",
                    "region": "",
                    "+": "severity:major+ maintenance:on",
                },
            )
            assert title(done) == "Subscribed to GitHub."
            assert events.asked[-1].text == (
                'github component:"API Requests" component:"Actions" severity:major+ maintenance:on'
            )

    run(story())


def test_who_may_not_manage_opens_forms_of_look_ups_only(events: Open) -> None:
    async def story() -> None:
        async with discord_of(events) as env:
            channel, bob = await scene(env)
            shown = await bob.slash(channel, "history", vendor="form")
            assert names(shown) == ["vendor", "days"]
            done = await bob.submit_modal(shown, {"vendor": "github", "days": "7"})
            assert "GitHub" in title(done)
            assert done.response.ephemeral
            events.reply = Reply((Message("Here", buttons=(Button("Fill in a form", "settings", Opens.FORM),)),))
            refused = await bob.click((await bob.slash(channel, "status")).response, label="Fill in a form")
            assert title(refused) == "Only people who can manage this channel can change the settings."

    run(story())


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.arguments], ids=lambda command: command.name)
@pytest.mark.parametrize("text", ["", "form", "x" * 5_000, *HOSTILE])
def test_any_line_gives_a_modal_that_discord_takes(command: Any, text: str) -> None:
    form = command_form(f"{command.name} {text}")
    if form is not None:
        modal = command_modal(form, "form:x", {})
        assert 1 <= len(modal["components"]) <= 5
        data = {**modal, "components": modal["components"]}
        assert not complaints("POST", CALLBACK, {"type": 9, "data": data})
