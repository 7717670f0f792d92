"""Views over the wire: the form to subscribe, searched, filled in and sent off; a card's sheet; the Home tab."""

from __future__ import annotations

from pathlib import Path

from tests.wire.slack.driver import buttons
from tests.wire.slack.emulator import ADMIN
from tests.wire.slack.proxy import Rule
from tests.wire.slack.stage import SocketStage, over_sockets, read


def test_the_form_to_subscribe_is_opened_filled_in_and_sent_off(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: SocketStage) -> None:
        driver, page = stage.driver, stage.page
        channel = await stage.proxy.channel("windows")
        usage = await driver.slash("/subscribe", "", channel)
        await driver.press(buttons(usage)["Choose…"], channel)
        form = await driver.view(1)
        offered = await driver.suggest(form, "pick:vendor", "acm")
        assert [option["value"] for option in offered["options"]] == ["acme"]
        await driver.choose(form, "pick:vendor", vendor="acme")
        form = await driver.view(2)
        wrong = await driver.submit(form, other="colour:red")
        assert wrong["response_action"] == "errors"
        stage.proxy.rules.append(Rule("chat.postMessage", channel, 429, {"ok": False, "error": "ratelimited"}))
        await driver.submit(form, severity="major")
        page.say("investigating", "Invoices are slow.")
        (card,) = await stage.seen(channel, "Invoices are slow.")
        await driver.press(buttons(card)["Timeline"], channel)
        sheet = await driver.view(3)
        assert "Invoices are slow." in read(sheet)

    over_sockets(workspaces, tmp_path, story)


def test_the_home_tab_is_published_when_it_is_opened(workspaces: list[str], tmp_path: Path) -> None:
    async def story(stage: SocketStage) -> None:
        driver = stage.driver
        channel = await stage.proxy.channel("home")
        await driver.slash("/subscribe", "acme", channel)
        await driver.happen("app_home_opened", user=ADMIN, tab="home", channel="D1")
        home = await driver.view(1)
        assert home["type"] == "home"
        assert "Acme" in read(home)

    over_sockets(workspaces, tmp_path, story)
