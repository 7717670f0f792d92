"""The form of any command in Slack: what opens it, what it offers, and what becomes of it when it is sent off."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack.options import Managers
from bot.adapters.slack.platform import Slack
from bot.adapters.slack.render.command_form import command_form_view
from bot.commands.argument_form import command_form
from bot.commands.table import COMMANDS
from bot.domain import Mode
from tests.adapters.contract import HOSTILE
from tests.adapters.slack.judge import options_problems, texts, view_problems
from tests.adapters.slack.rig import (
    HURRIED,
    OPS,
    Rig,
    dispatch,
    in_view,
    pressed,
    rig,
    sent_off,
    slash,
    typed_in,
)
from tests.commands.talk import GITHUB_PARTS, NOW, Talk, incident, said

_TRIGGERS = itertools.count(1)


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as one:
        talk = Talk(one.store, channel=OPS)
        talk.say("subscribe github")
        talk.reading("github", GITHUB_PARTS, [incident("github", "down1234", "Pushes fail", NOW, said(1, NOW, "Hm."))])
        yield one
        assert one.slack.problems == []


def fields(view: Any) -> dict[str, Any]:
    return {b["block_id"]: b["element"] for b in view["blocks"] if b["type"] == "input"}


def values(options: Any) -> list[str]:
    return [option["value"] for option in options]


def search(one: Rig, field: str, text: str, **filled: Any) -> list[str]:
    view = one.slack.view
    body = {**typed_in(view, f"argument:{field}", text), "view": in_view(view, "", **filled)["view"]}
    (found,) = one.send(body)
    assert not [*options_problems(found["options"])]
    return values(found["options"])


def submit(one: Rig, **filled: Any) -> dict[str, Any]:
    (answer,) = one.send(sent_off(one.slack.view, **filled))
    return answer


def type_line(one: Rig, line: str, **changes: Any) -> dict[str, Any]:
    (answer,) = one.send(slash("/outage", line, trigger_id=f"2.{next(_TRIGGERS)}"), **changes)
    return answer


def read(view: Any) -> str:
    return "\n".join(texts(view["blocks"]))


def test_a_typed_form_mutes_what_was_chosen(one: Rig) -> None:
    answer = type_line(one, "mute form")
    assert answer.get("text", "") == ""
    view = one.slack.view
    assert (view["title"]["text"], list(fields(view))) == ("Mute", ["what", "span"])
    assert search(one, "what", "") == ["github/down1234", "github"]
    assert search(one, "span", "until") == ["until 9:00", "until resolved", "until"]
    assert search(one, "span", "90 min")[-1] == "90 min", "what is typed can always be taken"
    assert submit(one, what="github", span="90 min").get("text", "") == ""
    assert (one.asked[-1].command, one.asked[-1].text) == ("mute", "github 90 min")
    (post,) = one.slack.shown()
    assert "Muted GitHub for 1 h 30 min" in read(post)
    assert "by ann" in read(post)


def test_the_button_of_an_answer_that_lacks_something_opens_the_form_with_the_rest(one: Rig) -> None:
    (answer,) = one.send(slash("/outage", "mute github"))
    buttons = {e["text"]["text"]: e for b in answer["blocks"] if b["type"] == "actions" for e in b["elements"]}
    button = buttons["Fill in a form"]
    one.send(pressed(button["action_id"], button["value"], one.slack.response_url))
    assert fields(one.slack.view)["what"]["initial_option"]["value"] == "github"
    submit(one, span="1h")
    assert one.asked[-1].text == "github 1h"


def test_settings_by_lists(one: Rig) -> None:
    type_line(one, "settings form")
    shown = fields(one.slack.view)
    assert values(shown["mode"]["options"]) == ["-", "thread", "thread+key", "flat", "edit"]
    assert "Europe/Berlin" in search(one, "tz", "berl")
    submit(one, mode="flat", tz="Europe/Berlin")
    settings = one.store.channels.settings(OPS)
    assert (settings.mode, settings.zone) == (Mode.FLAT, "Europe/Berlin")
    type_line(one, "settings form")
    submit(one, mode="-", tz="UTC")
    assert one.asked[-1].text == "tz=UTC"


def test_an_error_stands_at_the_field_that_it_is_about(one: Rig) -> None:
    type_line(one, "settings form")
    assert submit(one, tz="Berlinn")["errors"].keys() == {"tz"}
    type_line(one, "mute form")
    assert submit(one, what="githubb", span="1h")["errors"].keys() == {"what"}
    assert submit(one, what="github", span="forever")["errors"].keys() == {"span"}
    type_line(one, "history form")
    assert submit(one)["errors"] == {
        "vendor": "Fill this in: a name, product or address: github, chatgpt, status.dyspatch.io."
    }


def test_a_look_up_is_answered_on_top_of_the_form(one: Rig) -> None:
    type_line(one, "history form")
    answer = submit(one, vendor="github", days="7")
    assert answer["response_action"] == "push"
    assert "GitHub" in read(answer["view"])
    assert not [*view_problems(answer["view"])]
    assert one.slack.shown() == []
    one.slack.view["previous_view_id"] = "V0"
    assert submit(one, vendor="github")["response_action"] == "update", "Slack stacks three views at most"


def test_parts_are_offered_of_the_vendor_that_was_chosen(one: Rig) -> None:
    type_line(one, "components form")
    view = command_form_view(command_form("subscribe"), OPS.id, "subscribe")  # type: ignore[arg-type]
    one.slack.views[one.slack.view["id"]] = {**view, "id": one.slack.view["id"], "hash": "1.h"}
    assert [b["dispatch_action"] for b in view["blocks"] if b["block_id"] == "vendor"] == [True]
    assert search(one, "component", "hook") == ["hook"]
    assert search(one, "component", "hook", vendor=["github"]) == ["Webhooks", "hook"]

    async def story(app: Slack) -> list[str]:
        await one.put(app, in_view(one.slack.view, "argument:vendor", vendor=["github"]))
        found = await dispatch(app, typed_in(one.slack.view, "argument:component", "hook"))
        return values(found["options"])

    assert one.use(story) == ["Webhooks", "hook"], "where the search does not tell it, too"


def test_who_may_not_change_anything_sees_no_form_and_sends_none(one: Rig) -> None:
    type_line(one, "mute form")
    view = one.slack.view
    type_line(one, "mute form", managers=Managers.ADMINS)
    assert "Only workspace admins can mute." in read(one.slack.view)
    assert "submit" not in one.slack.view
    (answer,) = one.send(sent_off(view, what="github", span="1h"), managers=Managers.ADMINS)
    assert answer["errors"] == {"what": "Only workspace admins can mute."}


def test_what_takes_long_follows_and_a_refusal_keeps_what_was_filled_in(one: Rig) -> None:
    type_line(one, "mute form")
    first = one.slack.view

    async def story(app: Slack, **filled: Any) -> Any:
        one.hold = asyncio.Event()
        return await dispatch(app, sent_off(first, **filled), one.hold.set)

    answer = one.use(lambda app: story(app, what="githubb", span="2h"), deadlines=HURRIED)
    assert answer["response_action"] == "update"
    shown = one.slack.view
    assert "githubb" in read(shown)
    began = {name: element.get("initial_option", {}).get("value") for name, element in fields(shown).items()}
    assert began == {"what": "githubb", "span": "2h"}
    one.use(lambda app: story(app, what="github", span="2h"), deadlines=HURRIED)
    assert "Muted GitHub" in read(one.slack.view)
    assert "Told in" in read(one.slack.view)


def test_subscribe_keeps_the_form_of_its_own(one: Rig) -> None:
    type_line(one, "subscribe form")
    assert one.slack.view["callback_id"] == "subscribe"


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.arguments], ids=lambda command: command.name)
@pytest.mark.parametrize("text", ["", "form", "x" * 3_000, *HOSTILE])
def test_any_line_gives_a_form_that_slack_takes(command: Any, text: str) -> None:
    line = f"{command.name} {text}"
    form = command_form(line)
    if form is not None:
        assert not [*view_problems(command_form_view(form, OPS.id, line))]
